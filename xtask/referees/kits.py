"""The verification kits of `kits/`, in every language: each believes a live delivery, and nothing that was changed."""

import base64
import os
import pathlib
import subprocess
import sys

from _house import FOLDER, House, Receiver, Verdict

ROOT = pathlib.Path(os.environ["SEALPOST_ROOT"])
KITS = ROOT / "kits"
verdict = Verdict()


def made(command, cwd, **env):
    subprocess.run(command, cwd=cwd, check=True, stdout=sys.stderr, env={**os.environ, **env})


def go():
    made(["go", "vet", "./..."], KITS / "go", GOCACHE=str(FOLDER / "go"), GOFLAGS="-mod=mod", GOTOOLCHAIN="local")
    made(["go", "build", "-o", FOLDER / "go-check", "./check"], KITS / "go", GOCACHE=str(FOLDER / "go"), GOTOOLCHAIN="local")
    return [FOLDER / "go-check"]


def java():
    made(["javac", "-Xlint:all", "-Werror", "-d", FOLDER / "java", "SealpostVerify.java", "Check.java"], KITS / "java")
    return ["java", "-cp", FOLDER / "java", "Check"]


def rust():
    target = ROOT / "target" / "kits"
    made(["cargo", "build", "--quiet", "--locked", "--example", "check"], KITS / "rust", CARGO_TARGET_DIR=str(target))
    return [target / "debug" / "examples" / "check"]


LANGUAGES = {
    "Python": lambda: [sys.executable, KITS / "python" / "check.py"],
    "Node": lambda: ["node", KITS / "node" / "check.mjs"],
    "PHP": lambda: ["php", "-d", "error_reporting=-1", "-d", "display_errors=stderr", KITS / "php" / "check.php"],
    "Ruby": lambda: ["ruby", "-W2", KITS / "ruby" / "check.rb"],
    "Go": go,
    "Rust": rust,
    "Java": java,
}


def encoded(data):
    return base64.b64encode(data if isinstance(data, bytes) else data.encode()).decode()


def question(headers, body, keys, now):
    return "\t".join([str(now), ",".join(keys), encoded(body), *(f"{name}={encoded(value)}" for name, value in headers.items())])


house = House()
receiver = Receiver(house)
house.event("otp.login", "sms", "otp", {"text": "{{ code }} is your code."})
endpoint = house.must("POST", "/v1/endpoints", {"name": "kits", "url": receiver.url, "events": ["message.*"]})
assert house.must("POST", f"/v1/endpoints/{endpoint['id']}/verify")["succeeded"]
message = house.must("POST", "/v1/messages",
                     {"event": "otp.login", "to": {"phone": "+15550100123"}, "data": {"code": "417233"}})["id"]
heard, body = receiver.wait(lambda event: event["data"].get("message_id") == message)
heard = {name.lower(): value for name, value in heard.items()}
live = {name: heard[name] for name in ["webhook-id", "webhook-timestamp", "webhook-signature"]}
name, at, signatures = live.values()
now = int(at)
secret, public = endpoint["secret"], endpoint["public_key"]
mac = next(one for one in signatures.split(" ") if one.startswith("v1,"))
proof = next(one for one in signatures.split(" ") if one.startswith("v1a,"))
other = "whsec_" + encoded(b"\x07" * 32)
# A public key of somebody else: RFC 8032, section 7.1, test 1.
foreign = "whpk_" + encoded(bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"))


def with_(**changes):
    changed = dict(live)
    for part, value in changes.items():
        if value is None:
            changed.pop(f"webhook-{part}")
        else:
            changed[f"webhook-{part}"] = value
    return changed


def flipped(signature):
    version, text = signature.split(",")
    raw = bytearray(base64.b64decode(text))
    raw[0] ^= 1
    return f"{version},{encoded(bytes(raw))}"


def cut(signature):
    version, text = signature.split(",")
    return f"{version},{encoded(base64.b64decode(text)[:-1])}"


BELIEVED = [
    ("a live delivery, by its secret", live, body, [secret], now),
    ("a live delivery, by its public key", live, body, [public], now),
    ("a live delivery, while a secret is being rotated", live, body, [other, secret], now),
    ("headers in other cases", {key.title(): value for key, value in live.items()}, body, [secret], now),
    ("a clock that is 300 seconds late", live, body, [public], now - 300),
    ("five minutes under way", live, body, [secret], now + 300),
    ("signatures of versions nobody knows beside it", with_(signature=f"v9,AAAA x {mac}"), body, [secret], now),
    ("headers of others beside it", {**live, "x-other": "é\u200b"}, body, [secret], now),
]
KEYS = [("secret", [secret], mac, [other]), ("public key", [public], proof, [foreign])]
REFUSED = [(f"{what}, by its {kind}", *case) for kind, keys, signature, others in KEYS for what, *case in [
    ("the body's first byte changed", live, bytes([body[0] ^ 1]) + body[1:], keys, now),
    ("the body's last byte changed", live, body[:-1] + bytes([body[-1] ^ 1]), keys, now),
    ("a byte more", live, body + b"\n", keys, now),
    ("a byte less", live, body[:-1], keys, now),
    ("no body", live, b"", keys, now),
    ("another id", with_(id=name + "0"), body, keys, now),
    ("the id and the time divided elsewhere", with_(id=f"{name}.{at[0]}", timestamp=at[1:]), body, keys, int(at[1:])),
    ("no id", with_(id=None), body, keys, now),
    ("an empty id", with_(id=""), body, keys, now),
    ("a later time", with_(timestamp=str(now + 1)), body, keys, now),
    ("no time", with_(timestamp=None), body, keys, now),
    ("an empty time", with_(timestamp=""), body, keys, now),
    ("a time in words", with_(timestamp="now"), body, keys, now),
    ("a time with a sign", with_(timestamp=f"+{at}"), body, keys, now),
    ("a time with a fraction", with_(timestamp=f"{at}.0"), body, keys, now),
    ("a time in other digits", with_(timestamp=at.translate({48 + d: 0x660 + d for d in range(10)})), body, keys, now),
    ("a time beyond all numbers", with_(timestamp="9" * 400), body, keys, now),
    ("a replay after five minutes", live, body, keys, now + 301),
    ("a time that is to come", live, body, keys, now - 301),
    ("no signature", with_(signature=None), body, keys, now),
    ("an empty signature", with_(signature=""), body, keys, now),
    ("a version without a signature", with_(signature=signature.split(",")[0]), body, keys, now),
    ("a version and nothing", with_(signature=signature.split(",")[0] + ","), body, keys, now),
    ("a flipped bit", with_(signature=flipped(signature)), body, keys, now),
    ("a signature that is a byte short", with_(signature=cut(signature)), body, keys, now),
    ("a signature that isn't base64", with_(signature=signature[:-4] + "*é!!"), body, keys, now),
    ("a signature in hexadecimal", with_(signature=signature.split(",")[0] + "," + base64.b64decode(signature.split(",")[1]).hex()), body, keys, now),
    ("a signature without its padding", with_(signature=signature.rstrip("=")), body, keys, now),
    ("another version's label", with_(signature="v2," + signature.split(",")[1]), body, keys, now),
    ("the right one behind a thousand", with_(signature="v1,AAAA " * 1000 + signature), body, keys, now),
    ("another key", live, body, others, now),
    ("a header twice", {**live, "Webhook-Signature": signature}, body, keys, now),
]]
IDS = [("2", ["a", "b", "a", "c", "a", "1", "01"], "new new old new new new new")]

for language, make in LANGUAGES.items():
    asked = [question(*case) for _, *case in BELIEVED + REFUSED]
    asked += ["\t".join(["processed", most, *ids]) for most, ids, _ in IDS]
    answered = subprocess.run(make(), input="\n".join(asked) + "\n", capture_output=True, text=True, timeout=300)
    answers = answered.stdout.splitlines()
    if not verdict(answered.returncode == 0 and len(answers) == len(asked), f"{language}: all {len(asked)} questions are answered"):
        print(f"# {answered.stderr[-2000:]}")
        continue
    for (what, *_), answer in zip(BELIEVED, answers):
        verdict(answer == name, f"{language} believes {what}")
    wrong = [what for (what, *_), answer in zip(REFUSED, answers[len(BELIEVED):]) if answer != "refused"]
    verdict(not wrong, f"{language} refuses {len(REFUSED)} others{'' if not wrong else f', but {wrong}'}")
    verdict(answers[len(asked) - len(IDS):] == [said for *_, said in IDS], f"{language} knows what was dealt with")
    verdict(not answered.stderr.strip(), f"{language} complains of nothing {answered.stderr.strip()[:300]}")
verdict.end()
