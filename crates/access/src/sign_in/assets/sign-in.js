// Passkeys: the one thing these pages can't do without a script.
//   <form data-passkey="sign-in">    signs in; offers passkeys in the field meanwhile
//   <form data-passkey="register">   makes a passkey, then goes on to data-next
//   <form … data-step-up>            proves with a passkey that it is still you, then sends the form
//   <form … data-send>               sends itself on to another site, or from one
"use strict";

const csrf = document.querySelector('meta[name="csrf"]').content;
const supported = "PublicKeyCredential" in window;
/** Challenges are good for two minutes; what waits longer asks anew. */
const ANEW_MS = 100_000;

const say = (text) => {
  const line = document.querySelector('[role="status"]');
  if (line) line.textContent = text;
};

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));

const text = (buffer) => {
  const binary = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
};

const credentials = (ids) => ids.map((id) => ({ type: "public-key", id: bytes(id) }));

async function post(path, body) {
  const headers = { "X-CSRF-Token": csrf };
  if (body) headers["Content-Type"] = "application/json";
  const answer = await fetch(path, { method: "POST", headers, body: body && JSON.stringify(body) });
  const isJson = (answer.headers.get("content-type") ?? "").includes("json");
  const document = isJson ? await answer.json() : null;
  if (!answer.ok) throw new Error(document?.title ?? "Something went wrong. Try again.");
  return document;
}

async function use(options, mediation, signal) {
  const publicKey = {
    challenge: bytes(options.challenge),
    rpId: options.rp_id,
    allowCredentials: credentials(options.allow),
    userVerification: "required",
    timeout: options.timeout_ms,
  };
  const { rawId, response } = await navigator.credentials.get({ publicKey, mediation, signal });
  return {
    credential_id: text(rawId),
    client_data: text(response.clientDataJSON),
    authenticator_data: text(response.authenticatorData),
    signature: text(response.signature),
    user_handle: response.userHandle ? text(response.userHandle) : null,
  };
}

/** What the browser is being asked. It takes one question at a time, and the next only once it has let go of the last. */
let asked = { takeBack() {}, over: Promise.resolve(false) };

function signIn(mediation) {
  const before = asked;
  const control = new AbortController();
  const act = async () => {
    before.takeBack();
    const isIn = await before.over;
    if (isIn) return true;
    const options = await post("/sign-in/passkey/options");
    const answer = await use(options, mediation, control.signal);
    say("Signing in…");
    const { location } = await post("/sign-in/passkey", answer);
    window.location.assign(location);
    return true;
  };
  const done = act();
  asked = { takeBack: () => control.abort(), over: done.catch(() => false) };
  return done;
}

/** Passkeys are offered in the field, for as long as the page is open, but not while the button asks for one. */
async function offer(button) {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  const ask = () => {
    if (button.disabled || document.hidden) return;
    signIn("conditional").catch((error) => {
      if (error.name !== "AbortError") say(told(error));
    });
  };
  ask();
  setInterval(ask, ANEW_MS);
}

async function register(next) {
  const options = await post("/v1/me/passkeys/options");
  const publicKey = {
    challenge: bytes(options.challenge),
    rp: { id: options.rp_id, name: "Sealpost" },
    user: { id: bytes(options.user_id), name: options.user_name, displayName: options.user_name },
    pubKeyCredParams: options.algorithms.map((alg) => ({ type: "public-key", alg })),
    excludeCredentials: credentials(options.exclude),
    authenticatorSelection: { residentKey: "required", requireResidentKey: true, userVerification: "required" },
    attestation: "none",
    timeout: options.timeout_ms,
  };
  const { response } = await navigator.credentials.create({ publicKey });
  await post("/v1/me/passkeys", {
    client_data: text(response.clientDataJSON),
    attestation: text(response.attestationObject),
  });
  window.location.assign(next);
}

async function prove() {
  const options = await post("/v1/me/proof/options");
  await post("/v1/me/proof", await use(options));
}

/** What happened, for people: browsers say little on purpose. */
function told(error) {
  if (error.name === "NotAllowedError") return "That was cancelled or took too long. Try again.";
  if (error.name === "InvalidStateError") return "This device has a passkey for you already.";
  return error instanceof DOMException ? "Your device could not do this." : error.message;
}

async function busy(form, act) {
  const button = form.querySelector("button");
  button.disabled = true;
  say("");
  try {
    await act();
  } catch (error) {
    say(told(error));
  } finally {
    button.disabled = false;
  }
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!supported) {
    say("This browser has no passkeys.");
    continue;
  }
  const signsIn = form.dataset.passkey === "sign-in";
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    busy(form, () => (signsIn ? signIn("optional") : register(form.dataset.next)));
  });
  if (signsIn) offer(form.querySelector("button"));
}

for (const form of document.querySelectorAll("form[data-step-up]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    busy(form, async () => {
      if (supported) await prove();
      form.submit();
    });
  });
}

for (const form of document.querySelectorAll("form[data-send]")) form.submit();
