// When the session has ended: the page is covered, asks for the sign-in in place, and goes on with all that was typed.
// Forms are sent only once the session is known to live; a page nobody uses asks by itself when its time is over.
"use strict";

(() => {
  const SURE_FOR = 60_000; // so long after an answer of the server nobody asks again before sending a form
  const LOOKS_EVERY = 15_000;
  const UNSENT = "That did not work. Check the connection and try again.";
  const idle = () => Number(document.body.dataset.idle || 0) * 1000;
  let heard = Date.now();
  let over = Infinity; // when the session will have ended if nobody uses it
  let ended = false;
  let waiting = null; // the form, and its button, that go off once the person is signed in again
  let checked = null; // the form that may pass: its session was looked at just now

  // The server has answered somebody who uses the page: the session's time begins anew.
  function used() {
    heard = Date.now();
    over = idle() ? heard + idle() + 5000 : Infinity;
  }

  const dialog = () => document.getElementById("signed-out");
  const person = () => dialog()?.querySelector("input[name=expected]")?.value || "";
  const address = () => dialog()?.querySelector("form").action;
  const token = () => JSON.parse(document.body.getAttribute("hx-headers") || "{}")["X-CSRFToken"] || "";

  function renew(fresh) {
    document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": fresh }));
    for (const field of document.querySelectorAll("input[name=csrfmiddlewaretoken]")) field.value = fresh;
  }

  // Other scripts call cairn.signedOut() and listen for "cairn:resume".
  function signedOut() {
    ended = true;
    document.dispatchEvent(new CustomEvent("cairn:signed-out"));
    if (!dialog()) return;
    const email = dialog().querySelector("input[name=email]");
    if (!email.value) email.value = person();
    window.cairn.openDialog("signed-out");
    dialog().querySelector(email.value ? "input[name=password]" : "input[name=email]").focus();
  }

  async function alive() {
    const said = await (await fetch(address(), { credentials: "same-origin", headers: { Accept: "application/json" } })).json();
    heard = Date.now();
    if (said.person.toLowerCase() !== person().toLowerCase()) return false;
    renew(said.token);
    return true;
  }

  const show = (part, on) => {
    for (const item of dialog().querySelectorAll(`[data-step=${part}]`)) {
      item.hidden = !on;
      for (const field of item.querySelectorAll("input")) field.disabled = !on;
    }
  };
  function step(name, hint = "") {
    for (const part of ["password", "code"]) show(part, part === name);
    const shown = dialog().querySelector("[data-hint]");
    shown.hidden = !hint;
    shown.querySelector("output").textContent = hint;
    if (name === "code") dialog().querySelector("input[name=code]").focus();
  }

  function refuse(words) {
    const place = dialog().querySelector("[data-refused]");
    place.textContent = words;
    place.hidden = !words;
  }

  async function send(body) {
    const current = await (await fetch(address(), { credentials: "same-origin" })).json();
    const headers = { "X-CSRFToken": current.token || token(), Accept: "application/json" };
    const answer = await fetch(address(), { method: "POST", body, credentials: "same-origin", headers });
    const said = await answer.json();
    if (!answer.ok) throw new Error((said.reasons || []).join(" "));
    return said;
  }

  function resume(said) {
    ended = false;
    used();
    renew(said.token);
    dialog().querySelector("form").reset();
    step("password");
    dialog().close();
    document.dispatchEvent(new CustomEvent("cairn:resume", { detail: said }));
    const held = waiting;
    waiting = null;
    if (held?.form.isConnected) pass(held);
  }

  async function signIn(event) {
    event.preventDefault();
    refuse("");
    try {
      const said = await send(new FormData(event.target));
      if (said.ask?.code) step("code", said.ask.hint);
      else resume(said);
    } catch (error) {
      refuse(error.message || UNSENT);
    }
  }

  async function passkey(button) {
    refuse("");
    try {
      const current = await (await fetch(address(), { credentials: "same-origin" })).json();
      const body = new FormData();
      body.set("expected", person());
      body.set("credential", await window.cairnPasskeys.ask(button.dataset.question, current.token, window.cairnPasskeys.show));
      resume(await send(body));
    } catch (error) {
      refuse(error.message || UNSENT);
    }
  }

  function pass({ form, button }) {
    checked = form;
    form.requestSubmit(button);
    checked = null;
  }

  // A form is held back until the session is known to live, so that nothing typed goes to a page that only asks who it is.
  async function guard(event) {
    const { target: form, submitter: button } = event;
    if (!(form instanceof HTMLFormElement) || !dialog() || !person() || form === checked) return;
    if (form.getAttribute("method")?.toLowerCase() !== "post" || form.closest("#signed-out") || form.matches("[hx-post], [data-hx-post], [data-passkey]") || event.defaultPrevented) return;
    if (!ended && Date.now() - heard < SURE_FOR) return;
    event.preventDefault();
    const held = { form, button: button?.isConnected ? button : undefined };
    try {
      if (await alive()) return pass(held);
    } catch {
      return pass(held);
    }
    waiting = held;
    signedOut();
  }

  // True for an answer that means "sign in first": 401, or a redirect that ended on the sign-in page.
  function meansSignIn(status, from) {
    const signInPage = document.body.dataset.signIn;
    if (status === 401) return true;
    return Boolean(signInPage && from && new URL(from, location.href).pathname === new URL(signInPage, location.href).pathname);
  }

  // Nobody has used the page for as long as a session lives: look, and cover what it shows if the session is over.
  async function look() {
    if (ended || !dialog() || !person()) return;
    over = Date.now() + SURE_FOR; // another window may have kept it alive; no connection: the next look finds out
    if (!(await alive().catch(() => true))) signedOut();
  }

  document.addEventListener("submit", (event) => {
    if (event.target.closest?.("#signed-out form")) signIn(event);
    else guard(event);
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-again-passkey]");
    if (button) passkey(button);
    if (event.target.closest?.("[data-first-step]")) {
      refuse("");
      step("password");
    }
  });
  document.addEventListener("cancel", (event) => event.target === dialog() && event.preventDefault(), true);
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful && !event.detail.requestConfig.headers["X-Watching"]) used();
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const answer = event.detail.xhr;
    if (!meansSignIn(answer.status, answer.responseURL)) return;
    event.detail.shouldSwap = false;
    signedOut();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible" && Date.now() - heard > SURE_FOR) look();
  });
  document.addEventListener("DOMContentLoaded", () => {
    used();
    window.setInterval(() => Date.now() > over && look(), LOOKS_EVERY);
  });

  window.cairnSession = Object.freeze({ signedOut, meansSignIn, token });
})();
