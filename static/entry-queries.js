// The questions about a field: a mark beside its name, and the thread in the panel beside the form, where it is answered.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const place = document.getElementById("entry");
  const data = document.getElementById("entry-data");
  const panel = document.getElementById("entry-queries");
  if (!place || !data || !panel) return;
  const given = JSON.parse(data.textContent);
  const { make } = window.cairnEntry.findings;

  function open(element) {
    window.htmx.ajax("GET", `${given.urls.queries}${element}/`, { target: "#entry-queries", swap: "innerHTML" }).then(() => {
      const title = document.getElementById("queries-beside-title");
      if (!title) return;
      title.scrollIntoView({ block: "nearest" });
      (panel.querySelector("textarea") || title).focus({ preventScroll: true });
    });
  }

  function words(counts) {
    if (!counts.open) return "answered";
    return counts.open === 1 ? "1 question" : `${counts.open} questions`;
  }

  for (const [element, counts] of Object.entries(given.queries)) {
    const label = place.querySelector(`[data-element="${CSS.escape(element)}"] .field-label`);
    if (!label) continue;
    const mark = make("button", { type: "button", class: `query-mark${counts.open ? "" : " is-settled"}`, title: "Show the thread (Alt q)", "data-query": element }, words(counts));
    mark.addEventListener("click", () => open(element));
    label.append(" ", mark);
  }

  document.addEventListener("keydown", (event) => {
    if (!event.altKey || event.ctrlKey || event.metaKey || event.key.toLowerCase() !== "q") return;
    const row = document.activeElement?.closest?.("[data-element]");
    if (!row) return;
    event.preventDefault();
    open(row.dataset.element);
  });

  // After an answer the fragment comes back: the mark follows it, and the thread is what one stands in.
  panel.addEventListener("htmx:afterSwap", () => {
    const left = panel.querySelectorAll('[name="act"][value="confirm"]').length;
    const shown = panel.querySelector("[data-of-element]")?.dataset.ofElement;
    const mark = shown ? place.querySelector(`[data-query="${CSS.escape(shown)}"]`) : null;
    if (!mark) return;
    mark.textContent = words({ open: left });
    mark.classList.toggle("is-settled", !left);
  });
});
