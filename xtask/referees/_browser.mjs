// What the browser's referees share: the demo, running; Chromium, which trusts it and no other; a user with a passkey; axe.
import { execFileSync, spawn } from "node:child_process";
import { X509Certificate, createHash } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Agent, createServer, request } from "node:https";
import { chromium } from "playwright-core";

const { SEALPOST_BIN, SEALPOST_DIR } = process.env;
/** While a referee is written: the one part to run. */
const ONLY = process.env.SEALPOST_ONLY;
const PATIENCE = 30_000;
/** What axe is asked: everything that has a number in WCAG 2.2 A and AA, and what is good practice. */
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
export const SHOTS = join(SEALPOST_DIR, "shots");

let failed = 0;
export const verdict = (held, what) => {
  console.log(`${held ? "ok" : "not ok"} ${what}`);
  if (!held) failed += 1;
  return held;
};

let within = false;

/** Runs a part of a referee; what it throws is a check that didn't hold, and the next part goes on. */
export const part = async (name, act) => {
  if (ONLY && name !== ONLY && !within) return;
  within ||= name === ONLY;
  const began = Date.now();
  try {
    await act();
  } catch (error) {
    verdict(false, `${name}: ${`${error}`.replace(/\u001b\[\d+m/g, "").split("\n").slice(0, 4).join(" / ")}`);
  }
  if (name === ONLY) within = false;
  console.log(`# ${name}: ${Date.now() - began} ms`);
};

/** The demo, once it is ready: where it is, the owner's link, and its test key. A second one goes on with what the first left. */
export async function demo() {
  const data = join(SEALPOST_DIR, "data");
  const child = spawn(SEALPOST_BIN, ["--json", "demo", "--port", "0", "--data", data], { stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface({ input: child.stdout })) {
    const said = JSON.parse(line);
    if (!said.sign_in) continue;
    child.stdout.resume();
    return { child, data, url: said.url, link: said.sign_in, tls: join(data, "tls"), key: readFileSync(said.key_file, "utf8").trim() };
  }
  throw new Error("the demo ended");
}

/** A server that was made a moment ago for an organisation that has nothing yet; its owner's link. */
export async function fresh(organisation) {
  const [dir, data] = ["fresh-etc", "fresh-data"].map((name) => join(SEALPOST_DIR, name));
  const port = await freePort();
  const at = `localhost:${port}`;
  const places = ["--dir", dir, "--data", data];
  const made = execFileSync(SEALPOST_BIN, ["--json", "init", "--organisation", organisation, "--host", at, "--bind", `127.0.0.1:${port}`, ...places]);
  const child = spawn(SEALPOST_BIN, ["--json", "--config", join(dir, "sealpost.toml"), "serve"], {
    env: { ...process.env, SEALPOST_SERVER__ADMIN: "127.0.0.1:0", SEALPOST_LOG__FILTER: "error" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    if (!JSON.parse(line).address) continue;
    child.stdout.resume();
    return { child, data, url: `https://${at}`, link: JSON.parse(made).sign_in, tls: join(data, "tls") };
  }
  throw new Error("the server ended");
}

/** A port that nobody listened on a moment ago. */
async function freePort() {
  const server = createServer();
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}

/** Chromium, which believes the certificate of this house and of no other. */
export const chromiumFor = ({ tls }) => {
  const leaf = new X509Certificate(readFileSync(join(tls, "localhost.pem")));
  const spki = createHash("sha256").update(leaf.publicKey.export({ type: "spki", format: "der" })).digest("base64");
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", `--ignore-certificate-errors-spki-list=${spki}`],
  });
};

/** Starts the demo and a browser, and ends both whatever happens. */
export async function withBrowser(act) {
  mkdirSync(SHOTS, { recursive: true });
  let house = await demo();
  const browser = await chromiumFor(house);
  try {
    const again = async (meanwhile) => {
      const ended = new Promise((end) => house.child.once("exit", end));
      house.child.kill("SIGTERM");
      await ended;
      meanwhile();
      house = await demo();
      return { ...house, browser, api: client(house) };
    };
    await act({ ...house, browser, api: client(house), again });
  } catch (error) {
    verdict(false, `${error}`.split("\n")[0]);
  } finally {
    await browser.close();
    house.child.kill("SIGTERM");
  }
  process.exit(failed ? 1 : 0);
}

/** The API, as a program with a key calls it: the demo's, unless another is named. */
function client({ url, key: own, tls }) {
  const agent = new Agent({ keepAlive: true, ca: readFileSync(join(tls, "ca.pem")) });
  return (method, path, body, key = own) => new Promise((settle, fail) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = { authorization: `Bearer ${key}`, ...(text && { "content-type": "application/json", "content-length": Buffer.byteLength(text) }) };
    const sent = request(`${url}${path}`, { method, agent, headers }, async (answer) => {
      const parts = [];
      for await (const one of answer) parts.push(one);
      const read = Buffer.concat(parts).toString();
      if (answer.statusCode >= 300) return fail(Object.assign(new Error(`${method} ${path}: ${answer.statusCode} ${read}`), { status: answer.statusCode }));
      settle(read ? JSON.parse(read) : null);
    });
    sent.on("error", fail);
    sent.end(text);
  });
}

/** What went wrong in pages nobody was looking at: errors of scripts, and what the content policy stopped. */
export const errors = [];

/** A browser of somebody's own. */
export async function user(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  context.setDefaultTimeout(PATIENCE);
  await context.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => console.error(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
  });
  context.on("console", (message) => {
    // A refused request is an error of the network to a browser.
    const isRefusal = /status of (4\d\d)/.test(message.text());
    if (message.type() === "error" && !isRefusal) errors.push(`${message.page()?.url()}: ${message.text()}`);
  });
  context.on("weberror", (error) => errors.push(`${error.page()?.url()}: ${error.error().message}`));
  return context;
}

/** Signs in with the passkey on the page where one does: by the button, unless the offer in the field is taken before. */
export async function signIn(page) {
  const isIn = (at) => at.pathname.startsWith("/app");
  const entered = page.waitForURL(isIn);
  await page.getByRole("button", { name: "Sign in with a passkey" }).click({ timeout: 2_000 }).catch(() => {});
  await entered;
}

/** An authenticator in the page's browser. */
export async function authenticator(page) {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  const { authenticatorId } = await devtools.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return {
    credentials: async () => (await devtools.send("WebAuthn.getCredentials", { authenticatorId })).credentials,
    /** Whether somebody touches it whenever it asks. */
    isTouched: (enabled) => devtools.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId, enabled }),
    verifies: (isUserVerified) => devtools.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified }),
    /** A copy in another page: an authenticator is its page's. */
    lend: async (other) => {
      const lent = await authenticator(other);
      for (const credential of (await devtools.send("WebAuthn.getCredentials", { authenticatorId })).credentials) await lent.take(credential);
      return lent;
    },
    take: (credential) => devtools.send("WebAuthn.addCredential", { authenticatorId, credential }),
  };
}

/** Comes in by a link and makes a passkey. */
export async function enter(page, { url, link }) {
  await page.goto(link);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL((at) => at.pathname.startsWith("/app") || at.pathname === "/sign-in/passkey");
  await page.goto(`${url}/sign-in/passkey`);
  await page.getByRole("button", { name: "Create a passkey" }).click();
  await page.waitForURL("**/sign-in/recovery-codes");
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe has to say about a page as it stands, or about what lies over it. */
export async function judge(page, within) {
  const devtools = await (page.devtools ??= page.context().newCDPSession(page));
  // By the developer's door: the page's content policy lets nobody in.
  const { result } = await devtools.send("Runtime.evaluate", { expression: "typeof axe" });
  if (result.value !== "object") await devtools.send("Runtime.evaluate", { expression: axe });
  const run = `axe.run(${within ? JSON.stringify(within) : "document"}, { runOnly: ${JSON.stringify(RULES)}, resultTypes: ["violations"] })
    .then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes.slice(0, 4).map(({ target, any }) => target.join(" ") + (any[0] ? " (" + any[0].message + ")" : "")).join("; ")))`;
  const said = await devtools.send("Runtime.evaluate", { expression: run, awaitPromise: true, returnByValue: true });
  if (said.exceptionDetails) throw new Error(`axe: ${said.exceptionDetails.exception?.description ?? said.exceptionDetails.text}`);
  return said.result.value;
}

/** What of a page can't be seen without scrolling sideways, or is cut off where nothing scrolls. */
export const sideways = (page) => page.evaluate(() => {
  const edge = document.documentElement.clientWidth + 1;
  const mayGoOn = (style) => /auto|scroll/.test(style.overflowX) || style.textOverflow === "ellipsis" || style.position === "fixed";
  const isExcused = (element) => {
    for (let at = element; at; at = at.parentElement) if (mayGoOn(getComputedStyle(at))) return true;
    return false;
  };
  const over = [...document.querySelectorAll("main *, .bar *, dialog[open] *")].filter((element) => {
    const { right, width } = element.getBoundingClientRect();
    return width > 1 && right > edge && !isExcused(element);
  });
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  const named = over.slice(0, 3).map((element) => `${element.localName}.${element.className?.baseVal ?? element.className} “${element.textContent.trim().slice(0, 20)}”`);
  return [...(wide > 0 ? [`${wide} px too wide`] : []), ...named];
});

/** How a page is looked at: narrow and wide, in the light and in the dark; axe looks where colours and layout differ. */
const VARIANTS = [
  { colorScheme: "light", width: 1280, axe: true },
  { colorScheme: "dark", width: 1280 },
  { colorScheme: "dark", width: 360, axe: true },
  { colorScheme: "light", width: 360 },
];

/** Of what is longer than this, the beginning is picture enough. */
const LONG = 3_000;

/** Looks at a page as it stands; `only` in some variants, and axe only at what is `within`. */
export async function look(page, name, only = () => true, within) {
  for (const variant of VARIANTS.filter(only)) {
    const { colorScheme, width } = variant;
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.setViewportSize({ width, height: 800 });
    if (variant.axe) {
      const found = await judge(page, within);
      verdict(found.length === 0, `axe: ${name}, ${colorScheme}, ${width} px${found.map((one) => `\n#   ${one}`).join("")}`);
      if (width === 360) {
        const over = await sideways(page);
        verdict(over.length === 0, `fits ${width} px: ${name}${over.map((one) => `\n#   ${one}`).join("")}`);
      }
    }
    // A window as high as the page: what is fixed stays where it belongs.
    const height = await page.evaluate(() => (document.querySelector("dialog[open], [popover]:popover-open") ? 800 : document.documentElement.scrollHeight));
    if (height > 800) await page.setViewportSize({ width, height: Math.min(height, LONG) });
    await page.screenshot({ path: join(SHOTS, `${name}.${width}.${colorScheme}.png`) });
  }
  await page.setViewportSize({ width: 1280, height: 800 });
}

/** A receiver of webhooks with the demo's own certificate: what it heard, to the byte. */
export async function receiver(tls, status = () => 204) {
  const pem = (name) => readFileSync(join(tls, name));
  const heard = [];
  const server = createServer({ cert: pem("localhost.pem"), key: pem("localhost.key") }, async (request, answer) => {
    const parts = [];
    for await (const one of request) parts.push(one);
    heard.push({ headers: request.headers, body: Buffer.concat(parts).toString() });
    answer.statusCode = status();
    answer.end();
  });
  await new Promise((listening) => server.listen(0, "localhost", listening));
  return { heard, url: `https://localhost:${server.address().port}/hooks`, close: () => server.close() };
}

/** Asks the API as the member whose page this is. */
export const own = (page, method, path, body, environment = "test") => page.evaluate(async ([method, path, body, environment]) => {
  const headers = { "X-CSRF-Token": document.body.dataset.csrf, "Sealpost-Environment": environment, ...(body && { "Content-Type": "application/json" }) };
  const answer = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
  const read = await answer.json().catch(() => null);
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(read)}`);
  return read;
}, [method, path, body, environment]);
