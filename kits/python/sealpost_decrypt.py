"""Opens what Sealpost encrypts under a shared key, and encrypts answers: `jwe-hkdf`, `jwe-dir`, `aes-256-gcm`, `aes-256-cbc-hmac`.

One file; takes PyPI's `pycryptodome`. Verify the signature first: `sealpost_verify.py`. For `jwe-ecdh-es` take a JOSE library.
"""

import base64
import hashlib
import hmac
import json
import os

from Crypto.Cipher import AES
from Crypto.Hash import SHA256
from Crypto.Protocol.KDF import HKDF
from Crypto.Util.Padding import pad, unpad

INFO = b"sealpost/v1/payload/jwe"


class Refused(Exception):
    """It doesn't open under these keys, or isn't by this method."""


def decrypt(method, ciphertext, keys):
    """The clear bytes of a body, or the JSON of a field. `ciphertext` is the body as it came, or the text in its place; `keys` has the
    key's bytes by its id, more than one while you rotate."""
    try:
        text = ciphertext.decode("ascii") if isinstance(ciphertext, bytes) else ciphertext
        return _jwe(method, text, keys) if method.startswith("jwe-") else _envelope(method, json.loads(text), keys)
    except (KeyError, ValueError, TypeError):
        raise Refused from None


def encrypt(method, clear, kid, key):
    """An answer that Sealpost opens."""
    if not method.startswith("jwe-"):
        alg = ALGORITHMS[method]
        aad, iv = b"", os.urandom(16 if alg == "A256CBC-HS512" else 12)
        if alg == "A256CBC-HS512":
            sealed = AES.new(key[32:], AES.MODE_CBC, iv=iv).encrypt(pad(clear, 16))
            tag = _tag(key, aad, iv, sealed)
        else:
            sealed, tag = AES.new(key, AES.MODE_GCM, nonce=iv).encrypt_and_digest(clear)
        return json.dumps({"v": 1, "alg": alg, "kid": kid, "iv": _text(iv), "tag": _text(tag), "ciphertext": _text(sealed)})
    header = {"alg": "dir", "enc": "A256GCM", "kid": kid}
    if method == "jwe-hkdf":
        salt = os.urandom(32)
        key, commitment = _derive(key, salt)
        header |= {"crit": ["salt"], "salt": _text(salt), "commit": _text(commitment)}
    header, iv = _text(json.dumps(header).encode()), os.urandom(12)
    cipher = AES.new(key, AES.MODE_GCM, nonce=iv)
    cipher.update(header.encode())
    sealed, tag = cipher.encrypt_and_digest(clear)
    return f"{header}..{_text(iv)}.{_text(sealed)}.{_text(tag)}"


ALGORITHMS = {"aes-256-gcm": "A256GCM", "aes-256-cbc-hmac": "A256CBC-HS512"}


def _envelope(method, envelope, keys):
    if envelope["v"] != 1 or envelope["alg"] != ALGORITHMS[method]:
        raise Refused
    key, aad = keys[envelope["kid"]], envelope.get("aad", "").encode()
    iv, tag, sealed = (_bytes(envelope[name]) for name in ("iv", "tag", "ciphertext"))
    if method == "aes-256-gcm":
        return _gcm(key, iv, aad, sealed, tag)
    # The tag first: a padding that nobody authenticated says nothing to anybody.
    if len(iv) != 16 or not hmac.compare_digest(_tag(key, aad, iv, sealed), tag):
        raise Refused
    return unpad(AES.new(key[32:], AES.MODE_CBC, iv=iv).decrypt(sealed), 16)


def _jwe(method, text, keys):
    protected, wrapped, iv, sealed, tag = text.split(".")
    header = json.loads(_bytes(protected))
    derived = method == "jwe-hkdf"
    if header["alg"] != "dir" or header["enc"] != "A256GCM" or wrapped or header.get("crit", []) != ["salt"] * derived:
        raise Refused
    key = keys[header["kid"]]
    if derived:
        key, commitment = _derive(key, _bytes(header["salt"]))
        if not hmac.compare_digest(commitment, _bytes(header["commit"])):
            raise Refused
    return _gcm(key, _bytes(iv), protected.encode(), _bytes(sealed), _bytes(tag))


def _derive(key, salt):
    both = HKDF(key, 64, salt, SHA256, context=INFO)
    return both[:32], both[32:]


def _gcm(key, iv, aad, sealed, tag):
    if len(iv) != 12 or len(tag) != 16:
        raise Refused
    cipher = AES.new(key, AES.MODE_GCM, nonce=iv)
    cipher.update(aad)
    return cipher.decrypt_and_verify(sealed, tag)


def _tag(key, aad, iv, sealed):
    bits = (len(aad) * 8).to_bytes(8, "big")
    return hmac.new(key[:32], aad + iv + sealed + bits, hashlib.sha512).digest()[:32]


def _bytes(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _text(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
