// --- random numbers: PCG64 seeded as numpy seeds it -------------------------------------------------------------------------------

/** Words of 32 bits from entropy, by the hash of numpy's SeedSequence (O'Neill 2015). */
function $seedWords(entropy, n) {
  const words = [];
  for (let x of Array.isArray(entropy) ? entropy : [entropy]) { if (x === 0) words.push(0); while (x > 0) { words.push(x % 2 ** 32); x = Math.floor(x / 2 ** 32); } }
  let h = 0x43b0d7e5;
  const hash = (v) => { v ^= h; h = Math.imul(h, 0x931e8875); v = Math.imul(v, h); return (v ^ (v >>> 16)) >>> 0; };
  const mix = (x, y) => { const r = (Math.imul(x, 0xca01f9dd) - Math.imul(y, 0x4973f715)) | 0; return (r ^ (r >>> 16)) >>> 0; };
  const pool = [0, 1, 2, 3].map((k) => hash(words[k] ?? 0));
  for (let a = 0; a < 4; a++) for (let b = 0; b < 4; b++) if (a !== b) pool[b] = mix(pool[b], hash(pool[a]));
  for (let k = 4; k < words.length; k++) for (let b = 0; b < 4; b++) pool[b] = mix(pool[b], hash(words[k]));
  let g = 0x8b51f9dd;
  return Array.from({ length: n }, (_, k) => { let v = pool[k % 4]; v ^= g; g = Math.imul(g, 0x58f38ded); v = Math.imul(v, g); return (v ^ (v >>> 16)) >>> 0; });
}
/** Tables of a ziggurat of 256 blocks of one area (Marsaglia & Tsang 2000). */
function $ziggurat(r, area, f, inverse, scale) {
  const k = new Float64Array(256), w = new Float64Array(256), y = new Float64Array(256), base = area / f(r);
  let x = r, last = r;
  k[0] = Math.floor((x / base) * scale); w[0] = base / scale; w[255] = x / scale; y[0] = 1; y[255] = f(x);
  for (let i = 254; i > 0; i--) { x = inverse(area / x + f(x)); k[i + 1] = Math.floor((x / last) * scale); last = x; y[i] = f(x); w[i] = x / scale; }
  return { k, w, f: y, r };
}
const $NORMAL = $ziggurat(3.6541528853610088, 0.0049286732339746519, (x) => Math.exp(-0.5 * x * x), (y) => Math.sqrt(-2 * Math.log(y)), 2 ** 52);
const $EXPONENTIAL = $ziggurat(7.69711747013104972, 0.0039496598225815571993, (x) => Math.exp(-x), (y) => -Math.log(y), 2 ** 53);

/** The upper 32 bits of x times the number of two halves. */
function $high(x, high, low) {
  const a = x & 0xffff, b = x >>> 16, t = b * low + ((a * low) >>> 16), u = a * high + (t & 0xffff);
  return b * high + Math.floor(t / 65536) + Math.floor(u / 65536);
}
class $Generator {
  constructor(seed = 0) {
    const w = $seedWords(seed, 8);
    // two words make 64 bits, the low one first; two of those 128, the high one first
    const wide = (k) => [w[k + 2], w[k + 3], w[k], w[k + 1]];
    const start = wide(0), stream = wide(4);
    this.inc = Uint32Array.of((stream[0] << 1) | 1, (stream[1] << 1) | (stream[0] >>> 31), (stream[2] << 1) | (stream[1] >>> 31), (stream[3] << 1) | (stream[2] >>> 31));
    this.state = new Uint32Array(4);
    this.bits = new Uint32Array(2);
    this.half = null;
    this.step();
    this.add(start);
    this.step();
  }
  add(x) { const s = this.state; let carry = 0; for (let k = 0; k < 4; k++) { const sum = s[k] + x[k] + carry; s[k] = sum; carry = sum > 0xffffffff ? 1 : 0; } }
  /** state * multiplier + increment modulo 2**128, in limbs of 32 bits. */
  step() {
    const s = this.state, i = this.inc, a = s[0], b = s[1], c = s[2], d = s[3];
    let sum = (Math.imul(a, 0x9fccf645) >>> 0) + i[0];
    s[0] = sum;
    sum = (Math.imul(a, 0x4385df64) >>> 0) + (Math.imul(b, 0x9fccf645) >>> 0) + $high(a, 0x9fcc, 0xf645) + i[1] + (sum > 0xffffffff ? 1 : 0);
    s[1] = sum;
    sum = (Math.imul(a, 0x1fc65da4) >>> 0) + (Math.imul(b, 0x4385df64) >>> 0) + (Math.imul(c, 0x9fccf645) >>> 0) + $high(a, 0x4385, 0xdf64) + $high(b, 0x9fcc, 0xf645) + i[2] + Math.floor(sum / 4294967296);
    s[2] = sum;
    s[3] = (Math.imul(a, 0x2360ed05) >>> 0) + (Math.imul(b, 0x1fc65da4) >>> 0) + (Math.imul(c, 0x4385df64) >>> 0) + (Math.imul(d, 0x9fccf645) >>> 0) + $high(a, 0x1fc6, 0x5da4) + $high(b, 0x4385, 0xdf64) + $high(c, 0x9fcc, 0xf645) + i[3] + Math.floor(sum / 4294967296);
  }
  /** 64 random bits, low and high: xor of the halves, rotated by the top six bits. */
  next64() {
    this.step();
    const s = this.state, o = this.bits, turn = s[3] >>> 26, n = turn & 31;
    let low = s[0] ^ s[2], high = s[1] ^ s[3];
    if (turn > 31) { const swap = low; low = high; high = swap; }
    o[0] = n ? (low >>> n) | (high << (32 - n)) : low;
    o[1] = n ? (high >>> n) | (low << (32 - n)) : high;
    return o;
  }
  next32() { if (this.half !== null) { const v = this.half; this.half = null; return v; } const o = this.next64(), low = o[0], high = o[1]; this.half = high; return low; }
  uniform() { const o = this.next64(), low = o[0], high = o[1]; return (high * 2097152 + (low >>> 11)) / 9007199254740992; }
  $random(size) { if (size === undefined || size === null) return this.uniform(); const out = $Array.zeros($shaped(size)); for (let k = 0; k < out.data.length; k++) out.data[k] = this.uniform(); return out; }
  $uniform(low = 0, high = 1, size) { const u = this.$random(size); return $add($mul(u, high - low), low); }
  /** A whole number from 0 to most: bits under a mask, drawn again while they are too many. */
  below(most) { if (most === 0) return 0; const mask = 2 ** Math.floor(Math.log2(most) + 1) - 1; let v; do v = (this.next32() & mask) >>> 0; while (v > most); return v; }
  $permutation(x) {
    const list = typeof x === "number" ? Array.from({ length: x }, (_, k) => k) : [...x];
    for (let i = list.length - 1; i > 0; i--) { const j = this.below(i); [list[i], list[j]] = [list[j], list[i]]; }
    return $Array.of(list);
  }
  normal() {
    for (;;) {
      const o = this.next64(), low = o[0], high = o[1], k = low & 0xff, bits = (high & 0x1fffffff) * 8388608 + (low >>> 9), x = (low & 0x100 ? -bits : bits) * $NORMAL.w[k];
      if (bits < $NORMAL.k[k]) return x;
      if (k === 0) {
        for (;;) {
          const far = -Math.log1p(-this.uniform()) / $NORMAL.r, y = -Math.log1p(-this.uniform());
          if (y + y > far * far) return (low >>> 17) & 1 ? -($NORMAL.r + far) : $NORMAL.r + far;
        }
      }
      if (($NORMAL.f[k - 1] - $NORMAL.f[k]) * this.uniform() + $NORMAL.f[k] < Math.exp(-0.5 * x * x)) return x;
    }
  }
  exponential() {
    for (;;) {
      const o = this.next64(), low = o[0], high = o[1], k = (low >>> 3) & 0xff, bits = high * 2097152 + (low >>> 11), x = bits * $EXPONENTIAL.w[k];
      if (bits < $EXPONENTIAL.k[k]) return x;
      if (k === 0) return $EXPONENTIAL.r - Math.log1p(-this.uniform());
      if (($EXPONENTIAL.f[k - 1] - $EXPONENTIAL.f[k]) * this.uniform() + $EXPONENTIAL.f[k] < Math.exp(-x)) return x;
    }
  }
  /** Marsaglia & Tsang 2000 from shape 1 on, Ahrens & Dieter 1974 below. */
  gammaOne(shape) {
    if (shape === 1) return this.exponential();
    if (shape === 0) return 0;
    if (shape < 1) {
      for (;;) {
        const u = this.uniform(), v = this.exponential();
        if (u <= 1 - shape) { const x = u ** (1 / shape); if (x <= v) return x; }
        else { const y = -Math.log((1 - u) / shape), x = (1 - shape + shape * y) ** (1 / shape); if (x <= v + y) return x; }
      }
    }
    const b = shape - 1 / 3, c = 1 / Math.sqrt(9 * b);
    for (;;) {
      let x, v;
      do { x = this.normal(); v = 1 + c * x; } while (v <= 0);
      v = v * v * v;
      const u = this.uniform();
      if (u < 1 - 0.0331 * (x * x) * (x * x) || Math.log(u) < 0.5 * x * x + b * (1 - v + Math.log(v))) return b * v;
    }
  }
  betaOne(a, b) {
    if (a > 1 || b > 1) { const x = this.gammaOne(a), y = this.gammaOne(b); return x / (x + y); }
    for (;;) {
      const u = this.uniform(), v = this.uniform(), x = u ** (1 / a), y = v ** (1 / b);
      if (x + y <= 1 && u + v > 0) {
        if (x + y > 0) return x / (x + y);
        const p = Math.log(u) / a, q = Math.log(v) / b, top = Math.max(p, q);
        return Math.exp(p - top - Math.log(Math.exp(p - top) + Math.exp(q - top)));
      }
    }
  }
  /** f of one or two arrays of parameters, in the order of the answer. */
  each(f, size, ...parameters) {
    const all = parameters.map($Array.of), shape = size === undefined || size === null ? $Array.shapes(...all.map((p) => p.shape)) : $shaped(size), given = all.map((p) => p.broadcast(shape).data), out = $Array.zeros(shape);
    for (let k = 0; k < out.data.length; k++) out.data[k] = given.length === 1 ? f(given[0][k]) : f(given[0][k], given[1][k]);
    return out.out;
  }
  $beta(a, b, size) { return this.each((x, y) => this.betaOne(x, y), size, a, b); }
  $gamma(shape, scale = 1, size) { return $mul(this.each((x) => this.gammaOne(x), size, shape), scale); }
  $standard_gamma(shape, size) { return this.each((x) => this.gammaOne(x), size, shape); }
  $standard_normal(size) { return size === undefined ? this.normal() : this.each(() => this.normal(), size, 0); }
  $normal(mean = 0, sd = 1, size) { return $add($mul(this.each(() => this.normal(), size, 0), sd), mean); }
  $standard_exponential(size) { return size === undefined ? this.exponential() : this.each(() => this.exponential(), size, 0); }
  $choice(n, size, replace = true, p) {
    if (!replace || p === undefined) throw new $ValueError("choice is carried with probabilities and replacement");
    const sums = $Array.of(p).$cumsum(0).data, total = sums.at(-1), pick = $Array.of(this.$random(size)).map1((u) => $sorted_at(sums.map((x) => x / total), u, true), "i");
    return typeof n === "number" ? pick.out : $get($Array.of(n), pick);
  }
}
$sig($Generator.prototype.$random, ["size"]);
$sig($Generator.prototype.$beta, ["a", "b", "size"]);
$sig($Generator.prototype.$gamma, ["shape", "scale", "size"]);
for (const name of ["standard_gamma"]) $sig($Generator.prototype["$" + name], ["shape", "size"]);
for (const name of ["standard_normal", "standard_exponential"]) $sig($Generator.prototype["$" + name], ["size"]);
$sig($Generator.prototype.$normal, ["loc", "scale", "size"]);
$sig($Generator.prototype.$choice, ["a", "size", "replace", "p"]);
$sig($Generator.prototype.$uniform, ["low", "high", "size"]);
