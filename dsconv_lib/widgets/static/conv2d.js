// Convolution of small pictures, number by number. Pictures and kernels are lists of channels, of
// rows, of numbers. Python and this file are tested against tests/cases.json.
import { outputSize } from "./conv_math.js";

export const shapeOf = (picture) => [picture.length, picture[0].length, picture[0][0].length];

/** A kernel turned by 180 degrees. */
export const turned = (kernel) => kernel.map((rows) => rows.map((row) => [...row].reverse()).reverse());

/** A picture of zeros. */
export const zeros = ([channels, rows, columns]) => Array.from({ length: channels }, () =>
  Array.from({ length: rows }, () => Array(columns).fill(0)));

/** Rows and columns of the output; null along an axis where the kernel does not fit. */
export function outputShape(image, kernel, { stride, padding, dilation }) {
  const [, ...sizes] = shapeOf(image);
  const [, ...spans] = shapeOf(kernel);
  return sizes.map((size, axis) => outputSize(size, spans[axis], stride, padding, dilation));
}

/**
 * Every product of a convolution: which output, which input pixel (outside: padding) and which
 * weight meet. Read by output it is the convolution, by pixel or weight its gradients.
 */
export function meetings(image, kernel, setting) {
  const { stride, padding, dilation, turn = false } = setting;
  const [rows, columns] = outputShape(image, kernel, setting);
  const [channels, tall, wide] = shapeOf(kernel);
  const found = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      for (let channel = 0; channel < channels; channel++) {
        for (let i = 0; i < tall; i++) {
          for (let j = 0; j < wide; j++) {
            const [y, x] = [row * stride - padding + i * dilation, column * stride - padding + j * dilation];
            found.push({
              output: [0, row, column],
              pixel: [channel, y, x],
              weight: turn ? [channel, tall - 1 - i, wide - 1 - j] : [channel, i, j],
            });
          }
        }
      }
    }
  }
  return found;
}

/** The number at a place; 0 outside, which is padding. */
export const at = (picture, [channel, row, column]) => picture[channel]?.[row]?.[column] ?? 0;

/** The output of a convolution (`turn`: with the kernel turned), one channel. */
export function conv2d(image, kernel, setting) {
  const [output] = zeros([1, ...outputShape(image, kernel, setting)]);
  for (const { output: [, row, column], pixel, weight } of meetings(image, kernel, setting)) {
    output[row][column] += at(image, pixel) * at(kernel, weight);
  }
  return output;
}

/** Gradients of the image and of the kernel for an upstream gradient (rows of numbers). */
export function conv2dGradients(image, kernel, upstream, setting) {
  const gradients = { pixel: zeros(shapeOf(image)), weight: zeros(shapeOf(kernel)) };
  for (const { output, pixel, weight } of meetings(image, kernel, setting)) {
    const grad = at([upstream], output);
    const add = (picture, [channel, row, column], value) => {
      if (picture[channel][row]?.[column] !== undefined) picture[channel][row][column] += value;
    };
    add(gradients.pixel, pixel, grad * at(kernel, weight));
    add(gradients.weight, weight, grad * at(image, pixel));
  }
  return gradients;
}
