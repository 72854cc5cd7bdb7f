#!/usr/bin/env python3
"""Makes the index of the book's search: every section of every page, with its text.

usage: search.py FOLDER       writes FOLDER/search-index.js

It reads the pages as docs/finish.py leaves them. Doxygen's own search knows names only; a reader looks for "zombie" or
EINTR. Of the solutions only the titles are in it, and of the mistakes what is wrong: nobody should be shown one by a
search.
"""
import html
import html.parser
import json
import pathlib
import re
import sys

# Pages that repeat what stands elsewhere.
LEFT_OUT = re.compile(r"_source$|_8md$|^dir_|^globals|^files$|^pages$|^annotated$|^functions|^graph_legend$")
HEADINGS = {"h2", "h3", "h4"}
CHAPTER, PAGE, REFERENCE = range(3)     # hits of the same weight are shown in this order


class Section:
    def __init__(self, anchor=""):
        self.anchor = anchor
        self.heading = []
        self.text = []


class Page(html.parser.HTMLParser):
    """Cuts a page into sections. In a header's overview each name is one, if it has no section further down."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.title = []
        self.sections = [Section()]
        self.into = None        # the list that text goes to
        self.divs = []          # the classes of the divs that are open
        self.anchor = ""        # seen since the last heading: Doxygen puts a member's before its heading
        self.member = False     # in the overview: a name's row
        self.feed(text)

    def within(self, name):
        return any(name in classes for classes in self.divs)

    def text_list(self):
        inside = self.within("contents") and not self.within("toc")
        return self.sections[-1].text if inside else None

    def begin(self, anchor):
        self.sections.append(Section(anchor))
        self.anchor = ""

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        classes = (values.get("class") or "").split()
        if tag == "div":
            self.divs.append(classes)
            self.into = self.text_list()
        elif tag == "h1":
            self.into = self.title
        elif tag in ("script", "style"):
            self.into = None
        elif tag == "a" and values.get("id"):
            self.anchor = values["id"]
            if self.into is self.sections[-1].heading:
                self.sections[-1].anchor = self.anchor
        elif tag in HEADINGS and self.text_list() is not None:
            self.begin(self.anchor)
            self.into = self.sections[-1].heading
        elif tag == "tr" and classes and classes[0].startswith("memitem:"):
            self.into = None
            self.anchor = ""
        elif tag == "td" and "memItemRight" in classes and self.anchor:
            self.begin(self.anchor)
            self.into = self.sections[-1].heading
            self.member = True
        elif tag == "td" and "mdescRight" in classes:
            self.into = self.sections[-1].text if self.member else None
            self.member = False

    def handle_endtag(self, tag):
        if tag == "div" and self.divs:
            self.divs.pop()
            self.into = self.text_list()
        elif tag in HEADINGS or tag in ("h1", "script", "style", "table"):
            self.into = self.text_list()

    def handle_data(self, data):
        if self.into is not None:
            self.into.append(data)


def squeeze(pieces):
    return " ".join("".join(pieces).replace("◆", " ").split())


def kind(name):
    if name.startswith("lesson-"):
        return CHAPTER
    return REFERENCE if "_8" in name or name.startswith("struct") else PAGE


def entries_of(path):
    name = path.stem
    text = path.read_text(encoding="utf-8")
    page = Page(text)
    title = squeeze(page.title)
    if name.startswith("solution-"):
        return [[kind(name), title, "", path.name, ""]]
    if name.startswith("mistakes-"):     # what is wrong, and not the report, which has the words of all of them
        return [[PAGE, title, mistake, f"{path.name}#{anchor}", html.unescape(wrong)] for anchor, mistake, wrong in
                re.findall(r'<details class="mistake" id="(.*?)"><summary><b>(.*?)</b> (.*?)</summary>', text)]
    entries = []
    for section in page.sections:
        heading = squeeze(section.heading)
        text = squeeze(section.text)
        member = re.match(r"([A-Za-z_]\w*)\s*\(", heading) if kind(name) == REFERENCE else None
        if member:
            heading = member.group(1) + "()"
        if heading == "Detailed Description":
            heading = ""
        text = re.sub(r" ?Definition at line \d+ of file \S+\.", "", text)
        if kind(name) == REFERENCE and (text == "" or heading == "anonymous enum" or (heading == "" and not section.anchor)):
            continue
        if text == "" and heading == "":
            continue
        link = path.name + (f"#{section.anchor}" if section.anchor else "")
        entries.append([kind(name), title, heading, link, text])
    return entries


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.strip())
    folder = pathlib.Path(sys.argv[1])
    entries = []
    for path in sorted(folder.glob("*.html")):
        if not LEFT_OUT.search(path.stem):
            entries += entries_of(path)
    entries.sort(key=lambda entry: entry[0])
    lines = ",\n".join(json.dumps(entry, ensure_ascii=False, separators=(",", ":")) for entry in entries)
    (folder / "search-index.js").write_text(f"var bookIndex = [\n{lines}\n];\n", encoding="utf-8")


if __name__ == "__main__":
    main()
