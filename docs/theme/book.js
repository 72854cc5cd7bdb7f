/* What the pages need for those who use no mouse: doxygen-awesome listens to clicks alone. */
"use strict";

document.addEventListener("DOMContentLoaded", function () {
    /* An element that is clicked becomes a button for keys and for screen readers, too. */
    function asButton(element, name) {
        element.setAttribute("role", "button");
        element.setAttribute("tabindex", "0");
        if (name)
            element.setAttribute("aria-label", name);
        element.addEventListener("keydown", function (event) {
            if (event.key === "Enter" || event.key === " ") {
                event.preventDefault();
                element.click();
            }
        });
    }

    /* Code that is wider than its place can be moved by the arrow keys, once it has the focus. */
    function reachable() {
        document.querySelectorAll(".fragment, .dotgraph, .mscgraph, .wire, .table").forEach(function (block) {
            if (block.scrollWidth > block.clientWidth)
                block.setAttribute("tabindex", "0");
            else
                block.removeAttribute("tabindex");
        });
    }

    /* doxygen-awesome makes these elements when it likes. */
    function named() {
        document.querySelectorAll("doxygen-awesome-dark-mode-toggle:not([role])").forEach(function (toggle) {
            asButton(toggle, "Light or dark");
        });
        document.querySelectorAll("doxygen-awesome-fragment-copy-button:not([role])").forEach(function (button) {
            asButton(button, "Copy");
        });
    }
    new MutationObserver(named).observe(document.body, { childList: true, subtree: true });
    named();

    window.addEventListener("load", function () {
        var contents = document.querySelector(".toc > h3");
        if (contents && window.matchMedia("(max-width: 767px)").matches)
            asButton(contents);
        reachable();
        document.querySelectorAll("details").forEach(function (door) { door.addEventListener("toggle", reachable); });
        window.addEventListener("resize", reachable);
    });

    /* A link into something that is closed opens it. */
    function open() {
        var target = window.location.hash.length > 1 && document.getElementById(decodeURIComponent(window.location.hash.slice(1)));
        for (var door = target && target.closest("details"); door; door = door.parentElement.closest("details"))
            door.open = true;
        if (target && target.closest("details"))
            target.scrollIntoView();
    }
    window.addEventListener("hashchange", open);
    open();
});
