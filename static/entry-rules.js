// The dictionary at work in the browser: what applies, what is needed, what is calculated, what looks wrong. No page here.
"use strict";

window.cairnEntry = window.cairnEntry || {};

(() => {
  const { calculated: worked, holds } = window.CairnExpression;
  const { longDay } = window.cairnEntry.typed;
  const BLANKS = ["required", "required_when"];
  const NUMBER = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)$/;
  const TYPED = {
    number: (text) => NUMBER.test(text),
    date: (text) => /^\d{4}-\d{2}-\d{2}$/.test(text),
    datetime: (text) => /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}(:\d{2})?$/.test(text),
    time: (text) => /^\d{2}:\d{2}(:\d{2})?$/.test(text),
  };

  function rules(schema, today) {
    const elements = schema.sections.flatMap((section) => section.elements.map((element) => ({ ...element, section: section.name })));
    const byName = new Map(elements.map((element) => [element.name, element]));
    const byColumn = new Map(elements.flatMap((element) => element.columns.map((column) => [column, element])));
    const states = new Map(schema.missing_states.map((state) => [state.code, state.label]));
    const context = { types: schema.types, today };
    const true_ = (tree, answers) => holds(tree, answers, context);

    const applies = (element, answers) => !element.branching || true_(element.branching, answers);
    const isEntered = (element) => !["calc", "descriptive", "file"].includes(element.type) && !element.calculation;
    const isNeeded = (element, answers) =>
      isEntered(element) && applies(element, answers) && (element.required || Boolean(element.required_when && true_(element.required_when, answers)));

    function isAnswered(element, answers) {
      if (element.type === "checkbox") return element.columns.some((column) => !["", "0", undefined].includes(answers[column]));
      return Boolean(answers[element.name]);
    }

    function calculated(answers) {
      const held = { ...answers };
      for (const name of schema.calculation_order) delete held[name];
      for (const name of schema.calculation_order) {
        const text = worked(byName.get(name), held, context);
        if (text) held[name] = text;
      }
      return held;
    }

    function shown(element, text) {
      const choice = element.choices.find((each) => each.code === text);
      if (choice && element.type !== "checkbox") return choice.label;
      if (states.has(text)) return states.get(text);
      if (element.kind === "date" || element.kind === "datetime") return longDay(text) + (text.length > 10 ? ` ${text.slice(11, 16)}` : "");
      return element.unit && element.kind === "number" ? `${text} ${element.unit}` : text;
    }

    const inSentence = (label) => (/^.[a-z ]/.test(label) ? label[0].toLowerCase() + label.slice(1) : label);

    function orState(element) {
      const words = element.missing_states.map((code) => inSentence(states.get(code)));
      return words.length ? ` If there is none, say so: ${words.join(", ")}.` : "";
    }

    function rangeFinding(element, limit, answers) {
      const side = limit.code.includes(".below") ? "below" : "above";
      const usual = limit.code.endsWith("usual");
      const isDate = ["date", "datetime", "time"].includes(element.kind);
      const verb = isDate ? { below: "is before", above: "is after" }[side] : `is ${side}`;
      const end = { below: "lowest", above: "highest" }[side];
      const other = limit.limit.startsWith("[") ? byName.get(limit.limit.slice(1, -1)) : null;
      let bound = `the ${end} ${usual ? "usual" : "allowed"} value, ${shown(element, limit.limit)}`;
      if (other) bound = `${inSentence(other.label)}, ${shown(other, answers[other.name] || "")}`;
      if (["today", "now"].includes(limit.limit)) bound = limit.limit;
      const hard = limit.severity === "hard";
      return {
        code: limit.code,
        column: element.name,
        element: element.name,
        severity: limit.severity,
        value: answers[element.name] || "",
        message: `${element.label}: ${shown(element, answers[element.name] || "")} ${verb} ${bound}.`,
        remedy: hard ? `Correct the value.${orState(element)}` : "Check the chart: correct the value, or keep it and say why.",
      };
    }

    function typeFinding(element, answers) {
      const text = answers[element.name];
      const test = element.type === "text" || element.type === "slider" ? TYPED[element.kind] : null;
      if (!text || !test || element.calculation || test(text) || states.has(text)) return null;
      const wanted = element.expected || "a number";
      const example = element.examples.length ? `, for example ${element.examples[0]}.` : ".";
      return {
        code: "type", column: element.name, element: element.name, severity: "hard", value: text,
        message: `${element.label}: “${text}” is not ${wanted}.`, remedy: `Enter ${wanted}${example}`,
      };
    }

    function inForce(check, answers, indexDate) {
      const day = (indexDate && /^\d{4}-\d{2}-\d{2}/.test(answers[indexDate] || "") ? answers[indexDate] : today).slice(0, 10);
      return (!check.from || day >= check.from) && (!check.until || day < check.until);
    }

    // A message with places to fill is the server's to write; all others are known here at once.
    const isOurs = (check) => !check.message.includes("{");
    const ownCodes = new Set(["type", ...elements.flatMap((element) => element.limits.map((limit) => limit.code)), ...schema.checks.filter(isOurs).map((check) => check.code)]);

    function findings(answers, indexDate) {
      const found = [];
      for (const element of elements) {
        const type = typeFinding(element, answers);
        if (type) found.push(type);
        for (const limit of element.limits) if (true_(limit.when, answers)) found.push(rangeFinding(element, limit, answers));
      }
      for (const check of schema.checks.filter(isOurs)) {
        if (!true_(check.when, answers) || !inForce(check, answers, indexDate)) continue;
        const column = byName.get(check.elements[0]).columns[0] || check.elements[0];
        const { code, severity, message, remedy } = check;
        found.push({ code, severity, message, remedy, column, element: check.elements[0], value: answers[column] || "" });
      }
      return found;
    }

    // Words of the server win for the same finding; what we cannot know ourselves stays until its next answer.
    function together(answers, fromServer, indexDate) {
      const key = (item) => `${item.code}|${item.column}|${item.value}`;
      const told = new Map(fromServer.map((item) => [key(item), item]));
      const own = findings(answers, indexDate).map((item) => told.get(key(item)) || item);
      return [...own, ...fromServer.filter((item) => !ownCodes.has(item.code) && !BLANKS.includes(item.code))];
    }

    return Object.freeze({ elements, byName, byColumn, states, applies, isNeeded, isAnswered, calculated, together, shown });
  }

  window.cairnEntry.rules = rules;
})();
