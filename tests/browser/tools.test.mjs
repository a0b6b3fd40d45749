// What is made of a finished picture: enlarged, traced, morphed, varied, in all styles, restyled, cut out.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import pngjs from "pngjs";

import { fill, generate, open, state, status } from "./support.mjs";

const tools = (page) => page.getByRole("toolbar", { name: "Tools", exact: true });
const panel = (page, name) => page.getByRole("region", { name, exact: true });

/** The file that a button saves. */
async function file(page, button) {
  const download = page.waitForEvent("download");
  await button.click();
  const got = await download;
  return { name: got.suggestedFilename(), bytes: readFileSync(await got.path()) };
}

async function drawn(t, options, recipe) {
  const { page } = await open(t, options);
  await state(page, "ready");
  await fill(page, recipe);
  assert.equal(await generate(page), "done", await status(page));
  return page;
}

test("a picture is enlarged to 512 and 2048 pixels, compared by a slider, and traced", async (t) => {
  const page = await drawn(t, { shipped: true }, { prompt: "fox", steps: 2 });
  await tools(page).getByRole("button", { name: "Enlarge" }).press("Enter");
  const enlarge = panel(page, "Enlarge");
  for (const side of [512, 2048]) {
    await enlarge.getByRole("button", { name: `Enlarge to ${side} px` }).click();
    await page.getByText(`Enlarged to ${side} px.`).first().waitFor({ timeout: 60_000 });
    const { bytes } = await file(page, enlarge.getByRole("button", { name: "Download enlarged PNG" }));
    assert.equal(pngjs.PNG.sync.read(bytes).width, side);
  }
  const slider = enlarge.getByRole("slider", { name: "Compare" });
  const before = await slider.inputValue();
  await slider.press("ArrowRight");
  assert.notEqual(await slider.inputValue(), before);

  await tools(page).getByRole("button", { name: "Trace to SVG" }).click();
  const trace = panel(page, "Trace to SVG");
  await trace.getByRole("button", { name: "Trace", exact: true }).click();
  await trace.getByRole("img", { name: "Traced" }).waitFor();
  const svg = await file(page, trace.getByRole("button", { name: "Download SVG" }));
  assert.match(svg.name, /\.svg$/);
  assert.match(svg.bytes.toString(), /^<svg [^>]*viewBox="0 0 128 128"/);
  const png = await file(page, trace.getByRole("button", { name: "Download 1024 px PNG" }));
  assert.equal(pngjs.PNG.sync.read(png.bytes).width, 1024);
});

test("enlarging can be stopped, and the page goes on", async (t) => {
  const page = await drawn(t, { shipped: true }, { prompt: "fox", steps: 1 });
  await tools(page).getByRole("button", { name: "Enlarge" }).click();
  await panel(page, "Enlarge").getByRole("button", { name: "Enlarge to 2048 px" }).click();
  await panel(page, "Enlarge").getByRole("progressbar", { name: "Enlarging" }).waitFor();
  await panel(page, "Enlarge").getByRole("button", { name: "Stop" }).click();
  await page.getByText("Stopped.").first().waitFor();
  assert.equal(await generate(page), "done", await status(page));
});

test("a morph is drawn, played and saved as APNG and GIF", async (t) => {
  const page = await drawn(t, {}, { prompt: "fox", steps: 2 });
  await fill(page, { prompt: "owl", seed: 9 });
  await tools(page).getByRole("button", { name: "Morph" }).click();
  const morph = panel(page, "Morph");
  await morph.getByRole("spinbutton", { name: "Frames" }).fill("4");
  await morph.getByRole("button", { name: "Draw the morph" }).click();
  await morph.getByRole("img", { name: "Morph" }).waitFor({ timeout: 60_000 });
  const apng = await file(page, morph.getByRole("button", { name: "Save APNG" }));
  assert.ok(apng.name.endsWith("-morph.png") && apng.bytes.includes("acTL"));
  const gif = await file(page, morph.getByRole("button", { name: "Save GIF" }));
  assert.equal(gif.bytes.subarray(0, 6).toString(), "GIF89a");
});

test("variations and all styles are grids whose cells open", async (t) => {
  const page = await drawn(t, {}, { prompt: "fox", steps: 1 });
  await tools(page).getByRole("button", { name: "Variations" }).click();
  await page.getByText(/The grid is done: 9 pictures/).first().waitFor({ timeout: 60_000 });
  await page.getByRole("button", { name: /Variation 1/ }).first().click();
  await page.getByRole("img", { name: "Result", exact: true }).waitFor();
  await tools(page).getByRole("button", { name: "All styles" }).click();
  await page.getByText(/The grid is done: \d+ pictures/).first().waitFor({ timeout: 60_000 });
});

test("a picture is restyled under proposed words, and its background is found by the network", async (t) => {
  const page = await drawn(t, { shipped: true }, { prompt: "red apple", style: "noto", steps: 4, seed: 7 });
  await page.getByRole("button", { name: "Edit this picture" }).click();
  const editor = page.getByRole("region", { name: "Edit", exact: true });
  await editor.getByRole("radio", { name: "Restyle" }).check();
  await editor.getByRole("button", { name: "Propose words" }).click();
  const words = editor.getByRole("group", { name: "Proposed words" });
  await words.waitFor({ timeout: 60_000 });
  await words.getByRole("button", { name: "apple" }).first().click();
  assert.match(await editor.getByRole("textbox", { name: "What the picture shows" }).inputValue(), /apple/);
  const before = await page.locator("main").getAttribute("data-job");
  await editor.getByRole("button", { name: "Restyle", exact: true }).click();
  await page.waitForFunction((before) => document.querySelector("main").dataset.job !== before, before, { polling: 20 });
  assert.equal(await state(page, ["done", "error"]), "done", await status(page));
  await page.getByText(/restyled from noto/).first().waitFor();
  await page.getByRole("button", { name: "Back to the picture it was made from" }).click();
  await editor.getByRole("button", { name: "Any background" }).click();
  await page.getByText("The background is removed.").first().waitFor({ timeout: 60_000 });
});
