// The panel beside the form: what the field one stands in means, and what it held before.
"use strict";

window.cairnEntry = window.cairnEntry || {};

(() => {
  const { make, button } = window.cairnEntry.findings;

  function usualWords(element) {
    const unit = element.unit ? ` ${element.unit}` : "";
    if (element.soft_minimum && element.soft_maximum) return `Usual: ${element.soft_minimum} to ${element.soft_maximum}${unit}`;
    const isNumber = element.kind === "number" && element.minimum && element.maximum;
    return isNumber ? `Possible: ${element.minimum} to ${element.maximum}${unit}` : "";
  }

  // area: the panel; address: of the histories, none where there are none; settled(): resolves when everything typed is saved
  function panel(area, address, settled) {
    let shown = "";

    function show(element) {
      if (shown === element.name) return;
      shown = element.name;
      const lines = [make("h2", {}, element.label)];
      if (element.definition) lines.push(make("p", {}, element.definition));
      if (element.examples.length) lines.push(make("p", {}, `For example: ${element.examples.join("; ")}`));
      const usual = usualWords(element);
      if (usual) lines.push(make("p", {}, usual));
      if (element.why) lines.push(make("p", { class: "quiet" }, make("strong", {}, "Why we ask: "), element.why));
      for (const ruling of element.rulings || []) {
        const said = make("div", { class: "ruling" }, make("p", {}, make("strong", {}, `Ruling of ${ruling.when}: `), ruling.answer));
        said.append(make("p", { class: "quiet small" }, ruling.question));
        lines.push(said);
      }
      if (element.source) lines.push(make("p", { class: "quiet small" }, `Look in: ${element.source}`));
      const past = make("div", { id: "entry-history", "aria-live": "polite" });
      if (address) past.append(button("History of this field", () => history(element)));
      area.replaceChildren(...lines, past);
    }

    async function history(element) {
      show(element);
      if (!address) return;
      await settled();
      const answer = await fetch(`${address}${element.name}/`, { credentials: "same-origin" }).catch(() => null);
      if (answer && window.cairn.meansSignIn(answer.status, answer.redirected ? answer.url : "")) {
        window.cairn.signedOut();
        return;
      }
      const past = document.getElementById("entry-history");
      const title = make("h3", {}, "History");
      if (!answer || !answer.ok) {
        past.replaceChildren(title, make("p", { class: "quiet" }, "The history could not be fetched. Try again."));
        return;
      }
      const fragment = new DOMParser().parseFromString(await answer.text(), "text/html");
      past.replaceChildren(title, ...fragment.body.childNodes);
    }

    return Object.freeze({ show, history });
  }

  window.cairnEntry.help = panel;
})();
