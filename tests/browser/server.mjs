// A plain static server under a sub-path, as any host would be; and its faults, where a test asks
// for them.

import { createReadStream, existsSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

const KINDS = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".json": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
  ".webp": "image/webp",
};
export const SUB_PATH = "/some/where/";

/**
 * Serves `folder`, with the files of `base` in place of its own: paths, or functions that make them.
 * `faults` maps a file's path to what happens instead: a status code, "break" for a
 * connection that breaks, a function from the file's bytes to other bytes, another file's path, or an
 * object of such a function (`bytes`), a type, headers, and a promise to `wait` for.
 */
export async function serve(folder, faults = {}, base = {}) {
  const [asked, outside] = [[], []];
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
    if (!path.startsWith(SUB_PATH)) {
      outside.push(path);
      return response.writeHead(404).end();
    }
    const name = normalize(path.slice(SUB_PATH.length)) || "index.html";
    const file = name === "." ? "index.html" : name;
    asked.push(file);
    const fault = faults[file] ?? base[file];
    const own = typeof base[file] === "string" ? base[file] : join(folder, file);
    if (fault === "break") return request.socket.destroy();
    if (typeof fault === "number") return response.writeHead(fault).end();
    const other = typeof fault === "object" ? fault : undefined;
    const change = typeof fault === "function" ? fault : other?.bytes;
    const real = typeof fault === "string" ? fault : own;
    if (!change && (!existsSync(real) || !statSync(real).isFile())) {
      return response.writeHead(404).end();
    }
    await other?.wait;
    const type = other?.type ?? KINDS[extname(file)] ?? "application/octet-stream";
    response.writeHead(200, { "Content-Type": type, ...other?.headers });
    if (!change) return createReadStream(real).pipe(response);
    response.end(change(existsSync(real) ? readFileSync(real) : undefined));
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const url = `http://127.0.0.1:${server.address().port}${SUB_PATH}`;
  return {
    url,
    asked,
    outside,
    close: () => {
      server.closeAllConnections();
      return new Promise((done) => server.close(done));
    },
  };
}
