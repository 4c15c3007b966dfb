"use strict";
// What one sees and clicks. State is one Map of findings in the order they were entered, and the context; every change draws anew.

const LABELS = { not_done: "n.d.", negative: "−", equivocal: "±", focal: "focal", positive: "+", diffuse: "diffuse", not_interpretable: "n.i." };
const SPOKEN = { not_done: "not done", negative: "negative", equivocal: "equivocal", focal: "focal or weak", positive: "positive, extent not told", diffuse: "diffuse", not_interpretable: "not interpretable" };
const CHOICES = { ihc: ["not_done", "negative", "equivocal", "focal", "positive", "diffuse"], test: ["not_done", "negative", "positive"] };

/** An element with attributes and children; text is always text. */
function el(tag, attributes = {}, ...children) {
  const svg = ["svg", "rect", "line"].includes(tag);
  const node = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [k, v] of Object.entries(attributes)) {
    if (k.startsWith("on")) node.addEventListener(k.slice(2), v);
    else if (v === true) node.setAttribute(k, "");
    else if (v !== false && v != null) node.setAttribute(k, v);
  }
  node.append(...children.filter((c) => c != null));
  return node;
}

function startPage() {
  const $ = (id) => document.getElementById(id);
  const model = makeModel(JSON.parse($("data").textContent)), { data } = model;
  const nameKey = (s) => s.toLowerCase().replace(/[\s\p{P}]/gu, "");
  const state = { findings: new Map(), age: null, sex: null, site: null, why: null, rival: null };
  const controls = new Map();

  const siteName = (s) => s.replaceAll("_", " ");
  const isTest = (m) => m.kind !== "ihc";
  const valueWords = (f) => {
    const m = model.markers.get(f.marker);
    if (m.kind === "index") return SILENT.has(f.value) ? SPOKEN[f.value] : f.value + " %";
    if (m.kind === "morphology" && f.value === "positive") return "present";
    if (m.kind === "morphology" && f.value === "negative") return "absent";
    const word = { negative: "-", positive: "+", focal: "focal +", diffuse: "diffuse +" }[f.value] ?? SPOKEN[f.value];
    const extras = [f.pattern, f.clone].filter(Boolean);
    return extras.length ? `${word} (${extras.join(", ")})` : word;
  };
  const label = (variable) => {
    const n = data.names, f = state.findings.get(variable);
    if (variable === n.age) return `age ${ageWords(state.age)}`;
    if (variable === n.sex) return `sex ${state.sex}`;
    if (variable === n.site) return `site ${siteName(state.site)}`;
    const marker = model.markers.get(variable);
    return f ? `${marker.label} ${valueWords(f)}` : `${marker.label}`;
  };
  const ageWords = (age) => (age >= 2 ? `${+age.toPrecision(3)} y` : `${Math.round(age * 12)} months`);
  const panelOf = () => ({ findings: [...state.findings.values()], age: state.age, sex: state.sex, site: state.site });

  // --- the panel -----------------------------------------------------------------------------------------------------------

  function setFinding(marker, value, extra = {}) {
    const kept = state.findings.get(marker);
    if (value === "not_done") state.findings.delete(marker);
    else state.findings.set(marker, { pattern: null, clone: null, ...kept, marker, value, ...extra });
    showFinding(marker);
  }

  function showFinding(marker) {
    const c = controls.get(marker), f = state.findings.get(marker), value = f ? f.value : "not_done";
    if (!c) return;
    c.set.classList.toggle("told", Boolean(f));
    if (c.text) { if (document.activeElement !== c.text) c.text.value = f ? f.value : ""; }
    else for (const radio of c.radios) radio.checked = radio.value === value;
    if (c.clone) c.clone.value = f?.clone ?? "";
    if (c.pattern) c.pattern.value = f?.pattern ?? "";
    if (c.more) c.more.hidden = !f;
  }

  function control(m) {
    const set = el("fieldset", {}, el("legend", {}, m.label)), c = { set, radios: [] };
    set.dataset.words = [m.label, m.id, ...m.words].join(" ").toLowerCase();
    if (m.kind === "index") {
      c.text = el("input", { size: 8, inputmode: "text", placeholder: "10, 5-10, <5", "aria-label": `${m.label} in percent: a number, a range, or < and a number`, autocomplete: "off" });
      c.text.addEventListener("input", () => {
        const range = readIndex(c.text.value);
        c.text.setAttribute("aria-invalid", range === null ? "true" : "false");
        c.note.textContent = range === null ? " a percentage: 10, 5-10, <5, >30" : " %";
        if (range) setFinding(m.id, range.value, range); else setFinding(m.id, "not_done");
        draw();
      });
      c.note = el("span", { class: "note", role: "status" }, " %");
      set.append(c.text, c.note);
    } else {
      const names = m.kind === "morphology" ? { negative: "absent", positive: "present" } : {};
      const pick = el("span", { class: "pick" });
      for (const value of isTest(m) ? CHOICES.test : CHOICES.ihc) {
        const radio = el("input", { type: "radio", name: m.id, value, "aria-label": names[value] ?? SPOKEN[value], checked: value === "not_done" });
        radio.addEventListener("change", () => { setFinding(m.id, value); draw(); });
        c.radios.push(radio);
        pick.append(el("label", { title: names[value] ?? SPOKEN[value] }, radio, el("span", { "aria-hidden": "true" }, names[value] ?? LABELS[value])));
      }
      set.append(pick);
      if (data.clones[m.id] || data.pattern?.stain === m.id) set.append(details(m, c));
    }
    controls.set(m.id, c);
    return set;
  }

  /** Clone and pattern, for the stains where they change the answer. */
  function details(m, c) {
    c.more = el("span", { class: "more", hidden: true });
    const choose = (key, title, options) => {
      const box = el("select", { "aria-label": `${m.label}: ${title}` }, el("option", { value: "" }, title), ...options.map(([v, t]) => el("option", { value: v }, t)));
      box.addEventListener("change", () => { setFinding(m.id, state.findings.get(m.id).value, { [key]: box.value || null }); draw(); });
      c[key] = box;
      c.more.append(box);
    };
    if (data.clones[m.id]) choose("clone", "clone", m.clones.map((x) => [x, x]));
    if (data.pattern?.stain === m.id) choose("pattern", "pattern", [[data.pattern.word, data.pattern.word], ["cytoplasmic", "cytoplasmic"]]);
    return c.more;
  }

  function readIndex(text) {
    const t = text.trim().replace(/[–−]/g, "-").replace(/%/g, "");
    if (!t) return undefined;
    const m = /^([<>]?)\s*(\d+(?:\.\d+)?)\s*(?:-\s*(\d+(?:\.\d+)?))?$/.exec(t);
    if (!m || (m[1] && m[3])) return null;
    const a = +m[2], b = m[3] ? +m[3] : a;
    if (a > 100 || b > 100 || a > b) return null;
    return { value: m[1] ? m[1] + a : m[3] ? `${a}-${b}` : String(a), low: m[1] === "<" ? 0 : a, high: m[1] === ">" ? 100 : b };
  }

  function readAge(text) {
    const m = /^\s*(\d+(?:\.\d+)?)\s*(y|yr|yrs|years?|mo|months?|w|weeks?)?\s*$/i.exec(text);
    if (!m) return text.trim() ? null : undefined;
    const age = m[1] / (/^mo/i.test(m[2] ?? "") ? 12 : /^w/i.test(m[2] ?? "") ? 52.1775 : 1);
    return age <= 120 ? age : null;
  }

  function build() {
    const kinds = [["fish", "mutation"], ["morphology"]], titles = ["FISH, sequencing and mutations", "H&E features"];
    const founding = new Set(data.founding);
    const group = (title, markers, open) => {
      const count = el("span", { class: "count" });
      const box = el("details", { open }, el("summary", {}, title + " ", count), ...markers.map(control));
      box.addEventListener("toggle", () => {});
      $("groups").append(box);
      box.tell = () => { const n = markers.filter((m) => state.findings.has(m.id)).length; count.textContent = n ? `(${n} of ${markers.length})` : `(${markers.length})`; };
      groups.push(box);
    };
    const groups = [];
    group("First panel", data.founding.map((id) => model.markers.get(id)), true);
    group("More stains", data.markers.filter((m) => m.kind === "ihc" && !founding.has(m.id)), false);
    kinds.forEach((k, j) => group(titles[j], data.markers.filter((m) => k.includes(m.kind) && !founding.has(m.id)), false));
    for (const s of data.context.sexes) $("sex").append(el("option", { value: s }, s));
    for (const s of data.context.sites) $("site").append(el("option", { value: s }, siteName(s)));
    data.priors.forEach((p, k) => $("prior").append(el("option", { value: k, title: p.description }, p.name)));
    return groups;
  }

  function showAll() {
    for (const marker of controls.keys()) showFinding(marker);
    if (document.activeElement !== $("age")) $("age").value = state.age == null ? "" : state.age >= 2 ? +state.age.toPrecision(4) : `${+(state.age * 12).toPrecision(3)} mo`;
    $("sex").value = state.sex ?? "";
    $("site").value = state.site ?? "";
    groups.forEach((g, k) => { if (k && g.querySelector(".told")) g.open = true; });
  }

  // --- the answer -----------------------------------------------------------------------------------------------------------

  function bar(share, title, className = "fill-for") {
    return el("svg", { width: 120, height: 10, viewBox: "0 0 120 10", role: "img", "aria-label": title },
      el("rect", { x: 0, y: 4.5, width: 120, height: 1, class: "fill-soft", opacity: .4 }), el("rect", { x: 0, y: 0, width: Math.max(120 * share, .75), height: 10, rx: 1.5, class: className }));
  }

  /** A bar to the right for, to the left against. */
  function weightBar(weight, scale) {
    const w = Math.min(Math.abs(weight) / scale, 1) * 48;
    return el("svg", { width: 100, height: 10, viewBox: "0 0 100 10", "aria-hidden": "true" },
      el("rect", { x: weight < 0 ? 50 - w : 50, y: 0, width: Math.max(w, .75), height: 10, class: weight < 0 ? "fill-against" : "fill-for" }), el("line", { x1: 50, x2: 50, y1: 0, y2: 10, class: "stroke-range" }));
  }

  function tableOf(caption, headers, rows, hideCaption = false) {
    return el("div", { class: "scroll" }, el("table", {}, el("caption", hideCaption ? { class: "hidden" } : {}, caption),
      el("thead", {}, el("tr", {}, ...headers.map(([t, c]) => el("th", { scope: "col", class: c }, t)))), el("tbody", {}, ...rows)));
  }

  const MOST = 8;
  let result = null, showRest = false;

  function compute() {
    const panel = panelOf(), evidence = evidenceOf(model, panel), posterior = posteriorOf(model, evidence);
    const order = [...posterior.keys()].sort((a, b) => posterior[b] - posterior[a] || a - b);
    const asked = state.why ?? order[0];
    const rival = state.rival === asked ? null : state.rival;
    const weights = evidence.size ? weightsOfEvidence(model, evidence, [[asked, rival]])[0] : new Map();
    return {
      panel, evidence, posterior, order, asked, rival, weights,
      total: evidence.size ? bayesFactor(model, spineOf(model, evidence), asked, rival) : 0,
      whatIf: whatIf(model, panel, posterior), next: nextTests(model, panel, evidence, posterior),
      conflict: conflictBits(model, panel, evidence), compromised: compromised(model, evidence),
      drivers: model.nodes.has(data.names.fusion) && evidence.size ? marginalOf(model, data.names.fusion, evidence) : null,
    };
  }

  function draw() {
    result = compute();
    for (const g of groups) g.tell();
    drawAnswer(result); drawReasons(result); drawNext(result); drawWhatIf(result);
  }

  const unusual = (r) => r.order[0] === model.unlisted && r.evidence.size > 0;

  function drawAnswer(r) {
    const names = data.diagnoses, first = names[r.order[0]], told = r.panel.findings.filter((f) => !SILENT.has(f.value)).length;
    const shown = showRest ? r.order : r.order.slice(0, MOST), rest = r.order.slice(shown.length);
    const rows = shown.map((d, k) => el("tr", { class: d === model.imt ? "imt" : null }, el("td", { class: "num" }, String(k + 1)), el("th", { scope: "row" }, names[d].name),
      el("td", {}, bar(r.posterior[d], percent(r.posterior[d]))), el("td", { class: "num" }, percent(r.posterior[d])), el("td", { class: "num soft" }, percent(data.priors[$("prior").value | 0].p[d]))));
    if (rest.length) rows.push(el("tr", {}, el("td"), el("th", { scope: "row", class: "soft" }, `${rest.length} others`), el("td"), el("td", { class: "num soft" }, percent(sumOf(rest.map((d) => r.posterior[d])))), el("td")));
    const toggle = el("button", { type: "button", "aria-expanded": String(showRest), onclick: () => { showRest = !showRest; draw(); $("answer").querySelector("button").focus(); } }, showRest ? "Show the first 8" : `Show all ${r.order.length}`);
    const remarks = [];
    if (unusual(r)) remarks.push("Fits no listed diagnosis well: a lesion that is not listed is the most probable answer.");
    if (r.compromised >= 5 * data.tissue[1]) remarks.push(`Stains may have failed: the chance of compromised tissue rose from ${percent(data.tissue[1])} to ${percent(r.compromised)}; consider checking internal controls before counting the negatives.`);
    if (r.conflict > 0.1 && told > 2) remarks.push(`The findings contradict each other (conflict ${r.conflict.toFixed(1)} bit): consider confirming them before the ranking is relied on.`);
    $("answer").replaceChildren(
      el("h2", {}, "Differential"),
      el("p", { class: "lead", "aria-live": "polite" }, r.evidence.size ? `${first.name} ` : "Nothing entered yet ", el("span", { class: "p" }, r.evidence.size ? percent(r.posterior[r.order[0]]) : "")),
      el("p", { class: "note" }, r.evidence.size ? `${told} finding${told === 1 ? "" : "s"}; prior ${data.priors[$("prior").value | 0].name}. Rates are means of published counts; intervals are in the reports of the imtdx program.` : "The table shows the prior."),
      tableOf("Ranked diagnoses", [["", "num"], ["Diagnosis"], [""], ["Probability", "num"], ["Prior", "num"]], rows, true),
      el("p", { class: "row" }, toggle), ...remarks.map((t) => el("p", { class: "warn" }, t)));
  }

  function drawReasons(r) {
    if (!r.evidence.size) return $("reasons").replaceChildren();
    const names = data.diagnoses, choices = [...new Set([...r.order.slice(0, 3), ...(model.imt >= 0 ? [model.imt] : []), r.asked])];
    const why = el("select", { "aria-label": "Diagnosis to explain", id: "why" }, ...choices.map((d) => el("option", { value: d, selected: d === r.asked }, names[d].name)));
    const rival = el("select", { "aria-label": "Against", id: "rival" }, el("option", { value: "" }, "the rest"), ...r.order.filter((d) => d !== r.asked).map((d) => el("option", { value: d, selected: d === r.rival }, names[d].name)));
    why.addEventListener("change", () => { state.why = +why.value; draw(); $("why").focus(); });
    rival.addEventListener("change", () => { state.rival = rival.value === "" ? null : +rival.value; draw(); $("rival").focus(); });
    const scale = Math.min(Math.max(1, ...[...r.weights.values()].map(Math.abs)), 2);
    const rows = [...r.weights].sort((a, b) => Math.abs(b[1]) - Math.abs(a[1])).map(([variable, w]) => {
      const f = state.findings.get(variable), words = f ? f.value : label(variable).replace(/^\w+ /, "");
      let told = whyOf(model, r.asked, variable, words);
      if (r.rival !== null) told += "; " + whyOf(model, r.rival, variable, words).replace(/^.*? in /, "in ");
      return el("tr", {}, el("th", { scope: "row" }, label(variable)), el("td", { class: "num " + (w < 0 ? "against" : "for") }, signed(w, 2)), el("td", {}, weightBar(w, scale)), el("td", { class: "why" }, el("span", { class: w < 0 ? "against" : "for" }, strength(w)), ". " + told));
    });
    $("reasons").replaceChildren(el("h2", {}, "Why"),
      el("p", { class: "tabs" }, why, el("span", {}, "against"), rival),
      tableOf(`Weights of evidence, log10 likelihood ratios, together ${signed(r.total, 2)}`, [["Finding"], ["Weight", "num"], ["against | for"], ["Published counts"]], rows));
  }

  function drawNext(r) {
    if (!r.evidence.size) return $("next").replaceChildren();
    const items = r.next.tests.map((t) => el("li", {}, t.why, el("span", { class: "soft" }, ` (${t.bits.toFixed(2)} bit)`)));
    const drivers = r.drivers && r.drivers.map((p, k) => `${model.nodes.get(data.names.fusion).names[k]} ${percent(p)}`).join(", ");
    $("next").replaceChildren(el("h2", {}, "Next tests to consider"), r.next.stop ? el("p", {}, r.next.stop) : el("ol", {}, ...items),
      ...(drivers ? [el("p", { class: "note" }, `Kinase fusion: ${drivers}`)] : []));
  }

  function drawWhatIf(r) {
    if (!r.whatIf.length) return $("whatif").replaceChildren();
    const change = (w) => { const m = model.markers.get(w.marker); return w.change === "removed" ? "not done" : valueWords({ marker: m.id, value: w.change }); };
    const rows = r.whatIf.map((w) => el("tr", {}, el("th", { scope: "row" }, `${model.markers.get(w.marker).label} ${change(w)}`), el("td", {}, data.diagnoses[w.top].abbreviation), el("td", { class: "num" }, percent(w.pTop)),
      el("td", { class: "num" }, percent(w.pImt)), el("td", { class: "against" }, w.decisive ? "changes the first place" : "")));
    $("whatif").replaceChildren(tableOf("What if one finding were otherwise", [["Finding"], ["First then"], ["Its probability", "num"], ["IMT", "num"], [""]], rows));
  }

  // --- text, paste, clear -----------------------------------------------------------------------------------------------------

  function asText() {
    const r = result, names = data.diagnoses, lines = [];
    const context = [state.age == null ? "" : ageWords(state.age), state.sex ?? "", state.site ? siteName(state.site) : ""].filter(Boolean).join(", ");
    lines.push("Panel: " + (r.panel.findings.map((f) => `${model.markers.get(f.marker).label} ${valueWords(f)}`).join("; ") || "no findings"));
    if (context) lines.push("Case: " + context);
    lines.push("Prior: " + data.priors[$("prior").value | 0].name, "");
    r.order.slice(0, MOST).forEach((d, k) => lines.push(`${String(k + 1).padStart(2)}  ${names[d].name}: ${percent(r.posterior[d])}`));
    const heavy = [...r.weights].sort((a, b) => Math.abs(b[1]) - Math.abs(a[1])).filter(([, w]) => Math.abs(w) >= .1).slice(0, 8);
    lines.push("", `For and against ${names[r.asked].name} (log10 likelihood ratios): ` + heavy.map(([n, w]) => `${label(n)} (${signed(w)})`).join(", "));
    if (r.next.stop) lines.push("Next: " + r.next.stop); else if (r.next.tests.length) lines.push("Consider next: " + r.next.tests.slice(0, 3).map((t) => t.marker.request).join(", "));
    const k = data.knowledge;
    lines.push("", data.intended_use, `imtdx ${data.imtdx}, knowledge ${k.version} (${k.sha256.slice(0, 12)})`);
    return lines.join("\n");
  }

  async function copyText() {
    const text = asText();
    try { await navigator.clipboard.writeText(text); }
    catch {
      // file pages may lack the clipboard interface; a selected text area does the same
      const box = el("textarea", { class: "hidden", "aria-hidden": "true" });
      box.value = text;
      document.body.append(box); box.select(); document.execCommand("copy"); box.remove();
    }
    say("Copied.");
  }

  function say(text) { const s = $("said"); s.className = "note"; s.textContent = text; setTimeout(() => { s.className = "hidden"; s.textContent = ""; }, 3000); }

  function readPasted() {
    const got = $page.read($("line").value), unread = got.error ? [got.error] : got.unread.map((u) => u.text + (u.suggestion ? ` (did you mean ${u.suggestion}?)` : ""));
    state.findings = new Map(got.findings.map((f) => [f.marker, f]));
    const kept = [];
    for (const [key, words] of [["age", ageWords], ["sex", String], ["site", siteName]]) {
      if (got[key] != null) state[key] = got[key];
      else if (state[key] != null) kept.push(words(state[key]));
    }
    state.why = state.rival = null;
    const parts = [el("p", { class: "note" }, `${got.findings.length} finding${got.findings.length === 1 ? "" : "s"} read.`)];
    if (kept.length) parts.push(el("p", { class: "warn" }, `Kept from what was entered before: ${kept.join(", ")}.`));
    if (unread.length) parts.push(el("p", { class: "warn" }, "Not read: ", ...unread.flatMap((u, k) => [k ? "; " : "", el("q", {}, u)])));
    $("unread").replaceChildren(...parts);
    showAll(); draw();
  }

  function clear() {
    Object.assign(state, { findings: new Map(), age: null, sex: null, site: null, why: null, rival: null });
    $("line").value = $("find").value = $("age").value = ""; $("unread").replaceChildren(); $("case-note").textContent = "";
    showAll(); filter(); draw(); say("Cleared."); $("line").focus();
  }

  function filter() {
    const word = $("find").value.trim().toLowerCase(), key = nameKey(word);
    for (const g of groups) {
      let any = false;
      for (const set of g.querySelectorAll("fieldset")) { const fits = !word || set.dataset.words.includes(word) || nameKey(set.dataset.words).includes(key); set.hidden = !fits; any ||= fits; }
      g.hidden = !any;
      if (word) g.open = any;
    }
  }

  const groups = build();
  $("read").addEventListener("click", readPasted);
  $("line").addEventListener("keydown", (e) => { if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) readPasted(); });
  $("copy").addEventListener("click", copyText);
  $("clear").addEventListener("click", clear);
  $("find").addEventListener("input", filter);
  $("age").addEventListener("input", () => { const a = readAge($("age").value); $("case-note").textContent = a === null ? "Age in years, or with mo or weeks: 5, 14 mo, 3 weeks." : ""; state.age = a ?? null; draw(); });
  $("sex").addEventListener("change", () => { state.sex = $("sex").value || null; draw(); });
  $("site").addEventListener("change", () => { state.site = $("site").value || null; draw(); });
  $("prior").addEventListener("change", () => { setPrior(model, +$("prior").value); draw(); });
  const k = data.knowledge;
  $("foot").textContent = `${data.intended_use} imtdx ${data.imtdx}, knowledge ${k.version}, sha256 ${k.sha256}` + (k.without_sources.length ? `, without ${k.without_sources.join(", ")}` : "") + (k.overlays.length ? `, with ${k.overlays.join(", ")}` : "") + ".";
  showAll(); draw();

  // for checks from outside the page: panels in, numbers out
  return {
    data,
    read: $page.read,
    posterior: (panel) => Array.from(posteriorOf(model, evidenceOf(model, panel))),
    weights: (panel, d, versus = null) => [...weightsOfEvidence(model, evidenceOf(model, panel), [[d, versus]])[0]],
    whatIf: (panel) => whatIf(model, panel, posteriorOf(model, evidenceOf(model, panel))),
    next: (panel, k) => { const e = evidenceOf(model, panel), r = nextTests(model, panel, e, posteriorOf(model, e), k); return { stop: r.stop, tests: r.tests.map((t) => ({ marker: t.marker.id, bits: t.bits, changes: t.changes, why: t.why })) }; },
    drivers: (panel) => marginalOf(model, data.names.fusion, evidenceOf(model, panel)),
    conflict: (panel) => conflictBits(model, panel, evidenceOf(model, panel)),
    show: (text) => { $("line").value = text; readPasted(); },
    text: asText,
  };
}

window.imtdx = startPage();
window.imtdxReady = performance.now();
