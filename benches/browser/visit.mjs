// A first visit and a second one, over lines of several speeds: first paint, model ready, first preview,
// finished picture. Everything is served compressed where hosts compress it. Prints a table.
//
//     node visit.mjs DIST [MBIT/S ...]

import { readFileSync, readdirSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";

import { chromium } from "playwright-core";

const [dist, ...speeds] = process.argv.slice(2);
const KINDS = { ".js": "text/javascript", ".wasm": "application/wasm", ".css": "text/css", ".svg": "image/svg+xml", ".html": "text/html", ".json": "application/json", ".webp": "image/webp", ".png": "image/png" };
const PACKED = new Set([".js", ".wasm", ".css", ".svg", ".html", ".json", ".txt", ".tsv"]);
const CHUNK = 16 * 1024;
// The way there and back.
const LATENCY = 40;

const packed = new Map();
function body(file) {
  if (!packed.has(file)) {
    const bytes = readFileSync(file);
    const params = { [constants.BROTLI_PARAM_QUALITY]: bytes.length > 4 << 20 ? 9 : 11 };
    packed.set(file, PACKED.has(extname(file)) ? brotliCompressSync(bytes, { params }) : bytes);
  }
  return packed.get(file);
}

// Hosts pack before anybody asks.
for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  if (entry.isFile()) body(join(entry.parentPath ?? entry.path, entry.name));
}

/** Serves at most `rate` bytes a millisecond in all, shared by what is asked for at once. */
async function serve(rate) {
  let line = Promise.resolve();
  let sent = 0;
  const send = (response, chunk) => (line = line.then(async () => {
    sent += chunk.length;
    if (rate < Infinity) await new Promise((done) => setTimeout(done, chunk.length / rate));
    if (!response.destroyed) response.write(chunk);
  }));
  const server = createServer(async (request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, "http://x").pathname)).slice(1) || "index.html";
    const file = join(dist, path);
    if (rate < Infinity) await new Promise((done) => setTimeout(done, LATENCY));
    try {
      if (!statSync(file).isFile()) throw new Error();
    } catch {
      return response.writeHead(404).end();
    }
    const bytes = body(file);
    const coding = PACKED.has(extname(file)) ? { "Content-Encoding": "br" } : {};
    response.writeHead(200, { "Content-Type": KINDS[extname(file)] ?? "application/octet-stream", "Content-Length": bytes.length, "Cache-Control": "max-age=3600", ...coding });
    for (let at = 0; at < bytes.length; at += CHUNK) await send(response, bytes.subarray(at, at + CHUNK));
    response.end();
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return { url: `http://127.0.0.1:${server.address().port}/`, sent: () => sent, close: () => (server.closeAllConnections(), server.close()) };
}

const args = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const browser = await chromium.launch({ executablePath: process.env.PATCHWORK_CHROMIUM ?? "/usr/bin/chromium", args });

/** Opens the page, asks for a picture at once, and tells when what was there: milliseconds. */
async function visit(profile, url) {
  const page = await profile.newPage();
  await page.addInitScript(() => {
    globalThis.when = {};
    const note = (name) => (globalThis.when[name] ??= Math.round(performance.now()));
    new MutationObserver(() => {
      const main = document.querySelector("main[data-state]");
      if (!main) return;
      note("page");
      if (main.dataset.state !== "loading") note("ready");
      const seen = document.querySelector("[aria-label=Preview], img[alt=Preview]");
      if (seen) note("preview");
      if (main.dataset.state === "done") note("picture");
    }).observe(document, { subtree: true, childList: true, attributes: true });
  });
  await page.goto(url);
  await page.getByRole("textbox", { name: "Prompt", exact: true }).fill("red apple");
  await page.getByRole("button", { name: "Generate" }).click();
  await page.waitForSelector('main[data-state="done"]', { timeout: 300_000 });
  const when = await page.evaluate(() => ({ paint: Math.round(performance.getEntriesByName("first-contentful-paint")[0].startTime), ...globalThis.when }));
  await page.close();
  return when;
}

const row = (what, when, bytes) => console.log([what.padEnd(22), ...["paint", "ready", "preview", "picture"].map((name) => `${(when[name] / 1000).toFixed(1)} s`.padStart(9)), `${(bytes / 1e6).toFixed(1)} MB`.padStart(9)].join(""));
console.log(["".padEnd(22), ...["paint", "ready", "preview", "picture", "sent"].map((name) => name.padStart(9))].join(""));
for (const speed of speeds.length ? speeds.map(Number) : [Infinity, 20, 9]) {
  const server = await serve(speed === Infinity ? Infinity : (speed * 1e6) / 8 / 1000);
  const profile = await browser.newContext();
  const name = speed === Infinity ? "full speed" : `${speed} Mbit/s`;
  row(`${name}, first`, await visit(profile, server.url), server.sent());
  const before = server.sent();
  row(`${name}, again`, await visit(profile, server.url), server.sent() - before);
  await profile.close();
  server.close();
}
await browser.close();
