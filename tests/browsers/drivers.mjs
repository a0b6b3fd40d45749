// Firefox and WebKitGTK's MiniBrowser, each by its own driver, in the one protocol that both speak.

import { Builder } from "selenium-webdriver";
import portprober from "selenium-webdriver/net/portprober.js";
import remote from "selenium-webdriver/remote/index.js";

const { PATCHWORK_FIREFOX, PATCHWORK_GECKODRIVER, PATCHWORK_WEBKIT_DRIVER } = process.env;

export const BROWSERS = [
  {
    title: "Firefox",
    program: PATCHWORK_GECKODRIVER ?? "geckodriver",
    capabilities: {
      browserName: "firefox",
      "moz:firefoxOptions": { args: ["-headless"], binary: PATCHWORK_FIREFOX ?? "/usr/bin/firefox-esr" },
    },
  },
  {
    title: "WebKitGTK",
    program: PATCHWORK_WEBKIT_DRIVER ?? "WebKitWebDriver",
    capabilities: { browserName: "MiniBrowser" },
    // Driven, it is as in a private window: what it keeps is gone when no page has it open.
    isPrivate: true,
  },
];

/** Starts a browser with an empty profile, of which `close` leaves nothing. */
export async function start({ program, capabilities }) {
  const port = await portprober.findFreePort();
  const service = new remote.DriverService.Builder(program)
    .setPort(port)
    .setLoopback(true)
    .setStdio("ignore")
    .build();
  try {
    const driver = await new Builder().usingServer(await service.start()).withCapabilities(capabilities).build();
    const facts = await driver.getCapabilities();
    return {
      driver,
      name: `${facts.getBrowserName()} ${facts.getBrowserVersion()}`,
      close: async () => {
        // One that has crashed is gone already.
        await driver.quit().catch(() => {});
        await service.kill();
      },
    };
  } catch (error) {
    await service.kill();
    throw error;
  }
}
