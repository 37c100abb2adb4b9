// What stands behind the # is known to this page alone: it goes from there into the form, and out of the address and the history.
"use strict";

const form = document.querySelector("form[data-handover]");
const token = window.location.hash.slice(1);
if (form && token) {
  form.elements.namedItem("token").value = token;
  for (const part of form.querySelectorAll("label, #token")) part.hidden = true;
  window.history.replaceState(null, "", window.location.pathname);
}
