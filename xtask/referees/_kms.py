"""Key services of a referee's own: moto's KMS behind a gate, and a transit engine that is as honest as it is small."""

import base64
import http.client
import http.server
import json
import pathlib
import secrets
import subprocess
import sys
import threading
import time
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

REGION = "eu-central-1"


class Quiet(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def read(self):
        return self.rfile.read(int(self.headers.get("content-length", 0)))

    def answer(self, status, body, media="application/json"):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", media)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Service:
    """Listens on a port of its own, and can be away."""

    def __init__(self, handler, tls=None):
        self._handler, self._tls, self._server, self.port = handler, tls, None, 0
        self.come()

    def come(self):
        class Server(http.server.ThreadingHTTPServer):
            allow_reuse_address = True

        self._server = Server(("127.0.0.1", self.port), self._handler)
        self.port = self._server.server_address[1]
        if self._tls:
            self._server.socket = self._tls.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def go(self):
        self._server.shutdown()
        self._server.server_close()


class Kms:
    """moto's server, which verifies signatures and IAM policies once that is asked of it. It opens with disabled keys all the same,
    so a gate before it asks it for the key's state, as KMS does."""

    def __init__(self):
        program = pathlib.Path(sys.executable).with_name("moto_server")
        self._process = subprocess.Popen([program, "-H", "127.0.0.1", "-p", "0"], stdout=subprocess.DEVNULL,
                                         stderr=subprocess.PIPE, text=True)
        line = ""
        while "Running on" not in line:
            line = self._process.stderr.readline()
            assert line, "moto doesn't start"
        self._port = int(line.rsplit(":", 1)[1])
        threading.Thread(target=self._process.stderr.read, daemon=True).start()
        url = f"http://127.0.0.1:{self._port}"

        def client(service, key=("anybody", "anything")):
            return boto3.client(service, endpoint_url=url, region_name=REGION, aws_access_key_id=key[0],
                                aws_secret_access_key=key[1], config=Config(retries={"max_attempts": 1}))

        iam = client("iam")
        self.admin, self.user = self._user(iam, "admin", "*"), self._user(iam, "sealpost", ["kms:Encrypt", "kms:Decrypt"])
        self.stranger = self._user(iam, "stranger", "s3:GetObject")
        self.kms = client("kms", self.admin)
        self.key, self.other = [self.kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2)]
        # From now on it asks everybody who they are.
        urllib.request.urlopen(urllib.request.Request(f"{url}/moto-api/reset-auth", b"0", {"content-type": "text/plain"}))
        self.asked = []
        kms = self

        class Gate(Quiet):
            def do_POST(self):
                body, target = self.read(), self.headers["x-amz-target"]
                asked = json.loads(body)
                kms.asked.append((target, asked))
                state = kms.state(asked.get("KeyId", ""))
                if state == "Disabled":
                    return self.answer(400, {"__type": "DisabledException", "message": "disabled"})
                if state == "PendingDeletion":
                    return self.answer(400, {"__type": "KMSInvalidStateException", "message": "pending deletion"})
                connection = http.client.HTTPConnection("127.0.0.1", kms._port, timeout=60)
                # As it came, the name it was signed for too.
                connection.putrequest("POST", self.path, skip_host=True, skip_accept_encoding=True)
                for name, value in self.headers.items():
                    connection.putheader(name, value)
                connection.endheaders(body)
                answer = connection.getresponse()
                self.answer(answer.status, answer.read(), answer.headers["content-type"])

        self.gate = Service(Gate)
        self.url = f"http://127.0.0.1:{self.gate.port}"

    @staticmethod
    def _user(iam, name, actions):
        iam.create_user(UserName=name)
        policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
        iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=json.dumps(policy))
        made = iam.create_access_key(UserName=name)["AccessKey"]
        return made["AccessKeyId"], made["SecretAccessKey"]

    def state(self, key):
        try:
            return self.kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"]
        except ClientError:
            return None

    def stop(self):
        self._process.terminate()
        self._process.wait(30)


class Transit:
    """`encrypt` and `decrypt` of the transit engine, by its documentation: AES-256-GCM with associated data, versions, tokens that
    may do one thing, a namespace."""

    MOUNT, NAMESPACE = "sealing", "payments"

    def __init__(self, tls):
        self.keys = {name: [AESGCM(secrets.token_bytes(32))] for name in ["sealpost", "other"]}
        self.least = {name: 1 for name in self.keys}
        self.token, self.sealed, self.asked = f"hvs.{secrets.token_hex(12)}", False, []
        transit = self

        class Handler(Quiet):
            def do_POST(self):
                body = json.loads(self.read())
                transit.asked.append((self.path, body))
                try:
                    self.answer(*transit.answer(self.path, self.headers, body))
                except (InvalidTag, KeyError, ValueError, IndexError):
                    self.answer(400, {"errors": ["invalid ciphertext"]})

        self.service = Service(Handler, tls)
        self.url = f"https://localhost:{self.service.port}"

    def answer(self, path, headers, body):
        if self.sealed:
            return 503, {"errors": ["Vault is sealed"]}
        if headers.get("x-vault-token") != self.token or headers.get("x-vault-namespace") != self.NAMESPACE:
            return 403, {"errors": ["permission denied"]}
        _, version, mount, operation, name = path.split("/")
        if (version, mount) != ("v1", self.MOUNT) or name not in self.keys:
            return 404, {"errors": ["no handler for route"]}
        data = base64.b64decode(body["associated_data"])
        if operation == "encrypt":
            nonce, newest = secrets.token_bytes(12), len(self.keys[name])
            made = nonce + self.keys[name][-1].encrypt(nonce, base64.b64decode(body["plaintext"]), data)
            return 200, {"data": {"ciphertext": f"vault:v{newest}:{base64.b64encode(made).decode()}", "key_version": newest}}
        prefix, number, made = body["ciphertext"].split(":")
        number, made = int(number.removeprefix("v")), base64.b64decode(made)
        if prefix != "vault" or number < self.least[name]:
            return 400, {"errors": ["ciphertext or signature version is disallowed by policy (too old)"]}
        clear = self.keys[name][number - 1].decrypt(made[:12], made[12:], data)
        return 200, {"data": {"plaintext": base64.b64encode(clear).decode()}}
