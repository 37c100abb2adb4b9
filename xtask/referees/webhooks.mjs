// npm's `standardwebhooks`, `svix` and GitHub's own `@octokit/webhooks-methods` verify a live delivery, and refuse it in altered forms.

import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import https from "node:https";
import path from "node:path";
import readline from "node:readline";
import { verify as octokit } from "@octokit/webhooks-methods";
import { Webhook } from "standardwebhooks";
import { Webhook as Svix } from "svix";

const folder = path.resolve(process.env.SEALPOST_DIR);
const tls = path.join(folder, "data/tls");
const config = path.join(folder, "etc/sealpost.toml");
let failed = 0;

function verdict(held, what) {
  console.log(`${held ? "ok" : "not ok"} ${what}`);
  if (!held) failed += 1;
}

function run(...args) {
  return execFileSync(process.env.SEALPOST_BIN, ["--json", ...args], { encoding: "utf8" });
}

async function serve() {
  const args = ["--json", "--config", config, "serve", "--bind", "127.0.0.1:0", "--admin", "127.0.0.1:0"];
  const log = fs.openSync(path.join(folder, "server.log"), "a");
  const server = spawn(process.env.SEALPOST_BIN, args, { stdio: ["ignore", "pipe", log] });
  for await (const line of readline.createInterface({ input: server.stdout })) {
    return { server, port: Number(JSON.parse(line).address.split(":").at(-1)) };
  }
  throw new Error("it does not start");
}

async function stop(server) {
  const ended = new Promise((resolve) => server.once("exit", resolve));
  server.kill("SIGTERM");
  await ended;
}

run("init", "--dir", path.dirname(config), "--data", path.join(folder, "data"), "--organisation", "Referee (fictional)",
  "--host", "localhost", "--bind", "127.0.0.1:0");
const key = JSON.parse(run("--config", config, "keys", "create", "--local", "--name", "referee", "--scope", "all",
  "--environment", "test")).key;
// The first start makes the local authority, which the second one trusts.
await stop((await serve()).server);
fs.appendFileSync(config, `\n[egress]\nloopback = true\nauthorities = ["${tls}/ca.pem"]\n`);
const { server, port } = await serve();
const ca = fs.readFileSync(path.join(tls, "ca.pem"));

function ask(method, where, body) {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${key}` };
    if (body) headers["content-type"] = "application/json";
    const request = https.request({ host: "localhost", port, path: where, method, headers, ca }, (response) => {
      let text = "";
      response.on("data", (part) => (text += part));
      response.on("end", () => {
        if (response.statusCode < 300) resolve(JSON.parse(text));
        else reject(new Error(`${method} ${where}: ${response.statusCode} ${text}`));
      });
    });
    request.on("error", reject);
    request.end(body && JSON.stringify(body));
  });
}

const heard = [];
let arrived = () => {};
const receiver = https.createServer(
  { cert: fs.readFileSync(path.join(tls, "localhost.pem")), key: fs.readFileSync(path.join(tls, "localhost.key")) },
  (request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      heard.push({ headers: request.headers, body: Buffer.concat(parts).toString("utf8") });
      response.writeHead(204).end();
      arrived();
    });
  },
);
await new Promise((resolve) => receiver.listen(0, "127.0.0.1", resolve));

const template = await ask("POST", "/v1/templates",
  { name: "otp", channel: "sms", content: { text: "{{ code }} is your code." } });
await ask("POST", "/v1/events", { name: "otp.login", class: "otp", template_id: template.id });
const endpoint = await ask("POST", "/v1/endpoints",
  { name: "referee", url: `https://localhost:${receiver.address().port}/hooks`, events: ["message.*"], profiles: ["svix", "github-like"] });
await ask("POST", `/v1/endpoints/${endpoint.id}/verify`);
const message = await ask("POST", "/v1/messages",
  { event: "otp.login", to: { phone: "+15550100123" }, data: { code: "417233" } });
const isReport = (one) => JSON.parse(one.body).data.message_id === message.id;
while (!heard.some(isReport)) await new Promise((resolve) => (arrived = resolve));
const { headers, body } = heard.find(isReport);

const webhook = new Webhook(endpoint.secret);
function holds(headers, body, verifier = webhook) {
  try {
    verifier.verify(body, headers);
    return true;
  } catch {
    return false;
  }
}
const altered = (name, value) => ({ ...headers, [`webhook-${name}`]: value });
const { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signature } = headers;
const raw = Buffer.from(signature.split(" ")[0].slice(3), "base64");
raw[0] ^= 1;

verdict(holds(headers, body), "the library verifies a live delivery");
for (const [what, changed, content, verifier] of [
  ["the body's first byte", headers, `[${body.slice(1)}`],
  ["the body's last byte", headers, `${body.slice(0, -1)}]`],
  ["a byte more", headers, `${body} `],
  ["a byte less", headers, body.slice(0, -1)],
  ["no body", headers, ""],
  ["another id", altered("id", `${id}0`), body],
  ["a later timestamp", altered("timestamp", String(Number(timestamp) + 1)), body],
  ["a timestamp of long ago", altered("timestamp", String(Number(timestamp) - 3600)), body],
  ["a flipped bit in the signature", altered("signature", `v1,${raw.toString("base64")}`), body],
  ["another version's label", altered("signature", signature.replace("v1,", "v2,")), body],
  ["no signature", altered("signature", undefined), body],
  ["another secret", headers, body, new Webhook(Buffer.alloc(32, 7).toString("base64"))],
]) {
  verdict(!holds(changed, content, verifier), `the library refuses ${what}`);
  // Of the other family the same, under their own names; one that holds no timestamp of its own can't refuse another.
  const named = Object.fromEntries(Object.entries(changed).filter(([name]) => !name.startsWith("svix-")).map(([name, value]) => [name.replace(/^webhook-/, "svix-"), value]));
  const svix = new Svix(verifier ? `whsec_${Buffer.alloc(32, 7).toString("base64")}` : endpoint.secret);
  verdict(!holds(named, content, svix), `Svix refuses ${what}`);
}
verdict(holds(headers, body, new Svix(endpoint.secret)), "Svix verifies the headers under its own names");

const github = endpoint.profile_secrets.find((one) => one.profile === "github-like").secret;
const hub = headers["x-hub-signature-256"];
const digit = hub.endsWith("0") ? "1" : "0";
verdict(await octokit(github, body, hub), "GitHub's library verifies a live delivery");
for (const [what, content, signature, secret] of [
  ["the body's first byte", `[${body.slice(1)}`, hub, github],
  ["the body's last byte", `${body.slice(0, -1)}]`, hub, github],
  ["a byte more", `${body} `, hub, github],
  ["a byte less", body.slice(0, -1), hub, github],
  ["a flipped digit in the signature", body, hub.slice(0, -1) + digit, github],
  ["another label", body, hub.replace("sha256=", "sha1="), github],
  ["a signature cut short", body, hub.slice(0, -2), github],
  ["the endpoint's own secret", body, hub, endpoint.secret],
]) {
  verdict(!(await octokit(secret, content, signature)), `GitHub's library refuses ${what}`);
}

receiver.close();
receiver.closeAllConnections();
await stop(server);
process.exit(failed ? 1 : 0);
