"use strict";
// Where the reckoning is done: at once in the page what must be seen at once, the rest in a worker, so that typing never waits.

/** Bytes of base64, inflated. */
async function inflated(text) {
  const raw = atob(text), bytes = new Uint8Array(raw.length);
  for (let k = 0; k < raw.length; k++) bytes[k] = raw.charCodeAt(k);
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).arrayBuffer();
}

/** The functions of the package, and `later(name, args)`, which gives a promise of one of them worked out in the background. */
async function openRoom() {
  const data = JSON.parse(document.getElementById("data").textContent);
  const [objects, numbers] = await Promise.all([inflated(data.objects), inflated(data.numbers)]);
  const parsed = JSON.parse(new TextDecoder().decode(objects));
  const page = $carried()(parsed, new Float64Array(numbers));
  let worker = null, last = 0;
  const waiting = new Map();
  const start = () => {
    const code = document.getElementById("carried").textContent + "\nlet page; onmessage = ({ data: d }) => { if (d.objects) { page = $carried()(d.objects, d.numbers); return; } let value; try { value = page[d.name](...d.args); } catch (e) { value = { error: String(e) }; } postMessage({ id: d.id, value }); };";
    const made = new Worker(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
    made.onmessage = ({ data: { id, value } }) => { waiting.get(id)?.(value); waiting.delete(id); };
    made.postMessage({ objects: parsed, numbers: new Float64Array(numbers) });
    return made;
  };
  try { worker = start(); } catch { worker = null; }
  const later = (name, ...args) => new Promise((done) => {
    const id = ++last;
    if (worker) { waiting.set(id, done); worker.postMessage({ id, name, args }); }
    else setTimeout(() => done(page[name](...args)), 30);
  });
  return { page, later, background: worker !== null };
}
