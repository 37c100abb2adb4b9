"""Answers the questions of `kits/README.md`."""

import base64
import sys

from sealpost_verify import Processed, Refused, verify

for line in sys.stdin:
    first, second, *rest = line.rstrip("\n").split("\t")
    if first == "processed":
        processed = Processed(int(second))
        print(" ".join("new" if processed.add(name) else "old" for name in rest), flush=True)
        continue
    body, *headers = rest
    pairs = {name: base64.b64decode(value).decode() for name, value in (one.split("=", 1) for one in headers)}
    try:
        print(verify(pairs, base64.b64decode(body), second.split(","), int(first)), flush=True)
    except Refused:
        print("refused", flush=True)
