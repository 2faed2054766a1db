// What is said beside a field: findings with their reasons, somebody else's change, what could not be kept.
"use strict";

window.cairnEntry = window.cairnEntry || {};

(() => {
  function make(tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children.filter((child) => child !== ""));
    return node;
  }

  const spoken = (words) => make("span", { class: "visually-hidden" }, words);

  function button(words, act, kind = "button-link") {
    const node = make("button", { type: "button", class: kind }, words);
    node.addEventListener("click", act);
    return node;
  }

  // do: {explain(finding, words), clear(element), keepMine(column), takeTheirs(column)}
  function findingNode(item, usualReasons, act) {
    const hard = item.severity === "hard";
    const node = make("div", { class: `finding${hard ? " finding-error" : ""}${item.reason ? " is-explained" : ""}`, "data-finding": "" });
    node.append(make("p", {}, spoken(hard ? "Error: " : "Please check: "), item.reason ? item.message : `${item.message} ${item.remedy}`.trim()));
    if (item.reason) node.append(make("p", { class: "finding-kept" }, `Kept: “${item.reason}”`));
    else if (!hard) node.append(reasonsNode(item, usualReasons, act));
    return node;
  }

  function reasonsNode(item, usualReasons, act) {
    const row = make("div", { class: "finding-reasons", role: "group", "aria-label": "Keep it, because" });
    if (item.code === "branching") row.append(button("Clear it", () => act.clear(item.element)));
    for (const words of usualReasons) row.append(button(words, () => act.explain(item, words)));
    const other = button("Another reason…", () => {
      const input = make("input", { class: "input input-text", "aria-label": "Why it is right", maxlength: "400", "data-free": "" });
      const keep = () => input.value.trim() && act.explain(item, input.value.trim());
      input.addEventListener("keydown", (event) => {
        if (event.key !== "Enter") return;
        event.preventDefault();
        event.stopPropagation();
        keep();
      });
      other.replaceWith(input, button("Keep it", keep, "button button-quiet"));
      input.focus();
    });
    row.append(other);
    return row;
  }

  function disputeNode(item, act) {
    const who = item.by || "Somebody else";
    const words = `${who} changed this to “${item.theirs_words}”${item.at ? ` at ${item.at}` : ""}. You have “${item.mine_words}”.`;
    const row = make("div", { class: "finding-reasons" });
    row.append(button("Keep mine", () => act.keepMine(item.column), "button button-quiet"), button("Take theirs", () => act.takeTheirs(item.column), "button button-quiet"));
    const node = make("div", { class: "finding finding-dispute", "data-finding": "", role: "alert" }, make("p", {}, words), row);
    return node;
  }

  function refusedNode(words) {
    return make("div", { class: "finding finding-error", "data-finding": "" }, make("p", {}, `Not kept: ${words}`));
  }

  window.cairnEntry.findings = Object.freeze({ make, button, findingNode, disputeNode, refusedNode });
})();
