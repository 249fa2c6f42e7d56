"""Documents that are made to hurt end their own calls, and nobody else's.

The whole table is lib/markup/hostile_test.c; here some of them come from an
application, over HTTP, into calls.
"""

import os

import pytest

from harness.app import Answer, document

MEMORY = 20 * 1024 * 1024
LAUGHS = "".join(f'<!ENTITY {b} "&{a};&{a};&{a};&{a};&{a};&{a};&{a};&{a};">'
                 for a, b in zip("abcdefgh", "bcdefghi"))
WRAP = "<Response>{}</Response>".format

HOSTILE = {
    "a file by an entity": (
        12100, '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>' +
        WRAP("<Say>&x;</Say>")),
    "a URL by a DTD": (
        12100, '<!DOCTYPE r SYSTEM "http://127.0.0.1:{port}/dtd">' + WRAP("")),
    "a billion laughs": (
        12100, f'<!DOCTYPE r [<!ENTITY a "ha">{LAUGHS}]>' +
        WRAP("<Say>&i;</Say>")),
    "20,000 levels": (12100, WRAP("<a>" * 20000)),
    "7,000 attributes": (
        12100, "<Response" + "".join(f' a{n}=""' for n in range(7000)) + "/>"),
    "16,000 elements": (12100, WRAP("<a/>" * 16000)),
    "60 kB of what does not end": (12100, WRAP("<!--" * 15000)),
    "another alphabet's bytes": (12100, WRAP("\xff\xfe").encode("latin-1")),
    "UTF-7": (12100, '<?xml version="1.0" encoding="UTF-7"?>' + WRAP("")),
    "11 MB": (11750, WRAP("0123456789" * 1100000)),
    "another root": (12101, "<html/>"),
}


def resident(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_is_refused(world, name):
    code, body = HOSTILE[name]
    body = body if isinstance(body, bytes) else \
        body.replace("{port}", str(world.app.port)).encode()
    pids = [world.platform.pid_of(daemon)
            for daemon in ("fetcher", "interpreter")]
    before = [resident(pid) for pid in pids]
    world.answers(Answer(body=body, type="text/xml"))
    out = world.phone().call(world.platform.sip)
    assert out.final("INVITE").status >= 400
    assert code in world.notes(world.record())
    assert not world.app.got("/dtd")
    assert [world.platform.pid_of(daemon)
            for daemon in ("fetcher", "interpreter")] == pids
    for pid, was in zip(pids, before):
        assert resident(pid) - was <= MEMORY


def test_a_hostile_document_harms_no_other_call(world):
    out, asked = world.begun()
    for _, body in HOSTILE.values():
        world.answers(Answer(body=body if isinstance(body, bytes)
                             else body.encode()))
        hostile = world.phone().call(world.platform.sip)
        assert hostile.final("INVITE").status >= 400
    asked.answer()
    asked.expect_ack()
    world.answers(document("<Response><Reject/></Response>"))
    assert world.phone().call(world.platform.sip).final("INVITE").status >= 400
    out.bye()
    asked.expect_bye()
