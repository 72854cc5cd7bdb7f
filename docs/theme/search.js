/* The search of the book: every word of the question must stand in a section, in its heading best of all. The index
   (search-index.js, made by docs/search.py) is read when the field is used for the first time. */
"use strict";

(function () {
    var SHOWN = 12;
    var field, list, chosen = -1, asked = false;

    function element(name, className, text) {
        var made = document.createElement(name);
        made.className = className;
        made.textContent = text || "";
        return made;
    }

    /* How well an entry answers; 0 if a word is missing. An entry is [kind, page, heading, link, text]. */
    function weight(entry, words) {
        var heading = (entry[2] || entry[1]).toLowerCase(), page = entry[1].toLowerCase(), text = entry[4].toLowerCase();
        var sum = 0;
        for (var i = 0; i < words.length; i++) {
            var word = words[i], one = 0;
            if (heading.indexOf(word) !== -1)
                one = heading === word || heading === word + "()" ? 60 : 30;
            else if (page.indexOf(word) !== -1)
                one = 12;
            var times = text.split(word).length - 1;
            one += Math.min(times, 8);
            if (one === 0)
                return 0;
            sum += one;
        }
        return sum + (2 - entry[0]) * 4;
    }

    /* Some words around the first hit, with the hits marked. */
    function excerpt(text, words) {
        var lower = text.toLowerCase(), at = -1;
        words.forEach(function (word) {
            var place = lower.indexOf(word);
            if (place !== -1 && (at === -1 || place < at))
                at = place;
        });
        var from = Math.max(0, text.lastIndexOf(" ", Math.max(0, at - 40)));
        var to = text.length > from + 150 ? text.lastIndexOf(" ", from + 150) : text.length;
        var part = (from > 0 ? "… " : "") + text.slice(from, to).trim() + (to < text.length ? " …" : "");
        var made = element("span", "excerpt");
        var pattern = new RegExp("(" + words.map(function (w) { return w.replace(/[^\w]/g, "\\$&"); }).join("|") + ")", "i");
        part.split(pattern).forEach(function (piece, i) {
            made.appendChild(i % 2 ? element("mark", "", piece) : document.createTextNode(piece));
        });
        return made;
    }

    function show() {
        var words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
        list.textContent = "";
        chosen = -1;
        list.hidden = words.length === 0;
        field.setAttribute("aria-expanded", String(!list.hidden));
        if (words.length === 0 || typeof bookIndex === "undefined")
            return;
        var hits = bookIndex.map(function (entry) { return [weight(entry, words), entry]; })
            .filter(function (hit) { return hit[0] > 0; })
            .sort(function (a, b) { return b[0] - a[0]; });
        hits.slice(0, SHOWN).forEach(function (hit, i) {
            var entry = hit[1], link = element("a", "hit");
            link.href = entry[3];
            link.id = "hit-" + i;
            link.setAttribute("role", "option");
            link.appendChild(element("span", "heading", entry[2] || entry[1]));
            if (entry[2])
                link.appendChild(element("span", "page", entry[1]));
            if (entry[4])
                link.appendChild(excerpt(entry[4], words));
            list.appendChild(link);
        });
        if (hits.length === 0) {
            var nothing = element("div", "nothing", "Nothing in this book has these words.");
            nothing.setAttribute("role", "option");
            nothing.setAttribute("aria-disabled", "true");
            list.appendChild(nothing);
        }
        else if (hits.length > SHOWN)
            list.appendChild(element("div", "nothing", "and " + (hits.length - SHOWN) + " more sections: another word narrows it"));
    }

    function choose(step) {
        var hits = list.querySelectorAll("a.hit");
        if (hits.length === 0)
            return;
        if (chosen >= 0)
            hits[chosen].classList.remove("chosen");
        chosen = (chosen + step + hits.length) % hits.length;
        hits[chosen].classList.add("chosen");
        hits[chosen].scrollIntoView({ block: "nearest" });
        field.setAttribute("aria-activedescendant", hits[chosen].id);
    }

    function ask() {
        if (asked)
            return;
        asked = true;
        var script = document.createElement("script");
        script.src = "search-index.js";
        script.onload = show;
        document.head.appendChild(script);
    }

    function close() {
        list.hidden = true;
        field.setAttribute("aria-expanded", "false");
    }

    function onKey(event) {
        var hits = list.querySelectorAll("a.hit");
        if (event.key === "ArrowDown" || event.key === "ArrowUp") {
            choose(event.key === "ArrowDown" ? 1 : -1);
            event.preventDefault();
        } else if (event.key === "Enter" && hits.length > 0) {
            window.location.href = hits[Math.max(chosen, 0)].href;
            close();
        } else if (event.key === "Escape") {
            close();
            field.blur();
        }
    }

    document.addEventListener("DOMContentLoaded", function () {
        field = document.getElementById("book-search");
        list = document.getElementById("book-hits");
        field.addEventListener("focus", ask);
        field.addEventListener("focus", show);
        field.addEventListener("input", show);
        field.addEventListener("keydown", onKey);
        document.addEventListener("click", function (event) {
            if (!event.target.closest("#book-tools"))
                close();
            else if (event.target.closest("a.hit"))
                close();
        });
        document.addEventListener("keydown", function (event) {
            var typing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName);
            if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
                field.focus();
                event.preventDefault();
            }
        });
    });
})();
