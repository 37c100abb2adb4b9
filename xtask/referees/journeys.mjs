// What people do in the dashboard, with mouse and keyboard, against the demo: every journey ends in something that another place knows of too.
import { execFileSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { Webhook } from "standardwebhooks";
import { authenticator, enter, errors, look, own, part, receiver, signIn, user, verdict, withBrowser } from "./_browser.mjs";

const heading = (page) => page.locator("#main h1").first().textContent().then((text) => text.trim());
const main = (page) => page.locator("#main");
const sheet = (page) => page.locator("#sheet[open]");
const path = (page) => new URL(page.url()).pathname;

/** Opens the sheet behind a link or button of this name, fills it in, and sends it. */
async function fill(page, opens, fields, send) {
  await main(page).getByRole("link", { name: opens }).first().click();
  await sheet(page).waitFor();
  for (const [label, value] of Object.entries(fields)) await sheet(page).getByLabel(label, { exact: true }).fill(value);
  await sheet(page).getByRole("button", { name: send, exact: true }).click();
}

/** What is shown once: noted, ticked as stored, left. */
async function store(page) {
  const shown = await page.locator(".once .line code").first().textContent();
  await page.getByLabel("I have stored it").check();
  await page.locator("[data-after]").click();
  return shown.trim();
}

/** Makes every proof six minutes older than it is: one counts for five. */
const age = (data) => execFileSync("python3", ["-c", `
import sqlite3
with sqlite3.connect("${data}/data.db") as data:
    assert data.execute("update member_session set proved_at = proved_at - 360000").rowcount > 0
`]);

await withBrowser(async (first) => {
  const { browser, tls, data } = first;
  const context = await user(browser, { acceptDownloads: true });
  const page = await context.newPage();
  await authenticator(page);
  await enter(page, first);
  // Six minutes later, the server having been restarted meanwhile: the session goes on, its proof is stale.
  const { url, api } = await first.again(() => age(data));
  const go = (where, of = page) => of.goto(`${url}/app/test${where}`);
  const recorded = async (action) => {
    await go(`/audit?action=${action}`);
    return page.locator("#main tbody tr").count();
  };

  await part("environments", async () => {
    const rows = () => page.locator("#main tr[data-row]").evaluateAll((all) => all.map((row) => row.dataset.row));
    await go("/messages");
    const here = await rows();
    await page.getByRole("group", { name: "Environment" }).getByRole("link", { name: "Live" }).click();
    await page.waitForURL("**/app/live/messages");
    const there = await rows();
    verdict((await page.locator(".tape").count()) === 0 && here.length > 0 && !there.some((one) => here.includes(one)), "the live environment is another place, with nothing of this one in it");
    await page.getByRole("group", { name: "Environment" }).getByRole("link", { name: "Test" }).click();
    await page.waitForURL("**/app/test/messages");
    verdict(await page.getByText("reaches nobody").isVisible(), "the test environment says that it reaches nobody");
  });

  let message;
  await part("news", async () => {
    const home = await context.newPage();
    await go("", home);
    await go("/messages");
    for (const one of [page, home]) await one.evaluate(() => { window.unreloaded = true; });
    message = await api("POST", "/v1/messages", { event: "otp.login", to: { phone: "+15550100124" }, data: { code: "417233" } });
    for (const [one, name] of [[page, "the list"], [home, "the first page"]]) {
      await one.locator(`#main tr[data-row="${message.id}"]`).waitFor();
      verdict(await one.evaluate(() => window.unreloaded === true), `a message that a program sends stands in ${name} without reloading`);
    }
    await page.locator(`#main tr[data-row="${message.id}"]`).getByText("Delivered").waitFor();
    verdict(!(await page.content()).includes("15550100124"), "and its recipient is masked");
    // The stream comes late: what happens while the page doesn't listen yet.
    let listen;
    const late = new Promise((go) => { listen = go; });
    await home.route("**/app/test/live*", async (route) => { await late; await route.continue(); });
    await go("/messages", home);
    const unheard = await api("POST", "/v1/messages", { event: "otp.login", to: { phone: "+15550100125" }, data: { code: "417234" } });
    while ((await api("GET", `/v1/messages/${unheard.id}`)).state !== "delivered") await home.waitForTimeout(100);
    listen();
    await home.locator(`#main tr[data-row="${unheard.id}"]`).getByText("Delivered").waitFor();
    verdict(true, "what happened before the page could hear of it is in it all the same");
    await home.close();
  });

  await part("detail", async () => {
    await page.locator(`#main tr[data-row="${message.id}"] a.go`).click();
    await page.waitForURL(`**/messages/${message.id}`);
    verdict((await heading(page)) === "otp.login" && (await page.locator(".timeline li").count()) >= 2, "its page tells step by step what happened");
    verdict(!(await page.content()).includes("417233"), "and shows neither code nor number");
  });

  await part("reveal", async () => {
    const before = await recorded("message.reveal");
    await go(`/messages/${message.id}`);
    const proof = page.waitForResponse((response) => response.url().endsWith("/v1/me/proof"));
    await fill(page, "Reveal…", { Reason: "Customer called back, ticket 4512" }, "Reveal");
    verdict((await proof).ok(), "a reveal asks for the passkey first");
    await page.locator("[data-clear-for]").waitFor();
    const text = await main(page).textContent();
    verdict(text.includes("+15550100124") && text.includes("417233"), "and then shows number and code");
    await look(page, "revealed");
    verdict((await recorded("message.reveal")) === before + 1, "the ledger knows of it");
    await page.locator("#main tbody a.go").first().click();
    await page.locator(".kv").first().waitFor();
    verdict((await main(page).textContent()).includes("ticket 4512"), "and of its reason");
  });

  await part("looks", async () => {
    await go("/looks");
    const row = main(page).locator("tbody tr").first();
    verdict((await row.textContent()).includes("ticket 4512"), "who looked is listed, with why");
    verdict((await row.locator(`a[href$="/messages/${message.id}"]`).count()) === 1, "and leads to what they looked at");
  });

  await part("security", async () => {
    const decide = async () => {
      await page.getByRole("button", { name: "Put into force" }).click();
      await page.waitForURL("**/app/test/security");
    };
    await go("/security");
    verdict((await main(page).locator("[data-switch]").count()) === 6, "every protection says how it stands");
    await look(page, "security");
    await main(page).locator('[data-switch="masking"]').getByRole("link", { name: "Change…" }).click();
    await page.getByLabel("Hidden", { exact: true }).selectOption("patterns");
    await page.getByLabel("Rules", { exact: true }).fill("One-time code = [0-9]{3}-[0-9]{3}");
    await page.locator("#preview").getByText("Ada Example").waitFor();
    verdict(!(await page.locator("#preview").textContent()).includes("417-233"), "what rules leave of sample data follows what is typed");
    await look(page, "masking");
    await page.getByLabel("Why", { exact: true }).fill("Agents need order numbers, change 118");
    await decide();
    verdict((await main(page).textContent()).includes("change 118"), "it is in force, and the page says why");
    await main(page).locator('[data-switch="masking"]').getByRole("link", { name: "Change…" }).click();
    await page.getByLabel("Hidden", { exact: true }).selectOption("default");
    await decide();
  });

  await part("as another role", async () => {
    await go("/roles/agent");
    await main(page).getByRole("link", { name: "Look as they do" }).click();
    await page.locator("[data-preview]").waitFor();
    verdict((await page.getByRole("link", { name: "Audit", exact: true }).count()) === 0, "a page as another role has what that role has");
    await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Messages" }).click();
    await page.waitForURL("**/app/test/messages?as=agent");
    verdict(await page.locator("[data-preview]").isVisible(), "and its links lead on");
    await page.getByRole("link", { name: "Back to your own view" }).click();
    await page.waitForURL("**/app/test/messages");
    verdict((await page.locator("[data-preview]").count()) === 0, "until one leads back");
  });

  await part("contact", async () => {
    await go("/contacts");
    await fill(page, "Add a contact", { Name: "Hedy Example", Phone: "+15550100177", "E-mail": "hedy@example.com", "Your id": "patient-77" }, "Add");
    await page.waitForURL("**/contacts/con_*");
    const made = path(page);
    verdict(await page.locator(".toast").getByText("Contact added").isVisible(), "a contact is added, and a toast says so");
    verdict(!(await page.content()).includes("15550100177"), "what was typed is masked at once");
    await look(page, "toast", ({ width, colorScheme }) => (width === 360) === (colorScheme === "dark"));
    for (const [what, term] of [["number", "+1 555 010 0177"], ["address", "hedy@example.com"], ["own id", "patient-77"]]) {
      await go("/contacts");
      await page.keyboard.press("/");
      await page.keyboard.type(term);
      await page.keyboard.press("Enter");
      await page.waitForURL(`**${made}`);
      verdict(true, `and found by ${what}`);
    }
    await go("/contacts");
    await fill(page, "Add a contact", { Phone: "12" }, "Add");
    await sheet(page).locator(".wrong").waitFor();
    verdict(!(await sheet(page).locator("#phone").inputValue()), "what is wrong is said beside the field, and not repeated");
    await page.keyboard.press("Escape");
  });

  await part("template", async () => {
    await go("/templates/new");
    await page.getByLabel("Name", { exact: true }).fill("greeting");
    await page.getByLabel("Text", { exact: true }).fill("Hello {{ name }}, and welcome.");
    await page.getByLabel("Sample data").fill('{"name": "Hedy"}');
    await page.locator("#preview").getByText("Hello Hedy, and welcome.").waitFor();
    verdict(true, "the preview follows what is typed");
    await page.getByRole("button", { name: "Make the template" }).click();
    await page.waitForURL("**/templates/tpl_*");
    await go("/events");
    await main(page).getByRole("link", { name: "New event" }).first().click();
    await sheet(page).getByLabel("Name", { exact: true }).fill("account.greeting");
    await sheet(page).getByLabel("Template", { exact: true }).selectOption({ label: "greeting · SMS" });
    await sheet(page).getByRole("button", { name: "Make the event" }).click();
    await page.waitForURL("**/events/evd_*");
    const sent = await api("POST", "/v1/messages", { event: "account.greeting", to: { phone: "+15550100177" }, data: { name: "Hedy" } });
    verdict(sent.id.startsWith("msg_"), "a template and an event made here are what programs send by");
  });

  await part("workflow", async () => {
    const nodes = {
      greet: { type: "send", event: "otp.login", data: { code: { field: "/data/code" } }, next: "confirmed" },
      confirmed: { type: "wait", for: { signal: "confirmed" }, timeout_seconds: 86_400, next: "end", otherwise: "end" },
      end: { type: "end", outcome: "welcome" },
    };
    await go("/workflows/new");
    await main(page).getByLabel("Name", { exact: true }).fill("account.welcome");
    await main(page).getByLabel("Definition", { exact: true }).fill(JSON.stringify({ class: "transactional", start: "greet", nodes }));
    await main(page).getByRole("button", { name: "Make the workflow" }).click();
    await page.waitForURL("**/workflows/wf_*");
    const drawn = await page.locator("figure.flow g.node text:not(.kind)").allTextContents();
    verdict(["confirmed", "end", "greet"].every((node) => drawn.includes(node)), "a workflow made here is drawn with each of its nodes");
    await fill(page, "Put in force…", {}, "Put it in force");
    await page.locator(".toast").waitFor();
    const workflow = path(page).split("/").at(-1);
    await main(page).getByRole("link", { name: "Add an event…" }).click();
    await sheet(page).getByLabel("Event", { exact: true }).selectOption("account.greeting");
    await sheet(page).getByLabel("Runs are started with", { exact: true }).fill("code = /data/name");
    await sheet(page).getByRole("button", { name: "Add the event" }).click();
    await page.locator("[data-trigger]").getByText("account.greeting").waitFor();
    verdict(true, "an event is told on its page to begin runs of it");
    const begun = await api("POST", "/v1/workflow-runs", { workflow: "account.welcome", to: { phone: "+15550100178" }, data: { code: "738291" } });
    await go(`/workflow-runs/${begun.id}`);
    await page.locator(".under").getByText("Waiting").waitFor();
    verdict(!(await page.content()).includes("738291"), "its run is shown masked, at the node where it waits");
    await fill(page, "Reveal…", { Reason: "Customer called back, ticket 4513" }, "Reveal");
    await page.locator("[data-clear-for]").waitFor();
    verdict((await main(page).textContent()).includes("738291"), "and in clear to whoever says why");
    await look(page, "run-revealed", ({ axe }) => axe);
    verdict((await recorded("workflow_run.reveal")) === 1, "which the ledger knows of");
    await api("POST", `/v1/workflow-runs/${begun.id}/signals`, { name: "confirmed" });
    await go(`/workflow-runs/${begun.id}`);
    await page.locator(".under").getByText("Done").waitFor();
    await api("POST", "/v1/messages", { event: "account.greeting", to: { phone: "+15550100179" }, data: { name: "Hedy" } });
    const { data: runs } = await api("GET", `/v1/workflow-runs?workflow_id=${workflow}`);
    verdict(runs.length === 2, "and an event that it was told to wait for begins another run");
    const shared = "a secret of the sender's and ours";
    await api("POST", "/v1/secrets", { name: "crm-webhook", value: shared });
    await go(`/workflows/${workflow}`);
    const webhook = { "Stored secret": "crm-webhok", "Where that is": "/data/customer/phone", "Runs are started with": "code = /data/visit" };
    await main(page).getByRole("link", { name: "Add a webhook…" }).click();
    await sheet(page).getByLabel("It is known who calls by", { exact: true }).selectOption("github-like");
    await sheet(page).getByLabel("It says for whom by", { exact: true }).selectOption("phone");
    for (const [label, value] of Object.entries(webhook)) await sheet(page).getByLabel(label, { exact: true }).fill(value);
    await sheet(page).getByRole("button", { name: "Add the webhook" }).click();
    await sheet(page).locator("#secret-says").getByText("Secret unknown").waitFor();
    verdict((await sheet(page).getByLabel("Where that is", { exact: true }).inputValue()) === "/data/customer/phone", "a secret that nobody stored is said beside its field, and the rest is kept");
    await look(page, "webhook-refused", ({ axe, width }) => axe || width === 360);
    await sheet(page).getByLabel("Stored secret", { exact: true }).fill("crm-webhook");
    await sheet(page).getByRole("button", { name: "Add the webhook" }).click();
    const added = page.locator("dd", { hasText: "crm-webhook" });
    await added.waitFor();
    await look(page, "begun-by", ({ axe, width, colorScheme }) => axe || (width === 360 && colorScheme === "dark"));
    const hook = new URL(await added.locator(".line code").textContent()).pathname;
    const said = JSON.stringify({ customer: { phone: "+15550100180" }, visit: "738292" });
    const send = (body, signed = body) => page.evaluate(([hook, body, signature]) => (
      fetch(hook, { method: "POST", credentials: "omit", body, headers: { "Content-Type": "application/json", "X-Hub-Signature-256": signature } }).then((answer) => answer.status)
    ), [hook, body, `sha256=${createHmac("sha256", shared).update(signed).digest("hex")}`]);
    verdict((await send(said)) === 202 && (await send(said)) === 202 && (await send("{}", said)) === 401, "its address takes what is signed, and nothing else");
    const { data: begunByAll } = await api("GET", `/v1/workflow-runs?workflow_id=${workflow}`);
    verdict(begunByAll.length === 3, "and begins one run, however often it comes");
    await added.getByRole("link", { name: "Take away…" }).click();
    await sheet(page).getByRole("button", { name: "Take it away" }).click();
    await added.waitFor({ state: "detached" });
    verdict((await send(said)) === 404, "until it is taken away");
  });

  await part("endpoint", async () => {
    const ears = await receiver(tls);
    await go("/endpoints");
    await fill(page, "Add an endpoint", { Name: "billing", URL: ears.url, "What it is for": "Invoices" }, "Add");
    await page.locator(".once").waitFor();
    await look(page, "shown-once", ({ axe }) => axe);
    await page.getByRole("link", { name: "Go on to verify it" }).click({ force: true });
    verdict(await page.locator(".once").isVisible(), "nobody leaves a secret before they say that it is stored");
    const secret = await store(page);
    await page.waitForURL("**/endpoints/ep_*");
    verdict(!(await page.content()).includes(secret), "it is shown once");
    const judge = new Webhook(secret);
    await fill(page, "Verify…", {}, "Verify");
    await page.getByText("Taken", { exact: true }).waitFor();
    await page.locator("#sheet").evaluate((dialog) => dialog.close());
    await page.reload();
    verdict(await page.locator(".under").getByText("Active").isVisible(), "an endpoint that answers a signed ping is active");
    await fill(page, "Send a test…", {}, "Send");
    await page.getByRole("heading", { name: "Sent bytes" }).waitFor();
    const shown = await page.locator("pre.code").first().textContent();
    const { headers, body } = ears.heard.at(-1);
    verdict(shown === body, "a test shows the very bytes that were sent");
    judge.verify(body, headers);
    verdict(true, "and a published library believes the signature by the secret that was shown");
    await look(page, "tried", ({ axe }) => axe);
    ears.close();
  });

  await part("channels", async () => {
    await go("/channels");
    const sender = { Name: "mail", Relay: "smtp.example.com", "Account there": "mailer", Password: "wombat-battery", From: "news@mail.example.com", "Calls itself": "mail.example.com" };
    await fill(page, "Add a channel", { ...sender, "Signs by DKIM for": "mail.example.com", Selector: "s1" }, "Add");
    await page.waitForURL("**/channels/chn_*");
    const id = path(page).split("/").at(-1);
    const first = await own(page, "GET", `/v1/channels/${id}`);
    const shown = await main(page).textContent();
    verdict(shown.includes(first.email.dkim.record_name) && shown.includes(first.email.dkim.record_value), "a channel shows the record to publish for its signature");
    verdict(first.email.has_password && !(await page.content()).includes("wombat"), "and keeps its password to itself");
    await look(page, "channel", ({ axe }) => axe);
    await fill(page, "Change…", { "Name beside it": "Example Clinic" }, "Change");
    await page.locator(".toast").waitFor();
    await main(page).getByRole("link", { name: "Version 2" }).waitFor();
    const second = await own(page, "GET", `/v1/channels/${id}`);
    verdict(second.version === 2 && second.email.from_name === "Example Clinic", "a change makes the next version");
    verdict(second.email.has_password && second.email.dkim.record_value === first.email.dkim.record_value, "and what is not said anew stays: password and key");
    await main(page).getByRole("link", { name: "Version 1" }).click();
    await page.waitForURL("**/revisions/rev_*");
    verdict(await main(page).getByRole("link", { name: "Roll back to this…" }).isVisible(), "the one before it leads back");
  });

  await part("portal link", async () => {
    const { data: endpoints } = await api("GET", "/v1/endpoints");
    await go(`/endpoints/${endpoints.find((one) => one.name === "ward-system").id}`);
    const endpoint = path(page);
    await fill(page, "Make a link…", {}, "Make the link");
    await page.locator(".once").waitFor();
    const link = await store(page);
    await page.waitForURL(`**${endpoint}`);
    const token = new URL(link).pathname.split("/").at(-1);
    verdict(!(await page.content()).includes(token), "a link for others is shown once");

    const others = await user(browser);
    const outside = await others.newPage();
    const opened = await outside.goto(link);
    const rows = await outside.locator("tbody tr").count();
    verdict(opened.status() === 200 && (await outside.locator("h1").textContent()) === "Deliveries to ward-system" && rows > 0, `whoever has it sees deliveries without signing in (${rows})`);
    verdict((await others.cookies()).length === 0 && (await outside.locator("a, form, script").count()) === 0, "it leads nowhere, runs and does nothing, and remembers nobody");
    const text = await outside.locator("body").textContent();
    verdict(!/\+1555|@|msg_|org_|con_/.test(text), "it names no message and no person");
    await look(outside, "portal", ({ axe }) => axe);
    verdict((await recorded("endpoint.deliveries_seen")) === 1, "the ledger knows that it was opened");

    await page.goto(`${url}${endpoint}`);
    await fill(page, "Take back…", {}, "Take it back");
    await page.locator(".toast").waitFor();
    const closed = await outside.reload();
    verdict(closed.status() === 404 && (await outside.locator("h1").textContent()) === "This link opens nothing", "taken back, it opens nothing");
    await others.close();
  });

  await part("keys", async () => {
    const answers = (key) => api("GET", "/v1/messages?limit=1", undefined, key).then(() => 200, (error) => error.status);
    await go("/keys");
    await main(page).getByRole("link", { name: "Create a key" }).first().click();
    await sheet(page).getByLabel("Name", { exact: true }).fill("Shop backend");
    await sheet(page).locator('input[value="messages:read"]').check();
    await sheet(page).getByRole("button", { name: "Create", exact: true }).click();
    await page.locator(".once").waitFor();
    const first = await store(page);
    await page.waitForURL("**/keys/key_*");
    verdict((await answers(first)) === 200, "a key made here opens what it was made for");
    await main(page).getByRole("link", { name: "Rotate…" }).click();
    await sheet(page).getByLabel("The older key stays good for").selectOption("0");
    await sheet(page).getByRole("button", { name: "Rotate", exact: true }).click();
    await page.locator(".once").waitFor();
    const second = await store(page);
    await page.waitForURL("**/keys/key_*");
    verdict((await answers(first)) === 401 && (await answers(second)) === 200, "rotated, only its successor does");
    await fill(page, "Revoke…", {}, "Revoke");
    await page.locator(".toast").waitFor();
    verdict((await answers(second)) === 401, "revoked, neither does");
  });

  await part("people", async () => {
    await go("/people");
    await main(page).getByRole("link", { name: "Invite somebody" }).first().click();
    await sheet(page).getByLabel("E-mail").fill("noor@example.com");
    await sheet(page).getByLabel("Name", { exact: true }).fill("Noor Example");
    await sheet(page).getByLabel("Role").selectOption("agent");
    await sheet(page).getByRole("button", { name: "Invite" }).click();
    await page.locator(".once").waitFor();
    const invitation = await store(page);
    await page.waitForURL("**/people/mem_*");
    const member = path(page);

    const theirs = await user(browser);
    const desk = await theirs.newPage();
    await authenticator(desk);
    await enter(desk, { url, link: invitation });
    await go("/messages", desk);
    verdict(await desk.locator("#main tbody tr").first().isVisible(), "who follows an invitation makes a passkey and is in");
    verdict((await desk.locator(".rail .nav").getByText("API keys").count()) === 0, "an agent sees no keys");
    const ends = async (act) => {
      await desk.locator("#main [data-live]").waitFor();
      await desk.waitForTimeout(700);
      const left = desk.waitForURL((at) => at.pathname === "/sign-in", { timeout: 60_000 }).then(() => Date.now());
      const at = await act();
      return (await left) - at;
    };
    const after = await ends(async () => {
      await page.goto(`${url}${member}`);
      await main(page).getByRole("link", { name: "Another role…" }).click();
      await sheet(page).getByLabel("Role").selectOption("viewer");
      await sheet(page).getByRole("button").last().click();
      await page.locator(".toast").waitFor();
      return Date.now();
    });
    verdict(true, `another role ends what is open (after ${after} ms)`);

    await signIn(desk);
    await go("/messages", desk);
    const gone = await ends(async () => {
      await go("/sessions");
      const row = page.locator("#main tbody tr").filter({ has: page.locator(`a[href="${member}"]`) });
      await row.getByRole("link", { name: "Sign out" }).click();
      await sheet(page).getByRole("button").last().click();
      await page.locator(".toast").waitFor();
      return Date.now();
    });
    verdict(true, `a session ended elsewhere leads its page to the way in (after ${gone} ms)`);
    await theirs.close();
  });

  await part("versions", async () => {
    // What is easily lost on the way: tabs, two spaces, letters that look alike, an ending line.
    const text = "Hello {{ name }},\n\t\u00e4 a\u0308  two spaces.\n";
    await go("/approvals");
    await main(page).getByRole("link", { name: "What takes one…" }).click();
    await sheet(page).getByLabel("Template in live").selectOption("1");
    await sheet(page).getByRole("button", { name: "Decide" }).click();
    await page.locator(".toast").waitFor();
    await go("/people");
    await main(page).getByRole("link", { name: "Invite somebody" }).first().click();
    await sheet(page).getByLabel("E-mail").fill("mia@example.com");
    await sheet(page).getByLabel("Name", { exact: true }).fill("Mia Example");
    await sheet(page).getByLabel("Role").selectOption("admin");
    await sheet(page).getByRole("button", { name: "Invite" }).click();
    await page.locator(".once").waitFor();
    const invitation = await store(page);
    await page.waitForURL("**/people/mem_*");
    const theirs = await user(browser);
    const desk = await theirs.newPage();
    await authenticator(desk);
    await enter(desk, { url, link: invitation });

    const { id } = await own(page, "POST", "/v1/templates", { name: "farewell", channel: "sms", content: { text } });
    await go(`/templates/${id}`);
    verdict(await main(page).getByText("Live has nothing of this name").isVisible(), "a template in test says that live knows nothing of it");
    await fill(page, "Go live…", {}, "Go live");
    await page.waitForURL("**/approvals/apr_*");
    const asked = path(page);
    const inLive = () => own(page, "GET", "/v1/templates?limit=250", undefined, "live").then(({ data }) => data.find((one) => one.name === "farewell"));
    verdict(!(await inLive()), "and asks others before it goes live");

    await desk.goto(`${url}${asked}`);
    const row = desk.locator("#main tr").filter({ has: desk.locator("td:first-child", { hasText: /^Text$/ }) });
    const seen = await row.locator("td").nth(2).locator("bdi").evaluate((one) => one.textContent);
    verdict(seen === text, "whoever approves sees it byte for byte");
    await look(desk, "version-approval", ({ axe }) => axe);
    await fill(desk, "Approve…", {}, "Approve");
    await desk.locator(".toast").waitFor();
    const { id: there } = await inLive();
    const { in_force: now, versions: [version] } = await own(page, "GET", `/v1/templates/${there}`, undefined, "live");
    verdict(now === 1 && version.content.text === seen, "and that is what is live, byte for byte");
    const { versions: [draft] } = await own(page, "GET", `/v1/templates/${id}`);
    verdict(draft.digest === version.digest && version.written_by === draft.written_by && draft.written_by.startsWith("mem_"), "under the same digest, by whoever wrote it in test");
    await own(page, "POST", "/v1/events", { name: "journey.farewell", class: "transactional", template_id: id });
    const { id: sent } = await own(page, "POST", "/v1/messages", { event: "journey.farewell", to: { phone: "+12025550177" }, data: { name: "Mia" } });
    const listed = () => own(page, "GET", "/v1/outbox?limit=50").then(({ data: all }) => all.some((one) => one.id === sent));
    for (let tries = 0; !(await listed()) && tries < 600; tries += 1) await page.waitForTimeout(100);
    const out = await own(page, "POST", `/v1/messages/${sent}/reveal`, { reason: "To compare it, byte for byte" });
    verdict(out.content.text === seen.replace("{{ name }}", "Mia"), "and what the outbox gets, filled in and otherwise byte for byte");
    const request = asked.split("/").at(-1);
    await desk.goto(`${url}${asked}`);
    verdict(await main(desk).locator("[data-signed]").isVisible(), "the vote is signed by the passkey of whoever gave it");
    const record = await own(page, "GET", `/v1/approvals/${request}/record`);
    const file = `${data}/record.json`;
    writeFileSync(file, JSON.stringify(record));
    const checks = (...more) => {
      try {
        return execFileSync(process.env.SEALPOST_BIN, ["approvals", "verify", file, ...more], { encoding: "utf8" });
      } catch (failed) {
        return failed.status;
      }
    };
    verdict(JSON.parse(record.content).wanted.content.text === seen, "the record of it holds the same bytes");
    verdict(String(checks("--digest", record.digest, "--origin", url)).includes("signed by the passkey"), "and proves them and the passkey without the server");
    writeFileSync(file, JSON.stringify({ ...record, content: record.content.replace("spaces", "places") }));
    verdict(checks() === 3, "but not other bytes");
    await go(`/templates/${id}`);
    verdict(await main(page).getByText("Live is what version 1 here is").isVisible(), "both sides say that they are the same");

    await main(page).getByLabel("Text", { exact: true }).fill("Farewell {{ name }}.");
    await main(page).getByRole("button", { name: "Publish as a new version" }).click();
    await page.locator(".toast").waitFor();
    await fill(page, "Roll back to this…", {}, "Roll back");
    await page.locator(".toast").waitFor();
    const standing = await own(page, "GET", `/v1/templates/${id}`);
    verdict(standing.version === 2 && standing.in_force === 1, "one button goes back to what was in force");
    await main(page).getByRole("link", { name: "Compare" }).first().click();
    await page.waitForURL("**/diff?*");
    verdict((await main(page).locator("ins").first().textContent()).includes("Farewell"), "and what differs is shown line by line");
    await look(page, "version-diff", ({ axe }) => axe);
    await own(page, "PUT", "/v1/settings/approvals", { modules: {}, reason: "Over" });
    await theirs.close();
  });

  await part("downloads", async () => {
    const invited = await own(page, "POST", "/v1/invitations", { email: "nora@example.com", role: "super_admin" });
    const theirs = await user(browser);
    const colleague = await theirs.newPage();
    await authenticator(colleague);
    await enter(colleague, { url, link: invited.link });

    await go("/downloads");
    await main(page).getByRole("link", { name: "Contacts…" }).click();
    await main(page).getByRole("table").waitFor();
    const sample = await main(page).getByRole("table").textContent();
    verdict(sample.includes("con_") && !sample.includes("+15550100124"), "before anybody is asked, the first rows stand there as they would be got");
    await look(page, "download-ask", ({ axe }) => axe);
    await main(page).getByLabel("Reason", { exact: true }).fill("Yearly count, ticket 4512");
    await main(page).getByRole("button", { name: "Ask for it" }).click();
    await page.waitForURL("**/downloads/dow_*");
    const file = path(page);
    const id = file.split("/").at(-1);
    verdict(await main(page).getByText("Waits for approval").isVisible(), "a file of people waits for somebody else");
    await page.evaluate(() => { window.unreloaded = true; });
    await colleague.goto(`${url}${await main(page).getByRole("link", { name: "what others decide about" }).getAttribute("href")}`);
    verdict((await main(colleague).textContent()).includes("ticket 4512"), "who decides over it reads why");
    await fill(colleague, "Approve…", {}, "Approve");
    await colleague.locator(".toast").waitFor();
    await main(page).getByRole("link", { name: "Fetch…" }).waitFor();
    verdict(await page.evaluate(() => window.unreloaded === true), "once they have agreed and it is written the page says so, without reloading");
    await colleague.goto(`${url}${file}`);
    verdict((await main(colleague).getByRole("link", { name: "Fetch…" }).count()) === 0, "nobody else is offered it");

    await main(page).getByRole("link", { name: "Fetch…" }).click();
    const [taken] = await Promise.all([page.waitForEvent("download"), sheet(page).getByRole("button", { name: "Fetch", exact: true }).click()]);
    const table = readFileSync(await taken.path(), "utf8");
    verdict(taken.suggestedFilename() === `contacts-${id}.csv` && table.startsWith("\ufeffid,") && table.includes(id), `it leaves as ${taken.suggestedFilename()}, ${table.length} B, every row says for whom`);
    await page.goto(`${url}${file}`);
    await main(page).getByText("Fetched", { exact: true }).waitFor();
    const again = await own(page, "POST", `/v1/downloads/${id}/deliver`).then(() => "handed out", (error) => `${error}`);
    verdict(again.includes("409") && (await main(page).getByRole("link", { name: "Fetch…" }).count()) === 0, "and a second time there is nothing to fetch");
    verdict((await recorded("download.deliver")) === 1, "the ledger knows that it left, once");
    let destroyed = 0;
    for (let looks = 0; looks < 100 && destroyed === 0; looks += 1) destroyed = await recorded("download.destroy");
    verdict(destroyed === 1, "and that it is destroyed");
    await theirs.close();
  });

  await part("support", async () => {
    const invited = await own(page, "POST", "/v1/invitations", { email: "olga@example.com", role: "super_admin" });
    const colleagues = await user(browser);
    const colleague = await colleagues.newPage();
    await authenticator(colleague);
    await enter(colleague, { url, link: invited.link });

    await go("/support");
    await main(page).getByRole("link", { name: "Let somebody in…" }).click();
    await sheet(page).getByLabel("Who", { exact: true }).fill("sam@help.example");
    await sheet(page).getByLabel("Why", { exact: true }).fill("Deliveries fail since Monday");
    await sheet(page).getByRole("button", { name: "Ask for it" }).click();
    await page.waitForURL("**/approvals/apr_*");
    const asked = path(page);
    await go("/messages");
    await page.evaluate(() => { window.unreloaded = true; });
    await colleague.goto(`${url}${asked}`);
    verdict((await main(colleague).textContent()).includes("Looks, and changes nothing"), "whoever agrees reads how far it reaches");
    await main(colleague).getByRole("link", { name: "Approve…" }).click();
    await sheet(colleague).getByRole("button", { name: "Approve" }).click();
    await page.locator("[data-banner]").waitFor();
    verdict(await page.evaluate(() => window.unreloaded === true), "an open page says that somebody is in, without reloading");
    verdict((await page.locator("[data-banner]").textContent()).includes("Deliveries fail since Monday"), "and why");
    await look(page, "banner");

    await page.locator("[data-banner] a").first().click();
    await page.waitForURL("**/support/sgr_*");
    const grant = path(page);
    await main(page).getByRole("link", { name: "Another link…" }).click();
    await sheet(page).getByRole("button").last().click();
    await page.locator(".once").waitFor();
    const link = await store(page);
    const helpers = await user(browser);
    const helper = await helpers.newPage();
    await helper.goto(link);
    await helper.getByRole("button", { name: "Sign in" }).click();
    await helper.waitForURL("**/support/session");
    verdict((await heading(helper)) === "You are let in to help", "the link lets whoever has it in");
    await go("/messages", helper);
    verdict(await helper.locator("#main tbody tr").first().isVisible() && await helper.locator("[data-banner]").isVisible(), "they see what they were let in for, and that they are seen");
    verdict((await helper.locator(".rail .nav").getByText(/^(Audit|Home)$/).count()) === 0, "and are led nowhere else");
    await look(helper, "helper");

    await page.goto(`${url}${grant}`);
    verdict((await main(page).textContent()).includes("look"), "what they looked at stands on the page of their grant");
    await page.locator("[data-banner] a", { hasText: "End now" }).click();
    const out = helper.waitForURL((at) => at.pathname === "/sign-in", { timeout: 60_000 });
    await sheet(page).getByRole("button", { name: "End now" }).click();
    await out;
    verdict(true, "ending it leads what they have open to the way in");
    await go("/messages");
    verdict((await page.locator("[data-banner]").count()) === 0, "and the banner is gone");
    await Promise.all([colleagues.close(), helpers.close()]);
  });

  await part("approvals", async () => {
    await go("/people");
    await main(page).getByRole("link", { name: "Invite somebody" }).first().click();
    await sheet(page).getByLabel("E-mail").fill("sam@example.com");
    await sheet(page).getByLabel("Name", { exact: true }).fill("Sam Example");
    await sheet(page).getByLabel("Role").selectOption("super_admin");
    await sheet(page).getByRole("button", { name: "Invite" }).click();
    await page.locator(".once").waitFor();
    const invitation = await store(page);
    const theirs = await user(browser);
    const desk = await theirs.newPage();
    await authenticator(desk);
    await enter(desk, { url, link: invitation });
    await go("/approvals", desk);
    verdict(await main(desk).getByText("Nothing waits for you").isVisible(), "where nothing waits, that is what is said");
    await look(desk, "approvals-none", ({ axe }) => axe);

    const takes = async (count) => {
      await go("/approvals");
      await main(page).getByRole("link", { name: "What takes one…" }).click();
      await sheet(page).getByLabel("Weaker masking", { exact: true }).selectOption(count);
      await sheet(page).getByRole("button", { name: "Decide" }).click();
      await page.locator(".toast").waitFor();
    };
    await takes("1");
    await go("/security");
    await main(page).locator('[data-switch="masking"]').getByRole("link", { name: "Change…" }).click();
    await page.getByLabel("Hidden", { exact: true }).selectOption("off");
    await page.getByLabel("Why", { exact: true }).fill("Migration of the shop, change 119");
    await page.getByRole("button", { name: "Put into force" }).click();
    await page.waitForURL("**/approvals/apr_*");
    const request = path(page).split("/").at(-1);
    const digest = (of) => of.locator("dt:text-is('Digest') + dd").textContent().then((text) => text.trim());
    const changes = (of) => of.locator("#main section table").first().locator("tbody tr").evaluateAll((rows) =>
      rows.filter((row) => !row.classList.contains("soft")).map((row) => [...row.querySelectorAll("td")].map((cell) => (cell.querySelector("bdi") ?? cell).textContent.trim()).join(" | ")));
    const asked = { digest: await digest(page), changes: await changes(page) };
    verdict(await main(page).getByText("Waits for approval", { exact: true }).isVisible(), "what is weaker waits, and whoever asked sees it");

    await go("/approvals", desk);
    await main(desk).locator(`tr[data-row="${request}"] a.go`).click();
    await desk.waitForURL(`**/approvals/${request}`);
    verdict((await digest(desk)) === asked.digest && (await changes(desk)).join() === asked.changes.join(), "somebody else sees the same changes, under the same digest");
    await look(desk, "approval", ({ axe }) => axe);
    await fill(desk, "Approve…", { Comment: "Checked with the privacy officer" }, "Approve");
    await desk.locator(".toast").getByText("Your vote counts").waitFor();
    await go(`/approvals/${request}`, desk);
    verdict(await main(desk).getByText("In force", { exact: true }).first().isVisible(), "with their vote it is in force");
    verdict((await digest(desk)) === asked.digest, "under the digest that was voted on");
    await go("/approvals?tab=history&q=change+119", desk);
    verdict((await main(desk).locator("tr[data-row]").evaluateAll((rows) => rows.map((row) => row.dataset.row))).join() === request, "and is found in the history by why it was asked for");

    await go("/revisions?setting=masking", desk);
    const said = await main(desk).locator("tr[data-row]").evaluateAll((rows) => rows.map((row) => row.dataset.row));
    await look(desk, "revisions", ({ axe }) => axe);
    await go(`/revisions/${said[0]}`, desk);
    verdict(await main(desk).getByRole("link", { name: request }).isVisible(), "what is in force says which approval it went live by");
    verdict((await changes(desk)).every((line) => asked.changes.includes(line)), "and that it changed what was asked for");
    await go(`/revisions/${said[1]}`, desk);
    await look(desk, "revision", ({ axe }) => axe);
    await fill(desk, "Roll back to this…", { Why: "The migration is over" }, "Roll back");
    await desk.locator(".toast").getByText("Rolled back").waitFor();
    await go("/security", desk);
    verdict(await main(desk).locator('[data-switch="masking"]').getByText("Everything personal is hidden").isVisible(), "one click leads back to what was there before");
    verdict((await recorded("revision.roll_back")) === 1, "and the ledger knows of it");
    await takes("");
    await theirs.close();
  });

  await part("networks", async () => {
    await go("/networks");
    await main(page).getByRole("link", { name: "Change…" }).click();
    await sheet(page).getByLabel("Keys", { exact: true }).fill("192.0.2.0/24");
    await sheet(page).getByRole("button", { name: "See whom it shuts out" }).click();
    await sheet(page).getByRole("button", { name: "Put into force" }).waitFor();
    verdict((await sheet(page).textContent()).includes("would be shut out"), "before lists are put into force, it is said whom they shut out");
    await look(page, "networks-preview", ({ axe }) => axe);
    await sheet(page).getByLabel("Keys", { exact: true }).fill("192.0.2.0/24 127.0.0.0/8 ::1/128");
    await sheet(page).getByRole("button", { name: "Put into force" }).click();
    await page.waitForFunction(() => document.querySelector('#sheet input[name="seen"]')?.value.includes("127.0.0.0/8"));
    verdict((await recorded("networks.change")) === 0, "lists that were changed meanwhile are looked at again first");
    await go("/networks");
    await main(page).getByRole("link", { name: "Change…" }).click();
    await sheet(page).getByLabel("Keys", { exact: true }).fill("192.0.2.0/24 127.0.0.0/8 ::1/128");
    await sheet(page).getByRole("button", { name: "See whom it shuts out" }).click();
    await sheet(page).getByRole("button", { name: "Put into force" }).click();
    await page.locator(".toast").waitFor();
    verdict((await main(page).textContent()).includes("127.0.0.0/8"), "put into force, they stand on the page");
    verdict((await recorded("networks.change")) === 1, "and the ledger knows of it");
    await go("/networks");
    await main(page).getByRole("link", { name: "Take back…" }).click();
    await sheet(page).getByRole("button", { name: "Take back" }).click();
    await page.locator(".toast").waitFor();
    verdict(!(await main(page).textContent()).includes("127.0.0.0/8"), "taken back, they don’t");
  });

  await part("what they see", async () => {
    await go("/roles/agent");
    await main(page).getByRole("link", { name: "What they see" }).click();
    await page.waitForURL("**/roles/agent/sees");
    const text = await main(page).textContent();
    verdict(text.includes("0124") && !text.includes("+15550100124") && !text.includes("Ada"), "what an agent sees is shown as an agent sees it");
  });

  await part("audit", async () => {
    await go("/audit");
    await main(page).getByRole("link", { name: "Verify now" }).click();
    await sheet(page).getByRole("button").last().click();
    await page.getByText("Nothing was changed").waitFor();
    verdict(true, "the ledger verifies");
    await look(page, "verified", ({ axe }) => axe);
    await page.goto(`${url}/app/live/audit`);
    const [file] = await Promise.all([page.waitForEvent("download"), main(page).getByRole("button", { name: "Export" }).click()]);
    const exported = readFileSync(await file.path());
    verdict(exported.length > 1_000, `and goes out as ${file.suggestedFilename()}, ${exported.length} B`);
  });

  await part("keyboard", async () => {
    await go("");
    const keys = await page.locator(".rail .nav a[data-key]").evaluateAll((all) => all.map((one) => one.dataset.key));
    verdict(keys.length > 20 && new Set(keys).size === keys.length, `each entry of the navigation has a key of its own (${keys.join("")})`);
    await page.keyboard.press("Control+k");
    await page.keyboard.type("cont");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/app/test/contacts");
    verdict(true, "Ctrl K and four letters lead to Contacts");
    await page.keyboard.press("g");
    await page.keyboard.press("m");
    await page.waitForURL("**/app/test/messages");
    verdict(true, "g m leads to Messages");
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.keyboard.press("k");
    const rows = page.locator("#main tbody tr");
    verdict(/\bon\b/.test(await rows.first().getAttribute("class")), "j and k go down and up");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/messages/msg_*");
    verdict(true, "Enter opens");
    await page.keyboard.press("?");
    verdict(await page.locator("#keys[open]").isVisible(), "? shows the keys");
    await page.keyboard.press("Escape");
    verdict(!(await page.locator("#keys[open]").count()), "Escape closes");
    await go("/messages");
    await page.keyboard.press("/");
    verdict(await page.locator("#palette[open], #main input[type=search]:focus").count() === 1, "/ searches");
    await page.keyboard.type(message.id);
    await page.keyboard.press("Enter");
    await page.waitForURL(`**/messages/${message.id}`);
    verdict(true, "and an id leads to its page");
    await go("");
    await page.keyboard.press("Tab");
    verdict(await page.locator(".skip:focus").count() === 1, "the first Tab offers to skip to the content");
    await page.keyboard.press("Enter");
    await page.waitForURL("**#main");
    await page.locator("#main:focus").waitFor();
    verdict(true, "and leads there");
  });

  await part("appearance", async () => {
    await page.emulateMedia({ colorScheme: "light" });
    await go("");
    const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await paper();
    await page.locator(".me > button").click();
    const kept = page.waitForResponse((response) => response.url().endsWith("/appearance"));
    await page.getByRole("button", { name: "Dark" }).click();
    await kept;
    const dark = await paper();
    await page.reload();
    verdict(light !== dark && (await paper()) === dark, "dark stays dark");
  });

  await part("without script", async () => {
    const plain = await user(browser, { javaScriptEnabled: false, storageState: await context.storageState() });
    const still = await plain.newPage();
    await go("/contacts", still);
    await still.getByRole("link", { name: "Add a contact" }).first().click();
    await still.waitForURL("**/contacts/new");
    await still.getByLabel("Phone", { exact: true }).fill("12");
    await still.getByRole("button", { name: "Add", exact: true }).click();
    verdict(await still.locator(".wrong").first().isVisible(), "without a script, a form says what is wrong");
    await still.getByLabel("Phone", { exact: true }).fill("+15550100181");
    await still.getByRole("button", { name: "Add", exact: true }).click();
    await still.waitForURL("**/contacts/con_*");
    verdict(await still.getByText("Contact added").isVisible(), "and does what it says");
    await go("/networks/edit", still);
    await still.getByLabel("Keys", { exact: true }).fill("127.0.0.0/8");
    await still.getByRole("button", { name: "See whom it shuts out" }).click();
    await still.getByRole("button", { name: "Look again" }).click();
    verdict(await still.getByRole("button", { name: "Put into force" }).isVisible(), "and shows whom a change would shut out before it is made");
    await go("/find", still);
    await still.locator("#main input[type=search]").fill(message.id);
    await still.locator("#main").getByRole("button", { name: "Find" }).click();
    await still.waitForURL(`**/messages/${message.id}`);
    verdict(true, "and finds by id");
    await still.setViewportSize({ width: 360, height: 800 });
    await still.getByRole("button", { name: "Menu" }).click();
    await still.locator("#rail").getByRole("link", { name: "Outbox" }).click();
    await still.waitForURL("**/app/test/outbox");
    verdict(true, "and gets about on a telephone");
    await plain.close();
  });

  verdict(errors.length === 0, `nothing broke the content policy, no script failed${errors.slice(0, 20).map((one) => `\n#   ${one}`).join("")}`);
});
