"""A real softphone: baresip without a screen or a sound card.

It speaks a wav file and records what it hears; driven over its control port.
"""

import glob
import json
import os
import queue
import socket
import subprocess
import threading
import wave

from . import folders, sound
from .ports import free_port, free_ports
from .wait import until

MODULES = "/usr/lib/baresip/modules"
CONFIG = """\
poll_method epoll
sip_listen 127.0.0.1:{sip}
{tls}
net_interface 127.0.0.1
audio_source aufile,{folder}/say.wav
audio_player aubridge,sink1
audio_alert aubridge,sink1
ausrc_srate {rate}
auplay_srate {rate}
ausrc_channels {channels}
auplay_channels {channels}
opus_complexity 2
audio_txmode poll
rtp_ports {rtp}-{rtp_last}
rtp_timeout 60
module_path {modules}
module g711.so
module g722.so
module opus.so
{encryption}
module aubridge.so
module aufile.so
module sndfile.so
module ctrl_tcp.so
module uuid.so
module_tmp account.so
module_app menu.so
module_app debug_cmd.so
ctrl_tcp_listen 127.0.0.1:{control}
snd_path {folder}/heard
"""
# mediaenc of an account, and the module that does it.
ENCRYPTION = {"srtp": "srtp.so", "srtp-mand": "srtp.so",
              "srtp-mandf": "srtp.so", "dtls_srtp": "dtls_srtp.so"}
# Its TLS port is the one after sip_listen's.
TLS = """\
sip_certificate {certificate}
sip_cafile {ca}
sip_verify_server yes
"""


class Softphone:
    """One agent; it says a tone of 'hertz' from the moment a call is up."""

    def __init__(self, name, hertz, answers=True, seconds=60, codecs="PCMU,PCMA",
                 sip_port=None, certificate=None, encryption=""):
        self.name, self.hertz = name, hertz
        self.folder = folders.make(name)
        self.sip_port = sip_port or free_ports(4)
        control, rtp = free_port(), free_ports(24)
        os.mkdir(os.path.join(self.folder, "heard"))
        rate, channels = _best_of(codecs)
        sound.write_wav(os.path.join(self.folder, "say.wav"),
                        sound.tone(hertz, seconds, rate=rate), rate, channels)
        self._write("config", CONFIG.format(
            sip=self.sip_port, rate=rate, channels=channels,
            folder=self.folder, rtp=rtp, rtp_last=rtp + 20,
            control=control, modules=MODULES, tls=TLS.format(
                certificate=certificate.both, ca=certificate.authority.path)
            if certificate else "",
            encryption=f"module {ENCRYPTION[encryption]}"
            if encryption else ""))
        mode = "auto" if answers else "manual"
        word = ";transport=tls" if certificate else ""
        self._write("accounts", f"<sip:{name}@127.0.0.1:{self.sip_port}{word}>;"
                    f"regint=0;answermode={mode};audio_codecs={codecs}" +
                    (f";mediaenc={encryption}" if encryption else "") + "\n")
        self.events = []
        self._answers = queue.Queue()
        with open(os.path.join(self.folder, "log"), "wb") as log:
            self._process = subprocess.Popen(
                ["baresip", "-f", self.folder], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log)
        try:
            self._control = until(lambda: self._connect(control), 10,
                                  f"{name} (baresip) is up")
        except AssertionError as error:
            self.close()
            raise AssertionError(f"{error}\n{self.log_text()}") from None
        threading.Thread(target=self._read, daemon=True).start()

    def _write(self, name, text):
        with open(os.path.join(self.folder, name), "w",
                  encoding="utf-8") as file:
            file.write(text)

    def _connect(self, port):
        assert self._process.poll() is None, "baresip left at once"
        try:
            return socket.create_connection(("127.0.0.1", port), 1)
        except OSError:
            return None

    @property
    def uri(self):
        return f"sip:{self.name}@127.0.0.1:{self.sip_port}"

    def log_text(self):
        with open(os.path.join(self.folder, "log"), encoding="utf-8",
                  errors="replace") as file:
            return file.read()

    def close(self):
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(3)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    # --- its control port: netstrings of JSON ------------------------------
    def _read(self):
        buffer = b""
        self._control.settimeout(None)
        while True:
            try:
                data = self._control.recv(65536)
            except OSError:
                return
            if not data:
                return
            buffer += data
            while True:
                length, mark, rest = buffer.partition(b":")
                if not mark or len(rest) <= int(length):
                    break
                self._take(json.loads(rest[:int(length)]))
                buffer = rest[int(length) + 1:]

    def _take(self, message):
        if message.get("event"):
            self.events.append((message.get("type"), message.get("param", "")))
        else:
            self._answers.put(message)

    def command(self, command, params=""):
        text = json.dumps({"command": command, "params": params, "token": "1"})
        self._control.sendall(f"{len(text)}:{text},".encode())
        return self._answers.get(timeout=5)

    def dial(self, uri):
        answer = self.command("dial", uri)
        assert answer.get("ok"), answer

    def hang_up(self):
        self.command("hangup")

    def wait_for(self, event, seconds=10):
        """Waits for an event such as CALL_ESTABLISHED; returns its parameter."""
        def came():
            return [entry for entry in list(self.events) if entry[0] == event]
        return until(came, seconds, lambda: (
            f"{event} at {self.name}; came: {self.events}\n" +
            self.log_text()[-1500:]))[-1][1]

    # --- two of them --------------------------------------------------------
    def talks(self, where, callee, seconds=10):
        """Calls; returns once each end has heard the other's tone."""
        self.dial(where)
        self.wait_for("CALL_ESTABLISHED")
        callee.wait_for("CALL_ESTABLISHED")
        self.hear_each_other(callee, seconds)

    def hear_each_other(self, other, seconds=10):
        until(lambda: self.hears(other.hertz) and other.hears(self.hertz),
              seconds, lambda: f"both tones; heard {self.heard()}, "
              f"{other.heard()}")

    def ends(self, other):
        """Hangs up, and the other end is told."""
        self.hang_up()
        other.wait_for("CALL_CLOSED")

    # --- what it heard --------------------------------------------------------
    def steadily(self):
        """(hertz, dB) as sound.steady() has them, of the newest recording."""
        files = sorted(glob.glob(os.path.join(self.folder, "heard",
                                              "*-dec.wav")),
                       key=os.path.getmtime)
        return sound.steady(*_samples(files[-1])) if files else (0.0, -99.0)

    def _recorded(self):
        """Samples and rate of the newest recording of what it heard so far."""
        files = sorted(glob.glob(os.path.join(self.folder, "heard",
                                              "*-dec.wav")),
                       key=os.path.getmtime)
        try:
            return _samples(files[-1]) if files else ([], 8000)
        except (wave.Error, EOFError):
            return [], 8000

    def heard_seconds(self):
        samples, rate = self._recorded()
        return len(samples) / rate

    def heard(self, since=0):
        """(hertz, level) of that; 'since': without its first seconds."""
        samples, rate = self._recorded()
        samples = samples[int(since * rate):]
        return sound.measure(samples, rate) if samples else (0.0, 0.0)

    def hears(self, hertz, since=0):
        got, level = self.heard(since)
        return abs(got - hertz) <= 0.02 * hertz and level > 0.05


def _best_of(codecs):
    """Rate and channels of the sound of "G722/16000/1" or "PCMU,PCMA"."""
    rate, channels = (codecs.split(",")[0].split("/") + ["8000", "1"])[1:3]
    return int(rate), int(channels)


def _samples(path):
    """A recording that is still being written has no lengths in its head yet."""
    with open(path, "rb") as file:
        data = file.read()
    at = data.find(b"data")
    if data[:4] != b"RIFF" or at < 0:
        raise wave.Error("not a wav file yet")
    channels = int.from_bytes(data[22:24], "little")
    rate = int.from_bytes(data[24:28], "little")
    body = data[at + 8:]
    samples = memoryview(body[:len(body) // 2 * 2]).cast("h").tolist()
    return samples[::channels], rate
