"""An identity provider of a referee's own: keys, pysaml2's server, xmlsec1 for what pysaml2 won't say."""

import base64
import datetime
import functools
import json
import os
import pathlib
import shutil
import subprocess
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.x509.oid import NameOID

from lxml import etree

import saml2.config
import saml2.entity
import saml2.metadata
import saml2.server
import saml2.sigver
from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT, saml

FOLDER = pathlib.Path(os.environ["SEALPOST_DIR"]).resolve()
JUDGE = os.environ["SEALPOST_SAML_JUDGE"]
IDP = "https://idp.example.com/metadata"
SP = "https://sealpost.example/saml/7f3c"
ACS = "https://sealpost.example/saml/7f3c/acs"
REQUEST = "_0f1e2d3c4b5a69788796a5b4c3d2e1f001122334"
NAME = "ada@example.com"

ASSERTION = "urn:oasis:names:tc:SAML:2.0:assertion"
PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol"
DSIG = "http://www.w3.org/2000/09/xmldsig#"
MORE = "http://www.w3.org/2001/04/xmldsig-more#"
XENC = "http://www.w3.org/2001/04/xmlenc#"
XENC11 = "http://www.w3.org/2009/xmlenc11#"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
SHA256 = XENC + "sha256"
PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
SUCCESS = '<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/>'
METHODS = {"rsa": MORE + "rsa-sha256", "p256": MORE + "ecdsa-sha256", "p384": MORE + "ecdsa-sha384"}


class Pair:
    """A private key and its certificate, in files."""

    def __init__(self, name, key):
        self.name, self.key = name, key
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.datetime.now(datetime.UTC)
        builder = x509.CertificateBuilder(
            subject,
            subject,
            key.public_key(),
            x509.random_serial_number(),
            now - datetime.timedelta(days=1),
            now + datetime.timedelta(days=30),
        )
        certificate = builder.sign(key, hashes.SHA256())
        der, pem = serialization.Encoding.DER, serialization.Encoding.PEM
        pkcs8, clear = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        self.pem, self.cert = FOLDER / f"{name}.key", FOLDER / f"{name}.crt"
        self.pem.write_bytes(key.private_bytes(pem, pkcs8, clear))
        self.cert.write_bytes(certificate.public_bytes(pem))
        (FOLDER / f"{name}.p8").write_bytes(key.private_bytes(der, pkcs8, clear))
        (FOLDER / f"{name}.der").write_bytes(certificate.public_bytes(der))
        self.base64 = base64.b64encode(certificate.public_bytes(der)).decode()


def new_rsa(bits=2048):
    return rsa.generate_private_key(65537, bits)


class Keys:
    def __init__(self):
        self.rsa = Pair("idp-rsa", new_rsa())
        self.p256 = Pair("idp-p256", ec.generate_private_key(ec.SECP256R1()))
        self.p384 = Pair("idp-p384", ec.generate_private_key(ec.SECP384R1()))
        self.signing = Pair("sp-signing", new_rsa())
        self.signing_p256 = Pair("sp-signing-p256", ec.generate_private_key(ec.SECP256R1()))
        self.encryption = Pair("sp-encryption", new_rsa())
        self.attacker = Pair("attacker", new_rsa())
        self.attacker_p256 = Pair("attacker-p256", ec.generate_private_key(ec.SECP256R1()))
        self.p521 = Pair("p521", ec.generate_private_key(ec.SECP521R1()))
        self.weak = Pair("weak", new_rsa(1024))


KEYS = Keys()
# Keys take their time; from here on it counts.
NOW = int(time.time())


def at(seconds):
    """A moment, so many seconds from now."""
    return datetime.datetime.fromtimestamp(NOW + seconds, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Judge:
    """Our side: the example `judge`, asked many questions at once."""

    def __init__(self):
        # MiB that it ever needed.
        self.peak = 0
        settings = {
            "entity_id": SP,
            "acs_url": ACS,
            "metadata": "idp.xml",
            "now_ms": NOW * 1000,
            "request": REQUEST,
            "decryption_keys": ["sp-encryption.p8"],
            "signing_key": "sp-signing.p8",
            "signing_certificate": "sp-signing.der",
            "encryption_certificate": "sp-encryption.der",
        }
        (FOLDER / "settings.json").write_text(json.dumps(settings))

    def __call__(self, questions):
        lines = "".join(json.dumps(question) + "\n" for question in questions)
        done = subprocess.run([JUDGE, FOLDER], input=lines + '{"ask": "memory"}\n', capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, f"the judge failed: {done.stderr[-2000:]}"
        *answers, memory = [json.loads(line) for line in done.stdout.splitlines()]
        self.peak = max(self.peak, memory["peak"] // 1024)
        assert len(answers) == len(questions), f"{len(answers)} answers to {len(questions)} questions"
        return answers

    def one(self, ask, **question):
        return self([{"ask": ask, **question}])[0]

    def documents(self, documents, **question):
        """Verdicts on responses: texts, or bytes."""
        asked = []
        for number, document in enumerate(documents):
            name = f"document-{number}"
            (FOLDER / name).write_bytes(document if isinstance(document, bytes) else document.encode())
            asked.append({"ask": "response", "file": name, **question})
        return self(asked)


class Provider:
    """pysaml2's identity provider."""

    def __init__(self, keys, sp_metadata):
        (FOLDER / "sp.xml").write_text(sp_metadata)
        self.config = saml2.config.IdPConfig()
        self.config.load(
            {
                "entityid": IDP,
                "service": {
                    "idp": {
                        "endpoints": {
                            "single_sign_on_service": [
                                ("https://idp.example.com/sso", BINDING_HTTP_REDIRECT),
                                ("https://idp.example.com/sso/post", BINDING_HTTP_POST),
                            ]
                        },
                        "policy": {"default": {"lifetime": {"minutes": 5}, "attribute_restrictions": None}},
                        "want_authn_requests_signed": True,
                    }
                },
                "key_file": str(keys.rsa.pem),
                "cert_file": str(keys.rsa.cert),
                "additional_cert_files": [str(keys.p256.cert), str(keys.p384.cert)],
                "xmlsec_binary": shutil.which("xmlsec1"),
                "metadata": {"local": [str(FOLDER / "sp.xml")]},
            }
        )
        self.server = saml2.server.Server(config=self.config)

    def metadata(self):
        return str(saml2.metadata.entity_descriptor(self.config))

    def response(self, name=NAME, **options):
        """A response about somebody, as pysaml2 writes it."""
        name_id = saml.NameID(text=name, format=saml.NAMEID_FORMAT_EMAILADDRESS)
        options = {"sign_alg": METHODS["rsa"], "digest_alg": SHA256, **options}
        made = self.server.create_authn_response(
            {"givenName": "Ada", "groups": ["staff", "on-call"]},
            in_response_to=REQUEST,
            destination=ACS,
            sp_entity_id=SP,
            name_id=name_id,
            authn={"class_ref": PASSWORD},
            **options,
        )
        return made if isinstance(made, str) else str(made)

    def encrypted(self, content, session, **options):
        """The same, encrypted by xmlsec1; pysaml2 itself would take Triple DES."""
        part, backend = saml2.entity.pre_encryption_part, self.server.sec.crypto
        encrypt = backend.encrypt_assertion
        saml2.entity.pre_encryption_part = functools.partial(part, msg_enc=content)
        backend.encrypt_assertion = lambda statement, key, template, _, xpath=None: encrypt(
            statement, key, template, session, xpath
        )
        try:
            return self.response(encrypt_assertion=True, sign_assertion=True, **options)
        finally:
            saml2.entity.pre_encryption_part, backend.encrypt_assertion = part, encrypt


def xmlsec(*arguments, stdin=None):
    return subprocess.run(["xmlsec1", *map(str, arguments)], input=stdin, capture_output=True, timeout=60)


IDS = [
    "--id-attr:ID",
    ASSERTION + ":Assertion",
    "--id-attr:ID",
    PROTOCOL + ":Response",
    "--id-attr:ID",
    PROTOCOL + ":AuthnRequest",
]


def signed(document, node, pair, key_option="--privkey-pem"):
    """The document with the signature template inside `node` filled in by xmlsec1."""
    source, target = FOLDER / "unsigned.xml", FOLDER / "signed.xml"
    source.write_bytes(document if isinstance(document, bytes) else document.encode())
    key = pair.pem if isinstance(pair, Pair) else pair
    done = xmlsec("--sign", key_option, key, *IDS, "--node-id", node, "--output", target, source)
    if done.returncode:
        raise ValueError(f"xmlsec1 doesn't sign it: {done.stderr.decode()[-400:]}")
    return target.read_text()


def resigned(document, pair):
    """The document with its first SignedInfo signed as it stands, whatever it says: what xmlsec1 doesn't want to sign."""
    tree = etree.fromstring(document.encode())
    signature = next(tree.iter(f"{{{DSIG}}}Signature"))
    info = etree.tostring(signature.find(f"{{{DSIG}}}SignedInfo"), method="c14n", exclusive=True, with_comments=False)
    value = signature.find(f"{{{DSIG}}}SignatureValue")
    value.text = base64.b64encode(pair.key.sign(info, padding.PKCS1v15(), hashes.SHA256())).decode()
    return etree.tostring(tree, encoding="unicode")


def verified(document, node=None, pair=None):
    """Whether xmlsec1 believes the first signature it finds, by this key or by the provider's of the kind that is named."""
    data = document if isinstance(document, bytes) else document.encode(errors="surrogatepass")
    first = data.find(b"SignatureMethod")
    method = data[first : first + 120]
    pair = pair or (KEYS.p384 if b"ecdsa-sha384" in method else KEYS.p256 if b"ecdsa" in method else KEYS.rsa)
    source = FOLDER / "judged.xml"
    source.write_bytes(data)
    start = ["--node-id", node] if node else []
    return xmlsec("--verify", "--pubkey-cert-pem", pair.cert, *IDS, *start, source).returncode == 0


def decrypted(document, pair):
    source = FOLDER / "encrypted.xml"
    source.write_bytes(document if isinstance(document, bytes) else document.encode())
    done = xmlsec("--decrypt", "--privkey-pem", pair.pem, source)
    return done.stdout.decode() if done.returncode == 0 else None


ENVELOPED = f'<ds:Transform Algorithm="{DSIG}enveloped-signature"/>'
EXC = f'<ds:Transform Algorithm="{EXCLUSIVE}"/>'


def template(node, method=METHODS["rsa"], digest=SHA256, transforms=ENVELOPED + EXC, c14n=EXCLUSIVE, uri=None):
    """A signature to be filled in."""
    uri = f' URI="#{node}"' if uri is None else uri
    transforms = f"<ds:Transforms>{transforms}</ds:Transforms>" if transforms else ""
    return (
        f'<ds:Signature xmlns:ds="{DSIG}"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="{c14n}"/>'
        f'<ds:SignatureMethod Algorithm="{method}"/><ds:Reference{uri}>{transforms}'
        f'<ds:DigestMethod Algorithm="{digest}"/><ds:DigestValue/></ds:Reference></ds:SignedInfo><ds:SignatureValue/>'
        "</ds:Signature>"
    )


def with_key_info(document, info, prefix="ds:", declared=""):
    """The document with a KeyInfo in its first signature, which nobody signs."""
    end = f"</{prefix}SignatureValue>"
    name = f"{'' if declared else prefix}KeyInfo"
    return document.replace(end, f"{end}<{name}{declared}>{info}</{name}>", 1)


class Story:
    """A response in our own words: everything right unless it is said otherwise."""

    @staticmethod
    def usual():
        return dict(
            issuer=IDP,
            assertion_issuer=IDP,
            destination=f' Destination="{ACS}"',
            in_response_to=f' InResponseTo="{REQUEST}"',
            version="2.0",
            issued=0,
            status=SUCCESS,
            response_id=' ID="_r1"',
            assertion_id=' ID="_a1"',
            response_more="",
            assertion_more="",
            name=f"<saml:NameID>{NAME}</saml:NameID>",
            method="urn:oasis:names:tc:SAML:2.0:cm:bearer",
            recipient=f' Recipient="{ACS}"',
            confirmed=f' InResponseTo="{REQUEST}"',
            confirmed_until=f' NotOnOrAfter="{at(300)}"',
            confirmation_more="",
            not_before=f' NotBefore="{at(-300)}"',
            not_after=f' NotOnOrAfter="{at(300)}"',
            audience=f"<saml:AudienceRestriction><saml:Audience>{SP}</saml:Audience></saml:AudienceRestriction>",
            instant=at(-5),
            session="",
            context=PASSWORD,
            subject=None,
            conditions=None,
            authentication=None,
            attributes="",
            advice="",
            before="",
            after="",
            head="",
            signature="",
            response_signature="",
            assertions=None,
        )

    def __init__(self, **words):
        usual = self.usual()
        assert words.keys() <= usual.keys(), words.keys() - usual.keys()
        self.__dict__.update(usual, **words)

    def assertion(self):
        subject = (
            self.subject
            if self.subject is not None
            else (
                f'<saml:Subject>{self.name}<saml:SubjectConfirmation Method="{self.method}"><saml:SubjectConfirmationData'
                f"{self.confirmed}{self.confirmed_until}{self.recipient}{self.confirmation_more}/></saml:SubjectConfirmation></saml:Subject>"
            )
        )
        conditions = (
            self.conditions
            if self.conditions is not None
            else (f"<saml:Conditions{self.not_before}{self.not_after}>{self.audience}</saml:Conditions>")
        )
        authentication = (
            self.authentication
            if self.authentication is not None
            else (
                f'<saml:AuthnStatement AuthnInstant="{self.instant}" SessionIndex="_s1"{self.session}><saml:AuthnContext>'
                f"<saml:AuthnContextClassRef>{self.context}</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>"
            )
        )
        return (
            f'<saml:Assertion xmlns:saml="{ASSERTION}"{self.assertion_id} IssueInstant="{at(self.issued)}" Version="{self.version}"'
            f"{self.assertion_more}><saml:Issuer>{self.assertion_issuer}</saml:Issuer>{self.signature}{subject}{conditions}"
            f"{self.advice}{authentication}{self.attributes}</saml:Assertion>"
        )

    def response(self):
        assertions = self.assertion() if self.assertions is None else self.assertions
        return (
            f'{self.head}<samlp:Response xmlns:samlp="{PROTOCOL}" xmlns:saml="{ASSERTION}"{self.response_id} Version="{self.version}" '
            f'IssueInstant="{at(self.issued)}"{self.destination}{self.in_response_to}{self.response_more}>'
            f"<saml:Issuer>{self.issuer}</saml:Issuer>{self.response_signature}{self.before}"
            f"<samlp:Status>{self.status}</samlp:Status>{assertions}{self.after}</samlp:Response>"
        )

    def __str__(self):
        return self.response()


def told(pair, kind="rsa", both=False, **words):
    """A response whose assertion is signed, and the response too if asked."""
    signature = template("_a1", METHODS[kind])
    around = template("_r1", METHODS[kind]) if both else ""
    document = signed(str(Story(signature=signature, response_signature=around, **words)), "_a1", pair)
    return signed(document, "_r1", pair) if both else document


def encrypted_by_hand(plaintext, pair, content="aes256-gcm", transport="sha256", beside=False, damage=None, key=None):
    """An `EncryptedAssertion` as other libraries write it: with OAEP of SHA-256, or with the key beside the data."""
    key = key or os.urandom(16 if "128" in content else 32)
    nonce = os.urandom(12)
    sealed = nonce + AESGCM(key).encrypt(nonce, plaintext.encode(), None)
    hash_ = {"sha256": hashes.SHA256, "sha1": hashes.SHA1}[transport]()
    oaep = padding.OAEP(padding.MGF1(hash_), hash_, None)
    wrapped = pair.key.public_key().encrypt(key, oaep)
    if damage:
        sealed, wrapped = damage(sealed, wrapped)
    method = {
        "sha256": f'<xenc:EncryptionMethod Algorithm="{XENC11}rsa-oaep"><ds:DigestMethod xmlns:ds="{DSIG}" Algorithm="{SHA256}"/>'
        f'<xenc11:MGF xmlns:xenc11="{XENC11}" Algorithm="{XENC11}mgf1sha256"/></xenc:EncryptionMethod>',
        "sha1": f'<xenc:EncryptionMethod Algorithm="{XENC}rsa-oaep-mgf1p"><ds:DigestMethod xmlns:ds="{DSIG}" '
        f'Algorithm="{DSIG}sha1"/></xenc:EncryptionMethod>',
    }[transport]
    value = lambda data: (
        f"<xenc:CipherData><xenc:CipherValue>{base64.b64encode(data).decode()}</xenc:CipherValue></xenc:CipherData>"
    )
    encrypted_key = f'<xenc:EncryptedKey xmlns:xenc="{XENC}" Id="_k1">{method}{value(wrapped)}</xenc:EncryptedKey>'
    info = f'<ds:RetrievalMethod Type="{XENC}EncryptedKey" URI="#_k1"/>' if beside else encrypted_key
    data = (
        f'<xenc:EncryptedData xmlns:xenc="{XENC}" Id="_d1" Type="{XENC}Element"><xenc:EncryptionMethod '
        f'Algorithm="{XENC11}{content}"/><ds:KeyInfo xmlns:ds="{DSIG}">{info}</ds:KeyInfo>{value(sealed)}</xenc:EncryptedData>'
    )
    return f"<saml:EncryptedAssertion>{data}{encrypted_key if beside else ''}</saml:EncryptedAssertion>"
