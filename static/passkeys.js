// Passkeys: forms that send what the browser's passkey says. Where a browser knows none, the forms stay hidden.
"use strict";

(() => {
  const toBytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
  const toText = (bytes) =>
    btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const listed = (all) => (all || []).map((one) => ({ ...one, id: toBytes(one.id) }));
  const supported = Boolean(window.PublicKeyCredential && navigator.credentials);

  const packed = (made, parts) =>
    JSON.stringify({
      id: made.id,
      rawId: toText(made.rawId),
      type: made.type,
      response: Object.fromEntries(parts.filter((part) => made.response[part]).map((part) => [part, toText(made.response[part])])),
    });

  async function show(options) {
    const publicKey = { ...options, challenge: toBytes(options.challenge), allowCredentials: listed(options.allowCredentials) };
    return packed(await navigator.credentials.get({ publicKey }), ["clientDataJSON", "authenticatorData", "signature", "userHandle"]);
  }

  async function make(options) {
    const publicKey = {
      ...options,
      challenge: toBytes(options.challenge),
      user: { ...options.user, id: toBytes(options.user.id) },
      excludeCredentials: listed(options.excludeCredentials),
    };
    return packed(await navigator.credentials.create({ publicKey }), ["clientDataJSON", "attestationObject"]);
  }

  // Fetch the question, let the browser answer it. Throws words that a person may read.
  async function ask(address, token, answer) {
    const headers = { "X-CSRFToken": token, Accept: "application/json" };
    const said = await fetch(address, { method: "POST", credentials: "same-origin", headers });
    const options = await said.json();
    if (!said.ok) throw new Error((options.reasons || []).join(" "));
    try {
      return await answer(options);
    } catch (error) {
      if (error.name === "InvalidStateError") throw new Error("This device holds a passkey for your account already.");
      if (error.name === "SecurityError") throw new Error("Passkeys do not work at this address. Open Cairn by its name, not by a number.");
      throw new Error("The passkey was not used. Try again, or sign in another way.");
    }
  }

  async function send(event) {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !form.matches("[data-passkey]") || event.defaultPrevented) return;
    event.preventDefault();
    const refused = form.querySelector("[data-refused]");
    refused.hidden = true;
    try {
      const token = form.querySelector("input[name=csrfmiddlewaretoken]").value;
      const answer = await ask(form.dataset.question, token, form.dataset.passkey === "make" ? make : show);
      form.querySelector("input[name=credential]").value = answer;
      form.submit();
    } catch (error) {
      refused.textContent = error.message || "That did not work. Check the connection and try again.";
      refused.hidden = false;
    }
  }

  document.addEventListener("submit", send);
  document.addEventListener("DOMContentLoaded", () => {
    for (const part of document.querySelectorAll("[data-needs-passkeys]")) part.hidden = !supported;
    for (const part of document.querySelectorAll("[data-without-passkeys]")) part.hidden = supported;
  });

  window.cairnPasskeys = Object.freeze({ ask, show, supported });
})();
