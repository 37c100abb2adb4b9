// Chromium, with a virtual authenticator: a passkey is made, signs in, proves anew; what lies is refused.
import { authenticator, enter, errors, receiver, signIn, user, verdict, withBrowser } from "./_browser.mjs";

/** A passkey's answer to these options, as a page's script would send it. */
const answerTo = (page, options) => page.evaluate(async (options) => {
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const publicKey = { challenge: bytes(options.challenge), rpId: options.rp_id, userVerification: "required" };
  const { rawId, response } = await navigator.credentials.get({ publicKey });
  return {
    credential_id: text(rawId),
    client_data: text(response.clientDataJSON),
    authenticator_data: text(response.authenticatorData),
    signature: text(response.signature),
    user_handle: text(response.userHandle),
  };
}, options);

/** What the server says to a request of a sign-in page. */
const post = (page, path, body) => page.evaluate(async ([path, body]) => {
  const headers = { "X-CSRF-Token": document.querySelector('meta[name="csrf"]').content, "Content-Type": "application/json" };
  const answer = await fetch(path, { method: "POST", headers: body ? headers : { "X-CSRF-Token": headers["X-CSRF-Token"] }, body: body && JSON.stringify(body) });
  return { status: answer.status, ...(await answer.json().catch(() => ({}))) };
}, [path, body]);

/** How often the button is pressed while passkeys begin to be offered. */
const PRESSES = 10;

await withBrowser(async ({ browser, url, link, tls }) => {
  const context = await user(browser);
  const page = await context.newPage();
  const device = await authenticator(page);
  const proved = () => page.evaluate(async () => (await (await fetch("/v1/session")).json()).proved_at);
  const signOut = async () => {
    await page.goto(`${url}/sign-in/passkey`);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.waitForURL("**/sign-in");
  };

  // By the operator's link, and a passkey at once.
  await enter(page, { url, link });
  const [credential, ...more] = await device.credentials();
  verdict(credential?.isResidentCredential && more.length === 0, "the link signs the owner in, and a discoverable passkey is made");

  // Ten codes; registering a passkey was proof enough.
  await page.getByRole("button", { name: "Show my codes" }).click();
  await page.locator(".codes code").first().waitFor();
  const codes = await page.locator(".codes code").allTextContents();
  verdict(codes.length === 10 && codes.every((code) => /^[0-9a-z]{5}(-[0-9a-z]{5}){2}$/.test(code)), "ten codes are shown");
  await page.goto(link);
  verdict((await page.textContent("h1")).includes("can’t be used"), "the link works once");

  // Out, and in again by the passkey alone. The field offers passkeys by itself, and this authenticator takes any offer: not yet.
  await device.verifies(false);
  await signOut();
  verdict(!(await context.cookies()).some((cookie) => cookie.name.endsWith("session") && cookie.value), "signing out clears the cookie");
  // What the last page asked is over once that page is.
  await page.goto("about:blank");
  await device.verifies(true);
  let recorded;
  page.on("request", (request) => {
    if (request.method() === "POST" && request.url() === `${url}/sign-in/passkey`) recorded ??= request.postDataJSON();
  });
  await page.goto(`${url}/sign-in`).catch(() => {});
  await signIn(page);
  verdict(recorded !== undefined, "the passkey signs in without a name");
  const cookie = (await context.cookies()).find((one) => one.name === "__Host-sealpost_session");
  verdict(cookie.secure && cookie.httpOnly && cookie.sameSite === "Lax" && cookie.path === "/", "the cookie is for this host alone");

  // The button while the offer in the field begins: the browser takes one question at a time.
  let pressed = 0;
  for (let press = 0; press < PRESSES; press += 1) {
    await device.isTouched(false);
    await signOut();
    const offered = page.waitForResponse(`${url}/sign-in/passkey/options`);
    await page.goto(`${url}/sign-in`);
    await offered;
    await page.waitForTimeout(press * 7);
    await page.evaluate(() => {
      window.told = [];
      const line = document.querySelector('[role="status"]');
      new MutationObserver(() => window.told.push(line.textContent)).observe(line, { childList: true, characterData: true, subtree: true });
    });
    const isIn = page.waitForURL("**/app/**").then(() => true, () => false);
    await device.isTouched(true);
    // The offer may be quicker than the button, which is gone with its page then.
    await Promise.race([isIn, page.getByRole("button", { name: "Sign in with a passkey" }).click().catch(() => {})]);
    if (!(await isIn)) {
      console.log(`# press ${press}: ${await page.evaluate(() => window.told.join(" / "))}`);
      break;
    }
    pressed += 1;
  }
  verdict(pressed === PRESSES, `the button signs in while the field begins to offer (${pressed} of ${PRESSES})`);

  // Proof anew, from a page; the same proof proves nothing twice.
  const before = await proved();
  await page.waitForTimeout(1100);
  await page.goto(`${url}/sign-in/passkey`);
  const proof = page.waitForRequest(`${url}/v1/me/proof`);
  await page.evaluate(() => prove());
  verdict((await proved()) > before, "a page proves anew that it is still them");
  const twice = await post(page, "/v1/me/proof", (await proof).postDataJSON());
  verdict(twice.status >= 400 && twice.status < 500, `a proof replayed proves nothing (${twice.status} ${twice.code})`);

  // A form on another site brings the cookie of nobody.
  const forged = await context.newPage();
  await forged.route("https://evil.example/**", (route) => route.fulfill({
    contentType: "text/html",
    body: `<form method="post" action="${url}/sign-out"><button>win</button></form>`,
  }));
  await forged.goto("https://evil.example/");
  const answer = forged.waitForResponse((response) => response.url() === `${url}/sign-out`);
  await forged.getByRole("button").click();
  verdict([401, 403].includes((await answer).status()), "a form on another site signs nobody out");
  await forged.close();
  verdict((await page.evaluate(async () => (await fetch("/v1/session")).status)) === 200, "the session goes on");

  // Somebody who recorded a sign-in, or made one on another origin, comes with nothing.
  await device.verifies(false);
  await signOut();
  const again = await post(page, "/sign-in/passkey", recorded);
  verdict(again.status >= 400 && again.status < 500, `a sign-in replayed is refused (${again.status} ${again.code})`);
  // A page on another port: the same host, so the same passkeys, but not the same origin.
  const elsewhere = await receiver(tls, () => 200);
  const there = new URL(elsewhere.url).origin;
  const foreign = await context.newPage();
  await foreign.goto(elsewhere.url);
  await device.lend(foreign);
  const relayed = await answerTo(foreign, await post(page, "/sign-in/passkey/options"));
  await foreign.close();
  elsewhere.close();
  const origin = JSON.parse(Buffer.from(relayed.client_data, "base64url")).origin;
  const refused = await post(page, "/sign-in/passkey", relayed);
  verdict(origin === there && refused.code === "passkey_refused", `an answer made on another origin is refused (${refused.status} ${refused.code})`);

  // A device that doesn't verify its user.
  await page.goto(`${url}/sign-in`);
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await page.waitForFunction(() => document.querySelector('[role="status"]').textContent !== "");
  const said = await page.locator('[role="status"]').textContent();
  verdict(new URL(page.url()).pathname === "/sign-in", `no sign-in without user verification (${said})`);

  // A recovery code leads to a new passkey and to nothing else.
  await page.goto(`${url}/sign-in/recovery`);
  await page.getByLabel("Recovery code").fill(codes[3].toUpperCase());
  await page.getByRole("button", { name: "Use the code" }).click();
  await page.waitForURL("**/sign-in/passkey");
  const denied = await page.evaluate(async () => (await (await fetch("/v1/contacts")).json()).code);
  verdict(denied === "passkey_required", "a recovery code is good for a passkey and for nothing else");
  verdict(errors.length === 0, `no error in any console ${errors.join(" | ")}`);
});
