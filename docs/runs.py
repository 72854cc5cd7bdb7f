#!/usr/bin/env python3
"""Plays what the book shows, with ./sockeye itself. Run by docs/build before Doxygen.

usage: runs.py FOLDER        writes wire-NN-CHECK.html, mistakes-NN.md and mistakes-NN.html into FOLDER

The wires are those of the solutions, for each line "<!-- the wire of CHECK -->" of a chapter. The mistakes are those of
tests/mistakes/, each played against the check that it loses. What a run gave is kept in build/kept/, with a sum of
all that it depends on, and is played again when that has changed. That takes minutes the first time, and no longer than
RUNS_SECONDS (180); what has not been played by then, the next build plays. Where there are no private networks nothing
is played: the book says what was kept, or that it has nothing to say.
"""
import concurrent.futures
import hashlib
import html
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

import wire

SEEDS = ["1983", "1984", "1985"]  # a mistake that chance hides at the first seed shows at another
KEPT = pathlib.Path("build/kept")
DEADLINE = time.monotonic() + float(os.environ.get("RUNS_SECONDS", "180"))


def sum_of(*parts):
    together = hashlib.sha256()
    for part in parts:
        data = part.read_bytes() if isinstance(part, pathlib.Path) else str(part).encode()
        together.update(len(data).to_bytes(8, "big") + data)
    return together.hexdigest()


def harness_sum():
    """What decides what a run says: the checks' language, the looks into the kernel, the report."""
    return sum_of(
        *(
            path
            for folder in ("check", "look", "report")
            for path in sorted(pathlib.Path("harness", folder).glob("*.[ch]"))
        )
    )


def whys(path):
    """{"no-zombies": "why that check matters, as HTML"}"""
    parts = re.split(r"^## (\S+)\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE) if path.exists() else []
    return {
        check: re.sub(r"`(.+?)`", r"<code>\1</code>", html.escape(" ".join(text.split())))
        for check, text in zip(parts[1::2], parts[2::2])
    }


class Lesson:
    def __init__(self, folder):
        self.folder = folder
        self.name = folder.name
        self.number = folder.name[:2]
        chapter = (folder / "README.md").read_text(encoding="utf-8")
        self.title = re.sub(r"^# *| *\{#.*", "", chapter.splitlines()[0])
        self.wires = re.findall(r"^<!-- the wire of (\S+) -->$", chapter, re.MULTILINE)
        self.sources = sorted(pathlib.Path("solutions", self.name).glob("*.c"))
        self.why = {**whys(folder.parent / "why.md"), **whys(folder / "why.md")}
        self.patches = sorted(pathlib.Path("tests/mistakes", self.name).glob("*.patch"))


class Run:
    """A program, a check, and what came of it: {"sum", "report", "check"}, or None."""

    def __init__(self, lesson, check, patch=None):
        self.lesson, self.check, self.patch = lesson, check, patch
        self.kept = KEPT / lesson.name / ((patch.stem if patch else f"wire.{check}") + ".json")
        self.sum = sum_of(Run.harness, lesson.folder / "check.c", *lesson.sources, *([patch] if patch else []), check)
        try:
            self.found = json.loads(self.kept.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            self.found = None

    def is_fresh(self):
        return self.found is not None and self.found["sum"] == self.sum

    def play(self):
        if time.monotonic() > DEADLINE:
            return
        with tempfile.TemporaryDirectory() as folder:
            work = pathlib.Path(folder, self.lesson.name)
            work.mkdir()
            for source in self.lesson.sources:
                shutil.copy(source, work)
            if self.patch:
                subprocess.run(["patch", "-s", "-p1", "-d", work, "-i", self.patch.resolve()], check=True)
            for seed in SEEDS:
                result = pathlib.Path(folder, "result.json")
                said = subprocess.run(
                    [
                        "./sockeye",
                        "check",
                        self.lesson.number.lstrip("0"),
                        "--only",
                        self.check,
                        "--seed",
                        seed,
                        "--work",
                        folder,
                        "--json",
                        result,
                    ],
                    capture_output=True,
                    text=True,
                    timeout=300,
                    env={**os.environ, "SOCKEYE_CACHE": Run.cache, "LC_ALL": "C.UTF-8", "COLUMNS": "80"},
                )
                document = json.loads(result.read_text(encoding="utf-8"))
                check = next((c for c in document["lessons"][0]["checks"] if c["id"].endswith("." + self.check)), None)
                wanted = "failed" if self.patch else "passed"
                if document["mode"] == "private" and check and check["status"] == wanted:
                    break
            else:
                return
        self.found = {
            "sum": self.sum,
            "report": said.stdout,
            "check": {name: check[name] for name in ("title", "wire")},
        }
        self.kept.parent.mkdir(parents=True, exist_ok=True)
        new = self.kept.with_suffix(f".{os.getpid()}")
        new.write_text(json.dumps(self.found), encoding="utf-8")
        new.replace(self.kept)


def can_play():
    """Whether this machine makes private networks. Says why not."""
    with tempfile.NamedTemporaryFile() as result:
        done = subprocess.run(
            ["./sockeye", "check", "1", "--solutions", "--only", "usage", "--json", result.name],
            capture_output=True,
            text=True,
            env={**os.environ, "SOCKEYE_CACHE": Run.cache},
        )
        try:
            mode = json.load(result)["mode"]
        except ValueError:
            mode = done.stderr.strip().splitlines()[-1:] or "nothing"
    if mode != "private":
        print(
            "docs/runs.py: no private networks here (./sockeye doctor): the book shows the runs that were kept",
            file=sys.stderr,
        )
    return mode == "private"


def head_of(patch):
    """(what is wrong, the checks that it loses, the change)"""
    head, _, change = patch.read_text(encoding="utf-8", errors="replace").partition("\n\n")
    wrong, loses = re.match(r"What is wrong: *(.*?)\s*\nLoses: *(.*)", head, re.DOTALL).groups()
    return " ".join(wrong.replace("`", "").split()), loses.split(), change


def difference(change):
    """The patch without its file names, which say nothing where there is one program."""
    kinds = {"+": "added", "-": "removed", "@": "place"}
    files = len(set(re.findall(r"^--- (.*)", change, re.MULTILINE)))
    shown = ""
    for line in change.rstrip().splitlines():
        if re.match(r"(---|\+\+\+) [ab]/", line):
            if files == 1 or line.startswith("+++"):
                continue
            line, kind = line[6:], "place"
        else:
            kind = kinds.get(line[:1], "same")
        if line.startswith("@@"):
            line = "…"
            if shown == "":
                continue
        shown += f'<span class="{kind}">{html.escape(line)}</span>\n'
    return f'<pre class="fragment diff">{shown}</pre>'


def report(found):
    """What Sockeye printed, without what is chance (the times) and what is of this machine (how to play it again)."""
    text = re.sub(r"\n +(hint|replay) .*", "", found["report"], flags=re.DOTALL)
    text = re.sub(r"(?<=  )( *)(\d+\.\d)\d\d(?=  |\n|$)", r"\1\2  ", text)
    return f'<pre class="fragment">{html.escape(text.rstrip())}</pre>'


def mistake(lesson, run):
    wrong, loses, change = head_of(run.patch)
    name = run.patch.stem
    checks = ", ".join(f"<code>{lesson.number}.{html.escape(check)}</code>" for check in loses)
    why = lesson.why.get(loses[0])
    why = f"<p>Why it matters: {why}</p>" if why else ""
    said = report(run.found) if run.found else "<p>It has not been played on this machine yet.</p>"
    return (
        f'<details class="mistake" id="{name}"><summary><b>{name}</b> {html.escape(wrong[0].upper() + wrong[1:])}</summary>\n'
        f"<p>The change that makes it:</p>{difference(change)}\n<p>Caught by {checks}. What Sockeye says:</p>{said}{why}</details>\n"
    )


def write_mistakes(folder, lesson, runs):
    name = f"mistakes-{lesson.number}"
    body = "".join(mistake(lesson, run) for run in runs)
    (folder / f"{name}.html").write_text(body, encoding="utf-8")
    (folder / f"{name}.md").write_text(
        f"# Mistakes in lesson {int(lesson.number)} {{#{name}}}\n\n"
        f"Each of these {len(runs)} programs is the solution of \\ref lesson-{lesson.number} with one thing wrong. Open one that you would have made, "
        f"and say what a client would notice, before you read what Sockeye has noticed. They show parts of the solution.\n\n"
        f"\\htmlinclude[block] {name}.html\n",
        encoding="utf-8",
    )


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.strip())
    folder = pathlib.Path(sys.argv[1])
    Run.harness = harness_sum()
    lessons = [
        Lesson(path) for path in sorted(pathlib.Path("lessons").glob("[0-9]*-*")) if (path / "README.md").exists()
    ]
    wires = [Run(lesson, check) for lesson in lessons for check in lesson.wires]
    mistakes = {lesson: [Run(lesson, head_of(patch)[1][0], patch) for patch in lesson.patches] for lesson in lessons}
    stale = [run for run in wires + sum(mistakes.values(), []) if not run.is_fresh()]
    with tempfile.TemporaryDirectory() as Run.cache:
        if stale and time.monotonic() < DEADLINE and can_play():
            print(
                f"playing {len(stale)} runs for the book, at most {max(DEADLINE - time.monotonic(), 0):.0f} s",
                file=sys.stderr,
            )
            with concurrent.futures.ThreadPoolExecutor(2 * (os.cpu_count() or 1)) as pool:
                list(pool.map(Run.play, stale))
    left = sum(not run.is_fresh() for run in stale)
    if left:
        print(
            f"docs/runs.py: {left} runs of {len(stale)} were not played: the book shows what was kept of them",
            file=sys.stderr,
        )
    for run in wires:
        caption = ""
        if run.found:
            caption = f"A real run: the solution in the check “{run.found['check']['title']}”."
            program = run.lesson.sources[0].stem
            for event in run.found["check"]["wire"]:
                if event["event"] == "start":
                    program = event["data"].split()[0]
                    break
        (folder / f"wire-{run.lesson.number}-{run.check}.html").write_text(
            wire.figure(run.found["check"]["wire"], program, caption) if run.found else "\n", encoding="utf-8"
        )
    for lesson, runs in mistakes.items():
        if runs:
            write_mistakes(folder, lesson, runs)


if __name__ == "__main__":
    main()
