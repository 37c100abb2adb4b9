// Opens what Sealpost encrypts under a shared key: `jwe-hkdf`, `jwe-dir`, `aes-256-gcm`, `aes-256-cbc-hmac`.
// One file without dependencies, for Node 18 and later. Verify the signature first: sealpost-verify.mjs. For `jwe-ecdh-es` take npm's `jose`.

import { createDecipheriv, createHmac, hkdfSync, timingSafeEqual } from "node:crypto";

const INFO = "sealpost/v1/payload/jwe";
const ALGORITHMS = { "aes-256-gcm": "A256GCM", "aes-256-cbc-hmac": "A256CBC-HS512" };

/** It doesn't open under these keys, or isn't by this method. */
export class Refused extends Error {
  constructor() {
    super("refused");
  }
}

/**
 * The clear bytes of a body, or the JSON of a field. `ciphertext` is the body as it came, or the text in its place; `keys` has the
 * key's bytes by its id (a Map), more than one while you rotate. Throws `Refused`.
 */
export function decrypt(method, ciphertext, keys) {
  try {
    const text = ciphertext.toString();
    return method.startsWith("jwe-") ? jwe(method, text, keys) : envelope(method, JSON.parse(text), keys);
  } catch {
    throw new Refused();
  }
}

function envelope(method, { v, alg, kid, aad = "", iv, tag, ciphertext }, keys) {
  if (v !== 1 || alg !== ALGORITHMS[method]) throw new Refused();
  const [key, vector, mac, sealed] = [keys.get(kid), bytes(iv), bytes(tag), bytes(ciphertext)];
  if (alg === "A256GCM") return gcm(key, vector, Buffer.from(aad), sealed, mac);
  const bits = Buffer.alloc(8);
  bits.writeBigUInt64BE(BigInt(Buffer.byteLength(aad)) * 8n);
  const made = createHmac("sha512", key.subarray(0, 32)).update(Buffer.concat([Buffer.from(aad), vector, sealed, bits])).digest();
  // The tag first: a padding that nobody authenticated says nothing to anybody.
  if (!timingSafeEqual(made.subarray(0, 32), mac)) throw new Refused();
  const cipher = createDecipheriv("aes-256-cbc", key.subarray(32), vector);
  return Buffer.concat([cipher.update(sealed), cipher.final()]);
}

function jwe(method, text, keys) {
  const [header, wrapped, iv, sealed, tag, ...more] = text.split(".");
  const { alg, enc, kid, crit = [], salt, commit } = JSON.parse(bytes(header));
  const derived = method === "jwe-hkdf";
  if (alg !== "dir" || enc !== "A256GCM" || wrapped || more.length || String(crit) !== (derived ? "salt" : "")) throw new Refused();
  let key = keys.get(kid);
  if (derived) {
    const both = Buffer.from(hkdfSync("sha256", key, bytes(salt), INFO, 64));
    if (!timingSafeEqual(both.subarray(32), bytes(commit))) throw new Refused();
    key = both.subarray(0, 32);
  }
  return gcm(key, bytes(iv), Buffer.from(header), bytes(sealed), bytes(tag));
}

function gcm(key, iv, aad, sealed, tag) {
  if (iv.length !== 12 || tag.length !== 16) throw new Refused();
  const cipher = createDecipheriv("aes-256-gcm", key, iv).setAAD(aad).setAuthTag(tag);
  return Buffer.concat([cipher.update(sealed), cipher.final()]);
}

function bytes(text) {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) throw new Refused();
  return Buffer.from(text, "base64url");
}
