// The page as a visitor meets it, by role and name, through a driver.

import { By } from "selenium-webdriver";

/** Sends what goes wrong, in the page or in its worker, to the server: drivers do not tell it. */
const REPORTER = `{
  const report = (text) => void fetch("./problem/" + encodeURIComponent(encodeURIComponent(text)));
  addEventListener("error", (event) => report("error: " + (event.message ?? event.target?.src ?? event.type)), true);
  addEventListener("unhandledrejection", (event) => report("unhandled: " + event.reason));
  const say = console.error;
  console.error = (...words) => (report("console.error: " + words.join(" ")), say(...words));
}`;

/** Elements that may have a role. */
const ROLES = {
  textbox: "textarea, input, [role=textbox]",
  button: "button, [role=button]",
  // What ARIA 1.3 calls "img".
  image: "img, canvas, [role=img]",
  region: "section, [role=region]",
};

export class Visit {
  /** What a server must give in place of some files, so that `problems` hears of them. */
  static reporting = {
    "index.html": (html) => html.toString().replace("<head>", `<head><script>${REPORTER}</script>`),
    "worker_main.js": (script) => REPORTER + script,
  };

  constructor(driver, server) {
    this.driver = driver;
    this.server = server;
  }

  open = () => this.driver.get(this.server.url);
  reload = () => this.driver.navigate().refresh();

  /** Waits until `<main>` is in one of some states. */
  async state(wanted, seconds) {
    const now = () => this.driver.executeScript("return document.querySelector('main')?.dataset.state");
    const end = Date.now() + seconds * 1000;
    for (let state = await now(); !wanted.includes(state); state = await now()) {
      if (state === "error" || Date.now() > end) {
        const text = await this.driver.executeScript("return document.body.innerText");
        const begin = text.replace(/\s+/g, " ").slice(0, 400);
        throw new Error(`the page is ${state}, not ${wanted.join(" or ")}; it says: ${begin} …`);
      }
      await this.driver.sleep(250);
    }
  }

  /** The element of a role whose accessible name begins with `name`; undefined if there is none. */
  async find(role, name) {
    for (const element of await this.driver.findElements(By.css(ROLES[role]))) {
      const isOf = (await element.getAriaRole()) === role && (await element.getAccessibleName()).startsWith(name);
      if (isOf) return element;
    }
  }

  async get(role, name) {
    const element = await this.find(role, name);
    if (!element) throw new Error(`there is no ${role} “${name}”`);
    return element;
  }

  async fill(name, text) {
    const box = await this.get("textbox", name);
    await box.clear();
    await box.sendKeys(text);
  }

  async press(name) {
    await (await this.get("button", name)).click();
  }

  /** Pixels across and down of the picture on stage, and how many colours they have. */
  async picture() {
    const picture = await this.get("image", "Result");
    return this.driver.executeScript((picture) => {
      const [width, height] = [picture.naturalWidth ?? picture.width, picture.naturalHeight ?? picture.height];
      const copy = Object.assign(document.createElement("canvas"), { width, height });
      const context = copy.getContext("2d");
      context.drawImage(picture, 0, 0);
      const pixels = new Uint32Array(context.getImageData(0, 0, width, height).data.buffer);
      return { width, height, colours: new Set(pixels).size };
    }, picture);
  }

  /** Waits until the history has so many pictures. */
  async kept(count) {
    const history = await this.get("region", "History");
    const items = () => history.findElements(By.css("li"));
    const has = async () => (await items()).length === count;
    await this.driver.wait(has, 10_000, `the history does not have ${count} picture`);
  }

  hasStore = () => this.driver.executeScript("return typeof caches === 'object'");

  /** Has the store of weights open in a second tab, and comes back to the first. */
  async holdStore() {
    if (!(await this.hasStore())) return;
    const first = await this.driver.getWindowHandle();
    await this.driver.switchTo().newWindow("tab");
    await this.driver.get(`${this.server.url}icon.svg`);
    await this.driver.executeAsyncScript(async (done) => {
      globalThis.held = await Promise.all((await caches.keys()).map((name) => caches.open(name)));
      done();
    });
    await this.driver.switchTo().window(first);
  }

  /** How many files of weights were asked for so far. */
  weights = () => this.server.asked.filter((file) => file.endsWith(".safetensors")).length;

  /** Whether every program that reports was asked for. */
  isHeard = () => Object.keys(Visit.reporting).every((file) => this.server.asked.includes(file));

  problems() {
    const reports = this.server.asked.filter((file) => file.startsWith("problem/"));
    return reports.map((file) => decodeURIComponent(file.slice("problem/".length)));
  }
}
