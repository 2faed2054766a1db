// What people type, read as what is stored, and back: days, moments, times, numbers. No page here.
"use strict";

window.cairnEntry = window.cairnEntry || {};

(() => {
  const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const LONG = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

  const two = (number) => String(number).padStart(2, "0");

  function iso(year, month, day) {
    const full = year < 100 ? 2000 + year : year;
    const found = new Date(Date.UTC(full, month - 1, day));
    if (full < 1850 || full > 2200 || found.getUTCMonth() !== month - 1 || found.getUTCDate() !== day) return null;
    return `${full}-${two(month)}-${two(day)}`;
  }

  // Without a year: the latest such day that is not in the future.
  function withoutYear(month, day, today) {
    const year = Number(today.slice(0, 4));
    const found = iso(year, month, day);
    return found && found > today ? iso(year - 1, month, day) : found;
  }

  function monthIn(word) {
    const start = word.slice(0, 3).toLowerCase();
    return MONTHS.findIndex((name) => name.toLowerCase() === start) + 1;
  }

  // order: "dmy", "mdy" or "ymd", for days written in digits alone.
  function day(text, { order, today }) {
    const typed = text.trim().toLowerCase();
    if (typed === "t" || typed === "today") return today;
    let found = /^(\d{4})[-/. ](\d{1,2})[-/. ](\d{1,2})$/.exec(typed);
    if (found) return iso(Number(found[1]), Number(found[2]), Number(found[3]));
    found = /^(\d{1,2})[-/. ]*([a-z]{3,9})\.?,?[-/. ]*(\d{4}|\d{2})?$/.exec(typed);
    if (found && monthIn(found[2])) return named(found[1], found[2], found[3], today);
    found = /^([a-z]{3,9})\.? *(\d{1,2}),?(?: +(\d{4}|\d{2}))?$/.exec(typed);
    if (found && monthIn(found[1])) return named(found[2], found[1], found[3], today);
    return inDigits(typed, order, today);
  }

  function named(dayText, word, year, today) {
    const month = monthIn(word);
    return year ? iso(Number(year), month, Number(dayText)) : withoutYear(month, Number(dayText), today);
  }

  function inDigits(typed, order, today) {
    let parts = (/^(\d{1,2})[-/. ](\d{1,2})(?:[-/. ](\d{4}|\d{2}))?$/.exec(typed) || []).slice(1);
    if (!parts.length && /^(19|20)\d{6}$/.test(typed)) return iso(Number(typed.slice(0, 4)), Number(typed.slice(4, 6)), Number(typed.slice(6)));
    if (!parts.length && /^\d{6}(\d{2})?$/.test(typed)) parts = [typed.slice(0, 2), typed.slice(2, 4), typed.slice(4)];
    if (!parts.length) return null;
    const [first, second] = parts.map(Number);
    const [dayNumber, month] = order === "mdy" ? [second, first] : [first, second];
    return parts[2] ? iso(Number(parts[2]), month, dayNumber) : withoutYear(month, dayNumber, today);
  }

  function time(text) {
    const found = /^(\d{1,2})[:. ]?(\d{2})$/.exec(text.trim());
    if (!found || Number(found[1]) > 23 || Number(found[2]) > 59) return null;
    return `${two(found[1])}:${found[2]}`;
  }

  // A time alone is meant on the day of the operation, so that the date is typed once.
  function moment(text, { order, today, indexDay }) {
    const typed = text.trim();
    const alone = time(typed);
    if (alone) return indexDay ? `${indexDay} ${alone}` : null;
    if (day(typed, { order, today })) return null;
    const found = /^(.+?)[ ,tT]+(\d{1,2}[:.]?\d{2})$/.exec(typed);
    const onDay = found && day(found[1], { order, today });
    const at = found && time(found[2]);
    return onDay && at ? `${onDay} ${at}` : null;
  }

  function number(text) {
    const typed = text.trim().replace(/^(-?\d+),(\d{1,2})$/, "$1.$2").replace("−", "-");
    return /^[+-]?(\d+\.?\d*|\.\d+)$/.test(typed) ? typed : null;
  }

  // What is kept: the stored form where the text can be read, and what was typed, letter for letter, where it cannot.
  function read(kind, text, context) {
    const typed = text.trim();
    if (!typed) return "";
    const reader = { day, moment, time, number }[kind];
    return (reader && reader(typed, context)) || typed;
  }

  function dayWords(text, names = MONTHS) {
    const found = /^(\d{4})-(\d{2})-(\d{2})/.exec(text);
    return found ? `${Number(found[3])} ${names[Number(found[2]) - 1]} ${found[1]}` : text;
  }

  function write(kind, text) {
    if (kind === "day") return dayWords(text);
    return kind === "moment" && /^\d{4}-\d{2}-\d{2}/.test(text) ? `${dayWords(text)} ${text.slice(11, 16)}`.trim() : text;
  }

  window.cairnEntry.typed = Object.freeze({ read, write, longDay: (text) => dayWords(text, LONG) });
})();
