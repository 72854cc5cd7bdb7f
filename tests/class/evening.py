#!/usr/bin/env python3
"""An instructor's evening, as a test: evening.py [--students N] [--kills K] [--no-memcheck] [LESSON...]

Makes a class, grades it, and looks: every mark is the one that `sockeye check` gives alone; a run that is killed at K
random moments, and gone on with each time, ends with the same gradebook; a resubmission is graded, and nothing else; joined parts are
equal to the whole; nothing is left behind. Prints TAP. `make test` plays a small class; the whole one is
evening.py --students 200 --kills 20."""

import argparse
import concurrent.futures
import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.dont_write_bytecode = True
import machine  # noqa: E402

count = failed = 0


def ok(right, words, *about):
    global count, failed
    count += 1
    failed += not right
    print(f"{'ok' if right else 'not ok'} {count} - {words}", flush=True)
    for line in about if not right else []:
        print(f"#   {line}", flush=True)


def grade(folder, out, *options):
    """The command that grades a class."""
    return ["./sockeye", "grade", folder, "-o", out, "--seed", "5eed", *memcheck, *trust, *options]


def run(command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def verdicts(out):
    """{(student, lesson): what must be equal in every run}, of what counts now."""
    found = {}
    book = sqlite3.connect(f"file:{out}/gradebook.sqlite?mode=ro", uri=True)
    for student, lesson, result in book.execute("SELECT student, lesson, result FROM mark"):
        result = json.loads(result)
        found[student, lesson] = judged(result)
    book.close()
    return found


def judged(result):
    checks = [(c["id"], c["status"], c["points"]) for c in result["checks"]]
    return result["status"], result["score"], result["max_score"], checks


def differences(a, b):
    """What is not the same in both, for people."""
    lines = []
    for key in sorted(a.keys() | b.keys()):
        one, other = a.get(key), b.get(key)
        if one != other:
            checks = [] if not one or not other else [(x, y) for x, y in zip(one[3], other[3]) if x != y]
            lines.append(f"{' '.join(key)}: {one and one[:3]} or {other and other[:3]} {checks[:4]}")
    return lines


def is_sane(out):
    book = sqlite3.connect(f"{out}/gradebook.sqlite")
    answer = book.execute("PRAGMA integrity_check").fetchone()[0]
    twice = book.execute("SELECT count(*) FROM verdict WHERE attempt > 1 AND fault = 0 AND EXISTS (SELECT 1 FROM verdict AS v"
                         " WHERE v.student = verdict.student AND v.unit = verdict.unit AND v.attempt < verdict.attempt"
                         " AND v.fault = 0)").fetchone()[0]
    book.close()
    return answer == "ok" and twice == 0, f"{answer}; {twice} graded twice"


def leftovers(before):
    """Processes of the kit's that are there now and were not before, and folders."""
    def now():
        tmp = os.environ["TMPDIR"]
        return {f for f in os.listdir(tmp) if f.startswith("sockeye-")}
    deadline = time.monotonic() + 20
    while now() - before and time.monotonic() < deadline:
        os.sched_yield()
    return now() - before


def check_alone(folder, told, marks):
    """Every mark equals that of sockeye check, a few of which run side by side: most of them wait."""
    def check(key):
        student, lesson = key
        command = ["./sockeye", "check", lesson[:2], "--work", f"{folder}/{student}", "--seed", "5eed", "--json", "-", *memcheck]
        said = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True).stdout
        return key, judged(json.loads(said)["lessons"][0]), marks.get(key)
    with concurrent.futures.ThreadPoolExecutor(3 * os.cpu_count()) as pool:
        yield from pool.map(check, [(s, l) for s, lessons in told.items() for l in lessons])


def busy_share(began, cpu_before):
    used = sum(os.times()[:4]) - cpu_before
    return used / (time.monotonic() - began) / os.cpu_count()


def kill_often(folder, out, kills, seconds, chance):
    """Grades, killed at random moments and gone on with."""
    for _ in range(kills):
        process = subprocess.Popen(grade(folder, out), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        try:
            process.wait(timeout=chance.uniform(0.05, seconds / kills * 2))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
    return run(grade(folder, out))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--students", type=int, default=6)
    parser.add_argument("--kills", type=int, default=4)
    parser.add_argument("--no-memcheck", action="store_true")
    parser.add_argument("lessons", nargs="*")
    options = parser.parse_args()
    global memcheck, trust
    trust = machine.trust()
    memcheck = ["--no-memcheck"] if options.no_memcheck else []
    chance = random.Random(5)
    with tempfile.TemporaryDirectory() as own:
        os.chmod(own, 0o755)
        os.environ["TMPDIR"] = f"{own}/tmp"
        os.mkdir(f"{own}/tmp")
        os.chmod(f"{own}/tmp", 0o777)
        folder = f"{own}/class"
        subprocess.run([sys.executable, "tests/class/make_class.py", folder, str(options.students), "7", *options.lessons], check=True)
        told = json.load(open(f"{folder}.json"))

        began, cpu = time.monotonic(), sum(os.times()[:4])
        status, said = run(grade(folder, f"{own}/whole"))
        seconds = time.monotonic() - began
        marks = verdicts(f"{own}/whole")
        print(f"# {options.students} students, {len(marks)} verdicts in {seconds:.0f} s; it used "
              f"{100 * busy_share(began, cpu):.0f} % of the processors")
        ok(status == 0, "a class is graded", said)
        handed_in = {(s, l) for s, lessons in told.items() for l in lessons}
        ok(handed_in <= marks.keys(), "each program that was handed in has its verdict", sorted(handed_in - marks.keys()))
        ok(is_sane(f"{own}/whole")[0], "the gradebook is sound", is_sane(f"{own}/whole")[1])

        wrong = [f"{key}: alone {alone[:3]}, in the class {mark and mark[:3]}; {told[key[0]][key[1]]}"
                 for key, alone, mark in check_alone(folder, told, marks) if alone != mark]
        ok(not wrong, "every mark is the one that sockeye check gives alone", *wrong)

        status, said = run(grade(folder, f"{own}/whole"))
        ok(status == 0 and ": 0 verdicts" in said, "graded again, nothing is done twice", said)

        status, said = kill_often(folder, f"{own}/killed", options.kills, seconds, chance)
        ok(status == 0, f"killed at {options.kills} random moments, it goes on to its end", said)
        ok(verdicts(f"{own}/killed") == marks, "and the gradebook is the same", *differences(verdicts(f"{own}/killed"), marks))
        ok(is_sane(f"{own}/killed")[0], "and sound, and nothing was graded twice", is_sane(f"{own}/killed")[1])

        for part in [1, 2]:
            run(grade(folder, f"{own}/part{part}", "--shard", f"{part}/2"))
        os.mkdir(f"{own}/joined")
        joined = f"{own}/joined/gradebook.sqlite"
        for _ in range(2):
            status, said = run(["./sockeye", "merge", f"{own}/part1/gradebook.sqlite", f"{own}/part2/gradebook.sqlite", "-o", joined])
        ok(status == 0 and verdicts(f"{own}/joined") == marks, "two parts, joined twice, are the whole", said,
           *differences(verdicts(f"{own}/joined"), marks))
        halves = [len(verdicts(f"{own}/part{part}")) for part in [1, 2]]
        ok(sum(halves) == len(marks) and min(halves) > 0, "each part has graded its own", str(halves))

        student, lesson = next((s, l) for s, l in sorted(handed_in) if marks[s, l][1] < marks[s, l][2])
        shutil.rmtree(f"{folder}/{student}/{lesson}")
        shutil.copytree(f"solutions/{lesson}", f"{folder}/{student}/{lesson}")
        status, said = run(grade(folder, f"{own}/whole"))
        again = verdicts(f"{own}/whole")
        ok(": 1 verdict " in said, "a resubmission is graded, and nothing else", said)
        ok(again[student, lesson][1] == again[student, lesson][2], "it counts", str(again[student, lesson][:3]))
        book = sqlite3.connect(f"{own}/whole/gradebook.sqlite")
        history = book.execute("SELECT count(*) FROM verdict WHERE student = ? AND lesson = ?", (student, lesson)).fetchone()[0]
        book.close()
        ok(history == 2, "and what was before is kept", str(history))
        left = leftovers(set())
        ok(not left, "nothing is left behind", *sorted(left))
        print(f"1..{count}")
        sys.exit(failed > 0)


os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
main()
