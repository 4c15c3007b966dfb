"use strict";
// A small reader of pasted report lines: names and synonyms of the knowledge, signs, words, percentages. What it did not read it says.
// The full notation is read by the command line; here a click puts right what was read wrong.

const SIGNS = { "−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "－": "-", "＋": "+", "（": "(", "）": ")", "，": ",", "；": ";", "：": ":", "、": ",", "。": "; ", "％": "%", "＜": "<", "＞": ">", "≤": "<", "≥": ">" };
const GREEK = { "α": "alpha", "β": "beta", "γ": "gamma", "ß": "beta" };
const wordList = (text) => new Set(text.split(" "));
const VALUES = {
  negative: wordList("negative negativity neg absent lacking lacked lack lost unreactive nonreactive negativ negativo negativa negativos negativas négatif négative 阴性"),
  positive: wordList("positive positivity pos present expressed expression expressing reactive immunoreactive detected rearranged amplified mutated rearrangement positiv positivo positiva positivos positivas positif 阳性"),
  equivocal: wordList("equivocal indeterminate borderline"),
  not_done: wordList("nd np untested"),
  not_interpretable: wordList("uninterpretable noninterpretable"),
};
const LEAD_NEGATIVE = wordList("no without non not");
const FOCAL = wordList("focal focally variable variably heterogeneous heterogeneously slightly weak weakly patchy partial partially scattered faint rare few minority 局灶 弱");
const DIFFUSE = wordList("diffuse diffusely intense intensely strong strongly extensive extensively widespread 弥漫 强");
// words that turn the name of a gene or its stain into that of its genetic test
const GENETIC = {
  fusion: wordList("rearranged rearrangement fusion fused translocation translocated 重排 融合"),
  mutation: wordList("mutated mutation mutant 突变"),
  wild: wordList("wild wildtype 野生型"),
};
const PATTERN = { "nuclear-membrane": /nuclear[- ]membran/i };
const FILLER = wordList(
  "a an and or for of the in by with to on at is are was were be been showed shows show showing stain stains staining stained stainings immunostain immunostains " +
  "immunohistochemistry immunohistochemical immunohistochemically ihc he cells cell tumour tumor tumoral lesional neoplastic lesion index labelling labeling li approximately about ca circa " +
  "markers marker immunoreactivity but also both all studies study status result results panel y und et con for time done performed fish protein antibody clone");

/** Tokens with their places: words, numbers, signs. */
function tokensOf(text) {
  const plain = Array.from(text.normalize("NFC"), (c) => SIGNS[c] ?? c).join("");
  const out = [], pattern = /[\u3400-\u9fff]|[\p{L}]+|\d+(?:\.\d+)?|[^\s]|\n/gu;
  for (const m of plain.matchAll(pattern)) {
    const folded = m[0].toLowerCase().replace(/[αβγß]/g, (c) => GREEK[c]);
    out.push({ text: m[0], key: folded, at: m.index, end: m.index + m[0].length });
  }
  return { plain, tokens: out };
}

const nameKey = (text) => tokensOf(text).tokens.filter((t) => /[\p{L}\d]/u.test(t.key)).map((t) => t.key).join("");

/** Name -> marker, for every label, synonym and clone of the knowledge. */
function makeReader(model) {
  const names = new Map(), clones = new Map();
  const add = (word, id) => { const k = nameKey(word); if (k && !names.has(k) && !ambiguous.has(k)) names.set(k, id); };
  const genetic = (m) => m.kind === "fish" || m.kind === "mutation";
  // stains the model does not know, and names that mean several: recognised, so that their result is not another's
  const ambiguous = new Set(model.data.other_names.ambiguous.map(nameKey));
  for (const m of model.data.markers) { add(m.id, m.id); add(m.label, m.id); }
  for (const m of model.data.markers) if (m.kind !== "pattern") for (const w of m.words) if (!genetic(m) || w.includes(" ") || w.includes("-")) add(w, m.id);
  const tests = { fusion: new Map(), mutation: new Map() };
  // NTRK3 is named by ETV6-NTRK3 too: the marker that bears the gene's name goes first
  const bears = (m, g) => m.id.split("_").slice(1).some((part) => g.startsWith(part));
  for (const first of [true, false])
    for (const m of model.data.markers.filter(genetic))
      for (const g of m.genes.filter((g) => bears(m, g) === first)) {
        const kind = m.kind === "fish" ? "fusion" : "mutation";
        if (!tests[kind].has(g)) tests[kind].set(g, m.id);
        if (!names.has(nameKey(g))) names.set(nameKey(g), "gene:" + g);
      }
  const { families, ...others } = model.data.other_names, family = new Set(families.map(nameKey));
  for (const list of Object.values(others)) for (const w of list) if (nameKey(w) && !names.has(nameKey(w))) names.set(nameKey(w), "other:" + w);
  // CAM5.2 is a stain of its own as well as a clone: names go first
  for (const m of model.data.markers) for (const c of m.clones) { add(c, m.id); clones.set(nameKey(c), c); }
  const sites = new Map();
  for (const s of model.data.context.sites) sites.set(nameKey(s), s);
  for (const [w, s] of Object.entries(model.data.site_words)) sites.set(nameKey(w), s);
  return { model, names, clones, sites, tests, family };
}

/** The longest name that starts at token k: [marker or site, tokens used, key]; "ALK 1+" is a grade, "ALK-1+" a clone. */
function nameAt(table, tokens, k, family = null) {
  let key = "", found = null;
  for (let j = k; j < Math.min(k + 9, tokens.length); j++) {
    const t = tokens[j];
    if (!/[\p{L}\d]/u.test(t.key)) {
      if (j === k || !/^[-/.']$/.test(t.text)) break;
      continue;
    }
    const grade = /^[1-3]$/.test(t.text) && j > k && t.at > tokens[j - 1].end && tokens[j + 1]?.text === "+";
    if (grade) break;
    key += t.key;
    // "CK7" is not "CK": a number that belongs to the word makes another name
    const on = tokens[j + 1], touching = on && on.at === t.end;
    const number = on && /^\d/.test(on.key) && !/\d$/.test(t.key) && tokens[j + 2]?.text !== "%" && (touching || tokens[j + 2]?.text !== "+");
    const goesOn = number && (touching || family?.has(key));
    if (table.has(key) && !goesOn && key.length > 1) found = [table.get(key), j - k + 1, key];
  }
  return found;
}

/** Read a report line: {findings, age, sex, site, unread}. */
function readLine(reader, text) {
  const { plain, tokens } = tokensOf(text), kinds = reader.model.markers;
  const out = { findings: [], age: null, sex: null, site: null, unread: [] };
  const used = new Set();
  readContext(plain, tokens, out, used);
  let pending = [], held = null, lead = null, last = [], unread = [], joined = false;
  const told = new Map();

  const flushUnread = () => { if (unread.length) out.unread.push(plain.slice(unread[0].at, unread[unread.length - 1].end)); unread = []; };
  const record = (entry, value, extra = {}) => {
    if (!kinds.has(entry.marker)) {
      out.unread.push(plain.slice(entry.at, extra.end ?? entry.end) + (entry.marker.startsWith("other:") ? " (not in the model)" : " (no result)"));
      return;
    }
    const kind = kinds.get(entry.marker).kind;
    if (kind !== "ihc" && (value === "focal" || value === "diffuse")) value = "positive";
    const finding = { marker: entry.marker, value, clone: entry.clone, pattern: entry.pattern ?? null, reported: plain.slice(entry.at, extra.end ?? entry.end), ...extra };
    const earlier = told.get(entry.marker);
    if (earlier && earlier.value !== value) { out.unread.push(`${finding.reported} (told before as ${earlier.value})`); return; }
    if (!earlier) { told.set(entry.marker, finding); out.findings.push(finding); }
    last.push(finding);
  };
  const settle = (value, end) => {
    const graded = value === "positive" && held ? held : value;
    last = [];
    for (const entry of pending) {
      if (kinds.get(entry.marker)?.kind === "index" && value !== "not_done" && value !== "not_interpretable") out.unread.push(plain.slice(entry.at, end) + " (no percentage)");
      else record(entry, graded, { end });
    }
    pending = []; held = null;
  };
  const close = (hard) => {
    // what a list leaves without a result: a grade alone means positive, an H&E feature that is named is present
    if (held && pending.length) settle("positive", pending[pending.length - 1].end);
    const features = pending.filter((e) => kinds.get(e.marker)?.kind === "morphology");
    if (hard && joined && pending.length) { asGenetic("fusion"); settle("positive", pending[pending.length - 1].end); }
    if (hard) {
      for (const e of features) record(e, "positive");
      for (const e of pending) if (!features.includes(e)) out.unread.push(plain.slice(e.at, e.end) + " (no result)");
      pending = []; lead = null; held = null; last = []; joined = false;
    }
  };
  /** Names that wait for a result now mean the genetic tests of their genes. */
  const asGenetic = (kind) => {
    const waiting = pending.flatMap((e) => {
      const genes = e.marker.startsWith("gene:") ? [e.marker.slice(5)] : kinds.get(e.marker)?.genes ?? [];
      const test = genes.map((g) => reader.tests[kind].get(g)).find(Boolean);
      return test ? [{ ...e, marker: test, clone: null, pattern: null }] : kinds.get(e.marker)?.kind === "fish" || !joined ? [e] : [];
    });
    pending = waiting.filter((e, k) => waiting.findIndex((x) => x.marker === e.marker) === k);
  };

  for (let k = 0; k < tokens.length; k++) {
    const t = tokens[k], next = tokens[k + 1];
    if (used.has(k)) continue;
    const hardStop = t.text === ";" || t.text === "\n" || (t.text === "." && (!next || next.at > t.end));
    if (hardStop) { flushUnread(); close(true); continue; }
    if (t.text === ",") { flushUnread(); if (held && pending.length) close(false); last = []; continue; }
    const name = nameAt(reader.names, tokens, k, reader.family);
    if (name) {
      flushUnread();
      const [marker, size, key] = name, end = tokens[k + size - 1].end;
      const entry = { marker, at: t.at, end, clone: reader.clones.get(key) ?? null };
      const tail = plain.slice(end).split(/[;,\n]/)[0];
      for (const [word, pattern] of Object.entries(PATTERN)) if (pattern.test(tail)) entry.pattern = word;
      k += size - 1;
      const sign = tokens[k + 1]?.text, own = sign === "+" || sign === "-" || sign === "(" || /^\d/.test(sign ?? "") || sign === "±";
      if (lead && !own && kinds.get(marker)?.kind !== "index" && !marker.startsWith("gene:")) { record(entry, lead === "positive" && held ? held : lead); continue; }
      pending.push(entry);
      continue;
    }
    if (/^\d/.test(t.text) || ((t.text === "<" || t.text === ">") && /^\d/.test(next?.text ?? ""))) {
      const m = /^([<>]?)\s*=?\s*(\d+(?:\.\d+)?)\s*(?:%?\s*(?:-|to)\s*(\d+(?:\.\d+)?))?\s*(%?)/.exec(plain.slice(t.at));
      const end = t.at + m[0].length;
      const grade = /^[1-3]$/.test(t.text) && next?.text === "+" && !m[4];
      if (grade && pending.length) { held = t.text === "1" ? "focal" : "diffuse"; settle("positive", next.end); k++; continue; }
      if (grade && last.length) { for (const f of last) if (f.value === "positive" && kinds.get(f.marker).kind === "ihc") f.value = t.text === "1" ? "focal" : "diffuse"; k++; continue; }
      const a = +m[2], b = m[3] ? +m[3] : a, index = pending.find((e) => kinds.get(e.marker)?.kind === "index");
      const skip = () => { while (tokens[k + 1] && tokens[k + 1].at < end) k++; };
      if (index && a <= 100 && b <= 100 && a <= b) {
        const low = m[1] === "<" ? 0 : a, high = m[1] === ">" ? 100 : b;
        record(index, m[1] ? m[1] + a : a === b ? String(a) : `${a}-${b}`, { low, high, end });
        pending = pending.filter((e) => e !== index);
        skip(); continue;
      }
      if (m[4] && (pending.length || last.length) && a <= 100) {
        const p = (a + b) / 2, value = p === 0 ? "negative" : p >= 50 ? "diffuse" : "focal";
        if (pending.length) { held = null; settle(value, end); } else for (const f of last) if (f.value === "positive" && kinds.get(f.marker).kind === "ihc") f.value = value;
        skip(); continue;
      }
      unread.push(t); continue;
    }
    if (t.text === ":" && next?.text === ":") { joined = true; k++; continue; }
    const cue = Object.keys(GENETIC).find((c) => GENETIC[c].has(t.key));
    if (cue && pending.length) {
      flushUnread();
      joined ||= pending.length > 1 && cue === "fusion";
      asGenetic(cue === "fusion" ? "fusion" : "mutation");
      if (cue === "wild" && tokens[k + 1]?.text === "-") k++;
      if (cue === "wild" && tokens[k + 1]?.key === "type") k++;
      const after = tokens[k + 1]?.key;
      // a result may follow: "ALK rearrangement negative"
      if (cue === "wild") settle("negative", tokens[k].end);
      else if (lead) settle(lead, t.end);
      else if (!Object.values(VALUES).some((v) => v.has(after)) && after !== "+" && after !== "-" && after !== ":" && after !== "not") settle("positive", t.end);
      continue;
    }
    if (t.text === "+" || t.text === "±" || t.text === "-") {
      let run = 1;
      while (t.text === "+" && tokens[k + run]?.text === "+") run++;
      const half = t.text === "±" || (t.text === "+" && tokens[k + 1]?.text === "/" && tokens[k + 2]?.text === "-") || (t.text === "-" && tokens[k + 1]?.text === "/" && tokens[k + 2]?.text === "+");
      if (half) { if (t.text !== "±") k += 2; settle("equivocal", tokens[k].end); continue; }
      // a hyphen inside a word is no minus, unless a name that is known follows: "KIT-DOG1-"
      const inside = t.text === "-" && next?.at === t.end && /[\p{L}\d]/u.test(next.key) && tokens[k - 1]?.end === t.at;
      if (inside && (!pending.length || pending.some((e) => e.marker.startsWith("gene:")) || !kinds.has(nameAt(reader.names, tokens, k + 1)?.[0]))) continue;
      k += run - 1;
      if (run > 1) held = "diffuse";
      settle(t.text === "-" ? "negative" : "positive", tokens[k].end);
      continue;
    }
    const value = Object.keys(VALUES).find((v) => VALUES[v].has(t.key));
    const two = t.key + " " + (next?.key ?? "");
    if (two === "not done" || two === "not performed") { settle("not_done", next.end); k++; continue; }
    if (two === "not interpretable") { settle("not_interpretable", next.end); k++; continue; }
    if (two === "not detected" || two === "not expressed" || two === "not rearranged" || two === "not seen" || two === "non reactive") { settle("negative", next.end); k++; continue; }
    if (value) {
      flushUnread();
      if (next?.key === "for" || !pending.length) lead = value === "negative" || value === "positive" ? value : null;
      if (next?.key === "for") { for (const e of pending) out.unread.push(plain.slice(e.at, e.end) + " (no result)"); pending = []; }
      else settle(value, t.end);
      continue;
    }
    if (LEAD_NEGATIVE.has(t.key)) { flushUnread(); if (!pending.length) lead = "negative"; continue; }
    if (FOCAL.has(t.key) || DIFFUSE.has(t.key)) {
      flushUnread();
      const grade = FOCAL.has(t.key) ? "focal" : "diffuse";
      const open = last.filter((f) => f.value === "positive" && kinds.get(f.marker).kind === "ihc");
      if (!pending.length && open.length) for (const f of open) f.value = grade;
      // of "diffuse weak" the weaker counts
      else if (held !== "focal") held = grade;
      continue;
    }
    if (!/[\p{L}\d]/u.test(t.key) || FILLER.has(t.key) || /nuclear|membran|cytoplasm/.test(t.key)) { flushUnread(); continue; }
    unread.push(t);
  }
  flushUnread(); close(true);
  readSite(reader, tokens, plain, out);
  return out;
}

/** Age and sex where they stand as such: "5-year-old boy", "65 y", "14 mo". */
function readContext(plain, tokens, out, used) {
  const age = /(\d+(?:\.\d+)?)\s*-?\s*(years?|yrs?|yo|y|months?|mo|weeks?)\b(?:[- ]*(?:\/?\s*o\b|old))?/i.exec(plain);
  if (age) {
    const per = /^mo/i.test(age[2]) ? 12 : /^w/i.test(age[2]) ? 52.1775 : 1;
    if (age[1] / per <= 120) { out.age = age[1] / per; mark(age.index, age.index + age[0].length); }
  }
  const sex = /\b(?:(male|man|boy)|(female|woman|girl))\b/i.exec(plain);
  if (sex) { out.sex = sex[1] ? "male" : "female"; mark(sex.index, sex.index + sex[0].length); }
  function mark(a, b) { tokens.forEach((t, k) => { if (t.at >= a && t.end <= b) used.add(k); }); }
}

/** A site among the words that were not read. */
function readSite(reader, tokens, plain, out) {
  for (let k = 0; k < tokens.length; k++) {
    const found = nameAt(reader.sites, tokens, k);
    if (!found || found[2].length < 4) continue;
    const words = plain.slice(tokens[k].at, tokens[k + found[1] - 1].end), where = out.unread.findIndex((u) => u.includes(words));
    if (where < 0) continue;
    out.site = found[0];
    const rest = out.unread[where].replace(words, "").trim();
    out.unread.splice(where, 1, ...(rest ? [rest] : []));
    return;
  }
}
