// The views' arithmetic against tests/cases.json (which Python is tested against too), against
// counting, and against what must hold for every setting.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import {
  commonStep, dependencies, effectiveKernel, outputSize, receptiveField, runsOf, samePadding, tapsOf,
  transposedOutputSize, unreadPositions,
} from "../../dsconv_lib/widgets/static/conv_math.js";

const CASES = JSON.parse(readFileSync(new URL("../cases.json", import.meta.url), "utf8"));

/** Pseudo-random whole numbers, the same in every run. */
function dice(seed) {
  let state = seed;
  return (least, most) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return least + Math.floor((state / 2 ** 32) * (most - least + 1));
  };
}

function someLayers(roll) {
  return Array.from({ length: roll(1, 4) }, () =>
    ({ kernel_size: roll(1, 5), dilation: roll(1, 6), stride: roll(1, 3) }));
}

for (const [name, least] of [["output_size", 20], ["transposed_output_size", 8], ["same_padding", 5], ["receptive_field", 10]]) {
  test(`cases.json holds cases of ${name}`, () => assert.ok(CASES[name].length >= least));
}

for (const one of CASES.output_size) {
  const { size, kernel_size: kernel, stride, padding, dilation } = one;
  test(`output size of ${size}, K${kernel} S${stride} P${padding} D${dilation}`, () => {
    assert.equal(outputSize(size, kernel, stride, padding, dilation), one.output_size);
    assert.equal(effectiveKernel(kernel, dilation), one.effective_kernel);
    assert.equal(unreadPositions(size, kernel, stride, padding, dilation)?.length ?? null, one.unread);
  });
}

for (const one of CASES.transposed_output_size) {
  const { size, kernel_size: kernel, stride, padding, dilation, output_padding: extra } = one;
  test(`transposed output size of ${size}, K${kernel} S${stride} P${padding} D${dilation} +${extra}`, () => {
    assert.equal(transposedOutputSize(size, kernel, stride, padding, dilation, extra), one.output_size);
  });
}

for (const one of CASES.same_padding) {
  test(`same padding of K${one.kernel_size} D${one.dilation}`, () => {
    assert.equal(samePadding(one.kernel_size, one.dilation), one.padding);
  });
}

for (const one of CASES.receptive_field) {
  test(`receptive field of ${one.name}`, () => {
    const field = receptiveField(one.layers);
    for (const key of ["size", "jump", "padding", "reached"]) assert.equal(field[key], one[key], key);
    assert.ok(Math.abs(field.density - one.density) < 1e-9, `density ${field.density}`);
    assert.equal(field.holes, one.size - one.reached);
  });
}

test("the output size counts the places where the kernel fits", () => {
  const roll = dice(2);
  for (let run = 0; run < 2000; run++) {
    const [size, kernel, stride, padding, dilation] = [roll(1, 32), roll(1, 9), roll(1, 5), roll(0, 8), roll(1, 6)];
    let places = 0;
    while (places * stride + dilation * (kernel - 1) < size + 2 * padding) places++;
    assert.equal(outputSize(size, kernel, stride, padding, dilation), places || null);
  }
});

test("what is refused is null, in every argument", () => {
  assert.equal(outputSize(4, 3, 1, 0, 2), null);
  for (const args of [[0, 1, 1, 0, 1], [4, 0, 1, 0, 1], [4, 1, 0, 0, 1], [4, 1, 1, -1, 1], [4, 1, 1, 0, 0]]) {
    assert.equal(outputSize(...args), null, String(args));
    assert.equal(transposedOutputSize(...args, 0), null, String(args));
    assert.equal(unreadPositions(...args), null, String(args));
  }
});

test("unread positions are those that no tap of any output meets", () => {
  const roll = dice(3);
  for (let run = 0; run < 1000; run++) {
    const [size, kernel, stride, padding, dilation] = [roll(1, 32), roll(1, 9), roll(1, 5), roll(0, 8), roll(1, 6)];
    const outputs = outputSize(size, kernel, stride, padding, dilation);
    if (outputs === null) continue;
    const read = new Set();
    for (let o = 0; o < outputs; o++) tapsOf(o, kernel, stride, padding, dilation).forEach((p) => read.add(p));
    const expected = Array.from({ length: size }, (_, p) => p).filter((p) => !read.has(p));
    assert.deepEqual(unreadPositions(size, kernel, stride, padding, dilation), expected);
  }
});

test("one of the transposed sizes leads back to the size", () => {
  const roll = dice(4);
  for (let run = 0; run < 1000; run++) {
    const [size, kernel, stride, padding, dilation] = [roll(1, 32), roll(1, 7), roll(1, 5), roll(0, 4), roll(1, 4)];
    const out = outputSize(size, kernel, stride, padding, dilation);
    if (out === null) continue;
    const lost = (size + 2 * padding - effectiveKernel(kernel, dilation)) % stride;
    assert.equal(transposedOutputSize(out, kernel, stride, padding, dilation, lost), size);
  }
});

test("same padding keeps the size", () => {
  for (let kernel = 1; kernel <= 9; kernel++) {
    for (let dilation = 1; dilation <= 6; dilation++) {
      const padding = samePadding(kernel, dilation);
      if (padding !== null) assert.equal(outputSize(11, kernel, 1, padding, dilation), 11);
      else assert.equal((dilation * (kernel - 1)) % 2, 1);
    }
  }
});

test("reached offsets are the sums of one multiple per layer", () => {
  const roll = dice(5);
  for (let run = 0; run < 300; run++) {
    const layers = someLayers(roll);
    let offsets = new Set([0]);
    let jump = 1;
    let size = 1;
    for (const { kernel_size: kernel, dilation, stride } of layers) {
      const next = new Set();
      for (const at of offsets) for (let tap = 0; tap < kernel; tap++) next.add(at + tap * dilation * jump);
      offsets = next;
      size += dilation * (kernel - 1) * jump;
      jump *= stride;
    }
    const field = receptiveField(layers);
    assert.equal(field.size, size);
    assert.equal(field.jump, jump);
    assert.equal(field.mask.length, size);
    assert.deepEqual([...field.mask.keys()].filter((p) => field.mask[p]), [...offsets].sort((a, b) => a - b));
  }
});

test("every map of a stack depends on what the layers below it give", () => {
  const roll = dice(6);
  for (let run = 0; run < 200; run++) {
    const layers = someLayers(roll);
    const levels = dependencies(layers);
    assert.equal(levels.length, layers.length + 1);
    levels.forEach((level, i) => {
      const below = receptiveField(layers.slice(0, i));
      const above = receptiveField(layers.slice(i));
      assert.deepEqual([level.field, level.jump], [below.size, below.jump]);
      assert.deepEqual(level.mask, above.mask);
      assert.deepEqual([level.step, level.count], [above.jump, above.reached]);
    });
  }
});

test("runs tell a mask apart", () => {
  const mask = Uint8Array.of(1, 1, 0, 1, 0, 0, 0, 1);
  assert.deepEqual(runsOf(mask, 1), [[0, 1], [3, 3], [7, 7]]);
  assert.deepEqual(runsOf(mask, 0), [[2, 2], [4, 6]]);
  assert.deepEqual(runsOf(new Uint8Array(0), 1), []);
});

test("the common step is the greatest that every reached offset is a multiple of", () => {
  const roll = dice(7);
  for (let run = 0; run < 300; run++) {
    const layers = someLayers(roll);
    const { mask } = receptiveField(layers);
    const offsets = [...mask.keys()].filter((p) => mask[p] && p > 0);
    let step = offsets[0] ?? 0;
    while (offsets.some((offset) => offset % step)) step--;
    assert.equal(commonStep(layers), step);
  }
  assert.equal(commonStep([{ kernel_size: 1, dilation: 3, stride: 2 }]), 0);
});
