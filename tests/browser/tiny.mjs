// A tiny model in the embedded layout: the embedded one with its first block alone.

import { createHash } from "node:crypto";
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { EMBEDDED, runNative } from "./support.mjs";

/** Keeps the tensors that `keeps` names, in safetensors' format. */
function select(bytes, keeps) {
  const length = Number(bytes.readBigUInt64LE());
  const header = JSON.parse(bytes.subarray(8, 8 + length));
  const [kept, parts] = [{}, []];
  let at = 0;
  for (const [key, tensor] of Object.entries(header)) {
    if (key === "__metadata__" || !keeps(key)) continue;
    const [from, to] = tensor.data_offsets;
    kept[key] = { ...tensor, data_offsets: [at, at + to - from] };
    parts.push(bytes.subarray(8 + length + from, 8 + length + to));
    at += to - from;
  }
  const text = Buffer.from(JSON.stringify(kept));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([size, text, ...parts]);
}

/** Makes the model in `folder`, with the native program's known answer; `more` goes into its manifest. */
export function makeTiny(folder, more = {}) {
  const manifest = JSON.parse(readFileSync(join(EMBEDDED, "model.json")));
  const whole = readFileSync(join(EMBEDDED, "dit.safetensors"));
  const dit = select(whole, (key) => !/^blocks\.(?!0\.)/.test(key));
  writeFileSync(join(folder, "dit.safetensors"), dit);
  Object.assign(manifest, { name: "tiny" }, more);
  manifest.depth = 1;
  const sha256 = createHash("sha256").update(dit).digest("hex");
  manifest.files["dit.safetensors"] = { bytes: dit.length, sha256 };
  // The encoder is not needed to draw.
  delete manifest.files["vae_encoder.safetensors"];
  writeFileSync(join(folder, "model.json"), JSON.stringify(manifest));
  for (const file of ["vae.safetensors", "text_encoder.safetensors", "vocab.txt", "emoji.tsv"]) {
    symlinkSync(join(EMBEDDED, file), join(folder, file));
  }
  runNative("known-answer", folder);
}

/** What the server must do for the page to offer it. */
export function offer(folder) {
  const files = ["model.json", "dit.safetensors", "vae.safetensors", "text_encoder.safetensors", "vocab.txt", "emoji.tsv", "known_answer.json"];
  const faults = Object.fromEntries(files.map((file) => [`models/tiny/${file}`, join(folder, file)]));
  const models = ["stickers", "tiny"].map((name) => {
    const { files } = JSON.parse(readFileSync(join(name === "tiny" ? folder : EMBEDDED, "model.json")));
    const all = Object.keys(files).sort().map((file) => files[file].sha256);
    const hash = createHash("sha256").update(all.join("")).digest("hex").slice(0, 16);
    return { folder: `./models/${name}`, name, bytes: 50e6, hash };
  });
  faults["models/index.json"] = () => JSON.stringify(models);
  return faults;
}
