// Fetches Python into the page and starts it. The files are scripts, since a page opened from disk
// may load scripts and nothing else; what they hold is packed (build.mjs).

const scripts = new Map();

/** Load a script once; where it fails, the next call tries again. */
export function loadScript(src) {
  if (!scripts.has(src)) {
    const arrives = new Promise((resolve, reject) => {
      const script = Object.assign(document.createElement("script"), { src, onload: resolve });
      script.onerror = () => {
        scripts.delete(src);
        script.remove();
        reject(new Error(`the file ${src.split("/").at(-1)} did not load`));
      };
      document.head.append(script);
    });
    scripts.set(src, arrives);
  }
  return scripts.get(src);
}

/** Unpack base64 of gzip. WebKit reads a stream from a Response only, not from a Blob. */
function unpack(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Response(bytes).body.pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

let unpacked;

async function unpackAll() {
  const { worker, wasm, standardLibrary, lock } = globalThis.pythonRuntime;
  delete globalThis.pythonRuntime;
  const [code, ...binaries] = await Promise.all([worker, wasm, standardLibrary].map(unpack));
  return {
    address: URL.createObjectURL(new Blob([code], { type: "text/javascript" })),
    wasm: binaries[0],
    standardLibrary: binaries[1],
    lock,
  };
}

/** Start a worker for a page's Python; `say` tells the reader what is going on. */
export async function startPython(page, say) {
  say("Fetching Python (8 MB) …");
  await Promise.all([loadScript(page.runtime), loadScript(page.library)]);
  say("Unpacking Python …");
  unpacked ??= unpackAll();
  const { address, ...runtime } = await unpacked;
  say("Starting Python …");
  const worker = new Worker(address);
  const { files, elsewhere } = globalThis.pythonLibrary;
  worker.postMessage({ kind: "start", ...runtime, files, elsewhere, imports: page.imports });
  return worker;
}
