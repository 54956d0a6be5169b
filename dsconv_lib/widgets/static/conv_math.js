// The only maths in JavaScript: the arithmetic of dsconv_lib.arithmetic and .receptive_field, along
// one axis. Pure functions of integers; Python and this file are tested against tests/cases.json.

/** Positions from the first tap to the last, both included: D (K - 1) + 1, or null if refused. */
export function effectiveKernel(kernel, dilation) {
  return Math.min(kernel, dilation) < 1 ? null : dilation * (kernel - 1) + 1;
}

/** Output positions of a convolution: floor((n + 2P - D (K - 1) - 1) / S) + 1, or null if refused. */
export function outputSize(size, kernel, stride, padding, dilation) {
  if (Math.min(size, kernel, stride, dilation) < 1 || padding < 0) return null;
  const room = size + 2 * padding - effectiveKernel(kernel, dilation);
  return room < 0 ? null : Math.floor(room / stride) + 1;
}

/** Output positions of a transposed convolution, or null if refused. */
export function transposedOutputSize(size, kernel, stride, padding, dilation, extra) {
  if (Math.min(size, kernel, stride, dilation) < 1 || Math.min(padding, extra) < 0) return null;
  if (extra >= Math.max(stride, dilation)) return null;
  const out = (size - 1) * stride - 2 * padding + effectiveKernel(kernel, dilation) + extra;
  return out < 1 ? null : out;
}

/** Padding that keeps the size at stride 1: D (K - 1) / 2, or null if that is no whole number. */
export function samePadding(kernel, dilation) {
  const span = effectiveKernel(kernel, dilation);
  return span === null || span % 2 === 0 ? null : (span - 1) / 2;
}

/** Input positions (below 0 and from size on: padding) that one output reads. */
export function tapsOf(output, kernel, stride, padding, dilation) {
  return Array.from({ length: kernel }, (_, tap) => output * stride - padding + tap * dilation);
}

/** Input positions that no output reads, in order, or null if the setting is refused. */
export function unreadPositions(size, kernel, stride, padding, dilation) {
  const outputs = outputSize(size, kernel, stride, padding, dilation);
  if (outputs === null) return null;
  const read = new Uint8Array(size);
  for (let output = 0; output < outputs; output++) {
    for (const at of tapsOf(output, kernel, stride, padding, dilation)) {
      if (at >= 0 && at < size) read[at] = 1;
    }
  }
  return runsOf(read, 0).flatMap(([first, last]) =>
    Array.from({ length: last - first + 1 }, (_, i) => first + i));
}

/** Runs [first, last] of equal value in a mask. */
export function runsOf(mask, value) {
  const runs = [];
  for (let i = 0, first = 0; i < mask.length; i = first) {
    first = i + 1;
    while (first < mask.length && mask[first] === mask[i]) first++;
    if (mask[i] === value) runs.push([i, first - 1]);
  }
  return runs;
}

/**
 * What one output depends on in every map of a stack, from the input (index 0) to the output.
 * Of each map: `mask` (1 where output 0 depends on the position, counted from its first one),
 * `count` of ones, `field` and `jump` of the map's cells on the input, and `step`, the positions by
 * which the mask moves on from one output to the next.
 */
export function dependencies(layers) {
  const levels = Array(layers.length + 1);
  levels[layers.length] = { mask: Uint8Array.of(1), step: 1 };
  for (let i = layers.length - 1; i >= 0; i--) {
    const { kernel_size: kernel, dilation, stride } = layers[i];
    const { mask, step } = levels[i + 1];
    const below = new Uint8Array((mask.length - 1) * stride + effectiveKernel(kernel, dilation));
    for (let p = 0; p < mask.length; p++) {
      if (!mask[p]) continue;
      for (let tap = 0; tap < kernel; tap++) below[p * stride + tap * dilation] = 1;
    }
    levels[i] = { mask: below, step: step * stride };
  }
  let field = 1;
  let jump = 1;
  levels.forEach((level, i) => {
    if (i > 0) {
      const { kernel_size: kernel, dilation, stride } = layers[i - 1];
      field += (effectiveKernel(kernel, dilation) - 1) * jump;
      jump *= stride;
    }
    let count = 0;
    for (let p = 0; p < level.mask.length; p++) count += level.mask[p];
    Object.assign(level, { field, jump, count });
  });
  return levels;
}

/** Receptive field of a stack: size, jump, effective padding, reached positions and density. */
export function receptiveField(layers) {
  const [{ mask, count }] = dependencies(layers);
  let padding = 0;
  let jump = 1;
  for (const layer of layers) {
    padding += (layer.padding ?? 0) * jump;
    jump *= layer.stride;
  }
  const size = mask.length;
  return { size, jump, padding, mask, reached: count, holes: size - count, density: count / size };
}

/** Greatest number of which every reached offset is a multiple; 0 for a single position. */
export function commonStep(layers) {
  const divisor = (a, b) => (b === 0 ? a : divisor(b, a % b));
  let step = 0;
  let jump = 1;
  for (const { kernel_size: kernel, dilation, stride } of layers) {
    if (kernel > 1) step = divisor(step, dilation * jump);
    jump *= stride;
  }
  return step;
}
