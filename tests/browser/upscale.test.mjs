// Pictures at 512 pixels: made by the upscaler, which no first picture waits for.

import assert from "node:assert/strict";
import { test } from "node:test";

import pngjs from "pngjs";

import { fill, generate, native, open, saved, shown, state, status, temporary, difference } from "./support.mjs";

const RECIPE = { prompt: "red apple", style: "noto", seed: 7, steps: 2 };
const size = (png) => [png.readUInt32BE(16), png.readUInt32BE(20)];
const thumbnail = (side) => document.querySelector(".thumbnail img")?.naturalWidth === side;

test("a finished picture is shown at 512 pixels or as drawn, and the history keeps the upscaled one", async (t) => {
  const { page, server } = await open(t, { fresh: true, shipped: true });
  await state(page, "ready");
  await fill(page, RECIPE);
  await generate(page);
  const large = await shown(page);
  assert.deepEqual(size(large), [512, 512]);
  assert.ok((await saved(page, "Download PNG")).equals(large), "what is shown is what is saved");
  assert.ok(large.includes('"upscaled":true'));
  // The native program makes the same.
  const flags = ["--prompt", "red apple", "--style", "noto", "--seed", "7", "--steps", "2"];
  const { mean } = difference(large, native(temporary(t), flags));
  assert.ok(mean < 0.3, `mean difference ${mean}`);
  // The upscaler came after all that drawing needs.
  const weights = server.asked.filter((file) => file.endsWith(".safetensors"));
  assert.equal(weights.indexOf("models/stickers/upscaler.safetensors"), weights.length - 1);
  await page.waitForFunction(thumbnail, 512);

  await page.getByRole("button", { name: "As drawn, 128 px" }).click();
  const drawn = await shown(page);
  assert.deepEqual(size(drawn), [128, 128]);
  assert.ok(drawn.includes('"upscaled":false'));
  const sizes = page.getByRole("combobox", { name: "Size" });
  for (const side of [256, 1024]) {
    await sizes.selectOption(`${side} px`);
    const other = await shown(page);
    assert.deepEqual(size(other), [side, side]);
    assert.ok(other.includes('"upscaled":true'));
  }
  // An outline is drawn at the size that is saved.
  await sizes.selectOption("512 px");
  await page.getByRole("checkbox", { name: "White outline" }).check();
  assert.deepEqual(size(await shown(page)), [512, 512]);
  await page.getByRole("checkbox", { name: "White outline" }).uncheck();
  // Bare ground is wholly clear.
  const { data, width } = pngjs.PNG.sync.read(await shown(page));
  assert.deepEqual([3, 4 * (width - 1) + 3].map((at) => data[at]), [0, 0]);

  // A step in full stays as the decoder left it.
  await page.getByRole("region", { name: "Timeline" }).getByRole("slider").fill("1");
  await page.getByRole("button", { name: "Decode this step" }).click();
  await page.getByText("only finished pictures are upscaled").waitFor();
  assert.deepEqual(size(await shown(page)), [128, 128]);
  await page.reload();
  await page.waitForFunction(thumbnail, 512);
});

test("without its upscaler a model still draws, and the page says what is missing", async (t) => {
  const { page } = await open(t, { shipped: true, faults: { "models/stickers/upscaler.safetensors": 404 } });
  await state(page, "ready");
  await page.waitForFunction(() => document.body.innerText.includes("large pictures are softer"));
  assert.match(await status(page), /upscaler\.safetensors/);
  await fill(page, RECIPE);
  await generate(page);
  const soft = await shown(page);
  assert.deepEqual(size(soft), [512, 512]);
  assert.ok(soft.includes('"upscaled":false'));
  // Whatever the status says meanwhile.
  await page.getByText("This is softer than it should be").waitFor();
});
