// --- what a character is -------------------------------------------------------------------------------------------------------

const $SPACE = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const $onlySpace = new RegExp(`^[${$SPACE}]+$`, "u"), $leftSpace = new RegExp(`^[${$SPACE}]+`, "u"), $rightSpace = new RegExp(`[${$SPACE}]+$`, "u"), $blanks = new RegExp(`[${$SPACE}]+`, "u");
/** Whether a code point lies in one of [first, last, first, last ...]. */
function $within(ranges, code) {
  let low = 0, high = ranges.length / 2 - 1;
  while (low <= high) {
    const mid = (low + high) >> 1;
    if (code < ranges[2 * mid]) high = mid - 1; else if (code > ranges[2 * mid + 1]) low = mid + 1; else return true;
  }
  return false;
}
const $eachChar = (test) => function () { if (this.length === 0) return false; for (const c of this) if (!test(c)) return false; return true; };
const $isAlnum = (c) => /[\p{L}\p{N}]/u.test(c), $cased = (c) => /[\p{Uppercase}\p{Lowercase}\p{Lt}]/u.test(c);

// --- methods of str ------------------------------------------------------------------------------------------------------------

const $stripLeft = (s, chars) => { if (chars === undefined || chars === null) return s.replace($leftSpace, ""); const set = new Set(chars); let k = 0; for (const c of s) { if (!set.has(c)) break; k += c.length; } return s.slice(k); };
const $stripRight = (s, chars) => {
  if (chars === undefined || chars === null) { let k = s.length; while (k > 0 && $onlySpace.test(s[k - 1])) k--; return s.slice(0, k); }
  const set = new Set(chars), all = Array.from(s);
  while (all.length && set.has(all.at(-1))) all.pop();
  return all.join("");
};
function $split(s, sep, most = -1) {
  if (sep === undefined || sep === null) {
    const out = [];
    let rest = $stripLeft(s);
    while (rest !== "") {
      if (most >= 0 && out.length === most) { out.push(rest); return out; }
      const found = $blanks.exec(rest);
      if (!found) { out.push(rest); break; }
      out.push(rest.slice(0, found.index));
      rest = rest.slice(found.index + found[0].length);
    }
    return out;
  }
  if (sep === "") throw new $ValueError("empty separator");
  const parts = s.split(sep);
  return most < 0 || parts.length <= most + 1 ? parts : [...parts.slice(0, most), parts.slice(most).join(sep)];
}
function $rsplit(s, sep, most = -1) {
  if (most < 0) return $split(s, sep);
  if (sep === undefined || sep === null) {
    const out = [];
    let rest = $stripRight(s);
    while (rest !== "") {
      if (out.length === most) { out.unshift(rest); break; }
      let k = rest.length;
      while (k > 0 && !$onlySpace.test(rest[k - 1])) k--;
      out.unshift(rest.slice(k));
      rest = $stripRight(rest.slice(0, k));
    }
    return out;
  }
  const parts = s.split(sep);
  return parts.length <= most + 1 ? parts : [parts.slice(0, parts.length - most).join(sep), ...parts.slice(parts.length - most)];
}
const $starts = (s, what, from, to, test) => {
  const part = from === undefined && to === undefined ? s : $slice(s, from ?? null, to ?? null, null);
  if (from > $size(s)) return false;
  return Array.isArray(what) ? what.some((w) => test(part, w)) : test(part, what);
};
function $find(s, what, from, to, last) {
  const n = $size(s), [a, b] = $bounds(n, from, to, 1);
  if (a > b || (from ?? 0) > n) return -1;
  const part = $slice(s, a, b, 1), k = last ? part.lastIndexOf(what) : part.indexOf(what);
  return k < 0 ? -1 : a + $point(part, k);
}
const $pad = (s, width, fill, left) => { const n = width - $size(s); return n <= 0 ? s : left ? fill.repeat(n) + s : s + fill.repeat(n); };
const $titled = (s) => { let out = "", inside = false; for (const c of s) { out += inside ? c.toLowerCase() : c.toUpperCase(); inside = $cased(c); } return out; };
/** Caseless form by the table of the Python that made the page, lower case for the rest. */
function $casefold(s) {
  if (/^[\0-\x7f]*$/.test(s)) return s.toLowerCase();
  let out = "";
  for (const c of s) out += $FOLDS.get(c) ?? c.toLowerCase();
  return out;
}

$methods(String.prototype, {
  strip(chars) { return $stripRight($stripLeft(String(this), chars), chars); },
  lstrip(chars) { return $stripLeft(String(this), chars); },
  rstrip(chars) { return $stripRight(String(this), chars); },
  split(sep, most) { return $split(String(this), sep, most); },
  rsplit(sep, most) { return $rsplit(String(this), sep, most); },
  splitlines(keep = false) {
    const out = [], s = String(this);
    let start = 0;
    for (const m of s.matchAll(/\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/g)) { out.push(s.slice(start, keep ? m.index + m[0].length : m.index)); start = m.index + m[0].length; }
    if (start < s.length) out.push(s.slice(start));
    return out;
  },
  partition(sep) { const s = String(this), k = s.indexOf(sep); return $tuple(k < 0 ? [s, "", ""] : [s.slice(0, k), sep, s.slice(k + sep.length)]); },
  rpartition(sep) { const s = String(this), k = s.lastIndexOf(sep); return $tuple(k < 0 ? ["", "", s] : [s.slice(0, k), sep, s.slice(k + sep.length)]); },
  replace(old, fresh, most = -1) {
    const s = String(this);
    if (most < 0) return old === "" ? fresh + Array.from(s).map((c) => c + fresh).join("") : s.split(old).join(fresh);
    const parts = s.split(old);
    return [parts.slice(0, most + 1).join(fresh), ...parts.slice(most + 1)].join(old);
  },
  startswith(what, from, to) { return $starts(String(this), what, from, to, (s, w) => s.startsWith(w)); },
  endswith(what, from, to) { return $starts(String(this), what, from, to, (s, w) => s.endsWith(w)); },
  find(what, from, to) { return $find(String(this), what, from, to, false); },
  rfind(what, from, to) { return $find(String(this), what, from, to, true); },
  index(what, from, to) { const k = $find(String(this), what, from, to, false); if (k < 0) throw new $ValueError("substring not found"); return k; },
  rindex(what, from, to) { const k = $find(String(this), what, from, to, true); if (k < 0) throw new $ValueError("substring not found"); return k; },
  count(what, from, to) { const s = $slice(String(this), from ?? null, to ?? null, null); return what === "" ? $size(s) + 1 : s.split(what).length - 1; },
  join(items) { const list = []; for (const x of items) { if (typeof x !== "string") throw new $TypeError("sequence item: expected str instance"); list.push(x); } return list.join(String(this)); },
  lower() { return this.toLowerCase(); },
  upper() { return this.toUpperCase(); },
  casefold() { return $casefold(String(this)); },
  title() { return $titled(String(this)); },
  capitalize() { const [first, ...rest] = this; return first === undefined ? "" : first.toUpperCase() + rest.join("").toLowerCase(); },
  swapcase() { return Array.from(this, (c) => (c === c.toUpperCase() ? c.toLowerCase() : c.toUpperCase())).join(""); },
  isalnum: $eachChar($isAlnum),
  isalpha: $eachChar((c) => /\p{L}/u.test(c)),
  isdecimal: $eachChar((c) => /\p{Nd}/u.test(c)),
  isdigit: $eachChar((c) => (c <= "\x7f" ? c >= "0" && c <= "9" : $within($DIGITS, c.codePointAt(0)))),
  isnumeric: $eachChar((c) => /\p{N}/u.test(c) || $within($NUMERIC, c.codePointAt(0))),
  isspace: $eachChar((c) => $onlySpace.test(c)),
  isascii() { return /^[\0-\x7f]*$/.test(this); },
  isupper() { let any = false; for (const c of this) { if (/[\p{Lowercase}\p{Lt}]/u.test(c)) return false; any ||= /\p{Uppercase}/u.test(c); } return any; },
  islower() { let any = false; for (const c of this) { if (/[\p{Uppercase}\p{Lt}]/u.test(c)) return false; any ||= /\p{Lowercase}/u.test(c); } return any; },
  istitle() { return $titled(String(this)) === String(this) && /[\p{Lu}\p{Lt}\p{Ll}]/u.test(this); },
  removeprefix(p) { return p && this.startsWith(p) ? this.slice(p.length) : String(this); },
  removesuffix(p) { return p && this.endsWith(p) ? this.slice(0, this.length - p.length) : String(this); },
  ljust(n, fill = " ") { return $pad(String(this), n, fill, false); },
  rjust(n, fill = " ") { return $pad(String(this), n, fill, true); },
  center(n, fill = " ") { const s = String(this), room = n - $size(s), left = room <= 0 ? 0 : Math.floor(room / 2) + (room & n & 1); return room <= 0 ? s : fill.repeat(left) + s + fill.repeat(room - left); },
  zfill(n) { const s = String(this), sign = /^[+-]/.test(s) ? s[0] : ""; return sign + $pad(s.slice(sign.length), n - sign.length, "0", true); },
  expandtabs(n = 8) { let out = "", at = 0; for (const c of this) { if (c === "\t") { const k = n - (at % n); out += " ".repeat(k); at += k; } else { out += c; at = c === "\n" || c === "\r" ? 0 : at + 1; } } return out; },
  translate(table) { return Array.from(this, (c) => { const code = c.codePointAt(0), to = table.$get(code); return to === null && !table.$__contains__(code) ? c : to === null ? "" : typeof to === "number" ? String.fromCodePoint(to) : to; }).join(""); },
  encode() { return new $Bytes(new TextEncoder().encode(this.toWellFormed?.() ?? String(this))); },
});
for (const name of ["split", "rsplit"]) $sig(String.prototype["$" + name], ["sep", "maxsplit"]);
$sig(String.prototype.$splitlines, ["keepends"]);
// StrEnum members are plain strings
Object.defineProperty(String.prototype, "$value", { get() { return String(this); } });
class $Bytes { constructor(bytes) { this.bytes = bytes; } $__len__() { return this.bytes.length; } [Symbol.iterator]() { return this.bytes[Symbol.iterator](); } }
$methods(Number.prototype, { is_integer() { return Number.isInteger(Number(this)); }, bit_count() { return Number(this).toString(2).replaceAll("0", "").length; } });

// --- text of values ------------------------------------------------------------------------------------------------------------

function $str(x = "") {
  if (typeof x === "string") return x;
  if (typeof x === "object" && x !== null && x.$__str__) return x.$__str__();
  return $repr(x);
}
function $repr(x) {
  switch (typeof x) {
    case "string": return $quoted(x);
    case "boolean": return x ? "True" : "False";
    case "number": return $shortest(x);
    case "undefined": return "None";
    case "function": return $isClass(x) ? `<class '${x.$__name__ ?? x.name}'>` : `<function ${x.name}>`;
  }
  if (x === null) return "None";
  if (x.$__repr__) return x.$__repr__();
  if (Array.isArray(x)) { const all = Array.from(x, $repr).join(", "); return x instanceof $Tuple ? (x.length === 1 ? `(${all},)` : `(${all})`) : `[${all}]`; }
  return String(x);
}
function $quoted(s) {
  const quote = s.includes("'") && !s.includes('"') ? '"' : "'";
  let out = "";
  for (const c of s) {
    const code = c.codePointAt(0);
    if (c === quote || c === "\\") out += "\\" + c;
    else if (c === "\n") out += "\\n"; else if (c === "\r") out += "\\r"; else if (c === "\t") out += "\\t";
    else if (code < 0x20 || code === 0x7f) out += "\\x" + code.toString(16).padStart(2, "0");
    else if (code >= 0x7f && /[\p{C}\p{Zl}\p{Zp}\p{Zs}]/u.test(c)) out += code < 0x100 ? "\\x" + code.toString(16).padStart(2, "0") : code < 0x10000 ? "\\u" + code.toString(16).padStart(4, "0") : "\\U" + code.toString(16).padStart(8, "0");
    else out += c;
  }
  return quote + out + quote;
}
/** The shortest text of a number that reads back as it; whole numbers without a point. */
function $shortest(x) {
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) return x > 0 ? "inf" : "-inf";
  if (Object.is(x, -0)) return "-0.0";
  if (Number.isSafeInteger(x)) return String(x);
  const [digits, exponent] = x.toExponential().split("e"), e = Number(exponent);
  if (e < -4 || e >= 16) return `${digits}e${e < 0 ? "-" : "+"}${String(Math.abs(e)).padStart(2, "0")}`;
  return e < 0 ? $plainDecimal(x) : String(x);
}
const $plainDecimal = (x) => { const [d, e] = x.toExponential().split("e"), sign = d.startsWith("-") ? "-" : "", digits = d.replace("-", "").replace(".", ""); return sign + "0." + "0".repeat(-Number(e) - 1) + digits; };

const $UNDIGIT = /\p{Nd}/u;
/** Value of a decimal digit of any script: they stand in runs of ten. */
function $digit(c) { const code = c.codePointAt(0); let k = 0; while (k < 10 && $UNDIGIT.test(String.fromCodePoint(code - k - 1))) k++; return k % 10; }
const $asciiDigits = (s) => (/^[\0-\x7f]*$/.test(s) ? s : Array.from(s, (c) => ($UNDIGIT.test(c) && c > "\x7f" ? String($digit(c)) : c)).join(""));
function $int(x = 0, base = 10) {
  if (typeof x === "number") { if (!Number.isFinite(x)) throw new (Number.isNaN(x) ? $ValueError : $OverflowError)(`cannot convert float ${$repr(x)} to integer`); return Math.trunc(x) + 0; }
  if (typeof x === "boolean") return Number(x);
  if (typeof x !== "string") return x.$__int__ ? x.$__int__() : Math.trunc(Number(x));
  const s = $asciiDigits($stripLeft($stripRight(x)));
  if (base === 10 && /^[+-]?\d+(?:_\d+)*$/.test(s)) return Number(s.replaceAll("_", "")) + 0;
  if (base !== 10 && /^[+-]?[0-9a-z]+$/i.test(s)) { const v = parseInt(s, base); if (v.toString(base) === s.toLowerCase().replace(/^([+-]?)0+(?=.)/, "$1").replace("+", "")) return v; }
  throw new $ValueError(`invalid literal for int() with base ${base}: ${$repr(x)}`);
}
function $float(x = 0) {
  if (typeof x === "number") return x;
  if (typeof x === "boolean") return Number(x);
  if (typeof x !== "string") return x.$__float__ ? x.$__float__() : Number(x);
  const s = $asciiDigits($stripLeft($stripRight(x)));
  if (/^[+-]?(?:\d+(?:_\d+)*\.?(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:e[+-]?\d+(?:_\d+)*)?$/i.test(s)) return Number(s.replaceAll("_", ""));
  const word = /^([+-]?)(inf|infinity|nan)$/i.exec(s);
  if (word) return word[2].toLowerCase() === "nan" ? NaN : word[1] === "-" ? -Infinity : Infinity;
  throw new $ValueError(`could not convert string to float: ${$repr(x)}`);
}
function $bool(x = false) { return $b(x); }
const $ord = (c) => c.codePointAt(0), $chr = (k) => String.fromCodePoint(k);
for (const [f, check] of [[$str, (x) => typeof x === "string"], [$bool, (x) => typeof x === "boolean"], [$int, (x) => Number.isInteger(x) || typeof x === "boolean"], [$float, (x) => typeof x === "number"], [$NoneType, (x) => x === null]]) $checks.set(f, check);
[[$str, "str"], [$int, "int"], [$float, "float"], [$bool, "bool"], [$list, "list"], [$tupleOf, "tuple"], [$dict, "dict"], [$setOf, "set"], [$frozenset, "frozenset"], [$NoneType, "NoneType"]].forEach(([f, n]) => { f.$__name__ = n; });
$str.$maketrans = (x, y, z = "") => {
  const out = new $Dict();
  if (x instanceof $Dict) for (const [k, v] of x.$items()) out.$__setitem__(typeof k === "string" ? k.codePointAt(0) : k, v);
  else { const to = Array.from(y); Array.from(x).forEach((c, k) => out.$__setitem__(c.codePointAt(0), to[k].codePointAt(0))); for (const c of z) out.$__setitem__(c.codePointAt(0), null); }
  return out;
};

/** Round half to even on the exact value, as Python does and toFixed does not. */
function $fixed(x, n) {
  const size = Math.abs(x), sign = x < 0 || Object.is(x, -0) ? "-" : "";
  if (size >= 1e21) return sign + BigInt(size).toString() + (n ? "." + "0".repeat(n) : "");
  let text = size.toFixed(n);
  const exact = size.toFixed(100), point = exact.indexOf("."), rest = exact.slice(point + 1 + n);
  if (/^50*$/.test(rest)) {
    const down = n ? exact.slice(0, point + 1 + n) : exact.slice(0, point);
    if (Number(down.at(-1)) % 2 === 0) text = down;
  }
  return sign + text;
}
/** Digits and exponent of a number rounded to n significant digits, ties to even. */
function $significant(size, n) {
  if (size === 0) return ["0".repeat(n), 0];
  let [digits, e] = size.toExponential(n - 1).split("e");
  const exact = size.toExponential(100), [all] = exact.split("e"), flat = all.replace(".", "");
  if (/^50*$/.test(flat.slice(n)) && Number(flat[n - 1]) % 2 === 0) { digits = flat.slice(0, n); e = exact.split("e")[1]; }
  return [digits.replace(".", ""), Number(e)];
}
const $exponent = (e) => (e < 0 ? "e-" : "e+") + String(Math.abs(e)).padStart(2, "0");
function $general(x, n, alternate) {
  if (n === 0) n = 1;
  const size = Math.abs(x), sign = x < 0 || Object.is(x, -0) ? "-" : "", [digits, e] = $significant(size, n);
  const trim = (s) => (alternate ? (s.includes(".") ? s : s + ".") : !s.includes(".") ? s : s.replace(/\.?0+$/, ""));
  if (e < -4 || e >= n) return sign + trim(digits[0] + (digits.length > 1 ? "." + digits.slice(1) : "")) + $exponent(e);
  if (e < 0) return sign + trim("0." + "0".repeat(-e - 1) + digits);
  return sign + trim(digits.slice(0, e + 1) + (digits.length > e + 1 ? "." + digits.slice(e + 1) : ""));
}
function $round(x, n) {
  if (x instanceof $Array) return x.map1((v) => $round(v, n));
  if (!Number.isFinite(Number(x))) { if (n === undefined || n === null) throw new $ValueError("cannot convert float to integer"); return x; }
  if (n === undefined || n === null) return Number($fixed(Number(x), 0)) + 0;
  if (n >= 0) return Number($fixed(Number(x), n));
  const p = 10 ** -n, q = Math.floor(x / p), r = x - q * p;
  return (r * 2 > p || (r * 2 === p && q % 2) ? q + 1 : q) * p;
}
$sig($round, ["x", "ndigits"]);

const $SPEC = /^(?:(.)?([<>=^]))?([-+ ])?(z)?(#)?(0)?(\d+)?([,_])?(?:\.(\d+))?([a-zA-Z%])?$/us;
/** format(x, spec) of f-strings. */
function $format(x, spec = "") {
  if (spec === "") return $str(x);
  if (x?.$__format__) return x.$__format__(spec);
  const found = $SPEC.exec(spec);
  if (!found) throw new $ValueError(`Invalid format specifier '${spec}'`);
  const [, , , sign = "-", , alternate, zero, width = "0", group, precision, type] = found;
  let [, fill, align] = found;
  const number = typeof x === "number" || (typeof x === "boolean" && type && type !== "s");
  if (zero && !align) { fill = "0"; align = number ? "=" : "<"; }
  let body, lead = "";
  if (number) {
    const v = Number(x), n = precision === undefined ? null : Number(precision);
    if (!Number.isFinite(v)) body = Number.isNaN(v) ? "nan" : v < 0 ? "-inf" : "inf";
    else switch (type) {
      case "f": case "F": body = $fixed(v, n ?? 6); break;
      case "e": case "E": { const [d, e] = $significant(Math.abs(v), (n ?? 6) + 1); body = (v < 0 || Object.is(v, -0) ? "-" : "") + d[0] + (d.length > 1 ? "." + d.slice(1) : "") + $exponent(e); break; }
      case "g": case "G": body = $general(v, n ?? 6, alternate); break;
      case "%": body = $fixed(v * 100, n ?? 6) + "%"; break;
      case "x": body = v.toString(16); break; case "X": body = v.toString(16).toUpperCase(); break;
      case "b": body = v.toString(2); break; case "o": body = v.toString(8); break;
      case "c": body = String.fromCodePoint(v); break;
      case "d": case "n": if (!Number.isInteger(v)) throw new $ValueError("Unknown format code 'd' for object of type 'float'"); body = String(v); break;
      default: body = n === null ? $shortest(v) : $general(v, n, alternate);
    }
    if (type === "E" || type === "G") body = body.toUpperCase();
    if (body.startsWith("-")) { lead = "-"; body = body.slice(1); } else if (sign !== "-") lead = sign;
    if (group) { const [, whole, rest] = /^(\d+)(.*)$/s.exec(body) ?? [null, "", body]; body = whole.replace(/\B(?=(\d{3})+$)/g, group) + rest; }
    align ??= ">";
  } else {
    body = $str(x);
    if (precision !== undefined) body = $slice(body, 0, Number(precision), 1);
    align ??= "<";
  }
  fill ??= " ";
  const room = Number(width) - $size(lead + body);
  if (room <= 0) return lead + body;
  if (align === "=") return lead + fill.repeat(room) + body;
  if (align === ">") return fill.repeat(room) + lead + body;
  if (align === "<") return lead + body + fill.repeat(room);
  return fill.repeat(Math.floor(room / 2)) + lead + body + fill.repeat(room - Math.floor(room / 2));
}
