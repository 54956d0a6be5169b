// What a reader answered, saved to a file and restored from it.
import assert from "node:assert/strict";
import { test } from "node:test";

import { restore, saved } from "../../book/_ext/questions/carried.js";

/** The browser's storage: keys are its own properties, as Object.keys sees them. */
class Storage {
  constructor(entries) {
    Object.assign(this, entries);
  }
  getItem(key) {
    return Object.hasOwn(this, key) ? this[key] : null;
  }
  setItem(key, value) {
    this[key] = String(value);
  }
}

const answer = "see-farther.1.answer.02-4";
const code = "see-farther.1.code.02-1";
const guess = "see-farther.1.guess.02-places";

test("what is saved comes back elsewhere, beside what is there", () => {
  const here = new Storage({
    [answer]: '{"typed":"32","right":true}',
    [code]: '"def f():\\n    pass"',
    theme: "dark",
  });
  const text = saved(here);
  assert.ok(!text.includes("dark"), "what is not an answer stays here");
  const there = new Storage({ [guess]: '{"guess":"5"}', [answer]: '{"right":false}', theme: "light" });
  assert.equal(restore(text, there), true);
  assert.deepEqual({ ...there }, { ...here, [guess]: '{"guess":"5"}', theme: "light" });
});

test("nothing comes from another file", () => {
  const there = new Storage({});
  const other = JSON.stringify({ book: "other.1.", entries: { [answer]: 1 } });
  const texts = ["", "no JSON", "null", "7", "{}", other, saved(there).replace("{}", "null")];
  for (const text of texts) assert.equal(restore(text, there), false, text);
  assert.deepEqual({ ...there }, {});
});

test("only answers are taken", () => {
  const there = new Storage({});
  const entries = { theme: "dark", "see-farther.1.other.02-4": 1, [answer]: { right: false } };
  assert.equal(restore(JSON.stringify({ book: "see-farther.1.", entries }), there), true);
  assert.deepEqual(Object.keys(there), [answer]);
});
