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

/** A server and a profile for the tests that change neither: weights are fetched once, and kept. */
let shared;

async function common() {
  shared ??= { server: await serve(DIST, {}, oneBlock()), profile: await browser.newContext() };
  return shared;
}
after(async () => {
  await shared?.profile.close();
  await shared?.server.close();
});

/**
 * Opens the page with the one-block model. Where a test changes what the server gives (`faults`), the
 * profile (`context`), or what the browser keeps (`fresh`), server and profile are its own, and gone
 * after it; `shipped` serves the whole model.
 */
export async function open(t, { faults, hash = "", context, fresh = false, shipped = false } = {}) {
  const isOwn = fresh || shipped || faults || context;
  const models = shipped ? {} : oneBlock();
  const { server, profile } = isOwn
    ? { server: await serve(DIST, faults ?? {}, models), profile: await browser.newContext(context) }
    : await common();
  const page = await profile.newPage();
  t.after(async () => {
    if (isOwn) {
      await profile.close();
      await server.close();
      return;
    }
    // The weights stay, and what was drawn goes.
    const origin = new URL(server.url).origin;
    await page.close();
    const sweeper = await profile.newPage();
    const sweep = await profile.newCDPSession(sweeper);
    await sweep.send("Storage.clearDataForOrigin", { origin, storageTypes: "indexeddb" });
    await sweeper.close();
  });
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  // In every test: nothing that the page throws is passed over.
  t.after(() => assert.deepEqual(errors, [], "the page threw"));
  await page.goto(server.url + hash);
  return { page, server, profile, errors };
}

/** Waits until `<main>` is in one of some states, and tells which. */
export async function state(page, names, seconds = 120) {
  const wanted = [names].flat();
  const selector = wanted.map((name) => `main[data-state="${name}"]`).join(",");
  try {
    await page.waitForSelector(selector, { timeout: seconds * 1000 });
  } catch (error) {
    const now = await page.locator("main").getAttribute("data-state");
    throw new Error(`state is ${now}, not ${wanted}: ${await status(page)}`, { cause: error });
  }
  return page.locator("main").getAttribute("data-state");
}

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
  await page.waitForFunction((before) => document.querySelector("main").dataset.job !== before, before, { timeout: seconds * 1000 });
  return state(page, ["done", "error"], seconds);
}

/** Waits until the files of what is on stage are made. */
const made = (page) =>
  page.waitForFunction(() => !document.querySelector(".take-away [aria-busy=true]"), undefined, { timeout: 60_000 });

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
  const bytes = await page.getByRole("img", { name, exact: true }).evaluate(async (image) => {
    const buffer = await (await fetch(image.src)).arrayBuffer();
    return [...new Uint8Array(buffer)];
  });
  return Buffer.from(bytes);
}

/** The pixels of the picture on stage: its file is what is shown. */
export async function pixels(page, name = "Result") {
  return [...pngjs.PNG.sync.read(await shown(page, name)).data];
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
