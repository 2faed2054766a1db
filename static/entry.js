// The case form: fields, keys, sections, help. Reading typed text is entry-typed, the dictionary entry-rules,
// saving entry-saving, what stands beside a field entry-findings.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const place = document.getElementById("entry");
  const given = JSON.parse(document.getElementById("entry-data").textContent);
  const { controls: controlsOf, rules: rulesOf, saving: savingOf, findings: said } = window.cairnEntry;
  const { control, input, pills, states } = controlsOf;
  const rules = rulesOf(given.schema, given.today);
  const byId = (id) => document.getElementById(id);
  const rows = new Map([...place.querySelectorAll("[data-element]")].map((row) => [row.dataset.element, row]));
  const sections = [...place.querySelectorAll(".case-section")];
  const refused = new Map();
  const dirty = new Map();
  let fromServer = given.findings;
  let current = "";

  const minutes = window.cairnEntry.minutes(() => document.activeElement?.closest?.("[data-element]")?.dataset.element || "");
  const saving = savingOf(
    { answers: given.answers, revision: given.revision, url: given.urls.save, person: given.person, minutes },
    { state: showState, saved: heard, stopped },
  );
  const { answers } = saving;
  const controls = controlsOf.of({ given, rules, answers });
  const { shape } = window.cairnEntry.progress;
  const isAnswerable = (element) => rows.has(element.name) && rows.get(element.name).dataset.control !== "fixed";
  const progress = window.cairnEntry.progress.of({
    sections: given.schema.sections,
    rules,
    fields: (section) => section.elements.filter(isAnswerable),
  });
  const help = window.cairnEntry.help(byId("entry-help"), given.urls.history, () => saving.flush());

  // What follows from a change

  function take(row) {
    for (const [column, text] of controls.read(row)) {
      if (text !== (answers[column] || "")) refused.delete(row.dataset.element);
      saving.put(column, text);
      if (text) row.querySelector(".source-mark")?.remove();
    }
    window.clearTimeout(dirty.get(row));
    dirty.delete(row);
    follow();
    saving.send();
  }

  function follow() {
    const held = rules.calculated(answers);
    for (const name of given.schema.calculation_order) {
      const row = rows.get(name);
      if (row) controls.show(row, held[name] || "");
    }
    const found = rules.together(held, fromServer, given.index_date);
    const here = new Map();
    for (const item of found) here.set(item.element, [...(here.get(item.element) || []), item]);
    for (const [name, row] of rows) {
      const element = rules.byName.get(name);
      const applies = rules.applies(element, held);
      const hidden = !applies && !here.has(name) && !rules.isAnswered(element, held);
      if (row.hidden !== hidden) row.hidden = hidden;
      if (control(row) !== "words") draw(row, here.get(name) || []);
    }
    for (const heading of place.querySelectorAll("[data-heading-of]")) heading.hidden = rows.get(heading.dataset.headingOf).hidden;
    progress.show(held, here, { on: current, followUp: given.follow_up });
  }

  const drawn = new Map();

  function draw(row, items) {
    const area = row.querySelector(".field-findings");
    if (!area) return;
    const name = row.dataset.element;
    const columns = rules.byName.get(name).columns;
    const disputes = columns.filter((column) => saving.disputed.has(column)).map((column) => saving.disputed.get(column));
    const signature = JSON.stringify([items, disputes, refused.get(name) || ""]);
    // A reason that is being typed is never taken from under the hands; the next answer draws again.
    if (drawn.get(name) === signature || area.querySelector("[data-free]:focus")) return;
    drawn.set(name, signature);
    const stood = area.contains(document.activeElement) ? document.activeElement.textContent : null;
    area.replaceChildren(
      ...disputes.map((item) => said.disputeNode(item, acts)),
      ...(refused.has(name) ? [said.refusedNode(refused.get(name))] : []),
      ...items.map((item) => said.findingNode(item, given.usual_reasons, acts)),
    );
    for (const node of [input(row), ...pills(row)].filter(Boolean)) node.toggleAttribute("aria-invalid", false);
    if (items.some((item) => item.severity === "hard")) (input(row) || pills(row)[0])?.setAttribute("aria-invalid", "true");
    if (stood === null) return;
    const same = [...area.querySelectorAll("button")].find((node) => node.textContent === stood);
    if (same) same.focus();
    else focusRow(row);
  }

  const acts = {
    explain(item, words) {
      item.reason = words;
      fromServer = [...fromServer.filter((other) => other !== item), item];
      saving.explain({ code: item.code, column: item.column, value: item.value, words });
      follow();
      const row = rows.get(item.element);
      if (!row.querySelector("[data-finding]:not(.is-explained)")) move(row, 1);
    },
    clear(name) {
      for (const column of rules.byName.get(name).columns) saving.put(column, "");
      controls.write(rows.get(name));
      const after = rows.get(name);
      follow();
      saving.send();
      if (after.hidden) move(after, 1);
    },
    keepMine(column) {
      saving.keepMine(column);
      follow();
    },
    takeTheirs(column) {
      saving.takeTheirs(column);
      controls.write(rows.get(rules.byColumn.get(column).name));
      follow();
    },
  };

  // Saving, as heard

  function showState(words, kind) {
    const node = byId("entry-saved");
    node.className = kind;
    node.replaceChildren(...(kind === "saved" ? [shape("saved"), " "] : kind === "not-saved" ? [shape("warning"), " "] : []), said.make("span", {}, words));
  }

  function heard(answer, sent) {
    fromServer = answer.findings;
    for (const item of answer.rejected) refused.set(rules.byColumn.get(item.column)?.name, item.words);
    const elsewhere = Object.keys(answer.changed).filter((column) => !(column in sent.changes));
    for (const column of [...elsewhere, ...answer.rejected.map((item) => item.column)]) {
      const row = rows.get(rules.byColumn.get(column)?.name);
      if (row && !row.contains(document.activeElement)) controls.write(row);
      else if (row && ["fixed", "calc", "pills", "boxes"].includes(control(row))) controls.write(row);
    }
    if (answer.head.title) document.querySelector(".head-what").textContent = answer.head.title;
    byId("entry-dates").textContent = answer.head.dates;
    given.follow_up = answer.follow_up;
    follow();
    showState(`Saved ${answer.saved_at}`, "saved");
    if (answer.conflicts.length) window.cairn.say("Somebody else changed a field you changed.");
  }

  function stopped(reasons) {
    const area = byId("entry-banner");
    area.hidden = false;
    area.replaceChildren(said.make("div", { class: "banner banner-error", role: "alert" }, said.make("p", {}, reasons.join(" "))));
  }

  // Moving

  const reachable = (row) => !row.hidden && !["fixed", "calc", "words"].includes(control(row));
  const inOrder = () => [...rows.values()].filter(reachable);

  function focusRow(row) {
    show(row.closest(".case-section").dataset.section, { focus: false });
    const kind = control(row);
    const target = kind === "pills" ? pills(row).find((pill) => pill.checked) || pills(row)[0] : kind === "boxes" ? pills(row)[0] : input(row);
    target.focus({ preventScroll: true });
    if (["list", "input"].includes(kind)) target.select();
    row.scrollIntoView({ block: "nearest" });
  }

  function move(row, step) {
    const all = inOrder();
    const here = all.indexOf(row);
    const next = here === -1 ? all.find((other) => row.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING) : all[here + step];
    if (next) focusRow(next);
    else if (step > 0) show("submit");
  }

  function show(name, { focus = true } = {}) {
    if (current !== name) {
      current = name;
      for (const section of sections) section.hidden = section.dataset.section !== name;
      follow();
      window.scrollTo({ top: 0 });
      document.querySelector(`#entry-sections [data-section="${name}"]`)?.scrollIntoView({ block: "nearest", inline: "center" });
    }
    if (!focus || window.matchMedia("(pointer: coarse)").matches) return;
    const mine = inOrder().filter((row) => row.closest(".case-section").dataset.section === name);
    const isBlank = (element) => rules.isNeeded(element, answers) && !rules.isAnswered(element, answers);
    const first = mine.find((row) => isBlank(rules.byName.get(row.dataset.element))) || mine[0];
    if (first) focusRow(first);
    else (place.querySelector(`#section-${name} .button`) || byId(`title-${name}`)).focus();
  }

  function step(by) {
    const names = sections.map((section) => section.dataset.section);
    const next = names[names.indexOf(current) + by];
    if (next) show(next);
  }

  function nextFinding(by) {
    const all = [...place.querySelectorAll("[data-finding]:not(.is-explained)")].filter((node) => !node.closest("[hidden].field"));
    if (!all.length) return window.cairn.say("No finding is open.");
    const here = document.activeElement?.closest?.("[data-element]");
    const after = all.filter((node) => {
      const row = node.closest("[data-element]");
      if (!here || row === here) return false;
      const relation = here.compareDocumentPosition(row);
      return relation & (by > 0 ? Node.DOCUMENT_POSITION_FOLLOWING : Node.DOCUMENT_POSITION_PRECEDING);
    });
    const pick = (by > 0 ? after[0] : after[after.length - 1]) || (by > 0 ? all[0] : all[all.length - 1]);
    focusRow(pick.closest("[data-element]"));
    const action = pick.querySelector("button");
    if (action) action.focus();
    return undefined;
  }

  // Keys

  // A label that says yes or no is chosen by its first letter; otherwise 1 to 9 count the choices.
  function nameKeys(row) {
    const yesNo = pills(row).filter((pill) => ["yes", "no"].includes(labelOf(pill)));
    for (const pill of yesNo) pill.dataset.letter = labelOf(pill)[0];
    if (yesNo.some((pill) => pill.dataset.letter === "n")) {
      const notDone = pills(row).find((pill) => pill.dataset.key === "n");
      notDone?.removeAttribute("data-key");
      notDone?.nextElementSibling.querySelector("kbd")?.remove();
    }
    for (const pill of pills(row)) {
      const key = pill.dataset.letter || pill.dataset.key;
      const words = pill.nextElementSibling;
      if (key && !words.querySelector("kbd")) words.append(said.make("kbd", { class: "pill-key", "aria-hidden": "true" }, key));
    }
  }

  const labelOf = (pill) => pill.nextElementSibling.textContent.trim().toLowerCase();

  function choose(row, key) {
    const pill = pills(row).find((each) => each.dataset.key === key || each.dataset.letter === key);
    if (!pill) return false;
    if (pill.type === "checkbox") pill.checked = !pill.checked;
    else pill.checked = true;
    // Beside an input the focus stays where it is: leaving the input would write back what is held, before this is taken.
    if (["pills", "boxes"].includes(control(row))) pill.focus({ preventScroll: true });
    else controls.empty(row);
    take(row);
    return true;
  }

  function clear(row) {
    if (control(row) !== "pills" || !pills(row).some((pill) => pill.checked)) return false;
    for (const pill of pills(row)) pill.checked = false;
    take(row);
    return true;
  }

  // Letters belong to whoever types words; elsewhere they are keys.
  function takesLetters(target) {
    if (target.tagName === "TEXTAREA" || target.dataset?.free !== undefined) return true;
    if (!target.matches?.(".input")) return false;
    const kind = target.dataset.kind;
    return kind === "text" || kind === "code" || (["day", "moment"].includes(kind) && target.value !== "" && target.selectionStart === target.selectionEnd);
  }

  function today(row) {
    if (input(row)?.dataset.kind !== "day") return false;
    input(row).value = "today";
    take(row);
    controls.write(row);
    input(row).select();
    return true;
  }

  const single = {
    "[": () => (step(-1), true),
    "]": () => (step(1), true),
    "?": () => window.cairn.openDialog("help"),
    h: (row) => (help.history(rules.byName.get(row.dataset.element)), true),
    t: (row) => today(row),
    Backspace: (row) => clear(row),
    Delete: (row) => clear(row),
  };

  function keyed(event) {
    const { target, key } = event;
    const row = target.closest("[data-element]");
    if ((event.ctrlKey || event.metaKey) && key === "s") {
      saving.send();
      window.cairn.say("There is nothing to do: every field is saved as you leave it.");
      return true;
    }
    if (event.altKey && ["ArrowDown", "ArrowUp"].includes(key)) return nextFinding(key === "ArrowDown" ? 1 : -1), true;
    if (event.altKey && ["PageDown", "PageUp"].includes(key)) return step(key === "PageDown" ? 1 : -1), true;
    if (event.altKey && key === "h" && row) return help.history(rules.byName.get(row.dataset.element)), true;
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    if (key === "Enter") return entered(target, row, event.shiftKey);
    if (!row) return key === "[" || key === "]" ? single[key]() : false;
    const isInput = target.matches(".input");
    if (["ArrowDown", "ArrowUp"].includes(key) && !target.matches("textarea, select, button") && control(row) !== "list") {
      if (isInput) take(row);
      return move(row, key === "ArrowDown" ? 1 : -1), true;
    }
    if (single[key]?.length === 0 && target.dataset.kind === "code") return single[key]();
    if (takesLetters(target) || target.matches("button")) return false;
    if (/^[0-9a-z]$/.test(key) && !(isInput && /[0-9]/.test(key)) && choose(row, key)) return true;
    if (isInput && ["Backspace", "Delete"].includes(key)) return false;
    return single[key] ? single[key](row) : false;
  }

  function entered(target, row, back) {
    if (!row || target.matches("textarea, button, a, summary")) return false;
    if (target.matches(".input")) take(row);
    move(row, back ? -1 : 1);
    return true;
  }

  // Wiring

  for (const row of rows.values()) {
    nameKeys(row);
    if (control(row) === "list") controls.attachList(row, () => take(row));
    // Beside an input the states have keys of their own, so that Tab goes straight to the next field.
    if (input(row)?.dataset.kind && input(row).dataset.kind !== "text") for (const pill of states(row)) pill.tabIndex = -1;
  }

  place.addEventListener("change", (event) => {
    const row = event.target.closest("[data-element]");
    if (!row || event.target.dataset.free !== undefined) return;
    if (event.target.matches(".choice input") && !["pills", "boxes"].includes(control(row)) && event.target.checked) {
      controls.empty(row);
    }
    if (control(row) !== "list" || !event.target.matches(".input")) take(row);
    if (event.target.matches(".input") && control(row) === "input") controls.write(row);
  });
  place.addEventListener("input", (event) => {
    const row = event.target.closest("[data-element]");
    if (!row || !event.target.matches(".input") || event.target.dataset.free !== undefined || control(row) === "list") return;
    if (event.target.value) for (const pill of states(row)) pill.checked = false;
    window.clearTimeout(dirty.get(row));
    dirty.set(row, window.setTimeout(() => take(row), 1500));
  });
  place.addEventListener("focusin", (event) => {
    const row = event.target.closest("[data-element]");
    if (row) help.show(rules.byName.get(row.dataset.element));
  });
  place.addEventListener("focusout", (event) => {
    const row = event.target.closest("[data-element]");
    if (row && dirty.has(row)) take(row);
    if (row && control(row) === "input" && event.target.matches(".input")) controls.write(row);
  });
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]")) return;
    if (!(event.target instanceof Element)) return;
    const inside = place.contains(event.target) || event.target === document.body;
    if (inside && keyed(event)) event.preventDefault();
  });
  // What is half typed counts before anything is sent along: these listeners come first, whenever they were added.
  const takeAll = () => [...dirty.keys()].forEach(take);
  window.addEventListener("beforeunload", takeAll, { capture: true });
  window.addEventListener("pagehide", takeAll, { capture: true });
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && takeAll(), { capture: true });

  document.addEventListener("click", (event) => {
    const anchor = event.target instanceof Element && event.target.closest("a[href^='#']");
    if (!anchor) return;
    const [, kind, name] = /^#(section|field)-(.+)$/.exec(anchor.getAttribute("href")) || [];
    if (anchor.dataset.nextSection !== undefined) step(1);
    else if (kind === "section") show(name);
    else if (kind === "field" && rows.has(name)) (reachable(rows.get(name)) ? focusRow(rows.get(name)) : show(rows.get(name).closest(".case-section").dataset.section));
    else return;
    event.preventDefault();
  });

  byId("entry-submit").addEventListener("submit", async (event) => {
    event.preventDefault();
    takeAll();
    if (!(await saving.flush(true)) || saving.disputed.size) return;
    event.target.submit();
  });

  // Where one begins: what the address or the summary names, otherwise the first section with something to do.
  place.classList.add("is-paged");
  const asked = /^#(section|field)-(.+)$/.exec(window.location.hash);
  const unfinished = given.schema.sections.find((section) =>
    section.elements.some((element) => isAnswerable(element) && rules.isNeeded(element, answers) && !rules.isAnswered(element, answers)),
  );
  const summary = document.querySelector(".error-summary a[href^='#field-']");
  const summarised = summary && rows.get(summary.getAttribute("href").slice("#field-".length));
  if (summarised) show(summarised.closest(".case-section").dataset.section, { focus: false });
  else if (document.querySelector(".error-summary")) show("submit", { focus: false });
  else if (asked && asked[1] === "section" && byId(asked[0].slice(1))) show(asked[2]);
  else if (asked && rows.has(asked[2])) focusRow(rows.get(asked[2]));
  else show(unfinished ? unfinished.name : "submit");
});
