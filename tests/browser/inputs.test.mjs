// What strangers bring to the page: recipes of other models and versions, links, emoji, seeds.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { crc32, deflateSync } from "node:zlib";

import { EMBEDDED, fill, generate, open, openSettings, pixels, saved, state, status, style, temporary } from "./support.mjs";
import { makeTiny, offer } from "./tiny.mjs";


/** A PNG with one more chunk, before the pixels or behind them. */
function withChunk(png, kind, data, behind = false) {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(data.length);
  head.write(kind, 4, "latin1");
  const crc = Buffer.alloc(4);
  crc.writeUInt32BE(crc32(data, crc32(Buffer.from(kind, "latin1"))));
  const at = behind ? png.length - 12 : 33;
  return Buffer.concat([png.subarray(0, at), head, data, crc, png.subarray(at)]);
}

/** The PNG without its recipe. */
function without(png) {
  const parts = [png.subarray(0, 8)];
  for (let at = 8; at < png.length; ) {
    const end = at + 12 + png.readUInt32BE(at);
    if (png.toString("latin1", at + 4, at + 8) !== "iTXt") parts.push(png.subarray(at, end));
    at = end;
  }
  return Buffer.concat(parts);
}

const file = (name, buffer) => ({ name, mimeType: "image/png", buffer });
const bring = (page, name, buffer) => page.getByLabel("Open a PNG").setInputFiles(file(name, buffer));
const prompt = (page) => page.getByRole("textbox", { name: "Prompt", exact: true });

test("a picture names the model that drew it, and loads that model", async (t) => {
  const folder = temporary(t);
  makeTiny(folder);
  const { page, profile, server, errors } = await open(t, { faults: offer(folder) });
  await state(page, "ready");
  await fill(page, { prompt: "fish", steps: 2, model: "./models/tiny" });
  await state(page, "loading");
  await state(page, "ready");
  assert.equal(await generate(page), "done");
  const tiny = await saved(page, "Download PNG");
  const link = page.url();
  assert.match(link, /model=tiny&model_hash=[0-9a-f]{16}$/);

  // Another visit, with the first model: the PNG brings the other.
  const other = await profile.newPage();
  await other.goto(server.url);
  await state(other, "ready");
  await bring(other, "tiny.png", tiny);
  await other.getByText("Its model, “tiny”, is being loaded.").waitFor();
  await state(other, "ready");
  assert.equal(await generate(other), "done");
  assert.ok((await saved(other, "Download PNG")).equals(tiny), "the very picture");

  // A reload and a link bring it back as well.
  const third = await profile.newPage();
  await third.goto(link);
  await third.waitForFunction(() => document.querySelector("select[aria-label=Model]")?.value === "./models/tiny");
  await third.getByRole("img", { name: "Result", exact: true }).waitFor();
  assert.ok((await saved(third, "Download PNG")).equals(tiny));

  // Where it is not served, nobody promises the same picture.
  const alone = await open(t);
  await state(alone.page, "ready");
  await bring(alone.page, "tiny.png", tiny);
  await alone.page.getByText(/The recipe of tiny\.png is in the form, but the picture will differ: “tiny” \([0-9a-f]{16}\) drew it, a model that is not here\./).waitFor();
  await alone.page.goto(alone.server.url + new URL(link).hash);
  await alone.page.reload();
  await state(alone.page, "ready");
  await alone.page.getByText("the picture will differ").waitFor();
  assert.match(await status(alone.page), /the picture will differ: “tiny” \([0-9a-f]{16}\) drew it/);
  assert.deepEqual(errors, []);
});

test("reads recipes from every kind of text chunk, of other versions and spellings", async (t) => {
  const { page, errors } = await open(t);
  await state(page, "ready");
  await fill(page, { prompt: "fish", steps: 1 });
  await generate(page);
  const plain = without(await saved(page, "Download PNG"));
  await bring(page, "plain.png", plain);
  await page.getByText("plain.png").first().waitFor();
  await page.getByRole("button", { name: "Close the editor" }).click();
  const { hash } = JSON.parse(await (await page.request.get(new URL("models/index.json", page.url()).href)).text())[0];
  const recipe = { prompt: "été", style: " Noto", sampler: "Heun", seed: 3, steps: 2, model: "stickers", model_hash: hash };
  const text = (more) => Buffer.from(JSON.stringify({ ...recipe, ...more }));
  const latin1 = Buffer.from(text().toString(), "latin1");
  const kinds = {
    tEXt: Buffer.concat([Buffer.from("patchwork\0"), latin1]),
    zTXt: Buffer.concat([Buffer.from("patchwork\0\0"), deflateSync(latin1)]),
    iTXt: Buffer.concat([Buffer.from("patchwork\0\x01\0\0\0"), deflateSync(text())]),
  };
  for (const [kind, data] of Object.entries(kinds)) {
    for (const behind of [false, true]) {
      const name = `${kind}-${behind}.png`;
      await fill(page, { prompt: "x", sampler: "euler", style: "" });
      await bring(page, name, withChunk(plain, kind, data, behind));
      await page.getByText(`The recipe of ${name} is in the form: Generate draws it again.`).waitFor();
      assert.equal(await prompt(page).inputValue(), "été");
      assert.equal(await page.getByRole("combobox", { name: "Sampler" }).inputValue(), "heun");
      assert.equal(await style(page), "noto");
    }
  }
  // What is not known is named before anything is promised.
  const strange = Buffer.concat([Buffer.from("patchwork\0\0\0\0\0"), text({ lora: "x", sampler: "dpm_fast", style: "cubism", eta: 0.5, model_hash: "" })]);
  await bring(page, "strange.png", withChunk(plain, "iTXt", strange));
  await page.getByText("is in the form, but the picture will differ").waitFor();
  const said = await status(page);
  for (const word of ["the field “lora”", "the sampler “dpm_fast”", "the style “cubism”", "eta 0.5", "does not say which model drew it"]) {
    assert.ok(said.includes(word), `${word} is missing in: ${said}`);
  }
  // A few thousand bytes that would be a gigabyte.
  const bomb = Buffer.concat([Buffer.from("patchwork\0\x01\0\0\0"), deflateSync(Buffer.alloc(256 << 20, 32))]);
  await bring(page, "a.jpg", Buffer.from("ffd8ffe000104a464946", "hex"));
  await page.getByText("a.jpg is damaged and cannot be read").waitFor();
  await bring(page, "bomb.png", withChunk(plain, "iTXt", bomb));
  await page.getByText("bomb.png: This is no PNG that can be read: its recipe cannot be decompressed").waitFor();
  assert.deepEqual(errors, []);
});

test("reports invalid values of a link, and keeps the rest", async (t) => {
  // With the weights here, so that nothing waits for a press.
  await state((await open(t)).page, "ready");
  const hash = "#prompt=red+apple&seed=-4&steps=99999&sampler=Heun&style=NOTO&lora=x&guidance=500&shift=1000&count=0";
  const { page, server } = await open(t, { hash });
  await page.getByText("the picture will differ").waitFor();
  const said = await status(page);
  for (const word of ["seed “-4”", "“lora”", "99999 steps (1 to 150)", "0 images (1 to 16)", "and 1 more"]) {
    assert.ok(said.includes(word), `${word} is missing in: ${said}`);
  }
  assert.equal(await page.getByRole("combobox", { name: "Sampler" }).inputValue(), "heun");
  assert.equal(await style(page), "noto");
  // What it leaves open is the model's.
  const { defaults } = JSON.parse(readFileSync(join(EMBEDDED, "model.json")));
  await page.goto("about:blank");
  await page.goto(`${server.url}#prompt=fox&guidance=2&sampler=zzz`);
  await page.getByText("the sampler “zzz”").waitFor();
  assert.equal(await state(page, ["ready"]), "ready", "what would differ is not drawn unasked");
  assert.equal(await page.getByRole("spinbutton", { name: "Steps" }).inputValue(), String(defaults.steps));
  assert.equal(await page.getByRole("spinbutton", { name: "Guidance" }).inputValue(), "2");
  // A link that is followed in the open page says so at once.
  await page.evaluate(() => { location.hash = "#prompt=cat&steps=1000&style=cubism"; });
  await page.getByText("1000 steps (1 to 150), the style “cubism”").or(page.getByText("the style “cubism”, 1000 steps")).waitFor();
});

test("reads emoji as their names, and reports unknown signs in both prompts", async (t) => {
  const { page } = await open(t);
  await state(page, "ready");
  await fill(page, { prompt: "red apple", style: "noto", steps: 2, guidance: 1, seed: 7 });
  await page.getByRole("checkbox", { name: "Keep this seed" }).check();
  await generate(page);
  const apple = await pixels(page);
  await fill(page, { prompt: "🍎" });
  await page.locator("#Prompt-help").getByText("🍎 is read as “red apple”").waitFor();
  await generate(page);
  assert.deepEqual(await pixels(page), apple);
  assert.match(await status(page), /Done in .* 🍎 is read as “red apple”/);
  await fill(page, { prompt: "red ስላም", negative: "ⵣ" });
  await page.locator("#Prompt-help").getByText("no words for “ስላም”").waitFor();
  const negative = page.locator("#Negative-prompt-help");
  await negative.getByText("At guidance 1 it is not used").waitFor();
  await negative.getByText("no words for “ⵣ”").waitFor();
  await fill(page, { negative: "a very big red apple with green leaves on a small wooden table beside the lamp", guidance: 2 });
  await negative.getByText(/Too long; this is left out: “.*lamp”/).waitFor();
  await generate(page);
  assert.match(await status(page), /Done in .*no words for “ስላም”.*negative prompt is longer/);
});

test("reads seeds in common spellings, and refuses others beside the field", async (t) => {
  const { page } = await open(t);
  await state(page, "ready");
  await openSettings(page);
  const seed = page.getByRole("spinbutton", { name: "Seed" });
  await seed.fill("");
  await seed.pressSequentially("1e5");
  assert.equal(await seed.inputValue(), "1e5");
  await seed.blur();
  assert.equal(await seed.inputValue(), "100000");
  for (const bad of ["-5", "1.5"]) {
    await seed.fill(bad);
    await page.locator("#Seed-help").getByText(`“${bad}” is no seed`).waitFor();
    assert.equal(await seed.getAttribute("aria-invalid"), "true");
    // It stays to be mended, and nothing else is drawn instead.
    await page.getByRole("button", { name: "Generate" }).click();
    assert.match(await status(page), /is no seed: give a whole number/);
    assert.equal(await seed.inputValue(), bad);
    assert.equal(await state(page, ["ready"]), "ready");
  }
  await seed.fill("18446744073709551616");
  await page.locator("#Seed-help").getByText("is no seed").waitFor();
  await page.getByRole("button", { name: "Random seed" }).click();
  assert.match(await seed.inputValue(), /^\d{1,10}$/, "the dice mend it");
  await fill(page, { prompt: "fish", steps: 1 });
  assert.equal(await generate(page), "done");
  // Digit by digit, what is typed stays.
  const guidance = page.getByRole("spinbutton", { name: "Guidance" });
  await guidance.fill("");
  await guidance.pressSequentially("4.05");
  assert.equal(await guidance.inputValue(), "4.05");
  await guidance.blur();
  assert.equal(await guidance.inputValue(), "4.05");
});

test("of many requests only the last is drawn", async (t) => {
  const { page } = await open(t);
  await state(page, "ready");
  await fill(page, { prompt: "red apple", steps: 3 });
  // Each with the same seed, so that none waits for chance.
  await page.getByRole("checkbox", { name: "Keep this seed" }).check();
  await page.evaluate(() => {
    for (let i = 0; i < 40; i++) {
      window.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", ctrlKey: true, repeat: i > 0 }));
    }
    for (let i = 0; i < 40; i++) {
      window.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", ctrlKey: true }));
    }
  });
  await state(page, "done");
  const history = page.getByRole("region", { name: "History" }).getByRole("listitem");
  await history.first().waitFor();
  assert.equal(await history.count(), 1);
  // Stopped before it began, it ends all the same.
  await fill(page, { steps: 50 });
  await page.evaluate(() => {
    window.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", ctrlKey: true }));
    window.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
  });
  await page.getByText(/Stopped after \d+ of 50 steps/).waitFor();
  assert.equal(await state(page, ["done"]), "done");
});

test("if a picture's model cannot be loaded, the page goes on", async (t) => {
  const folder = temporary(t);
  makeTiny(folder);
  const faults = offer(folder);
  const { page, server } = await open(t, { faults });
  await state(page, "ready");
  await fill(page, { prompt: "fish", steps: 1, model: "./models/tiny" });
  await state(page, "loading");
  await state(page, "ready");
  await generate(page);
  const tiny = await saved(page, "Download PNG");
  faults["models/tiny/dit.safetensors"] = 404;
  await page.getByText("Device and model").click();
  await page.getByRole("button", { name: "Remove the downloaded weights" }).click();
  await page.getByText("The weights are removed").first().waitFor();
  await page.goto(server.url);
  await page.reload();
  await state(page, "ready");
  // While another picture is drawn: that one was the first model's, and does not go on with the second.
  await fill(page, { prompt: "red apple", steps: 100 });
  await page.getByRole("button", { name: "Generate" }).click();
  await page.getByRole("img", { name: "Preview" }).waitFor();
  await bring(page, "tiny.png", tiny);
  await state(page, "error");
  assert.match(await status(page), /dit\.safetensors cannot be used/);
  await fill(page, { model: "./models/stickers" });
  await state(page, "ready");
  assert.equal(await prompt(page).inputValue(), "fish");
  assert.equal(await generate(page), "done");
});

test("fetches no encoder without need, reads everyday words, and says whether files persist", async (t) => {
  const { page, server } = await open(t, { fresh: true, shipped: true });
  await state(page, "ready");
  assert.ok(!server.asked.some((file) => file.includes("vae_encoder")));
  assert.ok(server.asked.includes("models/stickers/emoji.tsv"));
  assert.ok(server.asked.includes("models/stickers/words.tsv"));
  // Everyday words are read by the model's table; of what it was never taught the page says so.
  const help = page.locator("#Prompt-help");
  await fill(page, { prompt: "a bee" });
  await help.getByText("“a bee” is read as “honeybee”").waitFor();
  await fill(page, { prompt: "a carrott" });
  await help.getByText("no pictures of “carrott”. The nearest words that it knows: “carrot”").waitFor();
  await fill(page, { prompt: "cat" });
  await help.getByText("is read as").waitFor({ state: "detached" });
  await page.getByText("Device and model").click();
  await page.locator(".facts dl").getByText(/This browser (promises to keep|makes no promise)/).waitFor();
  const { files } = JSON.parse(readFileSync(join(EMBEDDED, "model.json")));
  assert.ok("emoji.tsv" in files);
});

/** Hands a file to the page as an event does: pasted or dropped, on an element. */
const hand = (page, kind, selector, { name, bytes, types = {} }) =>
  page.evaluate(
    ({ kind, selector, name, bytes, types }) => {
      const data = new DataTransfer();
      if (bytes) data.items.add(new File([Uint8Array.from(bytes)], name, { type: "image/png" }));
      for (const [type, text] of Object.entries(types)) data.setData(type, text);
      const Kind = kind === "paste" ? ClipboardEvent : DragEvent;
      const carried = kind === "paste" ? { clipboardData: data } : { dataTransfer: data };
      const event = new Kind(kind, { ...carried, bubbles: true, cancelable: true });
      document.querySelector(selector).dispatchEvent(event);
      return event.defaultPrevented;
    },
    { kind, selector, name, bytes: bytes && [...bytes], types },
  );

test("a pasted PNG is opened like a dropped one", async (t) => {
  const { page } = await open(t);
  await state(page, "ready");
  await fill(page, { prompt: "fish", steps: 2 });
  await generate(page);
  const png = await saved(page, "Download PNG");
  for (const [kind, selector] of [["paste", "body"], ["paste", "#prompt"], ["drop", "main"]]) {
    await fill(page, { prompt: "" });
    assert.ok(await hand(page, kind, selector, { name: "image.png", bytes: png }), kind);
    await page.waitForFunction(() => document.querySelector("#prompt").value === "fish");
  }
  // Text is pasted as text.
  assert.equal(await hand(page, "paste", "#prompt", { types: { "text/plain": "cat" } }), false);
  // Office programs hand on both: into a text goes the text.
  const both = { name: "image.png", bytes: png, types: { "text/plain": "cat" } };
  assert.equal(await hand(page, "paste", "#prompt", both), false);
  assert.equal(await hand(page, "paste", "body", both), true);
  await page.waitForFunction(() => document.querySelector("#prompt").value === "fish");
  // A picture of another program carries none, and can be changed.
  await hand(page, "paste", "body", { name: "image.png", bytes: without(png) });
  await page.getByRole("region", { name: "Edit", exact: true }).waitFor();
});

test("a picture of the page that is dropped on it does not navigate away", async (t) => {
  const { page } = await open(t);
  await state(page, "ready");
  // As Firefox hands on a picture of the page: an address, and no file.
  const types = { "text/uri-list": "blob:x", "text/plain": "blob:x" };
  for (const kind of ["dragover", "drop"]) {
    for (const selector of ["main", ".stage", "body"]) assert.ok(await hand(page, kind, selector, { types }), `${kind} ${selector}`);
    assert.ok(await hand(page, kind, "input[type=range], input[type=radio]", { types }), "no text goes there");
    assert.equal(await hand(page, kind, "#prompt", { types }), false, "into a text it goes as text");
  }
});
