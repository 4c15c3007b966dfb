// --- functions of numpy --------------------------------------------------------------------------------------------------------

const $ufunc = (f, type = "f") => (x) => (x instanceof $Array ? x.map1(f, type) : Array.isArray(x) ? $Array.of(x).map1(f, type) : type === "b" ? Boolean(f(Number(x))) : f(Number(x)));
const $two = (f) => (x, y) => (x instanceof $Array || y instanceof $Array || Array.isArray(x) || Array.isArray(y) ? $Array.binary(x, y, f) : f(x, y));
const $shaped = (shape) => (typeof shape === "number" ? [shape] : [...shape]);
/** The steps of values a <= x < b. */
const $sorted_at = (list, x, right) => { let low = 0, high = list.length; while (low < high) { const mid = (low + high) >> 1; if (right ? list[mid] <= x : list[mid] < x) low = mid + 1; else high = mid; } return low; };
const $method = (name) => $sig((x, ...rest) => $Array.of(x)["$" + name](...rest), ["a", ...($Array.prototype["$" + name].$names ?? [])]);

const $np = {
  $inf: Infinity, $nan: NaN, $pi: Math.PI, $newaxis: null, $float64: $float, $intp: $int, $int64: $int, $bool_: $bool, $floating: $float, $integer: $int, $ndarray: $Array,
  $exp: $mapped_exp, $log: $mapped_log, $log2: $mapped_log2, $log10: $ufunc(Math.log10), $log1p: $ufunc(Math.log1p), $expm1: $ufunc(Math.expm1), $sqrt: $ufunc(Math.sqrt), $abs: $ufunc(Math.abs),
  $floor: $ufunc(Math.floor), $ceil: $ufunc(Math.ceil), $sign: $ufunc(Math.sign), $isfinite: $ufunc((x) => (Number.isFinite(x) ? 1 : 0), "b"), $isnan: $ufunc((x) => (x !== x ? 1 : 0), "b"),
  $minimum: $two((x, y) => (x < y || x !== x ? x : y)), $maximum: $two((x, y) => (x > y || x !== x ? x : y)), $power: $two((x, y) => x ** y), $multiply: $two((x, y) => x * y), $add: $two((x, y) => x + y),
  $sum: $method("sum"), $max: $method("max"), $min: $method("min"), $mean: $method("mean"), $prod: $method("prod"), $any: $method("any"), $all: $method("all"), $argmax: $method("argmax"), $argmin: $method("argmin"),
  $cumsum: $method("cumsum"), $argsort: $method("argsort"), $squeeze: $method("squeeze"), $ravel: $method("ravel"), $reshape: (x, shape) => $Array.of(x).$reshape(shape), $transpose: (x, order) => (order ? $Array.of(x).transpose([...order]) : $Array.of(x).$T),
  $array: $sig((x, dtype) => { const a = $Array.of(x).$copy(); return dtype === undefined ? a : a.$astype(dtype); }, ["object", "dtype"]),
  $asarray: $sig((x, dtype) => (dtype === undefined ? $Array.of(x) : $Array.of(x).$astype(dtype)), ["a", "dtype"]),
  $ascontiguousarray: $sig((x) => $Array.of(x), ["a", "dtype"]),
  $zeros: $sig((shape, type) => $Array.zeros($shaped(shape), type === $bool ? "b" : type === $int ? "i" : "f"), ["shape", "dtype"]), $ones: $sig((shape) => $Array.zeros($shaped(shape), "f", 1), ["shape", "dtype"]),
  $empty: $sig((shape, type) => $Array.zeros($shaped(shape), type === $int ? "i" : "f"), ["shape", "dtype"]), $full: $sig((shape, v) => { const out = $Array.zeros($shaped(shape)); const a = $Array.of(v); return a.data.length === 1 ? (out.data.fill(a.data[0]), out) : a.broadcast($shaped(shape)); }, ["shape", "fill_value", "dtype"]),
  $zeros_like: (x) => $Array.zeros([...$Array.of(x).shape]), $ones_like: (x) => $Array.zeros([...$Array.of(x).shape], "f", 1), $empty_like: (x) => $Array.zeros([...$Array.of(x).shape]), $full_like: (x, v) => $Array.zeros([...$Array.of(x).shape], "f", v),
  $eye: (n) => { const out = $Array.zeros([n, n]); for (let k = 0; k < n; k++) out.data[k * n + k] = 1; return out; },
  $arange: (a, b, step = 1) => { if (b === undefined) [a, b] = [0, a]; const out = []; for (let k = 0; a + k * step < b; k++) out.push(a + k * step); return new $Array(Float64Array.from(out), [out.length], out.every(Number.isInteger) ? "i" : "f"); },
  $linspace: $sig((a, b, n = 50) => { const out = $Array.zeros([n]); for (let k = 0; k < n; k++) out.data[k] = k === n - 1 && n > 1 ? b : a + k * ((b - a) / (n - 1)); return out; }, ["start", "stop", "num"]),
  $where: (test, x, y) => {
    const c = $Array.of(test);
    if (x === undefined) return $np.$nonzero(c);
    const a = $Array.of(x), b = $Array.of(y), shape = $Array.shapes(c.shape, a.shape, b.shape), p = c.broadcast(shape).data, q = a.broadcast(shape).data, r = b.broadcast(shape).data;
    return new $Array(p.map((v, k) => (v ? q[k] : r[k])), shape, a.type === "f" || b.type === "f" ? "f" : a.type).out;
  },
  $nonzero: (x) => { const a = $Array.of(x), hits = [...a.data.keys()].filter((k) => a.data[k]); let size = a.data.length; return $tuple(a.shape.map((n) => { size /= n; const step = size; return new $Array(Float64Array.from(hits, (k) => Math.floor(k / step) % n), [hits.length], "i"); })); },
  $flatnonzero: (x) => $np.$nonzero($Array.of(x).$reshape(-1))[0],
  $count_nonzero: (x) => $Array.of(x).data.reduce((n, v) => n + (v ? 1 : 0), 0),
  $broadcast_to: (x, shape) => $Array.of(x).broadcast($shaped(shape)),
  $broadcast_arrays: (...xs) => { const all = xs.map($Array.of), shape = $Array.shapes(...all.map((a) => a.shape)); return all.map((a) => a.broadcast(shape)); },
  $broadcast_shapes: (...shapes) => $tuple($Array.shapes(...shapes.map($shaped))),
  $clip: $sig((x, low, high) => { let out = x; if (low !== null && low !== undefined) out = $np.$maximum(out, low); if (high !== null && high !== undefined) out = $np.$minimum(out, high); return out; }, ["a", "a_min", "a_max"]),
  $diff: $sig((x, n = 1, axis = -1) => { let a = $Array.of(x); for (let k = 0; k < n; k++) a = a.lines(axis, (v) => v.slice(1).map((y, j) => y - v[j])); return a; }, ["a", "n", "axis"]),
  $stack: $sig((xs, axis = 0) => { const all = [...xs].map($Array.of), n = all[0].shape.length + 1, at = axis < 0 ? axis + n : axis; return $np.$concatenate(all.map((a) => { const s = [...a.shape]; s.splice(at, 0, 1); return new $Array(a.data, s, a.type); }), at); }, ["arrays", "axis"]),
  $concatenate: $sig((xs, axis = 0) => {
    const all = [...xs].map($Array.of), a = all[0].axis(axis), outer = all[0].shape.slice(0, a).reduce((u, v) => u * v, 1), shape = [...all[0].shape];
    shape[a] = all.reduce((n, x) => n + x.shape[a], 0);
    const out = $Array.zeros(shape, all.some((x) => x.type === "f") ? "f" : all[0].type);
    let at = 0;
    for (let o = 0; o < outer; o++) for (const x of all) { const size = x.data.length / outer; out.data.set(x.data.subarray(o * size, (o + 1) * size), at); at += size; }
    return out;
  }, ["arrays", "axis"]),
  $vstack: (xs) => $np.$concatenate([...xs].map((x) => { const a = $Array.of(x); return a.shape.length === 1 ? new $Array(a.data, [1, a.data.length], a.type) : a; })),
  $hstack: (xs) => $np.$concatenate([...xs], $Array.of([...xs][0]).shape.length === 1 ? 0 : 1),
  $column_stack: (xs) => $np.$stack([...xs], 1),
  $repeat: $sig((x, n, axis) => {
    let a = $Array.of(x);
    if (axis === undefined || axis === null) { a = a.$reshape(-1); axis = 0; }
    if (typeof n !== "number") { const counts = $Array.of(n).data; return a.lines(axis, (v) => Float64Array.from([...v].flatMap((y, k) => new Array(counts[k]).fill(y)))); }
    const d = a.axis(axis), m = a.shape[d], step = a.shape.slice(d + 1).reduce((u, v) => u * v, 1), rows = a.data.length / step, out = new Float64Array(a.data.length * n), shape = [...a.shape];
    shape[d] = m * n;
    for (let row = 0, at = 0; row < rows; row++) for (let k = 0; k < n; k++, at += step) for (let i = 0; i < step; i++) out[at + i] = a.data[row * step + i];
    return new $Array(out, shape, a.type);
  }, ["a", "repeats", "axis"]),
  $tile: (x, reps) => { let a = $Array.of(x); const r = $shaped(reps); while (a.shape.length < r.length) a = new $Array(a.data, [1, ...a.shape], a.type); while (r.length < a.shape.length) r.unshift(1); r.forEach((n, k) => { a = $np.$concatenate(new Array(n).fill(a), k); }); return a; },
  $diag: (x) => { const a = $Array.of(x); if (a.shape.length === 2) return new $Array(Float64Array.from({ length: Math.min(...a.shape) }, (_, k) => a.data[k * a.shape[1] + k]), [Math.min(...a.shape)], a.type); const n = a.data.length, out = $Array.zeros([n, n]); for (let k = 0; k < n; k++) out.data[k * n + k] = a.data[k]; return out; },
  $triu: (x, k = 0) => { const a = $Array.of(x).$copy(), [p, q] = a.shape.slice(-2); for (let j = 0; j < a.data.length; j++) { const row = Math.floor(j / q) % p, col = j % q; if (col - row < k) a.data[j] = 0; } return a; },
  $indices: (shape) => { const s = $shaped(shape), size = s.reduce((u, v) => u * v, 1), out = $Array.zeros([s.length, ...s], "i"); let step = size; s.forEach((n, d) => { step /= n; for (let k = 0; k < size; k++) out.data[d * size + k] = Math.floor(k / step) % n; }); return out; },
  $meshgrid: $sig((...xs) => { const kw = xs.at(-1) instanceof $Kw ? xs.pop().values : {}, all = xs.map($Array.of); if (kw.indexing !== "ij") throw new $ValueError("meshgrid is carried with indexing='ij'"); const shape = all.map((a) => a.data.length); return all.map((a, k) => new $Array(a.data, shape.map((n, j) => (j === k ? n : 1)), a.type).broadcast(shape)); }, [], true),
  $unravel_index: (k, shape) => { const out = []; let left = Number(k), size = $shaped(shape).reduce((u, v) => u * v, 1); for (const n of $shaped(shape)) { size /= n; out.push(Math.floor(left / size)); left %= size; } return $tuple(out); },
  $take_along_axis: $sig((x, index, axis) => { const a = $Array.of(x), i = $Array.of(index), d = a.axis(axis), step = a.shape.slice(d + 1).reduce((u, v) => u * v, 1), n = a.shape[d], m = i.shape[d]; return new $Array(i.data.map((v, k) => { const inner = k % step, outer = Math.floor(k / (step * m)); return a.data[(outer * n + v) * step + inner]; }), [...i.shape], a.type); }, ["arr", "indices", "axis"]),
  $searchsorted: $sig((list, values, side = "left") => { const d = $Array.of(list).data, right = side === "right"; return typeof values === "number" ? $sorted_at(d, values, right) : $Array.of(values).map1((x) => $sorted_at(d, x, right), "i"); }, ["a", "v", "side"]),
  $digitize: $sig((x, bins, right = false) => $np.$searchsorted(bins, x, right ? "left" : "right"), ["x", "bins", "right"]),
  $interp: (x, xp, fp) => {
    const p = $Array.of(xp).data, q = $Array.of(fp).data, n = p.length;
    const one = (v) => { if (v <= p[0]) return q[0]; if (v >= p[n - 1]) return q[n - 1]; const j = $sorted_at(p, v, true) - 1, slope = (q[j + 1] - q[j]) / (p[j + 1] - p[j]); return slope * (v - p[j]) + q[j]; };
    return typeof x === "number" ? one(x) : $Array.of(x).map1(one);
  },
  $bincount: $sig((x, weights, minlength = 0) => { const d = $Array.of(x).data, w = weights === undefined || weights === null ? null : $Array.of(weights).data, out = $Array.zeros([Math.max(minlength, d.length ? Math.max(...d) + 1 : 0)], w ? "f" : "i"); for (let k = 0; k < d.length; k++) out.data[d[k]] += w ? w[k] : 1; return out; }, ["x", "weights", "minlength"]),
  $unique: $sig((x, return_index, return_inverse, return_counts) => {
    const a = $Array.of(x), v = [...new Set(a.data)].sort((p, q) => p - q), at = new Map(v.map((y, k) => [y, k])), out = [new $Array(Float64Array.from(v), [v.length], a.type)];
    if (return_index) out.push($Array.of(v.map((y) => a.data.indexOf(y))));
    if (return_inverse) out.push(new $Array(a.data.map((y) => at.get(y)), [...a.shape], "i"));
    if (return_counts) out.push($Array.of(v.map((y) => a.data.reduce((n, z) => n + (z === y ? 1 : 0), 0))));
    return out.length > 1 ? $tuple(out) : out[0];
  }, ["ar", "return_index", "return_inverse", "return_counts"]),
  $sort: (x) => $Array.of(x).lines(-1, (v) => v.sort()), $dot: $matmul, $outer: (x, y) => $mul($get($Array.of(x).$reshape(-1), $tuple([new $Slice(null, null, null), null])), $Array.of(y).$reshape(-1)),
  $allclose: $sig((x, y, rtol = 1e-5, atol = 1e-8) => $Array.of($Array.binary(x, y, (a, b) => (Math.abs(a - b) <= atol + rtol * Math.abs(b) ? 1 : 0))).data.every(Boolean), ["a", "b", "rtol", "atol"]),
  $array_equal: (x, y) => $Array.of(x).shape.join() === $Array.of(y).shape.join() && $Array.of(x).data.every((v, k) => v === $Array.of(y).data[k]),
  $errstate: $sig(() => new $NullContext(), [], true),
  $isin: (x, test) => { const all = $setOf(test instanceof $Array ? test.data : test), list = x instanceof $Array ? [...x.data] : [...x]; return new $Array(Float64Array.from(list, (v) => (all.$__contains__(v) ? 1 : 0)), x instanceof $Array ? x.shape : [list.length], "b"); },
  $nan_to_num: $sig((x, copy = true, nan = 0, posinf = Number.MAX_VALUE, neginf = -Number.MAX_VALUE) => $Array.of(x).map1((v) => (v !== v ? nan : v === Infinity ? posinf ?? Number.MAX_VALUE : v === -Infinity ? neginf ?? -Number.MAX_VALUE : v)).out, ["x", "copy", "nan", "posinf", "neginf"]), $nanmean: $sig((x, axis, keepdims) => $Array.of(x).along(axis, keepdims, (d, s, t, n) => { let sum = 0, m = 0; for (let k = 0; k < n; k++) { const v = d[s + k * t]; if (v === v) { sum += v; m++; } } return sum / m; }, "f"), ["a", "axis", "keepdims"]),
  $logaddexp: $two((x, y) => (x === y ? x + Math.LN2 : Math.max(x, y) + Math.log1p(Math.exp(-Math.abs(x - y))))),
  $random: { $default_rng: (seed) => new $Generator(seed) },
};

/** f.reduce(array, axis): a function of two numbers along an axis. */
for (const [name, start] of [["logaddexp", -Infinity], ["maximum", -Infinity], ["minimum", Infinity], ["add", 0], ["multiply", 1]]) {
  const f = $np["$" + name];
  f.$reduce = $sig((x, axis = 0, keepdims = false) => $Array.of(x).along(axis, keepdims, (d, s, t, n) => { let out = n ? d[s] : start; for (let k = 1; k < n; k++) out = f(out, d[s + k * t]); return out; }, "f"), ["array", "axis", "keepdims"]);
}
