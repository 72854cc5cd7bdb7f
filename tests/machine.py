"""For suites in Python: what the machine that runs them can't do, as ./sockeye doctor says it."""

import subprocess
import sys

REASONS = {"private network": "no private network here", "strace": "strace may not trace here"}


def lacks(thing):
    """Why there is none of it here, in a few words; "" if there is."""
    report = subprocess.run(["./sockeye", "doctor"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    return REASONS[thing] if f"  missing  {thing} " in report.stdout else ""


def needs(*things):
    """Ends the suite where there is none of one of these, as TAP has it: all of it is skipped."""
    reason = next(filter(None, map(lacks, things)), None)
    if reason:
        print(f"1..0 # SKIP {reason}")
        sys.exit(0)


def trust():
    """What grade is told where it has no cage for what was handed in. The suites' own programs may be trusted."""
    return ["--trust"] if lacks("private network") else []
