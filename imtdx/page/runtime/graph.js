// --- objects that imtdx.page.translate.graph wrote --------------------------------------------------------------------------------

/** The root of a graph of objects. */
function $readGraph({ shared, root }, numbers, classes) {
  const made = [];
  const read = (x) => {
    if (!Array.isArray(x)) return x;
    switch (x[0]) {
      case "r": return made[x[1]];
      case "t": return $tuple(x.slice(1).map(read));
      case "l": return x.slice(1).map(read);
      case "d": { const out = new $Dict(); for (let k = 1; k < x.length; k += 2) out.$__setitem__(read(x[k]), read(x[k + 1])); return out; }
      case "s": return new $Set(x.slice(2).map(read), x[1]);
      case "n": return new classes[x[1]](...x.slice(2).map(read));
      case "i": return $instance(classes[x[1]], Object.fromEntries(Object.entries(x[2]).map(([k, v]) => ["$" + k, read(v)])));
      case "a": return new $Array(numbers.subarray(x[1], x[1] + x[2].reduce((a, b) => a * b, 1)), x[2]);
      case "y": return new $Array(Float64Array.from(x.slice(3), read), x[2], x[1]);
      case "p": return new $Pattern(x[1]);
      case "e": return classes[x[1]]["$" + x[2]];
      case "c": return classes[x[1]];
      case "g": return new $Range(x[1], x[2], x[3]);
      case "f": return $float(x[1]);
      case "u": return undefined;
    }
    throw new $ValueError(`${x[0]} is no kind of object`);
  };
  for (const x of shared) made.push(read(x));
  return read(root);
}
/** Functions that take and give plain values of JavaScript. */
const $plainly = (functions) => Object.fromEntries(Object.entries(functions).map(([name, f]) => [name, (...args) => $toJs(f(...args.map($fromJs)))]));
