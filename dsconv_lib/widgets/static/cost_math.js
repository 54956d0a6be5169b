// What convolutions cost, as dsconv_lib.cost counts it: float32, biases, stride 1, size kept.

const BYTES = 4;

/** Cost of one convolution on `places` output positions. */
export function layerCost({ inputs, outputs, taps, groups, places }) {
  const weights = outputs * (inputs / groups) * taps;
  const parameters = weights + outputs;
  const macs = weights * places;
  const bytes = BYTES * (inputs * places + parameters + outputs * places);
  return { parameters, macs, bytes, intensity: 2 * macs / bytes };
}

/** Cost of a depthwise and a pointwise convolution, each and together. */
export function separableCost({ inputs, outputs, taps, multiplier, places }) {
  const between = inputs * multiplier;
  const depthwise = layerCost({ inputs, outputs: between, taps, groups: inputs, places });
  const pointwise = layerCost({ inputs: between, outputs, taps: 1, groups: 1, places });
  const both = (key) => depthwise[key] + pointwise[key];
  return { depthwise, pointwise, parameters: both("parameters"), macs: both("macs"), bytes: both("bytes") };
}

/** GFLOP/s that a roofline leaves to a layer. */
export const attainable = ({ intensity }, { peak, bandwidth }) => Math.min(peak, intensity * bandwidth);

/** Microseconds that a layer takes at the ceilings. */
export const microseconds = (layer, ceilings) => 2 * layer.macs / attainable(layer, ceilings) / 1000;

/** The greatest number up to `most` that divides both. */
export function commonDivisor(a, b, most) {
  for (let n = most; n > 1; n--) if (a % n === 0 && b % n === 0) return n;
  return 1;
}
