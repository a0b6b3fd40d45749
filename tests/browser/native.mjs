// The repository's folders, and the native program.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

export const ROOT = new URL("../../", import.meta.url).pathname;
export const DIST = process.env.PATCHWORK_DIST ?? join(ROOT, "dist");
export const EMBEDDED = join(ROOT, "www/models/stickers");
const NATIVE = process.env.PATCHWORK_NATIVE ?? join(ROOT, "target/release/patchwork");

/** What the native program draws. */
export function native(folder, flags) {
  const file = join(folder, "native.png");
  execFileSync(NATIVE, ["generate", ...flags, "-o", file], { cwd: ROOT, stdio: "pipe" });
  return readFileSync(file);
}

export function runNative(...flags) {
  return execFileSync(NATIVE, flags, { cwd: ROOT, stdio: "pipe" });
}
