"""Digest arithmetic of our own (RFC 7616), so that sipgw does not vouch for itself."""

import hashlib
import re

HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}


def parse(header):
    """The parameters of a challenge or of credentials."""
    assert header.lower().startswith("digest "), header
    return {name.lower(): quoted or bare for name, quoted, bare in re.findall(
        r'([A-Za-z]+)\s*=\s*(?:"([^"]*)"|([^\s,"]+))', header[7:])}


def make(algorithm, text):
    base = algorithm.removesuffix("-sess")
    return HASHES[base](text.encode()).hexdigest()


def response(params, method, user, password, body=b""):
    """What 'response' has to be for these parameters."""
    algorithm = params.get("algorithm", "MD5")

    def h(text):
        return make(algorithm, text)
    ha1 = h(f"{user}:{params['realm']}:{password}")
    if algorithm.endswith("-sess"):
        ha1 = h(f"{ha1}:{params['nonce']}:{params['cnonce']}")
    ha2 = f"{method}:{params['uri']}"
    if params.get("qop") == "auth-int":
        ha2 += ":" + HASHES[algorithm.removesuffix("-sess")](body).hexdigest()
    if "qop" not in params:
        return h(f"{ha1}:{params['nonce']}:{h(ha2)}")
    return h(":".join([ha1, params["nonce"], params["nc"], params["cnonce"],
                       params["qop"], h(ha2)]))


def answer(challenge, method, uri, user, password, count=1):
    """The value of Authorization for a challenge's value."""
    params = parse(challenge)
    params.update(uri=uri, qop="auth", nc=f"{count:08x}", cnonce="0a4f113b")
    params.pop("stale", None)
    value = response(params, method, user, password)
    return f'Digest username="{user}", realm="{params["realm"]}", ' \
        f'nonce="{params["nonce"]}", uri="{uri}", response="{value}", ' \
        f'algorithm={params.get("algorithm", "MD5")}, qop=auth, ' \
        f'nc={params["nc"]}, cnonce="{params["cnonce"]}"'


def is_right(message, header, user, password):
    """A request's Authorization or Proxy-Authorization proves the password."""
    params = parse(message.get(header))
    return params["username"] == user and params["response"] == response(
        params, message.method, user, password, message.body)
