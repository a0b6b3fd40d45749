// Runs that begin with a picture: the worker gets it once, and fetches its encoder when it first needs it.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import pngjs from "pngjs";

import { difference, native, open, state, temporary } from "./support.mjs";

const SIDE = 128;
const ENCODER = "models/stickers/vae_encoder.safetensors";

/** An orange disc on clear ground. */
function disc() {
  const png = new pngjs.PNG({ width: SIDE, height: SIDE });
  for (let i = 0; i < SIDE * SIDE; i++) {
    const [x, y] = [(i % SIDE) - SIDE / 2, Math.floor(i / SIDE) - SIDE / 2];
    png.data.set(x * x + y * y < 45 * 45 ? [240, 140, 40, 255] : [0, 0, 0, 0], 4 * i);
  }
  return png;
}

// Messages in postcard's format, as src/page/protocol.rs and src/recipe/partial.rs declare them: the order counts.
const varint = (n) => (n < 128 ? [n] : [(n % 128) | 128, ...varint(Math.floor(n / 128))]);
const bytes = (data) => Buffer.concat([Buffer.from(varint(data.length)), data]);
const text = (words) => bytes(Buffer.from(words));
const double = (value) => {
  const eight = Buffer.alloc(8);
  eight.writeDoubleLE(value);
  return eight;
};
const whole = (value) => Buffer.from(varint(value));
const FIELDS = [
  "prompt", "negative", "class", "style", "seed", "steps", "guidance", "guidance_interval", "guidance_channels", "shift",
  "sampler", "eta", "karras", "even_sigmas", "picture", "strength", "mask", "inversion", "source_prompt", "source_style",
  "variation_seed", "variation_strength", "count", "size", "outline", "model", "model_hash",
];
const picture = (hash, png) => Buffer.concat([whole(1), text(hash), bytes(png)]);
const draw = (job, fields) => {
  const field = (name) => (name in fields ? Buffer.concat([whole(1), fields[name]]) : whole(0));
  return Buffer.concat([whole(2), whole(job), ...FIELDS.map(field)]);
};

test("a run that begins with a picture matches the program, and fetches the encoder once", async (t) => {
  const { page, server } = await open(t, { fresh: true, shipped: true });
  await page.addInitScript(() => {
    globalThis.events = [];
    globalThis.Worker = class extends Worker {
      constructor(...what) {
        super(...what);
        globalThis.worker = this;
        this.addEventListener("message", ({ data }) => data instanceof Uint8Array && globalThis.events.push(data));
      }
    };
  });
  await page.reload();
  await state(page, "ready");
  const send = (message) => page.evaluate((message) => globalThis.worker.postMessage(new Uint8Array(message)), [...message]);
  /** The picture of a run, as it comes from the worker. */
  const drawn = async (job, fields) => {
    await page.evaluate(() => (globalThis.events.length = 0));
    await send(draw(job, fields));
    const wanted = `"strength":${fields.strength.readDoubleLE()}`;
    const end = await page.waitForFunction((wanted) => {
      const found = globalThis.events.find((event) => new TextDecoder("latin1").decode(event).includes(wanted));
      return found && [...found];
    }, wanted, { timeout: 60_000, polling: 50 });
    const event = Buffer.from(await end.jsonValue());
    const [from, to] = [event.indexOf("\x89PNG", 0, "latin1"), event.indexOf("IEND", 0, "latin1")];
    return event.subarray(from, to + 8);
  };

  const png = disc();
  const hash = createHash("sha256").update(png.data).digest("hex").slice(0, 16);
  const fields = { prompt: text("red apple"), style: text("noto"), seed: whole(7), steps: whole(4), picture: text(hash) };
  await send(picture(hash, pngjs.PNG.sync.write(png)));
  assert.ok(!server.asked.includes(ENCODER), "no encoder is fetched before a run needs it");
  const half = await drawn(91, { ...fields, strength: double(0.5) });
  await drawn(92, { ...fields, strength: double(0.25) });
  assert.equal(server.asked.filter((file) => file === ENCODER).length, 1);

  const folder = temporary(t);
  const file = join(folder, "disc.png");
  writeFileSync(file, pngjs.PNG.sync.write(png));
  const flags = ["--from", file, "--strength", "0.5", "--prompt", "red apple", "--style", "noto", "--seed", "7", "--steps", "4", "--size", "128"];
  const same = native(folder, flags);
  const { largest } = difference(half, same);
  assert.ok(largest <= 2, `largest difference ${largest}`);
  assert.ok(half.includes(`"picture":"${hash}"`) && same.includes(`"picture":"${hash}"`));

  // A recipe whose picture the worker does not have is refused.
  await page.evaluate(() => (globalThis.events.length = 0));
  await send(draw(93, { ...fields, picture: text("0000000000000000"), strength: double(0.5) }));
  await page.waitForFunction(() => globalThis.events.some((event) => new TextDecoder().decode(event).includes("which is not here")), undefined, { polling: 50 });
});
