// The small tools of the drawings.
import assert from "node:assert/strict";
import { test } from "node:test";

import { disc, fill, fmt, grid, hatch, listing, threeDecimals } from "../../dsconv_lib/widgets/static/shapes.js";

const WORDS = { comma: ", ", and: " and " };

test("coordinates have at most one decimal", () => {
  assert.deepEqual([fmt(1), fmt(1.25), fmt(-1.26), fmt(0.04), fmt(-0.04)], ["1", "1.3", "-1.3", "0", "0"]);
});

test("hatching stays inside its rectangle and fills it", () => {
  const numbers = hatch(12, 7, 20, 9, 5).match(/-?[\d.]+/g).map(Number);
  assert.equal(numbers.length / 4, 6); // x + y = 20, 25, ..., 45
  for (let i = 0; i < numbers.length; i += 2) {
    assert.ok(numbers[i] >= 12 && numbers[i] <= 32, `x ${numbers[i]}`);
    assert.ok(numbers[i + 1] >= 7 && numbers[i + 1] <= 16, `y ${numbers[i + 1]}`);
    assert.equal((numbers[i] + numbers[i + 1]) % 5, 0);
  }
  assert.equal(hatch(1, 1, 2, 1, 50), "");
});

test("a disc begins at its left end", () => assert.ok(disc(10, 5, 4).startsWith("M6 5a4 4")));

test("templates are filled, all of them", () => {
  assert.equal(fill("{a} and {b}, {a}", { a: 1, b: "two" }), "1 and two, 1");
});

test("lists read as in a sentence, long ones are shortened", () => {
  assert.equal(listing([4], WORDS), "4");
  assert.equal(listing([4, 6], WORDS), "4 and 6");
  assert.equal(listing([1, 2, 3, 4, 5, 6], WORDS), "1, 2, 3, 4, 5 and 6");
  assert.equal(listing([1, 2, 3, 4, 5, 6, 9], WORDS), "1, 2, 3, … and 9");
});

test("three decimals are rounded as Python rounds them", () => {
  assert.deepEqual([7 / 13, 1, 5 / 16, 3 / 16, 1 / 16, 15 / 16].map(threeDecimals),
    ["0.538", "1.000", "0.312", "0.188", "0.062", "0.938"]);
  assert.deepEqual([-5 / 16, -1 / 3].map(threeDecimals), ["-0.312", "-0.333"]);
});

test("cells fill the room and no more", () => {
  for (const [cells, width] of [[7, 700], [49, 300], [1028, 336], [3, 336]]) {
    const { pitch, side, left } = grid(cells, width, 52, 6, 40);
    assert.ok(pitch <= 40 && side > 0 && side < pitch);
    assert.ok(left >= 52 && left + cells * pitch <= width - 6 + 1e-9);
  }
});
