// A translator of the browser, which puts new text nodes into elements of its own where the page's stood.

import assert from "node:assert/strict";
import { test } from "node:test";

import { fill, generate, open, openSettings, state, status } from "./support.mjs";

/** Translates as browsers do, now and whatever comes: all but what is marked `translate="no"`. */
const translate = () => {
  const isText = (node) => node.nodeType === Node.TEXT_NODE && node.data.trim() !== "";
  const isOurs = (node) => node.parentElement && !node.parentElement.closest('[translate="no"], font, script, style, textarea');
  const replace = (node) => {
    const [outer, inner] = [document.createElement("font"), document.createElement("font")];
    // A translation into the same words, so that everything keeps its name.
    inner.append(node.data);
    outer.append(inner);
    node.replaceWith(outer);
  };
  const all = (root) => {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    const texts = [];
    while (walker.nextNode()) texts.push(walker.currentNode);
    texts.filter((node) => isText(node) && isOurs(node)).forEach(replace);
  };
  all(document.body);
  new MutationObserver((list) => {
    for (const { addedNodes } of list) {
      for (const node of addedNodes) if (node.isConnected) all(node.nodeType === Node.ELEMENT_NODE ? node : node.parentNode);
    }
  }).observe(document.body, { subtree: true, childList: true });
};

/** Texts that the page changed in place, outside of what is marked. */
const watchChanges = () => {
  globalThis.changed = [];
  new MutationObserver((list) => {
    for (const { target } of list) {
      if (!target.parentElement?.closest('[translate="no"]')) globalThis.changed.push(target.data);
    }
  }).observe(document.body, { subtree: true, characterData: true });
};

/** Uses most of what changes texts. */
async function use(page) {
  await fill(page, { prompt: "bee zorb", steps: 2, images: 2 });
  assert.equal(await generate(page), "done");
  await fill(page, { prompt: "fox", steps: 3, images: 1, sampler: "heun", guidance: 2 });
  assert.equal(await generate(page), "done");
  const step = page.getByRole("slider", { name: "Step" });
  await step.press("ArrowLeft");
  await step.press("ArrowLeft");
  await page.getByRole("button", { name: "Decode this step" }).click();
  await page.getByRole("checkbox", { name: "Show the noise" }).check();
  await page.getByRole("button", { name: "Back to the result" }).click();
  await page.getByRole("checkbox", { name: "White outline" }).check();
  await page.getByRole("combobox", { name: "Format" }).selectOption("WebP");
  await page.getByRole("button", { name: /^Delete fox/ }).first().click();
  await page.getByText("Compare settings in a grid").click();
  await page.getByRole("textbox", { name: "Values across" }).fill("2, many");
  await page.getByRole("button", { name: "Draw grid" }).click();
  await page.getByText("What it can draw").click();
  await page.getByRole("spinbutton", { name: "Steps" }).fill("0");
}

test("texts that change are marked as not translatable", async (t) => {
  const { page } = await open(t, { fresh: true });
  await page.evaluate(watchChanges);
  await state(page, "ready");
  await openSettings(page);
  await use(page);
  assert.deepEqual(await page.evaluate(() => globalThis.changed), []);
});

test("a translated page keeps working", async (t) => {
  const { page, errors } = await open(t);
  await state(page, "ready");
  await openSettings(page);
  await page.evaluate(translate);
  assert.equal(await page.locator("h1 font font").innerText(), "Patchwork");
  await use(page);
  assert.deepEqual(errors, []);
  await fill(page, { prompt: "red apple", steps: 2 });
  assert.equal(await generate(page), "done");
  assert.match(await status(page), /^Done/);
  assert.match(await page.locator("#caption").innerText(), /red apple/);
});
