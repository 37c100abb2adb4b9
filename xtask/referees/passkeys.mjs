// Chromium, with a virtual authenticator, against the pages of the demo: a passkey is made, signs in, proves anew; what lies is refused.
import { spawn } from "node:child_process";
import { X509Certificate, createHash } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const { SEALPOST_BIN, SEALPOST_DIR } = process.env;
const PATIENCE = 60_000;

let failed = 0;
const verdict = (held, what) => {
  console.log(`${held ? "ok" : "not ok"} ${what}`);
  if (!held) failed += 1;
};

/** The demo, running: where it is, and the owner's link. */
async function demo() {
  const data = join(SEALPOST_DIR, "data");
  const process = spawn(SEALPOST_BIN, ["--json", "demo", "--port", "0", "--data", data], { stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface({ input: process.stdout })) {
    const said = JSON.parse(line);
    if (said.sign_in) return { process, url: said.url, link: said.sign_in, tls: join(data, "tls") };
  }
  throw new Error("the demo ended");
}

/** A browser that trusts the demo's certificate, and no other that is wrong. */
async function browser(tls) {
  const leaf = new X509Certificate(readFileSync(join(tls, "localhost.pem")));
  const spki = createHash("sha256").update(leaf.publicKey.export({ type: "spki", format: "der" })).digest("base64");
  return chromium.launchPersistentContext(join(SEALPOST_DIR, "profile"), {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", `--ignore-certificate-errors-spki-list=${spki}`],
  });
}

/** An authenticator in the page's browser. */
async function authenticator(page) {
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
  return { devtools, authenticatorId };
}

const status = (page) => page.locator('[role="status"]').textContent();
const errors = [];

const { process: server, url, link, tls } = await demo();
mkdirSync(join(SEALPOST_DIR, "shots"), { recursive: true });
const context = await browser(tls);
context.setDefaultTimeout(PATIENCE);
try {
  const page = await context.newPage();
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  page.on("pageerror", (error) => errors.push(error.message));
  const { devtools, authenticatorId } = await authenticator(page);

  // By the operator's link, and a passkey at once.
  await page.goto(link);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL((at) => at.pathname.startsWith("/app"));
  verdict(true, "the button behind the link signs the owner in");
  await page.goto(link);
  verdict((await page.textContent("h1")).includes("can’t be used"), "the link works once");
  await page.goto(`${url}/sign-in/passkey`);
  await page.getByRole("button", { name: "Create a passkey" }).click();
  await page.waitForURL("**/sign-in/recovery-codes");
  const { credentials } = await devtools.send("WebAuthn.getCredentials", { authenticatorId });
  verdict(credentials.length === 1 && credentials[0].isResidentCredential, "a discoverable passkey is made");

  // Ten codes; registering a passkey was proof enough.
  await page.getByRole("button", { name: "Show my codes" }).click();
  const codes = await page.locator(".codes code").allTextContents();
  verdict(codes.length === 10 && codes.every((code) => /^[0-9a-z]{5}(-[0-9a-z]{5}){2}$/.test(code)), "ten codes are shown");

  // Out, and in again by the passkey alone. The field offers passkeys by itself, and this authenticator takes any offer: not yet.
  const verifies = (isUserVerified) => devtools.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified });
  await verifies(false);
  await page.goto(`${url}/sign-in/passkey`);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL("**/sign-in");
  verdict(!(await context.cookies()).some((cookie) => cookie.name.endsWith("session") && cookie.value), "signing out clears the cookie");
  await verifies(true);
  await page.goto(`${url}/sign-in`);
  const entered = page.waitForURL((at) => at.pathname.startsWith("/app"));
  await page.getByRole("button", { name: "Sign in with a passkey" }).click().catch(() => {});
  await entered;
  verdict(true, "the passkey signs in without a name");
  const cookie = (await context.cookies()).find((one) => one.name === "__Host-sealpost_session");
  verdict(cookie.secure && cookie.httpOnly && cookie.sameSite === "Lax" && cookie.path === "/", "the cookie is for this host alone");

  // Proof anew, from a page.
  const proved = await page.evaluate(async () => (await (await fetch("/v1/session")).json()).proved_at);
  await page.waitForTimeout(1100);
  await page.goto(`${url}/sign-in/passkey`);
  await page.evaluate(() => prove());
  const again = await page.evaluate(async () => (await (await fetch("/v1/session")).json()).proved_at);
  verdict(again > proved, "a page proves anew that it is still them");

  // Another site's form brings the cookie of nobody.
  const forged = await context.newPage();
  await forged.route("https://evil.example/**", (route) => route.fulfill({
    contentType: "text/html",
    body: `<form method="post" action="${url}/sign-out"><button>win</button></form>`,
  }));
  await forged.goto("https://evil.example/");
  const answer = forged.waitForResponse((response) => response.url() === `${url}/sign-out`);
  await forged.getByRole("button").click();
  verdict([401, 403].includes((await answer).status()), "another site's form signs nobody out");
  const still = await page.evaluate(async () => (await fetch("/v1/session")).status);
  verdict(still === 200, "the session goes on");

  // A device that doesn't verify its user.
  await verifies(false);
  await page.goto(`${url}/sign-in/passkey`);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL("**/sign-in");
  await page.goto(`${url}/sign-in`);
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await page.waitForFunction(() => document.querySelector('[role="status"]').textContent !== "");
  verdict(new URL(page.url()).pathname === "/sign-in", `no sign-in without user verification (${await status(page)})`);

  // A recovery code leads to a new passkey and to nothing else.
  await page.goto(`${url}/sign-in/recovery`);
  await page.getByLabel("Recovery code").fill(codes[3].toUpperCase());
  await page.getByRole("button", { name: "Use the code" }).click();
  await page.waitForURL("**/sign-in/passkey");
  const denied = await page.evaluate(async () => (await (await fetch("/v1/contacts")).json()).code);
  verdict(denied === "passkey_required", "a recovery code is good for a passkey and for nothing else");

  // What people see, narrow and wide, in the light and in the dark.
  for (const scheme of ["light", "dark"]) {
    for (const width of [360, 1280]) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width, height: 800 });
      for (const [name, path] of [["sign-in", "/sign-in"], ["recovery", "/sign-in/recovery"], ["passkey", "/sign-in/passkey"]]) {
        await page.goto(`${url}${path}`);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
        verdict(!wide, `${name} fits ${width} px, ${scheme}`);
        await page.screenshot({ path: join(SEALPOST_DIR, "shots", `${name}-${width}-${scheme}.png`) });
      }
    }
  }
  // A refused sign-in is an error of the network to a browser; nothing else is one.
  const real = errors.filter((text) => !/status of (401|403|404|409|410)/.test(text));
  verdict(real.length === 0, `no error in any console ${real.join(" | ")}`);
} catch (error) {
  verdict(false, `${error}`.split("\n")[0]);
} finally {
  await context.close();
  server.kill("SIGTERM");
}
process.exit(failed ? 1 : 0);
