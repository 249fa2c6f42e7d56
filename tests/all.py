#!/usr/bin/python3
"""make test: every check there is, one line a step, failures in full.

The last line counts unit tests, replayed calls, stories and fuzzers.
"""

import os
import re
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SHOWN_BYTES = 20000
LINE_BYTES = 300
MAKE = ["make", "--no-print-directory", "-s", "-k", f"-j{os.cpu_count() or 2}"]
# Stories wait more than they work: twice as many as there are cores.
PYTEST = ["/usr/bin/python3", "-m", "pytest", "-q", "-p", "no:cacheprovider",
          "-rfE", "--durations=5", "--dist=loadfile",
          f"-n{2 * (os.cpu_count() or 2)}"]

# What counts each tenth of a second of sound cannot share the machine.
TOGETHER = [*PYTEST, "-m", "not alone", "tests/stories"]
ALONE = [*PYTEST[:-2], "-m", "alone", "tests/stories"]

# The make that calls us is none of the steps' business.
ENVIRONMENT = {name: value for name, value in os.environ.items()
               if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}


def flavour(name, *words):
    return [*MAKE, f"BUILD=build/{name}", *words]


def build_of(name):
    return {"VOXBUS_BUILD": os.path.join(ROOT, "build", name)
            if name else os.path.join(ROOT, "build")}


STEPS = [
    # what it is, command, environment
    ("lint", ["/usr/bin/python3", "tools/lint.py"], {}),
    ("gcc build", [*MAKE, "all", "build/tests/appserver",
                   "build/tests/coder", "build/tests/sender",
                   "build/sdk/installed"], {}),
    ("unit tests", [*MAKE, "unit"], {}),
    ("clang build", flavour("clang", "CC=clang", "all"), {}),
    ("sanitizer build", flavour("asan", "SANITIZE=1", "all",
                                "build/asan/tests/appserver",
                                "build/asan/tests/coder",
                                "build/asan/tests/sender",
                                "build/asan/sdk/installed"), {}),
    ("unit tests, sanitized", flavour("asan", "SANITIZE=1", "unit"), {}),
    ("replays", [*MAKE, "replays"], {}),
    ("replays, sanitized", flavour("asan", "SANITIZE=1", "replays"), {}),
    ("stories", TOGETHER, build_of("")),
    ("stories that need quiet", ALONE, build_of("")),
    ("stories, sanitized", TOGETHER, build_of("asan")),
    ("stories that need quiet, sanitized", ALONE, build_of("asan")),
    ("fuzzing", [*MAKE, "fuzz"], {}),
]


def counted(text):
    """(passed, failed) of whatever closing lines a step printed."""
    passed = failed = 0
    for line in text.splitlines():
        unit = re.match(r"\S+\s+(\d+) tests(, FAILED)?$", line)
        replay = re.match(r"ok +\d+/\d+ commands identical", line)
        runner = re.match(r"(?:=+ )?\d+ (?:passed|failed|error).* in [\d.]+s",
                          line) or line.startswith("fuzzers:")
        if unit:
            failed += bool(unit.group(2))
            passed += int(unit.group(1)) - bool(unit.group(2))
        elif replay:
            passed += 1
        elif runner:
            for number, word in re.findall(r"(\d+) (passed|failed|error)",
                                           line):
                if word == "passed":
                    passed += int(number)
                else:
                    failed += int(number)
    return passed, failed


def failures(text):
    """What did not go well, a line each: of unit tests, stories, replays."""
    return [line.strip()[:LINE_BYTES] for line in text.splitlines()
            if re.match(r"\s*FAIL|ERROR |\S+\s+\d+ tests, FAILED", line)]


def run(name, command, environment, wrong):
    """Runs a step; returns (passed, failed, whether it went well).

    What did not go well is added to 'wrong'.
    """
    began = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", check=False,
                          env={**ENVIRONMENT, **environment})
    seconds = time.monotonic() - began
    passed, failed = counted(done.stdout)
    good = done.returncode == 0
    print(f"{'ok    ' if good else 'FAILED'} {seconds:6.1f} s  {name}"
          f"{f'  ({passed} passed)' if passed else ''}", flush=True)
    if not good:
        text = re.sub(r"(?m)^  (?:CC|AR|LD)  .*\n", "", done.stdout)
        if len(text) > SHOWN_BYTES:
            text = text[:SHOWN_BYTES // 4] + "\n[…]\n" + \
                text[-SHOWN_BYTES * 3 // 4:]
        print("    " + text.replace("\n", "\n    "), flush=True)
        wrong += [f"{name}: {line}"
                  for line in failures(done.stdout) or ["see above"]]
    return passed, failed, good


def main():
    began = time.monotonic()
    wanted = sys.argv[1:]
    passed = failed = 0
    wrong = []
    for name, command, environment in STEPS:
        if wanted and name not in wanted:
            continue
        more_passed, more_failed, good = run(name, command, environment,
                                             wrong)
        passed += more_passed
        # A step that fails without counting a failure counts as one.
        failed += more_failed if good else max(1, more_failed)
    # Once more, at the end: the middle of a long log is what gets lost.
    for line in wrong:
        print(line)
    print(f"{time.monotonic() - began:.0f} s in all")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
