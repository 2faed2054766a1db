// The worklist: one key for a new case; the first due row is one key away (frame.js has j, k, n, Enter).
"use strict";

(() => {
  const typing = (target) => target instanceof Element && target.closest("input, textarea, select");

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (event.key !== "c" || document.querySelector("dialog[open]")) return;
    document.querySelector("[data-new]")?.click();
  });

  // The one field of the new-case page is where one types at once.
  document.addEventListener("DOMContentLoaded", () => {
    document.querySelector(".narrow-form #field-key")?.focus();
  });
})();
