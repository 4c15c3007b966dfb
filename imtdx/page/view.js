"use strict";
// What one sees and clicks. The case is kept in case.js; every change is reckoned at once as far as it must be seen at once.

const CHOICES = { ihc: ["not_done", "negative", "equivocal", "focal", "positive", "diffuse", "not_interpretable"], test: ["not_done", "negative", "equivocal", "positive", "not_interpretable"], morphology: ["not_done", "negative", "positive"] };
const MOST = 8;

/** An element with attributes and children; text is always text. */
function el(tag, attributes = {}, ...children) {
  const svg = ["svg", "rect", "line"].includes(tag);
  const node = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [k, v] of Object.entries(attributes)) {
    if (k.startsWith("on")) node.addEventListener(k.slice(2), v);
    else if (v === true) node.setAttribute(k, "");
    else if (v !== false && v != null) node.setAttribute(k, v);
  }
  node.append(...children.flat().filter((c) => c != null && c !== false));
  return node;
}
/** New content; what is nothing is left out. */
const fill = (node, ...children) => node.replaceChildren(...children.flat().filter((c) => c != null && c !== false));
function percent(p) {
  if (p > 0 && p < 0.0005) return "<0.1 %";
  if (p > 0.9995 && p < 1) return ">99.9 %";
  return (100 * p).toFixed(1) + " %";
}
const signed = (x, digits = 2) => (x < 0 || Object.is(x, -0) ? "-" : "+") + Math.abs(x).toFixed(digits);
const words = (s) => s.replaceAll("_", " ");
const plainName = (s) => s.toLowerCase().replace(/[\s\p{P}]/gu, "");

async function startPage() {
  const $ = (id) => document.getElementById(id), S = STRINGS;
  const { page, later, background } = await openRoom();
  const about = page.about(), markers = new Map(about.markers.map((m) => [m.id, m])), diagnoses = new Map(about.diagnoses.map((d) => [d.id, d]));
  const controls = new Map(), groups = [];
  let quick = null, slow = null, whole = null, serial = 0, showAll = false, why = null, rival = null, aside = null, timer = 0;
  const box = makeCase(changed);

  // --- reckoning -------------------------------------------------------------------------------------------------------------

  function changed() {
    const mine = ++serial;
    quick = page.first(box.now.text, box.options());
    slow = whole = null;
    show();
    clearTimeout(timer);
    if (quick.error || !quick.evidence) return;
    timer = setTimeout(async () => {
      const answer = await later("rest", box.now.text, box.options());
      if (mine !== serial) return;
      slow = answer;
      showSlow();
      const full = await later("diagnose", box.now.text, box.options());
      if (mine !== serial) return;
      whole = full;
      drawAnswer(); drawSheet();
      document.dispatchEvent(new Event("imtdx-whole"));
    }, 120);
  }

  // --- the panel -------------------------------------------------------------------------------------------------------------

  const found = (id) => quick?.panel?.findings.find((f) => f.marker === id);

  function enter(marker, changes) {
    const entered = { ...box.now.entered };
    if (changes === undefined) delete entered[marker];
    else if (changes === null) { if (box.now.text && found(marker) && !(marker in entered)) entered[marker] = null; else delete entered[marker]; }
    else { const f = found(marker); entered[marker] = { ...(f ? { value: f.value, ...(f.clone ? { clone: f.clone } : {}), ...(f.pattern ? { pattern: f.pattern } : {}) } : {}), ...entered[marker], ...changes }; }
    box.set({ entered });
  }

  function control(m) {
    const set = el("fieldset", {}, el("legend", {}, m.label)), c = { set, radios: [] };
    set.dataset.words = [m.label, m.id, ...m.words].join(" ").toLowerCase();
    if (m.kind === "index") {
      c.text = el("input", { size: 8, placeholder: "10, 5-10, <5", "aria-label": `${m.label} in percent: a number, a range, or < and a number`, autocomplete: "off" });
      c.text.addEventListener("change", () => enter(m.id, c.text.value.trim() ? { value: c.text.value.trim() } : null));
      set.append(c.text, el("span", { class: "note" }, " %"));
    } else {
      const names = m.kind === "morphology" ? { negative: S.absent, positive: S.present } : {};
      const pick = el("span", { class: "pick" });
      for (const value of CHOICES[m.kind === "ihc" ? "ihc" : m.kind === "morphology" ? "morphology" : "test"]) {
        const radio = el("input", { type: "radio", name: m.id, value, "aria-label": names[value] ?? S.spoken[value], checked: value === "not_done" });
        radio.addEventListener("change", () => enter(m.id, value === "not_done" ? null : { value }));
        c.radios.push(radio);
        pick.append(el("label", { title: names[value] ?? S.spoken[value] }, radio, el("span", { "aria-hidden": "true" }, names[value] ?? S[value])));
      }
      set.append(pick);
      const options = [["clone", m.clones], ["pattern", m.pattern ? [m.pattern, "cytoplasmic"] : []]].filter(([, list]) => list.length);
      if (options.length) {
        c.more = el("span", { class: "more", hidden: true });
        for (const [key, list] of options) {
          const pickOne = el("select", { "aria-label": `${m.label}: ${key}` }, el("option", { value: "" }, key), list.map((x) => el("option", { value: x }, x)));
          pickOne.addEventListener("change", () => enter(m.id, { [key]: pickOne.value || undefined }));
          c[key] = pickOne;
          c.more.append(pickOne);
        }
        set.append(c.more);
      }
    }
    controls.set(m.id, c);
    return set;
  }

  function build() {
    const founding = new Set(about.founding), left = about.markers.filter((m) => !founding.has(m.id));
    const lists = [about.founding.map((id) => markers.get(id)), left.filter((m) => m.kind === "ihc" || m.kind === "index"), left.filter((m) => m.kind === "fish" || m.kind === "mutation"), left.filter((m) => m.kind === "morphology")];
    lists.forEach((list, k) => {
      if (!list.length) return;
      const count = el("span", { class: "count" }), part = el("details", { open: k === 0 }, el("summary", {}, S.groups[k] + " ", count), list.map(control));
      part.tell = () => { const n = list.filter((m) => found(m.id)).length; count.textContent = n ? `(${n} of ${list.length})` : `(${list.length})`; if (k && n) part.open = true; };
      groups.push(part);
      $("groups").append(part);
    });
    for (const s of about.sexes) $("sex").append(el("option", { value: s }, s));
    for (const s of about.sites) $("site").append(el("option", { value: words(s) }, words(s)));
    $("prior").append(...about.priors.map((p) => el("option", { value: p.name, title: p.description }, p.name)));
    if (!about.priors.some((p) => p.name === about.prior)) $("prior").prepend(el("option", { value: about.prior }, about.prior));
    $("fixed-of").append(...about.diagnoses.map((d) => el("option", { value: d.id }, d.name)));
  }

  function showEntered() {
    const n = box.now;
    for (const [key, id] of [["text", "line"], ["age", "age"], ["sex", "sex"], ["site", "site"], ["specimen", "specimen"], ["case_id", "case_id"], ["date", "date"]])
      if ($(id).value !== n[key]) $(id).value = n[key];
    $("complete").checked = n.complete;
    $("prior").value = n.prior || about.prior;
    const fixed = n.fixed[$("fixed-of").value];
    if (document.activeElement !== $("fixed")) $("fixed").value = fixed === undefined ? "" : +(100 * fixed).toPrecision(6);
    for (const [id, c] of controls) {
      const f = found(id), value = f?.value ?? "not_done";
      c.set.classList.toggle("told", Boolean(f));
      c.set.classList.toggle("clicked", id in n.entered);
      if (c.text) { if (document.activeElement !== c.text) c.text.value = f ? f.value : ""; }
      else for (const radio of c.radios) radio.checked = radio.value === value;
      if (c.clone) c.clone.value = f?.clone ?? "";
      if (c.pattern) c.pattern.value = f?.pattern ?? "";
      if (c.more) c.more.hidden = !f;
    }
    groups.forEach((g) => g.tell());
    $("undo").disabled = !box.canUndo;
  }

  // --- what was read -----------------------------------------------------------------------------------------------------------

  function showReading() {
    const parts = [];
    if (quick.error) {
      const name = /^did you mean (.+)\?$/.exec(quick.suggestion ?? "")?.[1];
      // places are counted in characters, not in units
      const mend = () => { const all = Array.from(box.now.text), [a, b] = quick.span, word = all.slice(a, b).join(""); box.set({ text: [...all.slice(0, a), word.replace(/^[\p{L}\p{N}-]+/u, name), ...all.slice(b)].join("") }); };
      parts.push(el("p", { class: "warn" }, `${quick.error}. `, name && quick.span ? el("button", { type: "button", onclick: mend }, S.suggest(name)) : quick.suggestion));
    }
    const p = quick.panel;
    if (p) {
      const quiet = [...p.ignored, ...p.unrecognised.filter((u) => !u.loud).map((u) => ({ text: u.text, why: u.reason }))];
      for (const u of p.unrecognised.filter((u) => u.loud)) {
        const use = u.suggestion && el("button", { type: "button", onclick: () => box.set({ text: box.now.text.replace(u.text, u.suggestion) }) }, S.suggest(u.suggestion));
        parts.push(el("p", { class: "warn" }, `${S.notRead}: `, el("q", {}, u.text), ` ${u.reason} `, use));
      }
      for (const c of p.contradictions) parts.push(el("p", { class: "warn" }, `${S.contradiction}: ${c.text}`));
      for (const r of p.remarks) parts.push(el("p", { class: "note" }, `${S.remark}: ${r.text}`));
      const n = Object.keys(box.now.entered).length;
      if (n) parts.push(el("p", { class: "note" }, S.clicked(n)));
      if (quiet.length) parts.push(el("details", {}, el("summary", {}, `${S.ignored} (${quiet.length})`), quiet.map((g) => el("p", { class: "note" }, el("q", {}, g.text), ` ${g.why}`))));
      if (p.context.words) parts.unshift(el("p", { class: "note" }, p.context.words));
    }
    fill($("unread"), ...parts);
  }

  // --- the answer --------------------------------------------------------------------------------------------------------------

  function tableOf(caption, headers, rows, hide = false) {
    return el("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": caption }, el("table", {}, el("caption", hide ? { class: "hidden" } : {}, caption),
      el("thead", {}, el("tr", {}, headers.map(([t, c]) => (t ? el("th", { scope: "col", class: c }, t) : el("td", { class: c }))))), el("tbody", {}, rows)));
  }
  /** Probability as a bar, its interval as a whisker. */
  function bar(p, range) {
    const x = (v) => 120 * v;
    return el("svg", { width: 120, height: 12, viewBox: "0 0 120 12", role: "img", "aria-label": range ? `${percent(p)}, 95 % interval ${percent(range[0])} to ${percent(range[1])}` : percent(p) },
      el("rect", { x: 0, y: 5.5, width: 120, height: 1, class: "fill-soft", opacity: 0.4 }), el("rect", { x: 0, y: 1, width: Math.max(x(p), 0.75), height: 10, rx: 1.5, class: "fill-for" }),
      range && el("line", { x1: x(range[0]), x2: x(range[1]), y1: 6, y2: 6, class: "stroke-range", "stroke-width": 1.5 }), range && [0, 1].map((k) => el("line", { x1: x(range[k]), x2: x(range[k]), y1: 3, y2: 9, class: "stroke-range", "stroke-width": 1.5 })));
  }
  function weightBar(weight, scale) {
    const w = Math.min(Math.abs(weight) / scale, 1) * 48;
    return el("svg", { width: 100, height: 10, viewBox: "0 0 100 10", "aria-hidden": "true" }, el("rect", { x: weight < 0 ? 50 - w : 50, y: 0, width: Math.max(w, 0.75), height: 10, class: weight < 0 ? "fill-against" : "fill-for" }), el("line", { x1: 50, x2: 50, y1: 0, y2: 10, class: "stroke-range" }));
  }
  const ranges = () => new Map((whole?.ranking ?? []).map((r) => [r.id, r]));

  function drawAnswer() {
    if (quick.error) { fill($("answer"), el("h2", {}, "Differential"), el("p", { class: "warn" }, `${quick.error}. ${quick.suggestion ?? ""}`)); fill($("brief")); return; }
    const list = quick.ranking, shown = showAll ? list : list.slice(0, MOST), left = list.slice(shown.length), range = ranges(), told = quick.evidence > 0;
    const other = aside && new Map(aside.quick.ranking.map((r) => [r.id, r.probability]));
    const rows = shown.map((r, k) => {
      const x = range.get(r.id);
      return el("tr", { class: r.id === "imt" ? "imt" : null }, el("td", { class: "num" }, String(k + 1)), el("th", { scope: "row" }, r.name), el("td", { class: "bar" }, bar(r.probability, x && [x.low, x.high])), el("td", { class: "num" }, percent(r.probability)),
        el("td", { class: "num soft wide" }, x ? `${percent(x.low)} – ${percent(x.high)}` : "…"), el("td", { class: "num soft widest" }, x ? percent(x.first) : "…"), el("td", { class: "num soft" }, percent(r.prior)), other && el("td", { class: "num" }, percent(other.get(r.id) ?? 0)));
    });
    if (left.length) rows.push(el("tr", {}, el("td"), el("th", { scope: "row", class: "soft" }, S.others(left.length)), el("td", { class: "bar" }), el("td", { class: "num soft" }, percent(left.reduce((a, r) => a + r.probability, 0))), el("td", { class: "wide" }), el("td", { class: "widest" }), el("td"), other && el("td")));
    const headers = [["", "num"], [S.diagnosis], ["", "bar"], [S.probability, "num"], [S.interval, "num wide"], [S.share, "num widest"], [S.prior, "num"]];
    if (other) headers.push([S.aside, "num"]);
    const toggle = el("button", { type: "button", "aria-expanded": String(showAll), onclick: () => { showAll = !showAll; drawAnswer(); } }, showAll ? S.showFirst(MOST) : S.showAll(list.length));
    fill($("answer"), el("h2", {}, "Differential"),
      el("p", { class: "lead", "aria-live": "polite" }, told ? `${list[0].name} ` : S.nothing, el("span", { class: "p" }, told ? percent(list[0].probability) : "")),
      el("p", { class: "note" }, told ? S.found(quick.panel.findings.length, quick.prior) + (whole ? "" : ` ${S.working}`) : S.nothingNote),
      aside && el("p", { class: "note" }, `${S.aside}: ${aside.text}`), tableOf("Ranked diagnoses", headers, rows, true), el("p", { class: "row" }, toggle));
    fill($("brief"), ...(told ? list.slice(0, 3).map((r) => el("span", {}, `${diagnoses.get(r.id).abbreviation} ${percent(r.probability)}`)) : []));
  }

  function drawRemarks() {
    if (!slow || slow.error) return fill($("remarks"));
    const c = slow.conflict, drivers = Object.entries(slow.drivers);
    fill($("remarks"), el("h2", {}, S.remarks),
      el("p", { class: c.fits ? "" : "warn" }, `${c.sentence}${c.p_value < 1 ? ` (p = ${c.p_value < 0.001 ? "<0.001" : c.p_value.toFixed(3)}${c.exact ? "" : ", simulated"})` : ""}.`),
      el("ul", {}, slow.flags.map((f) => el("li", {}, f.text, f.source && el("span", { class: "soft" }, ` [${f.source}]`))), c.recheck.map((r) => el("li", {}, `${S.recheck}: ${r.text}`)), slow.next_tests.driver_workup.map((t) => el("li", {}, t))),
      el("p", { class: "note" }, drivers.length ? `${S.drivers}: ${drivers.map(([k, v]) => `${k} ${percent(v)}`).join(", ")}. ` : "", `${S.tissue}: ${percent(slow.tissue_quality.compromised)}.`));
  }

  async function drawReasons() {
    if (!slow || slow.error || !quick.evidence) return fill($("reasons"));
    const list = quick.ranking, asked = why ?? list[0].id, mine = serial, against = rival === asked ? null : rival;
    const rows = slow.contributions[asked] && !against ? slow.contributions[asked] : await later("reasons", box.now.text, box.options(), asked, against);
    if (mine !== serial) return;
    const choices = [...new Set([...list.slice(0, 3).map((r) => r.id), ...(diagnoses.has("imt") ? ["imt"] : []), asked])];
    const whyBox = el("select", { "aria-label": "Diagnosis to explain", id: "why" }, choices.map((d) => el("option", { value: d, selected: d === asked }, diagnoses.get(d).name)));
    const rivalBox = el("select", { "aria-label": "Against", id: "rival" }, el("option", { value: "" }, S.rest), list.filter((r) => r.id !== asked).map((r) => el("option", { value: r.id, selected: r.id === against }, r.name)));
    whyBox.addEventListener("change", () => { why = whyBox.value; drawReasons().then(() => $("why").focus()); });
    rivalBox.addEventListener("change", () => { rival = rivalBox.value || null; drawReasons().then(() => $("rival").focus()); });
    const scale = Math.min(Math.max(1, ...rows.map((r) => Math.abs(r.log10_lr))), 2), total = rows.reduce((a, r) => a + r.log10_lr, 0);
    const name = (r) => { const m = markers.get(r.marker), f = found(r.marker); return m ? `${m.label} ${f ? f.words : words(r.value)}` : `${{ AgeBand: "age", Sex: "sex", Site: "site", Ordered: "ordered" }[r.marker] ?? words(r.marker)} ${words(r.value)}`; };
    const joint = (r) => r.group !== r.marker && ` ${S.joint(r.group.split("+").filter((x) => x !== r.marker).map((x) => markers.get(x)?.label ?? x).join(", "), signed(r.joint_log10_lr))}.`;
    fill($("reasons"), el("h2", {}, S.why), el("p", { class: "tabs" }, whyBox, el("span", {}, S.against), rivalBox),
      tableOf(S.total(signed(total)), [[S.finding], [S.weight, "num"], [S.balance], [S.counts]], rows.map((r) => el("tr", {}, el("th", { scope: "row" }, name(r)), el("td", { class: "num " + (r.log10_lr < 0 ? "against" : "for") }, signed(r.log10_lr)), el("td", {}, weightBar(r.log10_lr, scale)),
        el("td", { class: "why" }, el("span", { class: r.log10_lr < 0 ? "against" : "for" }, r.strength), ". ", r.why, joint(r))))));
  }

  function drawNext() {
    if (!slow || slow.error) return fill($("next"));
    const n = slow.next_tests, panels = slow.best_panel;
    fill($("next"), el("h2", {}, S.next), n.stop ? el("p", {}, n.stop) : el("ol", {}, n.tests.map((t) => el("li", {}, t.why, el("span", { class: "soft" }, ` (${S.bits(t.bits.toFixed(2))})`)))),
      panels.length > 1 && tableOf(S.best, [[S.tests], [S.expected, "num"], [S.firstThen, "num"]], panels.map((p) => el("tr", {}, el("th", { scope: "row" }, p.markers.map((m) => markers.get(m)?.label ?? m).join(" + ")), el("td", { class: "num" }, S.bits(p.bits.toFixed(2))), el("td", { class: "num" }, percent(p.p_first))))));
  }

  function drawWhatIf() {
    if (!slow?.what_if?.length) return fill($("whatif"));
    const change = (w) => (w.change === "removed" ? S.removed : markers.get(w.marker)?.kind === "morphology" ? { positive: S.present, negative: S.absent }[w.change] : words(w.change));
    fill($("whatif"), tableOf(S.whatIf, [[S.finding], [S.then], [S.itsP, "num"], ["IMT", "num"], [S.changes]], slow.what_if.map((w) => el("tr", {}, el("th", { scope: "row" }, `${markers.get(w.marker)?.label ?? w.marker} ${change(w)}`), el("td", {}, diagnoses.get(w.top).abbreviation), el("td", { class: "num" }, percent(w.p_top)), el("td", { class: "num" }, percent(w.p_imt)), el("td", { class: "against" }, w.decisive ? "yes" : "")))));
  }

  /** The printed page: the case, the panel as read, the first diagnoses with intervals, the remarks. */
  function drawSheet() {
    if (quick.error || !quick.evidence) return fill($("sheet"));
    const range = ranges(), p = quick.panel, n = box.now;
    fill($("sheet"), el("h1", {}, S.sheet.title), el("p", {}, `${S.sheet.accession}: ${n.case_id || "____________"}   ${S.sheet.date}: ${n.date || "____________"}`), el("p", {}, `${S.sheet.case}: ${p.context.words || "–"}${n.specimen ? `, ${n.specimen}` : ""}`),
      el("p", {}, `${S.sheet.panel}: ${p.findings.map((f) => `${markers.get(f.marker)?.label ?? f.marker} ${f.words}`).join("; ")}`), p.unrecognised.some((u) => u.loud) && el("p", {}, `${S.sheet.unread}: ${p.unrecognised.filter((u) => u.loud).map((u) => u.text).join("; ")}`),
      el("table", {}, el("tbody", {}, quick.ranking.slice(0, 5).map((r, k) => { const x = range.get(r.id); return el("tr", {}, el("td", { class: "num" }, String(k + 1)), el("th", { scope: "row" }, r.name), el("td", {}, bar(r.probability, x && [x.low, x.high])), el("td", { class: "num" }, percent(r.probability)), el("td", { class: "num" }, x ? `${percent(x.low)} – ${percent(x.high)}` : "")); }))),
      slow && el("ul", {}, el("li", {}, `${slow.conflict.sentence}.`), slow.flags.filter((f) => f.text !== slow.conflict.sentence).map((f) => el("li", {}, f.text))), el("p", { class: "note" }, $("foot").textContent));
  }

  function show() { showEntered(); showReading(); drawAnswer(); if (!slow) showSlow(); }
  function showSlow() { drawRemarks(); drawReasons(); drawNext(); drawWhatIf(); drawSheet(); }

  // --- text, files, compare -----------------------------------------------------------------------------------------------------

  function asText() {
    const p = quick.panel, range = ranges(), lines = [];
    if (quick.error) return quick.error;
    lines.push(`Panel: ${p.findings.map((f) => `${markers.get(f.marker)?.label ?? f.marker} ${f.words}`).join("; ") || "no findings"}`);
    if (p.context.words) lines.push(`Case: ${p.context.words}`);
    if (p.unrecognised.some((u) => u.loud)) lines.push(`Not read: ${p.unrecognised.filter((u) => u.loud).map((u) => u.text).join("; ")}`);
    lines.push(`Prior: ${quick.prior}`, "");
    quick.ranking.slice(0, MOST).forEach((r, k) => { const x = range.get(r.id); lines.push(`${String(k + 1).padStart(2)}  ${r.name}: ${percent(r.probability)}${x ? ` (95 % ${percent(x.low)} to ${percent(x.high)})` : ""}`); });
    if (slow && !slow.error) {
      const [lead, rows] = Object.entries(slow.contributions)[0];
      lines.push("", `For and against ${diagnoses.get(lead).name} (log10 likelihood ratios): ${rows.filter((r) => Math.abs(r.log10_lr) >= 0.1).slice(0, 8).map((r) => `${markers.get(r.marker)?.label ?? r.marker} ${words(r.value)} (${signed(r.log10_lr, 1)})`).join(", ")}`, `${slow.conflict.sentence}.`, ...slow.flags.map((f) => `- ${f.text}`), slow.next_tests.stop || `Consider next: ${slow.next_tests.tests.slice(0, 3).map((t) => t.label).join(", ")}`);
    }
    lines.push("", $("foot").textContent);
    return lines.join("\n");
  }
  async function copy(text) {
    try { await navigator.clipboard.writeText(text); }
    catch {
      // file pages may lack the clipboard interface; a selected text area does the same
      const area = el("textarea", { class: "hidden", "aria-hidden": "true" });
      area.value = text;
      document.body.append(area); area.select(); document.execCommand("copy"); area.remove();
    }
    say(S.copied);
  }
  function say(text) { const s = $("said"); s.className = "note"; s.textContent = text; setTimeout(() => { s.className = "hidden"; s.textContent = ""; }, 3000); }
  function save() {
    const link = el("a", { href: URL.createObjectURL(new Blob([box.toFile()], { type: "application/json" })), download: `imtdx-${(box.now.case_id || "case").replace(/[^\w-]+/g, "_")}.json` });
    link.click();
    URL.revokeObjectURL(link.href);
    say(S.saved);
  }
  function filter() {
    const word = $("find").value.trim().toLowerCase(), key = plainName(word);
    groups.forEach((g, k) => {
      let any = false;
      for (const set of g.querySelectorAll("fieldset")) { const fits = !word || set.dataset.words.includes(word) || plainName(set.dataset.words).includes(key); set.hidden = !fits; any ||= fits; }
      g.hidden = !any;
      if (word) g.open = any;
    });
  }

  build();
  $("line").addEventListener("input", () => box.set({ text: $("line").value }, true));
  for (const id of ["age", "case_id", "date"]) $(id).addEventListener("input", () => box.set({ [id]: $(id).value.trim() }, true));
  for (const id of ["sex", "site", "specimen"]) $(id).addEventListener("change", () => box.set({ [id]: $(id).value }));
  $("prior").addEventListener("change", () => box.set({ prior: $("prior").value === about.prior ? "" : $("prior").value }));
  $("complete").addEventListener("change", () => box.set({ complete: $("complete").checked }));
  $("fixed-of").addEventListener("change", showEntered);
  $("fixed").addEventListener("change", () => {
    const fixed = { ...box.now.fixed }, p = Number($("fixed").value.replace(",", ".")) / 100, bad = $("fixed").value.trim() !== "" && !(p > 0 && p < 1);
    $("case-note").textContent = bad ? S.fixedBad : "";
    if (bad) return;
    if ($("fixed").value.trim() === "") delete fixed[$("fixed-of").value]; else fixed[$("fixed-of").value] = p;
    box.set({ fixed });
  });
  $("find").addEventListener("input", filter);
  $("undo").addEventListener("click", () => { box.undo(); say(S.undone); });
  $("clear").addEventListener("click", () => { why = rival = aside = null; box.clear(); $("find").value = ""; filter(); say(S.cleared); $("line").focus(); });
  $("copy").addEventListener("click", () => copy(asText()));
  $("copy-json").addEventListener("click", async () => copy(JSON.stringify(whole ?? await later("diagnose", box.now.text, box.options()), null, 2)));
  $("save").addEventListener("click", save);
  $("open").addEventListener("click", () => $("file").click());
  $("file").addEventListener("change", async () => { const file = $("file").files[0]; if (file) say(box.fromFile(await file.text()) ? S.opened : S.badFile); $("file").value = ""; });
  $("print").addEventListener("click", () => print());
  $("aside").addEventListener("click", () => { if (quick.error) return; aside = { quick, text: quick.panel.findings.map((f) => `${markers.get(f.marker)?.label ?? f.marker} ${f.words}`).join("; ") || S.nothing }; drawAnswer(); say(S.setAside); });
  $("foot").textContent = `${about.intended_use} imtdx ${about.imtdx}, knowledge ${about.version}, sha256 ${about.sha256}` + (about.without_sources.length ? `, without ${about.without_sources.join(", ")}` : "") + (about.overlays.length ? `, with ${about.overlays.join(", ")}` : "") + ".";
  $("kept").textContent = (box.kept ? S.kept : S.notKept) + (background ? "" : ` ${S.slow}`);
  changed();

  // for checks from outside the page
  Object.assign(window.imtdx, {
    ...page, later, text: asText, show: (text) => { box.set({ text }); },
    settled: () => new Promise((done) => { if (whole || quick.error || !quick.evidence) done(true); else document.addEventListener("imtdx-whole", () => done(true), { once: true }); }),
  });
  window.imtdxReady = performance.now();
  return true;
}

window.imtdx = {};
window.imtdx.ready = startPage();
