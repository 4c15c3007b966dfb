"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const { texts, cases } = JSON.parse($("cases").textContent);
  const body = $("table").tBodies[0], rows = [...body.rows];
  const caseOf = (row) => cases[row.dataset.k];
  const make = (tag, ...children) => { const e = document.createElement(tag); e.append(...children); return e; };

  function close(row) {
    if (row.nextElementSibling?.className === "detail") row.nextElementSibling.remove();
    row.querySelector("button").setAttribute("aria-expanded", "false");
  }

  function open(row) {
    const c = caseOf(row), list = make("dl");
    const add = (term, value) => { if (value && value.childNodes ? value.childNodes.length : value) list.append(make("dt", term), make("dd", value)); };
    add("Panel", texts[c.p] || "no findings");
    add("Case", texts[c.c]);
    add("Ranking", c.r.map(([name, p]) => `${texts[name]} ${p}`).join(", "));
    add("For and against the first", c.w.map(([label, w]) => `${texts[label]} (${w})`).join(", "));
    add("Fit", texts[c.s]);
    add("Consider next", texts[c.t]);
    if (c.f.length) add("Flags", make("ul", ...c.f.map((k) => make("li", texts[k]))));
    add("Not used", texts[c.u]);
    const cell = make("td", list);
    cell.colSpan = row.cells.length;
    const detail = make("tr", cell);
    detail.className = "detail";
    row.after(detail);
    row.querySelector("button").setAttribute("aria-expanded", "true");
  }

  body.addEventListener("click", (e) => {
    const button = e.target.closest("button.open");
    if (!button) return;
    const row = button.closest("tr");
    if (button.getAttribute("aria-expanded") === "true") close(row); else open(row);
  });

  $("table").tHead.addEventListener("click", (e) => {
    const button = e.target.closest("button");
    if (!button) return;
    const head = button.parentElement, k = +button.dataset.column, numeric = head.className === "num";
    // numbers start from the largest, words from the first
    const was = head.getAttribute("aria-sort"), up = was === "none" ? !numeric : was === "descending";
    for (const th of head.parentElement.cells) th.setAttribute("aria-sort", "none");
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    rows.forEach(close);
    const words = new Intl.Collator("en", { numeric: true }).compare;
    const keys = new Map(rows.map((r) => [r, numeric ? caseOf(r).k[k] : r.cells[k].textContent]));
    rows.sort((a, b) => (numeric ? keys.get(a) - keys.get(b) : words(keys.get(a), keys.get(b))) * (up ? 1 : -1) || a.dataset.k - b.dataset.k);
    body.append(...rows);
    // the heat map follows the order of the table
    const heat = rows.map((r) => $(`heat-${r.dataset.k}`)).filter(Boolean);
    if (heat.length) heat[0].parentElement.append(...heat);
  });

  function filter() {
    const word = $("find").value.trim().toLowerCase(), first = $("first").value, remark = $("remark").value, mark = { unsure: "u", misfit: "m", conflict: "c" }[$("which").value];
    let shown = 0;
    for (const row of rows) {
      const fits = (!first || row.cells[1].textContent === first) && (!mark || row.dataset.m.includes(mark)) &&
        (!remark || row.dataset.f.split(" ").includes(remark)) &&
        (!word || (row.textContent + " " + texts[caseOf(row).p]).toLowerCase().includes(word));
      if (!fits) close(row);
      row.hidden = !fits;
      const heat = document.getElementById(`heat-${row.dataset.k}`);
      if (heat) heat.hidden = !fits;
      shown += fits;
    }
    $("shown").textContent = `${shown} shown`;
  }
  for (const id of ["find", "first", "which", "remark"]) $(id).addEventListener("input", filter);
  $("filters").addEventListener("submit", (e) => e.preventDefault());
  window.imtdxReady = performance.now();
})();
