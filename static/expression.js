/* Expressions on one case in the browser: the twin of registry/dictionary/expression.py, from the same parsed tree.
   The normative words are docs/expressions.md; a property test holds the two together, function by function.

   CairnExpression.evaluate(tree, answers, {types, today}) gives a number, a text or null (blank);
   CairnExpression.holds(…) gives true or false. calculated(element, …) gives the text a calculated element holds. `answers` maps export columns to text; `types` is Types.as_json();
   `today` is "YYYY-MM-DD", or "YYYY-MM-DD HH:MM:SS" where "now" is to have a time. */
(function () {
  "use strict";

  const NUMBER = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)$/;
  const COMMA_NUMBER = /^[+-]?(?:[0-9]+,?[0-9]*|,[0-9]+)$/;
  const INSTANT = /^([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[ T]([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?)?$/;
  const CLOCK = /^([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?$/;
  const SPACES = " \t\r\n\f\v\u00a0";
  const DAY = 86400;
  const FIRST_INSTANT = -719162 * DAY;
  const LAST_INSTANT = 2932897 * DAY - 1;
  const LONGEST_TEXT = 20000;
  const MOST_WHOLE = 64;
  const MOST_PLACES = 15;
  const UNITS = new Map([["y", 365.2425 * DAY], ["M", 30.44 * DAY], ["d", DAY], ["h", 3600], ["m", 60], ["s", 1]]);
  const DATE_FORMATS = ["ymd", "mdy", "dmy"];
  const COMPARISONS = ["=", "<>", "<", "<=", ">", ">="];
  const CURRENT = [null, "1", "first-instance", "last-instance", "current-instance"];

  class Missing {
    constructor(code) {
      this.code = code;
    }
  }

  // Reading values

  function own(table, key) {
    return Object.prototype.hasOwnProperty.call(table, key) ? table[key] : undefined;
  }

  function finite(number) {
    return Number.isFinite(number) ? number : null;
  }

  function numberIn(text) {
    return NUMBER.test(text) ? finite(Number(text)) : null;
  }

  function commaNumberIn(text) {
    return COMMA_NUMBER.test(text) ? finite(Number(text.replace(",", "."))) : null;
  }

  function isLeap(year) {
    return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  }

  function daysInMonth(year, month) {
    if (month === 2) return isLeap(year) ? 29 : 28;
    return [4, 6, 9, 11].includes(month) ? 30 : 31;
  }

  function daysSince1970(year, month, day) {
    const shifted = year - (month <= 2 ? 1 : 0);
    const era = Math.floor(shifted / 400);
    const ofEra = shifted - era * 400;
    const ofYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
    return era * 146097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear - 719468;
  }

  function calendarDay(seconds) {
    const days = Math.floor(seconds / DAY) + 719468;
    const era = Math.floor(days / 146097);
    const ofEra = days - era * 146097;
    const yearOfEra = Math.floor((ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36524) - Math.floor(ofEra / 146096)) / 365);
    const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
    const shifted = Math.floor((5 * ofYear + 2) / 153);
    const month = shifted < 10 ? shifted + 3 : shifted - 9;
    return {
      year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
      month: month,
      day: ofYear - Math.floor((153 * shifted + 2) / 5) + 1,
    };
  }

  function instantIn(text) {
    const found = INSTANT.exec(text);
    if (!found) return null;
    const [year, month, day, hour, minute, second] = found.slice(1).map((part) => Number(part || 0));
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return null;
    if (hour > 23 || minute > 59 || second > 59) return null;
    return daysSince1970(year, month, day) * DAY + hour * 3600 + minute * 60 + second;
  }

  function clockIn(text) {
    const found = CLOCK.exec(text);
    if (!found) return null;
    const [hour, minute, second] = found.slice(1).map((part) => Number(part || 0));
    return hour > 23 || minute > 59 || second > 59 ? null : hour * 3600 + minute * 60 + second;
  }

  function numberText(number) {
    if (number === 0) return "0";
    const sign = number < 0 ? "-" : "";
    const [mantissa, exponent] = String(Math.abs(number)).split("e");
    if (exponent === undefined) return sign + mantissa;
    const [whole, fraction = ""] = mantissa.split(".");
    const place = whole.length + Number(exponent);
    const digits = whole + fraction;
    if (place <= 0) return sign + "0." + "0".repeat(-place) + digits;
    return sign + digits.padEnd(place, "0");
  }

  function numberOf(value) {
    if (typeof value === "number") return value;
    return typeof value === "string" ? numberIn(value) : null;
  }

  function instantOf(value) {
    return typeof value === "string" ? instantIn(value) : null;
  }

  function textOf(value) {
    if (value === null) return "";
    if (typeof value === "number") return numberText(value);
    return value instanceof Missing ? value.code : value;
  }

  function truth(value) {
    if (value === null || value instanceof Missing) return false;
    const number = numberOf(value);
    return number === null ? true : number !== 0;
  }

  function flag(condition) {
    return condition ? 1 : 0;
  }

  // Comparing

  function equal(left, right) {
    if (typeof left === "number" || typeof right === "number") {
      const first = numberOf(left);
      const second = numberOf(right);
      return first !== null && second !== null && first === second;
    }
    const earlier = instantOf(left);
    const later = instantOf(right);
    if (earlier !== null && later !== null) return earlier === later;
    return textOf(left) === textOf(right);
  }

  function codePointOrder(left, right) {
    const first = Array.from(left);
    const second = Array.from(right);
    for (let place = 0; place < Math.min(first.length, second.length); place += 1) {
      const gap = first[place].codePointAt(0) - second[place].codePointAt(0);
      if (gap !== 0) return gap;
    }
    return first.length - second.length;
  }

  function order(left, right) {
    if (left === null || right === null || left instanceof Missing || right instanceof Missing) return null;
    const numbers = [numberOf(left), numberOf(right)];
    if (numbers[0] !== null && numbers[1] !== null) return numbers[0] < numbers[1] ? -1 : flag(numbers[0] > numbers[1]);
    const instants = [instantOf(left), instantOf(right)];
    if (instants[0] !== null && instants[1] !== null) return instants[0] - instants[1];
    if ([...numbers, ...instants].every((reading) => reading === null)) return codePointOrder(textOf(left), textOf(right));
    return null;
  }

  function compare(operator, left, right) {
    if (operator === "=") return equal(left, right);
    if (operator === "<>") return !equal(left, right);
    const gap = order(left, right);
    if (gap === null) return false;
    if (operator === "<") return gap < 0;
    if (operator === "<=") return gap <= 0;
    return operator === ">" ? gap > 0 : gap >= 0;
  }

  // Computing

  function wholePower(base, exponent) {
    let result = 1;
    let factor = base;
    let left = Math.abs(exponent);
    while (left > 0) {
      if (left % 2 === 1) result *= factor;
      left = Math.floor(left / 2);
      if (left > 0) factor *= factor;
    }
    return exponent >= 0 ? result : 1 / result;
  }

  function twelveDigits(number) {
    return Number.isFinite(number) ? Number(number.toPrecision(12)) : null;
  }

  function power(base, exponent) {
    if (Number.isInteger(exponent) && Math.abs(exponent) <= MOST_WHOLE) return finite(wholePower(base, exponent));
    if (base < 0 || (base === 0 && exponent < 0)) return null;
    return twelveDigits(Math.pow(base, exponent));
  }

  function arithmetic(operator, left, right) {
    const first = numberOf(left);
    const second = numberOf(right);
    if (first === null || second === null) return null;
    if (operator === "+") return finite(first + second);
    if (operator === "*") return finite(first * second);
    if (operator === "^") return power(first, second);
    if (second === 0) return null;
    return finite(operator === "/" ? first / second : first % second);
  }

  function shifted(number, places) {
    const [mantissa, exponent = "0"] = String(number).split("e");
    return Number(mantissa + "e" + (Number(exponent) + places));
  }

  function rounded(number, places, how) {
    if (Math.abs(places) > MOST_PLACES) return null;
    const size = shifted(Math.abs(number), places);
    if (!Number.isFinite(size)) return number;
    let whole = Math.floor(size);
    if (how === "round" && size - whole >= 0.5) whole += 1;
    if (how === "roundup" && size > whole) whole += 1;
    const result = shifted(whole, -places);
    return number < 0 ? -result : result;
  }

  function numbersIn(values) {
    return values.map(numberOf).filter((number) => number !== null);
  }

  function total(numbers) {
    return numbers.reduce((sum, number) => sum + number, 0);
  }

  function wholeNumber(value) {
    const number = numberOf(value);
    return number !== null && Math.abs(number) < 1e9 && Number.isInteger(number) ? number : null;
  }

  function rounding(how) {
    return function (values) {
      const number = numberOf(values[0]);
      const places = values.length === 2 ? wholeNumber(values[1]) : 0;
      return number === null || places === null ? null : rounded(number, places, how);
    };
  }

  function ofNumber(compute) {
    return function (values) {
      const number = numberOf(values[0]);
      return number === null ? null : compute(number);
    };
  }

  function median(values) {
    const numbers = numbersIn(values).sort((left, right) => left - right);
    if (numbers.length === 0) return null;
    const middle = Math.floor(numbers.length / 2);
    return numbers.length % 2 === 1 ? numbers[middle] : finite((numbers[middle - 1] + numbers[middle]) / 2);
  }

  function stdev(values) {
    const numbers = numbersIn(values);
    if (numbers.length < 2) return null;
    const centre = total(numbers) / numbers.length;
    const squares = total(numbers.map((number) => (number - centre) * (number - centre)));
    return finite(Math.sqrt(squares / (numbers.length - 1)));
  }

  function logarithm(values) {
    const number = numberOf(values[0]);
    const base = values.length === 2 ? numberOf(values[1]) : Math.E;
    if (number === null || base === null || number <= 0 || base <= 0 || base === 1) return null;
    return twelveDigits(values.length === 1 ? Math.log(number) : Math.log(number) / Math.log(base));
  }

  // Text

  function fromText(text) {
    return text === "" ? null : text;
  }

  function trimmed(text) {
    let start = 0;
    let end = text.length;
    while (start < end && SPACES.includes(text[start])) start += 1;
    while (end > start && SPACES.includes(text[end - 1])) end -= 1;
    return text.slice(start, end);
  }

  function search(test, negated) {
    return function (values) {
      const [whole, part] = values.map((value) => textOf(value).toLowerCase());
      return flag((part !== "" && test(whole, part)) !== negated);
    };
  }

  function find(values) {
    const [part, whole] = values.map((value) => textOf(value).toLowerCase());
    const place = part === "" ? -1 : whole.indexOf(part);
    return place < 0 ? 0 : Array.from(whole.slice(0, place)).length + 1;
  }

  function cut(pieces) {
    return function (values) {
      const counts = values.slice(1).map(wholeNumber);
      if (counts.some((count) => count === null || count < 0)) return null;
      return fromText(pieces(Array.from(textOf(values[0])), ...counts).join(""));
    };
  }

  function middle(signs, start, count) {
    const from = Math.max(0, start - 1);
    return signs.slice(from, from + count);
  }

  function replaced(values) {
    const [whole, before, after] = values.map(textOf);
    return fromText(before === "" ? whole : whole.split(before).join(after));
  }

  function onText(change) {
    return (values) => fromText(change(textOf(values[0])));
  }

  function joined(values) {
    const parts = values.slice(1).map(textOf).filter((part) => part !== "");
    return fromText(parts.join(textOf(values[0])));
  }

  function hasMissingCode(values) {
    const codes = textOf(values[1]).split(",").map(trimmed);
    return flag(values[0] instanceof Missing && codes.includes(values[0].code));
  }

  // Dates

  function moment(value, today) {
    if (value === "today") return instantIn(today.slice(0, 10));
    return value === "now" ? instantIn(today) : instantOf(value);
  }

  function isSigned(rest) {
    const flags = rest.length > 0 && DATE_FORMATS.includes(textOf(rest[0])) ? rest.slice(1) : rest;
    return flags.length > 0 && truth(flags[0]) && textOf(flags[0]).toLowerCase() !== "false";
  }

  function datediff(values, today) {
    const unit = UNITS.get(textOf(values[2]));
    if (unit === undefined) return null;
    let start = moment(values[0], today);
    let end = moment(values[1], today);
    if (start === null && end === null) {
      [start, end] = values.slice(0, 2).map((value) => (typeof value === "string" ? clockIn(value) : null));
    }
    if (start === null || end === null) return null;
    return (isSigned(values.slice(3)) ? end - start : Math.abs(end - start)) / unit;
  }

  function birthday(born, year) {
    if (born.day > daysInMonth(year, born.month)) return daysSince1970(year, 3, 1);
    return daysSince1970(year, born.month, born.day);
  }

  function ageAtDate(values, today) {
    const born = moment(values[0], today);
    const other = moment(values[1], today);
    if (born === null || other === null) return null;
    const start = calendarDay(born);
    const end = calendarDay(other);
    const endDay = Math.floor(other / DAY);
    if (endDay < Math.floor(born / DAY)) return null;
    const isEarlier = end.month < start.month || (end.month === start.month && end.day < start.day);
    const years = end.year - start.year - flag(isEarlier);
    if (!isSigned(values.slice(2))) return years;
    const latest = birthday(start, start.year + years);
    return years + (endDay - latest) / (birthday(start, start.year + years + 1) - latest);
  }

  function instantText(seconds) {
    const { year, month, day } = calendarDay(seconds);
    const clock = seconds - Math.floor(seconds / DAY) * DAY;
    const two = (number) => String(number).padStart(2, "0");
    const parts = [Math.floor(clock / 3600), Math.floor(clock / 60) % 60, clock % 60];
    return `${String(year).padStart(4, "0")}-${two(month)}-${two(day)} ${parts.map(two).join(":")}`;
  }

  function calcdate(values, today) {
    const start = moment(values[0], today);
    const number = numberOf(values[1]);
    const unit = UNITS.get(textOf(values[2]));
    if (start === null || number === null || unit === undefined) return null;
    const end = start + number * unit;
    const whole = end >= FIRST_INSTANT && end <= LAST_INSTANT ? Math.floor(end + 0.5) : LAST_INSTANT + 1;
    if (whole > LAST_INSTANT) return null;
    const isDay = textOf(values[0]).length === 10 || values[0] === "today";
    return instantText(whole).slice(0, isDay && unit >= DAY ? 10 : 19);
  }

  function calendar(part) {
    return function (values, today) {
      const seconds = moment(values[0], today);
      return seconds === null ? null : part(seconds);
    };
  }

  function dayOfTheWeek(seconds) {
    const days = (Math.floor(seconds / DAY) + 3) % 7;
    return (days + 7) % 7 + 1;
  }

  const FUNCTIONS = new Map(Object.entries({
    if: (values) => (truth(values[0]) ? values[1] : values[2]),
    sum: (values) => (numbersIn(values).length === 0 ? null : finite(total(numbersIn(values)))),
    mean: (values) => (numbersIn(values).length === 0 ? null : finite(total(numbersIn(values)) / numbersIn(values).length)),
    median: median,
    min: (values) => (numbersIn(values).length === 0 ? null : Math.min(...numbersIn(values))),
    max: (values) => (numbersIn(values).length === 0 ? null : Math.max(...numbersIn(values))),
    stdev: stdev,
    round: rounding("round"),
    roundup: rounding("roundup"),
    rounddown: rounding("rounddown"),
    sqrt: ofNumber((number) => (number >= 0 ? Math.sqrt(number) : null)),
    abs: ofNumber(Math.abs),
    exponential: ofNumber((number) => (number < 709 ? twelveDigits(Math.exp(number)) : null)),
    log: logarithm,
    mod: (values) => arithmetic("%", values[0], values[1]),
    isnumber: (values) => flag(numberOf(values[0]) !== null),
    isinteger: (values) => flag(Number.isInteger(numberOf(values[0]))),
    datediff: datediff,
    contains: search((whole, part) => whole.includes(part), false),
    not_contain: search((whole, part) => whole.includes(part), true),
    starts_with: search((whole, part) => whole.startsWith(part), false),
    ends_with: search((whole, part) => whole.endsWith(part), false),
    find: find,
    left: cut((signs, count) => signs.slice(0, count)),
    right: cut((signs, count) => signs.slice(Math.max(0, signs.length - count))),
    mid: cut(middle),
    length: (values) => Array.from(textOf(values[0])).length,
    trim: onText(trimmed),
    upper: onText((text) => text.toUpperCase()),
    lower: onText((text) => text.toLowerCase()),
    replace_text: replaced,
    concat: (values) => fromText(values.map(textOf).join("")),
    concat_ws: joined,
    isblankormissingcode: (values) => flag(values[0] === null || values[0] instanceof Missing),
    isblanknotmissingcode: (values) => flag(values[0] === null),
    ismissingcode: (values) => flag(values[0] instanceof Missing),
    hasmissingcode: hasMissingCode,
    age_at_date: ageAtDate,
    calcdate: calcdate,
    year: calendar((seconds) => calendarDay(seconds).year),
    month: calendar((seconds) => calendarDay(seconds).month),
    day: calendar((seconds) => calendarDay(seconds).day),
    dayoftheweek: calendar(dayOfTheWeek),
  }));

  // The tree

  function read(column, answers, types) {
    const text = own(answers, column);
    if (text === undefined || text === null || text === "") return null;
    if (types.missing.includes(text) && !(own(types.own_codes, column) || []).includes(text)) return new Missing(text);
    const kind = own(types.kinds, column);
    if (kind === undefined) return text;
    const number = kind === "comma_number" ? commaNumberIn(text) : numberIn(text);
    return number === null ? text : number;
  }

  function tickColumn(name, code) {
    return name + "___" + code.toLowerCase().replace(/[^a-z0-9_]/gu, "_");
  }

  function referred(node, answers, types) {
    const [name, code, , instance, modifier] = node.slice(1);
    if (!CURRENT.includes(instance) || ![null, "value"].includes(modifier) || name.includes("-")) return null;
    const ticks = own(types.ticks, name);
    if (ticks && code === null) {
      const ticked = ticks.filter(([, column]) => textOf(read(column, answers, types)) === "1");
      return fromText(ticked.map(([member]) => member).join(","));
    }
    const value = read(ticks ? tickColumn(name, code) : name, answers, types);
    if (code === null || (ticks && value instanceof Missing)) return value;
    return textOf(value) === (ticks ? "1" : code) ? "1" : "0";
  }

  function valueOf(node, answers, context) {
    const kind = node[0];
    if (kind === "number" || kind === "text") return node[1];
    if (kind === "blank") return null;
    if (kind === "ref") return referred(node, answers, context.types);
    if (kind === "and") return flag(node.slice(1).every((part) => truth(valueOf(part, answers, context))));
    if (kind === "or") return flag(node.slice(1).some((part) => truth(valueOf(part, answers, context))));
    if (kind === "call") {
      const values = node.slice(2).map((part) => valueOf(part, answers, context));
      return FUNCTIONS.get(node[1])(values, context.today);
    }
    const values = node.slice(1).map((part) => valueOf(part, answers, context));
    if (COMPARISONS.includes(kind)) return flag(compare(kind, values[0], values[1]));
    if (kind === "not") return flag(!truth(values[0]));
    const first = numberOf(values[0]);
    if (kind === "-") return first === null ? null : -first;
    return values.slice(1).reduce((result, value) => arithmetic(kind, result, value), first);
  }

  function evaluate(tree, answers, context) {
    const value = valueOf(tree, answers, context);
    return value instanceof Missing ? value.code : value;
  }

  function holds(tree, answers, context) {
    return truth(valueOf(tree, answers, context));
  }

  // What a calculated element holds of its result: the twin of registry/dictionary/calculations.held

  function mostDecimals(element) {
    if (element.type !== "text") return Infinity;
    const places = /^number_([1-4])dp/.exec(element.validation);
    if (element.validation === "integer") return 0;
    return places ? Number(places[1]) : Infinity;
  }

  function heldNumber(number, element) {
    const text = numberText(number);
    if ((text.split(".")[1] || "").length > mostDecimals(element)) return "";
    return element.kind === "comma_number" ? text.replace(".", ",") : text;
  }

  function heldInstant(text, element) {
    const length = element.validation.startsWith("datetime_seconds") ? 19 : { date: 10, datetime: 16 }[element.kind];
    return (text.replace("T", " ") + " 00:00:00".slice(text.length - 10)).slice(0, length);
  }

  function calculated(element, answers, context) {
    const value = valueOf(element.calculation, answers, context);
    if (element.kind === "number" || element.kind === "comma_number") {
      const number = numberOf(value);
      return number === null ? "" : heldNumber(number, element);
    }
    if (element.kind === "date" || element.kind === "datetime") return instantOf(value) === null ? "" : heldInstant(value, element);
    return value instanceof Missing ? "" : trimmed(Array.from(textOf(value)).slice(0, LONGEST_TEXT).join(""));
  }

  window.CairnExpression = Object.freeze({ evaluate: evaluate, holds: holds, calculated: calculated });
})();
