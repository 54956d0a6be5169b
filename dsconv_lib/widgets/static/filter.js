// Filtering of whole pictures, fast: { rows, columns, pixels }. Pure functions of numbers.
import { outputSize } from "./conv_math.js";

/** Padding on every side that keeps the size at stride 1, where the kernel is odd. */
export const paddingOf = (kernel, dilation) =>
  [kernel.length, kernel[0].length].map((taps) => Math.floor(dilation * (taps - 1) / 2));

/** A picture moved to the right; what leaves on the right comes in on the left. */
export function rolled({ rows, columns, pixels }, shift) {
  const moved = new pixels.constructor(pixels.length);
  const by = shift % columns;
  for (let row = 0; row < rows; row++) {
    const from = row * columns;
    moved.set(pixels.subarray(from + columns - by, from + columns), from);
    moved.set(pixels.subarray(from, from + columns - by), from + by);
  }
  return { rows, columns, pixels: moved };
}

/** A picture with its border: zeros, or the other end of the picture. */
function bordered({ rows, columns, pixels }, [above, beside], circular) {
  const [tall, wide] = [rows + 2 * above, columns + 2 * beside];
  const padded = new Float64Array(tall * wide);
  for (let i = 0; i < tall; i++) {
    const row = i - above;
    if (!circular && (row < 0 || row >= rows)) continue;
    const from = ((row % rows) + rows) % rows * columns;
    padded.set(pixels.subarray(from, from + columns), i * wide + beside);
    if (!circular) continue;
    for (let j = 0; j < beside; j++) {
      padded[i * wide + beside - 1 - j] = pixels[from + columns - 1 - j % columns];
      padded[i * wide + beside + columns + j] = pixels[from + j % columns];
    }
  }
  return { wide, padded };
}

/** The output of a filter: whole sums, not yet divided. */
export function filtered(picture, kernel, { stride, dilation, circular }) {
  const padding = paddingOf(kernel, dilation);
  const { wide, padded } = bordered(picture, padding, circular);
  const [rows, columns] = [[picture.rows, kernel.length], [picture.columns, kernel[0].length]]
    .map(([size, taps], axis) => outputSize(size, taps, stride, padding[axis], dilation));
  const pixels = new Float64Array(rows * columns);
  kernel.forEach((weights, i) => weights.forEach((weight, j) => {
    if (!weight) return;
    for (let row = 0; row < rows; row++) {
      let from = (row * stride + i * dilation) * wide + j * dilation;
      const to = row * columns;
      for (let column = 0; column < columns; column++, from += stride) {
        pixels[to + column] += weight * padded[from];
      }
    }
  }));
  return { rows, columns, pixels };
}

/** How a picture's numbers are shown: 0 is black, or mid-grey where the kernel's sum is 0. */
export function levels({ rows, columns, pixels }, divisor, zero) {
  const shown = new Uint8Array(pixels.length);
  const middle = zero ? 127 : 0;
  for (let i = 0; i < pixels.length; i++) {
    shown[i] = Math.max(0, Math.min(254, Math.round(pixels[i] / divisor + middle)));
  }
  return { rows, columns, pixels: shown };
}

/** The places where two outputs differ. */
export function differences(one, other) {
  const places = [];
  for (let i = 0; i < one.pixels.length; i++) if (one.pixels[i] !== other.pixels[i]) places.push(i);
  return places;
}
