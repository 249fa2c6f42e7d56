"""voxctl config: accounts, numbers and credentials, in force at once."""

import json
import re
import subprocess

from harness.app import document
from harness.platform import binary
from harness.wait import until


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
    config(world, "set", "account", "AC77", "friendly_name=Shop",
           "calls_max=3")
    config(world, "set", "account", "AC77", "calls_max=", "suspended=yes")
    assert shown(world, "account", "AC77") == {
        "account_sid": "AC77", "friendly_name": "Shop", "suspended": True}
    assert '"AC77"' in config(world, "ls", "account").stdout
    assert "account {" in config(world, "ls").stdout
    config(world, "rm", "account", "AC77")
    config(world, "rm", "account", "AC77", status=1)


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
            (("set", "phone", "1", "x=y"), "no kind"),
            (("put", "account"), "none of ls, get, set, rm")):
        done = config(world, *words, status=2)
        assert told in done.stderr and not done.stdout
