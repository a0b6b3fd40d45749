// The README's screenshots: the built page with a picture, at 360 and 1440 px, light and dark.
// `cargo xtask renew` runs it.

import { mkdirSync } from "node:fs";
import { test } from "node:test";

import { ROOT, fill, generate, open, state } from "./support.mjs";

const FOLDER = `${ROOT}tests/browser/screenshots`;
mkdirSync(FOLDER, { recursive: true });

for (const [width, height] of [[1440, 900], [360, 760]]) {
  for (const colorScheme of ["light", "dark"]) {
    test(`${width} px, ${colorScheme}`, async (t) => {
      const { page } = await open(t, { shipped: true, context: { colorScheme, viewport: { width, height } } });
      await state(page, "ready");
      for (const [prompt, style] of [["rocket", "3d"], ["pizza", "fluent flat"], ["fox", "noto"]]) {
        await fill(page, { prompt, style });
        await generate(page);
      }
      await page.getByText("3 pictures").waitFor();
      await page.screenshot({ path: `${FOLDER}/${width}-${colorScheme}.png` });
    });
  }
}
