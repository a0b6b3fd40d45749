// The upscaler in the page on the CPU: how long a finished picture takes to stand at 512 pixels, and what it adds
// to the most memory that the page's process ever held. Prints one line of JSON.
//
//     node upscaler.mjs DIST

import { readFileSync } from "node:fs";

import { launch, serve } from "./serve.mjs";

const ROUNDS = 5;
const server = await serve(process.argv[2]);

/** The most memory that any of the browser's pages held, in MiB, as Linux tells it. */
async function peak(browser) {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  const pages = processInfo.filter(({ type }) => type === "renderer");
  const held = pages.map(({ id }) => Number(readFileSync(`/proc/${id}/status`, "utf8").match(/VmHWM:\s+(\d+)/)[1]));
  return Math.round(Math.max(...held) / 1024);
}

/** Draws, and returns the milliseconds from the finished picture to the same at 512 pixels. */
async function upscaled(page, isWaited) {
  await page.evaluate(() => {
    const main = document.querySelector("main");
    const until = (is) => new Promise((done) => {
      const look = () => (is() ? done(performance.now()) : requestAnimationFrame(look));
      look();
    });
    globalThis.finished = until(() => main.dataset.state === "running").then(() => until(() => main.dataset.state === "done"));
    globalThis.large = globalThis.finished.then(() => until(() => document.querySelector(".single img")?.naturalWidth === 512));
  });
  await page.getByRole("textbox", { name: "Prompt", exact: true }).fill("red apple");
  await page.getByRole("button", { name: "Generate" }).click();
  await page.evaluate(() => globalThis.finished.then(() => 0));
  if (!isWaited) return 0;
  return page.evaluate(async () => (await globalThis.large) - (await globalThis.finished));
}

async function visit(hasUpscaler) {
  const browser = await launch();
  const page = await browser.newPage();
  if (!hasUpscaler) await page.route("**/upscaler.safetensors*", (route) => route.abort());
  await page.goto(server.url);
  await page.waitForSelector('main[data-state="ready"]', { timeout: 120_000 });
  const times = [];
  for (let round = 0; round < ROUNDS; round++) times.push(await upscaled(page, hasUpscaler));
  const held = await peak(browser);
  await browser.close();
  // The first one waits for the file.
  return { held, ms: times.slice(1).sort((a, b) => a - b)[(ROUNDS - 1) >> 1] };
}

const [without, with_] = [await visit(false), await visit(true)];
console.log(JSON.stringify({ upscale_ms: Math.round(with_.ms), peak_mib: with_.held, peak_without_mib: without.held }));
server.close();
