#!/usr/bin/env python3
"""Validates result documents against docs/result-v1.schema.json, and the sums that a schema can't see.

usage: check_results.py [FILE...]      no FILE: stdin
Needs python3-jsonschema.
"""
import json
import pathlib
import sys

import jsonschema

SCHEMA = pathlib.Path(__file__).resolve().parents[2] / "docs" / "result-v1.schema.json"


def sums(document):
    """What is wrong with the points, one line each."""
    for lesson in document["lessons"]:
        checks = lesson["checks"]
        name = lesson["name"]
        if lesson["score"] != sum(c["points"] for c in checks):
            yield f"{name}: score is not the sum of its checks' points"
        if lesson["max_score"] != sum(c["max_points"] for c in checks if c["status"] != "not-graded"):
            yield f"{name}: max_score is not the sum of the max_points that are graded"
        for check in checks:
            if check["status"] == "passed" and check["points"] != check["max_points"]:
                yield f"{check['id']}: passed without its points"
            if not check["id"].startswith(f"{lesson['number']:02d}."):
                yield f"{check['id']}: not an id of lesson {lesson['number']}"
        ids = [c["id"] for c in checks]
        if len(ids) != len(set(ids)):
            yield f"{name}: an id stands twice"
    for member in ("score", "max_score"):
        if document[member] != sum(lesson[member] for lesson in document["lessons"]):
            yield f"{member} is not the sum of the lessons'"


def problems(validator, text):
    try:
        document = json.loads(text)
    except ValueError as error:
        return [f"not JSON: {error}"]
    errors = [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(document)]
    return errors or list(sums(document))


def main():
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    names = sys.argv[1:] or ["-"]
    wrong = 0
    for name in names:
        text = sys.stdin.read() if name == "-" else pathlib.Path(name).read_text(encoding="utf-8")
        for problem in problems(validator, text):
            print(f"{name}: {problem}", file=sys.stderr)
            wrong += 1
    print(f"{len(names)} result document{'s' if len(names) != 1 else ''}, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
