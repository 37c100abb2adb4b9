"""Every signature profile of a live delivery is believed by a verifier of somebody else's, and refused in twelve altered forms: the
published libraries of Svix, Stripe and RFC 9421, and code that knows no more than the formats' own pages. What a format can't refuse is
shown to be so. Then the ways a secret changes hands: detected, imported, rotated by steps."""

import base64
import datetime
import hashlib
import hmac
import json
import os
import subprocess
import time
import urllib.parse

import stripe
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from http_message_signatures import ContentDigest, HTTPMessageVerifier, HTTPSignatureKeyResolver, algorithms
from svix.webhooks import Webhook

from _house import BIN, House, Receiver, Verdict

verdict = Verdict()
house = House()
receiver = Receiver(house)
house.event("otp.login", "sms", "otp", {"text": "{{ code }} is your code."})

OLD = {
    "fyno": "fyno-shared-secret",
    "fanfare-bare": "fanfare-shared-secret",
    "safravo": "whsec_" + "0123456789abcdef" * 4,
}
CUSTOM = {"header": "X-Acme-Signature", "value": "t={timestamp};{signatures}", "signed": "v0:{timestamp}:{id}:{body}", "encoding": "base64",
          "prefix": "v0=", "companions": {"X-Acme-Delivery": "{id}"}}


def delivered(at=receiver):
    """A report as it arrives."""
    message = house.must("POST", "/v1/messages", {"event": "otp.login", "to": {"phone": "+15550100123"}, "data": {"code": "417233"}})["id"]
    headers, body = at.wait(lambda event: event["data"].get("message_id") == message)
    return {name.lower(): value for name, value in headers.items()}, body


def made(name, profiles, at=receiver, **more):
    endpoint = house.must("POST", "/v1/endpoints", {"name": name, "url": at.url, "events": ["message.*"], "profiles": profiles, **more})
    assert house.must("POST", f"/v1/endpoints/{endpoint['id']}/verify")["succeeded"]
    return endpoint


def imported(profile, text, encoding="text", **more):
    return {"profile": profile, "secret": {"value": text, "encoding": encoding, "imported": True}, **more}


def mac(key, signed):
    return hmac.new(key, signed, hashlib.sha256).digest()


def fresh(timestamp):
    return timestamp.isascii() and timestamp.isdigit() and abs(time.time() - int(timestamp)) <= 300


# What each format's own page says its receivers do.


def fyno(headers, body, secret):
    return hmac.compare_digest(headers["x-fyno-hmac-signature"], mac(secret.encode(), body).hex())


def fyno_base64(headers, body, secret):
    return hmac.compare_digest(headers["x-fyno-hmac-signature"], base64.b64encode(mac(secret.encode(), body)).decode())


def fanfare(headers, body, secret):
    timestamp = headers["x-fanfare-timestamp"]
    expected = "sha256=" + mac(secret.encode(), timestamp.encode() + b"." + body).hex()
    return fresh(timestamp) and hmac.compare_digest(headers["x-fanfare-signature"], expected)


def fanfare_bare(headers, body, secret):
    return hmac.compare_digest(headers["x-fanfare-signature"], mac(secret.encode(), body).hex())


def safravo(headers, body, secret):
    return hmac.compare_digest(headers["x-safravo-signature"], "sha256=" + mac(secret.encode(), body).hex())


def github(headers, body, secret):
    return hmac.compare_digest(headers["x-hub-signature-256"], "sha256=" + mac(secret.encode(), body).hex())


def custom(headers, body, secret):
    first, signature = headers["x-acme-signature"].split(";")
    timestamp = first.removeprefix("t=")
    signed = b"v0:%s:%s:" % (timestamp.encode(), headers["x-acme-delivery"].encode()) + body
    return fresh(timestamp) and hmac.compare_digest(signature, "v0=" + base64.b64encode(mac(secret.encode(), signed)).decode())


# Published libraries.


def svix(headers, body, secret):
    # It would take the headers of `standard` as well.
    Webhook(secret).verify(body, {name: value for name, value in headers.items() if not name.startswith("webhook-")})
    return True


def stripes(headers, body, secret):
    stripe.Webhook.construct_event(body, headers["stripe-signature"], secret)
    return True


class Keys(HTTPSignatureKeyResolver):
    def __init__(self, jwks):
        self._keys = {key["kid"]: base64.urlsafe_b64decode(key["x"] + "=") for key in jwks["keys"]}

    def resolve_public_key(self, key_id):
        return Ed25519PublicKey.from_public_bytes(self._keys[key_id])


class Request:
    method = "POST"

    def __init__(self, url, headers):
        self.url, self.headers = url, headers


SEEN = set()


def rfc9421(headers, body, secret, url=receiver.url, once=False):
    """As a receiver has to: the signature, what it covers, the digest of the body, and that it wasn't there before."""
    verifier = HTTPMessageVerifier(signature_algorithm=algorithms.ED25519, key_resolver=secret)
    verified = verifier.verify(Request(url, headers), expect_tag="sealpost-webhook", max_age=datetime.timedelta(minutes=5))[0]
    covered = {name.strip('"') for name in verified.covered_components}
    digest = headers["content-digest"] == "sha-256=:" + base64.b64encode(hashlib.sha256(body).digest()).decode() + ":"
    nonce = verified.parameters["nonce"]
    if once and nonce in SEEN:
        return False
    SEEN.add(nonce)
    return digest and {"@method", "@target-uri", "content-digest", "content-type"} <= covered


def holds(check, headers, body, secret):
    try:
        return bool(check(headers, body, secret))
    except Exception:  # Each library has kinds of its own.
        return False


def with_header(headers, name, change):
    """A copy with one header changed, or without it."""
    changed = dict(headers)
    value = change(changed[name])
    if value is None:
        changed.pop(name)
    else:
        changed[name] = value
    return changed


def flipped(value):
    """The first signature alone, with another character near its end."""
    value = value.split(" ")[0]
    at = len(value.rstrip("=:")) - 3
    return value[:at] + ("0" if value[at] != "0" else "1") + value[at + 1:]


def mutations(profile, headers, body):
    """What is changed, the result, and whether the format can tell."""
    signature, stamp, name, signed = FORMS[profile]
    form = lambda change: with_header(headers, signature, change)

    def time_moved(seconds):
        if profile == "rfc9421":
            return with_header(headers, "signature-input", lambda v: v.replace(f"created={at}", f"created={int(at) + seconds}"))
        return with_header(headers, stamp, lambda v: v.replace(at, str(int(at) + seconds))) if stamp else headers

    at = headers["webhook-timestamp"]
    label = {"svix": ("v1,", "v2,"), "stripe-like": ("v1=", "v2="), "rfc9421": ("sealpost=", "other=")}
    before, after = label.get(profile, ("sha256=", "sha1=")) if profile not in ("custom",) else ("v0=", "v9=")
    relabelled = form(lambda v: v.replace(before, after) if before in v else "sha1=" + v)
    other_id = with_header(headers, name, lambda v: v.replace('nonce="', 'nonce="x') if "nonce" in v else v + "0") if name else headers
    all_of_them = [
        ("the body's first byte", headers, bytes([body[0] ^ 1]) + body[1:], True),
        ("the body's last byte", headers, body[:-1] + bytes([body[-1] ^ 1]), True),
        ("a byte more", headers, body + b" ", True),
        ("a byte less", headers, body[:-1], True),
        ("no body", headers, b"", True),
        ("another id", other_id, body, "id" in signed),
        ("a later timestamp", time_moved(1), body, "time" in signed),
        ("a timestamp of long ago", time_moved(-3600), body, "time" in signed),
        ("a flipped digit in the signature", form(flipped), body, True),
        ("another label", relabelled, body, True),
        ("no signature", form(lambda _: None), body, True),
    ]
    # A format that sends neither time nor id has nothing there to be changed.
    return [one for one in all_of_them if one[1] != headers or one[2] != body]


# The header of the signature, where its time and its id stand, and what of both is signed.
FORMS = {
    "svix": ("svix-signature", "svix-timestamp", "svix-id", "time id"),
    "fyno": ("x-fyno-hmac-signature", None, None, ""),
    "fyno-base64": ("x-fyno-hmac-signature", None, None, ""),
    "fanfare": ("x-fanfare-signature", "x-fanfare-timestamp", None, "time"),
    "fanfare-bare": ("x-fanfare-signature", "x-fanfare-timestamp", None, ""),
    "safravo": ("x-safravo-signature", None, "x-safravo-delivery", ""),
    "stripe-like": ("stripe-signature", "stripe-signature", None, "time"),
    "github-like": ("x-hub-signature-256", None, None, ""),
    "custom": ("x-acme-signature", "x-acme-signature", "x-acme-delivery", "time id"),
    "rfc9421": ("signature", "signature-input", "signature-input", "time id"),
}
CHECKS = {
    "svix": svix, "fyno": fyno, "fyno-base64": fyno_base64, "fanfare": fanfare, "fanfare-bare": fanfare_bare, "safravo": safravo,
    "stripe-like": stripes, "github-like": github, "custom": custom, "rfc9421": rfc9421,
}

# Two formats share a header, so that no endpoint can have them all.
first = made("first", ["svix", imported("fyno", OLD["fyno"]), "fanfare", imported("safravo", OLD["safravo"]), "stripe-like", "github-like",
                       {"profile": "custom", "definition": CUSTOM}, "rfc9421"])
how = house.must("GET", f"/v1/endpoints/{first['id']}/signing")
SECRETS = {one["profile"]: one["secret"] for one in first["profile_secrets"]} | OLD | {"svix": first["secret"], "rfc9421": Keys(how["jwks"])}
live = delivered()
second_receiver = Receiver(house)
second = made("second", ["fyno-base64", imported("fanfare-bare", OLD["fanfare-bare"])], at=second_receiver)
SECRETS |= {one["profile"]: one["secret"] for one in second["profile_secrets"]}
other = delivered(second_receiver)

for profile, check in CHECKS.items():
    headers, body = other if profile in ("fyno-base64", "fanfare-bare") else live
    secret = SECRETS[profile]
    verdict(holds(check, headers, body, secret), f"{profile}: a live delivery is believed")
    foreign = Keys({"keys": [{"kid": "other", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}) if profile == "rfc9421" else "whsec_" + base64.b64encode(b"\x07" * 32).decode()
    verdict(not holds(check, headers, body, foreign), f"{profile}: another secret is refused")
    for what, changed, content, tells in mutations(profile, headers, body):
        believed = holds(check, changed, content, secret)
        if tells:
            verdict(not believed, f"{profile}: {what} is refused")
        else:
            verdict(believed, f"{profile}: {what} can't be told: it isn't signed")
    protected = next(one["replay_protected"] for one in house.must(
        "GET", f"/v1/endpoints/{(second if profile in ('fyno-base64', 'fanfare-bare') else first)['id']}/signing")["profiles"] if one["profile"] == profile)
    verdict(protected == ("time" in FORMS[profile][3]), f"{profile}: the server says whether it can be replayed")

headers, body = live
verdict(not holds(lambda *all: rfc9421(*all, url=second_receiver.url), headers, body, SECRETS["rfc9421"]), "rfc9421: another URL is refused")
verdict(not holds(lambda *all: rfc9421(*all, once=True), headers, body, SECRETS["rfc9421"]), "rfc9421: the same nonce again is refused")
again = delivered()
verdict(holds(lambda *all: rfc9421(*all, once=True), *again, SECRETS["rfc9421"]), "rfc9421: the next delivery has another nonce")
verdict(holds(svix, {**headers, **{name.replace("webhook-", "svix-"): value for name, value in headers.items() if name.startswith("webhook-")}},
              body, first["secret"]), "standard rides along")

# What the server explains, OpenSSL does again.
tried = house.must("POST", f"/v1/endpoints/{first['id']}/test")
sent = {one["name"].lower(): one["value"] for one in tried["headers"]}
for one in tried["signatures"]:
    secret = SECRETS.get(one["profile"], first["secret"])
    environment = {**os.environ, "SECRET": secret if isinstance(secret, str) else ""}
    done = subprocess.run(["bash", "-c", one["shell"]], env=environment, capture_output=True, text=True)
    printed = done.stdout.strip()
    again = "Successfully" in printed if one["algorithm"] == "ed25519" else printed != "" and one["signature"].endswith(printed)
    verdict(done.returncode == 0 and again and one["signature"] in sent[one["header"].lower()],
            f"{one['profile']}: OpenSSL does the explained {one['algorithm']} signature again")
    wrong = subprocess.run(["bash", "-c", one["shell"]], env={**environment, "SECRET": "whsec_" + "00" * 16}, capture_output=True, text=True)
    if one["algorithm"] == "hmac-sha256":
        verdict(not one["signature"].endswith(wrong.stdout.strip() or "?"), f"{one['profile']}: and not with another secret")
told = json.dumps(tried)
verdict(not any(isinstance(secret, str) and secret in told for secret in [*SECRETS.values(), first["secret"]]), "no explanation holds a secret")


def command(*arguments, given=None):
    environment = {**os.environ, "SEALPOST_URL": house.url, "SEALPOST_KEY": house.keys["test"], "SEALPOST_CA": str(house.tls / "ca.pem")}
    return subprocess.run([BIN, "endpoints", *arguments], env=environment, input=given, capture_output=True, text=True)


shown = command("test", "first", "--show-signing")
verdict(shown.returncode == 0 and shown.stdout.count("again") == len(tried["signatures"]) and "whsec_" not in shown.stdout.replace("#whsec_", ""),
        "the command line shows the same")

# A receiver of forms: the same signatures over other bytes, which say the same.
def flattened(name, value):
    """As PHP and Rack write a form, from what JSON says."""
    if isinstance(value, (dict, list)) and value:
        parts = value.items() if isinstance(value, dict) else enumerate(value)
        return [pair for part, one in parts for pair in flattened(f"{name}[{part}]" if name else part, one)]
    return [(name, value if isinstance(value, str) else "" if value in (None, {}, []) else json.dumps(value))]


forms = Receiver(house)
formed = made("forms", [imported("fyno", OLD["fyno"]), "rfc9421"], at=forms)
house.must("PUT", f"/v1/endpoints/{formed['id']}/transport", {"body": "form"})
message = house.must("POST", "/v1/messages", {"event": "otp.login", "to": {"phone": "+15550100123"}, "data": {"code": "417233"}})["id"]
end = time.monotonic() + 60
while not (came := [one for one in list(forms.heard) if message.encode() in one[1]]):
    assert time.monotonic() < end, "no form comes"
    time.sleep(0.02)
headers, body = {name.lower(): value for name, value in came[0][0].items()}, came[0][1]
pairs = urllib.parse.parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=True)
told = next(one for one in house.must("GET", f"/v1/endpoints/{formed['id']}/deliveries")["data"] if one["event_id"] == dict(pairs)["id"])
notice = json.loads(house.must("GET", f"/v1/deliveries/{told['id']}")["body"])
verdict(headers["content-type"] == "application/x-www-form-urlencoded" and dict(pairs)["id"] == headers["webhook-id"], "form: it is one, and names the event")
verdict(pairs == flattened("", notice), f"form: it says what the JSON says, in its order {pairs if pairs != flattened('', notice) else ''}")
keys = Keys(house.must("GET", f"/v1/endpoints/{formed['id']}/signing")["jwks"])
for name, check, secret in [("fyno", fyno, OLD["fyno"]), ("standard", svix, formed["secret"]),
                            ("rfc9421", lambda *all: rfc9421(*all, url=forms.url), keys)]:
    as_svix = {**headers, **{f"svix-{part}": headers[f"webhook-{part}"] for part in ("id", "timestamp", "signature")}}
    verdict(holds(check, as_svix, body, secret), f"form: {name} signs the bytes that came")
    for what, changed in [("the same as JSON", json.dumps(notice, separators=(",", ":")).encode()), ("brackets written otherwise", body.replace(b"%5B", b"[")),
                          ("another value", body.replace(message.encode(), b"msg_0")), ("one pair less", body.rsplit(b"&", 1)[0])]:
        verdict(changed != body and not holds(check, as_svix, changed, secret), f"form: {name} refuses {what}")
shown = command("test", "forms", "--show-signing")
verdict(shown.returncode == 0 and any(f"application/x-www-form-urlencoded, {len(one)} B" in shown.stdout and one.decode() in shown.stdout
                                      for _, one in list(forms.heard)), "form: the command line shows the very bytes")

# One old delivery says how it was signed, and what comes of it is believed by the same receiver.
for profile in ["svix", "fyno", "fanfare", "safravo", "stripe-like", "github-like", "custom", "fyno-base64", "fanfare-bare"]:
    headers, body = other if profile in ("fyno-base64", "fanfare-bare") else live
    wanted = [FORMS[profile][0], FORMS[profile][1], FORMS[profile][2]]
    alone = {name: headers[name] for name in wanted if name}
    if profile == "custom":
        # Its form is one nobody has: two values and the body.
        alone["x-acme-delivery"] = headers["x-acme-delivery"]
    status, answer = house.ask("POST", "/v1/signatures/detect", {"headers": alone, "body": body.decode(), "secret": SECRETS[profile]})
    if profile == "custom":
        verdict(status == 200 and answer["found"] == [] and len(answer["looked"]) == 9, "detect: a form nobody uses isn't guessed at")
        continue
    found = answer["found"]
    encoding = "base64" if profile == "svix" else "text"
    verdict(status == 200 and [(one["profile"], one["key_encoding"]) for one in found] == [(profile, encoding)], f"detect: {profile}, the key is {encoding}")
    verdict(SECRETS[profile] not in json.dumps(answer), f"detect: {profile}, the secret isn't answered")
    wrong = house.must("POST", "/v1/signatures/detect", {"headers": alone, "body": body.decode() + " ", "secret": SECRETS[profile]})
    part = next(one for one in wrong["looked"] if one["profile"] == profile)
    verdict(wrong["found"] == [] and part["header"] and part["encoding"] and not part["signature"], f"detect: {profile}, a changed body says which part differs")

timestamp = str(int(time.time()) - 86_400)
slack = {"X-Slack-Request-Timestamp": timestamp,
         "X-Slack-Signature": "v0=" + mac(b"slack-signing-secret", b"v0:" + timestamp.encode() + b":{}").hex()}
(folder := house.tls.parent / "old").mkdir()
(folder / "headers").write_text("".join(f"{name}: {value}\n" for name, value in slack.items()))
(folder / "body").write_text("{}")
shown = command("detect", "--headers", str(folder / "headers"), "--body", str(folder / "body"), given="slack-signing-secret\n")
verdict(shown.returncode == 0 and "custom" in shown.stdout and "slack-signing-secret" not in shown.stdout, "detect: the command line finds a format of no profile's")
answer = house.must("POST", "/v1/signatures/detect", {"headers": slack, "body": "{}", "secret": "slack-signing-secret"})
entry = answer["found"][0]["configuration"]
entry["secret"]["value"] = "slack-signing-secret"
third_receiver = Receiver(house)
made("third", [entry], at=third_receiver)
headers, body = delivered(third_receiver)
expected = "v0=" + mac(b"slack-signing-secret", b"v0:" + headers["x-slack-request-timestamp"].encode() + b":" + body).hex()
verdict(headers["x-slack-signature"] == expected, "detect: what it says to configure signs as the old sender did")

# A weak secret is an old one, or none.
weak = {"name": "weak", "url": receiver.url, "profiles": [{"profile": "fyno", "secret": {"value": "short", "encoding": "text"}}]}
status, answer = house.ask("POST", "/v1/endpoints", weak)
verdict(status == 422 and answer["errors"][0]["code"] == "secret_weak", "a short secret is refused unless somebody says that it is old")
fyno_of = next(one for one in how["profiles"] if one["profile"] == "fyno")["secret"]
verdict(fyno_of["weak"] and fyno_of["rotate_by"] and fyno_of["key_encoding"] == "text", "an old one is shown as short, with a day to replace it by")
status, answer = house.ask("POST", "/v1/endpoints", {"name": "bare", "url": receiver.url, "profiles": ["fyno"], "standard": False})
verdict(status == 422 and answer["errors"][0]["code"] == "acknowledgement_missing", "standard is not turned off by accident")
bare = house.must("POST", "/v1/endpoints", {"name": "bare", "url": receiver.url, "profiles": ["fyno"], "standard": False, "standard_off_acknowledged": True})
verdict(bare["profiles"] == ["fyno"] and bare["replay_protected"] is False, "without it the server says that deliveries can be replayed")

# A receiver with room for one signature changes its secret without losing a delivery.
known = {}
picky = Receiver(house, lambda headers, body: fyno({name.lower(): value for name, value in headers.items()}, body, known["secret"]))
house.must("PATCH", f"/v1/endpoints/{bare['id']}", {"url": picky.url})
known["secret"] = bare["profile_secrets"][0]["secret"]
at = f"/v1/endpoints/{bare['id']}"
assert house.must("POST", f"{at}/verify")["succeeded"]
verdict(house.ask("POST", f"{at}/rotation/finish", {"overlap_seconds": 0})[1]["code"] == "rotation_missing", "rotation: nothing to finish before it begins")
begun = house.must("POST", f"{at}/rotation", {"profile": "fyno"})
verdict(begun["secret"] != known["secret"] and begun["key_encoding"] == "text", "rotation: a new secret is shown")
headers, body = delivered(picky)
verdict(fyno(headers, body, known["secret"]), "rotation: deliveries go on being signed by the old one")
verdict(house.must("POST", f"{at}/rotation/try")["status"] == 401, "rotation: a receiver that doesn't know it refuses the ping")
status, answer = house.ask("POST", f"{at}/rotation/finish", {"overlap_seconds": 0})
verdict((status, answer["code"]) == (409, "rotation_unproven"), "rotation: it doesn't flip before the receiver knows it")
verdict(house.ask("POST", f"{at}/rotation", {})[1]["code"] == "rotation_under_way", "rotation: one at a time")
old, known["secret"] = known["secret"], begun["secret"]
verdict(house.must("POST", f"{at}/rotation/try")["succeeded"], "rotation: a receiver that knows it takes the ping")
house.must("POST", f"{at}/rotation/finish", {"overlap_seconds": 0})
headers, body = delivered(picky)
verdict(fyno(headers, body, known["secret"]) and not fyno(headers, body, old), "rotation: the new one signs, the old one is retired")
given = command("import-secret", "bare", "--signed-as", "fyno", "--encoding", "text", "--imported", given="fyno-shared-secret\n")
known["secret"] = "fyno-shared-secret"
headers, body = delivered(picky)
verdict(given.returncode == 0 and fyno(headers, body, known["secret"]), "import: a secret from standard input signs")
verdict(command("import-secret", "bare", "--signed-as", "fyno", "--encoding", "text", given="short\n").returncode != 0, "import: a short one is refused")
house.must("POST", f"{at}/rotation", {"profile": "fyno"})
status, _ = house.ask("DELETE", f"{at}/rotation")
verdict(status == 204 and house.must("GET", f"{at}/signing")["rotation"] is None, "rotation: it can be taken back")
verdict.end()
