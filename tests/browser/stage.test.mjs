// The stage: a quilt that invites, what is shown is what is saved, several pictures, links.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import pngjs from "pngjs";

import { EMBEDDED, fill, generate, native, open, openSettings, pixels, saved, shown, state, status, style, temporary } from "./support.mjs";

const RECIPE = { prompt: "red apple", style: "noto", seed: 7, steps: 4 };
const quilt = () => JSON.parse(readFileSync(join(EMBEDDED, "quilt.json")));
const size = (png) => [png.readUInt32BE(16), png.readUInt32BE(20)];

test("the quilt is shown before the weights, fills as they load, and each patch draws", async (t) => {
  let release;
  const held = new Promise((done) => (release = done));
  const { page } = await open(t, { shipped: true, faults: { "models/stickers/dit.safetensors": { wait: held } } });
  const ideas = page.getByRole("group", { name: "Ideas" });
  await ideas.waitFor();
  assert.equal(await ideas.getByRole("button").count(), 12);
  assert.equal(await state(page, ["loading"]), "loading");
  // Everything but the largest file is here, and some patches show it.
  await page.waitForFunction(() => document.querySelectorAll(".tile.filled").length > 3);
  assert.ok((await ideas.locator(".tile.filled").count()) < 12);
  const styles = page.getByRole("radiogroup", { name: "Style" }).getByRole("radio");
  assert.equal(await styles.count(), quilt().styles.length + 1, "all and Any, before the model is there");
  assert.match(await page.title(), /^\(\d+ %\) Patchwork/);
  // Pressed while it loads, it is drawn when it can be, as it was: with its own seed and style.
  const [tile] = quilt().tiles;
  await ideas.getByRole("button", { name: `Draw ${tile.prompt}, ${tile.style || "any style"}` }).click();
  await page.getByText("This is drawn as soon as the model is loaded.").waitFor();
  release();
  await state(page, "done");
  await page.getByRole("button", { name: "As drawn, 128 px" }).click();
  const flags = ["--prompt", tile.prompt, "--style", tile.style, "--seed", String(tile.seed), "--steps", String(tile.steps), "--size", "128"];
  const [drawn, wanted] = [await shown(page), native(temporary(t), flags)].map((png) => pngjs.PNG.sync.read(png).data);
  assert.ok(drawn.every((value, i) => Math.abs(value - wanted[i]) <= 2 || wanted[i | 3] < 8));
  assert.equal(await style(page), tile.style);
});

test("what is shown is what is saved, in every state", async (t) => {
  const { page } = await open(t);
  await state(page, "ready");
  await fill(page, RECIPE);
  await generate(page);
  const same = async (what, button = "Download PNG", name = "Result") => {
    const [file, seen] = [await saved(page, button), await shown(page, name)];
    assert.ok(file.equals(seen), what);
    return file;
  };
  const plain = await same("the result");
  assert.deepEqual(size(plain), [128, 128]);
  const slider = page.getByRole("region", { name: "Timeline" }).getByRole("slider");
  for (const stop of ["0", "2"]) {
    await slider.fill(stop);
    assert.deepEqual(size(await same(`stop ${stop}`, "Download PNG", "Preview")), [16, 16]);
  }
  await page.getByRole("checkbox", { name: "Show the noise" }).check();
  await same("the noise", "Download PNG", "Preview");
  await page.getByRole("checkbox", { name: "Show the noise" }).uncheck();
  await page.getByRole("button", { name: "Decode this step" }).click();
  await page.getByRole("img", { name: "Result", exact: true }).waitFor();
  assert.ok(!(await same("a decoded step")).equals(plain));
  await page.getByRole("button", { name: "Back to the result" }).click();
  // The picture is the browser's own.
  assert.equal(await page.getByRole("img", { name: "Result", exact: true }).evaluate((image) => image.tagName), "IMG");
  for (const [label, side] of [["512 px", 512], ["1024 px", 1024]]) {
    await page.getByRole("combobox", { name: "Size" }).selectOption(label);
    await page.waitForFunction((side) => document.querySelector(".single img").naturalWidth === side, side);
    const large = await same(label);
    assert.deepEqual(size(large), [side, side]);
    // And brings its recipe back.
    assert.ok(large.includes("patchwork\0") && large.includes('"seed":7'));
  }
  await page.getByRole("combobox", { name: "Size" }).selectOption("512 px");
  await page.getByRole("checkbox", { name: "White outline" }).check();
  await page.waitForFunction(() => document.querySelector(".single img").naturalWidth === 512 && !document.querySelector(".take-away [aria-busy=true]"));
  const outlined = pngjs.PNG.sync.read(await same("with an outline"));
  const white = outlined.data.filter((value, i) => i % 4 === 3 && value > 250 && outlined.data[i - 1] > 250 && outlined.data[i - 2] > 250 && outlined.data[i - 3] > 250).length;
  assert.ok(white > 512 * 512 * 0.01, `${white} white pixels`);
  await page.getByRole("combobox", { name: "Format" }).selectOption("WebP");
  await page.getByRole("button", { name: "Download WebP" }).waitFor();
  await page.waitForFunction(() => !document.querySelector(".take-away [aria-busy=true]"));
  const webp = await same("a WebP", "Download WebP");
  assert.equal(webp.toString("latin1", 8, 12), "WEBP");
  await page.getByText("A WebP carries no recipe").waitFor();
  // A picture of the history too, in front of the run, which stays.
  await page.getByRole("combobox", { name: "Format" }).selectOption("PNG");
  await page.getByRole("combobox", { name: "Size" }).selectOption("128 px");
  await page.getByRole("checkbox", { name: "White outline" }).uncheck();
  await page.getByRole("button", { name: "Open red apple, noto, seed 7" }).click();
  await page.getByText("“red apple, noto, seed 7”, from the history.").waitFor();
  assert.ok((await same("of the history")).equals(plain));
  await page.getByRole("button", { name: "Back to the run" }).click();
  await page.getByRole("region", { name: "Timeline" }).waitFor();
});

test("four pictures: each with its own actions, a sheet and a ZIP for all", async (t) => {
  const { page } = await open(t);
  await state(page, "ready");
  await openSettings(page);
  assert.equal(await page.getByRole("spinbutton", { name: "Images" }).inputValue(), "1", "one on the CPU");
  await fill(page, { ...RECIPE, steps: 1, images: 4 });
  await generate(page);
  await page.getByText("4 pictures").waitFor();
  assert.deepEqual(size(await saved(page, "Download sheet")), [256, 256]);
  // As WebP too they stand on one sheet.
  await page.getByRole("combobox", { name: "Format" }).selectOption("WebP");
  await page.getByRole("combobox", { name: "Size" }).selectOption("512");
  assert.deepEqual(size(await saved(page, "Download sheet")), [1024, 1024]);
  await page.getByRole("combobox", { name: "Format" }).selectOption("PNG");
  await page.getByRole("combobox", { name: "Size" }).selectOption("0");
  const zip = await saved(page, "Download ZIP");
  for (const seed of [7, 8, 9, 10]) assert.ok(zip.includes(`red-apple-${seed}.png`));
  const second = await shown(page, "Result 2");
  assert.ok((await saved(page, "Download picture 2")).equals(second));
  await page.getByRole("button", { name: "Copy picture 2" }).click();
  await page.getByText("The picture is in the clipboard").waitFor();
  await page.getByRole("button", { name: "Keep seed 9" }).click();
  assert.equal(await page.getByRole("spinbutton", { name: "Seed" }).inputValue(), "9");
  await page.getByRole("button", { name: "Open picture 2" }).click();
  assert.ok((await shown(page)).equals(second));
  await page.getByText("red apple, noto, seed 8, 1 step, guidance").waitFor();
  await page.getByRole("button", { name: "Back to the run" }).click();
  await page.getByRole("button", { name: "Delete picture 2" }).click();
  await page.getByText("3 pictures").waitFor();
  await page.getByRole("button", { name: "Bring back picture 2" }).click();
  await page.getByText("4 pictures").waitFor();
});

test("a link waits for a press that names the download's size; with kept weights it is drawn at once", async (t) => {
  const { page, server, profile } = await open(t, { hash: "#prompt=fish&seed=3&steps=2&style=noto", fresh: true });
  const press = page.getByRole("button", { name: /^Draw “fish” \(\d+ MB to download, once\)$/ });
  await press.waitFor();
  assert.equal(await state(page, ["ready"]), "ready");
  assert.ok(!server.asked.some((file) => file.endsWith(".safetensors") || file.includes("worker_bg")));
  await press.click();
  await state(page, "done");
  const first = await shown(page);
  // Elsewhere in this browser, everything is here: it lands on the picture, new or old.
  const other = await profile.newPage();
  await other.goto(`${server.url}#prompt=fish&seed=4&steps=2&style=noto`);
  await state(other, "done");
  await other.getByText("fish, noto, seed 4, 2 steps").waitFor();
  const third = await profile.newPage();
  await third.goto(page.url());
  await third.getByText("from the history").waitFor();
  assert.ok((await shown(third)).equals(first));
  // What takes long takes a press that says so.
  const long = await profile.newPage();
  await long.goto(`${server.url}#prompt=fish&seed=4&steps=90`);
  await long.getByRole("button", { name: "Draw “fish” (90 steps)" }).waitFor();
  await state(long, "ready");
});

test("a reload shows the last picture and the unsaved prompt", async (t) => {
  const { page } = await open(t);
  await state(page, "ready");
  await fill(page, RECIPE);
  await generate(page);
  const picture = await shown(page);
  await page.getByText("1 picture,").waitFor();
  await fill(page, { prompt: "a draft of mine", style: "3d" });
  await page.reload();
  await page.getByRole("img", { name: "Result", exact: true }).waitFor();
  assert.ok((await shown(page)).equals(picture));
  assert.equal(await page.getByRole("textbox", { name: "Prompt", exact: true }).inputValue(), "a draft of mine");
  await state(page, "ready");
  assert.equal(await style(page), "3d");
  assert.equal(await page.getByRole("button", { name: "Settings", exact: true }).getAttribute("aria-expanded"), "true", "and the settings are as they were");
  // Its steps are drawn again on demand, and it is not kept twice.
  await page.getByRole("button", { name: "Replay the steps" }).click();
  await state(page, "done");
  assert.ok((await shown(page)).equals(picture));
  await page.getByRole("region", { name: "Timeline" }).waitFor();
  await page.getByText("1 picture,").waitFor();
});

test("two tabs: what one draws or deletes, the other shows", async (t) => {
  const { page, profile, server } = await open(t, { fresh: true });
  await state(page, "ready");
  await fill(page, { ...RECIPE, steps: 1 });
  await generate(page);
  await page.getByText("1 picture,").waitFor();
  const other = await profile.newPage();
  await other.goto(server.url);
  await other.getByText("1 picture,").waitFor();
  await state(other, "ready");
  await fill(other, { ...RECIPE, steps: 1, seed: 8 });
  await generate(other);
  await other.getByText("2 pictures,").waitFor();
  await page.getByText("2 pictures,").waitFor();
  await page.getByRole("button", { name: "Delete red apple, noto, seed 8" }).click();
  // What is deleted next makes it final.
  await page.getByRole("button", { name: "Delete red apple, noto, seed 7" }).click();
  await other.getByText("1 picture,").waitFor();
});

test("shows a history of a thousand pictures, with damaged and old rows", async (t) => {
  const { page, server } = await open(t, { fresh: true });
  await state(page, "ready");
  await fill(page, { ...RECIPE, steps: 1 });
  await generate(page);
  await page.getByText("1 picture,").waitFor();
  // As an earlier version kept them: a PNG alone.
  const png = await shown(page);
  await page.goto("about:blank");
  await page.goto(server.url.replace("some/where/", "some/where/icon.svg"));
  await page.evaluate(async (bytes) => {
    const database = await new Promise((done) => { indexedDB.open("patchwork").onsuccess = (event) => done(event.target.result); });
    const transaction = database.transaction(["pictures", "recipes"], "readwrite");
    const [pictures, recipes] = ["pictures", "recipes"].map((name) => transaction.objectStore(name));
    const picture = new Uint8Array(bytes);
    for (let i = 0; i < 998; i++) {
      pictures.add(picture).onsuccess = ({ target }) => {
        recipes.put(JSON.stringify({ prompt: `picture ${i}`, seed: i, style: "noto" }), target.result);
      };
    }
    pictures.add(picture);
    pictures.add(new Uint8Array([1, 2, 3]));
    await new Promise((done) => (transaction.oncomplete = done));
    database.close();
  }, [...png]);
  await page.goto(server.url);
  const history = page.getByRole("region", { name: "History" });
  await history.getByText("1001 pictures").waitFor();
  await state(page, "ready");
  const items = history.getByRole("listitem");
  assert.ok((await items.count()) < 200, `${await items.count()} in the document`);
  // One that is damaged is seen, and can be deleted; one of an earlier version is whole.
  await history.getByRole("button", { name: /^Delete damaged picture/ }).waitFor();
  assert.equal(await history.getByRole("button", { name: "Open red apple, noto, seed 7" }).count(), 1);
  await history.getByRole("button", { name: /^Delete damaged picture/ }).click();
  await history.getByText("1000 pictures").waitFor();
  await page.evaluate(() => window.dispatchEvent(new Event("focus")));
  // Farther down, the rows there are in the document, in place of others.
  const first = await items.first().innerText();
  await page.evaluate(() => scrollTo(0, document.body.scrollHeight / 2));
  await items.first().filter({ hasNotText: first }).waitFor();
  assert.ok((await items.count()) < 200);
  const zip = await saved(page, "Export ZIP");
  assert.equal(zip.toString("latin1", 0, 2), "PK");
});
