"use strict";
/* The class page: a student's report when it is asked for, sorting and searching. All content was escaped when the page was
   written; this script adds none of its own but counts. */

const at = (id) => document.getElementById(id);
const rows = () => [...document.querySelectorAll(".matrix tbody tr")];
const title = document.title;
let returnTo = null; // the link that led to the report that is shown

/* ---- one student, or all: what the fragment says ---- */

function reportOf(fragment) {
    const found = at(fragment.slice(1));
    return found !== null && found.type === "application/zlib" ? found : null;
}

/* Reports are packed, so that the page opens at once: base64 of zlib's format. */
async function unpacked(report) {
    if (!("DecompressionStream" in window))
        return "<h1 tabindex=\"-1\">This browser is too old to open reports</h1><p>They are in the folder <code>feedback/</code>, too.</p>";
    const bytes = Uint8Array.from(atob(report.textContent), (letter) => letter.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).text();
}

/* The neighbours in the matrix, as it is sorted and searched now. */
function lead(link, row, word) {
    link.hidden = row === undefined;
    if (row === undefined)
        return;
    const to = row.querySelector("a");
    link.href = to.hash;
    link.textContent = `${word}: ${to.textContent}`;
}

async function show() {
    const asked = location.hash;
    const report = reportOf(asked);
    const html = report === null ? "" : await unpacked(report);
    if (location.hash !== asked)
        return; // somebody was faster than the unpacking
    const before = at("student").hidden;
    at("class").hidden = report !== null;
    at("student").hidden = report === null;
    if (report === null) {
        document.title = title;
        at("report").replaceChildren();
        if (!before && returnTo !== null)
            returnTo.focus();
        return;
    }
    at("report").innerHTML = html;
    const seen = rows().filter((row) => !row.hidden);
    const here = seen.findIndex((row) => row.querySelector("a").hash === location.hash);
    lead(at("before"), seen[here - 1], "Previous");
    lead(at("after"), here < 0 ? undefined : seen[here + 1], "Next");
    returnTo = here < 0 ? document.querySelector(`#class a[href="${location.hash}"]`) : seen[here].querySelector("a");
    const name = at("report").querySelector("h1");
    document.title = `${name.textContent} – ${title}`;
    scrollTo(0, 0);
    name.focus({ preventScroll: true });
}

addEventListener("hashchange", show);

/* ---- sorting: again and again by the same column turns it round; what is equal keeps its order ---- */

const order = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

function sort(head) {
    const body = head.closest("table").tBodies[0];
    const value = (row) => row.cells[head.cellIndex].dataset.v ?? row.cells[head.cellIndex].textContent.trim();
    const now = head.getAttribute("aria-sort");
    const down = now === null ? head.classList.contains("points") : now === "ascending";
    for (const other of head.parentElement.cells)
        other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const list = [...body.rows].map((row) => [value(row), row]);
    list.sort(([a], [b]) => (down ? -1 : 1) * order.compare(a, b));
    body.append(...list.map(([, row]) => row));
}

for (const button of document.querySelectorAll(".sortable thead button"))
    button.addEventListener("click", () => sort(button.closest("th")));

/* ---- searching: every word must be there, in the name or in what the row carries ---- */

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
const texts = new Map(rows().map((row) => [row, plain(`${row.cells[0].textContent} ${row.dataset.find}`)]));

function search() {
    const words = plain(at("search").value).split(/\s+/).filter((word) => word !== "");
    let found = 0;
    for (const [row, text] of texts) {
        row.hidden = !words.every((word) => text.includes(word));
        found += row.hidden ? 0 : 1;
    }
    at("found").textContent = words.length === 0 ? "" : `${found} of ${texts.size} students`;
}

at("search").addEventListener("input", search);
document.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
for (const button of document.querySelectorAll("button.find")) {
    button.addEventListener("click", () => {
        at("search").value = button.dataset.id;
        search();
        at("matrix").scrollIntoView();
        at("search").focus({ preventScroll: true });
    });
}

/* ---- paper: the matrix alone, one student, or each that is found on a page of their own ---- */

at("print-one").addEventListener("click", () => print());
at("print").addEventListener("click", async () => {
    const found = rows().filter((row) => !row.hidden);
    const reports = await Promise.all(found.map((row) => unpacked(reportOf(row.querySelector("a").hash))));
    at("paper").replaceChildren(...reports.map((html) => {
        const sheet = document.createElement("article");
        sheet.innerHTML = html;
        return sheet;
    }));
    print();
});
addEventListener("afterprint", () => at("paper").replaceChildren());

document.documentElement.classList.add("scripted");
show();
