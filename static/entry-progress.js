// How far a case is: the list of sections, the line above the form, what is still missing before it is submitted.
"use strict";

window.cairnEntry = window.cairnEntry || {};

(() => {
  const { make } = window.cairnEntry.findings;
  const MOST_NAMED = 8;
  const byId = (id) => document.getElementById(id);
  const several = (n, noun) => `${n} ${noun}${n === 1 ? "" : "s"}`;

  function shape(kind) {
    return byId("entry-shapes").content.querySelector(`.shape-${kind}`).cloneNode(true);
  }

  const link = (element) => make("a", { href: `#field-${element.name}` }, element.label);

  // on: the section one is in; fields(section): its elements on the page that somebody answers
  function progress({ sections, rules, fields }) {
    function show(held, here, { on, followUp }) {
      const total = { answered: 0, needed: 0, open: 0 };
      const review = [];
      for (const section of sections) {
        const wanted = fields(section).filter((element) => rules.isNeeded(element, held));
        const blank = wanted.filter((element) => !rules.isAnswered(element, held));
        const found = section.elements.flatMap((element) => here.get(element.name) || []).filter((item) => !item.reason);
        const done = wanted.length - blank.length;
        total.answered += done;
        total.needed += wanted.length;
        total.open += found.length;
        showSection(section.name, { done, of: wanted.length, found: found.length, on, followUp });
        if (blank.length || found.length) review.push({ section, blank, found });
      }
      showSection("submit", { done: 0, of: 1, found: 0, on, followUp: null });
      const words = `${total.answered} of ${total.needed} answered`;
      byId("entry-progress").textContent = total.open ? `${words} · ${several(total.open, "finding")}` : words;
      showReview(review, followUp);
    }

    function showSection(name, { done, of, found, on, followUp }) {
      const item = document.querySelector(`#entry-sections [data-section="${name}"]`);
      const later = followUp && !followUp.is_due && done === 0 && name === followUp.section;
      const kind = name === on ? "current" : found ? "warning" : !of ? "none" : done === of ? "done" : later ? "due" : "todo";
      if (!item.querySelector(`.shape-${kind}`)) item.querySelector(".shape").replaceWith(shape(kind));
      item.querySelector("small").textContent = name === "submit" || !of ? "" : later ? followUp.due : `${done}/${of}`;
      item.toggleAttribute("aria-current", false);
      if (name === on) item.setAttribute("aria-current", "step");
    }

    function showReview(review, followUp) {
      const notes = [];
      for (const { section, blank, found } of review) {
        const words = make("p", {}, make("strong", {}, section.title), blank.length ? ` ${blank.length} blank: ` : " ");
        blank.slice(0, MOST_NAMED).forEach((element, position) => words.append(position ? ", " : "", link(element)));
        if (blank.length > MOST_NAMED) words.append(` and ${blank.length - MOST_NAMED} more`);
        notes.push(words);
        for (const item of found) notes.push(make("p", { class: "review-finding" }, make("a", { href: `#field-${item.element}` }, item.message)));
      }
      if (followUp && !followUp.is_due) notes.push(make("p", {}, `The follow-up runs to ${followUp.words}; the case can be submitted from that day on.`));
      if (!notes.length) notes.push(make("p", {}, "Everything is answered. Submit the case; it can be reopened with a reason."));
      byId("entry-review").replaceChildren(...notes);
    }

    return Object.freeze({ show });
  }

  window.cairnEntry.progress = Object.freeze({ of: progress, shape });
})();
