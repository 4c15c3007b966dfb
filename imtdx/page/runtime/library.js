// --- re ------------------------------------------------------------------------------------------------------------------------

/** A pattern that imtdx.page.translate.patterns wrote anew. */
class $Pattern {
  constructor({ source, advance, groups, names, pattern, flags }) {
    this.source = source; this.advanced = advance; this.index = groups; this.names = names;
    this.$pattern = pattern; this.$flags = flags; this.$groups = groups.length - 1;
    this.kept = {};
  }
  get $groupindex() { return $Dict.of(this.names); }
  regex(kind) {
    return (this.kept[kind] ??= {
      g: () => new RegExp(this.source, "ug"), y: () => new RegExp(this.source, "uy"), full: () => new RegExp(`(?:${this.source})(?![^])`, "uy"),
      gd: () => new RegExp(this.source, "ugd"), yd: () => new RegExp(this.source, "uyd"), fulld: () => new RegExp(`(?:${this.source})(?![^])`, "uyd"),
      advance: () => new RegExp(this.advanced, "uy"), advanced: () => new RegExp(this.advanced, "uyd"),
    }[kind]());
  }
  /** A match by one of the forms of the pattern from a place in units. */
  at(kind, text, unit) {
    const regex = this.regex(kind);
    regex.lastIndex = unit;
    let found = regex.exec(text);
    // V8 finds empty matches between the halves of a surrogate pair
    while (found !== null && found.index > 0 && (text.charCodeAt(found.index) & 0xfc00) === 0xdc00 && (text.charCodeAt(found.index - 1) & 0xfc00) === 0xd800) {
      regex.lastIndex = found.index + 1;
      unit = found.index + 1;
      found = regex.exec(text);
    }
    return found === null ? null : new $Match(this, text, found, kind, unit);
  }
  once(kind, text, pos, end) {
    if (end !== undefined) text = $slice(text, 0, end, 1);
    const unit = $unit(text, Math.max(0, pos ?? 0));
    return unit === undefined || unit > text.length ? null : this.at(kind, text, unit);
  }
  $search(text, pos, end) { return this.once("g", text, pos, end); }
  $match(text, pos, end) { return this.once("y", text, pos, end); }
  $fullmatch(text, pos, end) { return this.once("full", text, pos, end); }
  *$finditer(text, pos, end) {
    if (end !== undefined) text = $slice(text, 0, end, 1);
    let unit = $unit(text, Math.max(0, pos ?? 0)), stuck = false;
    while (unit <= text.length) {
      let match;
      // after an empty match only one that is not empty may begin at the same place
      if (stuck) match = this.at("advance", text, unit) ?? (unit < text.length ? this.at("g", text, unit + ($places(text) === null ? 1 : text.codePointAt(unit) > 0xffff ? 2 : 1)) : null);
      else match = this.at("g", text, unit);
      if (match === null) return;
      yield match;
      unit = match.last;
      stuck = match.first === match.last;
      if (stuck && this.advanced === null) return;
    }
  }
  $findall(text, pos, end) {
    const out = [];
    for (const m of this.$finditer(text, pos, end)) out.push(this.$groups === 0 ? m.$group() : this.$groups === 1 ? m.one(1) ?? "" : $tuple(m.$groups("")));
    return out;
  }
  $split(text, most = 0) {
    const out = [];
    let at = 0, n = 0;
    for (const m of this.$finditer(text)) {
      if (most && n++ === most) break;
      out.push(text.slice(at, m.first));
      for (let k = 1; k <= this.$groups; k++) out.push(m.one(k));
      at = m.last;
    }
    out.push(text.slice(at));
    return out;
  }
  $subn(by, text, most = 0) {
    const write = typeof by === "function" ? by : $template(this, by);
    let out = "", at = 0, n = 0;
    for (const m of this.$finditer(text)) {
      if (most && n === most) break;
      n++;
      out += text.slice(at, m.first) + write(m);
      at = m.last;
    }
    return $tuple([out + text.slice(at), n]);
  }
  $sub(by, text, most = 0) { return this.$subn(by, text, most)[0]; }
  $__repr__() { return `re.compile(${$repr(this.$pattern)})`; }
}
for (const name of ["search", "match", "fullmatch", "finditer", "findall"]) $sig($Pattern.prototype["$" + name], ["string", "pos", "endpos"]);
$sig($Pattern.prototype.$split, ["string", "maxsplit"]);
for (const name of ["sub", "subn"]) $sig($Pattern.prototype["$" + name], ["repl", "string", "count"]);

/** A replacement text with \1, \g<name> and the escapes of letters. */
function $template(pattern, text) {
  const parts = [];
  let at = 0;
  for (const m of text.matchAll(/\\(?:g<([^>]*)>|(\d\d?)|([^]))/g)) {
    parts.push(text.slice(at, m.index));
    if (m[3] !== undefined) parts.push({ n: "\n", t: "\t", r: "\r", f: "\f", v: "\v", a: "\x07", b: "\b", "\\": "\\" }[m[3]] ?? "\\" + m[3]);
    else { const g = m[1] ?? m[2], k = /^\d+$/.test(g) ? Number(g) : pattern.names[g]; parts.push((match) => match.one(k) ?? ""); }
    at = m.index + m[0].length;
  }
  parts.push(text.slice(at));
  return (match) => parts.map((p) => (typeof p === "string" ? p : p(match))).join("");
}

/** A match; places in units are `first` and `last`, those that Python code sees are code points. */
class $Match {
  constructor(pattern, text, found, kind, unit) {
    this.$re = pattern; this.$string = text; this.found = found; this.kind = kind; this.unit = unit;
    this.first = found.index; this.last = found.index + found[0].length;
  }
  // the form for an empty match that must not be repeated has one more group before the others
  js(k) { return this.$re.index[k] + (this.kind === "advance" && k > 0 ? 1 : 0); }
  key(g) { const k = typeof g === "string" ? this.$re.names[g] : Number(g); if (k === undefined || k > this.$re.$groups || k < 0) throw new $IndexError("no such group"); return k; }
  one(k) { return this.found[this.js(k)] ?? null; }
  $group(...gs) { return gs.length === 0 ? this.found[0] : gs.length === 1 ? this.one(this.key(gs[0])) : $tuple(gs.map((g) => this.one(this.key(g)))); }
  $__getitem__(g) { return this.one(this.key(g)); }
  $groups(otherwise = null) { const out = []; for (let k = 1; k <= this.$re.$groups; k++) out.push(this.one(k) ?? otherwise); return $tuple(out); }
  $groupdict(otherwise = null) { return new $Dict(Object.entries(this.$re.names).map(([n, k]) => [n, this.one(k) ?? otherwise])); }
  units(g) {
    const k = this.key(g);
    if (k === 0) return [this.first, this.last];
    if (this.found.indices === undefined) {
      const again = this.$re.regex(this.kind === "advance" ? "advanced" : this.kind + "d");
      again.lastIndex = this.unit;
      this.found = again.exec(this.$string);
    }
    return this.found.indices[this.js(k)] ?? [-1, -1];
  }
  $start(g = 0) { return $point(this.$string, this.units(g)[0]); }
  $end(g = 0) { return $point(this.$string, this.units(g)[1]); }
  $span(g = 0) { const [a, b] = this.units(g); return $tuple([$point(this.$string, a), $point(this.$string, b)]); }
  $expand(text) { return $template(this.$re, text)(this); }
  get $pos() { return $point(this.$string, this.unit); }
  get $endpos() { return $size(this.$string); }
  get $lastindex() { let last = null, end = -1; for (let k = 1; k <= this.$re.$groups; k++) { const e = this.units(k)[1]; if (e > end || (e === end && e >= 0 && last === null)) { last = k; end = e; } } return last; }
  get $lastgroup() { const k = this.$lastindex; return k === null ? null : Object.keys(this.$re.names).find((n) => this.$re.names[n] === k) ?? null; }
  $__bool__() { return true; }
  $__repr__() { return `<re.Match object; span=${$repr(this.$span())}, match=${$repr(this.found[0])}>`; }
}
const $re = {
  $escape: (s) => s.replace(/[\0()[\]{}?*+\-|^$\\.&~# \t\n\r\v\f]/g, (c) => "\\" + c),
  $Pattern, $Match,
};

// --- other modules -------------------------------------------------------------------------------------------------------------

const $unicodedata = {
  $normalize: (form, s) => s.normalize(form),
  $combining: (c) => { const code = c.codePointAt(0); if (code < 0x300) return 0; let low = 0, high = $COMBINING.length / 3 - 1; while (low <= high) { const mid = (low + high) >> 1; if (code < $COMBINING[3 * mid]) high = mid - 1; else if (code > $COMBINING[3 * mid + 1]) low = mid + 1; else return $COMBINING[3 * mid + 2]; } return 0; },
  $category: (c) => $CATEGORIES.find((k) => ($categoryTests[k] ??= new RegExp(`\\p{${k}}`, "u")).test(c)) ?? "Cn",
};
const $CATEGORIES = ["Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co"], $categoryTests = {};

const $one = (f) => (x) => { const v = f(x); if (Number.isNaN(v) && !Number.isNaN(Number(x))) throw new $ValueError("math domain error"); return v; };
/** Error function by the series exp(-x^2) sum 2^n x^(2n+1) / (2n+1)!!, all of whose terms have one sign. */
function $erf(x) {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x, sum = x;
  for (let n = 1; Math.abs(term) > Math.abs(sum) * 1e-18; n++) { term *= (2 * x * x) / (2 * n + 1); sum += term; }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}
/** Logarithm of the gamma function for x > 0: Stirling's series after steps up to 15. */
function $lgamma(x) {
  let shift = 0;
  while (x < 15) { shift += Math.log(x); x += 1; }
  const y = 1 / (x * x);
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + (1 / x) * (1 / 12 - y * (1 / 360 - y * (1 / 1260 - y * (1 / 1680 - y * (1 / 1188 - (y * 691) / 360360))))) - shift;
}
const $math = {
  $erf, $erfc: (x) => 1 - $erf(x), $lgamma, $gamma: (x) => Math.exp($lgamma(x)),
  $inf: Infinity, $nan: NaN, $pi: Math.PI, $e: Math.E, $tau: 2 * Math.PI,
  $isnan: (x) => Number.isNaN(Number(x)), $isinf: (x) => Math.abs(x) === Infinity, $isfinite: (x) => Number.isFinite(Number(x)),
  $log: (x, base) => { if (x <= 0) throw new $ValueError("math domain error"); return base === undefined ? Math.log(x) : Math.log(x) / Math.log(base); },
  $log2: $one(Math.log2), $log10: $one(Math.log10), $log1p: $one(Math.log1p), $exp: Math.exp, $expm1: Math.expm1, $sqrt: $one(Math.sqrt), $pow: Math.pow,
  $floor: Math.floor, $ceil: Math.ceil, $trunc: Math.trunc, $fabs: Math.abs, $sin: Math.sin, $cos: Math.cos, $tan: Math.tan, $atan: Math.atan, $atan2: Math.atan2, $tanh: Math.tanh,
  $prod: (xs, start = 1) => { let out = start; for (const x of xs) out *= x; return out; },
  $fsum: (xs) => { const parts = []; for (let x of xs) { let i = 0; for (let y of parts) { if (Math.abs(x) < Math.abs(y)) [x, y] = [y, x]; const hi = x + y, lo = y - (hi - x); if (lo) parts[i++] = lo; x = hi; } parts.length = i; parts.push(x); } return parts.reduceRight((a, b) => a + b, 0); },
  $gcd: (...xs) => xs.reduce((a, b) => { a = Math.abs(a); b = Math.abs(b); while (b) [a, b] = [b, a % b]; return a; }, 0),
  $comb: (n, k) => { let out = 1; for (let j = 1; j <= k; j++) out = (out * (n - k + j)) / j; return k < 0 || k > n ? 0 : Math.round(out); },
  $factorial: (n) => { let out = 1; for (let j = 2; j <= n; j++) out *= j; return out; },
  $hypot: Math.hypot, $dist: (p, q) => Math.hypot(...p.map((x, k) => x - q[k])), $copysign: (x, y) => Math.abs(x) * (y < 0 || Object.is(y, -0) ? -1 : 1),
  $isclose: (a, b, rel = 1e-9, abs = 0) => a === b || Math.abs(a - b) <= Math.max(rel * Math.max(Math.abs(a), Math.abs(b)), abs),
};
$sig($math.$isclose, ["a", "b", "rel_tol", "abs_tol"]);

const $itertools = {
  $chain: function* (...lists) { for (const xs of lists) yield* xs; },
  $pairwise: function* (xs) { let before, any = false; for (const x of xs) { if (any) yield $tuple([before, x]); before = x; any = true; } },
  $groupby: function* (xs, key) {
    let group = [], k, any = false;
    for (const x of xs) { const now = key ? key(x) : x; if (any && !$eq(now, k)) { yield $tuple([k, group]); group = []; } k = now; any = true; group.push(x); }
    if (any) yield $tuple([k, group]);
  },
  $islice: function* (xs, ...where) {
    const [start, stop, step] = where.length === 1 ? [0, where[0], 1] : [where[0] ?? 0, where[1], where[2] ?? 1];
    let k = 0;
    if (stop !== null && stop !== undefined && stop <= start) return;
    for (const x of xs) { if (k >= start && (k - start) % step === 0) yield x; k++; if (stop !== null && stop !== undefined && k >= stop) return; }
  },
  $product: function* (...lists) { let repeat = 1; if (lists.at(-1) instanceof $Kw) repeat = lists.pop().values.repeat; let pools = lists.map((x) => [...x]); pools = Array.from({ length: repeat }, () => pools).flat(); const walk = function* (k, head) { if (k === pools.length) yield $tuple([...head]); else for (const x of pools[k]) yield* walk(k + 1, [...head, x]); }; yield* walk(0, []); },
  $accumulate: function* (xs, f, initial) { let total, any = false; if (initial !== undefined && initial !== null) { total = initial; any = true; yield total; } for (const x of xs) { total = any ? (f ? f(total, x) : $add(total, x)) : x; any = true; yield total; } },
  $takewhile: function* (f, xs) { for (const x of xs) { if (!$b(f(x))) return; yield x; } },
  $dropwhile: function* (f, xs) { let on = false; for (const x of xs) { if (on || !$b(f(x))) { on = true; yield x; } } },
  $filterfalse: function* (f, xs) { for (const x of xs) if (!$b(f === null ? x : f(x))) yield x; },
  $starmap: function* (f, xs) { for (const x of xs) yield f(...x); },
  $zip_longest: function* (...lists) { let fill = null; if (lists.at(-1) instanceof $Kw) fill = lists.pop().values.fillvalue; const its = lists.map((x) => x[Symbol.iterator]()); for (;;) { const steps = its.map((it) => it.next()); if (steps.every((s) => s.done)) return; yield $tuple(steps.map((s) => (s.done ? fill : s.value))); } },
  $combinations: function* (xs, r) { const pool = [...xs], walk = function* (from, head) { if (head.length === r) yield $tuple([...head]); else for (let k = from; k < pool.length; k++) yield* walk(k + 1, [...head, pool[k]]); }; yield* walk(0, []); },
  $permutations: function* (xs, r) { const pool = [...xs], n = r ?? pool.length, walk = function* (left, head) { if (head.length === n) yield $tuple([...head]); else for (let k = 0; k < left.length; k++) yield* walk([...left.slice(0, k), ...left.slice(k + 1)], [...head, left[k]]); }; yield* walk(pool, []); },
  $count: function* (start = 0, step = 1) { for (let k = start; ; k += step) yield k; },
  $repeat: function* (x, n) { for (let k = 0; n === undefined || k < n; k++) yield x; },
  $batched: function* (xs, n) { let group = []; for (const x of xs) { group.push(x); if (group.length === n) { yield $tuple(group); group = []; } } if (group.length) yield $tuple(group); },
};
$itertools.$chain.$from_iterable = function* (lists) { for (const xs of lists) yield* xs; };
$sig($itertools.$groupby, ["iterable", "key"]);
$sig($itertools.$accumulate, ["iterable", "func", "initial"]);
$sig($itertools.$count, ["start", "step"]);
$sig($itertools.$product, [], true);
$sig($itertools.$zip_longest, [], true);

const $functools = {
  $reduce: (f, xs, start) => { let total = start, any = start !== undefined; for (const x of xs) { total = any ? f(total, x) : x; any = true; } if (!any) throw new $TypeError("reduce() of empty iterable with no initial value"); return total; },
  $partial: $sig((f, ...args) => { const kw = args.at(-1) instanceof $Kw ? args.pop().values : null; return kw ? (...more) => $kcall(f, null, [...args, ...more], kw) : (...more) => $f(f)(...args, ...more); }, [], true),
  $cmp_to_key: (f) => (x) => ({ x, $__lt__(o) { return f(x, o.x) < 0; }, $__eq__(o) { return f(x, o.x) === 0; } }),
};
/** A function that remembers its answers by its arguments. */
function $cached(f) {
  const kept = new $Dict(), out = (...args) => { const key = $tuple(args); let v = kept.m.get($key(key)); if (v === undefined) { v = f(...args); kept.$__setitem__(key, v); } return v; };
  return f.$names ? $sig(out, f.$names, f.$some) : out;
}
const $collections = { $defaultdict: $DefaultDict, $Counter, $OrderedDict, $deque: $sig((items, maxlen) => $Deque.make(items, maxlen ?? null), ["iterable", "maxlen"]) };
const $operator = {
  $itemgetter: (...keys) => (x) => (keys.length === 1 ? $get(x, keys[0]) : $tuple(keys.map((k) => $get(x, k)))),
  $attrgetter: (...names) => { const one = (x, n) => n.split(".").reduce((y, part) => y["$" + part], x); return (x) => (names.length === 1 ? one(x, names[0]) : $tuple(names.map((n) => one(x, n)))); },
  $add, $sub, $mul, $truediv: $div, $or_: $or, $and_: $and, $eq, $lt, $gt, $le, $ge, $neg, $not_: (x) => !$b(x), $contains: (c, x) => $in(x, c), $getitem: $get,
};
const $bisect = {
  $bisect_left: (list, x, low = 0, high, key) => { high ??= $len(list); while (low < high) { const mid = (low + high) >> 1, v = $get(list, mid); if ($lt(key ? key(v) : v, x)) low = mid + 1; else high = mid; } return low; },
  $bisect_right: (list, x, low = 0, high, key) => { high ??= $len(list); while (low < high) { const mid = (low + high) >> 1, v = $get(list, mid); if ($lt(x, key ? key(v) : v)) high = mid; else low = mid + 1; } return low; },
  $insort: (list, x) => { list.splice($bisect.$bisect_right(list, x), 0, x); return null; },
};
$bisect.$bisect = $bisect.$bisect_right;
for (const f of [$bisect.$bisect_left, $bisect.$bisect_right]) $sig(f, ["a", "x", "lo", "hi", "key"]);
const $copy = { $copy: (x) => (Array.isArray(x) ? (x instanceof $Tuple ? x : [...x]) : x?.$copy ? x.$copy() : x !== null && typeof x === "object" ? $instance(x.constructor, x) : x) };
const $string = { $ascii_lowercase: "abcdefghijklmnopqrstuvwxyz", $ascii_uppercase: "ABCDEFGHIJKLMNOPQRSTUVWXYZ", $ascii_letters: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", $digits: "0123456789", $punctuation: "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", $whitespace: " \t\n\r\v\f" };
/** Plain data of JavaScript from values of Python. */
function $toJs(x) {
  if (x === undefined) return null;
  if (typeof x !== "object" || x === null) return x;
  if (x instanceof $Array) return x.plain();
  if (x instanceof $Dict) { const out = {}; for (const [k, v] of x.$items()) out[typeof k === "string" ? k : $str(k)] = $toJs(v); return out; }
  if (Array.isArray(x) || x instanceof $Set || x instanceof $View) return Array.from(x, $toJs);
  return x;
}
/** Values of Python from plain data of JavaScript. */
function $fromJs(x) {
  if (x === undefined) return null;
  if (typeof x !== "object" || x === null) return x;
  if (Array.isArray(x)) return x.map($fromJs);
  return $Dict.of(Object.fromEntries(Object.entries(x).map(([k, v]) => [k, $fromJs(v)])));
}
/** JSON as the json module of Python writes it. */
function $jsonText(x, { ensure_ascii = true, indent = null, sort_keys = false, separators = null, allow_nan = true }, depth = 0) {
  const options = { ensure_ascii, indent, sort_keys, separators, allow_nan };
  if (x === null || x === undefined) return "null";
  if (typeof x === "boolean") return x ? "true" : "false";
  if (typeof x === "number") {
    if (Number.isFinite(x)) return $shortest(x);
    if (!allow_nan) throw new $ValueError("Out of range float values are not JSON compliant");
    return Number.isNaN(x) ? "NaN" : x > 0 ? "Infinity" : "-Infinity";
  }
  if (typeof x === "string") { const s = JSON.stringify(x); return ensure_ascii ? s.replace(/[\u007f-\uffff]/g, (c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0")) : s; }
  const [comma, colon] = separators ?? [indent === null ? ", " : ",", ": "], line = indent === null ? "" : "\n" + " ".repeat(indent * (depth + 1)), last = indent === null ? "" : "\n" + " ".repeat(indent * depth);
  const inside = (open, parts, close) => (parts.length ? open + line + parts.join(comma + line) + last + close : open + close);
  if (x instanceof $Dict) {
    let items = [...x.$items()].map(([k, v]) => [typeof k === "string" ? k : k === null ? "null" : typeof k === "boolean" ? String(k) : $str(k), v]);
    if (sort_keys) items = $sorted(items, (p) => p[0]);
    return inside("{", items.map(([k, v]) => $jsonText(k, options) + colon + $jsonText(v, options, depth + 1)), "}");
  }
  if (Array.isArray(x)) return inside("[", Array.from(x, (v) => $jsonText(v, options, depth + 1)), "]");
  throw new $TypeError(`Object of type ${$typeName(x)} is not JSON serializable`);
}
const $json = { $dumps: $sig((x, kw) => $jsonText(x, kw?.values ?? {}), [], true), $loads: (s) => $fromJs(JSON.parse(s)) };
class $Suppress extends $Object { $__init__(...types) { this.types = types; } $__enter__() { return this; } $__exit__(type, error) { return error !== null && $isinstance(error, this.types); } }
class $NullContext extends $Object { $__enter__() { return null; } $__exit__() { return false; } }
const $contextlib = { $suppress: $Suppress, $nullcontext: $NullContext };

// --- difflib.get_close_matches --------------------------------------------------------------------------------------------------

/** Ratio of matching blocks of Ratcliff and Obershelp, with the heuristics of difflib.SequenceMatcher. */
class $Matcher {
  constructor(b) {
    this.b = Array.from(b);
    this.b2j = new Map();
    this.b.forEach((c, j) => { const at = this.b2j.get(c); if (at) at.push(j); else this.b2j.set(c, [j]); });
    if (this.b.length >= 200) { const many = Math.floor(this.b.length / 100) + 1; for (const [c, at] of this.b2j) if (at.length > many) this.b2j.delete(c); }
    this.full = new Map();
    for (const c of this.b) this.full.set(c, (this.full.get(c) ?? 0) + 1);
  }
  longest(a, alo, ahi, blo, bhi) {
    let besti = alo, bestj = blo, size = 0, before = new Map();
    for (let i = alo; i < ahi; i++) {
      const now = new Map();
      for (const j of this.b2j.get(a[i]) ?? []) {
        if (j < blo) continue;
        if (j >= bhi) break;
        const k = (before.get(j - 1) ?? 0) + 1;
        now.set(j, k);
        if (k > size) [besti, bestj, size] = [i - k + 1, j - k + 1, k];
      }
      before = now;
    }
    while (besti > alo && bestj > blo && a[besti - 1] === this.b[bestj - 1]) { besti--; bestj--; size++; }
    while (besti + size < ahi && bestj + size < bhi && a[besti + size] === this.b[bestj + size]) size++;
    return [besti, bestj, size];
  }
  ratio(a) {
    let total = 0;
    const left = [[0, a.length, 0, this.b.length]];
    while (left.length) {
      const [alo, ahi, blo, bhi] = left.pop(), [i, j, k] = this.longest(a, alo, ahi, blo, bhi);
      if (!k) continue;
      total += k;
      if (alo < i && blo < j) left.push([alo, i, blo, j]);
      if (i + k < ahi && j + k < bhi) left.push([i + k, ahi, j + k, bhi]);
    }
    const n = a.length + this.b.length;
    return n ? (2 * total) / n : 1;
  }
  /** Two bounds from above, the cheap one first. */
  quick(a) {
    const n = a.length + this.b.length;
    const available = new Map();
    let hits = 0;
    for (const c of a) { const left = available.get(c) ?? this.full.get(c) ?? 0; available.set(c, left - 1); if (left > 0) hits++; }
    return [n ? (2 * Math.min(a.length, this.b.length)) / n : 1, n ? (2 * hits) / n : 1];
  }
}
const $difflib = {
  $get_close_matches: (word, possibilities, n = 3, cutoff = 0.6) => {
    const matcher = new $Matcher(word), found = [];
    for (const x of possibilities) {
      const a = Array.from(x);
      if (matcher.quick(a).every((bound) => bound >= cutoff)) { const score = matcher.ratio(a); if (score >= cutoff) found.push([score, x]); }
    }
    found.sort((p, q) => q[0] - p[0] || -$compare(p[1], q[1]));
    return found.slice(0, n).map((p) => p[1]);
  },
};
$sig($difflib.$get_close_matches, ["word", "possibilities", "n", "cutoff"]);

const $zlib = { $crc32: (bytes) => { let c = 0xffffffff; for (const byte of bytes) { c ^= byte; for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1; } return (c ^ 0xffffffff) >>> 0; } };
// of the clock the date alone is asked; a page has no environment
const $time = { $gmtime: (seconds) => new Date(seconds === undefined ? Date.now() : 1000 * seconds), $strftime: (format, at) => { if (format !== "%Y-%m-%d") throw new $ValueError(`no such format: ${format}`); return at.toISOString().slice(0, 10); } };
const $os = { $environ: new $Dict([]) };
