#!/usr/bin/python3
"""Holds docs/compatibility.md to the code: called by make docs-check.

- each attribute of verbs.def has its row, under its element's heading, and no
  other has one;
- each request parameter of params_*.c has its row, under its request's heading;
- each dialect that has the attribute says supported, partly or no, and only
  those; what is not supported yet (LATER) is never said to be supported;
- who says supported or partly names a story, and each story that is named exists
  in tests/stories (test_…) or as a unit test's sentence.
"""

import glob
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PAGE = "docs/compatibility.md"
DIALECTS = ("signalwire", "restcomm", "twilio")
WORDS = ("supported", "partly", "no")
ROW = re.compile(r'^ATTRIBUTE\((\w+), (\w+), (\w+), .*?, (PARAMS_[A-Z_| ]+), "')


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def attributes():
    """(element, name) -> (kind, dialects)."""
    found = {}
    for line in read("services/interpreter/verbs.def").splitlines():
        match = ROW.match(line)
        if match:
            element, name, kind, of = match.groups()
            found[element, name] = kind, [
                dialect for dialect in DIALECTS
                if f"PARAMS_{dialect.upper()}" in of or "PARAMS_ALL" in of]
    return found


def parameters():
    """(table of params_*.c, name) of all that is ever sent."""
    found, table = set(), None
    paths = glob.glob(os.path.join(ROOT, "services/interpreter/params_*.c"))
    for line in "".join(map(read, sorted(paths))).splitlines():
        match = re.match(r"static const struct param_row (\w+)_rows", line)
        table = match.group(1) if match else table
        match = re.match(r'\t\{"(\w+)", PARAMS_', line)
        if match:
            found.add((table, match.group(1)))
    return found


def stories():
    found = set()
    for path in glob.glob(os.path.join(ROOT, "tests/stories/*.py")):
        with open(path, encoding="utf-8") as file:
            found |= set(re.findall(r"^def (test_\w+)\(", file.read(), re.M))
    units = (glob.glob(os.path.join(ROOT, "services/*/*_test.c")) +
             glob.glob(os.path.join(ROOT, "lib/*/*_test.c")))
    for path in units:
        with open(path, encoding="utf-8") as file:
            found |= set(re.findall(r"^TEST\((\w+)\)", file.read(), re.M))
    return found


def rows(page):
    """(line number, element or table of the heading, cells) of each row."""
    element = None
    for number, line in enumerate(page.splitlines(), 1):
        if line.startswith("#"):
            match = re.search(r"Attributes of `<(\w+)>`|Parameters.*"
                              r"<!-- (\w+) -->", line)
            element = match and (match.group(1) or match.group(2))
        elif line.startswith("| `"):
            yield number, element, [cell.strip() for cell in
                                    line.strip().strip("|").split(" | ")]


def complaints():
    known, told, seen = attributes(), stories(), set()
    sent = parameters()
    tables = {table for table, _ in sent}
    for number, element, cells in rows(read(PAGE)):
        where = f"{PAGE}:{number}: {cells[0]}"
        if len(cells) < 5:
            yield f"{where}: a row has a name, three dialects and a story"
            continue
        said = cells[1:4]
        if any(word not in WORDS + ("–",) for word in said):
            yield f"{where}: write {', '.join(WORDS)} or –"
        named = re.findall(r"`(\w+)`", cells[4])
        if not named and any(word in WORDS[:2] for word in said):
            yield f"{where}: names no story"
        for story in named:
            if story not in told:
                yield f"{where}: there is no story {story}"
        if element in tables:
            sent.discard((element, cells[0].strip("`")))
        elif element:
            key = element, cells[0].strip("`")
            seen.add(key)
            if key not in known:
                yield f"{where}: <{element}> has no such attribute"
                continue
            kind, dialects = known[key]
            for dialect, word in zip(DIALECTS, said):
                if (word == "–") == (dialect in dialects):
                    yield f"{where}: {dialect}: verbs.def says otherwise"
                if kind == "LATER" and word == "supported":
                    yield f"{where}: {dialect}: it is not supported yet"
    for table, name in sorted(sent):
        yield f"{PAGE}: no row for parameter {name} ({table})"
    for element, name in sorted(set(known) - seen):
        yield f"{PAGE}: no row for {name} of <{element}>"


if __name__ == "__main__":
    wrong = list(complaints())
    print("\n".join(wrong), end="\n" if wrong else "")
    sys.exit(1 if wrong else 0)
