// A model that is added to a built page without Rust.

import assert from "node:assert/strict";
import { cpSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { DIST, runNative } from "./native.mjs";
import { serve } from "./server.mjs";
import { browser, fill, generate, saved, state, temporary } from "./support.mjs";
import { makeTiny } from "./tiny.mjs";

test("a model that `patchwork page` added is offered, and draws", async (t) => {
  const [folder, copy] = [temporary(t), temporary(t)];
  makeTiny(folder);
  cpSync(DIST, copy, { recursive: true, filter: (path) => !path.includes("models") });
  mkdirSync(join(copy, "models"));
  const list = JSON.parse(readFileSync(join(DIST, "models/index.json")));
  cpSync(join(DIST, "models/index.json"), join(copy, "models/index.json"));
  symlinkSync(join(DIST, "models/stickers"), join(copy, "models/stickers"));
  runNative("page", copy, "--add", folder);
  // The build's own line is as this program would write it.
  runNative("page", copy, "--add", join(copy, "models/stickers"));
  const now = JSON.parse(readFileSync(join(copy, "models/index.json")));
  assert.deepEqual(now[0], list[0]);
  assert.equal(now[1].folder, "./models/tiny");

  const server = await serve(copy);
  t.after(() => server.close());
  const page = await browser.newPage();
  t.after(() => page.close());
  await page.goto(server.url);
  await state(page, "ready");
  await fill(page, { prompt: "fish", steps: 2, model: now[1].folder });
  await page.getByText("Device and model: CPU, tiny").waitFor();
  await state(page, "ready");
  assert.equal(await generate(page), "done");
  assert.ok((await saved(page, "Download PNG")).includes('"model":"tiny"'));
});
