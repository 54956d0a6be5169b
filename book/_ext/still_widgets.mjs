// What the widgets' views show in some states, for the book's build and the tests: reads pairs of
// view (a file's name) and state as JSON, writes { html, readouts, problem, code } for each.
//     node still_widgets.mjs FOLDER-OF-THE-VIEWS < pairs.json
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const folder = pathToFileURL(`${process.argv[2]}/`);
const answers = [];
for (const [file, state] of JSON.parse(readFileSync(0, "utf8"))) {
  const { default: view } = await import(new URL(`${file}.js`, folder));
  const { html, readouts, problem, code } = view.still(state);
  answers.push({ html, readouts, problem, code });
}
console.log(JSON.stringify(answers));
