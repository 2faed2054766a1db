// The frame: keys, dialogs, menus, and the rail's current place.
// Nothing here is needed to use a page: every link and form works without it.
"use strict";

(() => {
  const typing = (target) =>
    target instanceof Element && (target.closest("input:not([type=radio]):not([type=checkbox]), textarea, select") || target.isContentEditable);
  const rows = () => [...document.querySelectorAll("[data-rows] [data-row]")].filter((row) => row.offsetParent !== null);
  const opens = (row) => row.querySelector("[data-open]") || row.querySelector("a[href]");

  function openDialog(id) {
    const dialog = document.getElementById(id);
    if (!(dialog instanceof HTMLDialogElement)) return false;
    if (!dialog.open) dialog.showModal();
    const first = dialog.querySelector("[autofocus], input, select, textarea");
    if (first) first.focus();
    return true;
  }

  function focusRow(row) {
    const link = row && opens(row);
    if (!link) return;
    link.focus();
    row.scrollIntoView({ block: "nearest" });
  }

  function move(step) {
    const list = rows();
    const here = list.findIndex((row) => row.contains(document.activeElement));
    const next = here === -1 ? (step > 0 ? 0 : list.length - 1) : Math.min(Math.max(here + step, 0), list.length - 1);
    focusRow(list[next]);
  }

  function nextDue() {
    const list = rows();
    const here = list.findIndex((row) => row.contains(document.activeElement));
    const after = [...list.slice(here + 1), ...list.slice(0, here + 1)];
    focusRow(after.find((row) => row.hasAttribute("data-due")));
  }

  function enter(event) {
    const row = event.target instanceof Element && event.target.closest("[data-row]");
    if (!row || event.target.closest("a, button, summary")) return false;
    const link = opens(row);
    if (link) link.click();
    return Boolean(link);
  }

  const keys = {
    "/": () => openDialog("search"),
    "?": () => openDialog("help"),
    j: () => (rows().length ? (move(1), true) : false),
    k: () => (rows().length ? (move(-1), true) : false),
    n: () => (rows().some((row) => row.hasAttribute("data-due")) ? (nextDue(), true) : false),
    Enter: enter,
  };

  // A page with its own meaning for single keys (the case form) says so with <… data-own-keys>.
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.target instanceof Element && event.target.closest("[data-own-keys]") && event.key !== "?") return;
    const act = keys[event.key];
    if (act && act(event)) event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element)) return;
    const opener = event.target.closest("[data-opens]");
    if (opener && openDialog(opener.dataset.opens)) event.preventDefault();
    const closer = event.target.closest("[data-closes]");
    if (closer) closer.closest("dialog")?.close();
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });

  // On a telephone the bar holds a few entries; the button opens all of them, Escape and a click elsewhere close them.
  const rail = document.querySelector("[data-rail]");
  const more = rail?.querySelector("[data-rail-more]");
  function unfold(open) {
    rail.classList.toggle("is-open", open);
    more.setAttribute("aria-expanded", String(open));
    more.textContent = open ? "Close" : "More";
    if (open) (rail.querySelector("li a[aria-current]") || rail.querySelector("li a"))?.focus();
  }
  if (more && rail.querySelectorAll(".rail-group li").length > 5) {
    more.hidden = false;
    rail.classList.add("has-more");
    more.addEventListener("click", () => unfold(!rail.classList.contains("is-open")));
    document.addEventListener("click", (event) => {
      if (rail.classList.contains("is-open") && !rail.contains(event.target)) unfold(false);
    });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !rail.classList.contains("is-open")) return;
      unfold(false);
      more.focus();
    });
  }

  // Tables in closed details are opened for paper and closed again.
  let opened = [];
  window.addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details.chart-table:not([open])")];
    for (const item of opened) item.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const item of opened) item.open = false;
    opened = [];
  });

  // A table that does not scroll is no stop on the way through the page.
  const fitting = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const scrolls = target.scrollWidth > target.clientWidth || target.scrollHeight > target.clientHeight;
      if (scrolls) target.tabIndex = 0;
      else target.removeAttribute("tabindex");
    }
  });
  const watchTables = (root) => {
    for (const table of root.querySelectorAll(".table-wrap")) fitting.observe(table);
  };
  document.addEventListener("htmx:load", (event) => watchTables(event.detail.elt));

  function say(words) {
    let place = document.getElementById("said");
    if (!place) {
      place = document.createElement("div");
      place.id = "said";
      place.className = "visually-hidden";
      place.setAttribute("role", "status");
      document.body.append(place);
    }
    place.textContent = words;
  }

  document.addEventListener("DOMContentLoaded", () => {
    watchTables(document);
    document.querySelector("[data-focus]")?.focus();
    document.querySelector(".rail [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  });

  // What happens when the session has ended stands in session.js.
  window.cairn = Object.freeze({ openDialog, say, ...window.cairnSession });
})();
