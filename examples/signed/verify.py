"""Is a request from voxbus, whole and recent?

docs/signatures.md says how it is signed. Python's standard library is all it
needs.
"""

import hashlib
import hmac
import re
import time


def verify(keys, signature, url, method, path, body=b"", tolerance=300,
           now=None):
    """True if one of the keys signed this request within the tolerance.

    keys: the account's token; during a rotation the next one, too. signature
    and url: the headers X-Voxbus-Signature and X-Voxbus-Signed-Url. path: what
    the request was for, its query included. body: its bytes as they came.
    """
    parts = [part.partition("=")[::2] for part in (signature or "").split(",")]
    when = dict(reversed(parts)).get("t", "")
    now = time.time() if now is None else now
    if not re.fullmatch("[0-9]{1,12}", when) or \
            abs(now - int(when)) > tolerance:
        return False
    # A proxy may have another host and scheme in front, but not another path.
    if re.sub("^https?://[^/]*", "", url or "") != path:
        return False
    text = f"{when}\n{method}\n{url}\n".encode() + body
    return any(
        name == "v1" and hmac.compare_digest(
            hmac.new(key.encode(), text, hashlib.sha256).hexdigest().encode(),
            value.encode())
        for key in keys for name, value in parts)
