// Judges answers as a page does: reads [name, sealed question, typed] from the input, writes what
// is said to each. The judge's module is named on the command line.
import { readFileSync } from "node:fs";

const { unseal, verdict } = await import(process.argv[2]);
const cases = JSON.parse(readFileSync(0, "utf8"));
const said = cases.map(([name, sealed, typed]) => verdict(unseal(name, sealed), typed));
process.stdout.write(JSON.stringify(said));
