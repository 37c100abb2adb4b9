"""PyPI's `standardwebhooks` verifies a live delivery, and refuses it in twelve altered forms."""

import base64
import json

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks import Webhook, WebhookVerificationError

from _house import House, Receiver, Verdict

verdict = Verdict()
house = House()
receiver = Receiver(house)
house.event("otp.login", "sms", "otp", {"text": "{{ code }} is your code."})
endpoint = house.must("POST", "/v1/endpoints", {"name": "referee", "url": receiver.url, "events": ["message.*"]})
assert house.must("POST", f"/v1/endpoints/{endpoint['id']}/verify")["succeeded"]
message = house.must("POST", "/v1/messages", {"event": "otp.login", "to": {"phone": "+15550100123"},
                                              "data": {"code": "417233"}})["id"]
headers, body = receiver.wait(lambda event: event["data"].get("message_id") == message)
headers = {name.lower(): value for name, value in headers.items()}
webhook = Webhook(endpoint["secret"])


def holds(headers, body, webhook=webhook):
    try:
        webhook.verify(body, headers)
        return True
    except Exception as error:  # The library raises several kinds, ValueError among them.
        return not isinstance(error, (WebhookVerificationError, ValueError, UnicodeDecodeError))


verdict(holds(headers, body), "the library verifies a live delivery")


def altered(**changes):
    changed = dict(headers)
    for name, value in changes.items():
        name = "webhook-" + name
        if value is None:
            changed.pop(name)
        else:
            changed[name] = value
    return changed


signature, timestamp, name = (headers["webhook-" + part] for part in ["signature", "timestamp", "id"])
first = signature.split(" ")[0]
raw = bytearray(base64.b64decode(first.split(",")[1]))
raw[0] ^= 1
other = "v1," + base64.b64encode(raw).decode()
foreign = Webhook("whsec_" + base64.b64encode(b"\x07" * 32).decode())
mutations = [
    ("the body's first byte", headers, bytes([body[0] ^ 1]) + body[1:], webhook),
    ("the body's last byte", headers, body[:-1] + bytes([body[-1] ^ 1]), webhook),
    ("a byte more", headers, body + b" ", webhook),
    ("a byte less", headers, body[:-1], webhook),
    ("no body", headers, b"", webhook),
    ("another id", altered(id=name + "0"), body, webhook),
    ("a later timestamp", altered(timestamp=str(int(timestamp) + 1)), body, webhook),
    ("a timestamp of long ago", altered(timestamp=str(int(timestamp) - 3600)), body, webhook),
    ("a flipped bit in the signature", altered(signature=other), body, webhook),
    ("another version's label", altered(signature=first.replace("v1,", "v2,")), body, webhook),
    ("no signature", altered(signature=None), body, webhook),
    ("another secret", headers, body, foreign),
]
for what, changed, content, verifier in mutations:
    verdict(not holds(changed, content, verifier), f"the library refuses {what}")

# The library knows v1 only; v1a is judged by another's Ed25519.
asymmetric = [part[4:] for part in signature.split(" ") if part.startswith("v1a,")]
public = Ed25519PublicKey.from_public_bytes(base64.b64decode(endpoint["public_key"].removeprefix("whpk_")))
signed = f"{name}.{timestamp}.".encode() + body


def proves(content):
    try:
        public.verify(base64.b64decode(asymmetric[0]), content)
        return True
    except (InvalidSignature, IndexError):
        return False


verdict(proves(signed), "OpenSSL's Ed25519 verifies v1a")
verdict(not proves(signed + b" "), "OpenSSL's Ed25519 refuses a byte more")
verdict(b"5550100123" not in body and b"417233" not in body and json.loads(body), "the report holds nothing personal")
verdict.end()
