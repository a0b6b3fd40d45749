// Everybody: axe in every state, forced colours, keys, touch, paper, still pictures.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";

import { fill, frames, generate, open, openSettings, state, status } from "./support.mjs";

const RECIPE = { prompt: "red apple", style: "noto", seed: 7, steps: 2 };
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Narrow and wide; the dark page is the wide one in other colours. */
const SHOWN = [
  { width: 360, colorScheme: "light", options: {} },
  { width: 1440, colorScheme: "light", options: {} },
  { width: 1440, colorScheme: "dark", options: { runOnly: ["color-contrast"] } },
];

async function check(page, when) {
  for (const { width, colorScheme, options } of SHOWN) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    await frames(page);
    const { violations } = await page.evaluate((options) => globalThis.axe.run(options), options);
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`);
    assert.deepEqual(found, [], `${when}, ${colorScheme}, ${width} px`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= width, `${when}: the page is ${wide} px wide on ${width}`);
  }
}

test("axe finds no violation in any state, light and dark, narrow and wide", async (t) => {
  const loaded = { release: undefined };
  const faults = { "models/stickers/dit.safetensors": { wait: new Promise((done) => (loaded.release = done)) } };
  const { page, server } = await open(t, { media: { reducedMotion: "reduce" }, faults });
  await page.addInitScript(AXE);
  await page.reload();
  await page.waitForSelector('main[data-state="loading"]');
  await check(page, "loading");
  loaded.release();
  await state(page, "ready");
  await check(page, "empty");
  await openSettings(page);
  await fill(page, { ...RECIPE, steps: 150, sampler: "heun" });
  await page.getByRole("button", { name: "Generate" }).click();
  await page.getByRole("img", { name: "Preview" }).waitFor();
  await check(page, "running");
  assert.equal(await state(page, ["running", "done"]), "running", "it still draws");
  await page.getByRole("button", { name: "Cancel" }).click();
  await state(page, "done");
  await check(page, "stopped");
  await fill(page, { steps: 1, images: 4, prompt: "red aple" });
  await page.getByRole("group", { name: "Names that the model knows" }).waitFor();
  await generate(page);
  await page.getByText("4 pictures").waitFor();
  await check(page, "four");
  await page.getByRole("button", { name: "Open picture 2" }).click();
  await page.getByRole("button", { name: "Back to the run" }).waitFor();
  await page.getByRole("button", { name: /^Delete red aple/ }).first().click();
  await page.getByRole("button", { name: "Clear" }).click();
  await check(page, "opened, deleted, asked");
  await page.getByText("Device and model").click();
  await page.getByText("What it can draw").click();
  await page.getByText("Compare settings in a grid").click();
  await page.getByRole("textbox", { name: "Values across" }).fill("1, 2");
  await page.getByRole("textbox", { name: "Values down" }).fill("1");
  await page.getByRole("button", { name: "Draw grid" }).click();
  await page.getByText(/2 of 2 drawn/).waitFor();
  await check(page, "grid, panel and concepts");
  faults["models/stickers/dit.safetensors"] = 404;
  await page.evaluate(() => caches.delete("patchwork-weights-1"));
  await page.goto("about:blank");
  await page.goto(server.url);
  await state(page, "error");
  await check(page, "error");
  // A link, and nothing of the model here.
  await page.goto("about:blank");
  await page.goto(`${server.url}#prompt=fox&seed=3`);
  await page.getByRole("button", { name: /^Draw “fox” \(\d+ MB to download, once\)$/ }).waitFor();
  await check(page, "a link's press");
});

test("forced colours: every glyph, choice and patch is visible", async (t) => {
  const { page } = await open(t, { media: { forcedColors: "active" } });
  await state(page, "ready");
  await openSettings(page);
  const dice = page.getByRole("button", { name: "Random seed" }).locator(".glyph");
  const colour = await dice.evaluate((glyph) => getComputedStyle(glyph).backgroundColor);
  assert.doesNotMatch(colour, /rgba\(0, 0, 0, 0\)|^rgb\(255, 255, 255\)$/, colour);
  const border = (name) => page.getByRole("radio", { name, exact: true }).locator("xpath=..").evaluate((label) => getComputedStyle(label).borderTopColor);
  await fill(page, { style: "noto" });
  assert.notEqual(await border("noto"), await border("3d"));
});

test("the focus ring has a contrast of 3:1 with its background", async (t) => {
  const { page } = await open(t);
  await state(page, "ready");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    const [ring, ground] = await page.evaluate(() => [getComputedStyle(document.activeElement).outlineColor, getComputedStyle(document.body).backgroundColor]);
    const light = (colour) => {
      const parts = colour.match(/[\d.]+/g).slice(0, 3).map((part) => Number(part) / 255);
      const [r, g, b] = parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const [more, less] = [light(ring), light(ground)].sort((a, b) => b - a);
    const ratio = (more + 0.05) / (less + 0.05);
    assert.ok(ratio >= 3, `${colorScheme}: ${ratio.toFixed(2)}, ${ring} on ${ground}`);
  }
});

test("touch: every control is 44 px high, and the order is that of a phone", async (t) => {
  const context = { viewport: { width: 360, height: 760 }, hasTouch: true, isMobile: true };
  const { page } = await open(t, { context });
  await state(page, "ready");
  await openSettings(page);
  await fill(page, { ...RECIPE, images: 2 });
  await generate(page);
  await page.getByText("2 pictures").waitFor();
  const small = await page.evaluate(() => [...document.querySelectorAll("button, select, .style, .check, summary, .button, main input:not([type=radio], [type=checkbox], [type=file], [type=range])")]
    .filter((element) => element.checkVisibility())
    .map((element) => [element.textContent.trim().slice(0, 20), Math.round(element.getBoundingClientRect().height)])
    .filter(([, height]) => height < 44));
  assert.deepEqual(small, []);
  await page.getByRole("button", { name: "Settings", exact: true }).click();
  const tops = await page.evaluate(() => [".bar", ".styles", ".stage", ".take-away", ".history"].map((part) => document.querySelector(part).getBoundingClientRect().top));
  assert.deepEqual(tops, [...tops].sort((a, b) => a - b));
  assert.equal(await page.locator(".keys").isVisible(), false, "no hints about keys without a keyboard");
});

test("Enter draws, but not while an input method composes; earlier prompts come back", async (t) => {
  const { page } = await open(t);
  await state(page, "ready");
  assert.ok(await page.locator(".keys").isVisible());
  const prompt = page.getByRole("textbox", { name: "Prompt", exact: true });
  await fill(page, { steps: 1 });
  await prompt.fill("fish");
  await page.evaluate(() => {
    const area = document.querySelector("#prompt");
    area.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", isComposing: true, bubbles: true, cancelable: true }));
    area.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", keyCode: 229, bubbles: true, cancelable: true }));
    area.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", isComposing: true, bubbles: true, cancelable: true }));
  });
  await frames(page);
  assert.equal(await state(page, ["ready", "running", "done"]), "ready");
  await prompt.focus();
  await page.keyboard.press("Shift+Enter");
  assert.match(await prompt.inputValue(), /\n/);
  await prompt.fill("fish");
  await page.keyboard.press("Enter");
  await state(page, "done");
  await page.getByText("1 picture,").waitFor();
  await prompt.fill("a draft");
  await page.keyboard.press("ArrowUp");
  assert.equal(await prompt.inputValue(), "fish");
  await page.keyboard.press("ArrowDown");
  assert.equal(await prompt.inputValue(), "a draft");

  // Rows that are wrapped are rows too: the caret goes through them first.
  const long = `${"a very long prompt that goes on and on ".repeat(6)}until it has ended`;
  const caret = () => prompt.evaluate((area) => area.selectionStart);
  for (const width of [360, 1440]) {
    await page.setViewportSize({ width, height: 900 });
    await prompt.fill(long);
    await page.keyboard.press("ArrowUp");
    assert.equal(await prompt.inputValue(), long, `${width}`);
    assert.ok((await caret()) < long.length, "the caret went up a row");
    await prompt.evaluate((area) => area.setSelectionRange(3, 3));
    await page.keyboard.press("ArrowDown");
    assert.equal(await prompt.inputValue(), long, `${width}`);
    await prompt.evaluate((area) => area.setSelectionRange(3, 3));
    await page.keyboard.press("ArrowUp");
    assert.equal(await prompt.inputValue(), "fish", `${width}`);
    await page.keyboard.press("ArrowDown");
    assert.equal(await prompt.inputValue(), long);
  }
  // A text without spaces is broken anywhere: in its first row arrow up brings what was drawn before.
  const unbroken = "狐".repeat(200);
  await prompt.fill(unbroken);
  await page.keyboard.press("ArrowUp");
  assert.equal(await prompt.inputValue(), unbroken);
  await prompt.evaluate((area) => area.setSelectionRange(5, 5));
  await page.keyboard.press("ArrowUp");
  assert.equal(await prompt.inputValue(), "fish");
  await page.keyboard.press("ArrowDown");
  assert.equal(await page.locator("textarea.measure").count(), 0);
});

test("the focus is never lost when a button disappears", async (t) => {
  const { page } = await open(t);
  await state(page, "ready");
  await fill(page, RECIPE);
  await generate(page);
  await page.getByText("1 picture,").waitFor();
  const place = () => page.evaluate(() => document.activeElement?.tagName);
  const until = (is) => page.waitForFunction(is, undefined, { timeout: 5000 });
  await page.getByRole("region", { name: "Timeline" }).getByRole("slider").fill("0");
  await page.getByRole("button", { name: "Back to the result" }).press("Enter");
  assert.notEqual(await place(), "BODY");
  await page.getByRole("button", { name: /^Open red apple/ }).press("Enter");
  await page.getByRole("button", { name: "Back to the run" }).press("Enter");
  await page.getByRole("button", { name: "Back to the run" }).waitFor({ state: "detached" });
  await frames(page);
  assert.notEqual(await place(), "BODY");
  await page.getByRole("button", { name: /^Delete red apple/ }).press("Enter");
  await until(() => document.activeElement.className === "undo");
  await page.getByRole("button", { name: /^Undo/ }).press("Enter");
  await until(() => document.activeElement.tagName === "H2");
});

test("with reduced motion, Play moves one stop a press", async (t) => {
  const { page } = await open(t, { media: { reducedMotion: "reduce" } });
  await state(page, "ready");
  await fill(page, { ...RECIPE, steps: 4 });
  await generate(page);
  const slider = page.getByRole("region", { name: "Timeline" }).getByRole("slider");
  await page.clock.install();
  for (const stop of ["0", "1"]) {
    await page.getByRole("button", { name: "Next step" }).click();
    assert.equal(await slider.inputValue(), stop);
  }
  // Nothing goes on by itself, however long one waits.
  await page.clock.runFor(10_000);
  await frames(page);
  assert.equal(await slider.inputValue(), "1");
});

test("the page prints with the picture and its recipe; a picture has a description", async (t) => {
  const { page } = await open(t);
  await state(page, "ready");
  await fill(page, RECIPE);
  await generate(page);
  const result = page.getByRole("img", { name: "Result", exact: true });
  const described = await result.evaluate((image) => document.getElementById(image.getAttribute("aria-describedby")).textContent);
  assert.equal(described, "red apple, noto, seed 7, 2 steps, guidance 3");
  await page.emulateMedia({ media: "print" });
  assert.ok(await result.isVisible());
  assert.ok(await page.getByText(described).isVisible());
  for (const part of [".bar", ".history", ".timeline", "footer"]) assert.equal(await page.locator(part).isVisible(), false, part);
});

test("the page shows where to drop a dragged file until it leaves", async (t) => {
  const { page } = await open(t);
  await state(page, "ready");
  const drag = (kind) => page.evaluate((kind) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(["x"], "x.png", { type: "image/png" }));
    document.querySelector("main").dispatchEvent(new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true }));
    return document.body.classList.contains("dropping");
  }, kind);
  assert.equal(await drag("dragover"), true);
  assert.equal(await drag("dragleave"), false);
  await drag("dragover");
  assert.equal(await drag("drop"), false);
  await page.getByText("x.png is no picture that this browser can read").waitFor();
  assert.match(await page.locator(".status").getAttribute("class"), /wrong/);
});

test("a repeated status is announced again, and a short status does not cover the page", async (t) => {
  const { page } = await open(t);
  await state(page, "ready");
  await fill(page, { ...RECIPE, steps: 1 });
  await generate(page);
  // A screen reader hears only texts that change.
  let told = await page.locator(".status").evaluate((element) => element.textContent);
  for (let i = 0; i < 2; i++) {
    await page.getByRole("button", { name: "Copy link" }).click();
    const other = await page.waitForFunction((told) => {
      const text = document.querySelector(".status").textContent;
      return text.includes("link") && text !== told && text;
    }, told, { timeout: 5000 });
    told = await other.jsonValue();
  }
  assert.equal(await page.locator(".status").evaluate((element) => getComputedStyle(element).position), "static");
  assert.ok((await status(page)).length > 0);
  // Out of sight, it stands at the foot of the window for a moment, for eyes alone.
  const toast = page.locator(".toast");
  await page.evaluate(() => scrollTo(0, 0));
  await page.getByRole("button", { name: "Copy link" }).dispatchEvent("click");
  await toast.waitFor({ state: "detached" });
  await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
  await page.getByRole("button", { name: /^Use settings of/ }).dispatchEvent("click");
  await page.locator('.toast[data-text^="The settings are in the form"]').waitFor();
  assert.equal(await toast.getAttribute("aria-hidden"), "true");
  const left = await toast.evaluate((element) => {
    const [animation] = element.getAnimations();
    const { duration } = animation.effect.getTiming();
    animation.currentTime = duration - 100;
    return duration;
  });
  assert.ok(left <= 10_000, `it goes after ${left} ms`);
  await toast.waitFor({ state: "hidden", timeout: 1000 });
});
