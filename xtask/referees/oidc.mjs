// npm's `oidc-provider` (certified by the OpenID Foundation) signs members in, by every algorithm, with PKCE that it insists on.

import { execFileSync, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import fs from "node:fs";
import https from "node:https";
import net from "node:net";
import path from "node:path";
import readline from "node:readline";
import { Provider } from "oidc-provider";

const folder = path.resolve(process.env.SEALPOST_DIR);
const tls = path.join(folder, "data/tls");
const config = path.join(folder, "etc/sealpost.toml");
let failed = 0;

function verdict(held, what) {
  console.log(`${held ? "ok" : "not ok"} ${what}`);
  if (!held) failed += 1;
}

function run(...args) {
  return JSON.parse(execFileSync(process.env.SEALPOST_BIN, ["--json", ...args], { encoding: "utf8" }));
}

/** A port that nobody has: providers have to be told where they send people back to. */
async function free() {
  const server = net.createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function serve() {
  const args = ["--json", "--config", config, "serve", "--admin", "127.0.0.1:0"];
  const log = fs.openSync(path.join(folder, "server.log"), "a");
  const server = spawn(process.env.SEALPOST_BIN, args, { stdio: ["ignore", "pipe", log] });
  for await (const _ of readline.createInterface({ input: server.stdout })) return server;
  throw new Error("it does not start");
}

async function stop(server) {
  const ended = new Promise((resolve) => server.once("exit", resolve));
  server.kill("SIGTERM");
  await ended;
}

const port = await free();
const url = `https://localhost:${port}`;
const { sign_in: link } = run("init", "--dir", path.dirname(config), "--data", path.join(folder, "data"),
  "--organisation", "Referee (fictional)", "--host", "localhost", "--bind", `127.0.0.1:${port}`);
// The first start makes the local authority, which the second one trusts.
await stop(await serve());
fs.appendFileSync(config, `\n[egress]\nloopback = true\nauthorities = ["${tls}/ca.pem"]\n`);
const server = await serve();
const ca = fs.readFileSync(path.join(tls, "ca.pem"));
const certificate = { cert: fs.readFileSync(path.join(tls, "localhost.pem")), key: fs.readFileSync(path.join(tls, "localhost.key")) };

/** A browser: cookies for each origin, and no more. */
class Browser {
  #jars = new Map();

  ask(method, where, { headers = {}, body } = {}) {
    const at = new URL(where);
    const jar = this.#jars.get(at.origin) ?? new Map();
    this.#jars.set(at.origin, jar);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    return new Promise((resolve, reject) => {
      const request = https.request(at, { method, headers: { ...(cookie && { cookie }), ...headers }, ca }, (response) => {
        for (const line of response.headers["set-cookie"] ?? []) {
          const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
          if (value && !/max-age=0|expires=Thu, 01 Jan 1970/i.test(line)) jar.set(name, value);
          else jar.delete(name);
        }
        let text = "";
        response.on("data", (part) => (text += part));
        response.on("end", () => {
          const json = () => { try { return JSON.parse(text); } catch { return {}; } };
          const location = response.headers.location && new URL(response.headers.location, at).href;
          resolve({ status: response.statusCode, location, text, json: json() });
        });
      });
      request.on("error", reject);
      request.end(body);
    });
  }

  /** Follows a link, as a person does, and wherever it leads; `change` sees each address before it is followed. */
  async follow(where, change = (next) => next) {
    const headers = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", accept: "application/json" };
    for (let hops = 0; hops < 12; hops += 1) {
      where = change(where);
      const answer = await this.ask("GET", where, { headers });
      if (!answer.location || answer.location === `${url}/app`) return { ...answer, at: where };
      where = answer.location;
    }
    throw new Error("it goes round in circles");
  }

  get signedIn() {
    return this.#jars.get(url)?.has("__Host-sealpost_session") ?? false;
  }
}

const own = { origin: url, "sec-fetch-site": "same-origin" };
const owner = new Browser();
const page = await owner.ask("GET", link);
const [, token] = page.text.match(/name="csrf" content="([^"]+)"/);
await owner.ask("POST", link, {
  headers: { ...own, "content-type": "application/x-www-form-urlencoded" }, body: `_csrf=${encodeURIComponent(token)}`,
});
const { csrf_token: csrf } = (await owner.ask("GET", `${url}/v1/session`)).json;

async function api(method, where, body) {
  const headers = { ...own, "x-csrf-token": csrf, "content-type": "application/json" };
  const answer = await owner.ask(method, `${url}${where}`, { headers, body: JSON.stringify(body) });
  if (answer.status >= 300) throw new Error(`${method} ${where}: ${answer.status} ${answer.text}`);
  return answer.json;
}

// Who is known at the provider; of these two are invited.
const people = {
  ada: { email: "ada@clinic.example", email_verified: true, name: "Ada Example", groups: ["front-desk"] },
  ben: { email: "ben@clinic.example", email_verified: false, name: "Ben Example", groups: [] },
  eve: { email: "eve@elsewhere.example", email_verified: true, name: "Eve Example", groups: ["front-desk"] },
};
for (const email of [people.ada.email, people.ben.email]) await api("POST", "/v1/invitations", { email, role: "viewer" });

const jwk = (kind, options, more) => ({ ...generateKeyPairSync(kind, options).privateKey.export({ format: "jwk" }), use: "sig", ...more });
const keys = [
  jwk("rsa", { modulusLength: 2048 }, { kid: "rs", alg: "RS256" }),
  jwk("rsa", { modulusLength: 3072 }, { kid: "ps", alg: "PS256" }),
  jwk("ec", { namedCurve: "P-256" }, { kid: "es", alg: "ES256" }),
  jwk("ed25519", {}, { kid: "ed", alg: "EdDSA" }),
];
const SECRET = "a secret & more of it: 100%";
const ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"];
/** Each way in which a client may be registered. */
const clients = [
  ...ALGORITHMS.map((alg) => ({ client_id: `client-${alg}`, id_token_signed_response_alg: alg, token_endpoint_auth_method: "client_secret_basic" })),
  { client_id: "client:post", token_endpoint_auth_method: "client_secret_post" },
  { client_id: "public", token_endpoint_auth_method: "none" },
];

/** Who comes next, and what the provider saw of clients. */
let who = "ada";
const seen = { verifiers: 0, errors: [] };

/** A provider over TLS. `inToken`: whether it says in the token what others say at `userinfo`. */
async function provider({ inToken, redirects, only }) {
  const listening = await free();
  const issuer = `https://localhost:${listening}`;
  const known = clients.map((client) => ({
    id_token_signed_response_alg: "ES256", response_types: ["code"], grant_types: ["authorization_code"],
    redirect_uris: redirects, ...client, ...(client.token_endpoint_auth_method !== "none" && { client_secret: SECRET }),
  }));
  const offered = new Provider(issuer, {
    clients: known,
    jwks: { keys },
    cookies: { keys: ["referee"] },
    conformIdTokenClaims: !inToken,
    pkce: { required: () => true },
    scopes: ["openid", "email", "profile", "groups"],
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"], groups: ["groups"] },
    enabledJWA: { idTokenSigningAlgValues: ALGORITHMS },
    clientAuthMethods: only ?? ["client_secret_basic", "client_secret_post", "none"],
    ttl: { AccessToken: 300, IdToken: 300, Grant: 300, Interaction: 300, Session: 300 },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
  });
  offered.on("grant.success", (ctx) => (seen.verifiers += ctx.oidc.params.code_verifier?.length === 43));
  for (const event of ["grant.error", "authorization.error", "server_error", "userinfo.error"]) {
    offered.on(event, (_, error) => seen.errors.push(`${event}: ${error.error} ${error.error_description ?? error.message}`));
  }
  const answer = offered.callback();
  const at = https.createServer(certificate, async (request, response) => {
    if (!request.url.startsWith("/interaction/")) return answer(request, response);
    // Whoever comes says who they are, and agrees.
    const { prompt, params, session } = await offered.interactionDetails(request, response);
    const result = { login: { accountId: who } };
    if (prompt.name === "consent") {
      const grant = new offered.Grant({ accountId: session.accountId, clientId: params.client_id });
      grant.addOIDCScope(params.scope);
      result.consent = { grantId: await grant.save() };
      delete result.login;
    }
    return offered.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
  });
  await new Promise((resolve) => at.listen(listening, "127.0.0.1", resolve));
  return { issuer, close: () => { at.close(); at.closeAllConnections(); } };
}

// Which redirect URI a connection has is known once it is made, and providers ask to be told before.
const redirects = [];
const made = [];
async function connect(name, settings) {
  const body = { name, preset: "any", issuer: "https://id.example.com", client_secret: SECRET, ...settings };
  if (settings.client_secret === null) delete body.client_secret;
  const connection = await api("POST", "/v1/sso/connections/oidc", body);
  redirects.push(connection.facts.find((fact) => fact.name === "Redirect URI").value);
  made.push({ ...connection, settings });
  return connection;
}
for (const alg of ALGORITHMS) await connect(alg, { client_id: `client-${alg}` });
const post = await connect("post", { client_id: "client:post", max_age_minutes: 60 });
const open = await connect("public", { client_id: "public", client_secret: null });
const grouped = await connect("groups", { client_id: "client-ES256", groups_claim: "groups" });
const wrong = await connect("wrong", { client_id: "client-ES256", client_secret: "another" });
await api("PATCH", `/v1/sso/connections/${grouped.id}`, { newcomers: "viewer", groups: [{ group: "front-desk", role: "agent" }] });

const inUserinfo = await provider({ inToken: false, redirects });
const inToken = await provider({ inToken: true, redirects });
const postOnly = await provider({ inToken: true, redirects, only: ["client_secret_post"] });
async function point(connection, { issuer }) {
  const secret = connection.id === wrong.id ? "another" : SECRET;
  await api("PATCH", `/v1/sso/connections/${connection.id}/oidc`, { issuer, ...(connection.id !== open.id && { client_secret: secret }) });
}
for (const connection of made) await point(connection, inToken);

const start = (connection) => `${url}/sign-in/with/${connection.id}`;
const reason = (answer) => answer.json.errors?.[0]?.code ?? answer.json.code;
async function come(connection, person = "ada", change) {
  who = person;
  const browser = new Browser();
  const answer = await browser.follow(start(connection), change);
  return { browser, answer, code: reason(answer) };
}
async function session(browser) {
  return (await browser.ask("GET", `${url}/v1/session`)).json;
}

const ids = new Set();
for (const [at, where] of [inToken, inUserinfo].entries()) {
  for (const connection of made.slice(0, ALGORITHMS.length)) {
    if (at > 0) await point(connection, where);
    const { browser, answer, code } = await come(connection);
    const own = browser.signedIn ? await session(browser) : {};
    ids.add(own.member_id);
    verdict(browser.signedIn && answer.location === `${url}/app`,
      `an invited member signs in by ${connection.name}, with claims ${at ? "at userinfo" : "in the token"}${code ? ` (${code})` : ""}`);
  }
}
verdict(ids.size === 1, "and is the same member each time");
verdict(seen.verifiers === 2 * ALGORITHMS.length, `each code was redeemed with a verifier of its own (${seen.verifiers})`);

await point(post, postOnly);
verdict((await come(post)).browser.signedIn, "a client shows its secret in the body where the provider wants it there, and auth_time is recent");
verdict((await come(open)).browser.signedIn, "a public client signs members in by PKCE alone");
const inGroup = await come(grouped);
const { member_id: member } = await session(inGroup.browser);
const { role } = await api("GET", `/v1/members/${member}`);
verdict(inGroup.browser.signedIn && role === "agent", "a group at the provider gives the role it is mapped to");

const es = made[2];
const uninvited = await come(es, "eve");
verdict(!uninvited.browser.signedIn && uninvited.code === "member_unknown", `whom nobody invited stays outside (${uninvited.code})`);
const unverified = await come(es, "ben");
verdict(!unverified.browser.signedIn && unverified.code === "email_missing", `an address that isn’t verified is nobody’s (${unverified.code})`);
const secret = await come(wrong);
verdict(!secret.browser.signedIn && secret.code === "client_refused", `another secret is refused by the provider (${secret.code})`);

const without = (name) => (where) => {
  const next = new URL(where);
  if (next.pathname === "/auth" && !next.pathname.includes("auth/")) next.searchParams.delete(name);
  return next.href;
};
const unchallenged = await come(es, "ada", (where) => without("code_challenge_method")(without("code_challenge")(where)));
verdict(!unchallenged.browser.signedIn && unchallenged.code === "provider_error", `without a challenge the provider gives no code (${unchallenged.code})`);

/** The way back, changed before it is followed. */
const back = (change) => (where) => {
  const next = new URL(where);
  if (next.origin === url && next.pathname.endsWith("/callback")) change(next.searchParams);
  return next.href;
};
for (const [what, change, expected] of [
  ["of another issuer", (query) => query.set("iss", inUserinfo.issuer.replace("localhost", "evil")), "response_issuer_mismatch"],
  ["that hides its issuer", (query) => query.delete("iss"), "response_issuer_missing"],
  ["with another state", (query) => query.set("state", `${query.get("state").slice(1)}A`), "state_unknown"],
  ["with another code", (query) => query.set("code", "another"), "code_refused"],
]) {
  const { browser, code } = await come(es, "ada", back(change));
  verdict(!browser.signedIn && code === expected, `an answer ${what} is refused (${code})`);
}

// The whole way back, recorded: good in the browser that left, once.
let recorded;
class Stop extends Error {}
const ada = new Browser();
await ada.follow(start(es), (where) => {
  if (where.includes("/callback?")) { recorded = where; throw new Stop(); }
  return where;
}).catch((error) => { if (!(error instanceof Stop)) throw error; });
const stolen = new Browser();
const elsewhere = await stolen.follow(recorded);
verdict(!stolen.signedIn && reason(elsewhere) === "state_unknown", `another browser can’t use somebody’s answer (${reason(elsewhere)})`);
await ada.follow(recorded);
verdict(ada.signedIn, "the browser that left for it can");
const replayed = await ada.ask("GET", recorded, { headers: { accept: "application/json" } });
verdict(replayed.status === 403, `and not twice (${reason(replayed)})`);

const kept = (await api("GET", `/v1/sso/connections/${wrong.id}`)).refused;
verdict(kept?.code === "client_refused", "administrators see why somebody was refused");
verdict(!JSON.stringify(await api("GET", "/v1/sso/connections")).includes("more of it"), "and nobody sees the secret");

for (const one of [inUserinfo, inToken, postOnly]) one.close();
await stop(server);
if (failed) console.log(seen.errors.map((error) => `# ${error}`).join("\n"));
process.exit(failed ? 1 : 0);
