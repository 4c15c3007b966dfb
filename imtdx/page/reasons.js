"use strict";
// Why, what if, what next, and does it fit: imtdx/contributions.py, advice.py and conflict.py on the compiled tables.

/** A probability for reading, as everywhere in imtdx. */
function percent(p) {
  if (p > 0 && p < 0.0005) return "<0.1 %";
  if (p > 0.9995 && p < 1) return ">99.9 %";
  return (100 * p).toFixed(1) + " %";
}

function signed(x, digits = 1) {
  return (x < 0 || Object.is(x, -0) ? "-" : "+") + Math.abs(x).toFixed(digits);
}

/** A weight of evidence in words: bands of 1/2 and 1 ban. */
function strength(weight) {
  const size = Math.abs(weight);
  if (size < 0.1) return "neutral";
  return (size < 0.5 ? "weak" : size < 1 ? "moderate" : "strong") + (weight > 0 ? " for" : " against");
}

/** log10 Bayes factor of a diagnosis against the rest or one rival, from log P(evidence, spine). */
function bayesFactor(model, spine, diagnosis, versus = null) {
  const logs = overTissue(model, spine), own = logs[diagnosis] - model.logPrior[diagnosis];
  if (versus !== null) return (own - (logs[versus] - model.logPrior[versus])) / Math.LN10;
  logs[diagnosis] = -Infinity;
  const priors = model.logPrior.slice();
  priors[diagnosis] = -Infinity;
  return (own - (logSumExp(logs) - logSumExp(priors))) / Math.LN10;
}

/** The orders in which n findings are read, each also backwards. */
function ordersOf(model, n) {
  if (n < 2) return [[0], [0]];
  const o = model.data.orders;
  if (!model.orderBytes) model.orderBytes = bytesOf(o.bytes);
  let at = (o.per_length * (n * (n - 1) - 2)) / 2;
  const out = [];
  for (let k = 0; k < o.per_length; k++, at += n) out.push(Array.from(model.orderBytes.subarray(at, at + n)));
  return out.concat(out.map((x) => x.slice().reverse()));
}

/**
 * Weight of evidence of every variable, averaged over orders of reading; for several diagnoses at once, as the spines are shared.
 * Returns one Map variable -> log10 likelihood ratio per question [diagnosis, versus].
 */
function weightsOfEvidence(model, evidence, questions) {
  const names = [...evidence.keys()], out = questions.map(() => new Map(names.map((n) => [n, 0])));
  if (!names.length) return out;
  const orders = ordersOf(model, names.length), roots = names.map((n) => rootOf(model, n));
  // most trees hold one finding, whose part does not depend on the order
  const alone = names.map((n, k) => (roots.indexOf(roots[k]) === roots.lastIndexOf(roots[k]) ? treeLog(model, roots[k], new Map([[n, evidence.get(n)]])) : null));
  const part = (root, seen) => {
    const own = new Map();
    names.forEach((n, k) => { if (seen.has(k)) own.set(n, evidence.get(n)); });
    return treeLog(model, root, own);
  };
  for (const order of orders) {
    const spine = model.logSpine.slice(), seen = new Map();
    let before = questions.map(([d, v]) => bayesFactor(model, spine, d, v));
    for (const k of order) {
      let now = alone[k], old = null;
      if (!now) {
        const had = seen.get(roots[k]), has = new Set(had).add(k);
        now = part(roots[k], has);
        old = had && part(roots[k], had);
        seen.set(roots[k], has);
      }
      for (let j = 0; j < spine.length; j++) spine[j] += now[j] - (old ? old[j] : 0);
      const after = questions.map(([d, v]) => bayesFactor(model, spine, d, v));
      after.forEach((x, q) => out[q].set(names[k], out[q].get(names[k]) + (x - before[q]) / orders.length));
      before = after;
    }
  }
  return out;
}

/** The published counts behind one finding in one diagnosis. */
function whyOf(model, diagnosis, variable, words) {
  const { sentences, cells } = model.data.why, names = model.data.names;
  const d = model.data.diagnoses[diagnosis].abbreviation, marker = model.markers.get(variable);
  const told = sentences[cells[variable][diagnosis]];
  if (marker) return marker.kind === "index" ? `${marker.label} in ${d}: ${told}` : `${marker.label} + in ${d}: ${told}`;
  const kind = { [names.age]: "age", [names.sex]: "sex", [names.site]: "site" }[variable];
  return `${kind} ${words} in ${d}: ${told}`;
}

const argmax = (values) => values.reduce((best, x, k) => (x > values[best] ? k : best), 0);
const FLIP = { negative: "positive", positive: "negative", focal: "negative", diffuse: "negative", equivocal: "positive" };

/** Each finding removed and flipped: the first diagnosis and P(IMT) then. */
function whatIf(model, panel, posterior) {
  const first = argmax(posterior), imt = model.imt < 0 ? first : model.imt, out = [];
  for (const finding of panel.findings) {
    if (SILENT.has(finding.value) || !model.nodes.has(finding.marker)) continue;
    const changes = [["removed", null]], flip = FLIP[finding.value];
    if (flip) changes.push([flip, { ...finding, value: flip, pattern: null }]);
    for (const [change, instead] of changes) {
      const findings = panel.findings.flatMap((f) => (f !== finding ? [f] : instead ? [instead] : []));
      const p = posteriorOf(model, evidenceOf(model, { ...panel, findings })), top = argmax(p);
      out.push({ marker: finding.marker, change, top, pTop: p[top], pImt: p[imt], decisive: top !== first });
    }
  }
  return out;
}

// --- what next -------------------------------------------------------------------------------------------------------------------

const ORDERED = new Set(["ihc", "index", "fish", "mutation"]), STOP = 0.05;
const sumOf = (values) => values.reduce((a, b) => a + b, 0);

/** Tests that would tell most, or why there is none worth doing. */
function nextTests(model, panel, evidence, posterior, k = 5) {
  const done = new Set([...panel.findings.filter((f) => !SILENT.has(f.value)).map((f) => f.marker), ...evidence.keys()]);
  const first = argmax(posterior), found = [], spine = spineOf(model, evidence), trees = treesOf(model, evidence);
  for (const marker of model.data.markers) {
    if (!ORDERED.has(marker.kind) || done.has(marker.id)) continue;
    const joint = jointOfUnobserved(model, marker.id, spine, trees);
    const changes = sumOf(joint.map((row) => (argmax(row) === first ? 0 : sumOf(row))));
    const byDiagnosis = posterior.map((_, d) => sumOf(joint.map((row) => row[d])));
    const together = sumOf(joint.map(entropyBits));
    const bits = Math.max(0, entropyBits(byDiagnosis) + entropyBits(joint.map(sumOf)) - together);
    found.push({ marker, joint, bits, changes });
  }
  const lead = `${model.data.diagnoses[first].abbreviation}, ${percent(posterior[first])}`;
  if (!found.length) return { tests: [], stop: `No available test is left to do; the first diagnosis is ${lead}.` };
  const most = found.reduce((a, b) => (b.changes > a.changes ? b : a));
  if (most.changes === 0) return { tests: [], stop: `No available test could change the first diagnosis (${lead}).` };
  if (most.changes <= STOP) {
    const name = `most likely to: ${most.marker.request}, ${percent(most.changes)}`;
    return { tests: [], stop: `No available test would change the first diagnosis (${lead}) with probability over ${100 * STOP} % (${name}).` };
  }
  found.sort((a, b) => Math.round(b.bits * 100) - Math.round(a.bits * 100) || b.bits - a.bits);
  const tests = found.slice(0, k).map((t) => ({ ...t, why: whyTest(model, t, posterior) }));
  return { tests, stop: "" };
}

/** What a test separates and what its results would do. */
function whyTest(model, { marker, joint }, posterior) {
  const names = model.data.diagnoses.map((d) => d.abbreviation), [a, b] = pairOf(model, joint, posterior);
  const rest = (rows) => rows.reduce((x, y) => x.map((v, k) => v + y[k]));
  const told = marker.kind === "index"
    ? joint.map((row, s) => [model.nodes.get(marker.id).names[s] + " %", row])
    : [["positive", rest(joint.slice(1))], ["negative", joint[0]]];
  const ratio = told.map(([, row]) => Math.log(row[b] / row[a]));
  const parts = [[argmax(ratio), b], [argmax(ratio.map((x) => -x)), a]].map(([k, d]) => {
    const [word, row] = told[k], share = sumOf(row), after = row[d] / share;
    const move = after > posterior[d] ? `raise ${names[d]} from ${percent(posterior[d])} to ${percent(after)}` : `leave ${names[d]} at ${percent(after)}`;
    return `${word} (chance ${percent(share)}) would ${move}`;
  });
  return `Consider ${marker.request}: separates ${names[a]} from ${names[b]}; ${parts.join("; ")}`;
}

/** The two probable diagnoses that a test tells apart best, the more probable first. */
function pairOf(model, joint, posterior) {
  const order = [...posterior.keys()].filter((d) => d !== model.unlisted).sort((a, b) => posterior[b] - posterior[a] || a - b).slice(0, 8);
  let best = [0, order[0], order[0]];
  order.forEach((i, x) => order.slice(x + 1).forEach((j) => {
    const apart = sumOf(joint.map((row) => Math.abs(row[i] / posterior[i] - row[j] / posterior[j]))) * posterior[i] * posterior[j];
    if (apart > best[0]) best = [apart, i, j];
  }));
  return best.slice(1);
}

// --- fit -------------------------------------------------------------------------------------------------------------------------

/** Jensen's conflict of the findings (bits), given age, sex and site; above 0 they contradict each other. */
function conflictBits(model, panel, evidence) {
  const names = model.data.names, ground = new Map([...evidence].filter(([n]) => [names.age, names.sex, names.site].includes(n)));
  const base = logSumExp(spineOf(model, ground)), whole = logSumExp(spineOf(model, evidence)) - base;
  const singles = [];
  for (const finding of panel.findings) {
    const own = findingEvidence(model, finding);
    if (own.length) singles.push(logSumExp(spineOf(model, new Map([...ground, ...own]))) - base);
  }
  return singles.length > 1 ? (sumOf(singles) - whole) / Math.LN2 : 0;
}

/** P(compromised tissue | evidence); 0 in a network without that node. */
function compromised(model, evidence) {
  if (model.T < 2) return 0;
  const spine = spineOf(model, evidence), total = logSumExp(spine);
  let sum = 0;
  for (let d = 0; d < model.D; d++) sum += Math.exp(spine[d * model.T + 1] - total);
  return sum;
}
