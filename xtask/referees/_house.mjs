// A Sealpost of a referee's own: set up, started, asked, stopped; and a receiver beside it.

import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import https from "node:https";
import path from "node:path";
import readline from "node:readline";

const folder = path.resolve(process.env.SEALPOST_DIR);
const tls = path.join(folder, "data/tls");
const config = path.join(folder, "etc/sealpost.toml");

export class Verdict {
  failed = 0;

  say(held, what) {
    console.log(`${held ? "ok" : "not ok"} ${what}`);
    if (!held) this.failed += 1;
  }
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

/** A server with a key of the test environment. */
export class House {
  static async start() {
    run("init", "--dir", path.dirname(config), "--data", path.join(folder, "data"), "--organisation", "Referee (fictional)",
      "--host", "localhost", "--bind", "127.0.0.1:0");
    const house = new House();
    house.key = JSON.parse(run("--config", config, "keys", "create", "--local", "--name", "referee", "--scope", "all",
      "--environment", "test")).key;
    // The first start makes the local authority, which the second one trusts.
    await stop((await serve()).server);
    fs.appendFileSync(config, `\n[egress]\nloopback = true\nauthorities = ["${tls}/ca.pem"]\n`);
    ({ server: house.server, port: house.port } = await serve());
    house.ca = fs.readFileSync(path.join(tls, "ca.pem"));
    return house;
  }

  /** Status and body of an answer. */
  ask(method, where, body) {
    return new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${this.key}` };
      if (body) headers["content-type"] = "application/json";
      const about = { host: "localhost", port: this.port, path: where, method, headers, ca: this.ca };
      const request = https.request(about, (response) => {
        let text = "";
        response.on("data", (part) => (text += part));
        response.on("end", () => resolve({ status: response.statusCode, body: text && JSON.parse(text) }));
      });
      request.on("error", reject);
      request.end(body && JSON.stringify(body));
    });
  }

  async must(method, where, body) {
    const answer = await this.ask(method, where, body);
    if (answer.status >= 300) throw new Error(`${method} ${where}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  stop() {
    return stop(this.server);
  }
}

/** Remembers what came, and answers as it was told, by path. */
export class Receiver {
  heard = [];
  answers = new Map();
  #arrived = () => {};

  static async start() {
    const receiver = new Receiver();
    const [cert, key] = ["localhost.pem", "localhost.key"].map((name) => fs.readFileSync(path.join(tls, name)));
    receiver.server = https.createServer({ cert, key }, (request, response) => {
      const parts = [];
      request.on("data", (part) => parts.push(part));
      request.on("end", () => {
        receiver.heard.push({ path: request.url, headers: request.headers, body: Buffer.concat(parts).toString("utf8") });
        response.writeHead(200).end(receiver.answers.get(request.url) ?? "");
        receiver.#arrived();
      });
    });
    await new Promise((resolve) => receiver.server.listen(0, "127.0.0.1", resolve));
    receiver.origin = `https://localhost:${receiver.server.address().port}`;
    return receiver;
  }

  /** The first of what came that fits: `fits` may have to wait itself. */
  async first(fits) {
    for (let at = 0; ; at += 1) {
      while (at >= this.heard.length) await new Promise((resolve) => (this.#arrived = resolve));
      if (await fits(this.heard[at])) return this.heard[at];
    }
  }

  stop() {
    this.server.close();
    this.server.closeAllConnections();
  }
}
