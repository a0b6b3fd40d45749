// Driving the built page as a visitor does: by role and name.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";

import { chromium } from "playwright-core";
import pngjs from "pngjs";

import { serve } from "./server.mjs";
export { DIST, EMBEDDED, ROOT, native } from "./native.mjs";
import { DIST } from "./native.mjs";
import { oneBlock } from "./tiny.mjs";

const CHROMIUM = process.env.PATCHWORK_CHROMIUM ?? "/usr/bin/chromium";
const FLAGS = [
  "--no-sandbox",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // Pages of one profile share compiled programs.
  "--process-per-site",
  // Software, and WebGPU all the same.
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  // An address that is no secure origin.
  "--host-resolver-rules=MAP patchwork.test 127.0.0.1",
];

/** The one Chromium of all tests. */
export const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
after(() => browser.close());

/** A folder that is gone after the test. */
export function temporary(t) {
  const folder = mkdtempSync(join(tmpdir(), "patchwork-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** What all tests share: one profile, and a server of either model, whose weights are fetched once and kept. */
let shared;

async function start() {
  const permissions = ["clipboard-read", "clipboard-write"];
  const [profile, small, whole] = await Promise.all([browser.newContext({ permissions }), serve(DIST, {}, oneBlock()), serve(DIST)]);
  const keeper = await profile.newPage();
  await keeper.goto(`${small.url}icon.svg`);
  // The worker's program, compiled: pages of this profile that load the same bytes share it.
  await keeper.evaluate(async () => (globalThis.kept = await WebAssembly.compileStreaming(fetch("worker_bg.wasm"))));
  const session = await profile.newCDPSession(keeper);
  const clear = ({ url }, storageTypes) => session.send("Storage.clearDataForOrigin", { origin: new URL(url).origin, storageTypes });
  return { profile, small, whole, keeper, clear };
}
after(async () => {
  const { profile, small, whole } = (await shared) ?? {};
  await profile?.close();
  await small?.close();
  await whole?.close();
});

/**
 * Opens the page with the one-block model, or with the whole one (`shipped`). Where a test changes what the server
 * gives (`faults`), or needs a browser that keeps nothing of it yet (`fresh`), the server is its own; where it
 * changes the profile (`context`), that is. `media` is what the page is shown on.
 */
export async function open(t, { faults, hash = "", context, media, fresh = false, shipped = false } = {}) {
  const common = await (shared ??= start());
  const isOwn = fresh || faults || context;
  const server = isOwn ? await serve(DIST, faults ?? {}, shipped ? {} : oneBlock()) : shipped ? common.whole : common.small;
  const profile = context ? await browser.newContext(context) : common.profile;
  const page = await profile.newPage();
  t.after(async () => {
    if (context) await profile.close();
    await Promise.all(common.profile.pages().map((page) => page !== common.keeper && page.close()));
    // The weights of a common server stay, and what was drawn goes.
    await common.clear(server, isOwn ? "all" : "indexeddb");
    if (isOwn) await server.close();
  });
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  // In every test: nothing that the page throws is passed over.
  t.after(() => assert.deepEqual(errors, [], "the page threw"));
  if (media) await page.emulateMedia(media);
  await page.goto(server.url + hash);
  return { page, server, profile, errors };
}

/** Waits until `<main>` is in one of some states, and tells which. */
export async function state(page, names, seconds = 120) {
  const wanted = [names].flat();
  const is = (wanted) => wanted.includes(document.querySelector("main")?.dataset.state);
  try {
    // Playwright's own waiting looks twice a second, most pages are there sooner.
    await page.waitForFunction(is, wanted, { timeout: seconds * 1000, polling: 20 });
  } catch (error) {
    const now = await page.locator("main").getAttribute("data-state");
    throw new Error(`state is ${now}, not ${wanted}: ${await status(page)}`, { cause: error });
  }
  return page.locator("main").getAttribute("data-state");
}

/** Waits until the page has been painted twice: what an event leads to is there then. */
export const frames = (page) =>
  page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

export const status = (page) => page.getByRole("status", { name: "Status" }).innerText();

/** Opens the settings, if they are shut. */
export async function openSettings(page) {
  const button = page.getByRole("button", { name: "Settings", exact: true });
  if ((await button.getAttribute("aria-expanded")) === "false") await button.click();
}

/** Fills the form by accessible names. */
export async function fill(page, recipe) {
  const numbers = { seed: "Seed", steps: "Steps", guidance: "Guidance", shift: "Shift", images: "Images" };
  const choices = { sampler: "Sampler", device: "Device", model: "Model" };
  for (const [key, value] of Object.entries(recipe)) {
    if (key === "prompt") {
      await page.getByRole("textbox", { name: "Prompt", exact: true }).fill(value);
      continue;
    }
    if (key === "style") {
      await page.getByRole("radio", { name: value || "Any", exact: true }).check();
      continue;
    }
    await openSettings(page);
    if (key === "negative") {
      await page.getByRole("textbox", { name: "Negative prompt" }).fill(value);
    } else if (numbers[key]) {
      await page.getByRole("spinbutton", { name: numbers[key] }).fill(String(value));
    } else {
      await page.getByRole("combobox", { name: choices[key], exact: true }).selectOption(value);
    }
  }
}

/** The style that is chosen. */
export const style = async (page) => {
  const name = await page.getByRole("radiogroup", { name: "Style" }).getByRole("radio", { checked: true }).getAttribute("aria-label");
  return name === "Any" ? "" : name;
};

/** Draws what the form says, and waits for the end: by the run's number, since a short run may never be seen running. */
export async function generate(page, seconds = 120) {
  const before = await page.locator("main").getAttribute("data-job");
  await page.getByRole("button", { name: "Generate" }).click();
  await page.waitForFunction((before) => document.querySelector("main").dataset.job !== before, before, { timeout: seconds * 1000, polling: 20 });
  return state(page, ["done", "error"], seconds);
}

/** Waits until the files of what is on stage are made. */
const made = (page) =>
  page.waitForFunction(() => !document.querySelector(".take-away [aria-busy=true]"), undefined, { timeout: 60_000, polling: 20 });

/** The PNG that a button saves, once it is made. */
export async function saved(page, name) {
  await made(page);
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name }).click();
  return readFileSync(await (await download).path());
}

/** The bytes of the file that is shown on stage, once it is made. */
export async function shown(page, name = "Result") {
  await made(page);
  // As one text: a list of so many numbers takes seconds on its way.
  const url = await page.getByRole("img", { name, exact: true }).evaluate(async (image) => {
    const reader = new FileReader();
    reader.readAsDataURL(await (await fetch(image.src)).blob());
    await new Promise((done) => (reader.onload = done));
    return reader.result;
  });
  return Buffer.from(url.slice(url.indexOf(",") + 1), "base64");
}

/** The pixels of the picture on stage: its file is what is shown. */
export async function pixels(page, name = "Result") {
  return pngjs.PNG.sync.read(await shown(page, name)).data;
}

/** How many pixels are there to be seen. */
export const opaque = (data) => data.filter((value, i) => i % 4 === 3 && value > 200).length;

/** The largest and the mean difference of two PNGs' pixels, 0 to 255, colours weighed by alpha. */
export function difference(a, b) {
  const [one, two] = [a, b].map((png) => pngjs.PNG.sync.read(png));
  if (one.width !== two.width || one.height !== two.height) return { largest: 256, mean: 256 };
  let [largest, sum] = [0, 0];
  for (let i = 0; i < one.data.length; i++) {
    const weighed = (png) => (i % 4 === 3 ? 1 : png.data[i | 3] / 255) * png.data[i];
    const d = Math.abs(weighed(one) - weighed(two));
    largest = Math.max(largest, d);
    sum += d;
  }
  return { largest, mean: sum / one.data.length };
}
