"use strict";
// The arithmetic of imtdx/engine.py and imtdx/coding.py: gather, multiply, add, normalise. No numbers of its own.

/** Bytes of a base64 text. */
function bytesOf(text) {
  const raw = atob(text), out = new Uint8Array(raw.length);
  for (let k = 0; k < raw.length; k++) out[k] = raw.charCodeAt(k);
  return out;
}

/** The compiled network: nodes with their tables, children, and the spine Diagnosis x TissueQuality. */
function makeModel(data) {
  const floats = new DataView(bytesOf(data.tables).buffer);
  const nodes = new Map();
  let at = 0;
  for (const node of data.nodes) {
    const [, tissue, parents, states] = node.shape;
    const size = node.shape.reduce((a, b) => a * b, 1);
    const table = new Float64Array(size);
    for (let k = 0; k < size; k++, at += 8) table[k] = floats.getFloat64(at, true);
    nodes.set(node.name, { name: node.name, parent: node.parent, names: node.states, tissue, parents, states, table, children: [] });
  }
  for (const node of nodes.values()) if (node.parent) nodes.get(node.parent).children.push(node);
  const markers = new Map(data.markers.map((m) => [m.id, m]));
  const model = { data, nodes, markers, D: data.diagnoses.length, T: data.tissue.length, cache: new Map() };
  model.imt = data.diagnoses.findIndex((d) => d.id === "imt");
  model.unlisted = data.diagnoses.findIndex((d) => d.id === "unlisted");
  setPrior(model, 0);
  return model;
}

/** Choose a prior; the tables do not depend on it. */
function setPrior(model, index) {
  model.prior = model.data.priors[index];
  model.logPrior = Float64Array.from(model.prior.p, Math.log);
  model.logSpine = new Float64Array(model.D * model.T);
  for (let d = 0; d < model.D; d++)
    for (let t = 0; t < model.T; t++) model.logSpine[d * model.T + t] = model.logPrior[d] + Math.log(model.data.tissue[t]);
}

function rootOf(model, name) {
  let node = model.nodes.get(name);
  while (node.parent) node = model.nodes.get(node.parent);
  return node.name;
}

// --- panel to evidence -------------------------------------------------------------------------------------------------------

const SILENT = new Set(["not_done", "not_interpretable"]);

/** Likelihood of a percentage or range over bins that hold their upper edge. */
function indexLikelihood(low, high, edges) {
  const bins = edges.length - 1, out = new Array(bins).fill(0);
  const bin = (x) => {
    let k = edges.findIndex((e) => e >= x);
    if (k < 0) k = edges.length;
    return Math.min(Math.max(k - 1, 0), bins - 1);
  };
  if (high - low < 1e-9) { out[bin(low)] = 1; return out; }
  for (let k = 0; k < bins; k++) {
    const covered = (Math.min(high, edges[k + 1]) - Math.max(low, edges[k])) / (edges[k + 1] - edges[k]);
    out[k] = Math.min(Math.max(covered, 0), 1);
  }
  const top = Math.max(...out);
  if (top === 0) { out[bin(low)] = 1; return out; }
  return out.map((x) => x / top);
}

/** Evidence of one finding, as [variable, likelihood] pairs. */
function findingEvidence(model, finding) {
  const { data } = model, marker = model.markers.get(finding.marker);
  if (!marker || SILENT.has(finding.value) || !model.nodes.has(finding.marker)) return [];
  let own;
  if (marker.kind === "index") own = indexLikelihood(finding.low, finding.high, data.ki67_edges);
  else if (marker.kind !== "ihc") own = data.likelihood.test[finding.value].slice();
  else {
    own = data.likelihood.ihc[finding.value].slice();
    const clones = data.clones[finding.marker];
    if (clones && finding.clone in clones && finding.value === "negative") own.fill(clones[finding.clone], 1);
  }
  const out = [[finding.marker, own]], p = data.pattern;
  if (p && finding.marker === p.stain && finding.pattern && ["positive", "focal", "diffuse"].includes(finding.value))
    out.push([p.marker, data.likelihood.test[finding.pattern === p.word ? "positive" : "negative"].slice()]);
  return out;
}

/** Evidence of a panel {findings, age, sex, site}: a Map variable -> likelihood vector, in reading order. */
function evidenceOf(model, panel) {
  const out = new Map(), c = model.data.context, names = model.data.names;
  for (const finding of panel.findings) for (const [name, v] of findingEvidence(model, finding)) out.set(name, v);
  const one = (n, k) => Array.from({ length: n }, (_, j) => (j === k ? 1 : 0));
  if (panel.age != null) {
    const band = c.age_edges.filter((e) => e <= panel.age).length - 1;
    out.set(names.age, one(c.age_edges.length - 1, Math.min(band, c.age_edges.length - 2)));
  }
  if (panel.sex) out.set(names.sex, one(c.sexes.length, c.sexes.indexOf(panel.sex)));
  if (panel.site) out.set(names.site, one(c.sites.length, c.sites.indexOf(panel.site)));
  return out;
}

// --- messages ------------------------------------------------------------------------------------------------------------------

/** P(evidence at and below a node | spine, parent state): {parents, values[d, t, parent]}. */
function messageUp(model, node, evidence, relevant) {
  const { D, T } = model, { states: S, parents: P, tissue, table } = node;
  const below = new Float64Array(D * T * S).fill(1);
  const own = evidence.get(node.name);
  if (own) for (let k = 0; k < below.length; k++) below[k] = own[k % S];
  for (const child of node.children) {
    if (!relevant.has(child.name)) continue;
    const m = messageUp(model, child, evidence, relevant);
    for (let k = 0; k < D * T; k++)
      for (let s = 0; s < S; s++) below[k * S + s] *= m.values[m.parents > 1 ? k * m.parents + s : k];
  }
  const values = new Float64Array(D * T * P);
  for (let d = 0; d < D; d++)
    for (let t = 0; t < T; t++)
      for (let p = 0; p < P; p++) {
        const row = ((d * tissue + (tissue > 1 ? t : 0)) * P + p) * S, b = (d * T + t) * S;
        let sum = 0;
        for (let s = 0; s < S; s++) sum += table[row + s] * below[b + s];
        values[(d * T + t) * P + p] = sum;
      }
  return { parents: P, values };
}

/** log P(evidence of one tree | spine); `evidence` holds variables of this tree only. Kept, as panels change one finding at a time. */
function treeLog(model, root, evidence) {
  let key = root;
  for (const [name, v] of evidence) key += "|" + name + ":" + v.join(",");
  const kept = model.cache.get(key);
  if (kept) return kept;
  const relevant = new Set();
  for (const name of evidence.keys())
    for (let n = model.nodes.get(name); n && !relevant.has(n.name); n = n.parent && model.nodes.get(n.parent)) relevant.add(n.name);
  const out = messageUp(model, model.nodes.get(root), evidence, relevant).values.map(Math.log);
  if (model.cache.size > 4000) model.cache.clear();
  model.cache.set(key, out);
  return out;
}

/** Evidence by tree: Map root -> Map of its observed variables. */
function treesOf(model, evidence) {
  const out = new Map();
  for (const [name, v] of evidence) {
    const root = rootOf(model, name);
    if (!out.has(root)) out.set(root, new Map());
    out.get(root).set(name, v);
  }
  return out;
}

/** log P(evidence, Diagnosis, TissueQuality). */
function spineOf(model, evidence) {
  const out = model.logSpine.slice();
  for (const [root, own] of treesOf(model, evidence)) {
    const part = treeLog(model, root, own);
    for (let k = 0; k < out.length; k++) out[k] += part[k];
  }
  return out;
}

function maxOf(values) {
  let top = -Infinity;
  for (const v of values) if (v > top) top = v;
  return top;
}

function logSumExp(values) {
  const top = maxOf(values);
  if (!Number.isFinite(top)) return top;
  let sum = 0;
  for (const v of values) sum += Math.exp(v - top);
  return top + Math.log(sum);
}

/** Tissue summed out, in logs. */
function overTissue(model, spine) {
  const { D, T } = model, out = new Float64Array(D);
  for (let d = 0; d < D; d++) out[d] = logSumExp(spine.subarray(d * T, d * T + T));
  return out;
}

function normalised(logs) {
  const total = logSumExp(logs);
  return logs.map((x) => Math.exp(x - total));
}

/** P(Diagnosis | evidence). */
const posteriorOf = (model, evidence) => normalised(overTissue(model, spineOf(model, evidence)));

/** What each state of a variable adds to the spine of everything outside its tree, and that spine: P(variable, Diagnosis | evidence). */
function jointWithDiagnosis(model, name, evidence) {
  const { D, T } = model, node = model.nodes.get(name), root = rootOf(model, name);
  const rest = new Map(), own = new Map();
  for (const [n, v] of evidence) (rootOf(model, n) === root ? own : rest).set(n, v);
  const base = spineOf(model, rest), before = own.get(name), rows = [];
  for (let s = 0; s < node.states; s++) {
    const unit = new Array(node.states).fill(0);
    unit[s] = before ? before[s] : 1;
    const part = treeLog(model, root, new Map(own).set(name, unit));
    rows.push(base.map((x, k) => x + part[k]));
  }
  return byDiagnosis(rows, D, T);
}

/** The same for a variable without evidence, from the spine and the trees of the evidence: only its own tree is done again. */
function jointOfUnobserved(model, name, spine, trees) {
  const { D, T } = model, states = model.nodes.get(name).states, root = rootOf(model, name), own = trees.get(root) ?? new Map();
  const before = own.size ? treeLog(model, root, own) : null, rows = [];
  for (let s = 0; s < states; s++) {
    const unit = new Array(states).fill(0);
    unit[s] = 1;
    const part = treeLog(model, root, new Map(own).set(name, unit)), row = spine.slice();
    for (let k = 0; k < row.length; k++) row[k] += part[k] - (before ? before[k] : 0);
    rows.push(row);
  }
  return byDiagnosis(rows, D, T);
}

/** Logs of states x spine as probabilities of states x diagnoses. */
function byDiagnosis(rows, D, T) {
  const total = logSumExp(rows.map(logSumExp));
  return rows.map((row) => {
    const p = new Float64Array(D);
    for (let k = 0; k < row.length; k++) p[Math.floor(k / T)] += Math.exp(row[k] - total);
    return p;
  });
}

/** P(variable | evidence). */
const marginalOf = (model, name, evidence) => jointWithDiagnosis(model, name, evidence).map((p) => p.reduce((a, b) => a + b, 0));

function entropyBits(p) {
  let out = 0;
  for (const x of p) if (x > 0) out -= x * Math.log2(x);
  return out;
}
