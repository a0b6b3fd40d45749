// Tiny models in the embedded layout: the embedded one with one of its blocks.

import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";

import { EMBEDDED, runNative } from "./native.mjs";

/** Keeps one of the blocks, and all tensors outside the blocks, in safetensors' format. */
function withBlock(block, bytes) {
  const length = Number(bytes.readBigUInt64LE());
  const header = JSON.parse(bytes.subarray(8, 8 + length));
  const [kept, parts] = [{}, []];
  let at = 0;
  for (const [key, tensor] of Object.entries(header)) {
    const of = key.match(/^blocks\.(\d+)\./)?.[1];
    if (key === "__metadata__" || (of && Number(of) !== block)) continue;
    const [from, to] = tensor.data_offsets;
    kept[key.replace(/^blocks\.\d+/, "blocks.0")] = { ...tensor, data_offsets: [at, at + to - from] };
    parts.push(bytes.subarray(8 + length + from, 8 + length + to));
    at += to - from;
  }
  const text = Buffer.from(JSON.stringify(kept));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([size, text, ...parts]);
}

/** Makes a model in `folder`, with the native program's known answer; `more` goes into its manifest. */
export function makeTiny(folder, more = {}, block = 0) {
  const manifest = JSON.parse(readFileSync(join(EMBEDDED, "model.json")));
  const dit = withBlock(block, readFileSync(join(EMBEDDED, "dit.safetensors")));
  writeFileSync(join(folder, "dit.safetensors"), dit);
  // It has no blocks to leave out, and is drawn without an upscaler.
  delete manifest.guidance_skips;
  delete manifest.short_below;
  delete manifest.latents_of;
  Object.assign(manifest, { name: "tiny" }, more);
  manifest.depth = 1;
  const sha256 = createHash("sha256").update(dit).digest("hex");
  manifest.files["dit.safetensors"] = { bytes: dit.length, sha256 };
  delete manifest.files["upscaler.safetensors"];
  writeFileSync(join(folder, "model.json"), JSON.stringify(manifest));
  for (const file of ["vae.safetensors", "vae_encoder.safetensors", "text_encoder.safetensors", "vocab.txt", "emoji.tsv", "words.tsv"]) {
    symlinkSync(join(EMBEDDED, file), join(folder, file));
  }
  runNative("known-answer", folder);
}

/** What stands in the embedded model's place where a test does not ask for all of it. */
const ONE_BLOCK = mkdtempSync(join(tmpdir(), "patchwork-one-block-"));
after(() => rmSync(ONE_BLOCK, { recursive: true, force: true }));
makeTiny(ONE_BLOCK, { name: "stickers" }, 1);

const FILES = ["model.json", "dit.safetensors", "vae.safetensors", "text_encoder.safetensors", "vocab.txt", "emoji.tsv", "words.tsv", "known_answer.json"];

/** An entry of the list of models that the page asks for. */
function entry(name, folder) {
  const { files } = JSON.parse(readFileSync(join(folder, "model.json")));
  const all = Object.keys(files).sort().map((file) => files[file].sha256);
  const hash = createHash("sha256").update(all.join("")).digest("hex").slice(0, 16);
  return { folder: `./models/${name}`, name, bytes: 50e6, hash };
}

const at = (name, folder) => Object.fromEntries(FILES.map((file) => [`models/${name}/${file}`, join(folder, file)]));

/** What a server must do to have one block in the embedded model's place. */
export function oneBlock() {
  return { ...at("stickers", ONE_BLOCK), "models/index.json": () => JSON.stringify([entry("stickers", ONE_BLOCK)]) };
}

/** What it must do to have the model of `folder` beside that, as “tiny”. */
export function offer(folder) {
  const both = () => JSON.stringify([entry("stickers", ONE_BLOCK), entry("tiny", folder)]);
  return { ...at("tiny", folder), "models/index.json": both };
}
