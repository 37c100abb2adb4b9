"""What leaves encrypted, opened by OpenSSL's command and by PyPI's `pycryptodome`; what those answer, opened by us."""

import base64
import http.server
import json
import os
import pathlib
import subprocess
import sys
import threading
import time

from Crypto.Cipher import AES
from standardwebhooks import Webhook, WebhookVerificationError

from _house import PATIENCE, House, Verdict

sys.path.insert(0, str(pathlib.Path(os.environ["SEALPOST_ROOT"]) / "kits/python"))
from sealpost_decrypt import Refused, decrypt, encrypt  # noqa: E402

verdict = Verdict()
house = House()


class Receiver:
    """Remembers by path what came, and answers as it was told."""

    def __init__(self):
        self.heard, self.answers = [], {}
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.heard.append((self.path, headers, body))
                media, answer = receiver.answers.get(self.path, ("text/plain", b""))
                self.send_response(200)
                self.send_header("content-type", media)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.socket = house.server_tls().wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.origin = f"https://localhost:{self._server.server_address[1]}"

    def wait(self, path, fits):
        """The first of what came there that fits: headers and body."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            for where, headers, body in list(self.heard):
                if where == path and fits(headers, body):
                    return headers, body
            time.sleep(0.02)
        raise AssertionError(f"nothing of the kind came to {path}: {self.heard}")


def openssl(*arguments, data):
    done = subprocess.run(["openssl", *arguments], input=data, capture_output=True)
    return done.stdout if done.returncode == 0 else None


def cbc(key, iv, data, *mode):
    return openssl("enc", "-aes-256-cbc", *mode, "-K", key.hex(), "-iv", iv.hex(), data=data)


def url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def text(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def mac(key, aad, iv, sealed):
    """The tag of A256CBC-HS512 (RFC 7518, section 5.2.2.1) by OpenSSL's command."""
    data = aad + iv + sealed + (len(aad) * 8).to_bytes(8, "big")
    made = openssl("dgst", "-sha512", "-mac", "HMAC", "-macopt", f"hexkey:{key.hex()}", "-binary", data=data)
    return made[:32]


def by_openssl_hmac(body, keys):
    envelope = json.loads(body)
    key, aad = keys[envelope["kid"]], envelope["aad"].encode()
    iv, tag, sealed = (url(envelope[name]) for name in ["iv", "tag", "ciphertext"])
    return cbc(key[32:], iv, sealed, "-d") if mac(key[:32], aad, iv, sealed) == tag else None


def by_openssl_legacy(body, keys):
    raw = base64.b64decode(body)
    [key] = keys.values()
    return cbc(key, raw[:16], raw[16:], "-d")


def by_pycryptodome_gcm(body, keys):
    envelope = json.loads(body)
    cipher = AES.new(keys[envelope["kid"]], AES.MODE_GCM, nonce=url(envelope["iv"]))
    cipher.update(envelope["aad"].encode())
    try:
        return cipher.decrypt_and_verify(url(envelope["ciphertext"]), url(envelope["tag"]))
    except ValueError:
        return None


def by_kit(method):
    def opened(body, keys):
        try:
            return decrypt(method, body, keys)
        except Refused:
            return None
    return opened


METHODS = {
    "aes-256-gcm": [("PyCryptodome", by_pycryptodome_gcm), ("the kit", by_kit("aes-256-gcm"))],
    "aes-256-cbc-hmac": [("OpenSSL", by_openssl_hmac), ("the kit", by_kit("aes-256-cbc-hmac"))],
    "jwe-hkdf": [("the kit", by_kit("jwe-hkdf"))],
    "jwe-dir": [("the kit", by_kit("jwe-dir"))],
    "legacy-aes-256-cbc": [("OpenSSL", by_openssl_legacy)],
}
receiver = Receiver()
house.event("otp.login", "sms", "otp", {"text": "{{ code }} is your code."})
endpoints, keys = {}, {}


def endpoint(name, method, **settings):
    """An endpoint that is encrypted for before it is told anything, and its secrets."""
    key = os.urandom(64 if method == "aes-256-cbc-hmac" else 32)
    secret = house.must("POST", "/v1/secrets", {"name": f"payload-{name}", "value": key.hex()})
    made = house.must("POST", "/v1/endpoints",
                      {"name": name, "url": f"{receiver.origin}/{name}", "events": ["message.*"]})
    wanted = {"method": method, "secret": {"secret": f"payload-{name}"}, "encoding": "hex", **settings}
    shown = house.must("PUT", f"/v1/endpoints/{made['id']}/encryption", wanted)["encryption"]
    assert shown["key_id"] == f"{secret['id']}:1" and key.hex() not in json.dumps(shown), shown
    keys[name] = {shown["key_id"]: key}
    endpoints[name] = {**made, "secret_id": secret["id"]}
    verified = house.must("POST", f"/v1/endpoints/{made['id']}/verify")
    assert verified["succeeded"], verified
    return made


for method in METHODS:
    endpoint(method, method, **({"legacy": True} if method.startswith("legacy") else {}))
endpoint("in-an-object", "aes-256-gcm", request="json", member="payload")
endpoint("fields", "jwe-hkdf", fields=["/message_id", "/absent"])
message = house.must("POST", "/v1/messages", {"event": "otp.login", "to": {"phone": "+15550100123"},
                                              "data": {"code": "417233"}})["id"]


def is_report(opened):
    return opened is not None and json.loads(opened).get("data", {}).get("message_id") == message


def refuses(headers, body, secret):
    try:
        Webhook(secret).verify(body, headers)
        return False
    except WebhookVerificationError:
        return True
    except ValueError:
        # The library parses what it has verified as JSON, which a JWE isn't.
        return False


for method, foreign in METHODS.items():
    for who, opens in foreign:
        headers, body = receiver.wait(f"/{method}", lambda _, body: is_report(opens(body, keys[method])))
        verdict(True, f"{method}: {who} opens a live delivery")
        verdict(message.encode() not in body, f"{method}: nothing of it is to be read on the wire")
        said = (headers["sealpost-encryption"], headers["sealpost-key-id"])
        verdict(said == (method, *keys[method]), f"{method}: the headers name the method and the key")
        secret = endpoints[method]["secret"]
        verdict(not refuses(headers, body, secret), f"{method}: the signature is over the bytes on the wire")
        verdict(refuses(headers, opens(body, keys[method]), secret), f"{method}: and not over the clear text")
        if method.startswith("legacy"):
            continue
        at = body.index(b'"ciphertext":"') + 20 if body.startswith(b"{") else len(body) - 30
        changed = body[:at] + (b"B" if body[at:at + 1] != b"B" else b"C") + body[at + 1:]
        verdict(opens(changed, keys[method]) is None, f"{method}: {who} refuses a changed one")
        other = {kid: os.urandom(len(key)) for kid, key in keys[method].items()}
        verdict(opens(body, other) is None, f"{method}: {who} opens it under no other key")

_, body = receiver.wait("/in-an-object", lambda _, body: is_report(
    by_pycryptodome_gcm(json.loads(body)["payload"], keys["in-an-object"])))
verdict(list(json.loads(body)) == ["payload"], "an object holds the ciphertext under the name that was chosen")
opens = by_kit("jwe-hkdf")
_, body = receiver.wait("/fields", lambda _, body: opens(
    json.loads(body)["data"].get("message_id", ""), keys["fields"]) == json.dumps(message).encode())
verdict(json.loads(body)["type"].startswith("message."), "single fields are encrypted where they stand")

# Answers.


def tried(name):
    return house.must("POST", f"/v1/endpoints/{endpoints[name]['id']}/test")


def answer(name, body, media="application/json"):
    receiver.answers[f"/{name}"] = (media, body if isinstance(body, bytes) else body.encode())
    return tried(name)["encryption"]["answer"]


def hmac_envelope(key, kid, clear):
    iv = os.urandom(16)
    sealed = cbc(key[32:], iv, clear)
    tag = mac(key[:32], b"", iv, sealed)
    return {"v": 1, "alg": "A256CBC-HS512", "kid": kid, "iv": text(iv), "tag": text(tag), "ciphertext": text(sealed)}


for method, foreign in METHODS.items():
    [(kid, key)] = keys[method].items()
    shown = tried(method)
    verdict(shown["encryption"]["answer"] == "none", f"{method}: an empty answer is none")
    clear = shown["encryption"]["clear"].encode()
    for who, opens in foreign:
        verdict(opens(shown["body"].encode(), keys[method]) == clear, f"{method}: a test shows what {who} reads of it")
    verdict(answer(method, "{\"ok\":true}") == "response_undecryptable", f"{method}: an answer in clear is not taken for one")
    if method.startswith("legacy"):
        iv = os.urandom(16)
        right = base64.b64encode(iv + cbc(key, iv, b"{}"))
        verdict(answer(method, right, "text/plain") == "response_undecryptable", f"{method}: what isn't authenticated is not opened")
        continue
    made = json.dumps(hmac_envelope(key, kid, b"{}")) if method == "aes-256-cbc-hmac" else encrypt(method, b"{}", kid, key)
    verdict(answer(method, made) == "decrypted", f"{method}: an answer is opened")
    verdict(answer(method, json.dumps({"encrypted": made})) == "decrypted", f"{method}: an answer in an object, too")
    foreign_key = os.urandom(len(key))
    wrong = [made[:-8] + "AAAAAA" + made[-2:], made[:-9], "", "{}", encrypt(method, b"{}", kid, foreign_key),
             encrypt(method, b"{}", "sec_other:1", key), made + "x" * 70_000]
    outcomes = {answer(method, one) for one in wrong if one}
    verdict(outcomes == {"response_undecryptable"}, f"{method}: {len(wrong) - 1} wrong answers have one outcome {outcomes}")

# Every padding there is, behind a wrong tag: no two answers are told apart.
[(kid, key)] = keys["aes-256-cbc-hmac"].items()
right = hmac_envelope(key, kid, b"{\"a\":\"0123456789\"}")
outcomes = set()
for last in range(32):
    sealed = bytearray(url(right["ciphertext"]))
    sealed[-17] ^= last + 1
    outcomes.add(answer("aes-256-cbc-hmac", json.dumps({**right, "ciphertext": text(bytes(sealed))})))
verdict(outcomes == {"response_undecryptable"}, f"an oracle of paddings hears one thing: {outcomes}")

# A turn of the key.
name = "aes-256-gcm"
newer = os.urandom(32)
house.must("POST", f"/v1/secrets/{endpoints[name]['secret_id']}/versions", {"value": newer.hex(), "overlap_seconds": 3600})
old, new = keys[name], {f"{endpoints[name]['secret_id']}:2": newer}
shown = tried(name)
verdict(by_pycryptodome_gcm(shown["body"], new) == shown["encryption"]["clear"].encode(), "the newest version encrypts")
[(kid, key)] = old.items()
verdict(answer(name, encrypt(name, b"{}", kid, key)) == "decrypted", "an answer under the one before is opened while they overlap")

# References only.
path = f"/v1/endpoints/{endpoints[name]['id']}/encryption"
for inline in [{"key": newer.hex()}, {"encryption_key": newer.hex()}, {"secret": newer.hex()}, {"secret": {"value": newer.hex()}}]:
    status, refused = house.ask("PUT", path, {"method": name, "encoding": "hex", **inline})
    held = (status, refused["code"]) == (422, "secret_reference_required") and newer.hex() not in json.dumps(refused)
    verdict(held, f"a key as {next(iter(inline))} is refused and not repeated")
status, refused = house.ask("PUT", path, {"method": name, "secret": {"secret": "payload-fields"}, "encoding": "hex", "iv": "00" * 12})
verdict(status == 422 and "each message" in refused["detail"], "a vector can't be chosen, and that is said")
status, refused = house.ask("PUT", path, {"method": "legacy-aes-256-cbc", "secret": {"secret": "payload-fields"}, "encoding": "hex"})
verdict((status, refused["errors"][0]["code"]) == (422, "legacy_not_acknowledged"), "a legacy method has to be acknowledged")
status, refused = house.ask("DELETE", f"/v1/secrets/{endpoints[name]['secret_id']}")
verdict((status, refused["code"]) == (409, "secret_in_use"), "a secret that encrypts stays")
house.must("DELETE", path)
verdict(tried(name)["encryption"] is None, "without encryption it is told in clear")
log = (pathlib.Path(os.environ["SEALPOST_DIR"]) / "server.log").read_text()
verdict("server.ready" in log and newer.hex() not in log, "no key is in the log")
verdict.end()
