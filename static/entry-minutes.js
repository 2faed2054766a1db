// How long somebody works in each field: active time only. A pause of a minute or more, or another window in front, does not count.
"use strict";

window.cairnEntry = window.cairnEntry || {};

(() => {
  const PAUSE = 60000;

  // here(): the name of the field one is in, "" outside of all; now(): milliseconds
  function minutes(here, now = () => performance.now()) {
    const spent = new Map();
    let field = "";
    let since = null;
    let rest = 0;

    // Time up to now belongs to the field one was in.
    function mark() {
      const moment = now();
      if (since !== null && field && moment - since < PAUSE) spent.set(field, (spent.get(field) || 0) + (moment - since));
      since = document.visibilityState === "hidden" ? null : moment;
      field = here();
    }

    for (const kind of ["keydown", "pointerdown", "focusin", "input", "wheel", "scroll"]) document.addEventListener(kind, mark, { capture: true, passive: true });
    document.addEventListener("visibilitychange", mark);

    const total = () => [...spent.values()].reduce((sum, time) => sum + time, rest);

    return Object.freeze({
      any: () => total() >= 1000,
      // Whole seconds are handed over; what is left of one goes to the next field, so that none of the time is lost.
      take() {
        mark();
        const whole = {};
        for (const [name, time] of spent) {
          const seconds = Math.floor((time + rest) / 1000);
          rest = time + rest - 1000 * seconds;
          if (seconds) whole[name] = seconds;
        }
        spent.clear();
        return whole;
      },
    });
  }

  window.cairnEntry.minutes = minutes;
})();
