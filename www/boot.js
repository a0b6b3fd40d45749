// Says why the page does not start, where that can be known. The page's program replaces the sentence.
(() => {
  let said = false;
  let policy;
  const say = (reason) => {
    if (said) return;
    const place = document.getElementById("boot-reason");
    if (!place) return addEventListener("DOMContentLoaded", () => say(reason), { once: true });
    said = true;
    place.textContent = reason;
    place.parentElement.classList.add("failed");
  };
  const name = (address) => new URL(address, location.href).pathname.split("/").pop();

  /** Why a file that the page needs cannot be used; undefined where it looks sound. */
  const examine = async (address) => {
    const file = name(address);
    let response;
    try {
      response = await fetch(address, { cache: "no-store" });
    } catch {
      // A policy's refusal is told a moment later.
      await new Promise((done) => setTimeout(done, 200));
      return policy ?? `${file} cannot be reached: check the connection, and reload the page.`;
    }
    if (!response.ok) return `${file} is missing: the server answers ${response.status}. Upload all files of the page's folder.`;
    const kind = (response.headers.get("Content-Type") ?? "").split(";")[0];
    if (kind === "text/html") return `Instead of ${file} the server sends a web page: the file is missing there. Upload all files of the page's folder.`;
    if (file.endsWith(".js")) {
      return /javascript/.test(kind)
        ? undefined
        : `The server sends ${file} as “${kind || "nothing"}”, which browsers do not run: let it send text/javascript.`;
    }
    const bytes = new Uint8Array(await response.arrayBuffer());
    const isWhole = String.fromCharCode(...bytes.subarray(0, 4)) === "\0asm" && WebAssembly.validate(bytes);
    return isWhole ? undefined : `${file} is damaged or cut short on the server (${bytes.length} bytes): upload it again.`;
  };

  const POLICY = "The server's Content-Security-Policy does not let WebAssembly run: add 'wasm-unsafe-eval' to its script-src.";
  globalThis.patchworkFailed = async (error, addresses) => {
    if (/content security policy|unsafe-eval/i.test(String(error))) return say(POLICY);
    for (const address of addresses) {
      const reason = await examine(address);
      if (reason) return say(reason);
    }
    say(`Its program did not start (${error}). Reload the page; if that does not help, the files of its folder may be of two versions: upload them all again.`);
  };
  addEventListener("securitypolicyviolation", (event) => {
    if (event.blockedURI === "wasm-eval") return say(POLICY);
    // A picture or a style does not keep the page from starting.
    if (!/^(script|worker|connect|default)-src/.test(event.violatedDirective)) return;
    say(policy = `The server's Content-Security-Policy (${event.violatedDirective}) refuses ${event.blockedURI}, which the page needs.`);
  });
  addEventListener("error", ({ target }) => {
    if (!(target instanceof HTMLScriptElement)) return;
    examine(target.src).then((reason) => say(reason ?? `${name(target.src)} was refused by this browser. Reload the page.`));
  }, true);

  if (location.protocol === "file:") {
    say("It was opened as a file, and browsers start programs from web servers only: run “python3 -m http.server” in its folder, and open http://localhost:8000.");
  } else if (!("noModule" in HTMLScriptElement.prototype) || typeof WebAssembly !== "object") {
    say("This browser runs no WebAssembly or no JavaScript modules, or both are switched off: update it, or try another.");
  }
})();
