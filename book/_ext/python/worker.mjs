// Python in a worker. Bundled into one classic script, which a Blob holds, because pages that were
// opened from disk can start no other kind of worker in all three engines.
import "./classic.mjs";
import createPyodideModule from "pyodide/pyodide.asm.mjs";
import { loadPyodide } from "pyodide/pyodide.mjs";

const NOWHERE = "https://nowhere.invalid/"; // pyodide wants an address; nothing is asked of it

/** Start Python from what the page handed over; a page from disk may fetch nothing. */
async function start({ wasm, standardLibrary, lock, files, elsewhere, imports }) {
  const answers = {
    ".wasm": [wasm, "application/wasm"],
    ".zip": [standardLibrary, "application/zip"],
  };
  self.fetch = async (what) => {
    const address = String(what.url ?? what);
    const end = Object.keys(answers).find((name) => address.endsWith(name));
    if (!end) throw new TypeError(`Python in this page asks nobody, not even for ${address}`);
    const [body, type] = answers[end];
    return new Response(body, { headers: { "Content-Type": type } });
  };
  const python = await loadPyodide({
    indexURL: NOWHERE,
    createPyodideModule,
    lockFileContents: lock,
  });
  const home = "/home/reader";
  for (const [path, text] of Object.entries(files)) {
    python.FS.mkdirTree(`${home}/${path}`.replace(/\/[^/]*$/, ""));
    python.FS.writeFile(`${home}/${path}`, text);
  }
  python.globals.set("home", home);
  python.runPython("import sys; sys.dont_write_bytecode = True; sys.path.insert(0, home)");
  const runner = python.pyimport("runner");
  python.globals.set("finder", runner.Elsewhere(elsewhere));
  python.runPython("sys.meta_path.append(finder)");
  return runner.Runner((text) => self.postMessage({ kind: "output", text }), imports);
}

let runner;
self.onmessage = async ({ data }) => {
  try {
    if (data.kind === "start") {
      runner = await start(data);
      self.postMessage({ kind: "ready" });
    } else {
      self.postMessage({ kind: "running" });
      const { code, exercise } = data;
      const report = exercise ? runner.exercise(code, exercise) : runner.cell(code);
      self.postMessage({ kind: "report", report: JSON.parse(report) });
    }
  } catch (error) {
    self.postMessage({ kind: "broken", message: String(error?.message ?? error) });
  }
};
