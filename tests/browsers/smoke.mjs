// Open, draw, reload: the built page in browsers that the gate does not have.

import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { serve } from "../browser/server.mjs";
import { BROWSERS, start } from "./drivers.mjs";
import { Visit } from "./visit.mjs";

const DIST = process.env.PATCHWORK_DIST ?? new URL("../../dist", import.meta.url).pathname;
if (!existsSync(join(DIST, "index.html"))) {
  console.log(`There is no built page in ${DIST}: run cargo xtask build first.`);
  process.exit(1);
}

// A page that is built meanwhile changes nothing here.
const folder = mkdtempSync(join(tmpdir(), "patchwork-"));
cpSync(DIST, folder, { recursive: true });
let failures = 0;

/** Runs one step, and tells how it went; nothing can follow one that failed. */
async function step(what, run) {
  const begin = Date.now();
  const tell = (word, more) => console.log(`${word}  ${what}${more} (${((Date.now() - begin) / 1000).toFixed(1)} s)`);
  try {
    const found = await run();
    tell("PASS", found ? `: ${found}` : "");
  } catch (error) {
    failures += 1;
    tell("FAIL", `: ${error.message}`);
    throw error;
  }
}

function expect(holds, message) {
  if (!holds) throw new Error(message);
}

async function smoke(visit, isPrivate) {
  await step("the model is loaded", async () => {
    await visit.open();
    await visit.state(["ready"], 600);
  });
  await step("a picture is drawn", async () => {
    await visit.fill("Prompt", "red apple");
    await visit.press("Generate");
    await visit.state(["done"], 300);
    const { width, height, colours } = await visit.picture();
    expect(width === 128 && height === 128, `it has ${width} × ${height} pixels`);
    expect(colours > 100, `it is all but blank: ${colours} colours`);
    return `${width} × ${height}, ${colours} colours`;
  });
  await step("the picture is in the history", () => visit.kept(1));
  const fetched = visit.weights();
  await step("the model is loaded again after a reload", async () => {
    if (isPrivate) await visit.holdStore();
    await visit.reload();
    await visit.state(["ready", "done"], 600);
  });
  await step("the picture is still in the history", () => visit.kept(1));
  await step("weights are not fetched twice", async () => {
    if (!(await visit.hasStore())) return "but it has no store for them here";
    const again = visit.weights() - fetched;
    expect(again === 0, `${again} of ${fetched} files were`);
  });
  await step("nothing failed unseen", () => {
    expect(visit.isHeard(), "the worker has another file: mend `reporting` in visit.mjs");
    expect(visit.problems().length === 0, "the page or its worker reported");
  });
}

for (const browser of BROWSERS) {
  console.log(`\n${browser.title}`);
  const server = await serve(folder, Visit.reporting);
  let [running, visit] = [];
  try {
    await step("the browser starts", async () => {
      running = await start(browser);
      return running.name;
    });
    visit = new Visit(running.driver, server);
    await smoke(visit, browser.isPrivate);
  } catch {
    // Its step has told it; what the page said may tell why.
    for (const problem of visit?.problems() ?? []) console.log(`      ${problem}`);
  }
  await running?.close();
  await server.close();
}
rmSync(folder, { recursive: true });
console.log(failures === 0 ? "\nEvery browser draws." : `\n${failures} failed`);
process.exitCode = failures === 0 ? 0 : 1;
