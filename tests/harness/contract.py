"""The tables of proto/*.def, read a second time: does a message keep to them?"""

import glob
import os
import re

from .platform import ROOT

ENVELOPE = ("type", "id", "time", "call_sid", "account_sid", "from")
_LINE = re.compile(r"^([A-Z_]+)\((.*)\)\s*$")


def _words(text):
    """Arguments of a macro; a comma inside a text is none."""
    return [word.strip() for word in
            re.findall(r'(?:[^,"]|"(?:\\.|[^"\\])*")+', text)]


def _number(text):
    return {"INT64_MAX": 2**63 - 1, "UINT32_MAX": 2**32 - 1}.get(text) \
        if text.endswith("MAX") else int(text)


class Contract:
    def __init__(self):
        self.messages, self.parts, self.enums = {}, {}, {}
        self.places = {}
        for path in sorted(glob.glob(os.path.join(ROOT, "proto", "*.def"))):
            with open(path, encoding="utf-8") as file:
                for line in file:
                    found = _LINE.match(line.strip())
                    if found:
                        self._take(found.group(1), _words(found.group(2)))

    def _take(self, macro, words):
        if macro in ("MESSAGE", "COMMAND"):
            self.messages[words[0]] = {}
            self.places[words[0]] = (words[1], words[2])
        elif macro == "PART_BEGIN":
            self.parts[words[0]] = {}
        elif macro == "ENUM_VALUE":
            self.enums.setdefault(words[0], set()).add(words[2].strip('"'))
        elif macro in ("TEXT", "LONG", "INT", "BOOL", "ENUM", "LIST"):
            home = self.messages.get(words[0], self.parts.get(words[0]))
            if home is not None:
                home[words[1]] = (macro, words[2:])

    def complaints(self, message):
        """What is wrong with a message of the bus; nothing, one hopes."""
        kind = message.get("type")
        if kind not in self.messages:
            return [f"unknown type {kind}"]
        found = [f"{kind}: no {name}" for name in ENVELOPE
                 if not message.get(name)]
        sender = message.get("from", "").split("/")[0]
        if sender != self.places[kind][0]:
            found.append(f"{kind} comes from {sender}")
        return found + self._fields(kind, self.messages[kind], message)

    def _fields(self, where, fields, values):
        found = []
        for name, (macro, words) in fields.items():
            flags = words[{"TEXT": 1, "LONG": 1, "INT": 2, "BOOL": 0,
                           "ENUM": 1, "LIST": 2}[macro]]
            place = f"{where}.{name}"
            # The envelope bears a field of the same name: 'from' is told so.
            if name not in values:
                if "REQUIRED" in flags:
                    found.append(f"{place} is missing")
                continue
            found += self._value(place, macro, words, values[name])
        return found

    def _value(self, place, macro, words, value):
        if macro in ("TEXT", "LONG"):
            good = isinstance(value, str) and \
                len(value.encode()) <= int(words[0])
        elif macro == "INT":
            good = isinstance(value, int) and \
                _number(words[0]) <= value <= _number(words[1])
        elif macro == "BOOL":
            good = isinstance(value, bool)
        elif macro == "ENUM":
            good = value in self.enums[words[0]]
        else:
            good = isinstance(value, list) and len(value) <= int(words[1])
            if good:
                return [line for n, part in enumerate(value) for line in
                        self._fields(f"{place}[{n}]", self.parts[words[0]],
                                     part)]
        return [] if good else [f"{place} is {value!r}"]
