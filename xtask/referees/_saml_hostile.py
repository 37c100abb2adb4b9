"""Hostile responses: everything that has fooled somebody's service provider, and what might.

Each case is (group, what it is, document, what it may be refused with, what else the judge is asked). Nobody who made one had a
key of the identity provider, except where a group says `signed`: there the provider itself says what the profile doesn't take.
"""

import base64
import hashlib
import os
import re

from _saml import *  # the provider's whole vocabulary
from _saml_lexical import bounds, cut, encodings, identifiers, lexical, namespaces, scattered
from _saml_wrapping import EVIL, wrapping


def signature_parts(good):
    """Signatures that say things twice, or say something else."""
    part = lambda name: re.search(rf"<ds:{name}\b[^>]*?(?:/>|>.*?</ds:{name}>)", good, re.S).group(0)
    twice = {
        "SignedInfo": None,
        "SignatureValue": None,
        "Reference": "signature_invalid",
        "DigestValue": "signature_invalid",
        "DigestMethod": "signature_invalid",
        "Transforms": "signature_invalid",
        "CanonicalizationMethod": None,
        "SignatureMethod": "signature_invalid",
    }
    for name, code in twice.items():
        other = (
            part(name).replace("sha256", "sha512")
            if "Method" in name
            else re.sub(r">[A-Za-z0-9+/=\s]{20,}<", ">AAAA<", part(name))
        )
        yield f"two {name}, the false one first", good.replace(part(name), other + part(name), 1), code
        yield f"two {name}, the false one last", good.replace(part(name), part(name) + other, 1), code
        yield f"no {name}", good.replace(part(name), "", 1), None
    info, value = part("SignedInfo"), part("SignatureValue")
    yield "SignedInfo in an Object", good.replace(value, value + f"<ds:Object>{info}</ds:Object>"), "element_unexpected"
    yield "element inside DigestValue", cut(good, "DigestValue", "<ds:X/>", 0), None
    yield "DigestValue of two texts", cut(good, "DigestValue", "<ds:DigestValue>AAAA</ds:DigestValue>", 0), None
    yield (
        "HMACOutputLength",
        good.replace(
            part("SignatureMethod"),
            part("SignatureMethod").replace("/>", "><ds:HMACOutputLength>0</ds:HMACOutputLength></ds:SignatureMethod>"),
        ),
        None,
    )
    yield (
        "a Manifest",
        good.replace(value, value + f"<ds:Object><ds:Manifest>{part('Reference')}</ds:Manifest></ds:Object>"),
        "element_unexpected",
    )
    yield "empty SignatureValue", good.replace(value, "<ds:SignatureValue/>"), "value_malformed"
    yield "SignatureValue of one byte", good.replace(value, "<ds:SignatureValue>AA==</ds:SignatureValue>"), "signature_invalid"
    yield (
        "SignatureValue of zeros",
        good.replace(value, f"<ds:SignatureValue>{base64.b64encode(bytes(256)).decode()}</ds:SignatureValue>"),
        "signature_invalid",
    )
    signature = re.search(r"<ds:Signature\b.*?</ds:Signature>", good, re.S).group(0)
    removed = good.replace(signature, "")
    yield "no signature", removed, "assertion_unsigned"
    yield "an empty signature", good.replace(signature, f'<ds:Signature xmlns:ds="{DSIG}"/>'), None
    yield "the signature on the response", removed.replace("</saml:Issuer>", "</saml:Issuer>" + signature, 1), None
    yield (
        "the signature before the issuer",
        removed.replace(
            "<saml:Issuer>" + IDP + "</saml:Issuer><saml:Subject",
            signature + "<saml:Issuer>" + IDP + "</saml:Issuer><saml:Subject",
        ),
        None,
    )
    for place in [
        "</saml:Subject>",
        "</samlp:Status>",
        "</saml:Conditions>",
        "</saml:AuthnStatement>",
        "</saml:Assertion>",
        "</samlp:Response>",
    ]:
        yield f"the signature before {place}", removed.replace(place, signature + place, 1), None
    yield "the signature twice", good.replace(signature, signature * 2), None


def signature_methods(keys):
    """Made by the attacker, with keys and methods of their own choice."""
    evil = f"<saml:NameID>{EVIL}</saml:NameID>"

    def made(pair, option="--privkey-pem", info=None, **more):
        document = signed(str(Story(name=evil, signature=template("_a1", **more))), "_a1", pair, option)
        return with_key_info(document, info) if info else document

    info = f"<ds:X509Data><ds:X509Certificate>{keys.attacker.base64}</ds:X509Certificate></ds:X509Data>"
    both = f"<ds:X509Data><ds:X509Certificate>{keys.rsa.base64}</ds:X509Certificate></ds:X509Data>" + info
    numbers = keys.attacker.key.public_key().public_numbers()
    number = lambda value: base64.b64encode(value.to_bytes((value.bit_length() + 7) // 8)).decode()
    value = f"<ds:KeyValue><ds:RSAKeyValue><ds:Modulus>{number(numbers.n)}</ds:Modulus><ds:Exponent>{number(numbers.e)}</ds:Exponent></ds:RSAKeyValue></ds:KeyValue>"
    yield "the attacker's key", made(keys.attacker), "signature_invalid"
    yield "the attacker's certificate in KeyInfo", made(keys.attacker, info=info), "signature_invalid"
    yield "both certificates in KeyInfo", made(keys.attacker, info=both), "signature_invalid"
    yield "the attacker's key in KeyValue", made(keys.attacker, info=value), "signature_invalid"
    yield "the provider's name in KeyName", made(keys.attacker, info=f"<ds:KeyName>{IDP}</ds:KeyName>"), "signature_invalid"
    yield "RetrievalMethod", made(keys.attacker, info='<ds:RetrievalMethod URI="http://127.0.0.1:9/key"/>'), "signature_invalid"
    yield "the attacker's key on P-256", made(keys.attacker_p256, method=METHODS["p256"]), "signature_invalid"
    yield "P-521", made(keys.p521, method=MORE + "ecdsa-sha512"), "signature_method"
    yield "P-521 with the name of P-384", made(keys.p521, method=METHODS["p384"]), "signature_invalid"
    yield "RSA of 1024 bits", made(keys.weak), "signature_invalid"
    for name, file in [("PEM", keys.rsa.cert), ("DER", FOLDER / "idp-rsa.der")]:
        for method in [MORE + "hmac-sha256", DSIG + "hmac-sha1"]:
            yield (
                f"HMAC with the certificate in {name}, {method[-11:]}",
                made(file, "--hmackey", method=method),
                "signature_method",
            )
    for method in ["rsa-sha384", "rsa-sha224", "rsa-md5", "rsa-ripemd160"]:
        try:
            yield f"the attacker's {method}", made(keys.attacker, method=MORE + method), "signature_method"
        except ValueError:
            yield f"the attacker's {method}, by name alone", made(keys.attacker).replace("rsa-sha256", method), "signature_method"


def signed_otherwise(keys):
    """Signed by the provider itself, by ways outside the profile."""

    def made(pair=keys.rsa, **more):
        try:
            return signed(str(Story(signature=template("_a1", **more))), "_a1", pair)
        except ValueError:
            digest = re.search("<ds:DigestValue>.*?</ds:DigestValue>", good, re.S).group(0)
            return resigned(str(Story(signature=template("_a1", **more))).replace("<ds:DigestValue/>", digest), pair)

    good = told(keys.rsa)
    by_provider = lambda old, new: resigned(good.replace(old, new, 1), keys.rsa)

    c14n = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
    transform = lambda uri, inside="": f'<ds:Transform Algorithm="{uri}">{inside}</ds:Transform>'
    xpath = transform("http://www.w3.org/TR/1999/REC-xpath-19991116", "<ds:XPath>not(ancestor-or-self::ds:Signature)</ds:XPath>")
    xpath_nothing = transform("http://www.w3.org/TR/1999/REC-xpath-19991116", "<ds:XPath>false()</ds:XPath>")
    xslt = transform(
        "http://www.w3.org/TR/1999/REC-xslt-19991116",
        '<x:stylesheet xmlns:x="http://www.w3.org/1999/XSL/Transform" version="1.0"><x:template match="/"><y/></x:template></x:stylesheet>',
    )
    filter2 = transform(
        "http://www.w3.org/2002/06/xmldsig-filter2",
        '<f:XPath xmlns:f="http://www.w3.org/2002/06/xmldsig-filter2" Filter="intersect">id("_a1")</f:XPath>',
    )
    yield "SHA-1 signature", made(method=DSIG + "rsa-sha1"), "signature_method"
    yield "SHA-384 signature", made(method=MORE + "rsa-sha384"), "signature_method"
    yield "SHA-1 digest", made(digest=DSIG + "sha1"), "signature_digest_method"
    yield "SHA-384 digest", made(digest=MORE + "sha384"), "signature_digest_method"
    yield "MD5 digest", made(digest=MORE + "md5"), "signature_digest_method"
    yield "ECDSA with SHA-1", made(keys.p256, method=MORE + "ecdsa-sha1"), "signature_method"
    yield "ECDSA with SHA-512", made(keys.p384, method=MORE + "ecdsa-sha512"), "signature_method"
    yield "P-384 with SHA-256", made(keys.p384, method=METHODS["p256"]), "signature_invalid"
    yield "P-256 with SHA-384", made(keys.p256, method=METHODS["p384"]), "signature_invalid"
    for name, uri in [
        ("inclusive", c14n),
        ("inclusive with comments", c14n + "#WithComments"),
        ("1.1", "http://www.w3.org/2006/12/xml-c14n11"),
        ("exclusive with comments", EXCLUSIVE + "WithComments"),
    ]:
        yield f"canonicalization {name}", made(c14n=uri), "signature_canonicalization"
        yield f"transform {name}", made(transforms=ENVELOPED + transform(uri)), "signature_transforms"
    yield "no transforms but the enveloped signature", made(transforms=ENVELOPED), "element_missing"
    yield "transforms in the other order", made(transforms=EXC + ENVELOPED), "signature_transforms"
    yield "the same transform twice", made(transforms=ENVELOPED + EXC + EXC), "signature_transforms"
    yield "enveloped twice", made(transforms=ENVELOPED + ENVELOPED), "signature_transforms"
    yield "XPath instead of enveloped", made(transforms=xpath + EXC), "signature_transforms"
    yield "XPath that leaves nothing", made(transforms=ENVELOPED + xpath_nothing), "signature_transforms"
    yield "XPath that leaves nothing, then exclusive", made(transforms=ENVELOPED + xpath_nothing + EXC), "signature_transforms"
    yield "XSLT", made(transforms=ENVELOPED + xslt + EXC), None
    yield "XPath filter 2", made(transforms=ENVELOPED + filter2 + EXC), None
    yield "base64 transform", by_provider(EXC, transform(DSIG + "base64")), "signature_transforms"
    yield "base64 transform first", by_provider(ENVELOPED, transform(DSIG + "base64")), "signature_transforms"
    yield "URI of the whole document", made(uri=' URI=""'), "signature_reference"
    yield "URI of the response", made(uri=' URI="#_r1"'), "signature_reference"
    yield "URI by xpointer", made(uri=" URI=\"#xpointer(id('_a1'))\""), "signature_reference"
    yield "URI by xpointer of all", made(uri=' URI="#xpointer(/)"'), "signature_reference"
    yield "no URI", by_provider(' URI="#_a1"', ""), "attribute_missing"
    for name, uri in {
        "nothing": "#_absent",
        "a file": "file:///etc/hostname",
        "a web page": "http://127.0.0.1:9/",
        "a name without #": "_a1",
        "two": "#_a1 #_r1",
        "other letters": "#_A1",
    }.items():
        yield f"URI of {name}", by_provider('URI="#_a1"', f'URI="{uri}"'), "signature_reference"
    empty = base64.b64encode(hashlib.sha256(b"").digest()).decode()
    yield (
        "the digest of nothing",
        resigned(re.sub("<ds:DigestValue>[^<]*", f"<ds:DigestValue>{empty}", good, count=1), keys.rsa),
        "signature_digest",
    )
    nothing = resigned(re.sub("<ds:DigestValue>[^<]*", f"<ds:DigestValue>{empty}", good, count=1), keys.rsa)
    yield (
        "the digest of nothing, and a relative namespace",
        nothing.replace("<saml:Assertion ", '<saml:Assertion xmlns:ns="1" '),
        "xml_namespace_relative",
    )
    for name in ["DigestValue", "DigestMethod", "Reference"]:
        part = re.search(rf"<ds:{name}\b[^>]*?(?:/>|>.*?</ds:{name}>)", good, re.S).group(0)
        yield f"two {name}", by_provider(part, part + part), None
    many = "".join(f" p{n}" for n in range(10_000))
    yield (
        "10,000 inclusive prefixes",
        made().replace(EXC, transform(EXCLUSIVE, f'<ec:InclusiveNamespaces xmlns:ec="{EXCLUSIVE}" PrefixList="{many}"/>')),
        None,
    )
    for what, place, target in [
        ("the status", "<samlp:Status>", "_x"),
        ("the subject", "<saml:Subject>", "_x"),
        ("the conditions", "<saml:Conditions", "_x"),
    ]:
        element = place.strip("<>")
        document = str(Story(before="")).replace(place, f'{place.rstrip(">")} ID="_x"' + (">" if place.endswith(">") else ""), 1)
        document = document.replace("</saml:Issuer><samlp:Status", f"</saml:Issuer>{template('_x')}<samlp:Status", 1)
        source = FOLDER / "unsigned.xml"
        source.write_text(document)
        name = ASSERTION + ":" + element.split(":")[1] if element.startswith("saml:") else PROTOCOL + ":Status"
        done = xmlsec("--sign", "--privkey-pem", keys.rsa.pem, "--id-attr:ID", name, source)
        assert done.returncode == 0, done.stderr
        yield f"a signature over {what} only", done.stdout.decode(), None
    yield (
        "only the response is signed",
        signed(str(Story(response_signature=template("_r1"))), "_r1", keys.rsa),
        "assertion_unsigned",
    )


def contents(keys):
    """Signed by the provider: all of it true, and none of it for us, now."""

    def made(code, both=False, **words):
        return told(keys.p256, "p256", both, **words), code

    audience = lambda text: f"<saml:AudienceRestriction><saml:Audience>{text}</saml:Audience></saml:AudienceRestriction>"
    restriction = audience(SP)
    yield "another audience", *made("audience_mismatch", audience=audience("https://sealpost.example/saml/0000"))
    for name, other in {
        "slash": SP + "/",
        "letters": SP.upper(),
        "white space": " " + SP,
        "prefix": SP[:-1],
        "suffix": SP + "0",
        "line end": SP + "\n",
        "scheme": SP.replace("https", "http"),
        "homoglyph": SP.replace("a", "а", 1),
    }.items():
        yield f"an audience that differs by {name}", *made("audience_mismatch", audience=audience(other))
    yield "no audience", *made("element_missing", audience="")
    yield "an empty audience", *made("value_malformed", audience=audience(""))
    yield "a restriction without audience", *made("audience_mismatch", audience="<saml:AudienceRestriction/>")
    yield "ours and another restriction", *made("audience_mismatch", audience=restriction + audience("https://other.example"))
    yield (
        "an unknown condition",
        *made(
            "element_unexpected",
            audience=restriction + '<saml:Condition xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="saml:X"/>',
        ),
    )
    yield "another recipient", *made("recipient_mismatch", recipient=f' Recipient="{ACS}/"')
    yield "no recipient", *made("attribute_missing", recipient="")
    yield "another destination", *made("destination_mismatch", destination=' Destination="https://other.example/acs"')
    yield (
        "another destination, signed",
        *made("destination_mismatch", both=True, destination=' Destination="https://other.example/acs"'),
    )
    yield "no destination", *made("attribute_missing", destination="")
    yield "an empty destination", *made("destination_mismatch", destination=' Destination=""')
    for place in ["in_response_to", "confirmed"]:
        yield f"another request: {place}", *made("in_response_to_mismatch", **{place: ' InResponseTo="_other"'})
        yield f"no request: {place}", *made("in_response_to_mismatch", **{place: ""})
    yield "unsolicited", *made("in_response_to_mismatch", in_response_to="", confirmed="")
    for place in ["issuer", "assertion_issuer"]:
        for name, other in {
            "another": "https://idp.example.org/metadata",
            "homoglyph": IDP.replace("e", "е", 1),
            "white space": IDP + " ",
            "letters": IDP.upper(),
            "slash": IDP + "/",
        }.items():
            yield f"{name}: {place}", *made("issuer_mismatch", **{place: other})
        yield f"empty: {place}", *made("value_malformed", **{place: ""})
    for version in ["1.1", "2.1", "2", ""]:
        yield f"version {version!r}", *made("version_unsupported", version=version)
    for what, code, words in [
        ("expired", "expired", dict(not_after=f' NotOnOrAfter="{at(-61)}"')),
        ("expired long ago", "expired", dict(not_after=f' NotOnOrAfter="{at(-86400)}"')),
        ("just expired", "expired", dict(not_after=f' NotOnOrAfter="{at(-60)}"')),
        ("confirmation expired", "expired", dict(confirmed_until=f' NotOnOrAfter="{at(-60)}"')),
        ("confirmation without end", "attribute_missing", dict(confirmed_until="")),
        ("confirmation not before", "attribute_unexpected", dict(confirmation_more=f' NotBefore="{at(-60)}"')),
        ("not valid yet", "not_yet_valid", dict(not_before=f' NotBefore="{at(61)}"')),
        ("issued in the future", "not_yet_valid", dict(issued=61)),
        ("authenticated in the future", "not_yet_valid", dict(instant=at(61))),
        ("session over", "expired", dict(session=f' SessionNotOnOrAfter="{at(-60)}"')),
        ("no moment", "value_malformed", dict(not_after=' NotOnOrAfter=""')),
        ("a moment without zone", "value_malformed", dict(not_after=f' NotOnOrAfter="{at(300)[:-1]}"')),
        ("a moment of another zone", "value_malformed", dict(not_after=f' NotOnOrAfter="{at(300)[:-1]}+14:00"')),
        ("a moment that is a number", "value_malformed", dict(not_after=' NotOnOrAfter="99999999999"')),
        ("a moment of month 13", "value_malformed", dict(not_after=' NotOnOrAfter="2999-13-01T00:00:00Z"')),
        ("a moment of year 99999", "value_malformed", dict(not_after=' NotOnOrAfter="99999-01-01T00:00:00Z"')),
        ("holder of key", "confirmation_unsupported", dict(method="urn:oasis:names:tc:SAML:2.0:cm:holder-of-key")),
        ("sender vouches", "confirmation_unsupported", dict(method="urn:oasis:names:tc:SAML:2.0:cm:sender-vouches")),
        ("no subject", "element_missing", dict(subject="")),
        ("no confirmation", "element_missing", dict(subject=f"<saml:Subject><saml:NameID>{NAME}</saml:NameID></saml:Subject>")),
        (
            "no confirmation data",
            "element_missing",
            dict(
                subject=f'<saml:Subject><saml:NameID>{NAME}</saml:NameID><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"/></saml:Subject>'
            ),
        ),
        ("no conditions", "element_missing", dict(conditions="")),
        ("no statement", "element_missing", dict(authentication="")),
        ("two statements", "element_unexpected", dict(attributes=f'<saml:AuthnStatement AuthnInstant="{at(0)}"/>')),
        ("a decision", "element_unexpected", dict(attributes="<saml:AuthzDecisionStatement/>")),
        ("advice", "element_missing", dict(advice="<saml:Advice/>")),
        ("an unknown attribute of the assertion", "attribute_unexpected", dict(assertion_more=' Admin="true"')),
        ("an unknown attribute of the response", "attribute_unexpected", dict(response_more=' Admin="true"')),
        ("no name", "element_missing", dict(name="")),
        ("two names", "element_missing", dict(name=f"<saml:NameID>{NAME}</saml:NameID><saml:NameID>{EVIL}</saml:NameID>")),
        ("a base ID", "element_missing", dict(name="<saml:BaseID/>")),
        ("an encrypted name", "element_missing", dict(name="<saml:EncryptedID/>")),
        ("a name in a name", "content_mixed", dict(name=f"<saml:NameID>{NAME}<saml:NameID>{EVIL}</saml:NameID></saml:NameID>")),
        (
            "a name for somebody else",
            "name_id_unusable",
            dict(name=f'<saml:NameID SPNameQualifier="https://other.example">{NAME}</saml:NameID>'),
        ),
        (
            "encrypted attributes",
            "element_unexpected",
            dict(attributes="<saml:AttributeStatement><saml:EncryptedAttribute/></saml:AttributeStatement>"),
        ),
        ("extensions", "element_missing", dict(before="<samlp:Extensions/>")),
        ("something after the assertion", "element_unexpected", dict(after="<samlp:Extensions/>")),
        ("text between elements", "content_mixed", dict(before="x")),
    ]:
        yield what, *made(code, **words)
    for status in ["Responder", "Requester", "VersionMismatch", "AuthnFailed", "success", "Success "]:
        yield f"status {status}", *made("status_not_success", status=SUCCESS.replace("Success", status))
    yield "no status code", *made("element_missing", status="")
    yield "two status codes", *made("element_unexpected", status=SUCCESS * 2)
    yield (
        "a code inside success",
        *made(
            "element_unexpected", status=SUCCESS.replace("/>", f">{SUCCESS.replace('Success', 'Responder')}</samlp:StatusCode>")
        ),
    )
    for name, point in {
        "right-to-left override": 0x202E,
        "left-to-right mark": 0x200E,
        "isolate": 0x2066,
        "Arabic mark": 0x61C,
        "zero width space": 0x200B,
        "zero width joiner": 0x200D,
        "soft hyphen": 0xAD,
        "word joiner": 0x2060,
        "byte order mark": 0xFEFF,
        "tag": 0xE0041,
        "variation": 0xFE0F,
        "line separator": 0x2028,
        "next line": 0x85,
        "Hangul filler": 0x3164,
    }.items():
        yield f"{name} in the name", *made("name_id_unusable", name=f"<saml:NameID>ada{chr(point)}@example.com</saml:NameID>")
    for name in ["", " ", f" {NAME}", f"{NAME} ", f"{NAME}\n", "ada\t@example.com", "\u00a0" + NAME, "x" * 1025]:
        yield f"the name {name[:20]!r}", *made("name_id_unusable", name=f"<saml:NameID>{name}</saml:NameID>")


def several(keys):
    """More than one assertion, each of them signed by the provider."""
    assertion = lambda node, name: Story(
        assertion_id=f' ID="{node}"', name=f"<saml:NameID>{name}</saml:NameID>", signature=template(node, METHODS["p256"])
    ).assertion()
    one = signed(str(Story(assertions=assertion("_a1", NAME))), "_a1", keys.p256)
    two = signed(str(Story(assertions=assertion("_a1", NAME) + assertion("_a2", EVIL))), "_a1", keys.p256)
    two = signed(two, "_a2", keys.p256)
    yield "two signed assertions", two, None
    both = signed(
        two.replace("</saml:Issuer><samlp:Status>", f"</saml:Issuer>{template('_r1', METHODS['p256'])}<samlp:Status>", 1),
        "_r1",
        keys.p256,
    )
    yield "two signed assertions in a signed response", both, None
    nested = lambda where: signed(
        signed(str(Story(signature=template("_a1", METHODS["p256"]), **{where: where_text(where)})), "_a2", keys.p256),
        "_a1",
        keys.p256,
    )

    def where_text(where):
        inner = assertion("_a2", EVIL)
        return (
            f"<saml:Advice>{inner}</saml:Advice>"
            if where == "advice"
            else (
                f'<saml:AttributeStatement><saml:Attribute Name="x"><saml:AttributeValue>{inner}</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>'
            )
        )

    for where in ["advice", "attributes"]:
        yield f"a signed assertion in the {where} of another", nested(where), "assertion_count"
    plain = re.search(r"<saml:Assertion.*</saml:Assertion>", one, re.S).group(0)
    sealed = encrypted_by_hand(plain.replace("_a1", "_a9"), keys.encryption)
    yield "one in clear and one encrypted", one.replace("</samlp:Response>", sealed + "</samlp:Response>"), "element_unexpected"
    yield "no assertion", str(Story(assertions="")), "assertion_count"
    yield (
        "a response in a response",
        one.replace(
            "<saml:Assertion",
            one[one.index("<samlp:Response") :].replace("_a1", "_b").replace("_r1", "_c") + "<saml:Assertion",
            1,
        ),
        None,
    )


def hidden(good):
    """Another response or another status, in containers that nobody reads."""
    status = f"<samlp:Status>{SUCCESS}</samlp:Status>"
    kinds = [("status", status), ("failed status", status.replace("Success", "Responder")), ("response", '<samlp:Response ID="_r9" Version="2.0"/>')]
    for name, inside in kinds:
        detail = f"<samlp:StatusDetail>{inside}</samlp:StatusDetail></samlp:Status>"
        yield f"a {name} in StatusDetail", good.replace("</samlp:Status>", detail, 1), "response_count"
        info = f"</ds:SignatureValue><ds:KeyInfo>{inside}</ds:KeyInfo>"
        yield f"a {name} in KeyInfo", good.replace("</ds:SignatureValue>", info, 1), "response_count"


def encryption(keys, weakly_encrypted):
    """What is encrypted: anybody can encrypt to us."""
    good = told(keys.p256, "p256")
    plain = re.search(r"<saml:Assertion.*</saml:Assertion>", good, re.S).group(0)
    within = lambda sealed, **words: str(Story(assertions=sealed, **words))
    seal = lambda plaintext, **options: within(encrypted_by_hand(plaintext, keys.encryption, **options))
    unsigned = Story(name=f"<saml:NameID>{EVIL}</saml:NameID>").assertion()
    yield "unsigned inside", seal(unsigned), "assertion_unsigned"
    yield "changed inside", seal(plain.replace(NAME, EVIL)), None
    yield "comment inside", seal(plain.replace("ada", "ada<!---->")), "xml_comment"
    yield "document type inside", seal("<!DOCTYPE x>" + plain), "xml_document_type"
    yield "entity inside", seal('<!DOCTYPE x [<!ENTITY e "x">]>' + plain.replace("ada", "ada&e;")), "xml_document_type"
    yield "two inside", seal(plain + unsigned), "xml_outside_root"
    yield "text inside", seal("x"), "xml_outside_root"
    yield "nothing inside", seal(""), "xml_syntax"
    yield "a response inside", seal(good), "response_count"
    yield "byte order mark inside", seal("\ufeff" + plain), "xml_byte_order_mark"
    yield "a name inside", seal(f'<saml:NameID xmlns:saml="{ASSERTION}">{NAME}</saml:NameID>'), "root_unexpected"
    yield (
        "wrapped inside",
        seal(
            plain.replace("</saml:Conditions>", f"</saml:Conditions><saml:Advice>{unsigned.replace('_a1', '_a2')}</saml:Advice>")
        ),
        "assertion_count",
    )
    inner = encrypted_by_hand(plain, keys.encryption).replace(
        "<saml:EncryptedAssertion>", f'<saml:EncryptedAssertion xmlns:saml="{ASSERTION}">'
    )
    yield "encrypted twice", seal(inner), "root_unexpected"
    around = str(Story(response_signature=template("_r1"), assertions=encrypted_by_hand(unsigned, keys.encryption)))
    yield "unsigned inside a signed response", signed(around, "_r1", keys.rsa), "assertion_unsigned"
    for name, damage in {
        "a bit of the content": lambda sealed, key: (bytes([sealed[0]]) + bytes([sealed[1] ^ 1]) + sealed[2:], key),
        "a bit of the tag": lambda sealed, key: (sealed[:-1] + bytes([sealed[-1] ^ 1]), key),
        "a tag cut short": lambda sealed, key: (sealed[:-4], key),
        "nothing but a nonce": lambda sealed, key: (sealed[:12], key),
        "less than a nonce": lambda sealed, key: (sealed[:5], key),
        "a bit of the key": lambda sealed, key: (sealed, key[:-1] + bytes([key[-1] ^ 1])),
        "half of the key": lambda sealed, key: (sealed, key[:128]),
        "a key of zeros": lambda sealed, key: (sealed, bytes(256)),
        "a key of too many bytes": lambda sealed, key: (sealed, key + b"\0"),
    }.items():
        yield f"changed: {name}", seal(plain, damage=damage), "encryption_closed"
    yield "a key of the wrong length", seal(plain, key=os.urandom(16)), "encryption_closed"
    yield "for somebody else", within(encrypted_by_hand(plain, keys.attacker)), "encryption_closed"
    sealed = encrypted_by_hand(plain, keys.encryption)
    for name, old, new in [
        ("CBC by name", XENC11 + "aes256-gcm", XENC + "aes256-cbc"),
        ("192 bits by name", "aes256-gcm", "aes192-gcm"),
        ("PKCS #1 v1.5", XENC11 + "rsa-oaep", XENC + "rsa-1_5"),
        ("OAEP of two hashes", "mgf1sha256", "mgf1sha1"),
        ("OAEP of SHA-512", "xmlenc#sha256", "xmlenc#sha512"),
        ("no method", XENC11 + "aes256-gcm", ""),
    ]:
        assert old in sealed
        yield name, within(sealed.replace(old, new, 1)), "encryption_method"
    key = re.search(r"<xenc:EncryptedKey.*?</xenc:EncryptedKey>", sealed, re.S).group(0)
    yield (
        "two keys beside each other",
        within(sealed.replace("</saml:Enc", key.replace("_k1", "_k2") + "</saml:Enc")),
        "element_unexpected",
    )
    yield "no key", within(sealed.replace(key, "")), "element_missing"
    yield (
        "a reference to the content",
        within(
            re.sub(
                r"<xenc:CipherValue>(?!.*<xenc:CipherValue>).*?</xenc:CipherValue>",
                '<xenc:CipherReference URI="file:///etc/passwd"/>',
                sealed,
            )
        ),
        "element_missing",
    )
    yield "content only", within(sealed.replace("xmlenc#Element", "xmlenc#Content")), "value_malformed"
    yield (
        "an OAEP label",
        within(sealed.replace("<ds:DigestMethod", "<xenc:OAEPparams>AAAA</xenc:OAEPparams><ds:DigestMethod", 1)),
        "element_unexpected",
    )
    for number, document in enumerate(weakly_encrypted):
        yield f"the provider's own CBC, {number}", document, "encryption_method"


def cases(keys, pysaml2_both, pysaml2_assertion, weakly_encrypted):
    """All of it."""
    good, both = told(keys.rsa), told(keys.p256, "p256", both=True)
    with_attributes = told(
        keys.rsa,
        attributes='<saml:AttributeStatement><saml:Attribute Name="a"><saml:AttributeValue>staff member</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>',
    )
    groups = [
        ("wrapped, by pysaml2", ((what, document, None) for what, document in wrapping(pysaml2_both, pysaml2_assertion))),
        ("wrapped", ((what, document, None) for what, document in wrapping(both, good))),
        ("lexical", lexical(with_attributes)),
        ("lexical, by pysaml2", lexical(pysaml2_assertion)),
        ("encodings", encodings(good)),
        ("signature's parts", signature_parts(good)),
        ("signature's methods", signature_methods(keys)),
        ("signed otherwise", signed_otherwise(keys)),
        ("identifiers", identifiers(good)),
        ("namespaces", namespaces(good)),
        ("signed contents", contents(keys)),
        ("several", several(keys)),
        ("hidden", hidden(good)),
        ("encryption", encryption(keys, weakly_encrypted)),
        ("bounds", bounds(good)),
        ("bytes", scattered(good, 60)),
        ("bytes, both signed", scattered(both, 60)),
    ]
    for group, found in groups:
        for what, document, code in found:
            yield group, what, document, code
