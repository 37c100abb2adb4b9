"""A browser without a window: cookies, forms, and what it says of where a request comes from."""

import html
import http.client
import json
import re
import urllib.parse

from _house import PATIENCE

FORM = "application/x-www-form-urlencoded"
# Bytes of the longest form that any route takes.
LARGE = 512 * 1024


class Seen:
    """An answer: a page, a redirect, or a document."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def document(self):
        return json.loads(self.body)

    @property
    def code(self):
        """Why not: the innermost code that a program finds."""
        try:
            errors = self.document.get("errors") or [{}]
            return errors[0].get("code") or self.document.get("code")
        except ValueError:
            found = re.search(r'data-code="([a-z0-9_]+)"', self.body)
            return found and found.group(1)

    def form(self):
        """Where the page's form leads, and the fields it sends."""
        action = re.search(r'<form method="post"(?: action="([^"]*)")?', self.body).group(1)
        pairs = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', self.body)
        return html.unescape(action or ""), {name: html.unescape(value) for name, value in pairs}


class Visitor:
    """One person's browser, on one server."""

    def __init__(self, house):
        self.house, self.cookies = house, {}
        self._connection = None

    def get(self, path, **headers):
        return self._ask("GET", path, None, {"accept": "text/html", "sec-fetch-site": "none", **headers})

    def send(self, path, fields, origin=None, accept="application/json"):
        """A form: from a page of this server, or from another site, which no cookie of ours comes along with."""
        site = "cross-site" if origin else "same-origin"
        headers = {"content-type": FORM, "origin": origin or self.house.url, "sec-fetch-site": site, "accept": accept}
        return self._ask("POST", path, urllib.parse.urlencode(fields), headers, cookies=not origin)

    def api(self, method, path, body=None):
        """A request of a script on one of our pages, with the session's token."""
        csrf = self._ask("GET", "/v1/session", None, {"sec-fetch-site": "same-origin"}).document["csrf_token"]
        headers = {"content-type": "application/json", "origin": self.house.url, "sec-fetch-site": "same-origin",
                   "x-csrf-token": csrf}
        return self._ask(method, path, json.dumps(body) if body is not None else None, headers)

    @property
    def signed_in(self):
        return bool(self.cookies.get("__Host-sealpost_session"))

    def _ask(self, method, path, body, headers, cookies=True):
        if cookies and self.cookies:
            headers["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        self._connection = self._connection or http.client.HTTPSConnection(
            "localhost", self.house.port, context=self.house.trust, timeout=PATIENCE)
        if body is not None and len(body) > LARGE:
            return self._knock(method, path, len(body), headers)
        try:
            self._connection.request(method, path, body, headers)
            response = self._connection.getresponse()
        except (http.client.HTTPException, OSError):
            # Kept no longer: a new one.
            self._connection.close()
            self._connection.request(method, path, body, headers)
            response = self._connection.getresponse()
        seen = Seen(response.status, response.headers, response.read().decode())
        for line in response.headers.get_all("set-cookie") or []:
            name, value = line.split(";")[0].split("=", 1)
            if value:
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)
        return seen

    def _knock(self, method, path, length, headers):
        """What is too large isn't sent before somebody wants it (RFC 9110, section 10.1.1); nobody does."""
        self._connection.close()
        self._connection.putrequest(method, path)
        for name, value in {**headers, "content-length": str(length), "expect": "100-continue"}.items():
            self._connection.putheader(name, value)
        self._connection.endheaders()
        response = self._connection.getresponse()
        seen = Seen(response.status, response.headers, response.read().decode())
        self._connection.close()
        return seen
