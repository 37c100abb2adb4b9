"""Members sign in at a running server by a real identity provider (pysaml2, xmlsec1); nobody does by hostile ones."""

import base64
import collections
import re
import socket
import time
import urllib.parse

from cryptography import x509

import _saml
from _house import House, Verdict
from _saml import FOLDER, KEYS, NAME, SHA256, XENC, XENC11, Provider, told
from _visitor import Visitor
from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT

verdict = Verdict()
PROVIDER = "https://idp.example.com"
# MiB that all hostile documents together may add to what the server has at most.
MEMORY = 64


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


house = House(free_port())


def owner():
    """The first owner, by the link that was printed."""
    visitor = Visitor(house)
    path = urllib.parse.urlsplit(house.link).path
    _, fields = visitor.get(path).form()
    seen = visitor.send(path, fields)
    assert seen.status == 303 and visitor.signed_in, f"{seen.status} {seen.body}"
    return visitor


class Connection:
    """A connection as an owner makes it: first our addresses, then the provider's metadata."""

    def __init__(self, admin, **more):
        self.admin = admin
        made = admin.api("POST", "/v1/sso/connections/saml", {"name": "Company sign-in", **more})
        assert made.status == 201, f"{made.status} {made.body}"
        self.id = made.document["id"]
        self.facts = {fact["name"]: fact["value"] for fact in made.document["facts"]}
        _saml.SP, _saml.ACS = self.facts["Entity ID, audience"], self.facts["Reply URL (ACS)"]

    @property
    def metadata(self):
        path = urllib.parse.urlsplit(self.facts["Our metadata"]).path
        return Visitor(house).get(path).body

    def change(self, **body):
        return self.admin.api("PATCH", f"/v1/sso/connections/{self.id}/saml", body)

    def refusal(self):
        """What an administrator is told of who was refused last."""
        return self.admin.api("GET", f"/v1/sso/connections/{self.id}").document["refused"]

    def leave(self, visitor):
        """To the provider: the parameters that the browser brings there."""
        seen = visitor.get(f"/sign-in/with/{self.id}")
        assert seen.status == 303, f"{seen.status} {seen.body}"
        return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(seen.headers["location"]).query))

    def back(self, visitor, response, state):
        """From the provider, by both hops."""
        page = visitor.send(f"/sign-in/saml/{self.id}/acs", {"SAMLResponse": response, "RelayState": state},
                            origin=PROVIDER, accept="text/html")
        if page.status != 200:
            return page
        action, fields = page.form()
        assert action == f"/sign-in/saml/{self.id}", action
        return visitor.send(action, fields)


def encoded(document):
    data = document if isinstance(document, bytes) else document.encode(errors="surrogatepass")
    return base64.b64encode(data).decode()


def asked(provider, query):
    """The request, if pysaml2 believes it."""
    read = provider.server.parse_authn_request(
        query["SAMLRequest"], BINDING_HTTP_REDIRECT, relay_state=query["RelayState"], sigalg=query["SigAlg"],
        signature=query["Signature"])
    return read.message


def comes_in(what, connection, provider, make):
    """Somebody signs in with the response that `make` makes; answers their browser."""
    visitor = Visitor(house)
    query = connection.leave(visitor)
    _saml.REQUEST = asked(provider, query).id
    seen = connection.back(visitor, encoded(make()), query["RelayState"])
    own = visitor.api("GET", "/v1/session") if visitor.signed_in else None
    held = seen.status == 303 and own is not None and own.status == 200
    verdict(held, f"signed in: {what}{'' if held else f': {seen.status} {seen.code}'}")
    return visitor


def sign_in(connection, provider):
    both = {"sign_assertion": True, "sign_response": True}
    makes = [
        ("pysaml2, the assertion signed", lambda: provider.response(sign_assertion=True)),
        ("pysaml2, both signed", lambda: provider.response(**both)),
        ("pysaml2, encrypted by xmlsec1, AES-128", lambda: provider.encrypted(XENC11 + "aes128-gcm", "aes-128")),
        ("pysaml2, encrypted by xmlsec1, AES-256, both signed",
         lambda: provider.encrypted(XENC11 + "aes256-gcm", "aes-256", sign_response=True)),
        ("xmlsec1, ECDSA on P-256", lambda: told(KEYS.p256, "p256")),
    ]
    for what, make in makes:
        visitor = comes_in(what, connection, provider, make)
    verdict(visitor.api("GET", "/v1/members").status in (200, 403), "and asks the API as a member")
    listed = visitor.api("GET", "/v1/messages")
    verdict(listed.status == 200, f"who reads what their role may: {listed.status}")


def by_form(admin):
    """A provider that takes no redirects is sent a form."""
    connection = Connection(admin, signing="p256")
    provider = Provider(KEYS, connection.metadata)
    metadata = re.sub(r"<[^<>]*SingleSignOnService[^<>]*HTTP-Redirect[^<>]*/>", "", provider.metadata())
    assert connection.change(metadata=metadata).status == 200
    visitor = Visitor(house)
    action, fields = visitor.get(f"/sign-in/with/{connection.id}").form()
    verdict(action == "https://idp.example.com/sso/post", f"a provider that takes no redirects is sent a form: {action}")
    message = provider.server.parse_authn_request(fields["SAMLRequest"], BINDING_HTTP_POST).message
    _saml.REQUEST = message.id
    seen = connection.back(visitor, encoded(provider.response(sign_assertion=True)), fields["RelayState"])
    verdict(seen.status == 303 and visitor.signed_in, f"signed in: pysaml2, asked by a form: {seen.status} {seen.code}")


def not_twice(connection, provider):
    visitor = Visitor(house)
    query = connection.leave(visitor)
    _saml.REQUEST = asked(provider, query).id
    response = encoded(provider.response(sign_assertion=True))
    other = Visitor(house)
    connection.leave(other)
    seen = connection.back(other, response, query["RelayState"])
    verdict(seen.code == "sso_lapsed" and not other.signed_in, f"another browser is not signed in: {seen.code}")
    seen = connection.back(visitor, response, "")
    verdict(seen.code == "saml_unsolicited" and f"/sign-in/with/{connection.id}" in seen.body,
            f"without what the request carried there is a way to begin: {seen.code}")
    cookies = dict(visitor.cookies)
    verdict(connection.back(visitor, response, query["RelayState"]).status == 303, "the first use of an assertion signs in")
    again = Visitor(house)
    again.cookies = cookies
    seen = connection.back(again, response, query["RelayState"])
    verdict(seen.code == "replayed" and not again.signed_in, f"and the second doesn't: {seen.code}")
    verdict(connection.refusal()["code"] == "replayed", "an administrator is told why")
    seen = visitor.send(f"/sign-in/saml/{connection.id}", {"SAMLResponse": response, "RelayState": query["RelayState"]},
                        origin=PROVIDER)
    verdict(seen.code == "cross_site_refused", f"no other site sends to where it is judged: {seen.code}")


def keys_change_hands(connection, provider):
    """pysaml2 believes the new key once it has our new metadata, and the old one until then."""
    before = connection.metadata
    assert connection.change(act="announce_signing_key").status == 200
    announced = Provider(KEYS, connection.metadata)
    query = connection.leave(Visitor(house))
    verdict(bool(asked(provider, query)) and bool(asked(announced, query)), "an announced key is not used yet")
    assert connection.change(act="use_announced_key").status == 200
    query = connection.leave(Visitor(house))
    verdict(bool(asked(announced, query)), "pysaml2 believes the new key")
    try:
        old = asked(Provider(KEYS, before), query)
    except Exception:  # pysaml2 has many.
        old = None
    verdict(not old, "and whoever doesn't know it doesn't")
    return Provider(KEYS, connection.metadata)


class ServersKey:
    """What hostile documents are encrypted to: the server's own key, of which we have the public half."""

    def __init__(self, metadata, original):
        text = re.search(r'use="encryption".*?X509Certificate>([^<]+)<', metadata, re.S).group(1)
        certificate = x509.load_der_x509_certificate(base64.b64decode(text))
        self.__dict__.update(original.__dict__)
        self.key = self
        self.public_key = certificate.public_key


def refuse(connection, provider):
    """Everything that has fooled somebody's service provider: no session, no fault, no memory."""
    visitor = Visitor(house)
    query = connection.leave(visitor)
    _saml.REQUEST = asked(provider, query).id
    assertion_signed = provider.response(sign_assertion=True)
    both_signed = provider.response(sign_assertion=True, sign_response=True)
    weakly_encrypted = [
        provider.encrypted(XENC + content, session)
        for content, session in [("aes128-cbc", "aes-128"), ("aes256-cbc", "aes-256"), ("tripledes-cbc", "des-192")]
    ]
    KEYS.encryption = ServersKey(connection.metadata, KEYS.encryption)
    # They take what they are made of when they are read, and it is known now.
    import _saml_hostile as hostile
    import _saml_lexical as lexical

    cases = [(f"{group}: {what}", encoded(document))
             for group, what, document, _ in hostile.cases(KEYS, both_signed, assertion_signed, weakly_encrypted)]
    cases += [(f"forms: {what}", field) for what, field, _ in lexical.forms(assertion_signed)]
    verdict(len(cases) >= 250, f"{len(cases)} hostile documents, at least 250")
    before, sessions, faults, codes = house.memory, [], [], collections.Counter()
    path = f"/sign-in/saml/{connection.id}"
    started = time.monotonic()
    for what, field in cases:
        attacker = Visitor(house)
        attacker._connection, attacker.cookies = visitor._connection, dict(visitor.cookies)
        seen = attacker.send(path, {"SAMLResponse": field, "RelayState": query["RelayState"]})
        visitor._connection = attacker._connection
        codes[seen.code] += 1
        if attacker.signed_in or seen.status == 303:
            sessions.append(what)
        if seen.status >= 500 or seen.status < 400:
            faults.append(f"{what}: {seen.status}")
    took, grown = time.monotonic() - started, house.memory - before
    verdict(not sessions, f"none signs anybody in{'' if not sessions else f', but {sessions}'}")
    verdict(not faults, f"none is a fault of ours{'' if not faults else f', but {faults}'}")
    verdict(len(codes) >= 40, f"{len(codes)} different reasons: {codes.most_common(8)}")
    verdict(codes["sso_lapsed"] == 0, f"all were judged, in {took:.0f} s")
    verdict(grown < MEMORY, f"the server took {grown} MiB more at most, less than {MEMORY}")
    seen = connection.back(visitor, encoded(assertion_signed), query["RelayState"])
    verdict(seen.status == 303 and visitor.signed_in, f"and the good one they were made of signs in: {seen.status} {seen.code}")


admin = owner()
invited = admin.api("POST", "/v1/invitations", {"email": NAME, "name": "Ada Lovelace (fictional)", "role": "agent"})
assert invited.status == 201, f"{invited.status} {invited.body}"
connection = Connection(admin, asks={"encryption": "accepted"})
provider = Provider(KEYS, connection.metadata)
known = provider.server.metadata
verdict(
    known.assertion_consumer_service(_saml.SP)[0]["location"] == _saml.ACS
    and len(known.certs(_saml.SP, "spsso", "signing")) == 1
    and len(known.certs(_saml.SP, "spsso", "encryption")) == 1,
    "pysaml2 reads our metadata from the route",
)
leaked = provider.metadata().replace("</ns0:EntityDescriptor>", f"<ns0:X>{KEYS.rsa.pem.read_text()}</ns0:X></ns0:EntityDescriptor>")
verdict(connection.change(metadata=leaked).code == "metadata_private_key", "metadata with a private key is refused")
changed = connection.change(metadata=provider.metadata())
verdict(changed.status == 200, f"the provider's metadata is taken: {changed.status} {changed.code}")
sign_in(connection, provider)
not_twice(connection, provider)
provider = keys_change_hands(connection, provider)
refuse(connection, provider)
by_form(admin)
verdict.end()
