// What is decided and by whom, with a browser against the demo: a route whose first channel is down, policy files that members decide
// about, pages as another role sees them.
import { execFileSync, spawnSync } from "node:child_process";
import { createServer } from "node:net";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { authenticator, enter, errors, look, own, part, user, verdict, withBrowser } from "./_browser.mjs";

const main = (page) => page.locator("#main");
const sheet = (page) => page.locator("#sheet[open]");

/** A relay that takes what it is given (RFC 5321), and keeps it. */
async function relay() {
  const heard = [];
  const server = createServer((socket) => {
    let held = "", letter;
    const say = (line) => socket.write(`${line}\r\n`);
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      held += bytes;
      for (let end = held.indexOf("\r\n"); end >= 0; end = held.indexOf("\r\n")) {
        const line = held.slice(0, end);
        held = held.slice(end + 2);
        if (letter !== undefined) {
          if (line !== ".") letter += `${line}\n`;
          else {
            heard.push(letter);
            letter = undefined;
            say("250 kept");
          }
        } else if (/^DATA/i.test(line)) {
          letter = "";
          say("354 go on");
        } else if (/^QUIT/i.test(line)) {
          say("221 bye");
          socket.end();
        } else say("250 ok");
      }
    });
    say("220 relay.example ESMTP");
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return { heard, port: server.address().port, close: () => server.close() };
}

await withBrowser(async (house) => {
  const { browser, url, tls } = house;
  const context = await user(browser);
  const page = await context.newPage();
  await authenticator(page);
  await enter(page, house);
  const go = (where, of = page) => of.goto(`${url}/app/live${where}`);
  await go("");
  const live = (method, path, body) => own(page, method, path, body, "live");

  await part("routes", async () => {
    const [gone, takes] = [await relay(), await relay()];
    gone.close();
    for (const [name, { port }] of [["relay-frankfurt", gone], ["relay-paris", takes]]) {
      const email = { host: "127.0.0.1", port, security: "plain_loopback", from_address: "news@mail.example.com", helo: "mail.example.com" };
      await live("POST", "/v1/channels", { name, email });
    }
    await go("/routes");
    await look(page, "routes-none", ({ axe }) => axe);
    await main(page).getByRole("link", { name: "New route" }).first().click();
    await sheet(page).getByLabel("Name", { exact: true }).fill("codes");
    await sheet(page).getByLabel("Steps", { exact: true }).fill("relay-frankfurt within 20\nrelay-nowhere");
    await sheet(page).getByRole("button", { name: "Make the route" }).click();
    await sheet(page).locator("[data-wrong]").waitFor();
    verdict(true, "a channel that is nowhere is said beside the steps");
    await look(page, "route-refused", ({ axe }) => axe, "#sheet");
    await sheet(page).getByLabel("Steps", { exact: true }).fill("relay-frankfurt within 20\nrelay-paris");
    await sheet(page).getByRole("button", { name: "Make the route" }).click();
    await page.waitForURL("**/routes/rte_*");
    const route = new URL(page.url()).pathname.split("/").at(-1);
    verdict((await main(page).textContent()).includes("relay-paris"), "a route is made from the names of its channels");
    await look(page, "route", ({ axe }) => axe);

    const template = await live("POST", "/v1/templates", { name: "mail.code", channel: "email", content: { subject: "Your code", text: "{{ code }}" } });
    await live("POST", "/v1/events", { name: "mail.code", class: "otp", template_id: template.id, route_id: route });
    const { id } = await live("POST", "/v1/messages", { event: "mail.code", to: { email: "hedy@example.com" }, data: { code: "417233" } });
    await go(`/messages/${id}`);
    await main(page).locator(".timeline").getByText("Sent", { exact: true }).waitFor();
    const steps = await page.locator(".timeline li").evaluateAll((all) => all.map((one) => one.textContent.trim()));
    verdict(takes.heard.length === 1 && takes.heard[0].includes("417233"), "the second channel sends what the first could not, once");
    verdict(steps.length >= 4 && steps.some((one) => one.includes("Step 2 of its route")), `and the timeline tells it step by step (${steps.length})\n#   ${steps.join("\n#   ")}`);
    await look(page, "failed-over");
    takes.close();
  });

  await part("policy files", async () => {
    const key = await live("POST", "/v1/keys", {
      name: "Files", kind: "secret",
      scopes: ["approvals:ask", "approvals:read", "members:read", "storage:read", "masking:read", "templates:read", "events:read", "routes:read", "channels:read", "endpoints:read"],
    });
    const folder = join(mkdtempSync(join(tmpdir(), "sealpost-policy-")), "policy");
    const env = { ...process.env, SEALPOST_URL: url, SEALPOST_KEY: key.key, SEALPOST_CA: join(tls, "ca.pem") };
    const run = (...args) => spawnSync(process.env.SEALPOST_BIN, ["--json", ...args], { env, encoding: "utf8" });
    execFileSync(process.env.SEALPOST_BIN, ["export-policy", folder], { env });
    const storage = join(folder, "storage.toml");
    writeFileSync(storage, readFileSync(storage, "utf8").replaceAll("days = 90", "days = 30"));
    const asked = run("apply", folder, "--reason", "Change 118");
    const waiting = JSON.parse(asked.stdout).waiting?.[0];
    verdict(asked.status === 6 && waiting?.change === "storage", "files that say something else of what members decide ask for it" + (waiting ? "" : `\n#   ${asked.stdout}${asked.stderr}${readFileSync(storage, "utf8")}`));

    const { link } = await live("POST", "/v1/invitations", { email: "olga@example.com", name: "Olga Example", role: "super_admin" });
    const colleagues = await user(browser);
    const colleague = await colleagues.newPage();
    await authenticator(colleague);
    await enter(colleague, { url, link });
    await colleague.goto(waiting.url);
    const text = await main(colleague).textContent();
    verdict(text.includes(waiting.digest) && text.includes("Change 118"), "the page they lead to has the digest the program said, and why");
    await look(colleague, "files-asked", ({ axe }) => axe);
    await main(colleague).getByRole("link", { name: "Approve…" }).click();
    await sheet(colleague).getByRole("button", { name: "Approve" }).click();
    await colleague.locator(".toast").waitFor();
    await colleague.goto(waiting.url);
    await main(colleague).getByRole("link", { name: "Put into force…" }).click();
    await sheet(colleague).getByRole("button").last().click();
    await colleague.locator(".toast").waitFor();
    const { live: now } = await live("GET", "/v1/settings/storage");
    verdict(run("plan", folder).status === 0 && Object.values(now).some((rule) => rule.days === 30), "somebody else decides, and a plan says: no changes");
    await colleagues.close();
  });

  await part("as another role", async () => {
    for (const [where, role] of [["/messages", "agent"], ["/contacts", "viewer"], ["/people", "auditor"], ["/keys", "agent"]]) {
      await page.goto(`${url}/app/test${where}?as=${role}`);
      const says = page.locator("[data-preview]");
      verdict(await says.isVisible(), `${where} as ${role} says that it is`);
      await look(page, `as-${role}${where.replace("/", "-")}`, ({ axe }) => axe);
    }
    await page.goto(`${url}/app?as=agent`);
    await page.waitForURL("**/app/test?as=agent");
    verdict(await page.locator("[data-preview]").isVisible(), "whoever is led on stays who they look as");
    await page.goto(`${url}/app/test/contacts/new?as=agent`);
    await page.getByLabel("Name", { exact: true }).fill("Nobody");
    await page.getByLabel("E-mail", { exact: true }).fill("nobody@example.com");
    await main(page).getByRole("button", { name: "Add", exact: true }).click();
    await page.locator('[data-code="preview_read_only"]').waitFor();
    verdict(true, "a form that is sent from there does nothing, and says so");
    await look(page, "as-agent-refused", ({ axe }) => axe);
  });

  verdict(errors.length === 0, `nothing broke the content policy, no script failed${errors.slice(0, 20).map((one) => `\n#   ${one}`).join("")}`);
});
