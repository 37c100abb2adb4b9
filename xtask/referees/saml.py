"""A real identity provider (pysaml2, xmlsec1) signs somebody in; hostile ones sign nobody in."""

import base64
import collections
import random
import re
import resource
import urllib.parse

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from lxml import etree

import _saml_hostile as hostile
import _saml_lexical as lexical
import _saml_styles as styles
from _house import Verdict
from _saml import *  # the provider's whole vocabulary

verdict = Verdict()
keys, judge = KEYS, Judge()
MINIMUM = 250
# MiB: the largest of the documents has 10, which the judge reads before the profile refuses it.
MEMORY = 64
# Seconds for all of them, without optimization.
TIME = 30


def exchange():
    """Each of us believes what the other tells of itself."""
    provider = Provider(keys, judge.one("service_provider")["xml"])
    (FOLDER / "idp.xml").write_text(provider.metadata())
    read = judge.one("metadata", file="idp.xml")
    verdict(
        (read.get("entity_id"), read.get("certificates"), read.get("post")) == (IDP, 3, "https://idp.example.com/sso/post"),
        f"pysaml2's metadata is read: {read}",
    )
    known = provider.server.metadata
    verdict(
        known.assertion_consumer_service(SP)[0]["location"] == ACS and len(known.certs(SP, "spsso", "encryption")) == 1,
        "pysaml2 reads ours: where to, and what to encrypt with",
    )
    for pair in [keys.rsa, keys.p256]:
        leak = base64.b64encode((FOLDER / f"{pair.name}.p8").read_bytes()).decode()
        for name, text in [("PEM", pair.pem.read_text()), ("base64", leak)]:
            (FOLDER / "leaked.xml").write_text(
                provider.metadata().replace("</ns0:EntityDescriptor>", f"<ns0:X>{text}</ns0:X></ns0:EntityDescriptor>")
            )
            code = judge.one("metadata", file="leaked.xml").get("code")
            verdict(code == "metadata_private_key", f"metadata with a private key in {name} is refused: {pair.name}, {code}")
    return provider


def requests(provider):
    """Our requests convince pysaml2, xmlsec1 and OpenSSL."""
    parse = provider.server.parse_authn_request

    def believed(query, **changed):
        query = {**query, **changed}
        try:
            read = parse(
                query["SAMLRequest"],
                saml2.BINDING_HTTP_REDIRECT,
                relay_state=query["RelayState"],
                sigalg=query["SigAlg"],
                signature=query["Signature"],
            )
            return read.message
        except Exception:  # pysaml2 has many.
            return None

    url = judge.one("redirect", relay_state="where & how", force_authn=True, authn_context=[PASSWORD])["url"]
    query = dict(urllib.parse.parse_qsl(url.split("?", 1)[1]))
    message = believed(query)
    verdict(
        message and message.id == REQUEST and message.force_authn == "true" and message.requested_authn_context,
        "pysaml2 believes a redirect, RSA",
    )
    verdict(
        not believed(query, RelayState="elsewhere") and not believed(query, Signature=base64.b64encode(bytes(256)).decode()),
        "and not a changed one",
    )
    url = judge.one("redirect", signing_key="sp-signing-p256.p8")["url"]
    asked, signature = url.split("?", 1)[1].split("&Signature=")
    raw = base64.b64decode(urllib.parse.unquote(signature))
    dss = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    for text, good in [(asked, True), (asked + "x", False)]:
        try:
            keys.signing_p256.key.public_key().verify(dss, text.encode(), ec.ECDSA(hashes.SHA256()))
            held = good
        except InvalidSignature:
            held = not good
        verdict(held, f"OpenSSL {'believes' if good else 'refuses'} a {'' if good else 'changed '}redirect, ECDSA")
    form = judge.one("post", authn_context=[PASSWORD], name_id_format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent")
    message = parse(form["saml_request"], saml2.BINDING_HTTP_POST).message
    verdict(message.id == REQUEST and message.destination == "https://idp.example.com/sso/post", "pysaml2 believes a form, RSA")
    for name, pair in [("sp-signing", keys.signing), ("sp-signing-p256", keys.signing_p256)]:
        request = base64.b64decode(judge.one("post", signing_key=f"{name}.p8")["saml_request"])
        verdict(
            verified(request, pair=pair) and not verified(request.replace(ACS.encode(), b"https://evil.example/acs"), pair=pair),
            f"xmlsec1 believes a form of {name}, and not a changed one",
        )


def by_pysaml2(provider):
    for signature, digest in [("rsa-sha512", "sha512"), ("rsa-sha256", "sha512")]:
        for both in [False, True]:
            made = provider.response(sign_assertion=True, sign_response=both, sign_alg=MORE + signature, digest_alg=XENC + digest)
            yield f"pysaml2, {'both' if both else 'assertion'}, {signature}, {digest}", made
    for content, session in [("aes128-gcm", "aes-128"), ("aes256-gcm", "aes-256")]:
        for both in [False, True]:
            made = provider.encrypted(XENC11 + content, session, sign_response=both)
            yield f"pysaml2, encrypted by xmlsec1, {content}, {'both' if both else 'assertion'}", made


def by_xmlsec1():
    for kind, pair in [("rsa", keys.rsa), ("p256", keys.p256), ("p384", keys.p384)]:
        for both in [False, True]:
            yield f"xmlsec1, {kind}, {'both' if both else 'assertion'}", told(pair, kind, both)
    yield from styles.responses(keys.rsa)
    edges = dict(
        not_after=f' NotOnOrAfter="{at(-59)}"',
        confirmed_until=f' NotOnOrAfter="{at(-59)}"',
        not_before=f' NotBefore="{at(60)}"',
        issued=60,
        instant=at(60),
    )
    yield "at the edges of all clocks", told(keys.p256, "p256", **edges)


def encrypted_by_openssl():
    """With OAEP of SHA-256, which this xmlsec1 doesn't know: it judges what is inside."""
    plain = re.search(r"<saml:Assertion.*</saml:Assertion>", told(keys.p256, "p256"), re.S).group(0)
    for content in ["aes128-gcm", "aes256-gcm"]:
        for transport in ["sha1", "sha256"]:
            for beside in [False, True]:
                sealed = encrypted_by_hand(plain, keys.encryption, content, transport, beside)
                where = "beside" if beside else "inside"
                yield f"OpenSSL, {content}, OAEP of {transport}, the key {where}", str(Story(assertions=sealed)), plain


def believed_by_xmlsec1(document):
    """What xmlsec1 alone says: every signature there is, after opening what is encrypted."""
    text = document if isinstance(document, str) else document.decode(errors="replace")
    if "EncryptedData" in text:
        around, text = text, decrypted(text, keys.encryption) or ""
        if "SignedInfo" in around and not verified(around):
            return False
        return verified(text, re.search(r'Assertion[^>]* ID="([^"]+)"', text).group(1))
    nodes = re.findall(r'<ds:Reference URI="#([^"]+)"|<\w*:?Reference URI="#([^"]+)"', text)
    nodes = [one or other for one, other in nodes]
    return bool(nodes) and all(verified(text, node) for node in nodes)


def accept(made, **question):
    """All of these, and xmlsec1 agrees."""
    made = list(made)
    answers = judge.documents([document for _, document, *_ in made], **question)
    for (what, document, *inside), answer in zip(made, answers):
        held = answer["verdict"] == "accepted" and answer["name_id"] == NAME and answer["issuer"] == IDP
        verdict(held, f"accepted: {what}{'' if held else f': {answer}'}")
        verdict(believed_by_xmlsec1(inside[0] if inside else document), f"xmlsec1 agrees: {what}")
    return {what: answer for (what, *_), answer in zip(made, answers)}


def expectations(assertion_signed, both_signed):
    """Good documents, under other conditions."""
    spent = re.search(r'Assertion[^>]* ID="([^"]+)"', assertion_signed).group(1)
    cases = [
        ("used before", assertion_signed, {"spent": [spent]}, "replayed"),
        ("the response has to be signed", assertion_signed, {"response_signed": True}, "response_unsigned"),
        ("the response has to be signed, and is", both_signed, {"response_signed": True}, None),
        ("another way of authentication is required", assertion_signed, {"authn_context": ["urn:x"]}, "authn_context_mismatch"),
        ("this way of authentication is required", assertion_signed, {"authn_context": ["urn:x", PASSWORD]}, None),
        (
            "authentication had to be anew",
            assertion_signed,
            {"authenticated_since_ms": (NOW + 3600) * 1000},
            "authn_instant_too_old",
        ),
        ("another request was sent", assertion_signed, {"request": "_another"}, "in_response_to_mismatch"),
        ("no request was sent", assertion_signed, {"request": None}, "in_response_to_mismatch"),
        ("an hour later", assertion_signed, {"now_ms": (NOW + 3600) * 1000}, "expired"),
        ("an hour before", assertion_signed, {"now_ms": (NOW - 3600) * 1000}, "not_yet_valid"),
        ("we are somebody else", assertion_signed, {"entity_id": "https://other.example"}, "audience_mismatch"),
        ("we are elsewhere", assertion_signed, {"acs_url": "https://other.example/acs"}, "destination_mismatch"),
    ]
    for what, document, conditions, code in cases:
        answer = judge.documents([document], **conditions)[0]
        verdict(answer.get("code") == code, f"{what}: {answer.get('code') or 'accepted'}")
    other = (FOLDER / "idp.xml").read_text().replace(IDP, "https://idp.example.org/metadata")
    (FOLDER / "other.xml").write_text(other)
    answer = judge.documents([assertion_signed], metadata="other.xml")[0]
    verdict(answer.get("code") == "issuer_mismatch", f"another organisation's provider says the same: {answer.get('code')}")


def refuse(assertion_signed, both_signed, weakly_encrypted):
    """Nobody hostile is believed, and what is refused is refused for its own reason."""
    cases = list(hostile.cases(keys, both_signed, assertion_signed, weakly_encrypted))
    names = collections.Counter(f"{group}: {what}" for group, what, *_ in cases)
    verdict(
        all(count == 1 for count in names.values()),
        f"every case is a case of its own: {[name for name, count in names.items() if count > 1]}",
    )
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    answers = judge.documents([document for _, _, document, _ in cases])
    spent = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    groups, tricked = collections.defaultdict(list), 0
    for (group, what, document, code), answer in zip(cases, answers):
        held = answer["verdict"] == "refused" and code in (None, answer["code"])
        groups[group].append((held, f"{what}: {answer.get('code', 'ACCEPTED')}, not {code}"))
        if len(document) < 100_000:
            # Wherever it stands and whatever it covers.
            tricked += verified(document)
    for group, found in groups.items():
        wrong = [text for held, text in found if not held]
        verdict(not wrong, f"{len(found)} {group}: all refused{'' if not wrong else f', but {wrong}'}")
    forms = list(lexical.forms(assertion_signed))
    questions = []
    for number, (_, field, _) in enumerate(forms):
        (FOLDER / f"form-{number}").write_text(field)
        questions.append({"ask": "form", "file": f"form-{number}"})
    wrong = [
        f"{what}: {answer}"
        for (what, _, code), answer in zip(forms, judge(questions))
        if answer["verdict"] != "refused" or code not in (None, answer["code"])
    ]
    verdict(not wrong, f"{len(forms)} forms: all refused{'' if not wrong else f', but {wrong}'}")
    total = len(cases) + len(forms)
    verdict(total >= MINIMUM, f"{total} hostile documents, at least {MINIMUM}")
    verdict(tricked >= 100, f"{tricked} of them have a signature that xmlsec1 alone believes")
    reasons = collections.Counter(answer.get("code") for answer in answers)
    verdict(len(reasons) >= 50, f"{len(reasons)} different reasons")
    verdict(judge.peak < MEMORY, f"it took {judge.peak} MiB, less than {MEMORY}")
    verdict(spent < TIME, f"and {spent:.1f} s of a processor, less than {TIME}")


def canonical_forms(count):
    """The canonical form is lxml's (libxml2), byte by byte, for every element of documents nobody thought of."""
    chance = random.Random(11)
    prefixes = {"": XENC, "a": ASSERTION, "p": PROTOCOL, "d": DSIG, "q": PROTOCOL, "xs": "http://www.w3.org/2001/XMLSchema"}
    xsi = 'xmlns:i="http://www.w3.org/2001/XMLSchema-instance"'
    words = [
        "x",
        " ",
        "\n",
        "\t",
        "é",
        "漢",
        "😀",
        "&amp;",
        "&lt;",
        "&gt;",
        "&quot;",
        "'",
        "&#13;",
        "&#9;",
        "&#10;",
        "\r\n",
        "]",
        "&#xe9;",
    ]

    def say():
        return "".join(chance.choice(words) for _ in range(chance.randrange(5)))

    def element(depth, scope):
        declared = {prefix: uri for prefix, uri in prefixes.items() if chance.random() < 0.3}
        if chance.random() < 0.2:
            declared[""] = chance.choice([ASSERTION, PROTOCOL, DSIG])
        inside = {**scope, **declared}
        prefix = chance.choice([name for name in inside if name != "xs"])
        name = f"{prefix}:E" if prefix else "E"
        attributes = [f'xmlns{":" if at_ else ""}{at_}="{uri}"' for at_, uri in declared.items()]
        attributes += [f'{at_}="{say()}"' for at_ in ["b", "a", "i:type", "xml:lang", "C"] if chance.random() < 0.3]
        chance.shuffle(attributes)
        children = "".join(element(depth + 1, inside) + say() for _ in range(chance.randrange(4) if depth < 5 else 0))
        return f"<{name} {' '.join(attributes)}>{say()}{children}</{name}>"

    questions, expected = [], []
    for number in range(count):
        document = f'<r {xsi} xmlns="{XENC}">{element(0, {"": XENC})}</r>'
        (FOLDER / f"canonical-{number}").write_bytes(document.encode())
        tree = etree.fromstring(document.encode())
        for nth, node in enumerate(tree.iter()):
            inclusive = chance.sample(["xs", "a", "p", "i", "absent"], chance.randrange(4))
            node.tail = None
            questions.append({"ask": "canonical", "file": f"canonical-{number}", "nth": nth, "inclusive": inclusive})
            expected.append(
                etree.tostring(node, method="c14n", exclusive=True, with_comments=False, inclusive_ns_prefixes=inclusive).decode()
            )
    answers = judge(questions)
    wrong = [
        (question, form, answer) for question, form, answer in zip(questions, expected, answers) if answer.get("form") != form
    ]
    verdict(
        not wrong, f"{len(questions)} canonical forms are lxml's{'' if not wrong else f', but {len(wrong)}, such as {wrong[0]}'}"
    )


provider = exchange()
assertion_signed = provider.response(sign_assertion=True)
both_signed = provider.response(sign_assertion=True, sign_response=True)
weakly_encrypted = [
    provider.encrypted(XENC + content, session)
    for content, session in [("aes128-cbc", "aes-128"), ("aes256-cbc", "aes-256"), ("tripledes-cbc", "des-192")]
]
accept([("pysaml2, assertion, rsa-sha256, sha256", assertion_signed), ("pysaml2, both, rsa-sha256, sha256", both_signed)])
accept(by_pysaml2(provider), now_ms=int(time.time() * 1000))
accepted = accept(by_xmlsec1())
roles = accepted["in the handwriting of Keycloak"].get("attributes")
verdict(roles == {"Role": ["offline_access", "staff"]}, f"values of one name are one list: {roles}")
accept(encrypted_by_openssl())
(FOLDER / "form").write_text(base64.encodebytes(assertion_signed.encode()).decode())
verdict(judge.one("form", file="form")["verdict"] == "accepted", "accepted: as a form, in lines")
requests(provider)
expectations(assertion_signed, both_signed)
refuse(assertion_signed, both_signed, weakly_encrypted)
canonical_forms(400)
verdict.end()
