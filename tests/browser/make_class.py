#!/usr/bin/env python3
"""Makes the result documents of a class, one a line: make_class.py DOCUMENT STUDENTS. What the students did is made up from
DOCUMENT, the result of all solutions: in it some checks fail, some programs do not compile, some are missing, some are
not graded yet, and of some students nothing could be taken. The names are hostile, and a few are there twice. The same arguments make the same class."""

import json
import random
import sys

HOSTILE = [
    "</script><script>document.title='broken'</script>",
    "<!--<script>",
    '"><img src=x onerror="document.title=\'broken\'">',
    "O'Brien & Sons &lt;",
    "line\u2028separator\u2029s",
    "\u202egnirts",
    "{{css}}",
    "[a](javascript:document.title='broken') `code` *b* | c",
    "../../etc/passwd",
    "con",
    "x" * 300,
    "Łukasz Ćwikła",
]
FIRST = "Ada Grace Barbara Dennis Radia Vint Jon Leslie Edsger Frances Margaret Donald Tony Jean Karen Alan Adele".split()
LAST = "Lovelace Hopper Liskov Ritchie Perlman Cerf Postel Lamport Dijkstra Allen Hamilton Knuth Hoare Bartik".split()


def student_of(number):
    if number < len(HOSTILE):
        return HOSTILE[number], HOSTILE[number]
    called = number - 170 if number >= 190 else number  # the last of 200 have others' names
    name = f"{FIRST[called % len(FIRST)]} {LAST[called // len(FIRST) % len(LAST)]}"
    return f"{name}_{number}", name


def fail(check, dice):
    check.update(status="failed", points=0, expected="the server hears \"mast pilot tiller\\n\" (18 bytes)",
                 observed="it heard \"mast pilot tiller\\000\" (18 bytes): <b>at byte 17</b>",
                 because="A NUL byte stands where text should be.")
    if dice.random() < 0.5:
        check["where"] = {"file": "program.c", "line": 41, "function": "main", "call": "read"}


def lesson_of(solved, skill, dice):
    checks = [dict(check) for check in solved["checks"]]
    lesson = dict(solved, checks=checks)
    for check in checks:
        if dice.random() < 0.1 * (1 - skill):
            fail(check, dice)
        if check["status"] == "failed" and check is checks[0]:
            for other in checks[1:5]:
                other.update(status="skipped", points=0, observed="needs the check above")
    if dice.random() < 0.05:
        checks[-1].update(status="not-graded", points=0, observed="strace may not trace here")
    if dice.random() < 0.005:
        checks[-2].update(status="fault", points=0, observed="the worker was killed")
    checks[-3]["hidden"] = True
    if dice.random() < 0.05:
        lesson.update(status="not-built", checks=[])
        lesson["build"] = {"status": "failed", "warnings": 1, "output": "p.c:1:1: error: expected ‘;’ <stdio.h>\n    1 | x\n"}
    elif dice.random() > skill + 0.4:
        lesson.update(status="missing", checks=[])
        lesson["build"] = {"status": "missing", "warnings": 0, "output": ""}
    elif any(check["status"] in ("failed", "skipped") for check in checks):
        lesson["status"] = "failed"
    for check in checks:
        if check["status"] != "failed":
            check["wire"] = []  # a gradebook keeps none of these
    lesson["score"] = sum(check["points"] for check in lesson["checks"])
    lesson["max_score"] = sum(check["max_points"] for check in checks if check["status"] != "not-graded")
    return lesson


def document_of(solved, number):
    dice = random.Random(number)
    skill = dice.random()
    key, name = student_of(number)
    document = {member: solved[member] for member in ("schema", "kit", "seed", "mode")}
    document["submission"] = key
    document["student"] = {"name": name, "id": str(10000 + number), "email": f"{number}@example.org"}
    document["content"] = f"{dice.getrandbits(256):064x}"
    document["handed_in"] = 1764460800 + 600 * number
    document["problems"] = [{"place": "a<b>.zip: ../evil.c", "words": "leads out of its folder"}] if number % 16 == 0 else []
    document["lessons"] = [lesson_of(lesson, skill, dice) for lesson in solved["lessons"]]
    if number % 32 == 16:  # nothing could be taken
        for lesson in document["lessons"]:
            lesson.update(status="missing", checks=[], score=0, build={"status": "missing", "warnings": 0, "output": ""})
    if number % 25 == 7:  # not graded to the end, or not at all
        left = dice.randrange(len(document["lessons"]))
        document["open"] = [f"{lesson['number']:02d}-{lesson['name']}" for lesson in document["lessons"][left:]]
        document["lessons"] = document["lessons"][:left]
    return document


with open(sys.argv[1], encoding="utf-8") as file:
    solutions = json.load(file)
for i in range(int(sys.argv[2])):
    print(json.dumps(document_of(solutions, i)))
