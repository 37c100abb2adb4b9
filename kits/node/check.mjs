// Answers the questions of `kits/README.md`.

import { createInterface } from "node:readline";
import { Processed, Refused, verify } from "./sealpost-verify.mjs";

for await (const line of createInterface({ input: process.stdin })) {
  const [first, second, ...rest] = line.split("\t");
  if (first === "processed") {
    const processed = new Processed(Number(second));
    console.log(rest.map((id) => (processed.add(id) ? "new" : "old")).join(" "));
    continue;
  }
  const [body, ...headers] = rest;
  const pairs = Object.fromEntries(headers.map((one) => {
    const at = one.indexOf("=");
    return [one.slice(0, at), Buffer.from(one.slice(at + 1), "base64").toString()];
  }));
  try {
    console.log(verify(pairs, Buffer.from(body, "base64"), second.split(","), Number(first)));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    console.log("refused");
  }
}
