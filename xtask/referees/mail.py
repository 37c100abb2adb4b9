"""Live mail through a real SMTP server: aiosmtpd receives, dkimpy verifies, one click unsubscribes; relays that hang."""

import asyncio
import email
import re
import socket
import threading
import time
import urllib.parse

import dkim
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

from _house import PATIENCE, House, Verdict

verdict = Verdict()
house = House()


class Relay:
    """A relay: keeps what it takes, answers as it is told."""

    def __init__(self, starttls=True):
        self.mails, self.answers, self.seen = [], [], []
        relay = self

        class Server(SMTP):
            async def smtp_EHLO(self, hostname):
                relay.seen.append(f"EHLO {hostname}")
                return await super().smtp_EHLO(hostname)

        class Own(Controller):
            def factory(self):
                tls = {"tls_context": house.server_tls(), "require_starttls": True} if starttls else {}
                return Server(relay, hostname="relay.example.com", authenticator=relay.authenticate,
                              auth_required=starttls, auth_require_tls=True, **tls)

            def _trigger_server(self):
                # Which port it became is known once it listens.
                self.port = self.server.sockets[0].getsockname()[1]
                super()._trigger_server()

        self._controller = Own(relay, hostname="127.0.0.1", port=0, ready_timeout=60)
        self._controller.start()
        self.port = self._controller.port

    def authenticate(self, server, session, envelope, mechanism, data):
        good = (data.login, data.password) == (b"mailer", b"correct horse battery staple")
        self.seen.append(f"AUTH over {'TLS' if session.ssl else 'plain text'}: {good}")
        return AuthResult(success=good)

    async def handle_MAIL(self, server, session, envelope, address, options):
        self.seen.append("MAIL")
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_DATA(self, server, session, envelope):
        answer = self.answers.pop(0) if self.answers else "250 2.0.0 OK"
        self.seen.append(f"DATA {answer[:3]}")
        if answer.startswith("2"):
            self.mails.append((session.ssl is not None, envelope))
        return answer


def sender(name, relay):
    """A channel through this relay, and an event that uses it."""
    channel = house.must("POST", "/v1/channels", {"name": name, "email": {
        "host": "localhost", "port": relay.port, "security": "starttls",
        "username": "mailer", "password": "correct horse battery staple",
        "from_address": "news@mail.example.com", "from_name": "Example", "helo": "mail.example.com",
        "dkim": {"domain": "mail.example.com", "selector": "s1"},
        "unsubscribe_base": house.url}}, "live")
    house.event(name, "email", "marketing", {"subject": "News of {{ day }}", "text": "Dear {{ name }}, news.",
                                             "html": "<p>Dear {{ name }}, news.</p>"}, "live", channel["id"])
    return channel


def send(event, address):
    return house.ask("POST", "/v1/messages", {"event": event, "to": {"email": address},
                                              "data": {"day": "Mönday", "name": "Ada"}}, "live")


relay = Relay()
channel = sender("news", relay)
status, accepted = send("news", "ada@example.com")
verdict(status == 202, f"a live message is accepted: {status} {accepted if status != 202 else ''}")
shown = house.message_in(accepted["id"], ["sent", "delivered", "failed", "unknown"], "live")
verdict(shown["state"] in ["sent", "delivered"] and len(relay.mails) == 1, f"the relay took it: {shown['state']} {relay.seen}")
encrypted, envelope = relay.mails[0]
verdict(encrypted and "AUTH over TLS: True" in relay.seen, "over STARTTLS, with AUTH, in this order")
content = envelope.original_content or envelope.content
mail = email.message_from_bytes(content)
record = channel["email"]["dkim"]


def published(name, timeout=5):
    wanted = record["record_name"].rstrip(".") + "."
    return record["record_value"].encode() if name.decode().lower() == wanted else None


verdict(dkim.verify(content, dnsfunc=published), "dkimpy verifies the signature with the record the API told to publish")
verdict(not dkim.verify(content.replace(b"news.", b"nows.", 1), dnsfunc=published), "dkimpy refuses an altered mail")
verdict(envelope.rcpt_tos == ["ada@example.com"], "it goes to the recipient alone")

link = re.fullmatch(r"<(https://[^>]+)>", mail["List-Unsubscribe"].replace("\r\n", "").strip()).group(1)
verdict(mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click", "it offers one-click unsubscribe")
signed = re.search(r"h=([^;]+)", mail["DKIM-Signature"]).group(1).lower()
verdict("list-unsubscribe-post" in signed and "list-unsubscribe" in signed, "both headers are signed (RFC 8058)")
path = urllib.parse.urlsplit(link).path
looked = house.ask("GET", path, key=False)[0]
status, second = send("news", "ada@example.com")
verdict((looked, status) == (200, 202), "following the link changes nothing")
# It has to be out before the relay is told to refuse: the refusal is meant for another one.
house.message_in(second["id"], ["sent", "delivered", "failed", "unknown"], "live")
status, _ = house.ask("POST", path, "List-Unsubscribe=One-Click", media="application/x-www-form-urlencoded", key=False)
verdict(status == 200, f"one click is enough: {status}")
status, answer = send("news", "ada@example.com")
verdict((status, answer.get("code")) == (422, "recipient_suppressed"), f"the next message is refused: {status} {answer}")
verdict(house.ask("POST", path[:-3] + "AAA", "List-Unsubscribe=One-Click",
                  media="application/x-www-form-urlencoded", key=False)[0] == 404, "an altered link is nobody's")

relay.answers = ["451 4.7.1 Greylisted"]
accepted = send("news", "grace@example.org")[1]
shown = house.message_in(accepted["id"], ["sent", "delivered", "failed", "unknown"], "live")
verdict(shown["state"] in ["sent", "delivered"] and shown["attempts"] == 2, f"4xx is tried again: {shown['state']}, {shown['attempts']} attempts")
relay.answers = ["550 5.1.1 No such user"]
accepted = send("news", "linus@example.net")[1]
shown = house.message_in(accepted["id"], ["sent", "delivered", "failed", "unknown"], "live")
verdict(shown["state"] == "failed" and shown["attempts"] == 1, f"5xx is final: {shown['state']}, {shown['attempts']} attempts")

owner = house.sign_in()
invited = owner.must("POST", "/v1/invitations", {"email": "officer@example.com", "name": "Sam Example", "role": "super_admin"})
house.sign_in(urllib.parse.urlsplit(invited["link"]).path)
owner.must("PUT", "/v1/settings/approvals", {"modules": {"approval_policy": {"approvals": 1}}})
asked = owner.must("PUT", "/v1/settings/approvals", {"modules": {}, "reason": "ticket 4512"})


def letters():
    """Those who are asked for their approval, and what they are written."""
    mails = [(envelope.rcpt_tos, email.message_from_bytes(envelope.original_content or envelope.content))
             for _, envelope in list(relay.mails)]
    return [(to, mail.get_payload(decode=True).decode()) for to, mail in mails
            if mail["Subject"] == "Your approval is asked for"]


end = time.monotonic() + 2 * PATIENCE
while not letters() and time.monotonic() < end:
    time.sleep(0.2)
written = letters()
verdict([to for to, _ in written] == [["officer@example.com"]],
        f"whoever can agree is written to, once, and whoever asked is not: {[to for to, _ in written]}")
verdict(written and "/app/live/approvals" in written[0][1] and "4512" not in written[0][1],
        f"the letter leads there, and what it is about stands behind signing in: {asked['state']}")

stripped = Relay(starttls=False)
sender("stripped", stripped)
accepted = send("stripped", "joan@example.org")[1]
for _ in range(600):
    shown = house.must("GET", f"/v1/messages/{accepted['id']}", environment="live")
    if shown["attempts"] and shown["state"] != "sending":
        break
    asyncio.run(asyncio.sleep(0.05))
clear = [line for line in stripped.seen if not line.startswith("EHLO")]
verdict(stripped.seen and not clear and not stripped.mails, f"without STARTTLS nothing is said in clear: {stripped.seen}")
verdict(shown["state"] not in ["sent", "delivered"], f"and the message is not sent: {shown['state']}")


class Hanging:
    """A relay that says nothing more from one stage on."""

    GREETING, EHLO, STARTTLS, MAIL, RCPT, DATA, DOT = STAGES = [
        "the connection", "EHLO", "STARTTLS", "MAIL", "RCPT", "DATA", "the final dot"]

    def __init__(self, stage):
        self.stage, self.conversations = stage, 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            peer, _ = self._socket.accept()
            self.conversations += 1
            threading.Thread(target=self._converse, args=(peer,), daemon=True).start()

    def _converse(self, peer):
        try:
            if self.stage != self.GREETING:
                peer.sendall(b"220 relay.example.com\r\n")
                self._answer(peer, peer.makefile("rb"))
            while peer.recv(4096):
                pass
        except OSError:
            pass

    def _answer(self, peer, lines):
        """Answers until the stage is reached."""
        for line in iter(lines.readline, b""):
            word = line[:4].upper().strip().decode()
            if self.stage.upper().startswith(word):
                return
            peer.sendall({"EHLO": b"250-relay.example.com\r\n250 STARTTLS\r\n", "DATA": b"354 go ahead\r\n"}.get(word, b"250 OK\r\n"))
            if word == "DATA":
                while lines.readline() not in [b".\r\n", b""]:
                    pass
                return


def hang(stage):
    """A relay that hangs there, and a message on its way to it."""
    peer = Hanging(stage)
    name = f"hang{Hanging.STAGES.index(stage)}"
    security = "starttls" if stage == Hanging.STARTTLS else "plain_loopback"
    channel = house.must("POST", "/v1/channels", {"name": name, "email": {
        "host": "127.0.0.1", "port": peer.port, "security": security,
        "from_address": "news@mail.example.com", "helo": "mail.example.com"}}, "live")
    house.event(name, "email", "transactional", {"subject": "News", "text": "Dear {{ name }}, {{ day }}."}, "live", channel["id"])
    status, accepted = send(name, f"{name}@example.com")
    verdict(status == 202, f"a message to a relay that hangs at {stage} is accepted: {status}")
    return peer, accepted["id"]


def tried(message):
    """The message, once it is not being sent any more."""
    end = time.monotonic() + 2 * PATIENCE
    while time.monotonic() < end:
        shown = house.must("GET", f"/v1/messages/{message}", environment="live")
        if shown["attempts"] and shown["state"] != "sending":
            break
        time.sleep(0.2)
    return shown


hanging = {stage: hang(stage) for stage in Hanging.STAGES}
accepted = send("news", "joan@example.net")[1]
shown = house.message_in(accepted["id"], ["sent", "delivered", "failed", "unknown"], "live")
waiting = [stage for stage, (_, message) in hanging.items()
           if house.must("GET", f"/v1/messages/{message}", environment="live")["state"] == "sending"]
verdict(shown["state"] in ["sent", "delivered"] and waiting,
        f"while relays hang, another one's mail goes out: {shown['state']}, {len(waiting)} are hanging")
for stage, (_, message) in hanging.items():
    shown = tried(message)
    if stage == Hanging.DOT:
        verdict((shown["state"], shown["reason"]) == ("unknown", "answer_lost"),
                f"silence after {stage} leaves the message unknown: {shown['state']}, {shown['reason']}")
    else:
        verdict((shown["state"], shown["reason"]) == ("queued", "timeout"),
                f"silence after {stage} is a time-out and is tried again: {shown['state']}, {shown['reason']}")
again = hanging[Hanging.GREETING][0]
end = time.monotonic() + PATIENCE
while again.conversations < 2 and time.monotonic() < end:
    time.sleep(0.2)
verdict(again.conversations >= 2, f"the second try comes as scheduled: {again.conversations} conversations")
verdict.end()
