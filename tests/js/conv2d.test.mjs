// Convolution number by number, and its gradients, against tests/cases.json and against laws.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { at, conv2d, conv2dGradients, outputShape, shapeOf, turned, zeros } from "../../dsconv_lib/widgets/static/conv2d.js";

const CASES = JSON.parse(readFileSync(new URL("../cases.json", import.meta.url), "utf8")).conv2d;

test("cases.json holds cases of conv2d", () => assert.ok(CASES.length >= 12));

for (const { image, kernel, mode, output, upstream, source, ...setting } of CASES) {
  test(`conv2d: ${source}`, () => {
    const turn = mode === "convolution";
    if (output === null) {
      assert.ok(outputShape(image, kernel, setting).includes(null));
      return;
    }
    assert.deepEqual(conv2d(image, kernel, { ...setting, turn }), output);
    if (turn) assert.deepEqual(conv2d(image, turned(kernel), setting), output);
    if (!upstream) return;
    const gradients = conv2dGradients(image, kernel, upstream, setting);
    assert.deepEqual(gradients.weight, setting.kernel_gradient);
    assert.deepEqual(gradients.pixel, setting.image_gradient);
  });
}

test("what a small change of a number does to the output is its gradient", () => {
  const image = [[[3, -1, 4, 1], [5, 9, -2, 6], [5, 3, 5, 8]], [[9, 7, 9, 3], [2, 3, 8, 4], [6, 2, 6, 4]]];
  const kernel = [[[2, 7], [-1, 8]], [[2, 8], [1, 8]]];
  for (const setting of [{ stride: 1, padding: 0, dilation: 1 }, { stride: 2, padding: 1, dilation: 2, turn: true }]) {
    const [rows, columns] = outputShape(image, kernel, setting);
    const upstream = zeros([1, rows, columns])[0].map((row, i) => row.map((_, j) => 1 + i + 3 * j));
    const loss = () => conv2d(image, kernel, setting).flatMap((row, i) =>
      row.map((value, j) => value * upstream[i][j])).reduce((a, b) => a + b);
    const gradients = conv2dGradients(image, kernel, upstream, setting);
    for (const [picture, gradient] of [[image, gradients.pixel], [kernel, gradients.weight]]) {
      assert.deepEqual(shapeOf(picture), shapeOf(gradient));
      picture.forEach((plane, c) => plane.forEach((row, i) => row.forEach((_, j) => {
        const before = loss();
        row[j] += 1;
        assert.equal(loss() - before, at(gradient, [c, i, j])); // it is linear in each number
        row[j] -= 1;
      })));
    }
  }
});
