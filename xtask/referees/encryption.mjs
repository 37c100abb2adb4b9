// npm's `jose` opens live deliveries, by shared keys and by its own, and what it answers is opened by us.

import { randomBytes, webcrypto } from "node:crypto";
import path from "node:path";
import { CompactEncrypt, compactDecrypt, exportJWK, generateKeyPair } from "jose";
import { Webhook } from "standardwebhooks";
import { House, Receiver, Verdict } from "./_house.mjs";

const kit = await import(path.join(process.env.SEALPOST_ROOT, "kits/node/sealpost-decrypt.mjs"));
const verdict = new Verdict();
const house = await House.start();
const receiver = await Receiver.start();
const text = (bytes) => new TextDecoder().decode(bytes);
const bytes = (text) => new TextEncoder().encode(text);

/** What this yields, or nothing if it is refused. */
async function maybe(opening) {
  try {
    return text(await opening());
  } catch {
    return undefined;
  }
}

/** The key of one message, as the documentation derives it. */
async function derived(secret, salt) {
  const key = await webcrypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  const how = { name: "HKDF", hash: "SHA-256", salt: Buffer.from(salt, "base64url"), info: bytes("sealpost/v1/payload/jwe") };
  return new Uint8Array(await webcrypto.subtle.deriveBits(how, key, 512));
}

const only = { keyManagementAlgorithms: ["dir"], contentEncryptionAlgorithms: ["A256GCM"] };
const agreed = { keyManagementAlgorithms: ["ECDH-ES+A256KW"], contentEncryptionAlgorithms: ["A256GCM"] };
const shared = {
  "jwe-dir": (body, { secret }) => maybe(async () => (await compactDecrypt(body, secret, only)).plaintext),
  "jwe-hkdf": (body, { secret }) =>
    maybe(async () => {
      const key = async ({ salt }) => (await derived(secret, salt)).subarray(0, 32);
      return (await compactDecrypt(body, key, { ...only, crit: { salt: true } })).plaintext;
    }),
};
const byKit = (method) => (body, { secret, kid }) => maybe(() => kit.decrypt(method, body, new Map([[kid, secret]])));
const cases = [];
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** With another letter there: another in the bit that every decoder reads. */
function altered(text, at) {
  const value = ALPHABET.indexOf(text[at]);
  return text.slice(0, at) + (value < 0 ? "B" : ALPHABET[value ^ 32]) + text.slice(at + 1);
}

async function endpoint(name, settings) {
  const made = await house.must("POST", "/v1/endpoints", { name, url: `${receiver.origin}/${name}`, events: ["message.*"] });
  const shown = await house.must("PUT", `/v1/endpoints/${made.id}/encryption`, settings);
  const tried = await house.must("POST", `/v1/endpoints/${made.id}/verify`);
  if (!tried.succeeded) throw new Error(JSON.stringify(tried));
  return { ...made, kid: shown.encryption.key_id };
}

async function stored(name, value) {
  await house.must("POST", "/v1/secrets", { name, value });
  return { secret: name };
}

for (const method of ["jwe-dir", "jwe-hkdf", "aes-256-gcm", "aes-256-cbc-hmac"]) {
  const secret = new Uint8Array(randomBytes(method === "aes-256-cbc-hmac" ? 64 : 32));
  const named = await stored(`payload-${method}`, Buffer.from(secret).toString("base64url"));
  const made = await endpoint(method, { method, secret: named, encoding: "base64url" });
  const held = { secret, kid: made.kid };
  const answer = shared[method] && (async (clear, key = secret) => {
    const header = { alg: "dir", enc: "A256GCM", kid: made.kid };
    let content = key;
    if (method === "jwe-hkdf") {
      header.salt = randomBytes(32).toString("base64url");
      header.crit = ["salt"];
      content = (await derived(key, header.salt)).subarray(0, 32);
    }
    return new CompactEncrypt(bytes(clear)).setProtectedHeader(header).encrypt(content, { crit: { salt: true } });
  });
  if (shared[method]) cases.push({ method, who: "jose", made, held, opens: shared[method], answer });
  cases.push({ method, who: "the kit", made, held, opens: byKit(method) });
}

for (const crv of ["X25519", "P-256"]) {
  const name = `jwe-ecdh-es-${crv.toLowerCase()}`;
  const theirs = await generateKeyPair("ECDH-ES+A256KW", { crv, extractable: true });
  const ours = await generateKeyPair("ECDH-ES+A256KW", { crv, extractable: true });
  const secret = await stored(`answers-${name}`, JSON.stringify(await exportJWK(ours.privateKey)));
  const made = await endpoint(name, { method: "jwe-ecdh-es", public_key: await exportJWK(theirs.publicKey), secret });
  const opens = (body, { key }) => maybe(async () => (await compactDecrypt(body, key, agreed)).plaintext);
  const answer = (clear, key = ours.publicKey) =>
    new CompactEncrypt(bytes(clear)).setProtectedHeader({ alg: "ECDH-ES+A256KW", enc: "A256GCM" }).encrypt(key);
  cases.push({ method: name, who: "jose", made, held: { key: theirs.privateKey }, opens, answer });
}

const template = await house.must("POST", "/v1/templates",
  { name: "otp", channel: "sms", content: { text: "{{ code }} is your code." } });
await house.must("POST", "/v1/events", { name: "otp.login", class: "otp", template_id: template.id });
const message = await house.must("POST", "/v1/messages",
  { event: "otp.login", to: { phone: "+15550100123" }, data: { code: "417233" } });

for (const { method, who, made, held, opens, answer } of cases) {
  const isReport = async (one) => {
    if (one.path !== `/${made.name}`) return false;
    const clear = await opens(one.body, held);
    return clear !== undefined && JSON.parse(clear).data.message_id === message.id;
  };
  const { headers, body } = await receiver.first(isReport);
  verdict.say(true, `${method}: ${who} opens a live delivery`);
  verdict.say(!body.includes(message.id), `${method}: nothing of it is to be read on the wire`);
  if (method.startsWith("jwe-")) verdict.say(headers["content-type"] === "application/jose", `${method}: it says what it is`);
  const webhook = new Webhook(made.secret);
  verdict.say(holds(webhook, body, headers), `${method}: the signature is over the bytes on the wire`);
  verdict.say(!holds(webhook, await opens(body, held), headers), `${method}: and not over the clear text`);
  let refused = 0;
  for (let at = 0; at < body.length; at += 7) {
    const changed = altered(body, at);
    if ((await opens(changed, held)) === undefined) refused += 1;
  }
  verdict.say(refused === Math.ceil(body.length / 7), `${method}: ${who} refuses each of ${refused} changed ones`);

  const test = async (answered) => {
    receiver.answers.set(`/${made.name}`, answered);
    return house.must("POST", `/v1/endpoints/${made.id}/test`);
  };
  const tried = await test("");
  verdict.say((await opens(tried.body, held)) === tried.encryption.clear, `${method}: a test shows what ${who} reads of it`);
  if (!answer) continue;
  const right = await answer('{"ok":true}');
  verdict.say((await test(right)).encryption.answer === "decrypted", `${method}: an answer of ${who} is opened`);
  const wrapped = JSON.stringify({ encrypted: right });
  verdict.say((await test(wrapped)).encryption.answer === "decrypted", `${method}: an answer in an object, too`);
  const foreign = held.key
    ? (await generateKeyPair("ECDH-ES+A256KW", { crv: method.endsWith("x25519") ? "X25519" : "P-256" })).publicKey
    : new Uint8Array(randomBytes(32));
  const wrong = [await answer('{"ok":true}', foreign), right.slice(0, -1), `${right}A`, right.replaceAll(".", "..")];
  for (let at = 5; at < right.length; at += 41) wrong.push(altered(right, at));
  const outcomes = new Set();
  for (const one of wrong) outcomes.add((await test(one)).encryption.answer);
  verdict.say(outcomes.size === 1 && outcomes.has("response_undecryptable"),
    `${method}: ${wrong.length} wrong answers have one outcome: ${[...outcomes]}`);
}

function holds(webhook, body, headers) {
  try {
    webhook.verify(body, headers);
    return true;
  } catch (error) {
    // The library parses what it has verified as JSON, which a JWE isn't.
    return error instanceof SyntaxError;
  }
}

receiver.stop();
await house.stop();
process.exit(verdict.failed ? 1 : 0);
