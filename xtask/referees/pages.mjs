// Every page of the dashboard in a real browser: axe finds nothing, nothing breaks the content policy, nothing sticks out of a telephone.
// The list is the server's own, so that a page is looked at the day it appears.
import { authenticator, chromiumFor, enter, errors, fresh, judge, look, own, part, receiver, sideways, user, verdict, withBrowser } from "./_browser.mjs";

/** Pages that answer something else than a page with something in it, and why. */
const NO_PAGES = {
  "/app": "leads on",
  "/app/{env}/live": "a stream",
};
/** Side by side: as many as a small machine has cores. */
const HANDS = 2;
const ENVIRONMENTS = ["test", "live"];

/** So that there is something of every kind: what the demo has not. */
async function furnish({ api, browser, tls }, page, url) {
  const ears = await receiver(tls);
  const endpoint = await api("POST", "/v1/endpoints", { name: "ledger", url: ears.url, events: ["*"], description: "What the bookkeeping hears of" });
  await api("POST", `/v1/endpoints/${endpoint.id}/verify`);
  await api("POST", `/v1/endpoints/${endpoint.id}/portal-links`, {});
  await api("POST", "/v1/messages", { event: "visit.reminder", to: { email: "ada@example.com" }, data: { name: "Ada", day: "Monday" } });
  const nodes = {
    greet: { type: "send", event: "visit.reminder", data: { name: { field: "/data/name" }, day: { value: "Monday" } }, next: "ask" },
    ask: { type: "call", endpoint: "ledger", next: "look", on: { lost: "end" } },
    look: { type: "condition", if: { field: "/answers/ask/status", greater: 0 }, then: "confirmed", else: "end" },
    confirmed: { type: "wait", for: { signal: "confirmed" }, timeout_seconds: 86_400, next: "end", otherwise: "end" },
    end: { type: "end" },
  };
  const flow = await api("POST", "/v1/workflows", { name: "visit.follow-up", definition: { class: "transactional", start: "greet", nodes } });
  await api("POST", `/v1/workflows/${flow.id}/promote`, { version: 1, expected: 0 });
  await api("POST", `/v1/workflows/${flow.id}/triggers`, { event: "visit.reminder" });
  await api("POST", "/v1/secrets", { name: "crm-webhook" });
  const hook = { check: "standard", secret: { secret: "crm-webhook" }, to: { email: "/data/customer/email" }, id: "/data/id" };
  await api("POST", `/v1/workflows/${flow.id}/triggers`, { webhook: hook, data: { plan: { field: "/data/plan" } } });
  await api("POST", "/v1/workflow-runs", { workflow: "visit.follow-up", to: { email: "ada@example.com" }, data: { name: "Ada" } });
  await page.goto(`${url}/app/test`);
  await own(page, "POST", "/v1/invitations", { email: "sam@example.com", name: "Sam Example", role: "agent" });
  const { link: viewers } = await own(page, "POST", "/v1/invitations", { email: "vera@example.com", name: "Vera Example", role: "viewer" });
  await own(page, "POST", "/v1/teams", { name: "Front desk" });
  await own(page, "POST", "/v1/roles", { name: "Night shift", permissions: ["messages:read", "contacts:read"] });
  const { id: workforce } = await own(page, "POST", "/v1/sso/connections/oidc", {
    name: "Workforce", preset: "any", issuer: "https://id.example.com", client_id: "sealpost", client_secret: "example secret", groups_claim: "groups",
  });
  const { id: portal } = await own(page, "POST", "/v1/sso/connections/saml", {
    name: "Clinic portal", newcomers: "viewer", groups: [{ group: "front-desk", role: "agent" }],
  });
  await own(page, "POST", "/v1/sso/domains", { domain: "clinic.example", connection: workforce });
  await own(page, "POST", "/v1/scim/tokens", { name: "Okta" });
  const { id: handed } = await own(page, "POST", "/v1/secrets", { name: "shop-signing" });
  await own(page, "POST", `/v1/secrets/${handed}/handover`, { overlap_seconds: 0 });
  const { id: remembered } = await api("POST", "/v1/contacts", { name: "Vera Remembered", phone: "+12025550188" });
  const relay = { host: "127.0.0.1", port: 2525, security: "plain_loopback", from_address: "news@mail.example.com", helo: "mail.example.com" };
  const steps = [];
  for (const name of ["relay-frankfurt", "relay-paris"]) steps.push({ channel_id: (await own(page, "POST", "/v1/channels", { name, email: relay })).id });
  const { id: route } = await own(page, "POST", "/v1/routes", { name: "codes", strategy: "fail_over", steps });
  await own(page, "POST", `/v1/routes/${route}/versions`, { strategy: "round_robin", steps, in_force: false });
  for (const email of ["twice@example.com", "twice+news@example.com"]) await api("POST", "/v1/contacts", { name: "Twice Example", email });
  const { id: forgotten } = await api("POST", "/v1/contacts", { name: "Wanted Forgotten", phone: "+12025550187" });
  await own(page, "DELETE", `/v1/contacts/${forgotten}`);
  await own(page, "POST", "/v1/settings/storage/holds", { contact_id: remembered, reason: "Case 24-117" });
  const order = { source: "contacts", columns: ["id", "locale"], reason: "Yearly count, ticket 4512" };
  const files = await Promise.all(ENVIRONMENTS.map(async (environment) => `/app/${environment}/downloads/${(await own(page, "POST", "/v1/downloads", order, environment)).id}`));
  await own(page, "PUT", "/v1/settings/approvals", { modules: { approval_policy: { approvals: 1 } } });
  // What was in force before, of the first in each list: from there it is gone back to, and compared.
  const versions = [];
  for (const environment of ENVIRONMENTS) {
    for (const [kind, body] of [["templates", ({ content }) => ({ content })], ["events", ({ class: of, template_id }) => ({ class: of, template_id })]]) {
      const { data: [{ id }] } = await own(page, "GET", `/v1/${kind}?limit=1`, undefined, environment);
      const { versions: [newest] } = await own(page, "GET", `/v1/${kind}/${id}`, undefined, environment);
      await own(page, "POST", `/v1/${kind}/${id}/versions`, body(newest), environment);
      versions.push(...["diff", "versions/1/promote", "go-live"].map((one) => `/app/${environment}/${kind}/${id}/${one}`));
    }
  }
  const { approval_id: asked } = await own(page, "PUT", "/v1/settings/approvals", { modules: {} });
  const approvals = ENVIRONMENTS.map((environment) => `/app/${environment}/approvals/${asked}`);
  // Somebody is let in to help, for which it takes another.
  const { link: seconds } = await own(page, "POST", "/v1/invitations", { email: "olga@example.com", name: "Olga Example", role: "super_admin" });
  const { approval_id: help, digest } = await own(page, "POST", "/v1/support-grants", { email: "sam@help.example", reason: "Deliveries fail since Monday", ticket: "HELP-7" });
  const second = await user(browser);
  const theirs = await furnished(second);
  await enter(theirs, { url, link: seconds });
  await theirs.goto(`${url}/app/test`);
  await own(theirs, "POST", `/v1/approvals/${help}/approve`, { digest, comment: "Go ahead" });
  await second.close();
  // What one asked for is behind a tab. Records lead to who is no more, and a page of one connection to the settings of its own kind.
  const settings = ENVIRONMENTS.flatMap((environment) => [`/app/${environment}/sso/${workforce}/oidc`, `/app/${environment}/sso/${portal}/saml`]);
  const places = [`/app/test/endpoints/${endpoint.id}`, `/app/test/contacts/${remembered}`, ...settings, ...approvals, ...versions, ...files];
  for (let looks = 0; looks < 100 && ears.heard.length < 2; looks += 1) await page.waitForTimeout(50);
  verdict(ears.heard.length >= 2, "there is something to look at");
  return { ears, viewers, places };
}

const pattern = (template) => new RegExp(`^${template.replace(/\{[^}]+\}/g, "([^/?#]+)")}$`);
const nameOf = (path) => path.replace(/^\//, "").replace(/[a-z]{2,4}_[0-9a-z]{20,}/g, "id").replaceAll("/", "-") || "start";

/** Goes from page to page by what leads on, until every template has a page or nothing leads on. */
class Chart {
  constructor(templates) {
    // `/keys/new` fits `/keys/{id}` too: what has fewer holes comes first.
    const holes = (template) => template.split("{").length;
    this.templates = templates.toSorted((a, b) => holes(a) - holes(b));
    this.found = new Map();
    this.seen = new Set();
  }
  /** A template with its environment filled in has one page that stands for all. */
  note(path) {
    const template = this.templates.find((one) => pattern(one).test(path));
    if (!template) return;
    const place = template.replace("{env}", pattern(template).exec(path)[1]);
    if (!this.found.has(place)) this.found.set(place, path);
  }
  /** Pages of objects whose own page is known and which nothing there leads to: a key that is revoked already, say. */
  infer() {
    for (const template of this.templates) {
      for (const environment of ENVIRONMENTS) {
        const place = template.replace("{env}", environment);
        const parent = place.replace(/\/[^/{]+$/, "");
        if (!this.found.has(place) && this.found.has(parent) && parent.endsWith("}")) {
          this.found.set(place, `${this.found.get(parent)}${place.slice(parent.length)}`);
        }
      }
    }
  }
}

/** Goes to a page, and says what leads on from it. */
async function visit(page, url, path) {
  const response = await page.goto(`${url}${path}`, { waitUntil: "load" });
  return { status: response.status(), links: await page.locator("a[href^='/']").evaluateAll((all) => all.map((a) => a.getAttribute("href").split(/[?#]/)[0])) };
}

const isDay = ({ axe, width }) => axe && width > 360;
const isNight = ({ axe, width }) => axe && width === 360;

/** What opens on a page: its menu, and the first sheet that asks something. */
async function open(page, name) {
  const menu = page.locator("#main button[popovertarget]").first();
  if (await menu.count()) {
    await menu.click();
    await look(page, `${name}.menu`, isNight);
    await page.keyboard.press("Escape");
  }
  const sheet = page.locator("#main a[data-sheet]:visible").first();
  if (await sheet.count()) {
    await sheet.click();
    await page.locator("#sheet[open]").waitFor();
    await look(page, `${name}.sheet`, isNight);
    await page.keyboard.press("Escape");
  }
}

/** A form that has to be filled in, sent empty: says what is wrong, beside what. */
async function refuse(page, name) {
  const form = page.locator("#main form[method=post]").filter({ has: page.locator("[required]") }).first();
  if (!(await form.count())) return;
  await Promise.all([
    page.waitForNavigation(),
    form.evaluate((form) => {
      form.noValidate = true;
      form.querySelectorAll("[required]").forEach((field) => { field.value = ""; });
      form.submit();
    }),
  ]);
  const says = await page.locator("[role=alert]").count();
  verdict(says > 0, `sent empty, it says what is wrong: ${name}`);
  await look(page, `${name}.refused`, isDay);
}

/** A page of somebody's with an authenticator. */
async function furnished(context) {
  const page = await context.newPage();
  await authenticator(page);
  return page;
}

/** Goes to every page of both environments that can be found, or `infers` guesses, with a look at each; answers where they are. */
async function tour(context, url, templates, infers, nameOf, lookAt, also = []) {
  const map = new Chart(templates);
  const before = Date.now();
  const queue = ENVIRONMENTS.flatMap((environment) => templates.filter((one) => one.replace("{env}", "").indexOf("{") < 0).map((one) => one.replace("{env}", environment)));
  [...queue, ...also].forEach((path) => map.note(path));
  const hands = await Promise.all(Array.from({ length: HANDS }, () => context.newPage()));
  const turn = async (hand) => {
    for (;;) {
      const path = [...map.found.values()].find((one) => !map.seen.has(one));
      if (!path) {
        if (infers) map.infer();
        if ([...map.found.values()].every((one) => map.seen.has(one))) return;
        continue;
      }
      map.seen.add(path);
      const name = nameOf(path);
      await part(name, async () => {
        const { status, links } = await visit(hand, url, path);
        links.filter((one) => one.startsWith(`/app/${path.split("/")[2]}`)).forEach((one) => map.note(one));
        if (verdict(status === 200, `${path} answers 200 (${status})`)) await lookAt(hand, name, path);
      });
    }
  };
  await Promise.all(hands.map(turn));
  await Promise.all(hands.map((hand) => hand.close()));
  console.log(`# ${map.seen.size} pages in ${Date.now() - before} ms`);
  return map;
}

/** Nobody is offered what they would be refused: whatever leads on from the first page, from page to page, opens. */
async function offersNothingRefused(owner, browser, url, templates, roles, where) {
  const desk = await owner.newPage();
  for (const role of roles) {
    await desk.goto(`${url}/app/test`);
    const { link } = await own(desk, "POST", "/v1/invitations", { email: `${role}@example.com`, role });
    const context = await user(browser);
    const page = await furnished(context);
    await enter(page, { url, link });
    const map = new Chart(templates);
    map.note("/app/test");
    const refused = [];
    for (let path; (path = [...map.found.values()].find((one) => !map.seen.has(one))); ) {
      map.seen.add(path);
      const { status, links } = await visit(page, url, path);
      if (status !== 200) refused.push(`${path} (${status})`);
      else links.filter((one) => one.startsWith("/app/test")).forEach((one) => map.note(one));
    }
    verdict(map.seen.size > 5 && refused.length === 0, `${where}, a member of role ${role} is offered ${map.seen.size} kinds of pages and refused none ${refused.join(", ")}`);
    await context.close();
  }
  await desk.close();
}

await withBrowser(async (house) => {
  const { browser, url, link, tls } = house;
  const context = await user(browser);
  const page = await furnished(context);
  await enter(page, { url, link });
  // A second passkey, of another device: one of two can be removed.
  const other = await furnished(context);
  await other.goto(`${url}/sign-in/passkey`);
  await other.getByRole("button", { name: "Create a passkey" }).click();
  await other.waitForURL("**/sign-in/recovery-codes");
  await other.close();
  const { ears, viewers, places: settings } = await furnish(house, page, url);

  const { "x-sealpost-pages": listed } = await page.evaluate(async () => (await fetch("/v1/openapi.json")).json());
  const templates = Object.keys(listed).filter((path) => listed[path].get && (path.startsWith("/app") && !NO_PAGES[path]));
  verdict(templates.length > 40, `the server lists ${templates.length} pages`);
  for (const path of Object.keys(NO_PAGES)) verdict(path in listed || path.endsWith("live"), `${path} is no page: it ${NO_PAGES[path]}`);

  // Those who look, looked at: what is wrong on purpose is found.
  await part("judges", async () => {
    await page.goto(`${url}/app/test`);
    await page.evaluate(() => {
      const bad = document.createElement("div");
      bad.innerHTML = '<img src="data:,"><button></button>';
      bad.append(Object.assign(document.createElement("p"), { id: "wide", textContent: "wide" }));
      document.querySelector("#main").append(bad);
      document.querySelector("#wide").style.width = "2000px";
      document.querySelector("#main").append(Object.assign(document.createElement("script"), { textContent: "window.owned = true" }));
    });
    const found = (await judge(page)).map((one) => one.split(":")[0]);
    verdict(found.includes("image-alt") && found.includes("button-name"), `axe finds what is wrong: ${found.join(", ")}`);
    verdict((await sideways(page)).length > 0, "what sticks out is found");
    const broke = errors.splice(0);
    verdict(broke.some((one) => one.includes("CSP")) && !(await page.evaluate(() => window.owned)), "an inline script doesn't run, and is heard of");
  });

  // First where everything is, then a look at each.
  const map = await tour(context, url, templates, true, nameOf, async (hand, name, path) => {
    // An empty environment differs from a full one in its lists.
    const isLive = path.startsWith("/app/live");
    if (isLive && !/^\/app\/live(\/[a-z]+)?$/.test(path)) return;
    await look(hand, name, isLive ? isDay : undefined);
    if (isLive) return;
    await open(hand, name);
    await refuse(hand, name);
  }, settings);
  const missing = templates.filter((template) => !map.found.has(template.replace("{env}", "test")));
  verdict(missing.length === 0, `every page was found ${missing.join(" ")}`);

  await part("offers", () => offersNothingRefused(context, browser, url, templates, ["admin", "developer", "agent", "auditor", "viewer"], "in the demo"));

  // Where nothing has happened yet, pages have other things to say.
  await part("nothing yet", async () => {
    const empty = await fresh("Lakeside Clinic");
    const theirs = await chromiumFor(empty);
    try {
      const owner = await user(theirs);
      await enter(await furnished(owner), empty);
      const found = await tour(owner, empty.url, templates, false, (path) => `empty${nameOf(path).slice(3)}`, (hand, name) => look(hand, name));
      const places = templates.filter((template) => !template.replace("{env}", "").includes("{"));
      const unseen = places.filter((place) => !found.seen.has(place.replace("{env}", "live")));
      verdict(unseen.length === 0, `of what can be there, every page was found ${unseen.join(" ")}`);
      await offersNothingRefused(owner, theirs, empty.url, templates, ["viewer", "auditor"], "where there is nothing");
    } finally {
      await theirs.close();
      empty.child.kill("SIGTERM");
    }
  });

  // What is there once, whatever the page.
  await part("frame", async () => {
    await page.goto(`${url}/app/test`);
    await page.locator(".me > button").click();
    await look(page, "menu-me", ({ width }) => width === 1280, "#me");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Control+k");
    await page.locator("#palette[open]").waitFor();
    await look(page, "palette", ({ axe }) => axe);
    await page.keyboard.press("Escape");
    await page.keyboard.press("?");
    await look(page, "keys-sheet", ({ axe }) => axe);
    await page.keyboard.press("Escape");
    await page.setViewportSize({ width: 360, height: 800 });
    await page.getByRole("button", { name: "Menu" }).click();
    await look(page, "rail", ({ width }) => width === 360);
    await page.keyboard.press("Escape");
  });

  // What isn't there, and what isn't theirs.
  await part("problems", async () => {
    for (const [path, status] of [["/app/test/messages/msg_01kf3b2y5xfh0r4c9v7t8m6e1s", 404], ["/app/test/messages/nonsense", 404], ["/app/nowhere", 404], ["/app/test/nothing", 404]]) {
      verdict((await page.goto(`${url}${path}`)).status() === status, `${path} answers ${status}`);
      await look(page, `problem-${status}-${nameOf(path)}`, ({ axe }) => axe);
    }
    const viewer = await user(browser);
    const window = await viewer.newPage();
    await authenticator(window);
    await enter(window, { url, link: viewers });
    await window.goto(`${url}/app/test`);
    await look(window, "viewer-home", ({ axe }) => axe);
    verdict((await window.goto(`${url}/app/test/keys/new`)).status() === 403, "whoever may not is told so");
    await look(window, "problem-403");
    await viewer.close();
  });

  // Doors, and what is open to all.
  await part("doors", async () => {
    const stranger = await user(browser);
    const window = await stranger.newPage();
    for (const [name, path] of [["sign-in", "/sign-in"], ["recovery", "/sign-in/recovery"], ["docs", "/docs"], ["docs-errors", "/docs/errors"], ["spent", "/sign-in/spent"]]) {
      await window.goto(`${url}${path}`);
      await look(window, `door-${name}`, name.startsWith("docs") ? ({ axe }) => axe : undefined);
    }
    await window.goto(`${url}/app/test/messages`);
    verdict(new URL(window.url()).pathname === "/sign-in", "who isn't signed in is led to sign in");
    await stranger.close();
    for (const path of ["/sign-in/passkey", "/sign-in/recovery-codes", "/docs/roles"]) {
      await page.goto(`${url}${path}`);
      await look(page, `door${nameOf(path).replace("sign-in", "")}`);
    }
  });
  ears.close();
  verdict(errors.length === 0, `nothing broke the content policy, no script failed${errors.slice(0, 20).map((one) => `\n#   ${one}`).join("")}`);
});
