"""Verifies what Sealpost sends: Standard Webhooks, by a shared secret (v1) or the endpoint's public key (v1a).

One file without dependencies; `v1a` takes PyPI's `cryptography`.
"""

import base64
import binascii
import collections
import hashlib
import hmac
import time

TOLERANCE = 300  # Seconds that clocks may differ, and that a message may have been under way.
MOST_SIGNATURES = 16  # In one header: more are noise.


class Refused(Exception):
    """Nobody with one of the keys sent this, or not now. Answer 400, and say no more."""


def verify(headers, body, keys, now=None):
    """The id of the message. `headers` is a mapping, in any case; `body` the bytes as they came, before anybody parsed them;
    `keys` what the endpoint shows: `whsec_…` secrets, `whpk_…` public keys, more than one while a secret is being rotated.

    Raises `Refused`; `ValueError` for a key that is none."""
    body = bytes(body)
    opened = [_key(key) for key in keys]
    found = {}
    for name, value in headers.items():
        name = name.lower()
        if name in found:
            raise Refused
        found[name] = value
    try:
        name, at, signatures = (found["webhook-" + part] for part in ("id", "timestamp", "signature"))
        signed = f"{name}.{at}.".encode("ascii") + body
    except (KeyError, UnicodeEncodeError):
        raise Refused from None
    if not name or not (at.isascii() and at.isdigit() and len(at) <= 12):
        raise Refused
    if abs((time.time() if now is None else now) - int(at)) > TOLERANCE:
        raise Refused
    for signature in signatures.split(" ")[:MOST_SIGNATURES]:
        version, _, text = signature.partition(",")
        for kind, key in opened:
            if kind == version == "v1" and _is_mac(key, signed, text) or kind == version == "v1a" and _is_signature(key, signed, text):
                return name
    raise Refused


def _key(text):
    for prefix, kind in (("whsec_", "v1"), ("whpk_", "v1a")):
        if text.startswith(prefix):
            key = base64.b64decode(text[len(prefix):], validate=True)
            if len(key) < 24 or kind == "v1a" and len(key) != 32:
                raise ValueError("the key is too short")
            return kind, key
    raise ValueError("a key begins with whsec_ or whpk_")


def _is_mac(key, signed, text):
    mac = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
    return hmac.compare_digest(mac, text.encode("utf-8", "replace"))


def _is_signature(key, signed, text):
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(key).verify(base64.b64decode(text, validate=True), signed)
        return True
    except (InvalidSignature, binascii.Error, ValueError):
        return False


class Processed:
    """Ids that were dealt with. The same message comes again if it was answered by anything but 2xx, and a copy comes from
    whoever recorded it: do each once. In memory; several processes want a unique column in their database instead."""

    def __init__(self, most=100_000):
        self._ids, self._most = collections.OrderedDict(), most

    def add(self, name):
        """Whether it is new."""
        if name in self._ids:
            return False
        self._ids[name] = None
        if len(self._ids) > self._most:
            self._ids.popitem(last=False)
        return True
