"""Python's `ipaddress` classifies 100,000 random addresses, in every form that carries an IPv4 address and every spelling, and must say
what `sealpost doctor egress --classify` says; where the two differ, the table below says why. `SEALPOST_SEED` repeats a run."""

import collections
import ipaddress
import json
import os
import random
import subprocess
import sys

COUNT = 100_000
seed = int(os.environ.get("SEALPOST_SEED", random.SystemRandom().randrange(2**32)))
chance = random.Random(seed)
print(f"seed {seed}", flush=True)

# Blocks that Python calls global, in some version, and we never call. There is no row for the other direction: what Python doesn't
# call global, we don't call.
EXPLAINED = {
    "168.63.129.16/32": "Azure's wire server has a public address (metadata)",
    "192.0.0.0/24": "IETF assignments, of which Python lets through what is anycast (PCP, TURN) and, in older versions, what isn't assigned",
    "192.31.196.0/24": "AS112 by DNAME: a name server, no receiver",
    "192.52.193.0/24": "AMT: a multicast relay",
    "192.88.99.0/24": "6to4 relays, deprecated (RFC 7526)",
    "192.175.48.0/24": "AS112: a name server, no receiver",
    "224.0.0.0/4": "multicast; Python calls some of it global",
    "::/3": "nothing below 2000::/3 is global unicast: IPv4-compatible and SIIT forms, the rest not allocated",
    "4000::/2": "not allocated",
    "8000::/1": "not allocated, or multicast",
    "2001::/23": "IETF assignments, of which Python lets through what the registry calls reachable: Teredo, ORCHIDv2, AMT, DRIP, anycast",
    "2002::/16": "6to4 carries an IPv4 address; the registry has no opinion",
    "2001:db8::/32": "documentation",
    "2620:4f:8000::/48": "AS112: a name server, no receiver",
    "3fff::/20": "documentation (RFC 9637), newer than some Pythons",
}
TABLE = [(ipaddress.ip_network(block), why) for block, why in EXPLAINED.items()]
EDGES = [ipaddress.ip_network(block) for block in [
    *EXPLAINED, "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", 
    "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4", "255.255.255.255/32",
    "100.100.100.200/32", "169.254.169.254/32", "::/128", "::1/128", "::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96",
    "64:ff9b:1::/48", "100::/64", "2000::/3", "2001::/32", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8"]]


def v4():
    return chance.getrandbits(32) if chance.random() < 0.5 else int(edge(4))


def edge(version):
    """In a block, at its end, or one beside it."""
    block = chance.choice([block for block in EDGES if block.version == version])
    kind = type(block.network_address)
    most = 2**block.max_prefixlen - 1
    place = chance.choice([0, block.num_addresses - 1, chance.randrange(block.num_addresses)]) + chance.choice([-1, 0, 0, 1])
    return kind(min(max(int(block.network_address) + place, 0), most))


def carrying():
    """An IPv6 form around an IPv4 address."""
    inside, rest = v4(), chance.getrandbits(64)
    return chance.choice([
        lambda: inside,
        lambda: 0xffff << 32 | inside,
        lambda: 0xffff << 48 | inside,
        lambda: 0x64ff9b << 96 | inside,
        lambda: 0x64ff9b0001 << 80 | (rest & 0xffffffffffff) << 32 | inside,
        lambda: 0x2002 << 112 | inside << 80 | rest,
        lambda: 0x20010000 << 96 | rest << 32 | inside ^ 0xffffffff,
        lambda: (chance.getrandbits(61) | 1 << 61) << 64 | chance.choice([0x5efe, 0x02005efe]) << 32 | inside,
    ])()


def address():
    return chance.choice([
        lambda: ipaddress.IPv4Address(v4()),
        lambda: edge(4),
        lambda: edge(6),
        lambda: ipaddress.IPv6Address(chance.getrandbits(128)),
        lambda: ipaddress.IPv6Address(chance.getrandbits(125) | 1 << 125),
        lambda: ipaddress.IPv6Address(carrying()),
        lambda: ipaddress.IPv6Address(carrying()),
    ])()


def spelled(one):
    """The same address, written another way."""
    if one.version == 4:
        return str(one)
    text = chance.choice([str(one), one.exploded, str(one).upper()])
    if chance.random() < 0.3:
        quad = str(ipaddress.IPv4Address(int(one) & 0xffffffff))
        text = ":".join(one.exploded.split(":")[:6]) + ":" + quad
    return text


def in_a_url(one):
    """The same address as the host of a URL, in a notation that browsers read."""
    if one.version == 6:
        return f"https://[{spelled(one)}]/"
    number = int(one)
    parts = [number >> 24, number >> 16 & 255, number >> 8 & 255, number & 255]
    tail = chance.choice([parts, [parts[0], number & 0xffffff], [parts[0], parts[1], number & 0xffff], [number]])
    host = ".".join(chance.choice([str, hex, lambda part: f"0{part:o}", lambda part: f"0X{part:X}"])(part) for part in tail)
    return f"https://{chance.choice([host, host, host + '.', host.replace('.', '。'), host.replace('1', '１')])}/"


def carried(one):
    """What Python decodes."""
    if one.version == 4:
        return None
    if one.ipv4_mapped:
        return str(one.ipv4_mapped)
    if one.sixtofour:
        return str(one.sixtofour)
    return str(one.teredo[1]) if one.teredo else None


addresses = [address() for _ in range(COUNT)]
lines = [spelled(one) for one in addresses]
urls = [in_a_url(one) for one in addresses]
zoned = [f"{one}%{chance.choice(['eth0', '1', 'lo'])}" for one in addresses[:2_000] if one.version == 6]
asked = lines + urls + zoned
done = subprocess.run([os.environ["SEALPOST_BIN"], "--json", "doctor", "egress", "--classify"], input="\n".join(asked) + "\n",
                      capture_output=True, text=True, cwd=os.environ["SEALPOST_DIR"])
assert done.returncode == 0, done.stderr
answers = [json.loads(line) for line in done.stdout.splitlines()]

failed = 0


def verdict(held, what):
    global failed
    failed += not held
    print(f"{'ok' if held else 'not ok'} {what}", flush=True)


verdict(len(answers) == len(asked) and all(a["asked"] == b for a, b in zip(answers, asked)), "every line is answered, in order")
differ, unexplained, called, decoded = collections.Counter(), [], 0, []
for one, text, answer in zip(addresses, lines, answers):
    isatap = one.version == 6 and (int(one) >> 32 & 0xffffffff) in (0x5efe, 0x02005efe)
    called += answer["called"]
    if answer["called"] != one.is_global:
        row = next((why for block, why in TABLE if one.version == block.version and one in block), None)
        row = row or ("ISATAP: the interface identifier carries an IPv4 address" if isatap else None)
        if row and not answer["called"]:
            differ[row] += 1
        else:
            unexplained.append((text, answer))
    if carried(one) and (answer.get("carries") or [None, None])[1] != carried(one):
        decoded.append((text, answer, carried(one)))
verdict(not unexplained, f"{COUNT} addresses are called or refused as Python says, or as the table explains {unexplained[:5] or ''}")
verdict(not decoded, f"what mapped, 6to4 and Teredo addresses carry is decoded as Python does {decoded[:5] or ''}")
verdict(COUNT // 20 < called < COUNT, f"{called} of them are called: a guard that refuses all proves nothing")
rest = answers[COUNT:]
spoken = [answer for answer in rest if answer["called"]]
verdict(not spoken, f"{len(urls)} URLs with an address for a host, in any notation, and {len(zoned)} zones are refused {spoken[:5] or ''}")
literal = sum(answer["why"] == "address_literal" for answer in rest[:COUNT])
verdict(literal > COUNT * 9 // 10, f"{literal} of the URLs are refused because they are addresses")
print("where we refuse what this Python calls global:")
for why, count in differ.most_common():
    print(f"  {count:6} {why}")
sys.exit(1 if failed else 0)
