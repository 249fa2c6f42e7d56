"""An RTP end that speaks SRTP, keys in the SDP (RFC 4568): libsrtp by ctypes."""

import base64
import ctypes
import os
import re

from .rtp import Rtp

# name: (key, salt) in bytes, and libsrtp's function that sets its policy
SUITES = {
    "AES_CM_128_HMAC_SHA1_80": (16, 14, "srtp_crypto_policy_set_rtp_default"),
    "AES_CM_128_HMAC_SHA1_32":
        (16, 14, "srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32"),
    "AES_256_CM_HMAC_SHA1_80":
        (32, 14, "srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80"),
    "AEAD_AES_128_GCM": (16, 12, "srtp_crypto_policy_set_aes_gcm_128_16_auth"),
    "AEAD_AES_256_GCM": (32, 12, "srtp_crypto_policy_set_aes_gcm_256_16_auth"),
}
INBOUND, OUTBOUND = 2, 3                # srtp_ssrc_type_t: any of them


class _Crypto(ctypes.Structure):        # srtp_crypto_policy_t
    _fields_ = [(name, ctypes.c_int) for name in (
        "cipher", "key_bytes", "auth", "auth_key_bytes", "tag_bytes", "serv")]


class _Policy(ctypes.Structure):        # srtp_policy_t
    _fields_ = [("ssrc_type", ctypes.c_int), ("ssrc", ctypes.c_uint),
                ("rtp", _Crypto), ("rtcp", _Crypto),
                ("key", ctypes.c_char_p), ("keys", ctypes.c_void_p),
                ("key_count", ctypes.c_ulong), ("ekt", ctypes.c_void_p),
                ("window", ctypes.c_ulong), ("repeat", ctypes.c_int),
                ("headers", ctypes.c_void_p), ("header_count", ctypes.c_int),
                ("next", ctypes.c_void_p)]


_LIB = None


def _lib():
    global _LIB                         # pylint: disable=global-statement
    if not _LIB:
        _LIB = ctypes.CDLL("libsrtp2.so.1")
        assert _LIB.srtp_init() == 0
    return _LIB


class Context:
    """One direction: packets of any SSRC."""

    def __init__(self, suite, key, kind):
        policy = _Policy(ssrc_type=kind, key=key, window=128)
        setter = getattr(_lib(), SUITES[suite][2])
        setter(ctypes.byref(policy.rtp))
        setter(ctypes.byref(policy.rtcp))
        self._context = ctypes.c_void_p()
        assert _lib().srtp_create(ctypes.byref(self._context),
                                  ctypes.byref(policy)) == 0

    def _run(self, function, data):
        size = ctypes.c_int(len(data))
        buffer = ctypes.create_string_buffer(data, len(data) + 160)
        if function(self._context, buffer, ctypes.byref(size)):
            return b""
        return buffer.raw[:size.value]

    def protect(self, data):
        return self._run(_lib().srtp_protect, data)

    def unprotect(self, data):
        return self._run(_lib().srtp_unprotect, data)


class SecureRtp(Rtp):
    """In the clear until it has a key of theirs."""

    def __init__(self, suite="AES_CM_128_HMAC_SHA1_80", key=None, **more):
        self.suite = suite
        self.refused = 0                # packets with another key
        self._out = self._in = None
        self.renew(key)
        super().__init__(**more)

    def renew(self, key=None):
        """Another key; in force with the next line() and take()."""
        key_bytes, salt_bytes, _ = SUITES[self.suite]
        self.key = key or os.urandom(key_bytes + salt_bytes)

    def line(self, tag=1, suite=None):
        return f"a=crypto:{tag} {suite or self.suite} inline:" \
            f"{base64.b64encode(self.key).decode()}\r\n"

    def take(self, sdp):
        """Their key, of the line that has our suite; returns its tag."""
        found = re.search(rf"(?m)^a=crypto:(\d+) {self.suite} "
                          r"inline:([A-Za-z0-9+/=]+)", sdp)
        assert found, f"no key for {self.suite} in:\n{sdp}"
        self._out = Context(self.suite, self.key, OUTBOUND)
        self._in = Context(self.suite, base64.b64decode(found.group(2)),
                           INBOUND)
        return found.group(1)

    def wrap(self, data):
        return self._out.protect(data) if self._out else data

    def unwrap(self, data):
        if not data or not self._in:
            return data
        plain = self._in.unprotect(data)
        self.refused += not plain
        return plain
