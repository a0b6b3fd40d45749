// Driving the built page as a visitor does: by role and name.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";

import { chromium } from "playwright-core";
import pngjs from "pngjs";

import { serve } from "./server.mjs";

export const ROOT = new URL("../../", import.meta.url).pathname;
export const DIST = join(ROOT, "dist");
export const EMBEDDED = join(ROOT, "www/models/stickers");

const CHROMIUM = process.env.PATCHWORK_CHROMIUM ?? "/usr/bin/chromium";
const NATIVE = process.env.PATCHWORK_NATIVE ?? join(ROOT, "target/release/patchwork");
const FLAGS = [
  "--no-sandbox",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
export const SOFTWARE_GPU = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];

/** A browser for the tests of one file. */
export async function browse(flags = []) {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: [...FLAGS, ...flags] });
  after(() => browser.close());
  return browser;
}

/** A folder that is gone after the test. */
export function temporary(t) {
  const folder = mkdtempSync(join(tmpdir(), "patchwork-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Opens the page from a server of its own, in a profile of its own, both gone after the test. */
export async function open(t, browser, { faults = {}, hash = "", context = {} } = {}) {
  const server = await serve(DIST, faults);
  const profile = await browser.newContext(context);
  t.after(async () => {
    await profile.close();
    await server.close();
  });
  const page = await profile.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
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

/** Fills the form by accessible names. */
export async function fill(page, recipe) {
  const names = { prompt: "Prompt", negative: "Negative prompt" };
  const numbers = { seed: "Seed", steps: "Steps", guidance: "Guidance", shift: "Shift", images: "Images" };
  const choices = { style: "Style", sampler: "Sampler", device: "Device", model: "Model" };
  for (const [key, value] of Object.entries(recipe)) {
    if (names[key]) {
      await page.getByRole("textbox", { name: names[key], exact: true }).fill(value);
    } else if (numbers[key]) {
      await page.getByRole("spinbutton", { name: numbers[key] }).fill(String(value));
    } else {
      await page.getByRole("combobox", { name: choices[key], exact: true }).selectOption(value);
    }
  }
}

/** Draws what the form says, and waits for the end. */
export async function generate(page, seconds = 120) {
  await page.getByRole("button", { name: "Generate" }).click();
  await state(page, "running");
  return state(page, ["done", "error"], seconds);
}

/** The PNG that a button saves. */
export async function saved(page, name) {
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name }).click();
  return readFileSync(await (await download).path());
}

/** The pixels of the picture on stage, as the canvas has them. */
export function pixels(page, name = "Result") {
  return page.getByRole("img", { name, exact: true }).evaluate((canvas) => {
    const { width, height } = canvas;
    return [...canvas.getContext("2d").getImageData(0, 0, width, height).data];
  });
}

/** What the native program draws. */
export function native(folder, flags) {
  const file = join(folder, "native.png");
  execFileSync(NATIVE, ["generate", ...flags, "-o", file], { cwd: ROOT, stdio: "pipe" });
  return readFileSync(file);
}

export function runNative(...flags) {
  return execFileSync(NATIVE, flags, { cwd: ROOT, stdio: "pipe" });
}

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
