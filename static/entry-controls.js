// The controls of a field: what each holds, as it is stored, and how a stored text is put into it.
"use strict";

window.cairnEntry = window.cairnEntry || {};

(() => {
  const { typed, list } = window.cairnEntry;
  const control = (row) => row.dataset.control;
  const input = (row) => row.querySelector(".field-control .input");
  const pills = (row) => [...row.querySelectorAll(".choice input")];
  const states = (row) => (["pills", "boxes"].includes(control(row)) ? [] : pills(row));

  // given: what the page came with; rules: its dictionary; answers: what is held now
  function controls({ given, rules, answers }) {
    const lists = new Map();
    const elementOf = (row) => rules.byName.get(row.dataset.element);

    function order(element) {
      const suffix = /_(dmy|mdy|ymd)/.exec(element.validation);
      return suffix && suffix[1] !== "ymd" ? suffix[1] : given.day_order;
    }

    function typedContext(element) {
      return { order: order(element), today: given.today, indexDay: (answers[given.index_date] || "").slice(0, 10) };
    }

    // A box that was ever ticked and is not any more holds 0, not nothing.
    function readBox(element, box) {
      const { column } = element.choices.find((choice) => choice.code === box.value);
      return [column, box.checked ? "1" : answers[column] ? "0" : ""];
    }

    function read(row) {
      const element = elementOf(row);
      if (control(row) === "boxes") return pills(row).map((box) => readBox(element, box));
      const state = pills(row).find((pill) => pill.checked);
      if (state || control(row) === "pills") return [[element.name, state ? state.value : ""]];
      if (control(row) === "list") return [[element.name, input(row).dataset.code || ""]];
      return [[element.name, typed.read(input(row).dataset.kind, input(row).value, typedContext(element))]];
    }

    function show(row, text) {
      const output = row.querySelector("output");
      output.textContent = typed.write(output.dataset.kind, text);
    }

    function write(row) {
      const element = elementOf(row);
      const text = answers[element.name] || "";
      if (["fixed", "calc"].includes(control(row))) {
        show(row, text);
      } else if (control(row) === "boxes") {
        for (const box of pills(row)) box.checked = answers[readBox(element, box)[0]] === "1";
      } else {
        const isState = states(row).some((pill) => pill.value === text);
        for (const pill of pills(row)) pill.checked = pill.value === text && text !== "";
        if (control(row) === "list") lists.get(element.name).show(text);
        else if (control(row) !== "pills") input(row).value = isState ? "" : typed.write(input(row).dataset.kind, text);
      }
    }

    function attachList(row, taken) {
      const element = elementOf(row);
      const choices = element.choices.map(({ code, label }) => ({ code, label }));
      const missing = element.missing_states.map((code) => ({ code, label: rules.states.get(code), missing: true }));
      lists.set(element.name, list.attach(input(row), [...choices, ...missing], taken));
    }

    // What is typed and a state beside it exclude each other.
    function empty(row) {
      input(row).value = "";
      input(row).dataset.code = "";
    }

    return Object.freeze({ read, show, write, attachList, empty });
  }

  window.cairnEntry.controls = Object.freeze({ of: controls, control, input, pills, states });
})();
