// Filtering of whole pictures against the convolution number by number, and what moves along.
import assert from "node:assert/strict";
import { test } from "node:test";

import { conv2d } from "../../dsconv_lib/widgets/static/conv2d.js";
import { differences, filtered, levels, paddingOf, rolled } from "../../dsconv_lib/widgets/static/filter.js";
import { bitmap, PHOTO } from "../../dsconv_lib/widgets/static/photograph.js";

const picture = (rows, columns) =>
  ({ rows, columns, pixels: Uint8Array.from({ length: rows * columns }, (_, i) => (i * i * 37 + 11 * i) % 251) });
const KERNEL = [[1, -2, 3], [0, 4, 1], [5, 0, -1]];

test("with a border of zeros it is the convolution", () => {
  const { rows, columns, pixels } = picture(13, 10);
  const image = [Array.from({ length: rows }, (_, i) => [...pixels.slice(i * columns, (i + 1) * columns)])];
  for (const [stride, dilation] of [[1, 1], [2, 1], [1, 2], [3, 2]]) {
    const found = filtered({ rows, columns, pixels }, KERNEL, { stride, dilation, circular: false });
    const expected = conv2d(image, [KERNEL], { stride, dilation, padding: dilation });
    assert.deepEqual([found.rows, found.columns], [expected.length, expected[0].length]);
    assert.deepEqual([...found.pixels], expected.flat());
  }
});

test("at a circular border every output moves along, with stride 1 and with a stride that divides", () => {
  const one = picture(12, 18);
  for (const [stride, dilation, shift] of [[1, 1, 5], [1, 4, 5], [2, 3, 4], [3, 1, 6]]) {
    const setting = { stride, dilation, circular: true };
    const moved = filtered(rolled(one, shift), KERNEL, setting);
    assert.deepEqual(differences(moved, rolled(filtered(one, KERNEL, setting), shift / stride)), []);
  }
});

test("at a border of zeros only outputs that read it change", () => {
  const one = picture(12, 18);
  const setting = { stride: 1, dilation: 2, circular: false };
  const changed = differences(filtered(rolled(one, 3), KERNEL, setting), rolled(filtered(one, KERNEL, setting), 3));
  assert.ok(changed.length > 10);
  const columns = new Set(changed.map((place) => place % 18));
  for (const column of columns) {
    assert.ok(column < 2 || column >= 16 || (column >= 1 && column < 5), `column ${column}`);
  }
});

test("a border may be wider than the picture", () => {
  const { pixels } = filtered(picture(3, 2), [[1, 0, 0, 0, 0]], { stride: 1, dilation: 4, circular: true });
  assert.deepEqual([...pixels], [...picture(3, 2).pixels]); // 8 columns away is the same pixel
});

test("padding keeps the size of odd kernels", () => {
  assert.deepEqual(paddingOf(KERNEL, 3), [3, 3]);
  assert.deepEqual(paddingOf([[1, 2, 3, 4]], 3), [0, 4]);
});

test("numbers are shown between black and white, around mid-grey where 0 is in the middle", () => {
  const some = { rows: 1, columns: 4, pixels: Float64Array.of(-600, 0, 100, 9000) };
  assert.deepEqual([...levels(some, 2, false).pixels], [0, 0, 50, 254]);
  assert.deepEqual([...levels(some, 2, true).pixels], [0, 127, 177, 254]);
});

test("the photograph is whole, and a bitmap of it is one", () => {
  assert.equal(PHOTO.pixels.length, PHOTO.rows * PHOTO.columns);
  const bytes = Uint8Array.from(atob(bitmap(picture(6, 7)).split(",")[1]), (sign) => sign.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  assert.deepEqual([view.getUint32(2, true), view.getUint32(18, true), view.getUint32(22, true)], [bytes.length, 4, 3]);
  assert.equal(bytes[54 + 1024], picture(6, 7).pixels[4 * 7]); // rows from the last one up
});
