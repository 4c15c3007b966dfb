// --- arrays of numpy -----------------------------------------------------------------------------------------------------------
// Always contiguous, always 64-bit floats inside; `type` says what they stand for: "f" float, "i" int, "b" bool. Slices are copies.

class $Array {
  constructor(data, shape, type = "f") { this.data = data; this.shape = shape; this.type = type; }
  static zeros(shape, type = "f", fill = 0) { const data = new Float64Array(shape.reduce((a, b) => a * b, 1)); if (fill) data.fill(fill); return new $Array(data, shape, type); }
  /** Anything as an array. */
  static of(x) {
    if (x instanceof $Array) return x;
    if (typeof x === "number") return new $Array(Float64Array.of(x), [], Number.isInteger(x) ? "i" : "f");
    if (typeof x === "boolean") return new $Array(Float64Array.of(Number(x)), [], "b");
    if (typeof x === "string") throw new $TypeError("arrays of text are not carried");
    if (x === null) throw new $TypeError("None is no number");
    const items = [...x].map($Array.of);
    if (!items.length) return new $Array(new Float64Array(0), [0]);
    const shape = items[0].shape, size = items[0].data.length, data = new Float64Array(size * items.length);
    items.forEach((item, k) => { if (item.shape.join() !== shape.join()) throw new $ValueError("inhomogeneous shape"); data.set(item.data, k * size); });
    return new $Array(data, [items.length, ...shape], items.some((i) => i.type === "f") ? "f" : items.some((i) => i.type === "i") ? "i" : "b");
  }
  /** A number for an array without axes. */
  get out() { return this.shape.length ? this : this.scalar(0); }
  scalar(k) { return this.type === "b" ? this.data[k] !== 0 : this.data[k]; }
  map1(f, type = "f") { const out = new Float64Array(this.data.length), d = this.data; for (let k = 0; k < out.length; k++) out[k] = f(d[k]); return new $Array(out, this.shape, type); }

  static shapes(...shapes) {
    const n = Math.max(0, ...shapes.map((s) => s.length)), out = [];
    for (let k = 0; k < n; k++) {
      let size = 1;
      for (const s of shapes) {
        const m = s[s.length - n + k] ?? 1;
        if (m !== 1 && size !== 1 && m !== size) throw new $ValueError(`operands could not be broadcast together with shapes ${shapes.map((x) => `(${x.join(",")})`).join(" ")}`);
        if (m !== 1) size = m;
      }
      out.push(size);
    }
    return out;
  }
  /** Steps of an array through a wider shape; 0 along what is repeated. */
  static steps(shape, wide) {
    const out = new Array(wide.length).fill(0);
    for (let k = shape.length - 1, size = 1; k >= 0; k--) { if (shape[k] !== 1) out[k + wide.length - shape.length] = size; size *= shape[k]; }
    return out;
  }
  static binary(x, y, f, logical = false) {
    const a = $Array.of(x), b = $Array.of(y), p = a.data, q = b.data, type = logical && a.type === "b" && b.type === "b" ? "b" : a.type === "f" || b.type === "f" ? "f" : "i";
    if (a.shape.length === b.shape.length && a.shape.every((n, k) => n === b.shape[k])) {
      const out = new Float64Array(p.length);
      for (let k = 0; k < out.length; k++) out[k] = f(p[k], q[k]);
      return new $Array(out, a.shape, type).out;
    }
    if (q.length === 1 && b.shape.length <= a.shape.length) { const v = q[0], out = new Float64Array(p.length); for (let k = 0; k < out.length; k++) out[k] = f(p[k], v); return new $Array(out, a.shape, type).out; }
    if (p.length === 1 && a.shape.length <= b.shape.length) { const v = p[0], out = new Float64Array(q.length); for (let k = 0; k < out.length; k++) out[k] = f(v, q[k]); return new $Array(out, b.shape, type).out; }
    const shape = $Array.shapes(a.shape, b.shape), n = shape.length, s = $Array.steps(a.shape, shape), t = $Array.steps(b.shape, shape);
    const out = new Float64Array(shape.reduce((u, v) => u * v, 1)), last = shape[n - 1], s1 = s[n - 1], t1 = t[n - 1], at = new Array(n).fill(0);
    for (let k = 0, i = 0, j = 0; k < out.length; ) {
      for (let m = 0; m < last; m++) out[k++] = f(p[i + m * s1], q[j + m * t1]);
      for (let d = n - 2; d >= 0; d--) {
        i += s[d]; j += t[d];
        if (++at[d] < shape[d]) break;
        i -= s[d] * shape[d]; j -= t[d] * shape[d]; at[d] = 0;
      }
    }
    return new $Array(out, shape, type);
  }
  static compare(x, y, f) {
    if (typeof x === "string" || typeof y === "string" || x === null || y === null) return f === undefined;
    const out = $Array.binary(x, y, f);
    if (out instanceof $Array) { out.type = "b"; return out; }
    return Boolean(out);
  }
  broadcast(shape) {
    if (this.shape.join() === shape.join()) return this;
    const s = $Array.steps(this.shape, shape), out = $Array.zeros(shape, this.type), n = shape.length, at = new Array(n).fill(0);
    if ($Array.shapes(this.shape, shape).join() !== shape.join()) throw new $ValueError("cannot broadcast");
    for (let k = 0, i = 0; k < out.data.length; k++) {
      out.data[k] = this.data[i];
      for (let d = n - 1; d >= 0; d--) { i += s[d]; if (++at[d] < shape[d]) break; i -= s[d] * shape[d]; at[d] = 0; }
    }
    return out;
  }

  // --- along an axis ---------------------------------------------------------------------------------------------------------
  axis(k) { const n = this.shape.length, axis = k < 0 ? k + n : k; if (axis < 0 || axis >= n) throw new $IndexError(`axis ${k} is out of bounds`); return axis; }
  /** Every line along an axis goes through f(data, start, step, n); the answers have that axis left out. */
  along(axis, keep, f, type) {
    if (axis === null || axis === undefined) { const v = f(this.data, 0, 1, this.data.length); return keep ? new $Array(Float64Array.of(v), this.shape.map(() => 1), type) : type === "b" ? Boolean(v) : v; }
    if (Array.isArray(axis)) {
      const axes = axis.map((k) => this.axis(k)), kept = this.shape.map((_, k) => k).filter((k) => !axes.includes(k)), order = [...kept, ...axes];
      const moved = this.transpose(order), flat = new $Array(moved.data, [...kept.map((k) => this.shape[k]), axes.reduce((n, k) => n * this.shape[k], 1)], this.type), out = flat.along(-1, false, f, type);
      return keep ? new $Array($Array.of(out).data, this.shape.map((n, k) => (axes.includes(k) ? 1 : n)), type) : out;
    }
    const a = this.axis(axis), n = this.shape[a], step = this.shape.slice(a + 1).reduce((u, v) => u * v, 1), outer = this.shape.slice(0, a).reduce((u, v) => u * v, 1);
    const out = new Float64Array(outer * step);
    for (let o = 0, k = 0; o < outer; o++) for (let i = 0; i < step; i++) out[k++] = f(this.data, o * n * step + i, step, n);
    const shape = this.shape.slice();
    if (keep) shape[a] = 1; else shape.splice(a, 1);
    return new $Array(out, shape, type).out;
  }
  $sum(axis, keepdims) {
    const type = this.type === "b" ? "i" : this.type, n = this.shape.length;
    if (typeof axis !== "number" || (n && this.shape.at(-1) > 7 && this.axis(axis) === n - 1)) return this.along(axis, keepdims, $sumLine, type);
    return this.fold(axis, keepdims, type, (out, d, o, m, step) => {
      if (step === 1) { let sum = d[o * m]; for (let k = 1; k < m; k++) sum += d[o * m + k]; out[o] = sum; return; }
      for (let i = 0; i < step; i++) out[o * step + i] = d[o * m * step + i];
      for (let k = 1; k < m; k++) { const from = (o * m + k) * step, to = o * step; for (let i = 0; i < step; i++) out[to + i] += d[from + i]; }
    });
  }
  /** Every block before an axis folded into `out` by f(out, data, block, n, step). */
  fold(axis, keep, type, f) {
    const a = this.axis(axis), n = this.shape[a], step = this.shape.slice(a + 1).reduce((u, v) => u * v, 1), outer = this.shape.slice(0, a).reduce((u, v) => u * v, 1), out = new Float64Array(outer * step);
    if (n) for (let o = 0; o < outer; o++) f(out, this.data, o, n, step);
    const shape = this.shape.slice();
    if (keep) shape[a] = 1; else shape.splice(a, 1);
    return new $Array(out, shape, type).out;
  }
  $max(axis, keepdims) { return this.along(axis, keepdims, (d, s, t, n) => { if (!n) throw new $ValueError("zero-size array to reduction operation maximum which has no identity"); let m = d[s]; for (let k = 1; k < n; k++) { const v = d[s + k * t]; if (v > m || v !== v) m = v; } return m; }, this.type); }
  $min(axis, keepdims) { return this.along(axis, keepdims, (d, s, t, n) => { let m = d[s]; for (let k = 1; k < n; k++) { const v = d[s + k * t]; if (v < m || v !== v) m = v; } return m; }, this.type); }
  $mean(axis, keepdims) { return this.along(axis, keepdims, (d, s, t, n) => $sumLine(d, s, t, n) / n, "f"); }
  $prod(axis, keepdims) { return this.along(axis, keepdims, (d, s, t, n) => { let m = 1; for (let k = 0; k < n; k++) m *= d[s + k * t]; return m; }, this.type); }
  $argmax(axis) { return this.along(axis, false, (d, s, t, n) => { let m = 0; for (let k = 1; k < n; k++) if (d[s + k * t] > d[s + m * t]) m = k; return m; }, "i"); }
  $argmin(axis) { return this.along(axis, false, (d, s, t, n) => { let m = 0; for (let k = 1; k < n; k++) if (d[s + k * t] < d[s + m * t]) m = k; return m; }, "i"); }
  $any(axis, keepdims) { return this.along(axis, keepdims, (d, s, t, n) => { for (let k = 0; k < n; k++) if (d[s + k * t]) return 1; return 0; }, "b"); }
  $all(axis, keepdims) { return this.along(axis, keepdims, (d, s, t, n) => { for (let k = 0; k < n; k++) if (!d[s + k * t]) return 0; return 1; }, "b"); }
  /** Every line along an axis replaced by f(line). */
  lines(axis, f, type = this.type) {
    const a = this.axis(axis), n = this.shape[a], step = this.shape.slice(a + 1).reduce((u, v) => u * v, 1), outer = this.shape.slice(0, a).reduce((u, v) => u * v, 1);
    let out = null, m = n;
    for (let o = 0; o < outer; o++)
      for (let i = 0; i < step; i++) {
        const line = new Float64Array(n);
        for (let k = 0; k < n; k++) line[k] = this.data[(o * n + k) * step + i];
        const made = f(line);
        if (out === null) { m = made.length; out = new Float64Array(outer * m * step); }
        for (let k = 0; k < m; k++) out[(o * m + k) * step + i] = made[k];
      }
    const shape = this.shape.slice();
    shape[a] = m;
    return new $Array(out ?? new Float64Array(0), shape, type);
  }
  $cumsum(axis) { if (axis === undefined || axis === null) return new $Array(this.data, [this.data.length], this.type).$cumsum(0); return this.lines(axis, (x) => { for (let k = 1; k < x.length; k++) x[k] += x[k - 1]; return x; }); }
  $argsort(axis = -1) { return this.lines(axis, (x) => Float64Array.from([...x.keys()].sort((i, j) => (x[i] < x[j] ? -1 : x[i] > x[j] ? 1 : i - j))), "i"); }

  // --- shapes ----------------------------------------------------------------------------------------------------------------
  get $shape() { return $tuple([...this.shape]); }
  get $ndim() { return this.shape.length; }
  get $size() { return this.data.length; }
  get $T() { return this.transpose(this.shape.map((_, k) => this.shape.length - 1 - k)); }
  transpose(order) {
    const shape = order.map((k) => this.shape[k]), own = $Array.steps(this.shape.map((n) => n), this.shape).map((s, k) => (this.shape[k] === 1 ? 0 : s)), s = order.map((k) => own[k]), out = $Array.zeros(shape, this.type), n = shape.length, at = new Array(n).fill(0);
    for (let k = 0, i = 0; k < out.data.length; k++) {
      out.data[k] = this.data[i];
      for (let d = n - 1; d >= 0; d--) { i += s[d]; if (++at[d] < shape[d]) break; i -= s[d] * shape[d]; at[d] = 0; }
    }
    return out;
  }
  $transpose(...order) { return order.length ? this.transpose(order.length === 1 && Array.isArray(order[0]) ? order[0] : order) : this.$T; }
  $swapaxes(a, b) { const order = this.shape.map((_, k) => k); a = this.axis(a); b = this.axis(b); [order[a], order[b]] = [order[b], order[a]]; return this.transpose(order); }
  $reshape(...shape) {
    if (shape.length === 1 && Array.isArray(shape[0])) shape = [...shape[0]];
    const open = shape.indexOf(-1);
    if (open >= 0) shape = shape.map((n, k) => (k === open ? this.data.length / shape.reduce((u, v, j) => (j === open ? u : u * v), 1) : n));
    if (shape.reduce((u, v) => u * v, 1) !== this.data.length) throw new $ValueError(`cannot reshape array of size ${this.data.length} into shape (${shape})`);
    return new $Array(this.data.slice(), shape, this.type);
  }
  $ravel() { return this.$reshape(-1); }
  $flatten() { return this.$reshape(-1); }
  $squeeze(axis) { const a = axis === undefined ? null : this.axis(axis); return new $Array(this.data.slice(), this.shape.filter((n, k) => (a === null ? n !== 1 : k !== a)), this.type).out; }
  $copy() { return new $Array(this.data.slice(), [...this.shape], this.type); }
  $astype(type) { const t = type === $int ? "i" : type === $bool ? "b" : "f"; return new $Array(t === "i" ? this.data.map(Math.trunc) : t === "b" ? this.data.map((x) => (x ? 1 : 0)) : this.data.slice(), [...this.shape], t); }
  $clip(low, high) { return $np.$clip(this, low, high); }
  $repeat(n, axis) { return $np.$repeat(this, n, axis); }
  $round(n) { return this.map1((x) => $round(x, n)); }
  $item() { return this.scalar(0); }
  $searchsorted(values, side) { return $np.$searchsorted(this, values, side); }
  $dot(other) { return $matmul(this, other); }
  $fill(v) { this.data.fill(v); return null; }
  $tolist() { return this.plain(); }
  plain() { const walk = (d, at) => { if (d === this.shape.length) return this.scalar(at); const n = this.shape[d], step = this.shape.slice(d + 1).reduce((u, v) => u * v, 1); return Array.from({ length: n }, (_, k) => walk(d + 1, at + k * step)); }; return walk(0, 0); }
  $__len__() { if (!this.shape.length) throw new $TypeError("len() of unsized object"); return this.shape[0]; }
  $__float__() { return this.data[0]; }
  $__int__() { return Math.trunc(this.data[0]); }
  $__bool__() { if (this.data.length !== 1) throw new $ValueError("The truth value of an array with more than one element is ambiguous"); return this.data[0] !== 0; }
  $__contains__(x) { return this.data.includes(Number(x)); }
  $__repr__() { return `array(${$repr(this.plain())})`; }
  get $unhashable() { return true; }
  *[Symbol.iterator]() { for (let k = 0; k < this.shape[0]; k++) yield this.$__getitem__(k); }

  // --- indices ---------------------------------------------------------------------------------------------------------------
  /** Places and shape that an index picks. */
  pick(index) {
    let parts = Array.isArray(index) && index instanceof $Tuple ? [...index] : [index];
    // a boolean array stands for the places where it is true
    parts = parts.flatMap((p) => {
      if (Array.isArray(p)) p = $Array.of(p);
      if (!(p instanceof $Array)) return [p];
      if (p.type !== "b") return [p];
      const hits = [];
      for (let k = 0; k < p.data.length; k++) if (p.data[k]) hits.push(k);
      let size = p.data.length;
      return p.shape.map((n) => { size /= n; const step = size; return new $Array(Float64Array.from(hits, (k) => Math.floor(k / step) % n), [hits.length], "i"); });
    });
    const used = parts.filter((p) => p !== null && p !== $Ellipsis).length, missing = this.shape.length - used;
    if (missing < 0) throw new $IndexError("too many indices for array");
    const at = parts.indexOf($Ellipsis), all = Array.from({ length: missing }, () => new $Slice(null, null, null));
    parts = at >= 0 ? [...parts.slice(0, at), ...all, ...parts.slice(at + 1)] : [...parts, ...all];
    const fancy = parts.some((p) => p instanceof $Array), steps = [];
    for (let k = this.shape.length - 1, size = 1; k >= 0; k--) { steps[k] = size; size *= this.shape[k]; }
    // every part becomes places along one axis of the answer; arrays share theirs
    const dims = [], arrays = [];
    let axis = 0, base = 0;
    for (const p of parts) {
      if (p === null) { dims.push(Int32Array.of(0)); continue; }
      const n = this.shape[axis], step = steps[axis++];
      if (p instanceof $Slice) { const [a, b, s] = $bounds(n, p.$start, p.$stop, p.$step), places = []; for (let k = a; s > 0 ? k < b : k > b; k += s) places.push(k * step); dims.push(Int32Array.from(places)); }
      else if (p instanceof $Array) { arrays.push([dims.length, p, n, step]); dims.push("fancy"); }
      else { const k = p < 0 ? Number(p) + n : Number(p); if (k < 0 || k >= n) throw new $IndexError(`index ${p} is out of bounds for axis with size ${n}`); if (fancy) { arrays.push([dims.length, $Array.of(k), n, step]); dims.push("fancy"); } else base += k * step; }
    }
    let shape = [], lists = dims;
    if (arrays.length) {
      const wide = $Array.shapes(...arrays.map((a) => a[1].shape)), count = wide.reduce((u, v) => u * v, 1), places = new Int32Array(count);
      for (const [, a, n, step] of arrays) { const b = a.broadcast(wide).data; for (let k = 0; k < count; k++) { const v = b[k] < 0 ? b[k] + n : b[k]; if (v < 0 || v >= n) throw new $IndexError(`index ${b[k]} is out of bounds for axis with size ${n}`); places[k] += v * step; } }
      const first = arrays[0][0], last = arrays.at(-1)[0], together = last - first + 1 === arrays.length, rest = dims.filter((d) => d !== "fancy"), before = together ? dims.slice(0, first).filter((d) => d !== "fancy").length : 0;
      lists = [...rest.slice(0, before), places, ...rest.slice(before)];
      shape = [...rest.slice(0, before).map((d) => d.length), ...wide, ...rest.slice(before).map((d) => d.length)];
    } else shape = dims.map((d) => d.length);
    let places = Int32Array.of(base);
    for (const list of lists) {
      const out = new Int32Array(places.length * list.length);
      for (let k = 0, j = 0; k < places.length; k++) for (let i = 0; i < list.length; i++) out[j++] = places[k] + list[i];
      places = out;
    }
    return [places, shape];
  }
  /** What new axes and leading numbers give without copying; null for other indices. */
  view(index) {
    const parts = index instanceof $Tuple ? index : [index], n = this.shape.length;
    let data = this.data, axis = 0, used = 0, open = false;
    const shape = [];
    for (const p of parts) if (p !== null && p !== $Ellipsis) used++;
    for (const p of parts) {
      if (p === null) shape.push(1);
      else if (p === $Ellipsis) { open = true; for (let k = n - used; k > 0; k--) shape.push(this.shape[axis++]); }
      else if (p instanceof $Slice && p.$start === null && p.$stop === null && p.$step === null) shape.push(this.shape[axis++]);
      else if (typeof p === "number" && axis === 0 && shape.length === 0 && !open) {
        const m = this.shape[0], k = p < 0 ? p + m : p, size = m ? data.length / m : 0;
        if (k < 0 || k >= m) throw new $IndexError(`index ${p} is out of bounds for axis with size ${m}`);
        if (parts.length > 1) return null;
        data = data.subarray(k * size, (k + 1) * size);
        axis++;
      } else return null;
    }
    while (axis < n) shape.push(this.shape[axis++]);
    return new $Array(data, shape, this.type).out;
  }
  $__getitem__(index) {
    if (typeof index === "number" && this.shape.length === 1) { const k = index < 0 ? index + this.data.length : index; if (k < 0 || k >= this.data.length) throw new $IndexError(`index ${index} is out of bounds`); return this.scalar(k); }
    const seen = this.view(index);
    if (seen !== null) return seen;
    const [places, shape] = this.pick(index), out = new Float64Array(places.length);
    for (let k = 0; k < out.length; k++) out[k] = this.data[places[k]];
    return new $Array(out, shape, this.type).out;
  }
  $__setitem__(index, value) {
    const [places, shape] = this.pick(index), v = $Array.of(value);
    if (v.data.length === 1) { for (const p of places) this.data[p] = v.data[0]; return; }
    const from = v.broadcast(shape).data;
    for (let k = 0; k < places.length; k++) this.data[places[k]] = from[k];
  }
}
for (const name of ["sum", "max", "min", "mean", "prod", "any", "all"]) $sig($Array.prototype["$" + name], ["axis", "keepdims"]);
for (const name of ["argmax", "argmin", "cumsum", "argsort"]) $sig($Array.prototype["$" + name], name === "argsort" ? ["axis", "kind"] : ["axis"]);
$sig($Array.prototype.$clip, ["a_min", "a_max"]);
$sig($Array.prototype.$squeeze, ["axis"]);
$sig($Array.prototype.$astype, ["dtype"]);
$sig($Array.prototype.$searchsorted, ["v", "side"]);
$Array.$__name__ = "ndarray";

/** Pairwise sum in blocks, as numpy adds along contiguous lines; one after the other across lines. */
function $sumLine(d, start, step, n) {
  if (step !== 1 || n < 8) { let sum = n ? d[start] : 0; for (let k = 1; k < n; k++) sum += d[start + k * step]; return sum; }
  if (n <= 128) {
    const r = [0, 1, 2, 3, 4, 5, 6, 7].map((k) => d[start + k]);
    let k = 8;
    for (; k < n - (n % 8); k += 8) for (let j = 0; j < 8; j++) r[j] += d[start + k + j];
    let sum = r[0] + r[1] + (r[2] + r[3]) + (r[4] + r[5] + (r[6] + r[7]));
    for (; k < n; k++) sum += d[start + k];
    return sum;
  }
  let half = n >> 1;
  half -= half % 8;
  return $sumLine(d, start, 1, half) + $sumLine(d, start + half, 1, n - half);
}
function $matmul(x, y) {
  const a = $Array.of(x), b = $Array.of(y), p = a.shape.length === 1 ? 1 : a.shape.at(-2), n = a.shape.at(-1), q = b.shape.length === 1 ? 1 : b.shape.at(-1);
  if (a.shape.length > 2 || b.shape.length > 2) throw new $ValueError("matmul of more than two axes is not carried");
  const out = new Float64Array(p * q);
  for (let i = 0; i < p; i++) for (let j = 0; j < q; j++) { let sum = 0; for (let k = 0; k < n; k++) sum += a.data[i * n + k] * b.data[k * q + j]; out[i * q + j] = sum; }
  return new $Array(out, [...a.shape.slice(0, -1), ...b.shape.slice(1)]).out;
}
