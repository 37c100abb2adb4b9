"""Good responses in the handwriting of other identity providers: prefixes, defaults, white space, attributes."""

from _saml import *  # the provider's whole vocabulary

XS = 'xmlns:xs="http://www.w3.org/2001/XMLSchema"'
XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
INCLUSIVE = EXC.replace("/>", f'><ec:InclusiveNamespaces xmlns:ec="{EXCLUSIVE}" PrefixList="xs"/></ds:Transform>')


def plain(text):
    """A signature without a prefix."""
    return text.replace("xmlns:ds", "xmlns").replace("ds:", "")


def okta():
    """saml2p and saml2, everything on one line, xs carried along."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><saml2p:Response Destination="{ACS}" ID="_r1" InResponseTo="{REQUEST}" IssueInstant="{at(0)[:-1]}.123Z" '
        f'Version="2.0" xmlns:saml2p="{PROTOCOL}"><saml2:Issuer Format="urn:oasis:names:tc:SAML:2.0:nameid-format:entity" '
        f'xmlns:saml2="{ASSERTION}">{IDP}</saml2:Issuer>{template("_r1")}<saml2p:Status xmlns:saml2p="{PROTOCOL}"><saml2p:StatusCode '
        f'Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></saml2p:Status><saml2:Assertion ID="_a1" IssueInstant="{at(0)[:-1]}.123Z" Version="2.0" '
        f'xmlns:saml2="{ASSERTION}" {XS}><saml2:Issuer Format="urn:oasis:names:tc:SAML:2.0:nameid-format:entity" xmlns:saml2="{ASSERTION}">{IDP}</saml2:Issuer>'
        f'{template("_a1", transforms=ENVELOPED + INCLUSIVE)}<saml2:Subject xmlns:saml2="{ASSERTION}"><saml2:NameID '
        f'Format="urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified">{NAME}</saml2:NameID><saml2:SubjectConfirmation Method="{BEARER}">'
        f'<saml2:SubjectConfirmationData InResponseTo="{REQUEST}" NotOnOrAfter="{at(300)}" Recipient="{ACS}"/></saml2:SubjectConfirmation></saml2:Subject>'
        f'<saml2:Conditions NotBefore="{at(-300)}" NotOnOrAfter="{at(300)}" xmlns:saml2="{ASSERTION}"><saml2:AudienceRestriction><saml2:Audience>{SP}</saml2:Audience>'
        f'</saml2:AudienceRestriction></saml2:Conditions><saml2:AuthnStatement AuthnInstant="{at(-9)}" SessionIndex="id1" xmlns:saml2="{ASSERTION}">'
        f"<saml2:AuthnContext><saml2:AuthnContextClassRef>{PASSWORD}</saml2:AuthnContextClassRef></saml2:AuthnContext></saml2:AuthnStatement>"
        f'<saml2:AttributeStatement xmlns:saml2="{ASSERTION}"><saml2:Attribute Name="groups" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:unspecified">'
        f'<saml2:AttributeValue {XS} {XSI} xsi:type="xs:string">staff &amp; friends</saml2:AttributeValue></saml2:Attribute>'
        f"</saml2:AttributeStatement></saml2:Assertion></saml2p:Response>"
    )


def entra():
    """No prefixes inside the assertion: what none means changes for the signature and back."""
    return (
        f'<samlp:Response ID="_r1" Version="2.0" IssueInstant="{at(0)}" Destination="{ACS}" InResponseTo="{REQUEST}" xmlns:samlp="{PROTOCOL}">'
        f'<Issuer xmlns="{ASSERTION}">{IDP}</Issuer><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>'
        f'<Assertion ID="_a1" IssueInstant="{at(0)}" Version="2.0" xmlns="{ASSERTION}"><Issuer>{IDP}</Issuer>{plain(template("_a1"))}'
        f'<Subject><NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">{NAME}</NameID><SubjectConfirmation Method="{BEARER}">'
        f'<SubjectConfirmationData InResponseTo="{REQUEST}" NotOnOrAfter="{at(300)}" Recipient="{ACS}"/></SubjectConfirmation></Subject>'
        f'<Conditions NotBefore="{at(-300)}" NotOnOrAfter="{at(300)}"><AudienceRestriction><Audience>{SP}</Audience></AudienceRestriction></Conditions>'
        f'<AttributeStatement><Attribute Name="http://schemas.microsoft.com/identity/claims/tenantid"><AttributeValue>7f3c</AttributeValue></Attribute></AttributeStatement>'
        f'<AuthnStatement AuthnInstant="{at(-9)}" SessionIndex="_a1"><AuthnContext><AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</AuthnContextClassRef>'
        f"</AuthnContext></AuthnStatement></Assertion></samlp:Response>"
    )


def adfs():
    """A prefix for the signature, and an attribute on attributes."""
    document = entra().replace(plain(template("_a1")), template("_a1"))
    return document.replace(
        '<Attribute Name="http',
        '<Attribute a:OriginalIssuer="urn:x" xmlns:a="http://schemas.xmlsoap.org/ws/2009/09/identity/claims" Name="http',
    )


def keycloak():
    """Attributes of one name in several elements, with the directory's encoding."""
    values = "".join(
        f'<saml:Attribute FriendlyName="Role" Name="Role" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:basic" x500:Encoding="LDAP" '
        f'xmlns:x500="urn:oasis:names:tc:SAML:2.0:profiles:attribute:X500"><saml:AttributeValue {XS} {XSI} xsi:type="xs:string">{role}'
        f"</saml:AttributeValue></saml:Attribute>"
        for role in ["offline_access", "staff"]
    )
    return str(
        Story(
            signature=template("_a1"),
            response_signature=template("_r1"),
            session=f' SessionNotOnOrAfter="{at(36000)}"',
            audience=Story.usual()["audience"] + "<saml:OneTimeUse/>",
            attributes=f"<saml:AttributeStatement>{values}</saml:AttributeStatement>",
        )
    )


def shibboleth():
    """A name as an attribute's value, and everything on lines of its own."""
    target = (
        f'<saml:AttributeStatement><saml:Attribute FriendlyName="eduPersonTargetedID" Name="urn:oid:1.3.6.1.4.1.5923.1.1.1.10" '
        f'NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri"><saml:AttributeValue><saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent" '
        f'NameQualifier="{IDP}" SPNameQualifier="{SP}">abc=</saml:NameID></saml:AttributeValue></saml:Attribute></saml:AttributeStatement>'
    )
    document = str(
        Story(
            signature=template("_a1"),
            attributes=target,
            name=f'<saml:NameID NameQualifier="{IDP}" SPNameQualifier="{SP}">{NAME}</saml:NameID>',
        )
    )
    lines = document.replace("><", ">\r\n  <")
    return '<?xml version="1.0" encoding="utf-8" standalone="yes"?>\n' + lines + "\n"


def single_quotes():
    """Single quotes, references, white space in tags, a name with marks."""
    document = str(Story(signature=template("_a1"), name="<saml:NameID >&#97;d&#x61;@ex&#x61;mple.com</saml:NameID\n>"))
    return document.replace('"2.0"', "'2.0'").replace(f'"{ACS}"', f"'{ACS}'").replace("/>", "  />")


STYLES = {
    "Okta": okta,
    "Entra ID": entra,
    "AD FS": adfs,
    "Keycloak": keycloak,
    "Shibboleth": shibboleth,
    "somebody with other quotes": single_quotes,
}


def responses(pair):
    """Each of them, signed by xmlsec1."""
    certificate = f"<X509Data><X509Certificate>{pair.base64}</X509Certificate></X509Data>"
    infos = {
        "Entra ID": lambda document: with_key_info(document, certificate, ""),
        "AD FS": lambda document: with_key_info(document, certificate, declared=f' xmlns="{DSIG}"'),
    }
    for name, style in STYLES.items():
        document = signed(style(), "_a1", pair)
        if "#_r1" in document:
            document = signed(document, "_r1", pair)
        yield f"in the handwriting of {name}", infos.get(name, str)(document)
