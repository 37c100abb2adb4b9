"""Live mail through a real SMTP server: aiosmtpd receives, dkimpy verifies, one click unsubscribes."""

import asyncio
import email
import re
import urllib.parse

import dkim
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

from _house import House, Verdict

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
verdict(house.ask("GET", path, key=False)[0] == 200 and send("news", "ada@example.com")[0] == 202,
        "following the link changes nothing")
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
verdict.end()
