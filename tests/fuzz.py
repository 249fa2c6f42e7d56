#!/usr/bin/python3
"""Shares a time out among the fuzzers, two at once; names what they find."""

import argparse
import concurrent.futures
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
AT_ONCE = 2
INPUT_MAX = 16384


def fuzzers(folder):
    return sorted(os.path.join(home, name)
                  for home, _, names in os.walk(folder)
                  for name in names if name.endswith("_fuzz"))


def run(path, seconds):
    """(name, complaint or None)"""
    name = os.path.basename(path)
    corpus = os.path.join(ROOT, "tests", "fuzz", name)
    with tempfile.TemporaryDirectory(prefix="voxbus-fuzz-") as work:
        command = [path, work, f"-max_total_time={seconds}",
                   f"-max_len={INPUT_MAX}", "-timeout=5", "-rss_limit_mb=1024",
                   "-print_final_stats=1", f"-artifact_prefix={work}/"]
        if os.path.isdir(corpus):
            command.insert(2, corpus)
        done = subprocess.run(command, capture_output=True, text=True,
                              errors="replace", check=False)
    runs = [line.split()[-1] for line in done.stderr.splitlines()
            if "number_of_executed_units" in line]
    print(f"    {name:30} {seconds:3} s {(runs or ['?'])[0]:>9} inputs "
          f"{'ok' if done.returncode == 0 else 'FAILED'}", flush=True)
    return done.stderr[-8000:] if done.returncode else None


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=int, default=60)
    options.add_argument("folder")
    chosen = options.parse_args()
    found = fuzzers(chosen.folder)
    if not found:
        print("no fuzzers were built")
        return 1
    each = max(2, chosen.seconds * AT_ONCE // len(found))
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        complaints = list(pool.map(lambda path: run(path, each), found))
    for complaint in filter(None, complaints):
        print(complaint)
    failed = len(list(filter(None, complaints)))
    print(f"fuzzers: {len(found) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
