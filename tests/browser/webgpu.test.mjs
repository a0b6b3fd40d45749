// Burn on a WebGPU device for real: Chromium's software adapter, which is slow, and is WebGPU.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { difference, fill, generate, native, open, saved, state, status, temporary } from "./support.mjs";
import { makeTiny, offer } from "./tiny.mjs";

const MINUTES = 60;

/** The page with a tiny model, not yet on the GPU. */
async function openTiny(t, change = () => {}) {
  const folder = temporary(t);
  makeTiny(folder);
  const faults = offer(folder);
  change(faults, folder);
  const opened = await open(t, { faults });
  await state(opened.page, "ready");
  await fill(opened.page, { model: "./models/tiny" });
  await state(opened.page, "loading");
  await state(opened.page, "ready");
  return { ...opened, folder };
}

const facts = async (page) => {
  const summary = page.getByText("Device and model");
  if (!(await page.locator(".facts").getAttribute("open"))) await summary.click();
  return page.locator(".facts dl").innerText();
};

test("Auto never takes a software adapter, and says so", async (t) => {
  const { page } = await open(t);
  await state(page, "ready");
  assert.match(await status(page), /Ready on the CPU\./);
  assert.match(await facts(page), /is software, which is slower than the CPU/);
});

test("a tiny network: latents and pictures on WebGPU equal the CPU's; the GPU is lost, and the page goes on", async (t) => {
  const { page, folder } = await openTiny(t, (faults) => {
    // The worker's own start, after a line that lets the test take its GPU away.
    faults["worker_main.js"] = (bytes) =>
      `const ask = GPUAdapter.prototype.requestDevice;
       GPUAdapter.prototype.requestDevice = async function (...given) {
         return (globalThis.device = await ask.apply(this, given));
       };\n${bytes}`;
  });
  await fill(page, { device: "WebGPU" });
  await state(page, "loading");
  await state(page, "ready", 5 * MINUTES);
  const found = await facts(page);
  const check = found.match(/Passed against the CPU's known answer: latents differ by at most (\S+), pictures by (\S+)\./);
  assert.ok(check, found);
  t.diagnostic(check[0]);
  // Rounding of f32 through one block and the decoder.
  assert.ok(Number(check[1]) < 1e-4 && Number(check[2]) < 1e-3, check[0]);
  assert.match(found, /swiftshader/i);
  assert.match(found, /timestamp-query/);

  await fill(page, { prompt: "red apple", style: "noto", seed: 7, steps: 2, images: 1 });
  assert.equal(await generate(page, 5 * MINUTES), "done");
  const flags = ["--model", folder, "--prompt", "red apple", "--style", "noto", "--seed", "7", "--steps", "2"];
  const pictures = difference(await saved(page, "Download PNG"), native(temporary(t), flags));
  t.diagnostic(`WebGPU in the page and native CPU: ${JSON.stringify(pictures)}`);
  assert.ok(pictures.largest <= 2 && pictures.mean < 0.05, JSON.stringify(pictures));

  // Lost between two pictures: the page says so, starts again, and offers the CPU.
  await page.workers().at(-1).evaluate(() => globalThis.device.destroy());
  const alert = page.getByRole("alert");
  await alert.getByText("The browser lost its GPU").waitFor();
  await alert.getByRole("button", { name: "Use the CPU" }).click();
  await state(page, "ready");
  assert.equal(await page.getByRole("textbox", { name: "Prompt", exact: true }).inputValue(), "red apple");
  await fill(page, { steps: 1 });
  assert.equal(await generate(page), "done");
});

test("a GPU that computes wrong numbers is not used", async (t) => {
  const { page } = await openTiny(t, (faults, folder) => {
    faults["models/tiny/known_answer.json"] = () => {
      const answer = JSON.parse(readFileSync(join(folder, "known_answer.json")));
      answer.latent[100] += 0.1;
      return JSON.stringify(answer);
    };
  });
  await fill(page, { device: "WebGPU" });
  await state(page, "loading");
  await state(page, "ready", 5 * MINUTES);
  assert.match(await status(page), /Ready on the CPU\. The GPU computes wrong numbers/);
  await fill(page, { prompt: "red apple", steps: 1 });
  assert.equal(await generate(page), "done");
});

test("an unreadable known answer does not rule out the GPU", async (t) => {
  const { page } = await openTiny(t, (faults) => {
    const bytes = () => Buffer.from("<!doctype html><title>Not found</title>");
    faults["models/tiny/known_answer.json"] = { bytes, type: "text/html" };
  });
  await fill(page, { device: "WebGPU" });
  await state(page, "loading");
  await state(page, "ready", 5 * MINUTES);
  assert.match(await status(page), /Ready on the GPU/);
  assert.match(await facts(page), /Not checked: known_answer\.json cannot be used: it is a web page/);
});

test("the embedded model on WebGPU, 2 steps", async (t) => {
  const { page } = await open(t, { shipped: true });
  await state(page, "ready");
  await fill(page, { device: "WebGPU" });
  await state(page, "loading");
  await state(page, "ready", 10 * MINUTES);
  assert.match(await facts(page), /Passed against the CPU's known answer/);
  await fill(page, { prompt: "red apple", style: "noto", seed: 7, steps: 2, images: 1 });
  assert.equal(await generate(page, 15 * MINUTES), "done");
  // Software takes long to upscale; `tests/engine` compares the upscaler on such an adapter.
  await page.getByRole("button", { name: "As drawn, 128 px" }).click();
  const flags = ["--prompt", "red apple", "--style", "noto", "--seed", "7", "--steps", "2", "--size", "128"];
  const pictures = difference(await saved(page, "Download PNG"), native(temporary(t), flags));
  t.diagnostic(`WebGPU in the page and native CPU: ${JSON.stringify(pictures)}`);
  assert.ok(pictures.largest <= 3 && pictures.mean < 0.05, JSON.stringify(pictures));
});
