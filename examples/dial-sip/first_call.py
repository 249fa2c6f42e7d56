#!/usr/bin/python3
"""The first call, as `make run` and `make demo` tell it.

Starts the platform, the web application beside this file and a softphone that
answers and speaks; calls in with a second softphone, shows the call and its
webhooks as they happen, and measures what was heard.

    first_call.py          stays up until Ctrl-C
    first_call.py --once   ends after the call: 0 if it was as it should be
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests"))

# pylint: disable=wrong-import-position
from harness.softphone import Softphone  # noqa: E402
from harness.wait import until  # noqa: E402

BUILD = os.environ.get("VOXBUS_BUILD", os.path.join(ROOT, "build"))
VOXCTL = os.path.join(BUILD, "bin", "voxctl")
CALLEE_HERTZ, CALLER_HERTZ = 440, 1000
TALK_SECONDS = 2
APP_PORT = int(os.environ.get("APP_PORT", "8090"))
CALLEE_PORT = int(os.environ.get("CALLEE_PORT", "5070"))
CALLER_PORT = int(os.environ.get("CALLER_PORT", "5080"))


def setting(name, standard):
    return os.environ.get(f"VOXBUS_{name}", str(standard))


SIP_PORT = int(setting("SIP_PORT", 5060))
API_PORT = int(setting("API_PORT", 8080))
ADMIN_PORT = int(setting("ADMIN_PORT", 9101))


def say(text=""):
    print(text, flush=True)


class Gone(Exception):
    """Something that must run has ended."""


class Stage:
    """Everything that was started, and how to end it."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="voxbus-run-")
        self.processes = []
        self.phones = []

    def run(self, words, environment, show=None, log=None):
        """Starts a program in a session of its own: Ctrl-C is ours to handle."""
        out = subprocess.PIPE if show else log
        process = subprocess.Popen(
            words, env={**os.environ, **environment}, stdin=subprocess.DEVNULL,
            stdout=out, stderr=log or subprocess.STDOUT, text=True,
            start_new_session=True)
        self.processes.append(process)
        if show:
            threading.Thread(target=self._show, args=(process.stdout, show),
                             daemon=True).start()
        return process

    @staticmethod
    def _show(stream, show):
        for line in stream:
            show(line.rstrip("\n"))

    def end(self, keep_log):
        for phone in self.phones:
            phone.close()
        for process in reversed(self.processes):
            if process.poll() is None:
                process.terminate()
        for process in reversed(self.processes):
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
        log = os.path.join(self.folder, "platform.log")
        if keep_log and os.path.exists(log):
            say(f"the platform's log: {log}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)


def check_ports():
    """Nothing is started when something is in the way."""
    wanted = [("SIP", SIP_PORT, "VOXBUS_SIP_PORT"),
              ("the REST API", API_PORT, "VOXBUS_API_PORT"),
              ("the application", APP_PORT, "APP_PORT"),
              ("the callee's softphone", CALLEE_PORT, "CALLEE_PORT"),
              ("the caller's softphone", CALLER_PORT, "CALLER_PORT")]
    wanted += [("a daemon's admin port", port, "VOXBUS_ADMIN_PORT")
               for port in range(ADMIN_PORT, ADMIN_PORT + 6)]
    for what, port, variable in wanted:
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            with socket.socket(socket.AF_INET, kind) as probe:
                if kind == socket.SOCK_STREAM:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError as error:
                    raise Gone(f"port {port} ({what}): {error.strerror}; free "
                               f"it, or set {variable} to another") from None


def is_ready(process):
    if process.poll() is not None:
        raise Gone("the platform did not start")
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{API_PORT}/readyz",
                                    timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


class Story:
    def __init__(self, stage):
        self.stage = stage
        self.call_sid = None
        self.posts = []
        self.environment = {
            "VOXBUS_DATA_DIR": setting("DATA_DIR",
                                       os.path.join(stage.folder, "data")),
            "VOXBUS_VOICE_URL": f"http://127.0.0.1:{APP_PORT}/voice",
            "VOXBUS_HTTP_ALLOW": setting("HTTP_ALLOW", "127.0.0.1/32")}

    def start(self):
        check_ports()
        with open(os.path.join(self.stage.folder, "platform.log"), "w",
                  encoding="utf-8") as log:
            platform = self.stage.run([VOXCTL, "up"], self.environment,
                                      show=say, log=log)
        until(lambda: is_ready(platform), 30, "the platform is ready")
        callee = Softphone("callee", CALLEE_HERTZ, sip_port=CALLEE_PORT)
        caller = Softphone("caller", CALLER_HERTZ, sip_port=CALLER_PORT,
                           answers=False)
        self.stage.phones += [callee, caller]
        self.stage.run([sys.executable, os.path.join(HERE, "app.py")], {
            "APP_PORT": str(APP_PORT),
            "CALLEE": f"{callee.uri};transport=udp"}, show=self.heard_by_app)
        until(lambda: self.posts, 10, "the application is up")
        return platform, caller, callee

    def heard_by_app(self, line):
        self.posts.append(line)
        if not line.startswith(("POST ", "GET ")):
            say(line)
            return
        say(f"  webhook   {line}")
        if line.startswith(("POST /voice", "GET /voice")) and \
                not self.call_sid:
            self.call_sid = line.split("CallSid=")[1].split()[0]

    def callbacks(self):
        """The action's request, which is completed too, has no number."""
        return [post for post in self.posts if "SequenceNumber=" in post]

    def follow(self):
        """The ladder, as it grows."""
        self.stage.run([VOXCTL, "trace", self.call_sid, "--follow"],
                       self.environment, show=say)

    def call(self, caller, callee):
        """True if the call was as it should be."""
        say(f"\ncalling sip:100@127.0.0.1:{SIP_PORT} …\n")
        caller.dial(f"sip:100@127.0.0.1:{SIP_PORT}")
        until(lambda: self.call_sid, 10, "the application is asked for a "
              "document")
        self.follow()
        caller.wait_for("CALL_ESTABLISHED")
        callee.wait_for("CALL_ESTABLISHED")
        over = time.monotonic() + TALK_SECONDS
        until(lambda: time.monotonic() > over, TALK_SECONDS + 1, "they talk")
        heard = self.listen(caller, CALLEE_HERTZ, "the caller")
        answered = self.listen(callee, CALLER_HERTZ, "the callee")
        caller.hang_up()
        until(lambda: any("CallStatus=completed" in post
                          for post in self.callbacks()), 10,
              "the callback 'completed' arrives")
        numbers = [post.split("SequenceNumber=")[1].split()[0]
                   for post in self.callbacks()]
        callee.wait_for("CALL_CLOSED")
        say(f"\nstatus callbacks came with the numbers {' '.join(numbers)}")
        say(heard[1])
        say(answered[1])
        good = heard[0] and answered[0] and numbers == ["0", "1", "2", "3"]
        say("the call works" if good else "the call does NOT work as it should")
        return good

    @staticmethod
    def listen(phone, hertz, who):
        try:
            until(lambda: phone.hears(hertz), 10, "")
        except AssertionError:
            pass
        got, level = phone.heard()
        good = phone.hears(hertz)
        return good, f"{who} heard {got:.0f} Hz at level {level:.2f} (said: " \
            f"{hertz} Hz at 0.35): {'right' if good else 'WRONG'}"


def main():
    stage, good = Stage(), False
    once = "--once" in sys.argv[1:]
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        story = Story(stage)
        platform, caller, callee = story.start()
        good = story.call(caller, callee)
        if not once:
            say(f"\nstill up: call sip:100@127.0.0.1:{SIP_PORT} with any SIP "
                "phone on this machine; Ctrl-C ends it all")
            platform.wait()
            raise Gone("the platform has ended")
    except (Gone, AssertionError) as error:
        good = False
        say(f"\nfailed: {error}")
    except KeyboardInterrupt:
        say("\nstopping")
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        stage.end(keep_log=not good)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
