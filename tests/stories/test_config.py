"""voxctl config: accounts, numbers and credentials, in force at once."""

import json
import os
import re
import subprocess

from harness.app import document
from harness.platform import ROOT, binary
from harness.wait import until

SHOP = "AC" + "77" * 16


def config(world, *words, status=0):
    return world.platform.voxctl("config", *words, status=status)


def shown(world, kind, name):
    return json.loads(config(world, "get", kind, name).stdout)


def test_a_number_has_a_document_and_a_dialect_of_its_own(world):
    world.app.on(world.path("own"), document("<Response/>"))
    config(world, "set", "number", "4242",
           f"voice_url={world.url('own')}", "voice_method=GET",
           "dialect=restcomm")
    number = shown(world, "number", "4242")
    assert re.fullmatch("PN[0-9a-f]{32}", number["sid"])

    def called():
        phone = world.phone()
        phone.call(world.platform.sip, "4242").final("INVITE")
        return world.app.got(world.path("own"))
    request = until(called, 10, "the number's document is asked for")[0]
    assert request.method == "GET"
    assert request.params["ApiVersion"] == "2012-04-24"
    assert request.params["To"] == "4242"
    config(world, "rm", "number", "4242")
    config(world, "get", "number", "4242", status=1)


def test_a_field_is_changed_and_taken_away(world):
    config(world, "set", "account", SHOP, "friendly_name=Shop",
           "calls_max=3")
    config(world, "set", "account", SHOP, "calls_max=", "suspended=yes")
    assert shown(world, "account", SHOP) == {
        "account_sid": SHOP, "friendly_name": "Shop", "suspended": True}
    assert SHOP in config(world, "ls", "account").stdout
    assert "account {" in config(world, "ls").stdout
    config(world, "rm", "account", SHOP)
    config(world, "rm", "account", SHOP, status=1)
    config(world, "set", "account", SHOP, "friendly_name=Again")
    assert shown(world, "account", SHOP)["friendly_name"] == "Again"
    config(world, "rm", "account", SHOP)


def test_a_password_is_read_from_stdin_and_is_nowhere_on_record(world):
    done = subprocess.run(
        [binary("voxctl"), "config", "set", "credential", "alice",
         "password=-"], env=world.platform.environment, input="wonder land\n",
        capture_output=True, text=True, timeout=20, check=True,
        cwd=world.platform.folder)
    assert "wonder" not in done.stdout
    assert shown(world, "credential", "alice") == {
        "user": "alice", "account_sid": shown(
            world, "credential", "alice")["account_sid"],
        "realm": "voxbus", "ha1_md5": "***", "ha1_sha256": "***"}
    config(world, "rm", "credential", "alice")


def test_what_is_wrong_is_said_with_what_would_be_right(world):
    for words, told in (
            (("set", "number", "1", "voice_url=app"), "https:// URL"),
            (("set", "account", "a.b", "suspended=no"), "letters, digits"),
            (("set", "account", "AC1", "suspended=perhaps"), "yes or no"),
            (("set", "credential", "bob", "realm=r"), "password is missing"),
            (("set", "number", "1", "account_sid=AC499d"),
             "'AC499d' is no AccountSid: write AC and 32 hex digits"),
            (("set", "number", "1", "account_sid=AC499d…"), "no AccountSid"),
            (("set", "account", "AC2", "calls_max=1"), "no AccountSid"),
            (("set", "number", "1", "sid=PN1"), "PN and 32 hex digits"),
            (("set", "phone", "1", "x=y"), "no kind"),
            (("put", "account"), "none of ls, get, set, rm")):
        done = config(world, *words, status=2)
        assert told in done.stderr and not done.stdout


def test_the_lines_of_the_manual_can_be_pasted(world):
    with open(os.path.join(ROOT, "docs", "cli.md"), encoding="utf-8") as file:
        page = file.read()
    text = page[page.index("## voxctl config"):].split("```")[1]
    lines = [line[2:] for line in text.splitlines() if line.startswith("$ ")]
    folder = os.path.dirname(binary("voxctl"))
    environment = {**world.platform.environment,
                   "PATH": f"{folder}:{os.environ['PATH']}"}
    assert len(lines) == 3
    for line in lines:
        subprocess.run(["bash", "-c", line], env=environment, timeout=20,
                       check=True, cwd=world.platform.folder)
    assert shown(world, "number", "+4930123")["account_sid"] in \
        config(world, "ls", "account").stdout
    for kind, name in (("number", "+4930123"), ("credential", "alice"),
                       ("account", lines[0].split()[4])):
        config(world, "rm", kind, name)
