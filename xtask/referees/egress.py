"""The whole corpus of ways to turn a server's calls inward, against the real program in a network namespace where every packet is
counted. 0 packets to an address that is not public, and those that are public are called: docs/egress.md."""

import ipaddress
import json
import socket
import time

from _outside import (Capture, NAMES, RECEIVER, RECEIVER6, SERVER, SERVER6, World, ZONE, enter, run)

enter()

from _house import FOLDER, House, Verdict  # noqa: E402: it reads its environment when it is read

PORT = 7843
verdict = Verdict()
world = World(FOLDER)
world.hosts(f"10.0.0.9 hosted.{ZONE}\n169.254.169.254 metadata.{ZONE}\n")
house = House(PORT, egress=f'name_servers = ["{NAMES}:53"]\nauthorities = ["{world.authority}"]\n')
capture = Capture()
house.event("otp.login", "sms", "otp", {"text": "{{ code }} is your code."})
names = iter(range(10_000))


def create(url):
    return house.ask("POST", "/v1/endpoints", {"name": f"e{next(names)}", "url": url, "events": ["message.delivered"]})


def verify(endpoint):
    return house.must("POST", f"/v1/endpoints/{endpoint}/verify")


def wait_for(condition):
    end = time.monotonic() + 120
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


def endpoint_of(host, path="/in", port=""):
    status, made = create(f"https://{host}{port}{path}")
    assert status == 201, (host, status, made)
    return made["id"]


# --- What a URL may say -------------------------------------------------------------------------------------------------------
inside = "10.1.2.3"
number = int(ipaddress.ip_address(inside))
quads = inside.split(".")
hosts = [
    inside, "127.0.0.1", "127.1", "127.0.1", "0", "0.0.0.0", "0x0", "00", "169.254.169.254", "168.63.129.16", "100.100.100.200",
    "192.0.0.192", "192.168.1.1", "172.16.0.1", "8.8.8.8", SERVER, RECEIVER,
    str(number), hex(number), oct(number).replace("0o", "0"), "2130706433", "0x7f000001", "017700000001", "4294967295",
    ".".join(hex(int(quad)) for quad in quads), ".".join(oct(int(quad)).replace("0o", "0") for quad in quads),
    ".".join(f"{int(quad):04o}" for quad in quads), "0x7f.1", "0177.1", "127.0x1", "0xa9fea9fe", "2852039166", "0251.0376.0251.0376",
    "10.1.2.3.", "127.0.0.1.", "10。1。2。3", "127．0．0．1", "127｡0｡0｡1", "①②⑦.⓪.⓪.①", "１２７.0.0.1", "%31%32%37.0.0.1", "1%32%37.1",
    "[::]", "[::1]", "[::ffff:10.1.2.3]", "[::ffff:7f00:1]", "[::10.1.2.3]", "[::ffff:0:10.1.2.3]", "[64:ff9b::10.1.2.3]",
    "[64:ff9b:1::10.1.2.3]", "[2001:0:4136:e378:8000:63bf:f5fe:fdfc]", "[2002:a01:203::1]", "[fe80::1]", "[fe80::1%25in0]", "[fe80::1%in0]",
    "[fec0::1]", "[fd00:ec2::254]", "[2a0e::200:5efe:10.1.2.3]", "[ff02::1]", "[2001:db8::1]", f"[{RECEIVER6}]", f"[{SERVER6}]",
    "localhost", "LOCALHOST", "localhost.", "a.localhost", "ⓛocalhost", "localhost.localdomain", "metadata.google.internal", "metadata",
    "instance-data", "kubernetes.default.svc.cluster.local", "printer.local", "1.0.0.127.in-addr.arpa",
    f"{ZONE}.", f"good.{ZONE}.", "user@127.0.0.1", f"user:pass@good.{ZONE}", f"good.{ZONE}@127.0.0.1", f"127.0.0.1@good.{ZONE}",
    f"good.{ZONE}:22", f"good.{ZONE}:0", f"good.{ZONE}:25", f"good.{ZONE}:65536", f"good.{ZONE}:443:80",
    f"127.0.0.1\\.{ZONE}", f"127.0.0.1%00.{ZONE}", f"127.0.0.1%2f.{ZONE}", f"127.0.0.1#.{ZONE}", f"good.{ZONE}#@127.0.0.1/", "", ".", "..", "-", "a..b.example",
]
schemes = ["http", "HTTP", "ftp", "gopher", "file", "dict", "ldap", "ws", "wss", "jar", "data", "javascript", "unix"]
world.name("good", RECEIVER, RECEIVER6)
accepted = [f"https://{host}/" for host in hosts if create(f"https://{host}/")[0] == 201]
accepted += [url for scheme in schemes for url in [f"{scheme}://good.{ZONE}/", f"{scheme}://127.0.0.1/"] if create(url)[0] == 201]
verdict(not accepted, f"{len(hosts) + 2 * len(schemes)} URLs that point inward or nowhere are refused when they are entered {accepted or ''}")

# --- What a name may lead to --------------------------------------------------------------------------------------------------
bad = {
    "private": [inside], "loopback": ["127.0.0.1"], "any": ["0.0.0.0"], "metadata4": ["169.254.169.254"], "azure": ["168.63.129.16"],
    "alibaba": ["100.100.100.200"], "oracle": ["192.0.0.192"], "cgnat": ["100.64.0.1"], "multicast": ["224.0.0.1"],
    "broadcast": ["255.255.255.255"], "class-e": ["240.0.0.1"], "benchmark": ["198.18.0.1"], "documentation": ["203.0.113.9"],
    "relay": ["192.88.99.1"], "loopback6": ["::1"], "any6": ["::"], "mapped": ["::ffff:10.1.2.3"], "compatible": ["::10.1.2.3"],
    "siit": ["::ffff:0:10.1.2.3"], "nat64": ["64:ff9b::10.1.2.3"], "nat64-local": ["64:ff9b:1::10.1.2.3"],
    "teredo": ["2001:0:4136:e378:8000:63bf:f5fe:fdfc"], "6to4": ["2002:a01:203::1"], "isatap": ["2a0e::5efe:10.1.2.3"],
    "linklocal": ["fe80::1"], "sitelocal": ["fec0::1"], "ula": ["fd12::1"], "metadata6": ["fd00:ec2::254"], "discard": ["100::1"],
    "mixed": [RECEIVER, inside], "mixed-first": [inside, RECEIVER], "mixed-families": [RECEIVER, "fd12::1"],
    "mixed-families-other": [RECEIVER6, "10.9.9.9"], "own": [SERVER], "own6": [SERVER6], "mixed-own": [RECEIVER, SERVER],
    "alias": [f"cname:{world.name('private-target', inside)}."], "alias-metadata": [f"cname:metadata.{ZONE}."],
    "alias-local": ["cname:localhost."], "alias-loop": [f"cname:alias-loop.{ZONE}."], "nothing": [],
    "crowd": [f"45.9.{n // 250}.{n % 250 + 1}" for n in range(64)],
}
world.name("metadata", "169.254.169.254")
for length in range(12):
    world.name(f"chain{length}", f"cname:chain{length + 1}.{ZONE}.")
world.name("chain12", RECEIVER)
bad["long-chain"] = [f"cname:chain0.{ZONE}."]
wrong = []
for label, answers in bad.items():
    tried = verify(endpoint_of(world.name(label, *answers)))
    if tried["succeeded"] or tried["outcome"] not in ("address_refused", "name_not_resolved"):
        wrong.append((label, tried["outcome"]))
verdict(not wrong, f"{len(bad)} names that lead inward, back, or round in circles are refused when they are called {wrong or ''}")
verdict(not world.heard, f"nobody outside was called for them {world.heard or ''}")

# --- What is right arrives: or none of this would prove anything --------------------------------------------------------------
good = endpoint_of(f"good.{ZONE}")
verdict(verify(good)["succeeded"] and world.heard, "a name with public answers of both families is called")
six = endpoint_of(world.name("six", RECEIVER6), port=":8443")
verdict(verify(six)["succeeded"], "a name with an IPv6 answer alone is called, on 8443")
alias = endpoint_of(world.name("public-alias", f"cname:good.{ZONE}."))
verdict(verify(alias)["succeeded"], "an alias of a public name is called")
hosted = endpoint_of(world.name("hosted", RECEIVER))
verdict(verify(hosted)["succeeded"], "the hosts file says 10.0.0.9 and is not read")


# --- What changes its mind ----------------------------------------------------------------------------------------------------
def deliver(to):
    """A message that tells this endpoint; answers the outcome of the first attempt."""
    message = house.must("POST", "/v1/messages", {"event": "otp.login", "to": {"phone": "+15550100123"}, "data": {"code": "417233"},
                                                  "callbacks": [to["name"]]})["id"]
    seen = []

    def attempted():
        for delivery in house.must("GET", f"/v1/endpoints/{to['id']}/deliveries?limit=50")["data"]:
            if delivery.get("message_id") == message and delivery["attempts"]:
                seen.append(house.must("GET", f"/v1/deliveries/{delivery['id']}")["log"][0]["outcome"])
                return True
        return False

    return seen[0] if wait_for(attempted) else "nothing"


def shown(endpoint):
    return house.must("GET", f"/v1/endpoints/{endpoint}")


for endpoint in [six, alias, hosted]:
    house.must("PATCH", f"/v1/endpoints/{endpoint}", {"disabled": True})
rebound = endpoint_of(world.name("rebound", RECEIVER))
verdict(verify(rebound)["succeeded"], "a name that will be rebound is called while it is public")
for label, answers in [("private", [inside]), ("metadata", ["169.254.169.254"]), ("this machine", [SERVER]), ("loopback", ["127.0.0.1"]),
                       ("both", [RECEIVER, inside])]:
    world.name("rebound", *answers)
    outcome = deliver(shown(rebound))
    verdict(outcome == "address_refused", f"rebound to {label}, a delivery is not made: {outcome}")
# The first question is answered well and every later one badly: whoever asks twice, and judges only once, falls for it.
flipping = endpoint_of(world.name("flipping", [RECEIVER], [inside]))
before = len(world.heard)
first = verify(flipping)
verdict(first["succeeded"] and len(world.heard) == before + 1, "a name that changes between two questions is called where it was judged")
verdict(not verify(flipping)["succeeded"], "and not at all the next time")

run("ip", "addr", "add", "45.0.0.77/24", "dev", "in0")
late = verify(endpoint_of(world.name("late", "45.0.0.77")))
verdict(late["outcome"] == "address_refused", f"an address this machine got a moment ago is its own: {late['outcome']}")

# --- What an answer may say ---------------------------------------------------------------------------------------------------
wrong = []
for number, (status, location) in enumerate(
        (status, location) for status in [301, 302, 303, 307, 308]
        for location in ["http://169.254.169.254/latest/meta-data/", "https://10.1.2.3/", f"https://{SERVER}/", "//127.0.0.1/", "http://[::ffff:7f00:1]/"]):
    host = world.name(f"redirect{number}", RECEIVER)
    world.redirect_to[host] = (status, location)
    tried = verify(endpoint_of(host))
    if tried["succeeded"] or tried["outcome"] != "refused":
        wrong.append((status, location, tried["outcome"]))
verdict(not wrong, f"25 redirects inward are answers like any other, and followed by nobody {wrong or ''}")

# --- Others who name a host ---------------------------------------------------------------------------------------------------
owner = house.sign_in()
wrong = []
for label in ["private", "metadata4", "mapped", "mixed", "own", "alias", "loopback"]:
    channel = house.must("POST", "/v1/channels", {"name": label, "email": {
        "host": f"{label}.{ZONE}", "port": 465, "security": "implicit_tls", "from_address": "news@mail.example.com",
        "helo": "mail.example.com"}}, "live")
    house.event(f"mail.{label}", "email", "transactional", {"subject": "Visit", "text": "{{ day }}"}, "live", channel["id"])
    message = house.must("POST", "/v1/messages", {"event": f"mail.{label}", "to": {"email": "ada@example.com"},
                                                  "data": {"day": "Monday"}}, "live")["id"]
    timeline = lambda: house.must("GET", f"/v1/messages/{message}/timeline", environment="live")["steps"]
    tried = lambda: {step["detail"] for step in timeline() if step["attempt"] and step["detail"]}
    wait_for(tried)
    reasons = tried()
    if reasons != {"address_refused"}:
        wrong.append((label, reasons))
    made = owner.must("POST", "/v1/sso/connections/oidc", {"name": label, "preset": "any", "issuer": f"https://{label}.{ZONE}",
                                                          "client_id": "sealpost", "client_secret": "example secret"})
    status, _, page = owner.send("GET", f"/sign-in/with/{made['id']}")
    if status == 303 or b"provider_address_refused" not in page:
        wrong.append((label, status))
    status, _, page = owner.send("POST", "/v1/sso/connections/saml", json.dumps(
        {"name": f"{label}-saml", "metadata_url": f"https://{label}.{ZONE}/metadata"}))
    if status != 502 or b"sso_unavailable" not in page:
        wrong.append((label, status, page))
verdict(not wrong, f"mail relays, OpenID and SAML providers inside are not called {wrong or ''}")

# --- The packets --------------------------------------------------------------------------------------------------------------
time.sleep(2)  # Whatever was retried in the meantime, too.
probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
probe.sendto(b"seen?", ("10.255.255.254", 9))
verdict(wait_for(lambda: any(to == "10.255.255.254" for _, _, to, _ in capture.to)), "a packet of ours to a private address is seen by the capture")
verdict(wait_for(lambda: sum(n for (_, _, to, _), n in capture.to.items() if to == RECEIVER) > 10), "and so are those to the receiver")


def is_ours(seen):
    """The harness asking the API, the name server, what the kernel says to its neighbours by itself."""
    source, source_port, to, port = seen
    destination, origin = ipaddress.ip_address(to), ipaddress.ip_address(source)
    api = destination.is_loopback and PORT in (source_port, port)
    dns = (to == NAMES and port == 53) or (source == NAMES and source_port == 53)
    neighbours = destination.is_multicast and (origin.is_link_local or origin.is_unspecified) and port == 0
    answers = to in (SERVER, SERVER6) and source in (RECEIVER, RECEIVER6)
    probe = to == "10.255.255.254"
    return api or dns or neighbours or answers or probe


seen = capture.to
strays = {one: count for one, count in seen.items() if not is_ours(one) and one[2] not in (RECEIVER, RECEIVER6)}
verdict(not strays, f"0 packets to any address that is not public, of {sum(seen.values())} seen {strays or ''}")
verdict(capture.dropped == 0, "no packet was missed by the capture")
searched = [name for name in world.asked if not name.endswith(f"{ZONE}.") and name != "localhost."]
verdict(not searched, f"no name was asked for below a search domain {searched or ''}")
world.stop()
verdict.end()
