"""A Sealpost of a referee's own: set up, started, asked, stopped."""

import atexit
import http.client
import http.server
import json
import os
import pathlib
import re
import ssl
import subprocess
import sys
import threading
import time
import urllib.parse

BIN = os.environ["SEALPOST_BIN"]
FOLDER = pathlib.Path(os.environ["SEALPOST_DIR"]).resolve()
PATIENCE = 90


class Verdict:
    """What held and what didn't."""

    def __init__(self):
        self.failed = 0

    def __call__(self, held, what):
        print(f"{'ok' if held else 'not ok'} {what}", flush=True)
        self.failed += not held
        return held

    def end(self):
        sys.exit(1 if self.failed else 0)


class House:
    """A running server with a key of each environment."""

    def __init__(self, port=0, egress=None):
        """On a port that the system chooses unless it is said; whoever looks at addresses we write has to say. Receivers are on this
        machine unless `egress` says what stands in that table."""
        config = FOLDER / "etc"
        made = self._run("init", "--dir", config, "--data", FOLDER / "data", "--organisation", "Referee (fictional)",
                         "--host", "localhost", "--bind", f"127.0.0.1:{port}")
        self.link = json.loads(made)["sign_in"]
        self._link = urllib.parse.urlsplit(self.link)
        self.tls = FOLDER / "data" / "tls"
        quotas = "".join(f"{name} = {{ count = 1000000, seconds = 1 }}\n"
                         for name in ["send", "batch", "read", "search", "partial", "write", "reveal", "provision"])
        with open(config / "sealpost.toml", "a") as file:
            egress = egress or f'loopback = true\nauthorities = ["{self.tls}/ca.pem"]\n'
            file.write(f"\n[egress]\n{egress}"
                       f"\n[limits]\npeer = {{ count = 1000000, seconds = 1 }}\n"
                       f"[limits.caller]\n{quotas}[limits.organisation]\n{quotas}")
        self._config = config / "sealpost.toml"
        self.keys = {}
        for environment in ["test", "live"]:
            made = self._run("--config", self._config, "keys", "create", "--local", "--name", "referee",
                             "--scope", "all", "--environment", environment)
            self.keys[environment] = json.loads(made)["key"]
        self._authority()
        log = open(FOLDER / "server.log", "w")
        self._process = subprocess.Popen(
            [BIN, "--json", "--config", self._config, "serve", "--admin", "127.0.0.1:0"],
            stdout=subprocess.PIPE, stderr=log, text=True)
        atexit.register(self.stop)
        ready = json.loads(self._process.stdout.readline())
        self.port = int(ready["address"].rsplit(":", 1)[1])
        self.trust = ssl.create_default_context(cafile=self.tls / "ca.pem")

    def stop(self):
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()

    @property
    def memory(self):
        """The most memory that the server ever had, in MiB (Linux)."""
        status = pathlib.Path(f"/proc/{self._process.pid}/status").read_text()
        return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))) // 1024

    @property
    def url(self):
        return f"https://localhost:{self.port}"

    def ask(self, method, path, body=None, environment="test", media="application/json", key=True):
        """Status and body of an answer."""
        connection = http.client.HTTPSConnection("localhost", self.port, context=self.trust, timeout=PATIENCE)
        headers = {"authorization": f"Bearer {self.keys[environment]}"} if key else {}
        if body is not None:
            headers["content-type"] = media
            body = body if isinstance(body, (str, bytes)) else json.dumps(body)
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        data = response.read()
        connection.close()
        kind = response.headers.get_content_type()
        return response.status, json.loads(data) if data and kind.endswith("json") else data

    def must(self, method, path, body=None, environment="test"):
        status, answer = self.ask(method, path, body, environment)
        assert 200 <= status < 300, f"{method} {path}: {status} {answer}"
        return answer

    def sign_in(self, path=None):
        """A browser signed in by a link: the owner's by the one that `init` printed, unless it is another."""
        path = path or self._link.path
        browser = Browser(self, f"{self._link.scheme}://{self._link.netloc}")
        page = browser.send("GET", path)
        token = re.search(rb'name="_csrf" value="([^"]+)"', page[2]).group(1).decode()
        status, _, body = browser.send("POST", path, urllib.parse.urlencode({"_csrf": token}),
                                       media="application/x-www-form-urlencoded")
        assert status == 303, (status, body)
        browser.csrf = json.loads(browser.send("GET", "/v1/session")[2])["csrf_token"]
        return browser

    def event(self, name, channel, kind, content, environment="test", sender=None):
        template = self.must("POST", "/v1/templates", {"name": name, "channel": channel, "content": content}, environment)
        event = {"name": name, "class": kind, "template_id": template["id"]}
        if sender:
            event["channel_id"] = sender
        return self.must("POST", "/v1/events", event, environment)

    def message_in(self, message, states, environment="test"):
        """The message, once it is in one of these states."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            shown = self.must("GET", f"/v1/messages/{message}", environment=environment)
            if shown["state"] in states:
                return shown
            time.sleep(0.05)
        return shown

    def server_tls(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.tls / "localhost.pem", self.tls / "localhost.key")
        return context

    def _authority(self):
        """The server makes its local authority when it starts: it has to be there before it is trusted."""
        process = subprocess.Popen([BIN, "--json", "serve", "--data", FOLDER / "data", "--bind", "127.0.0.1:0",
                                    "--admin", "127.0.0.1:0", "--config", self._bare()],
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        process.stdout.readline()
        process.terminate()
        process.wait(60)

    def _bare(self):
        """The configuration without the authority that isn't there yet."""
        text = self._config.read_text().replace(f'authorities = ["{self.tls}/ca.pem"]\n', "")
        bare = self._config.with_name("first.toml")
        bare.write_text(text)
        return bare

    @staticmethod
    def _run(*arguments):
        done = subprocess.run([BIN, "--json", *arguments], capture_output=True, text=True)
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout


class Browser:
    """What a signed-in member asks with, as a page of the server's would."""

    def __init__(self, house, origin):
        self._house, self._origin = house, origin
        self._cookies, self.csrf = {}, None

    def send(self, method, path, body=None, media="application/json"):
        connection = http.client.HTTPSConnection("localhost", self._house.port, context=self._house.trust, timeout=PATIENCE)
        headers = {"origin": self._origin, "sec-fetch-site": "same-origin",
                   "cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if self.csrf:
            headers["x-csrf-token"] = self.csrf
        if body is not None:
            headers["content-type"] = media
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        data = response.read()
        for cookie in response.headers.get_all("set-cookie") or []:
            name, value = cookie.split(";")[0].split("=", 1)
            self._cookies.pop(name, None)
            if value:
                self._cookies[name] = value
        connection.close()
        return response.status, response.headers, data

    def must(self, method, path, body=None):
        status, _, data = self.send(method, path, json.dumps(body) if body is not None else None)
        assert 200 <= status < 300, f"{method} {path}: {status} {data}"
        return json.loads(data) if data else None


class Receiver:
    """A customer's endpoint: keeps what comes, answers 204, or 401 to what its judge refuses."""

    def __init__(self, house, judge=None):
        self.heard = []
        self.judge = judge
        heard, receiver = self.heard, self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = dict(self.headers)
                heard.append((headers, body))
                believed = receiver.judge is None or receiver.judge(headers, body)
                self.send_response(204 if believed else 401)
                if not believed:
                    self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.socket = house.server_tls().wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"https://localhost:{self._server.server_address[1]}/hooks"

    def wait(self, matches):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            for headers, body in list(self.heard):
                if matches(json.loads(body)):
                    return headers, body
            time.sleep(0.02)
        raise AssertionError(f"nothing of the kind came: {self.heard}")
