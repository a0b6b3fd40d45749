// What a visitor does on a machine without a GPU.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { EMBEDDED, difference, fill, generate, native, opaque, open, openSettings, pixels, saved, shown, state, status, style, temporary } from "./support.mjs";
import { makeTiny, offer } from "./tiny.mjs";

const RECIPE = { prompt: "red apple", style: "noto", seed: 7, steps: 4 };

/** Waits until so many steps are done, and tells how many are. */
async function denoised(page, least) {
  const done = await page.waitForFunction((least) => {
    const value = document.querySelector("progress[aria-label=Denoising]")?.value ?? 0;
    return value >= least && value;
  }, least, { timeout: 120_000 });
  return done.jsonValue();
}

test("a cold start draws a picture on the CPU, with a preview each step", async (t) => {
  const { page, server, errors } = await open(t, { fresh: true, shipped: true });
  await page.getByRole("progressbar", { name: "Loading" }).waitFor();
  // What is asked for while the weights load is drawn when they are there.
  await fill(page, { prompt: "red apple", seed: 7, steps: 4 });
  await page.getByRole("button", { name: "Generate" }).click();
  await page.getByRole("progressbar", { name: "Denoising" }).waitFor();
  await page.getByRole("img", { name: "Preview" }).waitFor();
  await state(page, "done");
  assert.match(await status(page), /Done in/);
  const picture = await pixels(page);
  assert.equal(picture.length, 4 * 512 * 512, "as large as the upscaler makes it");
  const share = opaque(picture) / (512 * 512);
  assert.ok(share > 0.1 && share < 0.9, `a sticker covers part of its ground, and this ${share}`);
  assert.deepEqual(errors, []);
  assert.deepEqual(server.outside.filter((path) => path !== "/favicon.ico"), [], "nothing outside its folder");
});

test("edits stay while a request waits", async (t) => {
  const { page } = await open(t);
  await fill(page, { prompt: "red apple", steps: 2 });
  await page.getByRole("button", { name: "Generate" }).click();
  await fill(page, { prompt: "dog face" });
  await state(page, "done");
  assert.equal(await page.getByRole("textbox", { name: "Prompt", exact: true }).inputValue(), "dog face");
  await page.getByRole("button", { name: /^Open red apple, fluent flat, seed \d+$/ }).waitFor();
});

test("another device loads while the old one draws, and then takes over", async (t) => {
  const { page } = await open(t);
  await state(page, "ready");
  await fill(page, { ...RECIPE, steps: 40 });
  await page.getByRole("button", { name: "Generate" }).click();
  await page.getByRole("img", { name: "Preview" }).waitFor();
  // Auto has taken that already, and looks again when it is chosen again.
  await fill(page, { device: "CPU" });
  await page.getByText("It draws on the CPU already").waitFor();
  await fill(page, { device: "Auto" });
  assert.equal(await state(page, ["loading", "running"]), "running");
  await page.getByRole("img", { name: "Result" }).waitFor();
  await page.getByText("Ready on the CPU.").waitFor();
  assert.equal(await generate(page), "done");
  assert.match(await status(page), /Done in/);
});

test("the device panel says which device, and why", async (t) => {
  const { page } = await open(t);
  await state(page, "ready");
  await page.getByText("Device and model").click();
  const facts = await page.locator(".facts dl").innerText();
  for (const word of ["CPU", "swiftshader is software", "M parameters", "MB", "Loaded in"]) {
    assert.ok(facts.includes(word), `${word} is missing in ${facts}`);
  }
});

test("the same recipe gives the same pixels, and the native program the same picture", async (t) => {
  const { page } = await open(t, { shipped: true });
  await state(page, "ready");
  await fill(page, RECIPE);
  assert.equal(await generate(page), "done");
  const first = await saved(page, "Download PNG");
  await fill(page, { seed: 8 });
  await generate(page);
  assert.ok(!(await saved(page, "Download PNG")).equals(first), "another seed, another picture");
  await fill(page, { seed: 7 });
  await generate(page);
  assert.ok((await saved(page, "Download PNG")).equals(first), "the same to the last bit");

  // As the decoder leaves it: what the upscaler makes of the last bit is another test's.
  await page.getByRole("button", { name: "As drawn, 128 px" }).click();
  const drawn = await saved(page, "Download PNG");
  const flags = ["--prompt", "red apple", "--style", "noto", "--seed", "7", "--steps", "4", "--size", "128"];
  const found = difference(drawn, native(temporary(t), flags));
  t.diagnostic(`page and native: ${JSON.stringify(found)}`);
  // Sums are taken in another order (128-bit lanes in the page): rounding, and no more.
  assert.ok(found.largest <= 2 && found.mean < 0.05, JSON.stringify(found));
});

test("cancel stops within a step, and keeps the last prediction", async (t) => {
  const { page } = await open(t, { shipped: true });
  await state(page, "ready");
  await fill(page, { ...RECIPE, steps: 150 });
  await page.getByRole("button", { name: "Generate" }).click();
  const before = await denoised(page, 3);
  await page.getByRole("button", { name: "Cancel" }).click();
  await state(page, "done");
  const steps = Number((await status(page)).match(/after (\d+) of 150/)[1]);
  assert.ok(steps <= before + 2, `stopped after ${steps}, asked after ${before}`);
  assert.ok(opaque(await pixels(page)) > 1000);
  // Esc does the same, and Ctrl+Enter draws.
  await page.keyboard.press("Control+Enter");
  await state(page, "running");
  await page.keyboard.press("Escape");
  await state(page, "done");
  assert.match(await status(page), /Stopped/);
});

test("a new request replaces the running one", async (t) => {
  const { page } = await open(t);
  await state(page, "ready");
  await fill(page, { ...RECIPE, steps: 150 });
  await page.getByRole("button", { name: "Generate" }).click();
  await page.getByRole("img", { name: "Preview" }).waitFor();
  await fill(page, { steps: 2, seed: 11 });
  await page.getByRole("button", { name: "Generate" }).click();
  await state(page, "done");
  assert.match(await status(page), /Done in/);
  const history = page.getByRole("region", { name: "History" }).getByRole("listitem");
  await history.first().waitFor();
  assert.equal(await history.count(), 1);
  assert.match(await history.innerText(), /seed 11/);
});

test("the timeline goes from pure noise to the finished picture, decodes a step and plays", async (t) => {
  const { page } = await open(t);
  await state(page, "ready");
  await fill(page, RECIPE);
  await generate(page);
  const result = await pixels(page);
  const timeline = page.getByRole("region", { name: "Timeline" });
  const slider = timeline.getByRole("slider", { name: "Step" });
  assert.equal(await slider.getAttribute("aria-valuetext"), "Finished");
  assert.equal(await slider.inputValue(), "5", "four steps between noise and the end");
  await slider.fill("0");
  assert.match(await status(page), /^Pure noise, noise 1\.00/);
  const noise = await pixels(page, "Preview");
  assert.equal(noise.length, 4 * 16 * 16);
  await slider.fill("1");
  const preview = await pixels(page, "Preview");
  assert.notDeepEqual(preview, noise);
  assert.match(await status(page), /^Step 1 of 4, noise 0\.\d\d: what the network expects/);
  await page.getByRole("checkbox", { name: "Show the noise" }).check();
  assert.notDeepEqual(await pixels(page, "Preview"), preview);
  assert.match(await status(page), /the latent as it is/);
  await page.getByRole("checkbox", { name: "Show the noise" }).uncheck();
  await page.getByRole("button", { name: "Decode this step" }).click();
  await page.getByRole("img", { name: "Result", exact: true }).waitFor();
  const decoded = await pixels(page);
  assert.equal(decoded.length, result.length);
  // The estimate of the first step is a picture, and not yet that of the end.
  assert.notDeepEqual(decoded, result);
  assert.ok(opaque(decoded) > 100);
  await page.getByRole("button", { name: "Back to the result" }).click();
  assert.deepEqual(await pixels(page), result);
  assert.match(await status(page), /^Done in/);
  const heard = await page.evaluateHandle(() => {
    const texts = [];
    const status = document.querySelector(".status");
    new MutationObserver(() => texts.push(status.textContent)).observe(status, { subtree: true, characterData: true, childList: true });
    return texts;
  });
  await page.getByRole("button", { name: "Play" }).click();
  await page.getByRole("button", { name: "Pause" }).waitFor();
  await page.getByRole("button", { name: "Play" }).waitFor();
  const played = await heard.jsonValue();
  for (const word of ["Pure noise", "Step 2 of 4", "Step 4 of 4", "Done in"]) assert.ok(played.some((text) => text.startsWith(word)), `${word}: ${played}`);
  assert.deepEqual(await pixels(page), result);
  assert.equal(await page.getByRole("progressbar").count(), 0, "one line, not two");
});

test("earlier steps can be viewed during a run, and Live follows it again", async (t) => {
  const { page } = await open(t, { shipped: true });
  await state(page, "ready");
  await fill(page, { ...RECIPE, steps: 60 });
  await page.getByRole("button", { name: "Generate" }).click();
  const timeline = page.getByRole("region", { name: "Timeline" });
  const at = await denoised(page, 3);
  assert.match(await page.title(), /^\(\d+\/60\) red apple/);
  await timeline.getByRole("slider", { name: "Step" }).fill("1");
  const first = await pixels(page, "Preview");
  await denoised(page, at + 3);
  assert.deepEqual(await pixels(page, "Preview"), first, "it stays where one looks");
  await timeline.getByRole("button", { name: "Live" }).click();
  await page.waitForFunction((src) => document.querySelector(".single img")?.src !== src, await page.getByRole("img", { name: "Preview" }).getAttribute("src"));
  await page.getByRole("button", { name: "Cancel" }).click();
  await state(page, "done");
  assert.equal(await page.title(), "Patchwork");
});

test("history survives a reload, is opened, used again, exported, deleted", async (t) => {
  const { page, server } = await open(t);
  await state(page, "ready");
  await fill(page, { ...RECIPE, images: 2 });
  await generate(page);
  const history = page.getByRole("region", { name: "History" });
  await history.getByText("2 pictures").waitFor();
  const before = server.asked.filter((file) => file.endsWith(".safetensors")).length;
  await page.reload();
  await state(page, "ready");
  const after = server.asked.filter((file) => file.endsWith(".safetensors")).length;
  assert.equal(after, before, "the weights came from the browser's store");
  await history.getByText("2 pictures, kept").waitFor();
  await fill(page, { prompt: "something else", seed: 1 });
  await history.getByRole("button", { name: "Use settings of red apple, noto, seed 8" }).click();
  assert.equal(await page.getByRole("textbox", { name: "Prompt", exact: true }).inputValue(), "red apple");
  assert.equal(await page.getByRole("spinbutton", { name: "Seed" }).inputValue(), "8");
  await history.getByRole("button", { name: "Open red apple, noto, seed 7" }).click();
  assert.ok(opaque(await pixels(page)) > 1000);
  const zip = await saved(page, "Export ZIP");
  assert.equal(zip.subarray(0, 2).toString(), "PK");
  const sheet = await saved(page, "Contact sheet");
  assert.equal(sheet.readUInt32BE(16), 256, "two pictures wide");
  await history.getByRole("button", { name: "Delete red apple, noto, seed 7" }).click();
  await history.getByText("1 picture,").waitFor();
  // What was deleted comes back.
  await history.getByRole("button", { name: "Undo: bring back 1 picture" }).click();
  await history.getByText("2 pictures,").waitFor();
  await history.getByRole("button", { name: "Delete red apple, noto, seed 7" }).click();
  // Who presses twice has not answered.
  await history.getByRole("button", { name: "Clear" }).dblclick();
  await history.getByText("1 picture,").waitFor();
  await history.getByRole("button", { name: "Clear" }).click();
  await history.getByRole("button", { name: "Delete all 1" }).click();
  await history.getByText("Nothing yet").waitFor();
  assert.match(await status(page), /1 picture deleted/);
  await page.reload();
  await state(page, ["ready", "done"]);
  await history.getByText("Nothing yet").waitFor();
});

test("a saved PNG restores its recipe, chosen or dropped; others are refused", async (t) => {
  const { page } = await open(t);
  await state(page, "ready");
  const recipe = { prompt: "été, a 🍕", negative: "blue", style: "3d", seed: 12345678901, steps: 3, guidance: 4.5, shift: 1.5, sampler: "heun" };
  await fill(page, recipe);
  assert.equal(await generate(page), "done");
  const buffer = await saved(page, "Download PNG");
  const file = { name: "pizza.png", mimeType: "image/png", buffer };
  const other = { prompt: "x", negative: "", style: "", seed: 1, steps: 2, guidance: 1, shift: 5, sampler: "euler" };
  await fill(page, other);
  await page.getByLabel("Open a PNG").setInputFiles(file);
  await page.getByText("The recipe of pizza.png is in the form").waitFor();
  assert.ok((await shown(page)).equals(buffer), "the picture itself is on stage");
  const form = async () => ({
    prompt: await page.getByRole("textbox", { name: "Prompt", exact: true }).inputValue(),
    seed: await page.getByRole("spinbutton", { name: "Seed" }).inputValue(),
    guidance: await page.getByRole("spinbutton", { name: "Guidance" }).inputValue(),
    shift: await page.getByRole("spinbutton", { name: "Shift" }).inputValue(),
    sampler: await page.getByRole("combobox", { name: "Sampler" }).inputValue(),
    style: await style(page),
  });
  const want = { prompt: "été, a 🍕", seed: "12345678901", guidance: "4.5", shift: "1.5", sampler: "heun", style: "3d" };
  assert.deepEqual(await form(), want);
  await generate(page);
  assert.ok((await saved(page, "Download PNG")).equals(buffer), "the same picture again");

  await fill(page, other);
  const transfer = await page.evaluateHandle((bytes) => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(bytes)], "dropped.png", { type: "image/png" }));
    return data;
  }, [...buffer]);
  await page.dispatchEvent("main", "drop", { dataTransfer: transfer });
  await page.getByText("The recipe of dropped.png is in the form").waitFor();
  assert.deepEqual(await form(), want);

  await page.getByLabel("Open a PNG").setInputFiles({ ...file, buffer: Buffer.from("GIF89a") });
  await page.getByText("is damaged and cannot be read").waitFor();
  assert.deepEqual(await form(), want);
});

test("a link restores the recipe, and with it the picture", async (t) => {
  const { page, profile } = await open(t);
  await state(page, "ready");
  await fill(page, { prompt: "blue & green #1", style: "fluent flat", seed: 99, steps: 3, guidance: 2, shift: 4 });
  await generate(page);
  const first = await saved(page, "Download PNG");
  await page.getByRole("button", { name: "Copy link" }).click();
  await page.getByText("The link is in the clipboard").waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  // Here it is kept, and shown at once.
  const other = await profile.newPage();
  await other.goto(link);
  await other.getByRole("img", { name: "Result", exact: true }).waitFor();
  await other.getByText(/“blue & green #1, fluent flat, seed 99”, from the history/).waitFor();
  assert.ok((await saved(other, "Download PNG")).equals(first));
  await openSettings(other);
  assert.equal(await other.getByRole("spinbutton", { name: "Shift" }).inputValue(), "4");
  await other.getByRole("button", { name: "Copy picture" }).click();
  await other.getByText("The picture is in the clipboard").waitFor();
});

test("the form follows each model's own settings, until the visitor chooses", async (t) => {
  const folder = temporary(t);
  const defaults = { sampler: "heun", steps: 6, guidance: 2.5, guidance_interval: [0, 1] };
  makeTiny(folder, { defaults, shift: 1.25 });
  const { page, server } = await open(t, { faults: offer(folder) });
  await state(page, "ready");
  await openSettings(page);
  const number = (name) => page.getByRole("spinbutton", { name }).inputValue();
  const form = async () => [
    await page.getByRole("combobox", { name: "Sampler" }).inputValue(),
    ...(await Promise.all(["Steps", "Guidance", "Shift"].map(number))),
  ];
  const { defaults: own, shift } = JSON.parse(readFileSync(join(EMBEDDED, "model.json")));
  const shipped = [own.sampler, own.steps, own.guidance, shift].map(String);
  assert.deepEqual(await form(), shipped);
  await fill(page, { prompt: "fish", model: "./models/tiny" });
  await state(page, "loading");
  await state(page, "ready");
  assert.deepEqual(await form(), ["heun", "6", "2.5", "1.25"]);
  await fill(page, { steps: 2 });
  await fill(page, { model: "./models/stickers" });
  await state(page, "loading");
  await state(page, "ready");
  assert.deepEqual(await form(), ["heun", "2", "2.5", "1.25"]);
  // A link says nothing of it.
  await page.goto("about:blank");
  await page.goto(`${server.url}#prompt=fish`);
  await state(page, "done");
  assert.deepEqual(await form(), shipped);
});

test("a grid is drawn cell by cell and saved", async (t) => {
  const { page } = await open(t);
  await state(page, "ready");
  await fill(page, RECIPE);
  await page.getByText("Compare settings in a grid").click();
  const grid = page.getByRole("region", { name: "Grid" });
  await grid.getByRole("combobox", { name: "Across" }).selectOption("Style");
  await grid.getByRole("textbox", { name: "Values across" }).fill("noto, cubism");
  await grid.getByRole("textbox", { name: "Values down" }).fill("1, 2");
  await grid.getByRole("button", { name: "Draw grid" }).click();
  await grid.getByRole("alert").getByText("“cubism” is no style").waitFor();
  await grid.getByRole("textbox", { name: "Values across" }).fill("noto, twemoji");
  await grid.getByRole("button", { name: "Draw grid" }).click();
  await grid.getByText(/4 of 4 drawn in \d+\.\d s/).waitFor({ timeout: 60_000 });
  assert.match(await status(page), /The grid is done: 4 pictures in/);
  await page.getByRole("region", { name: "History" }).getByText("4 pictures").waitFor();
  await grid.getByRole("button", { name: "Open noto, 2" }).click();
  await page.getByText(/“red apple, noto, seed 7”, from the grid/).waitFor();
  const sheet = await saved(page, "Download grid");
  assert.equal(sheet.readUInt32BE(16), 256);
});

test("each press has a new seed, unless one is chosen or kept", async (t) => {
  const { page } = await open(t);
  await state(page, "ready");
  await openSettings(page);
  const seed = () => page.getByRole("spinbutton", { name: "Seed" }).inputValue();
  const keep = page.getByRole("checkbox", { name: "Keep this seed" });
  assert.equal(await keep.isChecked(), false);
  await fill(page, { prompt: "dog face", steps: 1 });
  const seen = [];
  for (let i = 0; i < 3; i++) {
    await generate(page);
    seen.push(await seed());
  }
  assert.equal(new Set(seen).size, 3);
  // On a picture that one likes.
  await keep.check();
  await generate(page);
  assert.equal(await seed(), seen[2]);
  await keep.uncheck();
  await page.getByRole("button", { name: "Random seed" }).click();
  const rolled = await seed();
  await generate(page);
  assert.equal(await seed(), rolled, "a seed that was chosen holds for the next picture");
  await generate(page);
  assert.notEqual(await seed(), rolled, "and only for that");
  // One of an old picture.
  await page.getByRole("button", { name: `Open dog face, fluent flat, seed ${seen[0]}` }).click();
  await page.getByRole("button", { name: "Use this seed" }).click();
  await generate(page);
  assert.equal(await seed(), seen[0]);
});

test("numbers can be typed digit by digit, and an empty field shows its value again", async (t) => {
  const { page } = await open(t);
  await openSettings(page);
  const guidance = page.getByRole("spinbutton", { name: "Guidance" });
  await guidance.fill("");
  await guidance.pressSequentially("4.5");
  assert.equal(await guidance.inputValue(), "4.5");
  const steps = page.getByRole("spinbutton", { name: "Steps" });
  await steps.fill("");
  await guidance.focus();
  assert.equal(await steps.inputValue(), "20");
  await steps.fill("999");
  assert.equal(await steps.inputValue(), "150");
});

test("reports the part of a long prompt that is left out", async (t) => {
  const { page } = await open(t);
  await state(page, "ready");
  await fill(page, { prompt: "a very big red apple with green leaves on a small wooden table beside the lamp" });
  await page.getByText(/of 16 tokens\. Too long; this is left out: “.*lamp”/).waitFor();
  // Neither a long word nor a long text breaks the page.
  await fill(page, { prompt: "x".repeat(600) + " word".repeat(400), steps: 1 });
  assert.equal(await generate(page), "done");
  await page.getByText("1 picture,").waitFor();
  const { wide, window } = await page.evaluate(() => ({ wide: document.documentElement.scrollWidth, window: innerWidth }));
  assert.ok(wide <= window, `the page is ${wide} px wide on ${window}`);
});

test("removes kept weights on demand", async (t) => {
  const { page, server } = await open(t, { fresh: true });
  await state(page, "ready");
  await page.getByText("Device and model").click();
  await page.getByRole("button", { name: "Remove the downloaded weights" }).click();
  await page.getByRole("status", { name: "Status" }).getByText("The weights are removed").waitFor();
  const before = server.asked.filter((file) => file.endsWith("dit.safetensors")).length;
  await page.reload();
  await state(page, "ready");
  assert.equal(server.asked.filter((file) => file.endsWith("dit.safetensors")).length, before + 1);
});
