// --- lists -------------------------------------------------------------------------------------------------------------------

/** Methods of Python under their own names on values of JavaScript. */
function $methods(prototype, methods) {
  for (const [name, f] of Object.entries(methods)) Object.defineProperty(prototype, "$" + name, { value: f, writable: true, configurable: true });
}
$methods(Array.prototype, {
  append(x) { this.push(x); return null; },
  extend(xs) { if (xs === this) xs = [...xs]; for (const x of xs) this.push(x); return null; },
  insert(i, x) { this.splice(i < 0 ? Math.max(0, i + this.length) : i, 0, x); return null; },
  pop(i) {
    if (this.length === 0) throw new $IndexError("pop from empty list");
    if (i === undefined) return Array.prototype.pop.call(this);
    const x = $get(this, i);
    this.splice(i < 0 ? i + this.length : i, 1);
    return x;
  },
  remove(x) { const k = this.findIndex((y) => $eq(y, x)); if (k < 0) throw new $ValueError("list.remove(x): x not in list"); this.splice(k, 1); return null; },
  clear() { this.length = 0; return null; },
  copy() { return Array.from(this); },
  index(x, from, to) {
    const [a, b] = $bounds(this.length, from, to, 1);
    for (let k = a; k < b; k++) if ($eq(this[k], x)) return k;
    throw new $ValueError(`${$repr(x)} is not in ${this instanceof $Tuple ? "tuple" : "list"}`);
  },
  count(x) { let n = 0; for (const y of this) if ($eq(y, x)) n++; return n; },
  reverse() { Array.prototype.reverse.call(this); return null; },
  sort(key, reverse) { const sorted = $sorted(this, key, reverse); for (let k = 0; k < sorted.length; k++) this[k] = sorted[k]; return null; },
});
$sig(Array.prototype.$sort, ["key", "reverse"]);

// --- keys ----------------------------------------------------------------------------------------------------------------------

/** What a Map can hold in place of a key: the key itself, or a text that equal keys share. */
function $key(x) {
  switch (typeof x) {
    case "string": return x.charCodeAt(0) === 1 ? "\u0001s" + x : x;
    case "boolean": return Number(x);
    case "object":
      if (x === null) return null;
      if (x instanceof $Tuple) { let out = "\u0001("; for (const y of x) out += $part($key(y)); return out; }
      if (x.$__key__) return x.$__key__();
      if (x instanceof $Set && x.frozen) return "\u0001{" + [...x.m.keys()].map($part).sort().join("");
      if (Array.isArray(x) || x instanceof $Dict || x instanceof $Set || x.$unhashable) throw new $TypeError(`unhashable type: '${$typeName(x)}'`);
  }
  return x;
}
const $part = (k) => (typeof k === "string" ? k.length + "s" + k : typeof k === "number" ? k + "n" : k === null ? "N" : typeof k === "object" || typeof k === "function" ? $id(k) + "o" : String(k)) + ";";
const $plain = (k) => typeof k !== "string" || k.charCodeAt(0) !== 1;

/** A table; composite keys are kept beside the texts that stand for them. */
class $Dict {
  constructor(pairs) { this.m = new Map(); this.k = null; if (pairs) for (const [k, v] of pairs) this.$__setitem__(k, v); }
  static of(object) { const out = new this(); for (const k of Object.keys(object)) out.m.set(k, object[k]); return out; }
  /** From a source of pairs or another table, and keywords. */
  static $new(source, keywords) {
    const out = new $Dict();
    if (source !== undefined && source !== null) out.$update(source);
    if (keywords) out.$update(keywords);
    return out;
  }
  $__init__(source, keywords) { if (source) this.$update(source); if (keywords) this.$update(keywords); }
  put(k, key, v) { if (!$plain(k)) (this.k ??= new Map()).has(k) || this.k.set(k, key); this.m.set(k, v); }
  real(k) { return this.k !== null && !$plain(k) ? this.k.get(k) : k; }
  *[Symbol.iterator]() { if (this.k === null) yield* this.m.keys(); else for (const k of this.m.keys()) yield this.real(k); }
  $__len__() { return this.m.size; }
  $__contains__(key) { return this.m.has($key(key)); }
  $__getitem__(key) {
    const k = $key(key), v = this.m.get(k);
    if (v === undefined && !this.m.has(k)) return this.missing(key);
    return v;
  }
  missing(key) { throw new $KeyError(key); }
  $__setitem__(key, v) { this.put($key(key), key, v); }
  $__delitem__(key) { const k = $key(key); if (!this.m.delete(k)) throw new $KeyError(key); this.k?.delete(k); }
  $__eq__(other) {
    if (!(other instanceof $Dict) || other.m.size !== this.m.size) return false;
    for (const [k, v] of this.m) if (!other.m.has(k) || !$eq(v, other.m.get(k))) return false;
    return true;
  }
  $__or__(other) { const out = this.$copy(); out.$update(other); return out; }
  $__repr__() { return `{${[...this.$items()].map(([k, v]) => `${$repr(k)}: ${$repr(v)}`).join(", ")}}`; }
  get $unhashable() { return true; }
  $get(key, otherwise = null) { const v = this.m.get($key(key)); return v === undefined ? otherwise : v; }
  $keys() { return new $View(this, (k) => this.real(k)); }
  $values() { return new $View(this, (_, v) => v); }
  $items() { return new $View(this, (k, v) => $tuple([this.real(k), v])); }
  $setdefault(key, v = null) { const k = $key(key), old = this.m.get(k); if (old !== undefined) return old; this.put(k, key, v); return v; }
  $pop(key, otherwise) {
    const k = $key(key), v = this.m.get(k);
    if (v === undefined) { if (otherwise === undefined) throw new $KeyError(key); return otherwise; }
    this.m.delete(k); this.k?.delete(k);
    return v;
  }
  $popitem() { const items = [...this.$items()]; if (!items.length) throw new $KeyError("popitem(): dictionary is empty"); const last = items.at(-1); this.$__delitem__(last[0]); return last; }
  $update(source, keywords) {
    if (source instanceof $Kw) { for (const k of Object.keys(source.values)) this.$__setitem__(k, source.values[k]); }
    else if (source instanceof $Dict) for (const [k, v] of source.m) this.put(k, source.real(k), v);
    else if (source) for (const [k, v] of source.$keys ? [...source.$keys()].map((k) => [k, $get(source, k)]) : source) this.$__setitem__(k, v);
    if (keywords) this.$update(keywords);
    return null;
  }
  $clear() { this.m.clear(); this.k = null; return null; }
  $copy() { const out = new this.constructor(); out.factory = this.factory; out.m = new Map(this.m); out.k = this.k && new Map(this.k); return out; }
}
$sig($Dict.$new, [], true);
$sig($Dict.prototype.$update, [], true);

/** Keys, values or items of a table, as they are when they are read. */
class $View {
  constructor(dict, pick) { this.dict = dict; this.pick = pick; }
  *[Symbol.iterator]() { for (const [k, v] of this.dict.m) yield this.pick(k, v); }
  $__len__() { return this.dict.m.size; }
  $__contains__(x) { for (const y of this) if ($eq(x, y)) return true; return false; }
  $__eq__(other) { return $set_(this).$__eq__($set_(other)); }
  $__or__(other) { return $set_(this).$__or__($set_(other)); }
  $__and__(other) { return $set_(this).$__and__($set_(other)); }
  $__sub__(other) { return $set_(this).$__sub__($set_(other)); }
  $__xor__(other) { return $set_(this).$__xor__($set_(other)); }
  $isdisjoint(other) { return $set_(this).$isdisjoint(other); }
  $__repr__() { return `dict_view(${$repr([...this])})`; }
}

class $Set {
  constructor(items, frozen = false) { this.m = new Map(); this.frozen = frozen; if (items) for (const x of items) this.m.set($key(x), x); }
  [Symbol.iterator]() { return this.m.values(); }
  make(items) { return new $Set(items, this.frozen); }
  $__len__() { return this.m.size; }
  $__contains__(x) { return this.m.has($key(x)); }
  $__eq__(other) { if (!(other instanceof $Set) || other.m.size !== this.m.size) return false; for (const k of this.m.keys()) if (!other.m.has(k)) return false; return true; }
  $__repr__() { const all = `{${[...this].map($repr).join(", ")}}`; return this.frozen ? `frozenset(${this.m.size ? all : ""})` : this.m.size ? all : "set()"; }
  $__or__(other) { return this.$union(other); }
  $__and__(other) { return this.$intersection(other); }
  $__sub__(other) { return this.$difference(other); }
  $__xor__(other) { return this.$symmetric_difference(other); }
  $add(x) { this.m.set($key(x), x); return null; }
  $discard(x) { this.m.delete($key(x)); return null; }
  $remove(x) { if (!this.m.delete($key(x))) throw new $KeyError(x); return null; }
  $pop() { for (const [k, x] of this.m) { this.m.delete(k); return x; } throw new $KeyError("pop from an empty set"); }
  $clear() { this.m.clear(); return null; }
  $copy() { return this.make(this); }
  $update(...others) { for (const o of others) for (const x of o) this.$add(x); return null; }
  $intersection_update(...others) { const kept = this.$intersection(...others); this.m = kept.m; return null; }
  $difference_update(...others) { for (const o of others) for (const x of o) this.$discard(x); return null; }
  $union(...others) { const out = this.make(this); for (const o of others) for (const x of o) out.$add(x); return out; }
  $intersection(...others) { const sets = others.map($set_); return this.make([...this].filter((x) => sets.every((s) => s.$__contains__(x)))); }
  $difference(...others) { const sets = others.map($set_); return this.make([...this].filter((x) => !sets.some((s) => s.$__contains__(x)))); }
  $symmetric_difference(other) { const o = $set_(other); return this.make([...[...this].filter((x) => !o.$__contains__(x)), ...[...o].filter((x) => !this.$__contains__(x))]); }
  $isdisjoint(other) { for (const x of other) if (this.$__contains__(x)) return false; return true; }
  $issubset(other) { const o = $set_(other); return [...this].every((x) => o.$__contains__(x)); }
  $issuperset(other) { for (const x of other) if (!this.$__contains__(x)) return false; return true; }
}
const $set_ = (x) => (x instanceof $Set ? x : new $Set(x));

class $DefaultDict extends $Dict {
  constructor(factory = null, source) { super(); this.factory = factory; if (source) this.$update(source); }
  missing(key) { if (this.factory === null) throw new $KeyError(key); const v = this.factory(); this.$__setitem__(key, v); return v; }
}
class $Counter extends $Dict {
  constructor(source) { super(); if (source) this.$update(source); }
  missing() { return 0; }
  $update(source) { if (source instanceof $Dict) for (const [k, v] of source.$items()) this.$__setitem__(k, this.$get(k, 0) + v); else for (const x of source) this.$__setitem__(x, this.$get(x, 0) + 1); return null; }
  $most_common(n) { const all = $sorted([...this.$items()], (p) => p[1], true); return n === undefined || n === null ? all : all.slice(0, n); }
  $elements() { return [...this.$items()].flatMap(([k, n]) => Array(Math.max(0, n)).fill(k)); }
  $total() { return $sum(this.$values()); }
}
class $OrderedDict extends $Dict {
  constructor(source, keywords) { super(); if (source) this.$update(source); if (keywords) this.$update(keywords); }
}
$sig($OrderedDict, [], true);
class $Deque extends Array {
  static get [Symbol.species]() { return Array; }
  static make(items, maxlen = null) { const out = new $Deque(); out.most = maxlen; if (items) for (const x of items) out.$append(x); return out; }
  $append(x) { this.push(x); if (this.most !== null && this.length > this.most) this.shift(); return null; }
  $appendleft(x) { this.unshift(x); if (this.most !== null && this.length > this.most) this.length = this.most; return null; }
  $popleft() { if (!this.length) throw new $IndexError("pop from an empty deque"); return this.shift(); }
}

class $Range {
  constructor(start, stop, step) { [this.$start, this.$stop, this.$step] = stop === undefined ? [0, Number(start), 1] : [Number(start), Number(stop), step ?? 1]; }
  *[Symbol.iterator]() { const s = this.$step; for (let k = this.$start; s > 0 ? k < this.$stop : k > this.$stop; k += s) yield k; }
  $__len__() { return Math.max(0, Math.ceil((this.$stop - this.$start) / this.$step)); }
  $__contains__(x) { if (!$num(x)) return false; const k = (x - this.$start) / this.$step; return Number.isInteger(k) && k >= 0 && k < this.$__len__(); }
  $__getitem__(i) { if (i instanceof $Slice) return $slice([...this], i.$start, i.$stop, i.$step); const n = this.$__len__(), k = i < 0 ? i + n : i; if (k < 0 || k >= n) throw new $IndexError("range object index out of range"); return this.$start + k * this.$step; }
  $__eq__(other) { return other instanceof $Range && $eq([...this], [...other]); }
  $__repr__() { return this.$step === 1 ? `range(${this.$start}, ${this.$stop})` : `range(${this.$start}, ${this.$stop}, ${this.$step})`; }
}

// --- built-in functions --------------------------------------------------------------------------------------------------------

function $len(x) {
  if (typeof x === "string") return $size(x);
  if (Array.isArray(x)) return x.length;
  return x.$__len__();
}
function $sorted(items, key, reverse) {
  const list = [...items], keyed = key === undefined || key === null ? list.map((x) => [x, x]) : list.map((x) => [key(x), x]);
  const sign = $b(reverse ?? false) ? -1 : 1;
  keyed.sort((a, b) => sign * (typeof a[0] === "number" && typeof b[0] === "number" ? (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0) : $compare(a[0], b[0])));
  return keyed.map((p) => p[1]);
}
$sig($sorted, ["items", "key", "reverse"]);
function $extreme(args, key, otherwise, better, name) {
  const items = args.length === 1 ? args[0] : args;
  let best, bestKey, any = false;
  for (const x of items) {
    const k = key === undefined || key === null ? x : key(x);
    if (!any || better(k, bestKey)) { best = x; bestKey = k; any = true; }
  }
  if (any) return best;
  if (otherwise !== undefined) return otherwise;
  throw new $ValueError(`${name}() arg is an empty sequence`);
}
const $extremeOf = (name, better) => $sig((...args) => {
  const kw = args.at(-1) instanceof $Kw ? args.pop().values : {};
  return $extreme(args, kw.key, kw.default, better, name);
}, [], true);
const $max = $extremeOf("max", $gt), $min = $extremeOf("min", $lt);
function $sum(items, start = 0) { let total = start; for (const x of items) total = $add(total, x); return total; }
$sig($sum, ["items", "start"]);
function $any(items) { for (const x of items) if ($b(x)) return true; return false; }
function $all(items) { for (const x of items) if (!$b(x)) return false; return true; }
function* $enumerate(items, start = 0) { let k = start; for (const x of items) yield $tuple([k++, x]); }
$sig($enumerate, ["items", "start"]);
const $zip = $sig(function $zip(...lists) {
  const strict = lists.at(-1) instanceof $Kw ? lists.pop().values.strict : false;
  return (function* () {
    const its = lists.map((x) => x[Symbol.iterator]());
    while (its.length) {
      const steps = its.map((it) => it.next());
      if (steps.some((s) => s.done)) {
        if (strict && !steps.every((s) => s.done)) throw new $ValueError("zip() arguments have different lengths");
        return;
      }
      yield $tuple(steps.map((s) => s.value));
    }
  })();
}, [], true);
function $reversed(x) { return (x.$__reversed__ ? x.$__reversed__() : [...x].reverse())[Symbol.iterator](); }
function* $map(f, ...lists) { if (lists.length === 1) for (const x of lists[0]) yield f(x); else for (const xs of $zip(...lists)) yield f(...xs); }
function* $filter(f, items) { for (const x of items) if ($b(f === null ? x : f(x))) yield x; }
const $iter = (x) => x[Symbol.iterator]();
function $next(it, otherwise) {
  const step = it.next ? it.next() : { done: false, value: it.$__next__() };
  if (!step.done) return step.value;
  if (otherwise === undefined) throw new $StopIteration();
  return otherwise;
}
function $abs(x) { return x instanceof $Array ? x.map1(Math.abs) : Math.abs(x); }
function $divmod(a, b) { return $tuple([$floordiv(a, b), $mod(a, b)]); }
function $callable(x) { return typeof x === "function" || Boolean(x?.$__call__); }
function $getattr(x, name, otherwise) {
  const key = "$" + name;
  if (x !== null && x !== undefined && key in Object(x)) return $m(x, key);
  if (otherwise === undefined) throw new $AttributeError(`'${$typeName(x)}' object has no attribute '${name}'`);
  return otherwise;
}
const $hasattr = (x, name) => x !== null && "$" + name in Object(x);
function $setattr(x, name, value) { x["$" + name] = value; return null; }
function $print(...args) { if (args.at(-1) instanceof $Kw) args.pop(); console.log(args.map($str).join(" ")); return null; }

// --- types ---------------------------------------------------------------------------------------------------------------------

function $typeName(x) {
  if (x === null || x === undefined) return "NoneType";
  switch (typeof x) { case "string": return "str"; case "boolean": return "bool"; case "number": return Number.isInteger(x) ? "int" : "float"; case "function": return "function"; }
  const c = x.constructor;
  if (c === Array) return "list";
  return { $Tuple: "tuple", $Dict: "dict", $Set: x.frozen ? "frozenset" : "set", $Range: "range" }[c.name] ?? c.$__name__ ?? c.name;
}
const $list = (items) => (items === undefined ? [] : Array.from(items)), $tupleOf = (items) => (items === undefined ? $tuple([]) : items instanceof $Tuple && items.constructor === $Tuple ? items : $tuple(Array.from(items)));
const $dict = $Dict.$new, $setOf = (items) => new $Set(items), $frozenset = (items) => new $Set(items, true);
function $object() { return new $Object(); }
const $fromkeys = (keys, v = null) => { const out = new $Dict(); for (const k of keys) out.$__setitem__(k, v); return out; };
$dict.$fromkeys = $fromkeys;

/** Checks of isinstance for types that are no classes here. */
const $checks = new Map([
  [$list, (x) => Array.isArray(x) && !(x instanceof $Tuple) && !(x instanceof $Deque)], [$tupleOf, (x) => x instanceof $Tuple], [$dict, (x) => x instanceof $Dict],
  [$setOf, (x) => x instanceof $Set && !x.frozen], [$frozenset, (x) => x instanceof $Set && x.frozen], [$object, () => true],
]);
function $isinstance(x, type) {
  if (Array.isArray(type)) return type.some((t) => $isinstance(x, t));
  if (type === null) return x === null;
  const check = $checks.get(type);
  return check ? check(x) : x instanceof type;
}
const $issubclass = (a, b) => Array.isArray(b) ? b.some((t) => $issubclass(a, t)) : a === b || a.prototype instanceof b;
function $type(x) {
  switch (typeof x) { case "string": return $str; case "boolean": return $bool; case "number": return Number.isInteger(x) ? $int : $float; }
  if (x === null) return $NoneType;
  if (x.constructor === Array) return $list;
  return { $Tuple: $tupleOf, $Dict: $dict, $Set: x.frozen ? $frozenset : $setOf }[x.constructor.name] ?? x.constructor;
}
function $NoneType() { return null; }

/** Abstract types of collections.abc and numbers. */
const $abc = {};
const $abstract = (name, check) => { $abc[name] = { [name]: function () {} }[name]; $checks.set($abc[name], check); };
$abstract("Mapping", (x) => x instanceof $Dict);
$abstract("MutableMapping", (x) => x instanceof $Dict);
$abstract("Sequence", (x) => Array.isArray(x) || typeof x === "string" || x instanceof $Range);
$abstract("MutableSequence", (x) => Array.isArray(x) && !(x instanceof $Tuple));
$abstract("Set", (x) => x instanceof $Set);
$abstract("Iterable", (x) => x !== null && x !== undefined && typeof x[Symbol.iterator] === "function");
$abstract("Iterator", (x) => typeof x?.next === "function");
$abstract("Collection", (x) => Array.isArray(x) || typeof x === "string" || Boolean(x?.$__len__));
$abstract("Sized", (x) => Array.isArray(x) || typeof x === "string" || Boolean(x?.$__len__));
$abstract("Callable", (x) => $callable(x));
$abstract("Hashable", (x) => !(Array.isArray(x) && !(x instanceof $Tuple)) && !x?.$unhashable);
$abstract("Number", (x) => typeof x === "number" || typeof x === "boolean");
$abstract("Real", (x) => typeof x === "number" || typeof x === "boolean");
$abstract("Integral", (x) => Number.isInteger(x) || typeof x === "boolean");

// --- records -------------------------------------------------------------------------------------------------------------------

/** Equality, order, text and keys of a dataclass; fields are [name, compare, shown]. */
function $dataclass(made, fields, { eq = true, frozen = false, order = false, shown = true } = {}) {
  const own = (made.$fields = fields); made.prototype.$__slots__ = $tuple(fields.map((f) => f[0]));
  const compared = own.filter((f) => f[1]).map((f) => "$" + f[0]), p = made.prototype, has = (n) => Object.hasOwn(p, n);
  const values = (x) => $tuple(compared.map((n) => x[n]));
  if (eq && !has("$__eq__")) $methods(p, { __eq__(other) { return other?.constructor === this.constructor && compared.every((n) => $eq(this[n], other[n])); } });
  if (eq && frozen) $methods(p, { __key__() { let out = `\u0001<${$id(this.constructor)}`; for (const n of compared) out += $part($key(this[n])); return out; } });
  if (eq && !frozen) Object.defineProperty(p, "$unhashable", { value: true });
  if (order) {
    $methods(p, { __lt__(other) { return $compare(values(this), values(other)) < 0; } });
  }
  if (shown && !has("$__repr__")) $methods(p, { __repr__() { return `${made.$__name__}(${own.filter((f) => f[2]).map((f) => `${f[0]}=${$repr(this["$" + f[0]])}`).join(", ")})`; } });
  return made;
}
function $replace(x, keywords) {
  if (x.constructor.$named) return x.$_replace(keywords);
  const values = keywords instanceof $Kw ? keywords.values : keywords ?? {};
  const copy = Object.create(Object.getPrototypeOf(x));
  for (const [name] of x.constructor.$fields) copy["$" + name] = name in values ? values[name] : x["$" + name];
  for (const name of Object.keys(values)) if (!x.constructor.$fields.some((f) => f[0] === name)) throw new $TypeError(`${x.constructor.$__name__} has no field ${name}`);
  copy.$__post_init__?.();
  return copy;
}
$sig($replace, [], true);
function $asdict(x) {
  if (Array.isArray(x)) return x instanceof $Tuple ? $tuple(Array.from(x, $asdict)) : x.map($asdict);
  if (x instanceof $Dict) return new $Dict([...x.$items()].map(([k, v]) => [k, $asdict(v)]));
  if (x?.constructor?.$fields && !x.constructor.$named) return new $Dict(x.constructor.$fields.map(([n]) => [n, $asdict(x["$" + n])]));
  return x;
}
const $astuple = (x) => $tuple(x.constructor.$fields.map(([n]) => x["$" + n]));
const $fields = (x) => $tuple(($isClass(x) ? x : x.constructor).$fields.map(([n]) => ({ $name: n })));

/** A tuple whose places have names. */
function $namedtuple(made, names) {
  made.$named = true;
  made.$fields = names.map((n) => [n, true, true]);
  made.$_fields = $tuple(names);
  names.forEach((n, k) => Object.defineProperty(made.prototype, "$" + n, { get() { return this[k]; } }));
  $methods(made.prototype, {
    _replace(keywords) { const v = keywords instanceof $Kw ? keywords.values : {}; return new made(...names.map((n, k) => (n in v ? v[n] : this[k]))); },
    _asdict() { return new $Dict(names.map((n, k) => [n, this[k]])); },
    __repr__() { return `${made.$__name__}(${names.map((n, k) => `${n}=${$repr(this[k])}`).join(", ")})`; },
  });
  $sig(made.prototype.$_replace, [], true);
  return made;
}

/** Members of an enumeration, in order. */
function $enum(made, members, kind = "Enum") {
  const list = [], byValue = new $Dict();
  for (const [name, value] of members) {
    let member = byValue.$get(value);
    if (member === null) {
      const bare = kind === "StrEnum" || kind === "IntFlag";
      member = bare ? value : Object.create(made.prototype);
      if (!bare) { member.$name = name; member.$value = value; }
      byValue.$__setitem__(value, member);
      list.push(member);
    }
    made["$" + name] = member;
  }
  made.$members = list;
  made[Symbol.iterator] = () => list[Symbol.iterator]();
  made.$__len__ = () => list.length;
  made.$__contains__ = (x) => list.includes(x) || byValue.$__contains__(x);
  made.$__getitem__ = (name) => { if (!members.some((m) => m[0] === name)) throw new $KeyError(name); return made["$" + name]; };
  made.$__call__ = (value) => { const m = list.includes(value) || kind === "IntFlag" ? value : byValue.$get(value); if (m === null) throw new $ValueError(`${$repr(value)} is not a valid ${made.$__name__}`); return m; };
  if (kind === "IntFlag") $checks.set(made, (x) => Number.isInteger(x));
  else if (kind === "StrEnum") $checks.set(made, (x) => list.includes(x));
  else $methods(made.prototype, { __repr__() { return `<${made.$__name__}.${this.$name}: ${$repr(this.$value)}>`; }, __str__() { return kind === "IntEnum" ? $str(this.$value) : `${made.$__name__}.${this.$name}`; } });
  if (kind === "IntEnum") {
    made.prototype.valueOf = function () { return this.$value; };
    const v = (x) => (typeof x === "object" && x !== null ? x.$value : x);
    $methods(made.prototype, { __lt__(o) { return this.$value < v(o); }, __eq__(o) { return this.$value === v(o); }, __add__(o) { return this.$value + v(o); }, __sub__(o) { return this.$value - v(o); }, __key__() { return this.$value; } });
  }
  return made;
}
/** An instance with given attributes, as written by the translator. */
function $instance(made, attributes) {
  const out = Object.create(made.prototype);
  for (const [name, value] of Object.entries(attributes)) Object.defineProperty(out, name, { value, writable: true, enumerable: true, configurable: true });
  return out;
}
const $Ellipsis = { $__repr__: () => "Ellipsis" };
class $Record { $__str__() { return $repr(this); } }
$Record.$isClass = true;
$Dict.$isClass = true;
const $u = undefined;
