// Reading a case: h shows the history of the field one stands on; the field's name heads the panel.
"use strict";

(() => {
  const title = () => document.querySelector("#entry-help h2");

  document.addEventListener("keydown", (event) => {
    if (event.key !== "h" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!(event.target instanceof Element) || event.target.closest("input, textarea, select, dialog")) return;
    const row = event.target.closest("[data-row]");
    row?.querySelector("[data-open]")?.click();
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    const row = event.detail.requestConfig?.elt?.closest("[data-row]");
    if (row && title()) title().textContent = row.querySelector("dt").textContent;
  });
})();
