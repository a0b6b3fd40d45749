// The README's screenshots: the built page with a picture, at 360 and 1440 px, light and dark.
// `cargo xtask renew` runs it. With PATCHWORK_STATES=FOLDER it takes every state of the page into that
// folder instead, to be looked at.

import { mkdirSync } from "node:fs";
import { test } from "node:test";

import { ROOT, fill, generate, open, openSettings, state } from "./support.mjs";

const STATES = process.env.PATCHWORK_STATES;
const FOLDER = STATES ?? `${ROOT}tests/browser/screenshots`;
mkdirSync(FOLDER, { recursive: true });

const draw = async (page, recipes) => {
  for (const [prompt, style, seed] of recipes) {
    await fill(page, { prompt, style, seed });
    await generate(page);
  }
  await openSettings(page);
  await page.getByRole("button", { name: "Settings", exact: true }).click();
};
const THREE = [["rocket", "3d", 7], ["pizza", "fluent flat", 7], ["fox", "noto", 7]];

for (const [width, height] of [[1440, 900], [360, 760]]) {
  for (const colorScheme of ["light", "dark"]) {
    const touch = width < 500 ? { hasTouch: true, isMobile: true } : {};
    const context = { colorScheme, viewport: { width, height }, ...touch };
    const name = (what) => `${FOLDER}/${width}-${colorScheme}${what}.png`;
    if (!STATES) {
      test(`${width} px, ${colorScheme}`, async (t) => {
        const { page } = await open(t, { shipped: true, context });
        await state(page, "ready");
        await draw(page, THREE);
        await page.getByText("3 pictures").waitFor();
        await page.screenshot({ path: name("") });
      });
      continue;
    }
    test(`every state, ${width} px, ${colorScheme}`, async (t) => {
      let release;
      const wait = new Promise((done) => (release = done));
      const { page, server } = await open(t, { shipped: true, context, faults: { "models/stickers/dit.safetensors": { wait } } });
      const shot = async (what, fullPage = false) => page.screenshot({ path: name(`-${what}`), fullPage });
      await page.waitForSelector(".tile");
      await shot("1-first");
      await page.waitForFunction(() => document.querySelectorAll(".tile.filled").length > 3);
      await shot("2-loading");
      release();
      await state(page, "ready");
      await shot("3-idle");
      await openSettings(page);
      await shot("4-settings", true);
      await page.getByRole("button", { name: "Settings", exact: true }).click();
      await fill(page, { prompt: "fox", style: "noto", seed: 7, steps: 60 });
      await page.getByRole("button", { name: "Settings", exact: true }).click();
      await page.getByRole("button", { name: "Generate" }).click();
      await page.getByText(/Step 1\d of 60/).waitFor();
      await shot("5-running");
      await page.getByRole("button", { name: "Cancel" }).click();
      await state(page, "done");
      await shot("6-stopped");
      await fill(page, { steps: 12 });
      await draw(page, THREE);
      await shot("7-done", true);
      await page.getByRole("checkbox", { name: "White outline" }).check();
      await page.getByRole("combobox", { name: "Size" }).selectOption("512 px");
      await page.waitForFunction(() => document.querySelector(".single img").naturalWidth === 512);
      await page.waitForTimeout(500);
      await shot("8-outline");
      await page.getByRole("checkbox", { name: "White outline" }).uncheck();
      await fill(page, { images: 4, prompt: "robott" });
      await page.getByRole("button", { name: "Settings", exact: true }).click();
      await page.getByRole("group", { name: "Names that the model knows" }).waitFor();
      await shot("9-chips");
      await page.getByRole("group", { name: "Names that the model knows" }).getByRole("button").first().click();
      await generate(page);
      await shot("10-four", true);
      await page.getByText("Compare settings in a grid").click();
      await page.getByRole("button", { name: "Draw grid" }).click();
      await page.getByText(/16 of 16 drawn/).waitFor({ timeout: 240_000 });
      await page.getByText("What it can draw").click();
      await page.getByText(/animals & nature/).click();
      await shot("11-grid", true);
      await fill(page, { images: 16, prompt: "cat", steps: 1, guidance: 1 });
      await generate(page);
      await page.getByRole("button", { name: "Open cat, noto" }).first().click();
      await page.waitForTimeout(500);
      await shot("12-history", true);
      await page.goto("about:blank");
      await page.goto(`${server.url}#prompt=owl&seed=3&steps=80`);
      await page.getByRole("button", { name: /^Draw “owl”/ }).waitFor();
      await shot("13-link");
    });
  }
}
if (STATES) {
  test("forced colours", async (t) => {
    const { page } = await open(t, { shipped: true, context: { forcedColors: "active", viewport: { width: 1440, height: 900 } } });
    await state(page, "ready");
    await page.screenshot({ path: `${FOLDER}/forced-1-idle.png` });
    await draw(page, THREE.slice(2));
    await openSettings(page);
    await page.screenshot({ path: `${FOLDER}/forced-2-done.png`, fullPage: true });
  });
}
