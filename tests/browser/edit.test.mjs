// Pictures that come in: brought, framed, cut out, drawn by hand, and changed by each tool.

import assert from "node:assert/strict";
import { test } from "node:test";

import pngjs from "pngjs";

import { fill, generate, open, opaque, pixels, saved, shown, state, status } from "./support.mjs";

const SIDE = 200;

/** A red disc on a white ground, as PNG. */
function disc() {
  const png = new pngjs.PNG({ width: SIDE, height: SIDE });
  for (let i = 0; i < SIDE * SIDE; i++) {
    const [x, y] = [(i % SIDE) - SIDE / 2, Math.floor(i / SIDE) - SIDE / 2];
    png.data.set(x * x + y * y < 70 * 70 ? [220, 40, 30, 255] : [255, 255, 255, 255], 4 * i);
  }
  return pngjs.PNG.sync.write(png);
}

const editor = (page) => page.getByRole("region", { name: "Edit", exact: true });
const chosen = (page) => page.getByLabel("Choose a picture", { exact: true });

/** Sixteen pixels a side, made by Pillow 12: red in CMYK, and two frames of an animation. */
const CMYK =
  "/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwAUDg8SDw0UEhASFxUUGB4yIR4cHB49LC4kMklATEtHQEZFUFpzYlBVbVZFRmSIZW13e4GCgU5gjZeMfZZzfoF8/8AAFAgAEAAQBEMRAE0RAFkRAEsRAP/EAB8AAAEFAQEBAQEBAAAAAAAAAAABAgMEBQYHCAkKC//EALUQAAIBAwMCBAMFBQQEAAABfQECAwAEEQUSITFBBhNRYQcicRQygZGhCCNCscEVUtHwJDNicoIJChYXGBkaJSYnKCkqNDU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6g4SFhoeIiYqSk5SVlpeYmZqio6Slpqeoqaqys7S1tre4ubrCw8TFxsfIycrS09TV1tfY2drh4uPk5ebn6Onq8fLz9PX29/j5+v/aAA4EQwBNAFkASwAAPwDs6wqwq7Oiiiiiiiiiiiiv/9k=";
const WEBP =
  "UklGRoQAAABXRUJQVlA4WAoAAAASAAAADwAADwAAQU5JTQYAAAAAAAAAAABBTk1GKAAAAAAAAAAAAA8AAA8AAGQAAAJWUDhMDwAAAC8PwAMABxD9j/4HIqL/AQBBTk1GKAAAAAAAAAAAAA8AAA8AAGQAAAJWUDhMDwAAAC8PwAMQBxDR/wIGIqL/AQA=";

/** Waits until nothing is done to the picture any more. */
const settled = (page) => page.waitForFunction(() => document.querySelector(".edit .activity")?.textContent === "");

async function bring(page, name = "disc.png", buffer = disc(), mimeType = "image/png") {
  await chosen(page).setInputFiles({ name, mimeType, buffer });
  await editor(page).waitFor();
  await settled(page);
}

/** Presses the button that draws, and waits for the picture. */
async function draw(page, name) {
  const before = await page.locator("main").getAttribute("data-job");
  await editor(page).getByRole("button", { name, exact: true }).click();
  await page.waitForFunction((before) => document.querySelector("main").dataset.job !== before, before, { polling: 20 });
  assert.equal(await state(page, ["done", "error"]), "done", await status(page));
}

/** The recipe in a PNG. */
const recipe = (png) => JSON.parse(png.toString("latin1").match(/patchwork\0\0\0\0\0(\{.*?\})/s)[1]);

/** How red the visible pixels are on average, less how green and blue. */
function redness(data) {
  let [sum, count] = [0, 0];
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3] < 128) continue;
    sum += data[i] - (data[i + 1] + data[i + 2]) / 2;
    count++;
  }
  return sum / Math.max(count, 1);
}

test("a brought picture is cut out, redrawn at a strength, saved with it, and drawn again from the file", async (t) => {
  const { page } = await open(t, { shipped: true });
  await state(page, "ready");
  await fill(page, { prompt: "red ball", steps: 4, seed: 5 });
  await bring(page);
  await editor(page).getByRole("button", { name: "Plain background", exact: true }).click();
  await settled(page);
  await editor(page).getByRole("spinbutton", { name: "Strength" }).fill("0");
  await draw(page, "Redraw");
  await page.getByRole("button", { name: /^As drawn/ }).click();
  // Strength 0 is the picture through the autoencoder: red, and its white ground is gone.
  const data = await pixels(page);
  assert.ok(redness(data) > 120, `${redness(data)}`);
  assert.ok(opaque(data) < 0.6 * 128 * 128 && opaque(data) > 0.2 * 128 * 128, `${opaque(data)}`);
  await editor(page).getByRole("spinbutton", { name: "Strength" }).fill("0.5");
  await draw(page, "Redraw");
  const png = await saved(page, "Download PNG");
  const { picture, strength } = recipe(png);
  assert.equal(strength, 0.5);
  assert.match(picture, /^[0-9a-f]{16}$/);
  assert.ok(png.includes("patchwork-picture"), "the file carries the picture");

  // A page that has never seen the picture draws the same from the file.
  const other = await open(t, { shipped: true });
  await state(other.page, "ready");
  await other.page.getByLabel("Open a PNG").setInputFiles({ name: "again.png", mimeType: "image/png", buffer: png });
  await other.page.getByText("again.png is in the form: Generate draws it again").waitFor();
  await generate(other.page);
  const again = recipe(await shown(other.page));
  assert.equal(again.picture, picture);
});

test("without a picture the page has two quiet buttons; closing the editor draws from words again", async (t) => {
  const { page } = await open(t);
  await state(page, "ready");
  assert.equal(await editor(page).count(), 0);
  await page.getByRole("button", { name: "Draw by hand" }).waitFor();
  await bring(page);
  await page.getByText("Generate changes the picture below.").waitFor();
  await editor(page).getByRole("button", { name: "Close the editor" }).click();
  assert.equal(await editor(page).count(), 0);
  await fill(page, { prompt: "fish", steps: 1 });
  await generate(page);
  assert.equal(recipe(await shown(page)).picture, "");
});

test("a mask is painted by mouse and by keyboard, and what is outside stays as it was", async (t) => {
  const { page } = await open(t);
  await state(page, "ready");
  await fill(page, { prompt: "blue square", steps: 2 });
  await bring(page);
  await editor(page).getByRole("radio", { name: "Mend" }).check();
  await draw(page, "Mend").then(() => assert.fail("there is no mask yet"), () => undefined);
  const canvas = editor(page).getByLabel("Mask", { exact: true });
  const box = await canvas.boundingBox();
  await page.mouse.move(box.x + box.width * 0.4, box.y + box.height * 0.4);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, box.y + box.height * 0.6, { steps: 4 });
  await page.mouse.up();
  await settled(page);
  await editor(page).getByRole("button", { name: "Clear" }).first().click();
  for (const [name, value] of [["Left", "40"], ["Top", "40"], ["Width", "20"], ["Height", "20"]]) {
    await editor(page).getByRole("spinbutton", { name, exact: true }).fill(value);
  }
  await editor(page).getByRole("button", { name: "Add rectangle" }).press("Enter");
  await settled(page);
  await draw(page, "Mend");
  const png = await saved(page, "Download PNG");
  const { mask } = recipe(png);
  assert.match(mask, /^[0-9a-f]{16}$/);
  const { data, width } = pngjs.PNG.sync.read(png);
  const at = (x, y) => [...data.subarray(4 * (y * width + x), 4 * (y * width + x) + 4)];
  // Beyond the mask and its soft edge of 8 pixels: the white ground and the red disc.
  const scale = width / 128;
  const near = (found, wanted) => found.every((value, i) => Math.abs(value - wanted[i]) <= 1);
  assert.ok(near(at(Math.round(4 * scale), Math.round(4 * scale)), [255, 255, 255, 255]), `${at(4, 4)}`);
  assert.ok(near(at(Math.round(64 * scale), Math.round(30 * scale)), [220, 40, 30, 255]), `${at(64, 30)}`);
});

test("a drawing by hand becomes the picture, by mouse and by keyboard", async (t) => {
  const { page } = await open(t);
  await state(page, "ready");
  await page.getByRole("button", { name: "Draw by hand" }).click();
  const canvas = page.getByRole("application", { name: "Drawing", exact: true });
  await canvas.focus();
  await page.keyboard.press("Space");
  for (let i = 0; i < 5; i++) await page.keyboard.press("Shift+ArrowRight");
  const box = await canvas.boundingBox();
  await page.mouse.move(box.x + 30, box.y + 30);
  await page.mouse.down();
  await page.mouse.move(box.x + 200, box.y + 200, { steps: 5 });
  await page.mouse.up();
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("button", { name: "Use the drawing" }).click();
  await editor(page).waitFor();
  await settled(page);
  await editor(page).getByRole("img", { name: "Picture to change" }).or(editor(page).getByLabel("Picture to change")).first().waitFor();
});

test("files that are no pictures get a sentence, and the page answers meanwhile", async (t) => {
  const { page } = await open(t);
  await state(page, "ready");
  const cases = [
    ["empty.png", Buffer.alloc(0), "empty.png is empty (0 bytes)"],
    ["photo.heic", Buffer.from("0000001866747970686569630000000068656963", "hex"), "photo.heic is a HEIC photo"],
    ["icon.svg", Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'), "icon.svg is an SVG"],
    ["broken.png", disc().subarray(0, 60), "broken.png"],
    ["text.png", Buffer.from("hello"), "text.png is no picture that this browser can read"],
  ];
  for (const [name, buffer, said] of cases) {
    await chosen(page).setInputFiles({ name, mimeType: "image/png", buffer });
    await page.getByText(said).first().waitFor();
    assert.equal(await editor(page).count(), 0, name);
  }
  // A JPEG in the four colours of printers, and an animated WebP, of which the first picture is taken.
  for (const [name, text] of [["cmyk.jpg", CMYK], ["moving.webp", WEBP]]) {
    await bring(page, name, Buffer.from(text, "base64"), "image/jpeg");
    await editor(page).getByRole("button", { name: "Close the editor" }).click();
  }
  // Fifty megapixels, made by the browser itself.
  const large = await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(8000, 6250);
    const context = canvas.getContext("2d");
    context.fillStyle = "teal";
    context.fillRect(0, 0, 8000, 6250);
    const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.5 });
    const reader = new FileReader();
    reader.readAsDataURL(blob);
    await new Promise((done) => (reader.onload = done));
    return reader.result.split(",")[1];
  });
  await chosen(page).setInputFiles({ name: "large.jpg", mimeType: "image/jpeg", buffer: Buffer.from(large, "base64") });
  const typed = Date.now();
  await fill(page, { prompt: "still here" });
  assert.ok(Date.now() - typed < 3000, "the page answers");
  await editor(page).waitFor();
});
