// One guided step of the embedded model in the browser: the page's worker beside onnxruntime-web
// (WASM, SIMD, one thread, in a worker too), in turn. Also the page's first paint and its longest
// task. Prints one line of JSON.
//
//     node step.mjs MODEL.onnx

import { createReadStream, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";

import { chromium } from "playwright-core";

const ROUNDS = 3;
const STEPS = 15;
const ROOT = new URL("../../", import.meta.url).pathname;
const ORT = join(ROOT, "benches/browser/node_modules/onnxruntime-web/dist");
const KINDS = { ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm", ".css": "text/css", ".svg": "image/svg+xml" };

// The rival: the same shapes, random weights, the text embedded beforehand as the page does.
const RIVAL = `
import * as ort from "/ort/ort.wasm.min.mjs";
ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmPaths = "/ort/";
const session = await ort.InferenceSession.create("/model.onnx", { executionProviders: ["wasm"] });
const random = (...shape) => {
  const values = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => Math.random() - 0.5);
  return new ort.Tensor("float32", values, shape);
};
const inputs = {
  x: random(2, 8, 16, 16), t: new ort.Tensor("float32", [500, 500], [2]),
  labels: new ort.Tensor("int64", [6n, 9n], [2]), tokens: random(2, 16, 256), pooled: random(2, 256),
};
onmessage = async ({ data }) => {
  const times = [];
  for (let i = 0; i < data; i++) {
    const start = performance.now();
    await session.run(inputs);
    times.push(performance.now() - start);
  }
  postMessage(times);
};
postMessage([]);
`;

const server = createServer((request, response) => {
  const path = request.url.split("?")[0];
  response.setHeader("Content-Type", KINDS[extname(path)] ?? "application/octet-stream");
  if (path === "/rival.js") return response.end(RIVAL);
  if (path === "/model.onnx") return response.end(readFileSync(process.argv[2]));
  if (path === "/" || path === "/empty") response.setHeader("Content-Type", "text/html");
  if (path === "/empty") return response.end("<!doctype html>");
  const file = path.startsWith("/ort/") ? join(ORT, path.slice(5)) : join(ROOT, "dist", path === "/" ? "index.html" : path);
  createReadStream(file).on("error", () => response.writeHead(404).end()).pipe(response);
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const url = `http://127.0.0.1:${server.address().port}/`;

const args = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const browser = await chromium.launch({ executablePath: process.env.PATCHWORK_CHROMIUM, args });
const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

// The cold page: paint, and tasks of over 50 ms on its own thread until the first picture is done.
const page = await browser.newPage();
await page.addInitScript(() => {
  globalThis.long = [];
  new PerformanceObserver((list) => globalThis.long.push(...list.getEntries().map((e) => e.duration)))
    .observe({ type: "longtask", buffered: true });
});
await page.goto(url);
const draw = async () => {
  await page.getByRole("textbox", { name: "Prompt", exact: true }).fill("red apple");
  await page.getByRole("spinbutton", { name: "Steps" }).fill(String(STEPS));
  await page.getByRole("button", { name: "Generate" }).click();
  await page.waitForSelector('main[data-state="running"]', { timeout: 120_000 });
  await page.waitForSelector('main[data-state="done"]', { timeout: 120_000 });
  const facts = await page.locator(".facts dl").textContent();
  return Number(facts.match(/A step takes(\d+) ms/)[1]);
};
await page.waitForSelector('main[data-state="ready"]', { timeout: 120_000 });
const ready = await page.evaluate(() => performance.now());
await draw();
const { paint, long } = await page.evaluate(() => ({
  paint: performance.getEntriesByName("first-contentful-paint")[0].startTime,
  long: globalThis.long,
}));

const rival = await browser.newPage();
await rival.goto(url + "empty");
await rival.evaluate(async () => {
  globalThis.rival = new Worker("/rival.js", { type: "module" });
  await new Promise((done, failed) => Object.assign(globalThis.rival, { onmessage: done, onerror: failed }));
});
const run = (count) => rival.evaluate(async (n) => {
  globalThis.rival.postMessage(n);
  return (await new Promise((done) => (globalThis.rival.onmessage = done))).data;
}, count);
await run(3);

const [ours, theirs] = [[], []];
for (let round = 0; round < ROUNDS; round++) {
  ours.push(await draw());
  theirs.push(median(await run(STEPS)));
}
const { version } = JSON.parse(readFileSync(join(ORT, "../package.json")));
console.log(JSON.stringify({
  ours_ms: median(ours), theirs_ms: median(theirs), paint_ms: Math.round(paint), ready_ms: Math.round(ready),
  longest_task_ms: Math.round(Math.max(0, ...long)), onnxruntime_web: version,
}));
await browser.close();
server.closeAllConnections();
server.close();
