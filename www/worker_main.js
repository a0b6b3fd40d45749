// The worker's first lines: they fetch the model's files beside the program, which the page sends
// compiled, and start it.
const VERSION = "unbuilt";
postMessage({ version: VERSION });

// What drawing needs of a model's folder.
const NEEDED = ["dit.safetensors", "vae.safetensors", "text_encoder.safetensors", "vocab.txt", "emoji.tsv", "words.tsv"];
const early = new Map();
let [loaded, total, told] = [0, 0, 0];

/** Gives away the answer to a request that was made early, once. */
globalThis.patchworkEarly = (address) => {
  const answer = early.get(address);
  early.delete(address);
  return answer;
};

/** Counts bytes of weights, and tells the page, which answers each time, now and then. */
const tell = (bytes) => {
  loaded += bytes;
  if (loaded < total && performance.now() - told < 100) return;
  told = performance.now();
  postMessage({ loaded, total });
};

/** Lets a body come in although nobody reads it yet, and counts it. */
const counted = (response, isWeights) => {
  if (!response.body) return response;
  const count = new TransformStream({
    transform(chunk, controller) {
      if (isWeights) tell(chunk.byteLength);
      controller.enqueue(chunk);
    },
  }, undefined, new ByteLengthQueuingStrategy({ highWaterMark: 2 ** 30 }));
  const { status, headers } = response;
  return new Response(response.body.pipeThrough(count), { status, headers });
};

const begin = (address, cache, isWeights) => {
  const answer = fetch(address, { cache }).then((response) => counted(response, isWeights));
  // Whoever takes it hears of the error.
  answer.catch(() => {});
  early.set(address, answer);
};

const fetchEarly = async (folder) => {
  const address = `${folder}/model.json`;
  const answer = fetch(address, { cache: "no-cache" });
  answer.catch(() => {});
  early.set(address, answer.then((response) => response.clone()));
  early.get(address).catch(() => {});
  const { files } = await (await answer).json();
  const store = await globalThis.caches?.open("patchwork-weights-1").catch(() => undefined);
  const missing = [];
  for (const file of NEEDED.filter((file) => file in files)) {
    total += files[file].bytes;
    const kept = await store?.match(`${folder}/${file}`);
    if (kept) loaded += files[file].bytes;
    else missing.push(`${folder}/${file}`);
  }
  if (missing.length) postMessage({ loaded, total });
  // Where nothing is kept the program asks as it does here.
  for (const file of missing) begin(file, "no-store", true);
};

onmessage = async ({ data }) => {
  if (data.folder) {
    // What is wrong shows when the program asks itself.
    return fetchEarly(data.folder).catch(() => {});
  }
  if (!data.module) return;
  try {
    const { default: init } = await import(`./worker.js?v=${VERSION}`);
    await init({ module_or_path: data.module });
  } catch (error) {
    postMessage({ problem: String(error) });
  }
};
