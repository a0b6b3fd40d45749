// The built page from a host that compresses, over a line of any speed; and the browser that visits it.

import { readFileSync, readdirSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";

import { chromium } from "playwright-core";

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

/** Packs all files of a folder, as hosts do before anybody asks. */
export function pack(dist) {
  for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) body(join(entry.parentPath ?? entry.path, entry.name));
  }
}

/** Serves a folder at most at `rate` bytes a millisecond in all, shared by what is asked for at once. */
export async function serve(dist, rate = Infinity) {
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

/** Starts the browser that is timed. */
export function launch() {
  const args = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
  return chromium.launch({ executablePath: process.env.PATCHWORK_CHROMIUM ?? "/usr/bin/chromium", args });
}
