"use strict";
// Values and operators of Python in JavaScript. None is null, str a string (counted in code points), int and float a number,
// list an Array, tuple a $Tuple (an Array too), dict a $Dict, set and frozenset a $Set. Attributes stand under "$" and their name.

// --- errors ------------------------------------------------------------------------------------------------------------------

class $Object {
  constructor(...args) { this.$__init__(...args); }
  $__init__() {}
  $__str__() { return this.$__repr__(); }
  $__repr__() { return `<${this.constructor.name} object>`; }
}
class $Exception extends Error {
  constructor(...args) { super(); this.$__init__(...args); }
  $__init__(...args) { this.$args = $tuple(args); }
  $__str__() { return this.$args.length === 1 ? $str(this.$args[0]) : this.$args.length ? $repr(this.$args) : ""; }
  $__repr__() { return `${this.constructor.$__name__ ?? this.constructor.name}(${this.$args.map($repr).join(", ")})`; }
  get message() { return $str(this); }
  get name() { return this.constructor.$__name__; }
}
const $raising = (name, base) => {
  const made = { [name]: class extends base {} }[name];
  made.$__name__ = name;
  return made;
};
$Exception.$__name__ = "Exception";
const $ArithmeticError = $raising("ArithmeticError", $Exception), $ZeroDivisionError = $raising("ZeroDivisionError", $ArithmeticError),
  $OverflowError = $raising("OverflowError", $ArithmeticError), $AssertionError = $raising("AssertionError", $Exception),
  $AttributeError = $raising("AttributeError", $Exception), $LookupError = $raising("LookupError", $Exception), $IndexError = $raising("IndexError", $LookupError),
  $NameError = $raising("NameError", $Exception), $ImportError = $raising("ImportError", $Exception), $RuntimeError = $raising("RuntimeError", $Exception),
  $RecursionError = $raising("RecursionError", $RuntimeError), $NotImplementedError = $raising("NotImplementedError", $RuntimeError),
  $StopIteration = $raising("StopIteration", $Exception), $TypeError = $raising("TypeError", $Exception), $ValueError = $raising("ValueError", $Exception),
  $OSError = $raising("OSError", $Exception);
class $KeyError extends $LookupError { $__str__() { return this.$args.length === 1 ? $repr(this.$args[0]) : super.$__str__(); } }
$KeyError.$__name__ = "KeyError";

/** What an except clause sees: errors of JavaScript under the names of Python. */
function $caught(error) {
  if (error instanceof $Exception) return error;
  if (error instanceof RangeError) return new $RecursionError(error.message);
  if (error instanceof TypeError) return Object.assign(new $TypeError(error.message), { cause: error });
  return error;
}
function $outside(name) { throw new $ImportError(`${name} is not part of the page`); }

// --- tuples, and places in strings ---------------------------------------------------------------------------------------------

class $Tuple extends Array { static get [Symbol.species]() { return Array; } }
const $tuple = (items) => Object.setPrototypeOf(items, $Tuple.prototype);

const $SURROGATE = /[\ud800-\udfff]/;
/** Places of the code points of a text with surrogates, or null for a text without; the last long texts are remembered. */
const $points = new Map();
function $places(text) {
  if (text.length < 48) return $SURROGATE.test(text) ? $placesOf(text) : null;
  let found = $points.get(text);
  if (found === undefined) {
    if ($points.size > 64) $points.clear();
    found = $SURROGATE.test(text) ? $placesOf(text) : null;
    $points.set(text, found);
  }
  return found;
}
function $placesOf(text) {
  const out = [];
  for (let k = 0; k < text.length; k++) {
    out.push(k);
    const code = text.charCodeAt(k);
    if (code >= 0xd800 && code < 0xdc00 && k + 1 < text.length && (text.charCodeAt(k + 1) & 0xfc00) === 0xdc00) k++;
  }
  out.push(text.length);
  return out;
}
const $size = (text) => { const p = $places(text); return p === null ? text.length : p.length - 1; };
/** Code points before a place given in units. */
function $point(text, unit) {
  const p = $places(text);
  if (p === null || unit < 0) return unit;
  let low = 0, high = p.length - 1;
  while (low < high) { const mid = (low + high) >> 1; if (p[mid] < unit) low = mid + 1; else high = mid; }
  return low;
}
const $unit = (text, point) => { const p = $places(text); return p === null ? point : p[Math.min(point, p.length - 1)]; };

// --- truth, equality, order ----------------------------------------------------------------------------------------------------

function $b(x) {
  switch (typeof x) {
    case "boolean": return x;
    case "string": return x !== "";
    case "number": return x !== 0;
    case "undefined": return false;
    case "function": return true;
  }
  if (x === null) return false;
  if (Array.isArray(x)) return x.length > 0;
  if (x.$__bool__) return x.$__bool__();
  if (x.$__len__) return x.$__len__() > 0;
  return true;
}

function $eq(a, b) {
  if (a === b) return true;
  if (a === null || b === null || a === undefined || b === undefined) return a == b;
  const t = typeof a, u = typeof b;
  if (t !== "object" && u !== "object") return (t === "boolean" || u === "boolean") && t !== "string" && u !== "string" ? Number(a) === Number(b) : false;
  if (a instanceof $Array || b instanceof $Array) return $Array.compare(a, b, (x, y) => x === y);
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length || a instanceof $Tuple !== b instanceof $Tuple) return false;
    for (let k = 0; k < a.length; k++) if (!$eq(a[k], b[k])) return false;
    return true;
  }
  if (t === "object" && a.$__eq__) return a.$__eq__(b) === true;
  if (u === "object" && b.$__eq__) return b.$__eq__(a) === true;
  return false;
}

/** -1, 0 or 1; NaN where floats have no order. */
function $compare(a, b) {
  if (typeof a === "string" && typeof b === "string") {
    if (a === b) return 0;
    if (!$SURROGATE.test(a) && !$SURROGATE.test(b)) return a < b ? -1 : 1;
    const x = Array.from(a), y = Array.from(b);
    for (let k = 0; k < x.length && k < y.length; k++) if (x[k] !== y[k]) return x[k].codePointAt(0) < y[k].codePointAt(0) ? -1 : 1;
    return x.length < y.length ? -1 : 1;
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    for (let k = 0; k < a.length && k < b.length; k++) if (!$eq(a[k], b[k])) return $compare(a[k], b[k]);
    return Math.sign(a.length - b.length);
  }
  const x = typeof a === "boolean" ? Number(a) : a, y = typeof b === "boolean" ? Number(b) : b;
  if (typeof x === "number" && typeof y === "number") return x < y ? -1 : x > y ? 1 : x === y ? 0 : NaN;
  if (a?.$__lt__) return a.$__lt__(b) ? -1 : $eq(a, b) ? 0 : 1;
  throw new $TypeError(`'<' not supported between instances of '${$typeName(a)}' and '${$typeName(b)}'`);
}
const $numbers = (a, b) => typeof a === "number" && typeof b === "number";
const $special = (a, b) => a instanceof $Array || b instanceof $Array || a instanceof $Set || a instanceof $View;
function $lt(a, b) { return $numbers(a, b) ? a < b : $special(a, b) ? $order(a, b, "lt") : $compare(a, b) < 0; }
function $gt(a, b) { return $numbers(a, b) ? a > b : $special(a, b) ? $order(a, b, "gt") : $compare(a, b) > 0; }
function $le(a, b) { return $numbers(a, b) ? a <= b : $special(a, b) ? $order(a, b, "le") : $compare(a, b) <= 0; }
function $ge(a, b) { return $numbers(a, b) ? a >= b : $special(a, b) ? $order(a, b, "ge") : $compare(a, b) >= 0; }
function $ne(a, b) {
  if (a instanceof $Array || b instanceof $Array) return $Array.compare(a, b, (x, y) => x !== y);
  return !$eq(a, b);
}
function $order(a, b, how) {
  if (a instanceof $Array || b instanceof $Array) return $Array.compare(a, b, { lt: (x, y) => x < y, gt: (x, y) => x > y, le: (x, y) => x <= y, ge: (x, y) => x >= y }[how]);
  const n = $len(a), m = $len(b);
  if (how === "lt" || how === "le") return (how === "le" || n < m) && [...a].every((x) => $in(x, b));
  return (how === "ge" || n > m) && [...b].every((x) => $in(x, a));
}

function $in(x, c) {
  if (typeof c === "string") { if (typeof x !== "string") throw new $TypeError("'in <string>' requires string as left operand"); return c.includes(x); }
  if (Array.isArray(c)) {
    if (typeof x === "string") return c.includes(x);
    for (const y of c) if ($eq(x, y)) return true;
    return false;
  }
  if (c.$__contains__) return c.$__contains__(x);
  for (const y of c) if ($eq(x, y)) return true;
  return false;
}

// --- arithmetic ----------------------------------------------------------------------------------------------------------------

const $unsupported = (sign, a, b) => { throw new $TypeError(`unsupported operand type(s) for ${sign}: '${$typeName(a)}' and '${$typeName(b)}'`); };
const $num = (x) => typeof x === "number" || typeof x === "boolean";

function $add(a, b) {
  if (typeof a === "number" && typeof b === "number") return a + b;
  if (typeof a === "string" && typeof b === "string") return a + b;
  if (a instanceof $Array || b instanceof $Array) return $binary_add(a, b);
  if (Array.isArray(a) && Array.isArray(b)) return a instanceof $Tuple ? $tuple(Array.from(a).concat(Array.from(b))) : Array.from(a).concat(Array.from(b));
  if ($num(a) && $num(b)) return Number(a) + Number(b);
  if (a?.$__add__) return a.$__add__(b);
  if (b?.$__radd__) return b.$__radd__(a);
  return $unsupported("+", a, b);
}
/** ``a += b``: a list grows in place. */
function $iadd(a, b) {
  if (typeof a === "number" && typeof b === "number") return a + b;
  if (Array.isArray(a) && !(a instanceof $Tuple)) { a.$extend(b); return a; }
  if (a?.$__iadd__) return a.$__iadd__(b);
  return $add(a, b);
}
function $sub(a, b) {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (a instanceof $Array || b instanceof $Array) return $binary_sub(a, b);
  if (a?.$__sub__) return a.$__sub__(b);
  if ($num(a) && $num(b)) return a - b;
  if (b?.$__rsub__) return b.$__rsub__(a);
  return $unsupported("-", a, b);
}
function $mul(a, b) {
  if (typeof a === "number" && typeof b === "number") return a * b;
  if (a instanceof $Array || b instanceof $Array) return $binary_mul(a, b);
  if (typeof a === "string" && $num(b)) return a.repeat(Math.max(0, b));
  if (typeof b === "string" && $num(a)) return b.repeat(Math.max(0, a));
  if (Array.isArray(a) && $num(b)) return $times(a, b);
  if (Array.isArray(b) && $num(a)) return $times(b, a);
  if ($num(a) && $num(b)) return a * b;
  if (a?.$__mul__) return a.$__mul__(b);
  if (b?.$__rmul__) return b.$__rmul__(a);
  return $unsupported("*", a, b);
}
function $times(list, n) {
  const out = [];
  for (let k = 0; k < n; k++) for (const x of list) out.push(x);
  return list instanceof $Tuple ? $tuple(out) : out;
}
function $div(a, b) {
  if ($num(a) && $num(b)) { if (Number(b) === 0) throw new $ZeroDivisionError("division by zero"); return a / b; }
  if (a instanceof $Array || b instanceof $Array) return $binary_div(a, b);
  if (a?.$__truediv__) return a.$__truediv__(b);
  return $unsupported("/", a, b);
}
function $floordiv(a, b) {
  if ($num(a) && $num(b)) { if (Number(b) === 0) throw new $ZeroDivisionError("integer division or modulo by zero"); return Math.floor(a / b); }
  if (a instanceof $Array || b instanceof $Array) return $Array.binary(a, b, (x, y) => Math.floor(x / y));
  return $unsupported("//", a, b);
}
function $mod(a, b) {
  if ($num(a) && $num(b)) { if (Number(b) === 0) throw new $ZeroDivisionError("integer division or modulo by zero"); const r = a % b; return r !== 0 && r < 0 !== b < 0 ? r + Number(b) : r; }
  return $unsupported("%", a, b);
}
function $pow(a, b) { return a instanceof $Array || b instanceof $Array ? $Array.binary(a, b, (x, y) => x ** y) : a ** b; }
const $lshift = (a, b) => a * 2 ** b, $rshift = (a, b) => Math.floor(a / 2 ** b);
function $neg(a) { return typeof a === "number" ? -a : a instanceof $Array ? a.map1((x) => -x) : a?.$__neg__ ? a.$__neg__() : -a; }
function $invert(a) { return a instanceof $Array ? a.map1((x) => (x ? 0 : 1)) : ~a; }
function $or(a, b) {
  if (typeof a === "boolean" && typeof b === "boolean") return a || b;
  if (a instanceof $Array || b instanceof $Array) return $Array.binary(a, b, (x, y) => x | y, true);
  if (a?.$__or__) return a.$__or__(b);
  if ($num(a) && $num(b)) return a | b;
  if (typeof a === "function") return $tuple([a, b]);  // a union of types
  return $unsupported("|", a, b);
}
function $and(a, b) {
  if (typeof a === "boolean" && typeof b === "boolean") return a && b;
  if (a instanceof $Array || b instanceof $Array) return $Array.binary(a, b, (x, y) => x & y, true);
  return a?.$__and__ ? a.$__and__(b) : a & b;
}
function $xor(a, b) {
  if (typeof a === "boolean" && typeof b === "boolean") return a !== b;
  return a?.$__xor__ ? a.$__xor__(b) : a ^ b;
}
/** ``a |= b`` and its like change a set or dict in place. */
function $ior(a, b) { if (a instanceof $Dict || (a instanceof $Set && !a.frozen)) { a.$update(b); return a; } return $or(a, b); }
function $iand(a, b) { if (a instanceof $Set && !a.frozen) { a.$intersection_update(b); return a; } return $and(a, b); }
function $isub(a, b) { if (a instanceof $Set && !a.frozen) { a.$difference_update(b); return a; } return $sub(a, b); }

// --- places: x[i], x[a:b] ------------------------------------------------------------------------------------------------------

function $get(x, i) {
  if (Array.isArray(x)) {
    if (typeof i === "boolean") i = Number(i);
    const k = i < 0 ? i + x.length : i;
    if (k >= x.length || k < 0) throw new $IndexError(`${x instanceof $Tuple ? "tuple" : "list"} index out of range`);
    return x[k];
  }
  if (typeof x === "string") {
    const p = $places(x), n = p === null ? x.length : p.length - 1, k = i < 0 ? i + n : Number(i);
    if (k >= n || k < 0) throw new $IndexError("string index out of range");
    return p === null ? x[k] : x.slice(p[k], p[k + 1]);
  }
  return typeof x === "number" ? $Array.of(x).$__getitem__(i) : x.$__getitem__(i);
}
function $set(x, i, v) {
  if (Array.isArray(x)) {
    const k = i < 0 ? i + x.length : Number(i);
    if (k >= x.length || k < 0) throw new $IndexError("list assignment index out of range");
    x[k] = v;
  } else x.$__setitem__(i, v);
}
function $del(x, i) {
  if (Array.isArray(x)) {
    const k = i < 0 ? i + x.length : i;
    if (k >= x.length || k < 0) throw new $IndexError("list assignment index out of range");
    x.splice(k, 1);
  } else x.$__delitem__(i);
}
class $Slice { constructor(start, stop, step) { this.$start = start; this.$stop = stop; this.$step = step; } }
/** First place, end and step of a slice in a sequence of n. */
function $bounds(n, start, stop, step) {
  step = step ?? 1;
  if (step === 0) throw new $ValueError("slice step cannot be zero");
  const clip = (v, otherwise) => { if (v === null || v === undefined) return otherwise; v = Number(v); if (v < 0) v += n; return step > 0 ? Math.min(Math.max(v, 0), n) : Math.min(Math.max(v, -1), n - 1); };
  return [clip(start, step > 0 ? 0 : n - 1), clip(stop, step > 0 ? n : -1), step];
}
function $slice(x, start, stop, step) {
  if (typeof x === "string") {
    const p = $places(x), [a, b, s] = $bounds(p === null ? x.length : p.length - 1, start, stop, step);
    if (s === 1) return a >= b ? "" : p === null ? x.slice(a, b) : x.slice(p[a], p[b]);
    let out = "";
    for (let k = a; s > 0 ? k < b : k > b; k += s) out += p === null ? x[k] : x.slice(p[k], p[k + 1]);
    return out;
  }
  if (!Array.isArray(x)) return x.$__getitem__(new $Slice(start, stop, step));
  const [a, b, s] = $bounds(x.length, start, stop, step), out = [];
  for (let k = a; s > 0 ? k < b : k > b; k += s) out.push(x[k]);
  return x instanceof $Tuple ? $tuple(out) : out;
}
function $setslice(x, start, stop, step, values) {
  if (!Array.isArray(x)) return x.$__setitem__(new $Slice(start, stop, step), values);
  const [a, b, s] = $bounds(x.length, start, stop, step), list = [...values];
  if (s === 1) x.splice(a, Math.max(0, b - a), ...list);
  else for (let k = a, j = 0; s > 0 ? k < b : k > b; k += s) x[k] = list[j++];
}
function $delslice(x, start, stop, step) {
  const [a, b, s] = $bounds(x.length, start, stop, step), gone = new Set();
  for (let k = a; s > 0 ? k < b : k > b; k += s) gone.add(k);
  const kept = x.filter((_, k) => !gone.has(k));
  x.length = 0;
  for (const v of kept) x.push(v);
}
/** The n values of something to unpack. */
function $unpack(x, n) {
  const list = Array.isArray(x) ? x : [...x];
  if (list.length !== n) throw new $ValueError(list.length > n ? `too many values to unpack (expected ${n})` : `not enough values to unpack (expected ${n}, got ${list.length})`);
  return list;
}
function $unpackStar(x, before, after) {
  const list = [...x];
  if (list.length < before + after) throw new $ValueError(`not enough values to unpack (expected at least ${before + after}, got ${list.length})`);
  return [...list.slice(0, before), list.slice(before, list.length - after), ...(after ? list.slice(-after) : [])];
}

// --- calls ---------------------------------------------------------------------------------------------------------------------

/** Keywords that a function takes as they come. */
class $Kw { constructor(values) { this.values = values; } }
const $isClass = (f) => typeof f === "function" && (f.prototype instanceof $Object || f.prototype instanceof $Exception || f.prototype instanceof Array || f.$isClass === true);
/** Something to call of which it is not known whether it is a class. */
const $f = (f) => (f.$__call__ ? (...a) => f.$__call__(...a) : $isClass(f) ? (...a) => new f(...a) : f);
/** Give a function the names of its parameters; ``some`` when it takes other keywords too. */
function $sig(f, names, some = false) { f.$names = names; f.$some = some; return f; }
function $kcall(f, self, args, keywords) {
  if (f.$__call__) [f, self] = [f.$__call__, f];
  const made = $isClass(f), names = f.$names ?? (made ? f.prototype.$__init__?.$names : undefined);
  const some = f.$some ?? (made ? f.prototype.$__init__?.$some : undefined);
  if (names === undefined && !some) throw new $TypeError(`${f.name}() takes no keyword arguments`);
  const out = [...args], left = {};
  let any = false;
  for (const [name, value] of keywords instanceof $Dict ? keywords.m : Object.entries(keywords)) {
    const at = (names ?? []).indexOf(name);
    if (at >= 0) { while (out.length < at) out.push(undefined); out[at] = value; }
    else if (some) { left[name] = value; any = true; }
    else throw new $TypeError(`${f.name}() got an unexpected keyword argument '${name}'`);
  }
  if (some) { while (out.length < (names ?? []).length) out.push(undefined); if (any) out.push(new $Kw(left)); }
  return made ? new f(...out) : f.apply(self, out);
}
/** A method as a value, bound to its object; anything else as it is. */
function $m(x, name) {
  const value = x[name];
  if (typeof value !== "function" || Object.hasOwn(x, name)) return value === undefined ? null : value;
  const bound = value.bind(x);
  return value.$names ? $sig(bound, value.$names, value.$some) : bound;
}
/** A method of a type as a function of the object: str.lower. */
const $unbound = (name) => (x, ...rest) => x[name](...rest);
const $nameOf = (x) => x.$__name__ ?? x.name.split("$").at(-1);
const $ids = new WeakMap();
let $lastId = 0;
function $id(x) { if (!$ids.has(x)) $ids.set(x, ++$lastId); return $ids.get(x); }
