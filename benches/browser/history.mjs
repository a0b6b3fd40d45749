// The page with a thousand pictures in its history: the tasks of over 50 ms on its own thread while one types, comes
// back to the window, and scrolls. Prints one line of JSON.
//
//     node history.mjs DIST

import { launch, serve } from "./serve.mjs";

const PICTURES = 1000;
const ROWS = 40;
const server = await serve(process.argv[2]);
const browser = await launch();
const page = await browser.newPage();
const history = page.getByRole("region", { name: "History" });

/** Draws one picture, and keeps copies of it as the page does: its file, and its recipe. */
async function fill() {
  await page.goto(server.url);
  await page.getByRole("textbox", { name: "Prompt", exact: true }).fill("red apple");
  await page.getByRole("button", { name: "Generate" }).click();
  await page.waitForFunction(() => document.querySelector(".thumbnail img")?.naturalWidth === 512, undefined, { timeout: 120_000 });
  await page.goto(`${server.url}icon.svg`);
  await page.evaluate(async (count) => {
    const value = (request) => new Promise((done) => (request.onsuccess = () => done(request.result)));
    const database = await value(indexedDB.open("patchwork"));
    const [pictures, recipes] = ["pictures", "recipes"].map((name) => database.transaction(name).objectStore(name));
    const [[picture], [recipe]] = await Promise.all([value(pictures.getAll()), value(recipes.getAll())]);
    const transaction = database.transaction(["pictures", "recipes"], "readwrite");
    for (let i = 1; i < count; i++) {
      transaction.objectStore("pictures").add(picture).onsuccess = ({ target }) => {
        transaction.objectStore("recipes").put(recipe, target.result);
      };
    }
    await new Promise((done) => (transaction.oncomplete = done));
    database.close();
  }, PICTURES);
}

await fill();
await page.addInitScript(() => {
  globalThis.long = [];
  new PerformanceObserver((list) => globalThis.long.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: "longtask" });
});
await page.goto(server.url);
await history.getByText(`${PICTURES} pictures`).waitFor();
await page.waitForSelector('main[data-state="ready"]', { timeout: 120_000 });
await page.evaluate(() => (globalThis.long.length = 0));
await page.getByRole("textbox", { name: "Prompt", exact: true }).pressSequentially("a red apple");
await page.evaluate(() => window.dispatchEvent(new Event("focus")));
for (let i = 0; i < ROWS; i++) {
  await page.mouse.wheel(0, 400);
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}
// The observer hears of a task once it has ended.
await page.waitForTimeout(200);
const long = await page.evaluate(() => globalThis.long);
console.log(JSON.stringify({ long_tasks: long.length, longest_ms: Math.round(Math.max(0, ...long)) }));
await browser.close();
server.close();
