"""The sample applications, each run as its page says, with a call through it."""

import os
import re
import subprocess

import pytest

from harness import folders
from harness.phone import Phone
from harness.platform import ROOT, Platform
from harness.ports import free_port
from harness.wait import until

DIAL_SIP = os.path.join(ROOT, "examples", "dial-sip")


class Application:
    """A program that serves until it is ended; what it printed."""

    def __init__(self, command, callee):
        self.port = free_port()
        self._path = os.path.join(folders.make("application"), "printed")
        with open(self._path, "wb") as printed:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=printed,
                stderr=printed, env={**os.environ, "CALLEE": callee,
                                     "APP_PORT": str(self.port)})
        until(lambda: "listens" in self.printed(), 10,
              lambda: f"{command} listens; it printed: {self.printed()}")

    def printed(self):
        with open(self._path, encoding="utf-8") as file:
            return file.read()

    def requests(self, path):
        """The parameters of each request for a page, as they were printed."""
        return [dict(re.findall(r"(\w+)=(\S+)", line))
                for line in self.printed().splitlines()
                if line.startswith(f"POST {path} ")]

    def close(self):
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@pytest.mark.parametrize("command", [["/usr/bin/python3", "app.py"],
                                     ["node", "app.mjs"]],
                         ids=lambda command: command[1])
def test_dial_sip_connects_a_caller_to_its_phone(opened, command):
    caller, callee = opened(Phone()), opened(Phone())
    application = opened(Application(
        [command[0], os.path.join(DIAL_SIP, command[1])],
        f"{callee.uri.split(';')[0]};transport=udp?X-Tea=a&X-Milk=b"))
    platform = opened(Platform(
        voice_url=f"http://127.0.0.1:{application.port}/voice"))
    out = caller.call(platform.sip)
    asked = callee.incoming()
    assert (asked.request.get("X-Tea"), asked.request.get("X-Milk")) == \
        ("a", "b")
    asked.ring()
    out.established()
    asked.answer()
    asked.expect_ack()
    asked.bye()
    out.expect_bye()

    def told():
        return sorted((post["SequenceNumber"], post["CallStatus"])
                      for post in application.requests("/events"))
    until(lambda: told() == [("0", "initiated"), ("1", "ringing"),
                             ("2", "in-progress"), ("3", "completed")], 15,
          lambda: f"four callbacks; it printed: {application.printed()}")
    first, after = application.requests("/voice"), \
        application.requests("/after")
    assert len(first) == 1 and first[0]["CallStatus"] == "ringing"
    assert [asked["DialCallStatus"] for asked in after] == ["completed"]
    assert after[0]["CallSid"] == first[0]["CallSid"]
