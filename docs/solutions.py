#!/usr/bin/env python3
"""Writes a page for each solution: behind a door, function by function, with what docs/solutions/ says of each.

usage: solutions.py FOLDER              writes solution-NN-NAME.md into FOLDER. Run by docs/build before Doxygen
       solutions.py --function F FILE   prints the function F of a C file with its comment, for a page (docs/expand)

docs/solutions/PROGRAM.md has a section "## function" for what is new in a program; docs/solutions/common.md has those of
functions that many programs share. Where a program has a page, a function of which neither says anything is an error, and
so is a section without a function: so the words follow the code.
"""
import pathlib
import re
import sys

WORDS = pathlib.Path("docs/solutions")
FUNCTION = re.compile(r"^(?:static |_Noreturn )*[a-z][\w ]*[ *]+(\w+)\([^;]*$")


def sections_of(name):
    """{"echo": "what is said of it"}"""
    path = WORDS / f"{name}.md"
    parts = re.split(r"^## (\w+)\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE) if path.exists() else [""]
    return {title: text.strip() for title, text in zip(parts[1::2], parts[2::2])}


def pieces_of(source):
    """(first line, function or None, text) of each function with its comment, and of what stands before the first."""
    lines = source.splitlines()
    pieces, start, name, i = [], 0, None, 0
    while i < len(lines):
        found = FUNCTION.match(lines[i])
        if found and not lines[i].startswith(("struct", "enum", "union")):
            name = found.group(1)
            head = i
            while head > start and lines[head - 1].strip() and not lines[head - 1].startswith("}"):
                head -= 1
            if head > start:
                pieces.append((start + 1, None, "\n".join(lines[start:head]).strip("\n")))
            while lines[i] != "}":
                i += 1
            pieces.append((head + 1, name, "\n".join(lines[head : i + 1])))
            start = i + 1
        i += 1
    pieces.append((start + 1, None, "\n".join(lines[start:]).strip("\n")))
    return [piece for piece in pieces if piece[2].strip()]


def page(path, common, problems):
    number, program = path.parent.name[:2], path.stem
    own = sections_of(program)
    source = path.read_text(encoding="utf-8")
    label = f"solution-{number}-{program}"
    text = [
        f"# Solution {int(number)}: {program} {{#{label}}}\n",
        f"One way to do \\ref lesson-{number}. `./sockeye solution {int(number)}` shows it in a terminal.\n",
        '\\htmlonly[block]\n<details class="door"><summary>A spoiler: open the door only when your own program stands</summary>\n'
        "\\endhtmlonly\n",
    ]
    said = set()
    for line, name, code in pieces_of(source):
        last = line + code.count("\n")
        if name:
            text.append(f"## {name} {{#{label}-{name}}}\n")
        text.append(f"```c\n{code}\n```\n")
        if name:
            words = own.get(name) or common.get(name)
            said.add(name)
            if not words and own:
                problems.append(f"{WORDS}/{program}.md says nothing of {name}(), line {line} of {path}")
            text.append(f"*Lines {line} to {last}.* {words or ''}\n")
    problems += [f"{WORDS}/{program}.md speaks of {name}(), which {path} has not" for name in set(own) - said]
    text.append("\\htmlonly[block]\n</details>\n\\endhtmlonly\n")
    return f"{label}.md", "\n".join(text)


def excerpt(function, path):
    """A function as it stands today. If it is gone, a reference that Doxygen warns of."""
    for line, name, code in pieces_of(pathlib.Path(path).read_text(encoding="utf-8")):
        if name == function:
            return f"```c\n{code}\n```\n<small>{path}, line {line}</small>\n"
    return f"\\ref there-is-no-{function}-in-{path}\n"


def main():
    if len(sys.argv) == 4 and sys.argv[1] == "--function":
        print(excerpt(*sys.argv[2:]))
        return
    if len(sys.argv) != 2:
        sys.exit(__doc__.strip())
    common, problems = sections_of("common"), []
    for path in sorted(pathlib.Path("solutions").glob("*/*.c")):
        name, text = page(path, common, problems)
        (pathlib.Path(sys.argv[1]) / name).write_text(text, encoding="utf-8")
    if problems:
        sys.exit("\n".join(problems))


if __name__ == "__main__":
    main()
