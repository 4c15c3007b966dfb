"use strict";
// The case: what was typed and clicked, undo, the session, files.

const CASE_SCHEMA = "imtdx.case/1", EMPTY = { text: "", age: "", sex: "", site: "", complete: false, specimen: "", case_id: "", date: "", prior: "", fixed: {}, entered: {} };

function makeCase(changed) {
  let now = structuredClone(EMPTY);
  const past = [];
  const key = "imtdx-case";
  let kept = true;
  try { const old = sessionStorage.getItem(key); if (old) now = { ...now, ...JSON.parse(old) }; } catch { kept = false; }
  const keep = () => { try { sessionStorage.setItem(key, JSON.stringify(now)); } catch { kept = false; } };
  const set = (changes, typing = false) => {
    const before = JSON.stringify(now), next = { ...now, ...changes };
    if (before === JSON.stringify(next)) return;
    // a run of typing is undone at once
    if (!typing || !past.at(-1)?.typing) past.push({ state: before, typing });
    if (past.length > 200) past.shift();
    now = next;
    keep();
    changed();
  };
  return {
    get now() { return now; },
    get kept() { return kept; },
    get canUndo() { return past.length > 0; },
    set,
    undo() { const last = past.pop(); if (!last) return; now = JSON.parse(last.state); keep(); changed(); },
    clear() { set(structuredClone(EMPTY)); },
    /** What the package is asked with. */
    options() {
      const out = {};
      for (const k of ["age", "sex", "site", "specimen", "case_id", "prior"]) if (now[k]) out[k] = now[k];
      if (now.complete) out.complete = true;
      if (Object.keys(now.fixed).length) out.fixed = now.fixed;
      if (Object.keys(now.entered).length) out.entered = now.entered;
      return out;
    },
    toFile() { return JSON.stringify({ schema: CASE_SCHEMA, ...now }, null, 1); },
    fromFile(text) {
      let got;
      try { got = JSON.parse(text); } catch { return false; }
      if (got?.schema !== CASE_SCHEMA) return false;
      const fresh = structuredClone(EMPTY);
      for (const k of Object.keys(fresh)) if (typeof got[k] === typeof fresh[k]) fresh[k] = got[k];
      set(fresh);
      return true;
    },
  };
}
