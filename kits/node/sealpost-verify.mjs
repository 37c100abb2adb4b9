// Verifies what Sealpost sends: Standard Webhooks, by a shared secret (v1) or the endpoint's public key (v1a).
// One file without dependencies, for Node 18 and later.

import { createHmac, createPublicKey, timingSafeEqual, verify as verifySignature } from "node:crypto";

/** Seconds that clocks may differ, and that a message may have been under way. */
const TOLERANCE = 300;
/** In one header: more are noise. */
const MOST_SIGNATURES = 16;
/** What stands before the 32 bytes of an Ed25519 public key in its DER form (RFC 8410). */
const ED25519 = Buffer.from("302a300506032b6570032100", "hex");

/** Nobody with one of the keys sent this, or not now. Answer 400, and say no more. */
export class Refused extends Error {
  constructor() {
    super("refused");
  }
}

/**
 * The id of the message. `headers` as Node gives them, `body` the bytes as they came, before anybody parsed them; `keys` what the
 * endpoint shows: `whsec_…` secrets, `whpk_…` public keys, more than one while a secret is being rotated.
 * Throws `Refused`; `TypeError` for a key that is none.
 */
export function verify(headers, body, keys, now = Math.floor(Date.now() / 1000)) {
  const opened = keys.map(openKey);
  const found = new Map();
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase();
    if (found.has(lower)) throw new Refused();
    found.set(lower, value);
  }
  const [id, at, signatures] = ["id", "timestamp", "signature"].map((part) => found.get(`webhook-${part}`));
  if (![id, at, signatures].every((value) => typeof value === "string" && value !== "")) throw new Refused();
  if (!/^[0-9]{1,12}$/.test(at) || Math.abs(now - Number(at)) > TOLERANCE) throw new Refused();
  const signed = Buffer.concat([Buffer.from(`${id}.${at}.`), Buffer.from(body)]);
  for (const signature of signatures.split(" ").slice(0, MOST_SIGNATURES)) {
    const comma = signature.indexOf(",");
    const [version, text] = [signature.slice(0, comma), signature.slice(comma + 1)];
    if (opened.some(({ kind, key }) => kind === version && HOLDS[kind](key, signed, text))) return id;
  }
  throw new Refused();
}

const HOLDS = {
  v1(key, signed, text) {
    const mac = Buffer.from(createHmac("sha256", key).update(signed).digest("base64"));
    const given = Buffer.from(text);
    return mac.length === given.length && timingSafeEqual(mac, given);
  },
  v1a(key, signed, text) {
    const signature = strict(text);
    return signature?.length === 64 && verifySignature(null, signed, key, signature);
  },
};

function openKey(text) {
  if (text.startsWith("whsec_")) {
    const key = strict(text.slice(6));
    if (!key || key.length < 24) throw new TypeError("the key is too short");
    return { kind: "v1", key };
  }
  if (text.startsWith("whpk_")) {
    const key = strict(text.slice(5));
    if (key?.length !== 32) throw new TypeError("the key is too short");
    return { kind: "v1a", key: createPublicKey({ key: Buffer.concat([ED25519, key]), format: "der", type: "spki" }) };
  }
  throw new TypeError("a key begins with whsec_ or whpk_");
}

/** Node reads anything as base64: only what it would write itself is. */
function strict(text) {
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? bytes : undefined;
}

/**
 * Ids that were dealt with. The same message comes again if it was answered by anything but 2xx, and a copy comes from whoever
 * recorded it: do each once. In memory; several processes want a unique column in their database instead.
 */
export class Processed {
  #ids = new Set();
  #most;

  constructor(most = 100_000) {
    this.#most = most;
  }

  /** Whether it is new. */
  add(id) {
    if (this.#ids.has(id)) return false;
    this.#ids.add(id);
    if (this.#ids.size > this.#most) this.#ids.delete(this.#ids.values().next().value);
    return true;
  }
}
