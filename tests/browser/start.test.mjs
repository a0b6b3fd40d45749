// What keeps the page from starting, and what it says then.

import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { DIST, browser, fill, frames, generate, open, state, status, temporary } from "./support.mjs";

const reason = (page) => page.locator("#boot-reason");
const html = () => Buffer.from("<!doctype html><title>Not found</title>");

for (const [what, faults, word] of [
  ["missing", { "app_bg.wasm": 404 }, /app_bg\.wasm is missing: the server answers 404/],
  ["truncated", { "app_bg.wasm": (bytes) => bytes.subarray(0, 50_000) }, /app_bg\.wasm is damaged or cut short on the server \(50000 bytes\)/],
  ["a web page", { "app_bg.wasm": { bytes: html, type: "text/html" } }, /Instead of app_bg\.wasm the server sends a web page/],
  ["nonsense", { "app_bg.wasm": () => Buffer.from("nonsense") }, /app_bg\.wasm is damaged/],
]) {
  test(`the program is ${what}`, async (t) => {
    const { page } = await open(t, { faults });
    await reason(page).getByText(word).waitFor();
    assert.ok(await page.getByText("The page is starting.").isVisible());
  });
}

test("names a script that is missing, or sent as another type", async (t) => {
  const gone = await open(t, { faults: { "app_main.js": 404 } });
  await reason(gone.page).getByText("app_main.js is missing: the server answers 404").waitFor();
  const faults = { "app_main.js": { type: "text/plain", headers: { "X-Content-Type-Options": "nosniff" } } };
  const typed = await open(t, { faults });
  await reason(typed.page).getByText("The server sends app_main.js as “text/plain”").waitFor();
  const app = await open(t, { faults: { "app.js": 404 } });
  await reason(app.page).getByText("app.js is missing: the server answers 404").waitFor();
  const cut = await open(t, { faults: { "app.js": (bytes) => bytes.subarray(0, 9000) } });
  await reason(cut.page).getByText(/Its program did not start \(SyntaxError.*upload them all again/).waitFor();
});

test("if no script runs, the page says what it needs", async (t) => {
  const headers = { "Content-Security-Policy": "script-src 'none'" };
  const { page } = await open(t, { faults: { "index.html": { headers } } });
  await page.getByText("it needs a web server").waitFor({ timeout: 10_000 });
});

test("a policy that forbids WebAssembly is named; one that allows it is enough", async (t) => {
  const policy = (script) => ({ faults: { "index.html": { headers: { "Content-Security-Policy": `default-src 'self'; script-src ${script}; img-src 'self' blob:` } } } });
  const strict = await open(t, policy("'self'"));
  await reason(strict.page).getByText("Content-Security-Policy does not let WebAssembly run: add 'wasm-unsafe-eval'").waitFor();
  const { page, errors } = await open(t, policy("'self' 'wasm-unsafe-eval'"));
  const refused = [];
  page.on("console", (message) => /Content Security Policy/.test(message.text()) && refused.push(message.text()));
  await state(page, "ready");
  await fill(page, { prompt: "red apple", steps: 1 });
  assert.equal(await generate(page), "done");
  await page.getByRole("button", { name: /^Open red apple, fluent flat, seed/ }).waitFor();
  // Its picture is the last thing that a policy could refuse.
  await page.waitForFunction(() => document.querySelector(".thumbnail img")?.naturalWidth > 0);
  assert.deepEqual([errors, refused], [[], []]);
});

test("a policy that refuses fetching or workers is named", async (t) => {
  const policy = (more) => ({ faults: { "index.html": { headers: { "Content-Security-Policy": `default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; ${more}` } } } });
  const fetching = await open(t, policy("connect-src 'none'"));
  await reason(fetching.page).getByText("Content-Security-Policy (connect-src) refuses").waitFor();
  const working = await open(t, policy("worker-src 'none'"));
  await state(working.page, "error");
  assert.match(await status(working.page), /worker-src in its Content-Security-Policy/);
});

test("says what it needs if it is opened as a file", async (t) => {
  const folder = temporary(t);
  cpSync(DIST, folder, { recursive: true, filter: (path) => !path.includes("models") });
  const page = await (await browser.newContext()).newPage();
  t.after(() => page.close());
  await page.goto(`file://${join(folder, "index.html")}`);
  await reason(page).getByText("It was opened as a file").waitFor();
});

test("the worker's program is missing or broken: the page says so, and starts again", async (t) => {
  const faults = { "worker_bg.wasm": 404 };
  const { page } = await open(t, { faults });
  const startsAgain = async () => {
    await state(page, "error");
    assert.match(await status(page), /worker cannot be started: worker\.js or worker_bg\.wasm is missing or damaged/);
    delete faults["worker_bg.wasm"];
    await page.getByRole("button", { name: "Start again" }).click();
    await state(page, "ready");
  };
  await startsAgain();
  faults["worker_bg.wasm"] = () => Buffer.from("nonsense");
  await page.reload();
  await startsAgain();
});

test("plain http, where the browser stores nothing: it still draws", async (t) => {
  const { page, server } = await open(t, { fresh: true });
  await page.goto(server.url.replace("127.0.0.1", "patchwork.test"));
  await state(page, "ready");
  assert.equal(await page.evaluate(() => globalThis.isSecureContext), false);
  await page.getByText("Device and model").click();
  await page.getByText("This browser keeps no files here").waitFor();
  await page.getByRole("button", { name: "Remove the downloaded weights" }).click();
  await page.getByText("This browser kept no weights.").first().waitFor();
  await fill(page, { prompt: "red apple", steps: 1 });
  assert.equal(await generate(page), "done");
});

test("a page that was open during an update asks to be reloaded", async (t) => {
  const faults = {};
  const { page } = await open(t, { faults });
  await state(page, "ready");
  await fill(page, { prompt: "a fish of mine", seed: 77 });
  faults["worker_main.js"] = (bytes) => Buffer.from(String(bytes).replace(/VERSION = "\w+"/, 'VERSION = "another"'));
  for (const device of ["CPU", "Auto"]) await fill(page, { device });
  await page.getByText("This page was updated on its server").waitFor();
  delete faults["worker_main.js"];
  await page.getByRole("button", { name: "Reload the page" }).click();
  // The form is in the address, and lands on its picture as a link does.
  await page.waitForURL(/prompt=a\+fish\+of\+mine/);
  await state(page, "done");
  assert.equal(await page.getByRole("textbox", { name: "Prompt", exact: true }).inputValue(), "a fish of mine");
  assert.equal(await page.getByRole("spinbutton", { name: "Seed" }).inputValue(), "77");
});

test("if the history cannot be opened, the picture stays and the store is not called full", async (t) => {
  const { page } = await open(t, { fresh: true });
  await page.addInitScript(() => {
    globalThis.asked = 0;
    IDBFactory.prototype.open = () => {
      globalThis.asked += 1;
      throw new DOMException("denied", "SecurityError");
    };
  });
  await page.reload();
  await state(page, "ready");
  await fill(page, { prompt: "red apple", steps: 1 });
  assert.equal(await generate(page), "done");
  const open1 = page.getByRole("button", { name: /^Open red apple, fluent flat, seed/ });
  await open1.waitFor();
  await page.getByText("1 picture, ").getByText("until the page is closed").waitFor();
  assert.doesNotMatch(await status(page), /no room/);
  // A window that comes back does not repeat itself.
  const asked = await page.evaluate(() => globalThis.asked);
  await page.evaluate(() => window.dispatchEvent(new Event("focus")));
  await page.waitForFunction((asked) => globalThis.asked > asked, asked);
  await frames(page);
  assert.match(await status(page), /Done in|keeps no history here/);
  await page.getByRole("button", { name: "Clear" }).click();
  await page.getByRole("button", { name: "Delete all 1" }).click();
  await page.getByText("Nothing yet").waitFor();
});

test("if a host answers everything with a page, neither the GPU nor the weights are blamed", async (t) => {
  const page404 = { bytes: html, type: "text/html" };
  const { page } = await open(t, { faults: { "models/stickers/dit.safetensors": page404 } });
  await state(page, "error");
  assert.match(await status(page), /dit\.safetensors cannot be used: it is a web page and not the file itself/);
});
