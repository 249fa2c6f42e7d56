"""A network of its own (a namespace) whose packets meet bad weather.

Whoever is inside sees a loopback and nothing else; what is started there stays
there. It needs root and a kernel with netfilter's queues: Storm.missing() says
what is not there.
"""

import ctypes
import os
import subprocess

CLONE_NEWNET = 0x40000000
WEATHER = os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "fakes", "weather.py")
_libc = ctypes.CDLL(None, use_errno=True)


def _run(*words):
    return subprocess.run(words, capture_output=True, text=True, check=False)


class Storm:
    """From its making on the calling thread is inside, until close()."""

    def __init__(self):
        # pylint: disable=consider-using-with
        self._home = os.open("/proc/self/ns/net", os.O_RDONLY)
        self._weather = []
        self.refused = ""
        if _libc.unshare(CLONE_NEWNET):
            self.refused = "no network namespace of our own: " + \
                os.strerror(ctypes.get_errno())
            return
        for words in (("ip", "link", "set", "lo", "up"),
                      ("iptables", "-w", "-A", "INPUT", "-p", "udp", "--dport",
                       "1", "-j", "NFQUEUE", "--queue-num", "99",
                       "--queue-bypass")):
            try:
                done = _run(*words)
            except FileNotFoundError:
                self.refused = f"{words[0]} is not installed"
                return
            if done.returncode:
                self.refused = f"{' '.join(words)}: {done.stderr.strip()}"
                return

    def begin(self, first, last, loss=0.0, jitter_ms=0, reorder=0.0, seed=1):
        """From now on for all UDP to these ports. False: it cannot be."""
        number = len(self._weather)
        # pylint: disable=consider-using-with
        weather = subprocess.Popen(
            ["/usr/bin/python3", WEATHER, str(number), str(loss),
             str(jitter_ms), str(reorder), str(seed)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if weather.stdout.readline() != "ready\n":
            self.refused = weather.stderr.read().strip()
            weather.wait()
            return False
        done = _run("iptables", "-w", "-A", "INPUT", "-p", "udp", "--dport",
                    f"{first}:{last}", "-j", "NFQUEUE", "--queue-num",
                    str(number))
        assert done.returncode == 0, done.stderr
        self._weather.append(weather)
        return True

    def end(self):
        """Fair weather again; returns what the last one did, in words."""
        _run("iptables", "-w", "-F", "INPUT")
        words = ""
        for weather in self._weather:
            weather.terminate()
            words = weather.communicate()[0].strip()
        self._weather = []
        return words

    def close(self):
        self.end()
        _libc.setns(self._home, CLONE_NEWNET)
        os.close(self._home)
