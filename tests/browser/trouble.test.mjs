// What goes wrong, and what the page says and does about it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { fill, generate, opaque, open, openSettings, pixels, state, status } from "./support.mjs";

const DIT = "models/stickers/dit.safetensors";
const alert = (page) => page.getByRole("alert");

test("reports weights that are missing, damaged or out of reach, and recovers", async (t) => {
  const faults = { [DIT]: 404 };
  const { page } = await open(t, { faults });
  const again = () => alert(page).getByRole("button", { name: "Start again" }).click();
  const said = async (word) => {
    await page.getByRole("status", { name: "Status" }).getByText(word).waitFor();
    await state(page, "error");
  };
  await t.test("missing", () => said(/dit\.safetensors cannot be used: the server has no such file \(404\)\./));
  await t.test("damaged", async () => {
    faults[DIT] = (bytes) => (bytes.writeUInt8(bytes[9999] ^ 1, 9999), bytes);
    await again();
    await said(/dit\.safetensors cannot be used: its SHA-256 is not/);
  });
  await t.test("a download that breaks off", async () => {
    faults[DIT] = (bytes) => bytes.subarray(0, 12345);
    await again();
    await said(/it has 12345 bytes and should have \d+; fetch it again/);
  });
  await t.test("a server that cannot be reached", async () => {
    faults[DIT] = "break";
    await again();
    await said(/dit\.safetensors cannot be used: it cannot be reached: check the connection/);
  });
  // Once they are there, one press is enough.
  await t.test("there again", async () => {
    delete faults[DIT];
    await again();
    await state(page, "ready");
  });
});

test("weights that are damaged in the browser's store are fetched again", async (t) => {
  const { page, server } = await open(t, { fresh: true });
  await state(page, "ready");
  await page.evaluate(async () => {
    const [name] = await caches.keys();
    const cache = await caches.open(name);
    const keys = await cache.keys();
    const dit = keys.find(({ url }) => url.endsWith("dit.safetensors"));
    await cache.put(dit, new Response(new Uint8Array(1000)));
  });
  server.asked.length = 0;
  await page.reload();
  await state(page, "ready");
  assert.ok(server.asked.includes(DIT));
});

test("offline, the open page still draws, and requests that need the network say so", async (t) => {
  const { page, profile } = await open(t, { context: {} });
  await state(page, "ready");
  await profile.setOffline(true);
  await fill(page, { prompt: "red apple", steps: 1 });
  assert.equal(await generate(page), "done");
  // What cannot be loaded leaves the one that is there as it was.
  for (const device of ["CPU", "Auto"]) await fill(page, { device });
  await page.getByText(/check the connection.*It goes on as it was/).waitFor();
  assert.equal(await page.getByRole("combobox", { name: "Device" }).inputValue(), "CPU");
  assert.equal(await generate(page), "done");
  await profile.setOffline(false);
});

test("without room for the weights, drawing goes on from memory", async (t) => {
  // Without its worker the page loads nothing; time to take the room away.
  const faults = { "worker_main.js": 404 };
  const { page, server, profile } = await open(t, { faults });
  await state(page, "error");
  assert.match(await status(page), /The page's worker cannot be loaded/);
  const session = await profile.newCDPSession(page);
  const origin = new URL(server.url).origin;
  await session.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 1_000_000 });
  delete faults["worker_main.js"];
  await page.reload();
  await state(page, "ready");
  await page.getByText("Device and model").click();
  await page.getByText("This browser had no room to keep them").waitFor();
  await fill(page, { prompt: "red apple", steps: 1 });
  assert.equal(await generate(page), "done");
});

test("without room for the history, the picture stays on the page, which says so", async (t) => {
  const { page, server, profile } = await open(t, { fresh: true });
  await state(page, "ready");
  const session = await profile.newCDPSession(page);
  const origin = new URL(server.url).origin;
  await session.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 1_000 });
  await fill(page, { prompt: "red apple", steps: 1 });
  assert.equal(await generate(page), "done");
  await page.getByText("This browser has no room to keep the picture").waitFor();
  await page.getByRole("button", { name: /^Open red apple, fluent flat, seed/ }).waitFor();
});

test("a worker that crashes is restarted, and form and history stay", async (t) => {
  const { page } = await open(t);
  await state(page, "ready");
  await fill(page, { prompt: "red apple", style: "noto", steps: 2 });
  await generate(page);
  await page.getByText("1 picture,").waitFor();
  await fill(page, { steps: 150 });
  await page.getByRole("button", { name: "Generate" }).click();
  await page.getByRole("img", { name: "Preview" }).waitFor();
  const [worker] = page.workers();
  await worker.evaluate(() => setTimeout(() => { throw new Error("out of memory"); }));
  await alert(page).getByText("out of memory").waitFor();
  await alert(page).getByText("Your settings and your history are kept").waitFor();
  assert.equal(await page.getByRole("textbox", { name: "Prompt", exact: true }).inputValue(), "red apple");
  await state(page, "ready");
  await page.getByText("1 picture,").waitFor();
  await alert(page).getByRole("button", { name: "Use the CPU" }).click();
  await state(page, "ready");
  assert.equal(await page.getByRole("combobox", { name: "Device" }).inputValue(), "CPU");
  await fill(page, { steps: 2 });
  assert.equal(await generate(page), "done");
  assert.ok(opaque(await pixels(page)) > 1000);
  assert.equal(await alert(page).count(), 0);
});

test("unavailable WebGPU cannot be chosen, and the reason is beside it", async (t) => {
  const without = (bytes) => `delete WorkerNavigator.prototype.gpu;\n${bytes}`;
  const { page } = await open(t, { faults: { "worker_main.js": without } });
  await state(page, "ready");
  await openSettings(page);
  const device = page.getByRole("combobox", { name: "Device" });
  assert.ok(await device.getByRole("option", { name: "WebGPU" }).isDisabled());
  await page.locator("#Device-help").getByText("WebGPU cannot be chosen: This browser offers no WebGPU here.").waitFor();
});

test("if the GPU is lost before it is ready, Auto uses the CPU", async (t) => {
  // The adapter passes for a real one, and its device is lost while the model is checked.
  const lost = (bytes) =>
    `const ask = GPUAdapter.prototype.requestDevice;
     Object.defineProperty(GPUAdapter.prototype, "info", { get: () => ({ vendor: "a real one", architecture: "", device: "", description: "", isFallbackAdapter: false }) });
     GPUAdapter.prototype.requestDevice = async function (...given) {
       const device = await ask.apply(this, given);
       setTimeout(() => device.destroy(), 300);
       return device;
     };\n${bytes}`;
  const { page } = await open(t, { faults: { "worker_main.js": lost } });
  await state(page, "ready", 300);
  await page.getByText("Device and model: CPU").click();
  await page.locator(".facts dl").getByText("The GPU did not start").waitFor();
  await fill(page, { prompt: "red apple", steps: 1 });
  assert.equal(await generate(page), "done");
});

test("a link of invalid values is clamped or refused, and the page goes on", async (t) => {
  const hash = "#prompt=red+apple&steps=99999&guidance=NaN&seed=-4&count=0&sampler=nonsense&style=cubism";
  await state((await open(t)).page, "ready");
  const { page } = await open(t, { hash });
  await state(page, "ready");
  await openSettings(page);
  await page.getByText("the picture will differ").waitFor();
  assert.equal(await page.getByRole("spinbutton", { name: "Steps" }).inputValue(), "150");
  assert.equal(await page.getByRole("spinbutton", { name: "Images" }).inputValue(), "1");
  assert.equal(await page.getByRole("combobox", { name: "Sampler" }).inputValue(), "euler");
  await fill(page, { steps: 1 });
  await page.getByRole("button", { name: "Generate" }).click();
  await state(page, "error");
  assert.match(await status(page), /cubism/);
  await fill(page, { style: "noto" });
  assert.equal(await generate(page), "done");
});
