// The worker's program: fetched and compiled while it streams, once, and handed to every worker. Its
// bytes are counted as they are unpacked: Content-Length is what came over the network, compressed.
(() => {
  let program;
  let loaded = 0;
  let told = 0;
  const listeners = new Set();

  const compile = async ({ address, bytes }) => {
    const response = await fetch(address);
    if (!response.ok) throw new Error(`the server answers ${response.status}`);
    loaded = 0;
    const count = new TransformStream({
      transform(chunk, controller) {
        loaded += chunk.byteLength;
        // Each time is a turn of the page.
        if (loaded === bytes || performance.now() - told >= 100) {
          told = performance.now();
          for (const tell of listeners) tell(loaded, bytes);
        }
        controller.enqueue(chunk);
      },
    });
    // Whatever type the server says, it is WebAssembly or it is damaged.
    const headers = { "Content-Type": "application/wasm" };
    return WebAssembly.compileStreaming(new Response(response.body.pipeThrough(count), { headers }));
  };

  /** A promise of the compiled program. `tell` hears of the bytes so far, and of all. */
  globalThis.patchworkProgram = (tell) => {
    const facts = globalThis.patchworkWorker;
    listeners.add(tell);
    tell(loaded, facts.bytes);
    // Another try may have more luck.
    program ??= compile(facts).catch((error) => { program = undefined; throw error; });
    return program.finally(() => listeners.delete(tell));
  };
})();
