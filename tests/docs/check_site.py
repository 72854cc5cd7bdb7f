#!/usr/bin/env python3
"""Follows every link inside a folder of HTML pages.

usage: check_site.py FOLDER

A link must lead to a file that is there, and to an anchor that stands in it; so must those in the side tree and in
the search index, which are JavaScript. Nothing may be loaded from elsewhere: the pages are read offline.
"""
import html.parser
import pathlib
import re
import sys
import urllib.parse

LOADS = {"src", "data", "poster", "srcset"}  # attributes that a browser loads at once
ELSEWHERE = re.compile(r"^(https?:)?//", re.IGNORECASE)


class Page(html.parser.HTMLParser):
    """The ids of a page, and what it links to and loads."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.ids = set()
        self.twice = set()
        self.links = []
        self.loads = []
        self.has_viewport = False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        for name in {values.get("id"), values.get("name") if tag == "a" else None} - {None}:
            if name in self.ids and tag != "a":
                self.twice.add(name)
            self.ids.add(name)
        if tag == "meta" and values.get("name") == "viewport":
            self.has_viewport = True
        for attribute, value in attrs:
            if value is None:
                continue
            if attribute in LOADS or (tag == "link" and attribute == "href"):
                self.loads.append(value)
            elif attribute in ("href", "xlink:href"):
                self.links.append(value)


class Site:
    def __init__(self, folder):
        self.folder = folder
        self.pages = {}
        self.problems = []
        self.followed = 0
        for path in sorted(folder.rglob("*.html")):
            self.pages[path] = Page(path.read_text(encoding="utf-8"))

    def complain(self, path, words):
        self.problems.append(f"{path.relative_to(self.folder)}: {words}")

    def follow(self, path, link, loaded=False):
        if ELSEWHERE.match(link):
            if loaded:
                self.complain(path, f"is loaded from elsewhere: {link}")
            return
        parts = urllib.parse.urlsplit(link)
        if parts.scheme in ("data", "mailto", "javascript"):
            return
        if parts.scheme:
            self.complain(path, f"leads out of the book: {link}")
            return
        self.followed += 1
        target = path if parts.path == "" else (path.parent / urllib.parse.unquote(parts.path)).resolve()
        if not target.exists():
            self.complain(path, f"leads nowhere: {link}")
        elif parts.fragment and target.suffix == ".html":
            anchor = urllib.parse.unquote(parts.fragment)
            if target not in self.pages or anchor not in self.pages[target].ids:
                self.complain(path, f"leads to no anchor: {link}")

    def check_pages(self):
        for path, page in self.pages.items():
            for link in page.links:
                self.follow(path, link)
            for link in page.loads:
                self.follow(path, link, loaded=True)
            for name in sorted(page.twice):
                self.complain(path, f"an id stands twice: {name}")
            if not page.has_viewport and path.parent == self.folder: # search/ has frames, which have none
                self.complain(path, "has no viewport: a phone shows it tiny")

    def check_scripts(self):
        """Strings such as 'architecture.html#stuck', in what Doxygen wrote for the side tree and the search."""
        for path in sorted(self.folder.rglob("*.js")):
            text = path.read_text(encoding="utf-8", errors="replace")
            if path.name.startswith("navtreeindex"):
                found = re.findall(r'^"([^"]+\.html[^"]*)":', text, re.MULTILINE)
            else:
                found = re.findall(r"""["']((?:\.\./)?[A-Za-z0-9_.-]+\.html(?:#[A-Za-z0-9_:.-]+)?)["']""", text)
            for link in found:
                self.follow(path, link)

    def check_styles(self):
        for path in sorted(self.folder.rglob("*.css")):
            text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8", errors="replace"), flags=re.DOTALL)
            for link in re.findall(r"url\(\s*['\"]?([^'\")]+)['\"]?\s*\)", text) + re.findall(r"@import\s+['\"]([^'\"]+)", text):
                if not link.startswith("#"):
                    self.follow(path, link, loaded=True)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.strip())
    folder = pathlib.Path(sys.argv[1]).resolve()
    site = Site(folder)
    if folder / "index.html" not in site.pages:
        sys.exit(f"{sys.argv[1]}: there is no index.html")
    site.check_pages()
    site.check_scripts()
    site.check_styles()
    for problem in site.problems:
        print(problem, file=sys.stderr)
    print(f"{len(site.pages)} pages, {site.followed} links inside them, {len(site.problems)} wrong")
    return 1 if site.problems else 0


if __name__ == "__main__":
    sys.exit(main())
