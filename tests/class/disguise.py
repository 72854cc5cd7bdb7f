#!/usr/bin/env python3
"""Copies a C program as somebody would who hopes that nobody sees it: disguise.py FROM TO [SEED] WAY...

The ways, in the order in which they are taken:
  comments   all comments go, others come
  rename     every name that the C library does not know gets another
  reorder    functions change places, behind prototypes
  dead       lines that do nothing come in, about one for every ten (dead3: for every three)
  macros     if, return, while and for hide behind names of their own
  layout     another style of braces and lines (clang-format, if it is there)
  half       every other function is left out: the rest may not compile any more

What comes out of the first six is a program that compiles, if FROM was one."""

import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

WORD = re.compile(r"[A-Za-z_]\w*")
TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|[A-Za-z_]\w*|\.?\d[\w.]*|.', re.S)
KEYWORDS = set("auto break case char const continue default do double else enum extern float for goto if inline int long"
               " register restrict return short signed sizeof static struct switch typedef union unsigned void volatile"
               " while _Noreturn _Static_assert _Atomic main defined include define ifdef ifndef endif undef pragma".split())


def tokens(text):
    return TOKEN.findall(text)


def preprocessed(lines, *options):
    return subprocess.run(["cc", "-std=gnu17", "-E", *options, "-"], input="\n".join(lines), capture_output=True, text=True).stdout


def compiles(text):
    return subprocess.run(["cc", "-std=gnu17", "-fsyntax-only", "-w", "-xc", "-"], input=text, capture_output=True, text=True).returncode == 0


def comments(text, chance):
    said = ["keep going", "check the result", "this is important", "step by step", "done here"]
    bare = "".join(" " if t.startswith(("//", "/*")) else t for t in tokens(text))
    lines = [l.rstrip() for l in bare.split("\n")]
    return "\n".join(l + f" // {chance.choice(said)}" if l.endswith(";") and chance.random() < 0.2 else l for l in lines if l) + "\n"


def rename(text, chance):
    includes = [l for l in text.split("\n") if re.match(r"\s*#\s*(include|define\s+_\w+)", l)]
    known = set(WORD.findall(preprocessed(includes))) | set(WORD.findall(preprocessed(includes, "-dM"))) | KEYWORDS
    new = {}
    out = []
    for t in tokens(text):
        if WORD.fullmatch(t) and t not in known:
            t = new.setdefault(t, f"{chance.choice(['my', 'the', 'cur', 'tmp'])}_{chance.choice('abcdefgh')}{len(new)}")
        out.append(t)
    lines = "".join(out).split("\n")
    was = text.split("\n")
    return "\n".join(w if w.lstrip().startswith("#include") else l for w, l in zip(was, lines))


def functions(text):
    """The text before the functions, the functions, each from its head's first line to its closing brace, and what stands between."""
    lines = text.split("\n")
    first, found, i, rest = [], [], 0, []
    while i < len(lines):
        if lines[i] == "{" and rest and "=" not in rest[-1]:
            head = [rest.pop()]
            while rest and rest[-1].strip() and not rest[-1].rstrip().endswith((";", "}", "*/")) and not rest[-1].startswith(("#", "/", " *")):
                head.insert(0, rest.pop())
            end = next(k for k in range(i, len(lines)) if lines[k] == "}")
            found.append("\n".join(head + lines[i:end + 1]))
            i = end
        else:
            rest.append(lines[i])
        i += 1
    return "\n".join(first + rest), found


def reorder(text, chance):
    before, found = functions(text)
    heads = [re.sub(r"//[^\n]*|/\*.*?\*/", " ", f.split("\n{")[0], flags=re.S) + ";" for f in found]
    chance.shuffle(found)
    return before + "\n" + "\n".join(h for h in heads if " main(" not in h) + "\n\n" + "\n\n".join(found) + "\n"


def insert_lines(text, chance, each):
    out, depth, number, inner = [], 0, 0, None
    lines = text.split("\n")
    for i, line in enumerate(lines):
        out.append(line)
        depth = 1 if line == "{" and "=" not in lines[i - 1] else 0 if line == "}" else depth
        inner = inner or re.search(r"\b(struct|union|enum)\b[^;()]*{$", line)
        inner = inner and not re.match(r"\s*}", line) and inner
        # Behind a statement that is nobody's unbraced body.
        if depth and not inner and line.endswith(";") and lines[i - 1].endswith((";", "{", "}")) and chance.random() < 2 / each:
            out.append(["    { volatile int unused_%d = 1; unused_%d++; }", "    if (0) { int z%d = 1; (void)z%d; }", "    (void)0; /* %d%d */",
                        "    (void)sizeof(int[%d + 1 + %d]);"][number % 4] % (number, number))
            number += 1
    return "\n".join(out)


def dead(text, chance):
    return insert_lines(text, chance, 10)


def dead3(text, chance):
    return insert_lines(text, chance, 3)


def macros(text, _):
    names = {"if": "WHEN", "return": "GIVE", "while": "AS_LONG_AS", "for": "EACH"}
    was = text.split("\n")
    text = "\n".join(l if l.lstrip().startswith("#") else "".join(names.get(t, t) for t in tokens(l)) for l in was)
    return "".join(f"#define {new} {old}\n" for old, new in names.items()) + text


def layout(text, _):
    if shutil.which("clang-format") is None:
        return text
    style = "{BasedOnStyle: GNU, ColumnLimit: 60, SortIncludes: false}"
    with tempfile.TemporaryDirectory() as own:
        return subprocess.run(["clang-format", f"--style={style}", "--assume-filename=x.c"], input=text, cwd=own,
                              capture_output=True, text=True, check=True).stdout


def half(text, chance):
    before, found = functions(text)
    return before + "\n" + "\n\n".join(found[::2]) + "\n"


WAYS = {f.__name__: f for f in [comments, rename, reorder, dead, dead3, macros, layout, half]}


def disguised(text, ways, seed=1):
    chance = random.Random(seed)
    for way in WAYS:
        if way in ways:
            text = WAYS[way](text, chance)
    return text


if __name__ == "__main__":
    seed = int(sys.argv[3]) if len(sys.argv) > 3 and sys.argv[3].isdigit() else 1
    with open(sys.argv[1]) as file:
        text = file.read()
    with open(sys.argv[2], "w") as file:
        file.write(disguised(text, sys.argv[3:], seed))
