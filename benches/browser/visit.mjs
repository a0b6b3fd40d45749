// A first visit and a second one, over lines of several speeds: first paint, model ready, first preview,
// finished picture. Everything is served compressed where hosts compress it. Prints a table.
//
//     node visit.mjs DIST [MBIT/S ...]

import { launch, pack, serve } from "./serve.mjs";

const [dist, ...speeds] = process.argv.slice(2);
pack(dist);
const browser = await launch();

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
  const server = await serve(dist, speed === Infinity ? Infinity : (speed * 1e6) / 8 / 1000);
  const profile = await browser.newContext();
  const name = speed === Infinity ? "full speed" : `${speed} Mbit/s`;
  row(`${name}, first`, await visit(profile, server.url), server.sent());
  const before = server.sent();
  row(`${name}, again`, await visit(profile, server.url), server.sent() - before);
  await profile.close();
  server.close();
}
await browser.close();
