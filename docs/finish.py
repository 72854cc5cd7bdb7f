#!/usr/bin/env python3
"""Makes Doxygen's pages fit for every reader: pictures, headings, landmarks, menus. Run by docs/build.

usage: finish.py FOLDER       changes the pages in FOLDER

Doxygen 1.9 writes pages without a heading of the first level, without landmarks for those who listen to a page, and
shows pictures in frames that know nothing of the page's colours.
"""
import html
import pathlib
import re
import sys

SVG = re.compile(r"<svg\b.*?</svg>", re.DOTALL)
# \dot becomes a frame, \msc an image; the caption, if there is one, stands below.
PICTURE = re.compile(
    r'(?:<img src="(?P<msc>msc_[^"]*\.svg)"[^>]*>|<iframe [^>]*src="(?P<dot>dot_[^"]*\.svg)".*?</iframe>)'
    r'(?P<rest>\s*(?:<div class="caption">(?P<caption>.*?)</div>)?)',
    re.DOTALL,
)


def described(svg, caption):
    """The picture in words: its caption, and what leads where. For those who can't see it."""
    titles = [html.unescape(t) for t in re.findall(r'class="edge.*?<title>(.*?)</title>', svg, re.DOTALL)]
    labels = {}
    for name, group in re.findall(r'class="node[^"]*">\s*<title>(.*?)</title>(.*?)</g>', svg, re.DOTALL):
        labels[html.unescape(name)] = " ".join(
            html.unescape(t) for t in re.findall(r"<text[^>]*>([^<]*)</text>", group)
        )
    arrows = []
    for title in titles:
        ends = [labels.get(end, end).strip() for end in title.split("->")]
        if len(ends) == 2 and all(ends):
            arrows.append(f"{ends[0]} to {ends[1]}")
    if not titles:  # \msc: what is written beside the arrows, from top to bottom
        arrows = [" ".join(t.split()) for t in re.findall(r"<text[^>]*>([^<]*)</text>", svg)]
    words = [re.sub(r"<[^>]*>", "", caption or "").strip(), "; ".join(arrows)]
    return " ".join(word for word in words if word)


def picture(folder, name, caption):
    """The SVG as a part of its page: it takes the page's colours and shrinks with it. Ids get the name in front."""
    svg = SVG.search((folder / name).read_text(encoding="utf-8")).group()
    words = html.escape(described(svg, caption), quote=True)
    width = re.search(r'width="([0-9.]+)(?:pt|px)"', svg).group(1)
    kind = name[:3]
    # Who meets links in a picture must be able to follow them; other pictures are one thing.
    role = "group" if "xlink:href" in svg else "img"
    svg = re.sub(
        r'width="[0-9.]+(?:pt|px)"\s+height="[0-9.]+(?:pt|px)"',
        lambda _: f'class="{kind}" role="{role}" aria-label="{words}" style="width:{width}{"pt" if kind == "dot" else "px"}"',
        svg,
        count=1,
    )
    svg = re.sub(r"<!--.*?-->|<title>.*?</title>\n?| xlink:title=\"[^\"]*\"", "", svg, flags=re.DOTALL)
    svg = svg.replace(' id="', f' id="{name[:-4]}-')
    # A page's own label, "lesson-01.html#lesson-01", is no anchor in a page made from Markdown.
    return re.sub(r'xlink:href="([^"#]*)\.html#\1"', r'xlink:href="\1.html"', svg)


def finished(folder, text):
    text = PICTURE.sub(
        lambda m: picture(folder, m.group("msc") or m.group("dot"), m.group("caption")) + m.group("rest"), text
    )

    # One heading of the first level, which is the page's title; all others a step below.
    text = re.sub(
        r'<div class="title">(.*?)</div></div>', r'<h1 class="title">\1</h1></div>', text, count=1, flags=re.DOTALL
    )
    top, mark, contents = text.partition('<div class="contents">')
    for level in (3, 2, 1) if "<h1>" in contents else ():
        contents = re.sub(rf"<(/?)h{level}(?=[ >])", rf"<\1h{level + 1}", contents)
    text = top + mark + contents
    text = re.sub(
        r'<div class="toc"><h[34]>Table of Contents</h[34]>',
        '<div class="toc"><h3 role="presentation">On this page</h3>',
        text,
    )
    text = text.replace(" File Reference</h1>", "</h1>").replace(" Struct Reference</h1>", "</h1>")

    # Landmarks, for those who go through a page by ear or by key.
    text = text.replace('<div id="top">', '<div id="top" role="banner">', 1)
    text = text.replace('<div id="side-nav"', '<div id="side-nav" role="navigation" aria-label="The book"', 1)
    text = text.replace('<div id="doc-content">', '<div id="doc-content" role="main">', 1)
    text = text.replace('<div id="nav-path"', '<div id="nav-path" role="contentinfo"', 1)
    text = text.replace('<div class="toc">', '<div class="toc" role="navigation" aria-label="On this page">', 1)

    text = re.sub(r"<th[^>]*></th>", "<td></td>", text)  # a heading without words is none
    text = re.sub(r'<a href="[^"]*">(<span class="icondoc"></span>)</a>', r"\1", text)
    return text.replace(' target="_self"', "").replace("<p >", "<p>")


def terms_of(folder):
    """{"lesson-07": [("zombie", "term-zombie"), ...]}: the words of the glossary, by the lesson that needs them first."""
    terms = {}
    page = (folder / "glossary.html").read_text(encoding="utf-8")
    for anchor, word, lesson in re.findall(
        r'id="(term-[^"]*)"></a>\s*<b>(.*?)</b>[^<]*<a class="el" href="(lesson-\d+)', page
    ):
        terms.setdefault(lesson, []).append((html.unescape(word), anchor))
    return terms


def with_terms(text, terms):
    """Links each word at its first use: in running text, not in code, headings, pictures or other links."""
    top, mark, contents = text.partition('<div class="textblock">')
    pieces = re.split(r"(<[^>]*>)", contents)
    left = {
        word: re.compile(rf"\b{re.escape(word)}(?:s|es)?\b", 0 if word.isupper() else re.IGNORECASE)
        for word, _ in terms
    }
    anchors = dict(terms)
    inside, closed = 0, re.compile(r"<(/?)(a|code|pre|h\d|svg|figure|table|summary|script)\b[^>]*?(/?)>")
    for i, piece in enumerate(pieces):
        tag = closed.match(piece)
        if tag and not tag.group(3):
            inside += -1 if tag.group(1) else 1
        if i % 2 or inside or not piece.strip():
            continue
        found = sorted((hit.start(), hit.end(), word) for word in left if (hit := left[word].search(piece)))
        end, made = 0, ""
        for start, stop, word in found:
            if start >= end:
                made += (
                    piece[end:start] + f'<a class="term" href="glossary.html#{anchors[word]}">{piece[start:stop]}</a>'
                )
                end = stop
                del left[word]
        pieces[i] = made + piece[end:]
    return top + mark + "".join(pieces)


def anchors(folder):
    """The side tree names each value of an enum. If only some have a comment, the others have no anchor in their page: these
    lead to the page."""
    ids = {
        path.name: set(re.findall(r' id="([^"]*)"', path.read_text(encoding="utf-8"))) for path in folder.glob("*.html")
    }

    def is_there(link):
        page, _, anchor = link.partition("#")
        return anchor in ids.get(page, ())

    for path in folder.glob("*_8h.js"):
        text = re.sub(
            r'"([^"]+\.html#a[0-9a-f]{30,})"',
            lambda m: m.group() if is_there(m.group(1)) else f'"{m.group(1).partition("#")[0]}"',
            path.read_text(encoding="utf-8"),
        )
        path.write_text(text, encoding="utf-8")
    for path in folder.glob("navtreeindex*.js"):
        text = re.sub(
            r'^"([^"]+\.html#a[0-9a-f]{30,})":.*\n',
            lambda m: m.group() if is_there(m.group(1)) else "",
            path.read_text(encoding="utf-8"),
            flags=re.MULTILINE,
        )
        path.write_text(text, encoding="utf-8")


def menus(folder):
    """A phone shows a menu in place of the side tree. Doxygen's would lead to an empty list; this one has the pages."""
    tree = (folder / "navtreedata.js").read_text(encoding="utf-8")
    pages = "".join(
        f'{{text:"{title}",url:"{link}"}},\n'
        for title, link in re.findall(r'^    \[ "(.*?)", "(.*?)"', tree, re.MULTILINE)
        if link != "files.html"
    )
    menu = folder / "menudata.js"
    menu.write_text(
        re.sub(r'^\{text:"Contents".*\n', lambda _: pages, menu.read_text(encoding="utf-8"), flags=re.MULTILINE),
        encoding="utf-8",
    )
    for page in [folder / "pages.html", *folder.glob("globals*")]:  # lists of names: the search knows them better
        page.unlink(missing_ok=True)
    for index in folder.glob("navtreeindex*.js"):
        index.write_text(
            re.sub(
                r'^"(pages|globals[^"]*)\.html[^"]*":.*\n', "", index.read_text(encoding="utf-8"), flags=re.MULTILINE
            ),
            encoding="utf-8",
        )


def tree_index(folder):
    """The side tree finds the file that has a page by the first page of each, which may be one that is gone now."""
    tree = folder / "navtreedata.js"
    text = tree.read_text(encoding="utf-8")
    count = len(list(folder.glob("navtreeindex*.js")))
    firsts = [
        re.search(r'^("[^"]+"):', (folder / f"navtreeindex{i}.js").read_text(encoding="utf-8"), re.MULTILINE).group(1)
        for i in range(count)
    ]
    text = re.sub(
        r"(NAVTREEINDEX =\n\[\n).*?(\n\];)",
        lambda m: m.group(1) + ",\n".join(firsts) + m.group(2),
        text,
        count=1,
        flags=re.DOTALL,
    )
    tree.write_text(text, encoding="utf-8")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.strip())
    folder = pathlib.Path(sys.argv[1])
    menus(folder)
    terms = terms_of(folder)
    for path in folder.glob("*.html"):
        text = finished(folder, path.read_text(encoding="utf-8"))
        if path.stem in terms:
            text = with_terms(text, terms[path.stem])
        path.write_text(text, encoding="utf-8")
    anchors(folder)
    tree_index(folder)
    for pattern in ("dot_*.svg", "msc_*.svg", "*.dot", "*.md5"):
        for path in folder.glob(pattern):
            path.unlink()


if __name__ == "__main__":
    main()
