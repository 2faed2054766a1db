// A list one types into: words of an option begin with what is typed; arrows move, Enter takes, Escape lets be.
"use strict";

window.cairnEntry = window.cairnEntry || {};

(() => {
  const MOST = 60;

  function matches(option, words) {
    const parts = `${option.label} ${option.code}`.toLowerCase().split(/[\s,()/-]+/);
    return words.every((word) => parts.some((part) => part.startsWith(word)));
  }

  // options: [{code, label}]; taken(code) is called when one is chosen or the text is emptied.
  function attach(input, options, taken) {
    const list = document.createElement("ul");
    list.id = input.getAttribute("aria-controls");
    list.className = "choices-list";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "Choices");
    list.hidden = true;
    input.closest(".field-line").append(list);
    // A short list is counted, so that one digit chooses.
    const counted = options.length <= 9;
    const labelOf = (code) => options.find((option) => option.code === code)?.label ?? code;
    let shown = [];
    let active = -1;

    function key(number) {
      const node = document.createElement("kbd");
      node.setAttribute("aria-hidden", "true");
      node.textContent = String(number);
      return node;
    }

    function mark(place) {
      active = place;
      [...list.children].forEach((item, position) => item.setAttribute("aria-selected", String(position === place)));
      const item = list.children[place];
      if (item) input.setAttribute("aria-activedescendant", item.id);
      else input.removeAttribute("aria-activedescendant");
      item?.scrollIntoView({ block: "nearest" });
    }

    function open(filter) {
      const words = filter.toLowerCase().split(/[\s,()/-]+/).filter(Boolean);
      shown = options.filter((option) => matches(option, words)).slice(0, MOST);
      list.replaceChildren(
        ...shown.map((option, place) => {
          const item = document.createElement("li");
          item.id = `${list.id}-${place}`;
          item.setAttribute("role", "option");
          item.dataset.place = String(place);
          item.textContent = option.label;
          if (counted && place < 9) item.prepend(key(place + 1));
          if (option.missing) item.className = "is-state";
          return item;
        }),
      );
      if (!shown.length) {
        const none = document.createElement("li");
        none.className = "is-none";
        none.textContent = "Nothing begins like that.";
        list.append(none);
      }
      list.hidden = false;
      input.setAttribute("aria-expanded", "true");
      const current = shown.findIndex((option) => option.code === input.dataset.code);
      mark(words.length && shown.length ? 0 : current);
    }

    function close() {
      list.hidden = true;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
      active = -1;
    }

    function take(place) {
      const option = shown[place];
      if (!option) return;
      show(option.code);
      close();
      taken(option.code);
    }

    function show(code) {
      input.dataset.code = code;
      input.value = labelOf(code);
    }

    input.addEventListener("input", () => {
      if (input.value.trim()) open(input.value);
      else {
        input.dataset.code = "";
        close();
        taken("");
      }
    });
    input.addEventListener("keydown", (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      const isOpen = !list.hidden;
      if (counted && isOpen && /^[1-9]$/.test(event.key) && shown.length === options.length) {
        if (!shown[Number(event.key) - 1]) return;
        take(Number(event.key) - 1);
      } else if (event.key === "ArrowDown" && !isOpen) open("");
      else if (event.key === "ArrowDown") mark(Math.min(active + 1, shown.length - 1));
      else if (event.key === "ArrowUp" && isOpen) mark(Math.max(active - 1, 0));
      else if (event.key === "Escape" && isOpen) {
        show(input.dataset.code);
        close();
      } else if ((event.key === "Enter" || event.key === "Tab") && isOpen) {
        if (active >= 0) take(active);
        else close();
        return;
      } else return;
      event.preventDefault();
      event.stopPropagation();
    });
    list.addEventListener("pointerdown", (event) => {
      const item = event.target.closest("[data-place]");
      event.preventDefault();
      if (item) take(Number(item.dataset.place));
    });
    input.addEventListener("focus", () => open(""));
    input.addEventListener("click", () => list.hidden && open(""));
    // What was typed but never chosen is no answer: the field shows again what it holds.
    input.addEventListener("blur", () => {
      if (!list.hidden && active >= 0 && input.value.trim() && shown.length === 1) take(active);
      close();
      show(input.dataset.code);
    });
    return { show };
  }

  window.cairnEntry.list = Object.freeze({ attach });
})();
