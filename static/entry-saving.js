// Saving: one message at a time, each with a number of its own, sent again unchanged until the server has answered it.
// Nothing is kept in the browser's storage: what waits, waits on this page.
"use strict";

window.cairnEntry = window.cairnEntry || {};

(() => {
  const WAITS = [1000, 2000, 4000, 8000, 15000];
  const LONGEST = 20000;
  const KEPT = 60000; // a browser lets a request of at most 64 kilobytes outlive its page

  // given: {answers, revision, url, person, minutes}; minutes.take() hands over the seconds spent in each field; heard: {state(words, kind), saved(answer, sent), stopped(reasons)}
  function saving(given, heard) {
    const tab = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 10)}`;
    const known = { ...given.answers };
    const answers = { ...given.answers };
    const disputed = new Map();
    let reasons = [];
    let revision = given.revision;
    let number = 0;
    let sending = null;
    let failures = 0;
    let timer = 0;
    let stopped = false;
    let signedOut = false;
    let finished = false;
    let idle = [];

    const held = (table, column) => table[column] || "";
    const changed = () => [...new Set([...Object.keys(answers), ...Object.keys(known)])].filter((column) => held(answers, column) !== held(known, column));
    const waiting = () => changed().filter((column) => !disputed.has(column));
    const count = () => new Set([...waiting(), ...Object.keys(sending?.changes || {})]).size + reasons.length;
    const clean = () => !sending && !waiting().length && !reasons.length;

    function say() {
      const n = count();
      const some = `${n} change${n === 1 ? "" : "s"} waiting`;
      if (stopped) heard.state(`Not saved: ${some}`, "not-saved");
      else if (signedOut) heard.state(`Not saved: signed out, ${some}`, "not-saved");
      else if (failures) heard.state(`Not saved: ${navigator.onLine === false ? "offline" : "no answer"}, ${some}`, "not-saved");
      else if (!clean()) heard.state("Saving…", "saving");
      else if (disputed.size) heard.state(`Not saved: ${disputed.size} field${disputed.size === 1 ? "" : "s"} changed by somebody else`, "not-saved");
    }

    // With `last` the seconds that wait go along even where no answer does: the page is about to be left.
    function next(last = false) {
      if (sending) return sending;
      const columns = waiting();
      if (!columns.length && !reasons.length && !(last && given.minutes?.any())) return null;
      number += 1;
      const changes = Object.fromEntries(columns.map((column) => [column, [held(known, column), held(answers, column)]]));
      sending = { seq: `${tab}:${number}`, base: revision, changes, reasons, seconds: given.minutes?.take() || {} };
      reasons = [];
      return sending;
    }

    const body = (message) => JSON.stringify(message);
    const headers = () => ({ "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": window.cairn.token() });
    let busy = false;

    async function send(last = false) {
      window.clearTimeout(timer);
      if (busy || stopped || signedOut) return;
      const message = next(last === true);
      if (!message) return settle();
      busy = true;
      say();
      const abort = new AbortController();
      const limit = window.setTimeout(() => abort.abort(), LONGEST);
      try {
        const text = body(message);
        const answer = await fetch(given.url, { method: "POST", credentials: "same-origin", headers: headers(), body: text, signal: abort.signal, keepalive: new Blob([text]).size < KEPT });
        await take(answer, message);
      } catch {
        failed();
      } finally {
        window.clearTimeout(limit);
        busy = false;
      }
      if (!failures && !stopped && !signedOut) (clean() ? settle : send)();
      else say();
      return undefined;
    }

    async function take(answer, message) {
      if (window.cairn.meansSignIn(answer.status, answer.redirected ? answer.url : "")) {
        signedOut = true;
        window.cairn.signedOut();
        return;
      }
      if (answer.status >= 500 || answer.status === 429) {
        failed();
        return;
      }
      const said = await answer.json().catch(() => ({ reasons: ["The server gave an answer that could not be read. Reload the page."] }));
      if (!answer.ok) {
        stopped = true;
        heard.stopped(said.reasons || ["This could not be saved. Reload the page."]);
        return;
      }
      failures = 0;
      sending = null;
      merge(said, message);
      heard.saved(said, message);
    }

    function merge(said, message) {
      revision = said.revision;
      const typedSince = (column) => column in message.changes && held(answers, column) !== message.changes[column][1];
      const refused = new Set([...said.conflicts.map((item) => item.column), ...said.rejected.map((item) => item.column)]);
      for (const [column, [, sent]] of Object.entries(message.changes)) if (!refused.has(column)) set(known, column, sent);
      for (const [column, text] of Object.entries(said.changed)) {
        const ours = held(answers, column) !== held(known, column);
        if (refused.has(column) || (ours && !(column in message.changes))) continue;
        set(known, column, text);
        if (!typedSince(column)) set(answers, column, text);
      }
      for (const item of said.conflicts) disputed.set(item.column, item);
      for (const item of said.rejected) set(answers, item.column, held(known, item.column));
    }

    function set(table, column, text) {
      if (text) table[column] = text;
      else delete table[column];
    }

    function failed() {
      failures += 1;
      timer = window.setTimeout(send, WAITS[Math.min(failures, WAITS.length) - 1]);
      say();
    }

    function settle() {
      say();
      for (const done of idle) done(true);
      idle = [];
    }

    // The same person goes on: the address is filled in already.
    document.addEventListener("cairn:signed-out", () => {
      const email = document.getElementById("field-again-email");
      if (email && !email.value) email.value = given.person;
    });
    document.addEventListener("cairn:resume", (event) => {
      if (!signedOut) return;
      if (event.detail.person && event.detail.person !== given.person) {
        stopped = true;
        heard.stopped(["Somebody else is signed in now, so nothing more is saved from this page. Reload it to go on."]);
        return;
      }
      signedOut = false;
      send();
    });
    window.addEventListener("online", () => send());
    window.addEventListener("offline", () => say());

    // The page goes away: what is left is sent along; the browser finishes the request without us.
    function leave() {
      const message = sending || next(true);
      if (stopped || finished || !message) return;
      fetch(given.url, { method: "POST", credentials: "same-origin", headers: headers(), body: body(message), keepalive: true }).catch(() => {});
    }
    window.addEventListener("pagehide", leave);
    document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && send());
    // Whoever closes the page is asked first, and while they read the question what waits is on its way already.
    window.addEventListener("beforeunload", (event) => {
      if (clean() && !disputed.size) return;
      event.preventDefault();
      send();
    });

    return Object.freeze({
      answers,
      disputed,
      put(column, text) {
        set(answers, column, text);
      },
      explain(reason) {
        reasons.push(reason);
        send();
      },
      keepMine(column) {
        set(known, column, disputed.get(column).theirs);
        disputed.delete(column);
        send();
      },
      takeTheirs(column) {
        const { theirs } = disputed.get(column);
        set(known, column, theirs);
        set(answers, column, theirs);
        disputed.delete(column);
        send();
      },
      send,
      async flush(last = false) {
        if (!clean() || (last && given.minutes?.any())) await new Promise((done) => { idle.push(done); send(last); });
        finished = last;
        return true;
      },
    });
  }

  window.cairnEntry.saving = saving;
})();
