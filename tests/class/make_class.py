#!/usr/bin/env python3
"""Makes a class: make_class.py DIR STUDENTS [SEED] [LESSON...]. One folder a student in DIR, each with programs of one to three
lessons (of those named; of all), taken from the solutions, the variants, the mistakes, the skeletons and the programs gone
mad. What a student has is told in DIR.json: {student: {lesson: kind}}. The same seed makes the same class."""

import json
import os
import random
import shutil
import subprocess
import sys

KIT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


def sources(lesson):
    """All that there is to hand in for a lesson: [(kind, path)]."""
    found = [("solution", f"{KIT}/solutions/{lesson}"), ("skeleton", f"{KIT}/lessons/{lesson}")]
    for kind in ["variants", "mistakes", "hostile"]:
        folder = f"{KIT}/tests/{kind}/{lesson}"
        if os.path.isdir(folder):
            found += [(kind, f"{folder}/{name}") for name in sorted(os.listdir(folder))]
    return found


def programs(folder):
    return [name for name in sorted(os.listdir(folder)) if name.endswith(".c") and name not in ("check.c", "peer.c")]


def hand_in(lesson, kind, path, target):
    os.makedirs(target)
    solution = f"{KIT}/solutions/{lesson}"
    for name in programs(path if os.path.isdir(path) else solution):
        shutil.copy(os.path.join(path if os.path.isdir(path) else solution, name), target)
    if kind == "mistakes":
        subprocess.run(["patch", "-s", "-p1", "-i", os.path.abspath(path)], cwd=target, check=True, stdout=subprocess.DEVNULL)
        for name in os.listdir(target):
            if name.endswith(".orig"):
                os.unlink(f"{target}/{name}")
    elif not os.path.isdir(path):
        shutil.copy(path, f"{target}/{programs(solution)[0]}")


def main():
    folder, count = sys.argv[1], int(sys.argv[2])
    chance = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    lessons = sys.argv[4:] or sorted(l for l in os.listdir(f"{KIT}/solutions"))
    told = {}
    for number in range(count):
        student = f"student-{number:04d}"
        told[student] = {}
        for lesson in chance.sample(lessons, chance.randint(1, min(3, len(lessons)))):
            of_kind = {}
            for kind, path in sources(lesson):
                of_kind.setdefault(kind, []).append(path)
            kind = chance.choice(sorted(of_kind))
            path = chance.choice(of_kind[kind])
            hand_in(lesson, kind, path, f"{folder}/{student}/{lesson}")
            told[student][lesson] = f"{kind}: {os.path.basename(path)}"
    with open(f"{folder.rstrip('/')}.json", "w") as file:
        json.dump(told, file, indent=1)


main()
