"""PyPI's moto plays AWS KMS, and a transit engine of our own plays Vault: they keep the root key, are away, refuse, and come back."""

import json
import pathlib
import subprocess
import time

from _house import BIN, FOLDER, PATIENCE, House, Verdict
from _kms import REGION, Kms, Transit

verdict = Verdict()
house = House()
contact = house.must("POST", "/v1/contacts", {"phone": "+12025550147", "name": "Kim Example"})["id"]
house.stop()
config = FOLDER / "etc" / "sealpost.toml"
plain = config.read_text()
root = (FOLDER / "etc" / "root.key").read_text().strip()
logs = FOLDER / "logs"
logs.mkdir()


def write(where, sections="", patience=60, **changes):
    """The configuration with its root key there."""
    keys = f'[keys]\nroot = {{ file = "{where}" }}\npatience_seconds = {patience}\n{sections}\n'
    begin, end = plain.index("[keys]"), plain.index("[ledger]")
    text = plain[:begin] + keys + plain[end:]
    for before, after in changes.values():
        assert before in text, before
        text = text.replace(before, after)
    config.write_text(text)


def run(*arguments):
    done = subprocess.run([BIN, "--json", "--config", config, *arguments], capture_output=True, text=True, timeout=PATIENCE)
    return done.returncode, done.stdout, done.stderr


class Started:
    """A start: it comes up, or says why not."""

    def __init__(self):
        self.log = logs / f"{len(list(logs.iterdir()))}.log"
        with open(self.log, "w") as log:
            self.process = subprocess.Popen([BIN, "--json", "--config", config, "serve"], stdout=subprocess.PIPE, stderr=log,
                                            text=True)

    def ready(self):
        line = self.process.stdout.readline()
        if not line:
            return False
        house.port = int(json.loads(line)["address"].rsplit(":", 1)[1])
        return True

    def stop(self):
        self.process.terminate()
        return self.process.wait(PATIENCE)

    def says(self, word):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and word not in self.log.read_text():
            time.sleep(0.05)
        return word in self.log.read_text()


def comes_up(what):
    """The server starts and opens what there is."""
    started = Started()
    shown = house.ask("GET", f"/v1/contacts/{contact}") if started.ready() else (0, started.log.read_text())
    verdict(shown[0] == 200 and shown[1]["phone"]["masked"], f"{what}{'' if shown[0] == 200 else shown[1]}")
    return started


def refuses(what, word, code=5):
    """The server doesn't start, and says why without a secret."""
    started = Started()
    ready, ended = started.ready(), started.process.wait(PATIENCE)
    said = started.log.read_text()
    verdict(not ready and ended == code and word in said, f"{what}: {said.strip().splitlines()[-1:]}")


def openings():
    """What the live ledger says of who opened the root key, the newest first."""
    found = house.must("GET", "/v1/ledger/entries?action=root_key.open&limit=50", environment="live")["data"]
    return [entry.get("details") or entry for entry in found]


def doctor():
    code, out, _ = run("doctor")
    findings = json.loads(out)["findings"]
    return [(one["verdict"], one["what"]) for one in findings if one["check"] == "root key"]


def wrapped(provider, name, sections):
    """The root key under this provider, in a new file."""
    write(FOLDER / "etc" / "root.key", sections)
    to = FOLDER / "etc" / name
    code, out, err = run("keys", "wrap-root", "--provider", provider, "--to", to)
    verdict(code == 0, f"{provider} seals the root key {err}")
    text = to.read_text()
    verdict(root not in text and "sealed" in text and to.stat().st_mode & 0o777 == 0o600, "and the file has none of it")
    verdict(run("keys", "wrap-root", "--provider", provider, "--to", to)[0] == 3, "a file that is there is not replaced")
    return to


# AWS KMS.
kms = Kms()
credentials = FOLDER / "etc" / "aws.credentials"


def as_user(user):
    credentials.write_text(f"[default]\naws_access_key_id = {user[0]}\naws_secret_access_key = {user[1]}\n")


def aws(key=kms.key):
    return (f'[keys.aws_kms]\nregion = "{REGION}"\nkey = "{key}"\nendpoint = "{kms.url}"\n'
            f'credentials = {{ file = "{credentials}" }}\n')


as_user(kms.user)
sealed = wrapped("aws-kms", "root.aws", aws())
verdict("warn" in doctor()[0][0], "doctor warns of a root key in clear beside a service")
(FOLDER / "etc" / "root.key").rename(FOLDER / "recovery.key")
write(sealed, aws())
server = comes_up("a server starts with what KMS opens")
told = openings()
verdict(len(told) == 1, f"and it is on record: {told}")
server.stop()
target, asked = kms.asked[-1]
bound = asked["EncryptionContext"]
verdict(target == "TrentService.Decrypt" and bound["sealpost:installation"].endswith("/ledger") and asked["KeyId"] == kms.key,
        f"KMS is told for which installation: {bound}")
verdict(doctor()[0] == ("ok", "sealed, and AWS KMS opens it"), "doctor says who keeps it")

write(sealed, aws(kms.other))
refuses("another key of the same account", "AWS KMS")
write(sealed, aws("alias/nobody"))
refuses("a key that isn't there", "AWS KMS")
write(sealed, aws())
as_user(kms.stranger)
refuses("credentials without the right", "may not use the key")
as_user((kms.user[0], "0" * 40))
refuses("a wrong secret key: the signature is verified", "credentials are not accepted")
as_user(("AKIAI44QH8DHBEXAMPLE", kms.user[1]))
refuses("credentials nobody knows", "credentials are not accepted")
as_user(kms.user)
kms.kms.disable_key(KeyId=kms.key)
refuses("a key that was disabled", "the key is disabled")
verdict(doctor()[0][0] == "bad" and "disabled" in doctor()[0][1], "doctor says so, too")
kms.kms.enable_key(KeyId=kms.key)
origin = json.loads(sealed.read_text())["installation"]
write(sealed, aws(), origin=(f'"{origin}"', '"elsewhere.example/ledger"'))
refuses("another installation's root key", "elsewhere.example/ledger")
forged = FOLDER / "etc" / "forged"
forged.write_text(sealed.read_text().replace(origin, "elsewhere.example/ledger"))
write(forged, aws(), origin=(f'"{origin}"', '"elsewhere.example/ledger"'))
refuses("one whose file was changed to say otherwise", "does not open")
write(sealed, "")
refuses("a service that isn't configured", "keys.aws_kms")

write(sealed, aws())
kms.gate.go()
waiting = Started()
verdict(waiting.says("root_key.not_opened"), "a start waits for a service that is away")
kms.gate.come()
verdict(waiting.ready() and house.ask("GET", f"/v1/contacts/{contact}")[0] == 200, "and goes on when it is back")
kms.gate.go()
verdict(house.ask("GET", f"/v1/contacts/{contact}")[0] == 200, "a server that has started needs it no more")

# The root key turns beside that server, and the next is kept by the same service.
kms.gate.come()
following = FOLDER / "etc" / "next.aws"
code, out, err = run("keys", "rotate-root", "--to", following)
verdict(code == 0 and json.loads(following.read_text())["by"] == "aws_kms", f"the next root key is sealed, too {err}")
write(following, aws())
verdict(waiting.stop() == 0, "the server ends calmly")
server = comes_up("a server starts with the next one")
end = time.monotonic() + PATIENCE
while run("keys", "rotate-root", "--finish")[0] != 0 and time.monotonic() < end:
    time.sleep(1)
server.stop()
write(sealed, aws())
refuses("the root key before is a wrong one", "root key")
write(following, aws(), patience=1)
kms.gate.go()
refuses("a service that stays away", "can't be reached", code=4)
kms.gate.come()

# And back.
back = FOLDER / "etc" / "root.back"
code, _, err = run("keys", "wrap-root", "--provider", "none", "--to", back)
verdict(code == 0 and len(back.read_text().strip()) == 64, f"it can be taken back {err}")
kms.stop()
write(back)
server = comes_up("a server starts without the service")
told = openings()
verdict(len(told) >= 4, f"and that it is in clear again is on record: {told[:1]}")
server.stop()

# Vault's protocol.
root = back.read_text().strip()
back.rename(FOLDER / "etc" / "root.key")
transit = Transit(house.server_tls())
token = FOLDER / "etc" / "vault.token"
token.write_text(transit.token + "\n")


def vault(key="sealpost", mount=Transit.MOUNT, namespace=Transit.NAMESPACE):
    return (f'[keys.vault]\naddress = "{transit.url}"\nkey = "{key}"\nmount = "{mount}"\nnamespace = "{namespace}"\n'
            f'token = {{ file = "{token}" }}\n')


sealed = wrapped("vault", "root.vault", vault())
write(sealed, vault())
comes_up("a server starts with what the transit engine opens").stop()
verdict(doctor()[0] == ("ok", "sealed, and Vault opens it"), "doctor says who keeps it")
transit.keys["sealpost"].append(transit.keys["other"][0])
comes_up("and after the engine's key has turned").stop()
for what, sections, word in [("another key", vault("other"), "does not open"), ("a key that isn't there", vault("nobody"), "no such key"),
                             ("another mount", vault(mount="transit"), "no such key"),
                             ("another namespace", vault(namespace="x"), "may not use")]:
    write(sealed, sections)
    refuses(what, word)
write(sealed, vault())
token.write_text("hvs.revoked")
refuses("a revoked token", "may not use")
token.write_text(transit.token)
transit.least["sealpost"] = 2
refuses("a version that may open nothing any more", "does not open")
transit.least["sealpost"] = 1
forged.write_text(sealed.read_text().replace(origin, "elsewhere.example/ledger"))
write(forged, vault(), origin=(f'"{origin}"', '"elsewhere.example/ledger"'))
refuses("associated data of another installation", "does not open")
write(sealed, vault())
transit.sealed = True
waiting = Started()
verdict(waiting.says("root_key.not_opened"), "a start waits for an engine that is sealed")
transit.sealed = False
verdict(waiting.ready(), "and goes on when it is unsealed")
waiting.stop()

# Whatever happened, nobody was told a secret.
said = "".join(path.read_text() for path in logs.iterdir())
hidden = [root, (FOLDER / "recovery.key").read_text().strip(), transit.token, kms.user[1]]
verdict("root_key" in said and not any(secret in said for secret in hidden), "no log has a key, a token or a credential")
verdict.end()
