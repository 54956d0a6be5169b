// node build.mjs runtime|editor|page FILE: bundle one of the three scripts of a page's Python.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { argv, cwd } from "node:process";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

// The packages are those of the folder that the build runs in, where package.json lies.
const { build } = createRequire(join(cwd(), "package.json"))("esbuild");
const here = dirname(fileURLToPath(import.meta.url));
const modules = join(cwd(), "node_modules");

async function bundle(source, options = {}) {
  const { outputFiles } = await build({
    entryPoints: [join(here, source)],
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    target: "es2022",
    nodePaths: [modules],
    legalComments: "none",
    ...options,
  });
  return outputFiles[0].text;
}

const pack = (data) => gzipSync(data, { level: 9 }).toString("base64");
const file = (name) => readFileSync(join(modules, "pyodide", name));

const scripts = {
  page: () => bundle("page.mjs"),
  editor: () => bundle("editor.mjs", { globalName: "pythonEditor" }),
  // All of Python in one script. The lock lists packages to download, none of which is here: its
  // `info` alone is enough.
  runtime: async () => {
    const worker = await bundle("worker.mjs", {
      platform: "browser",
      external: ["node:*", "ws"],
      define: { "import.meta.url": '"https://nowhere.invalid/pyodide.asm.mjs"' },
    });
    const { info } = JSON.parse(file("pyodide-lock.json"));
    return `globalThis.pythonRuntime = ${JSON.stringify({
      worker: pack(worker),
      wasm: pack(file("pyodide.asm.wasm")),
      standardLibrary: pack(file("python_stdlib.zip")),
      lock: JSON.stringify({ info, packages: {} }),
    })};`;
  },
};

const [what, target] = argv.slice(2);
writeFileSync(target, await scripts[what]());
