"""Hostile texts: what readers of XML read in two ways, or read for ever."""

import base64
import random
import re
import zlib

from _saml import *  # the provider's whole vocabulary


def inside(document, element, nth=0):
    """Where the text of an element begins and ends."""
    found = list(re.finditer(rf"<(?:\w+:)?{element}(?:\s[^>]*)?>([^<]*)<", document))
    return found[nth].span(1)


def cut(document, element, insert, keep=None):
    """Inserts into the text of an element, in its middle or after `keep` characters."""
    start, end = inside(document, element)
    middle = (start + end) // 2 if keep is None else start + keep
    return document[:middle] + insert + document[middle:]


def lexical(good):
    """What canonical XML doesn't see, and readers of DOM trees see differently."""
    for element in ["NameID", "Audience", "DigestValue", "SignatureValue", "Issuer", "X509Certificate", "AttributeValue"]:
        if f"{element}>" not in good:
            continue
        yield f"comment in {element}", cut(good, element, "<!-- x -->"), "xml_comment"
        yield f"empty comment in {element}", cut(good, element, "<!---->"), "xml_comment"
        yield f"processing instruction in {element}", cut(good, element, "<?x y?>"), "xml_processing_instruction"
        yield f"CDATA in {element}", cut(good, element, "<![CDATA[]]>"), "xml_cdata"
        yield f"entity in {element}", "<!DOCTYPE x [<!ENTITY e ''>]>" + cut(good, element, "&e;"), "xml_document_type"
        yield f"undeclared entity in {element}", cut(good, element, "&e;"), "xml_entity"
    start, end = inside(good, "DigestValue")
    yield "comment before DigestValue's text", good[:start] + "<!--x-->" + good[start:], "xml_comment"
    start, end = inside(good, "NameID")
    yield "whole NameID in CDATA", good[:start] + f"<![CDATA[{good[start:end]}]]>" + good[end:], "xml_cdata"
    declaration = '<?xml version="1.0" encoding="UTF-8"?>'
    good = re.sub(r"^<\?xml[^>]*>\s*", "", good)
    types = {
        "empty": "<!DOCTYPE Response>",
        "internal": '<!DOCTYPE Response [<!ENTITY e "x">]>',
        "external": '<!DOCTYPE Response SYSTEM "http://127.0.0.1:9/x.dtd">',
        "public": '<!DOCTYPE Response PUBLIC "-//X//Y" "x.dtd">',
        "file": '<!DOCTYPE Response [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
        "parameter": '<!DOCTYPE Response [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x"> %p;]>',
        "of laughs": "<!DOCTYPE r ["
        + '<!ENTITY a0 "ha">'
        + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
        + "]>",
        "with a default attribute": '<!DOCTYPE r [<!ATTLIST saml:NameID Format CDATA "x">]>',
        "with an ID": "<!DOCTYPE r [<!ATTLIST samlp:Response x ID #IMPLIED>]>",
    }
    for name, dtd in types.items():
        yield f"document type {name}", dtd + good, "xml_document_type"
        yield f"document type {name}, after a declaration", declaration + dtd + good, "xml_document_type"
    yield "style sheet", declaration + '<?xml-stylesheet type="text/xsl" href="x"?>' + good, "xml_processing_instruction"
    yield "comment at the beginning", declaration + "<!-- -->" + good, "xml_comment"
    yield "comment at the end", good + "<!-- -->", "xml_comment"
    yield "processing instruction at the end", good + "<?x?>", "xml_processing_instruction"
    yield "two roots", good + good, "xml_outside_root"
    yield "text at the end", good + "x", "xml_outside_root"
    yield "white space before the declaration", " " + declaration + good, "xml_processing_instruction"
    yield "version 1.1", declaration.replace("1.0", "1.1") + good, "xml_declaration"
    yield (
        "U+0085 as a line end of version 1.1",
        declaration.replace("1.0", "1.1") + good.replace("><", ">\u0085<", 1),
        "xml_declaration",
    )
    yield "reference to NUL", cut(good, "NameID", "&#0;"), "xml_character"
    yield "reference to a surrogate", cut(good, "NameID", "&#xD800;"), "xml_character"
    yield "NUL in the name", cut(good, "NameID", "\0"), "xml_character"
    yield "NUL at the end", good + "\0", "xml_outside_root"
    yield "NUL at the beginning", "\0" + good, "xml_outside_root"
    yield "control character in the name", cut(good, "NameID", "\x08"), "xml_character"


def encodings(good):
    good = re.sub(r"^<\?xml[^>]*>\s*", "", good)
    declared = lambda name: f'<?xml version="1.0" encoding="{name}"?>' + good
    yield "byte order mark", b"\xef\xbb\xbf" + good.encode(), "xml_byte_order_mark"
    for name in ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"]:
        yield name, declared("UTF-" + name[4:6]).encode(name), None
        yield f"{name} without a declaration", good.encode(name), None
    yield "utf-16 with its mark", declared("UTF-16").encode("utf-16"), "xml_not_utf8"
    yield "utf-7", declared("UTF-7").encode("utf-7"), None
    yield "declared utf-7, ASCII bytes", declared("UTF-7").encode(), "xml_declaration"
    yield "EBCDIC", declared("cp037").encode("cp037"), None
    for name in ["ISO-8859-1", "US-ASCII", "UTF-16", "windows-1252", "x-user-defined"]:
        yield f"declared {name}", declared(name).encode(), "xml_declaration"
    middle = good.index("ada@")
    for name, raw in [
        ("overlong", b"\xc0\xbc"),
        ("surrogates", b"\xed\xa0\x80\xed\xb0\x80"),
        ("past the last", b"\xf4\x90\x80\x80"),
        ("a lone continuation", b"\x80"),
        ("Latin-1", b"\xe9"),
    ]:
        yield f"UTF-8 with {name}", good[:middle].encode() + raw + good[middle:].encode(), "xml_not_utf8"
    yield "U+FFFF", cut(good, "NameID", "\uffff").encode(), "xml_character"


def identifiers(good):
    for what, change in {
        "xml:id beside ID": ' xml:id="_a1" ID="_x"',
        "samlp:ID beside ID": ' samlp:ID="_a1" ID="_x"',
        "saml:ID beside ID": ' saml:ID="_x" ID="_a1"',
        "Id beside ID": ' Id="_a1" ID="_x"',
        "id beside ID": ' id="_a1" ID="_x"',
        "iD beside ID": ' iD="_x" ID="_a1"',
        "ID twice": ' ID="_a1" ID="_x"',
        "Id instead of ID": ' Id="_a1"',
        "xml:id instead of ID": ' xml:id="_a1"',
        "samlp:ID instead of ID": ' samlp:ID="_a1"',
        "no ID": "",
        "an empty ID": ' ID=""',
        "an ID with white space": ' ID="_a1 "',
        "an ID of two": ' ID="_a1 _x"',
        "an ID that begins with a digit": ' ID="1"',
        "an ID with a colon": ' ID="a:_a1"',
        "an ID of another script": ' ID="_а1"',
        "the response's ID": ' ID="_r1"',
        "AssertionID beside ID": ' AssertionID="_a1" ID="_x"',
        "xsi:id beside ID": ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:id="_a1" ID="_x"',
    }.items():
        yield what, good.replace(' ID="_a1"', change), None
    for element in ["<saml:Subject", "<saml:Conditions", "<saml:AuthnStatement", "<samlp:Status", "<saml:NameID"]:
        yield f"the assertion's ID on {element} too", good.replace(element, element + ' ID="_a1"', 1), "xml_id_repeated"
    yield (
        "the assertion's ID on the signature too",
        good.replace("<ds:SignedInfo", '<ds:SignedInfo Id="_a1"', 1),
        "xml_id_repeated",
    )


def namespaces(good):
    assertion = f'xmlns:saml="{ASSERTION}"'
    cases = {
        "ds is something else": (f'xmlns:ds="{DSIG}"', 'xmlns:ds="urn:oasis:names:tc:SAML:2.0:assertion"'),
        "saml is something else inside": ("<saml:NameID>", f'<saml:NameID xmlns:saml="{PROTOCOL}">'),
        "saml is xmldsig inside": ("<saml:Subject>", f'<saml:Subject xmlns:saml="{DSIG}">'),
        "an unknown namespace": ("<saml:Subject>", '<saml:Subject xmlns:x="urn:x">'),
        "a relative namespace": ("<saml:Subject>", '<saml:Subject xmlns:x="relative">'),
        "a relative namespace, dots": ("<saml:Subject>", '<saml:Subject xmlns:x="../x">'),
        "a relative namespace on the assertion": ("<saml:Assertion ", '<saml:Assertion xmlns:ns="1" '),
        "a relative namespace on the response": ("<samlp:Response ", '<samlp:Response xmlns:ns="1" '),
        "a relative default namespace": ("<saml:Subject>", '<saml:Subject xmlns="x">'),
        "an empty namespace": ("<saml:Subject>", '<saml:Subject xmlns:x="">'),
        "an empty default namespace": ("<saml:Subject>", '<saml:Subject xmlns="">'),
        "an empty default namespace on the response": ("<samlp:Response ", '<samlp:Response xmlns="" '),
        "xml is something else": ("<saml:Subject>", f'<saml:Subject xmlns:xml="{ASSERTION}">'),
        "xml by another prefix": ("<saml:Subject>", '<saml:Subject xmlns:x="http://www.w3.org/XML/1998/namespace">'),
        "xmlns is declared": ("<saml:Subject>", '<saml:Subject xmlns:xmlns="http://www.w3.org/2000/xmlns/">'),
        "a declaration twice": ("<saml:Subject>", f"<saml:Subject {assertion} {assertion}>"),
        "a namespace with white space": (f'"{ASSERTION}"', f'" {ASSERTION}"'),
        "a namespace in other letters": (ASSERTION, ASSERTION.replace("SAML", "saml")),
        "SAML 1.1": (ASSERTION, ASSERTION.replace("SAML:2.0", "SAML:1.0")),
        "no namespace for the name": ("saml:NameID", "NameID"),
        "an undeclared prefix": ("saml:NameID", "nobody:NameID"),
        "samlp by another namespace on Status": ("<samlp:Status>", f'<samlp:Status xmlns:samlp="{ASSERTION}">'),
    }
    for what, (old, new) in cases.items():
        assert old in good, old
        yield what, good.replace(old, new) if "NameID" in old else good.replace(old, new, 1), None
    declared = lambda count: "".join(f' xmlns:n{n}="{ASSERTION}"' for n in range(count))
    yield (
        "17 declarations on an element",
        good.replace("<saml:Subject>", f"<saml:Subject{declared(17)}>"),
        "xml_too_many_namespaces",
    )
    yield "10,000 declarations on an element", good.replace("<saml:Subject>", f"<saml:Subject{declared(10_000)}>"), None
    spread = "".join(
        f'<saml:AuthenticatingAuthority xmlns:n{n}="{ASSERTION}">x</saml:AuthenticatingAuthority>' for n in range(2_000)
    )
    yield (
        "2,000 declarations on as many elements",
        good.replace("</saml:AuthnContext>", spread + "</saml:AuthnContext>"),
        "xml_too_many_namespaces",
    )


def bounds(good):
    """A great deal of something."""
    subject = "<saml:Subject>"
    yield (
        "10^6 attributes",
        good.replace(subject, "<saml:Subject" + "".join(f' a{n}=""' for n in range(1_000_000)) + ">"),
        "xml_too_large",
    )
    yield (
        "20,000 attributes",
        good.replace(subject, "<saml:Subject" + "".join(f' a{n}=""' for n in range(20_000)) + ">"),
        "xml_too_many_attributes",
    )
    yield (
        "65 attributes",
        good.replace(subject, "<saml:Subject" + "".join(f' a{n}=""' for n in range(65)) + ">"),
        "xml_too_many_attributes",
    )
    yield "10^5 levels", good.replace(subject, subject + "<saml:X>" * 100_000 + "</saml:X>" * 100_000), "xml_too_large"
    yield "30,000 levels", good.replace(subject, subject + "<x>" * 30_000), None
    yield "30,000 levels that never end", "<saml:X xmlns:saml='" + ASSERTION + "'>" + "<saml:X>" * 30_000, "xml_too_deep"
    yield "65 levels", good.replace(subject, subject + "<saml:X>" * 65 + "</saml:X>" * 65), "xml_too_deep"
    yield "10^6 elements", good.replace(subject, subject + "<saml:X/>" * 1_000_000), "xml_too_large"
    yield "25,000 elements", good.replace(subject, subject + "<saml:X/>" * 25_000), "xml_too_many_nodes"
    yield "300 KiB of text", good.replace("ada@", "a" * 300 * 1024 + "@"), "xml_too_large"
    yield "200 KiB of name", good.replace("ada@", "a" * 200 * 1024 + "@"), None
    yield "40,000 references", good.replace("ada@", "&#97;" * 40_000 + "@"), None
    yield "an attribute of 200 KiB", good.replace(subject, f'<saml:Subject a="{"x" * 200 * 1024}">'), None
    yield "an open quote", good.replace('Version="2.0"', 'Version="2.0' + " " * 200_000, 1), None
    yield "an open tag", good.replace(subject, "<saml:Subject" + " " * 200_000), None
    yield "200 KiB of DigestValue", good.replace("<ds:DigestValue>", "<ds:DigestValue>" + "A" * 200 * 1024), None
    yield "200 KiB of SignatureValue", good.replace("<ds:SignatureValue>", "<ds:SignatureValue>" + "A" * 200 * 1024), None
    yield "200 KiB in SignedInfo", good.replace("<ds:SignedInfo>", "<ds:SignedInfo>" + " " * 200 * 1024), None
    yield "20,000 IDs", good.replace(subject, subject + "".join(f'<saml:X ID="a{n}"/>' for n in range(8_000))), None
    yield (
        "a short text of a long canonical form",
        good.replace(subject, subject + f'<saml:Y xmlns:p="{PROTOCOL}">' + "<p:X/>" * 12_000 + "</saml:Y>"),
        None,
    )
    yield "nothing", "", "xml_syntax"
    yield "white space", " " * 1000, "xml_syntax"
    yield "one bracket", "<", "xml_syntax"


def forms(good):
    """What is in the form field, before it is XML."""
    encoded = lambda data: base64.b64encode(data).decode()
    bomb = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = bomb.compress(b"<saml:X>" + b" " * 50_000_000) + bomb.flush()
    deflate = zlib.compressobj(wbits=-15)
    yield "a deflate bomb", encoded(bomb), None
    yield "zlib", encoded(zlib.compress(good.encode())), None
    yield "the redirect's encoding", encoded(deflate.compress(good.encode()) + deflate.flush()), None
    yield "not base64", good, "form_malformed"
    yield "base64 for URLs", encoded(good.encode() + b"\xfb\xff\xfe").replace("+", "-").replace("/", "_"), "form_malformed"
    yield "base64 twice", encoded(encoded(good.encode()).encode()), "xml_outside_root"
    yield "percent", encoded(good.encode()).replace("=", "%3D") + "%3D", "form_malformed"
    yield "NUL between", encoded(good.encode())[:400] + "\0" + encoded(good.encode())[400:], "form_malformed"
    yield "a megabyte", encoded(good.encode() + b" " * 1_000_000), "form_malformed"


def scattered(good, count):
    """A changed byte here and there, where it means something."""
    chance = random.Random(7)
    words = [
        NAME,
        SP,
        ACS,
        IDP,
        REQUEST,
        "_a1",
        PASSWORD,
        "2.0",
        "Success",
        "bearer",
        "NotOnOrAfter",
        "InResponseTo",
        "SignedInfo",
        "sha256",
        "NameID",
    ]
    places = [match.start() for word in words for match in re.finditer(re.escape(word), good[good.index("<saml:Assertion") :])]
    begin = good.index("<saml:Assertion")
    for number in range(count):
        place = begin + chance.choice(places) + chance.randrange(3)
        old = good[place]
        new = chance.choice([c for c in "abcdefXYZ0123456789" if c != old])
        yield f"{old!r} at {place} became {new!r}, {number}", good[:place] + new + good[place + 1 :], None
