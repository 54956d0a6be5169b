// The convolution stepper: input, kernel and every product of one step, forward and backward.
import { at, conv2d, conv2dGradients, meetings, outputShape, shapeOf, turned } from "./conv2d.js";
import { effectiveKernel } from "./conv_math.js";
import { box, numbers, sentence, slot, svg, tag, number } from "./markup.js";
import { listed, panelsScene, several, signed, sumText } from "./panels.js";
import { fill } from "./shapes.js";
import { control, widget, within } from "./widget.js";
import TABLE from "./conv_stepper.json" with { type: "json" };

const WORDS = TABLE.words;
const MOST = TABLE.limits.number;
const KINDS = ["pad", "input", "kernel", "output", "gradient", "hole", "cell", "tap-pad", "tap", "met", "chosen", "chosen-gradient"];
const DEFAULTS = { stride: 1, padding: 0, dilation: 1 };
const PRESETS = Object.fromEntries(Object.entries(TABLE.presets).map(([name, { label, image, kernel, ...more }]) =>
  [name, { mode: "correlation", ...DEFAULTS, ...more, image: layered(image), kernel: layered(kernel), upstream: [], step: 0 }]));
const PRESET_KEYS = ["image", "kernel", "stride", "padding", "dilation"];

/** Rows as a single channel. */
function layered(rows) {
  return Array.isArray(rows[0][0]) ? rows : [rows];
}

/** Why PyTorch refuses the setting, or "". */
function problemOf({ image, kernel, padding, dilation }) {
  const [channels, ...sizes] = shapeOf(image);
  const [depth, ...taps] = shapeOf(kernel);
  if (channels !== depth) return fill(WORDS.channels_differ, { image: channels, kernel: depth });
  for (const [axis, name] of [WORDS.rows, WORDS.columns].entries()) {
    const span = effectiveKernel(taps[axis], dilation);
    const padded = sizes[axis] + 2 * padding;
    if (span > padded) {
      const least = padding + Math.ceil((span - padded) / 2);
      return fill(WORDS.impossible, { axis: name, span, padded, least });
    }
  }
  return "";
}

/** All places of a picture, channel by channel and row by row. */
const placesOf = (picture) => picture.flatMap((rows, channel) =>
  rows.flatMap((row, i) => row.map((_, j) => [channel, i, j])));
const same = (a, b) => a.every((value, i) => value === b[i]);

/** The setting and everything that follows from it. */
function factsOf(state) {
  const { image, kernel, mode, stride, padding, dilation, upstream } = state;
  const setting = { stride, padding, dilation, turn: mode === "convolution" };
  const problem = problemOf(state);
  const backward = mode === "backward";
  if (problem) return { ...state, problem, backward, count: 1, chosen: 0, met: [] };
  const output = conv2d(image, kernel, setting);
  const [rows, columns] = outputShape(image, kernel, setting);
  const grad = Array.from({ length: rows }, (_, i) =>
    Array.from({ length: columns }, (_, j) => upstream[0]?.[i]?.[j] ?? 1));
  const gradients = conv2dGradients(image, kernel, grad, setting);
  const steps = (backward ? [["pixel", gradients.pixel], ["weight", gradients.weight]] : [["output", [output]]])
    .flatMap(([what, picture]) => placesOf(picture).map((place) => ({ what, place, value: at(picture, place) })));
  const chosen = Math.min(state.step, steps.length - 1);
  const now = steps[chosen];
  const met = meetings(image, kernel, setting).filter((one) => same(one[now.what], now.place));
  return { ...state, problem, backward, setting, output, grad, gradients, count: steps.length, chosen, now, met };
}

/** The numbers that are summed in a step, in pairs. */
function pairsOf({ image, kernel, grad, now, met }) {
  const values = { output: (one) => [at(image, one.pixel), at(kernel, one.weight)],
    pixel: (one) => [at([grad], one.output), at(kernel, one.weight)],
    weight: (one) => [at([grad], one.output), at(image, one.pixel)] };
  return met.map(values[now.what]);
}

/** What the step does, in words. */
function stepSentence(facts) {
  const { image, now, met } = facts;
  const pairs = pairsOf(facts);
  const [channel, row, column] = now.place;
  const deep = image.length > 1 && now.what !== "output";
  const place = deep ? fill(WORDS.in_channel, { channel, place: `${row}, ${column}` }) : `${row}, ${column}`;
  if (!met.length) return fill(WORDS.unread, { place });
  // A sum of several channels is told channel by channel: their sums are what is added in the end.
  const sums = image.map((_, c) => met.reduce((sum, one, i) =>
    sum + (one.weight[0] === c ? pairs[i][0] * pairs[i][1] : 0), 0));
  const sum = now.what === "output" && image.length > 1
    ? `${sums.map((value) => (value < 0 ? `(${signed(value)})` : value)).join(" + ")} = ${signed(now.value)}`
    : sumText(pairs, now.value);
  return fill(WORDS[now.what === "output" ? "forward" : now.what], {
    place,
    sum,
    count: several(pairs.length, WORDS.products_one, WORDS.products_many),
    outputs: several(new Set(met.map(({ output }) => output.join())).size, WORDS.outputs_one, WORDS.outputs_many),
  });
}

/** The panels: of each channel input, kernel and products (or gradients), then output or upstream. */
function panelsOf(facts) {
  const { image, kernel, mode, padding, backward, problem, met, now, output, grad, gradients } = facts;
  const name = (word, channel) =>
    (Math.max(image.length, kernel.length) > 1 ? fill(WORDS.of_channel, { what: word, channel }) : word);
  const touched = (what) => new Set(met.map((one) => one[what].join()));
  const [pixels, weights, outputs] = ["pixel", "weight", "output"].map(touched);
  const kindOf = (what, place, plain, hit) =>
    (now?.what === what && same(now.place, place) ? (backward ? "chosen-gradient" : "chosen")
      : { pixel: pixels, weight: weights, output: outputs }[what].has(place.join()) ? hit : plain);
  const rowsOf = (rows, kind) => rows.map((row, i) =>
    row.map((value, j) => ({ text: signed(value), kind: kind(i, j) })));
  const gradient = (what, channel) => rowsOf(gradients[what][channel], (i, j) =>
    (now.what === what && same(now.place, [channel, i, j]) ? "chosen-gradient" : "gradient"));
  const panels = [];
  for (let channel = 0; channel < Math.max(image.length, kernel.length); channel++) {
    const first = panels.length;
    if (image[channel]) {
      const [, rows, columns] = shapeOf(image);
      const cells = Array.from({ length: rows + 2 * padding }, (_, i) =>
        Array.from({ length: columns + 2 * padding }, (_, j) => {
          const place = [channel, i - padding, j - padding];
          const inside = image[channel][place[1]]?.[place[2]] !== undefined;
          const kind = kindOf("pixel", place, inside ? "input" : "pad", inside ? "tap" : "tap-pad");
          return { text: signed(at(image, place)), kind };
        }));
      panels.push({ key: `pixel ${channel}`, label: name(WORDS.panel_input, channel), cells });
    }
    if (kernel[channel]) {
      const used = mode === "convolution" ? turned(kernel)[channel] : kernel[channel];
      const [tall, wide] = [used.length, used[0].length];
      if (mode === "convolution") {
        panels.push({ key: "", label: name(WORDS.panel_kernel, channel), cells: rowsOf(kernel[channel], () => "kernel") });
      }
      const place = (i, j) => (mode === "convolution" ? [channel, tall - 1 - i, wide - 1 - j] : [channel, i, j]);
      const label = mode === "convolution" ? WORDS.panel_turned : WORDS.panel_kernel;
      panels.push({ key: `weight ${channel}`, label: name(label, channel),
        cells: rowsOf(used, (i, j) => kindOf("weight", place(i, j), "kernel", "tap")) });
      if (!backward && !problem) {
        const products = used.map((row, i) => row.map((weight, j) => weight
          * at(image, met.find((one) => same(one.weight, place(i, j))).pixel)));
        panels.push({ key: "", label: name(WORDS.panel_products, channel), cells: rowsOf(products, () => "met") });
      }
    }
    if (backward && !problem) {
      panels.push({ key: `gradient ${channel}`, label: name(WORDS.panel_pixel, channel), cells: gradient("pixel", channel) });
      panels.push({ key: `weight ${channel}`, label: name(WORDS.panel_weight, channel), cells: gradient("weight", channel) });
    }
    if (channel) panels[first].breaks = true;
  }
  if (problem) {
    panels.push({ key: "", label: WORDS.panel_output, cells: [[{ text: WORDS.none, kind: "hole" }]] });
  } else {
    if (backward) panels.push({ key: "", label: WORDS.panel_upstream, cells: rowsOf(grad, (i, j) => kindOf("output", [0, i, j], "gradient", "met")) });
    panels.push({ key: "output", label: WORDS.panel_output, cells: rowsOf(output, (i, j) => kindOf("output", [0, i, j], "output", "output")) });
  }
  return panels;
}

const plain = (picture) => listed(picture.length === 1 ? picture[0] : picture);

function readoutsOf({ problem, backward, now, output, gradients }) {
  const keys = ["value", "position", "output", ...(backward ? ["gradient-input", "gradient-kernel"] : [])];
  if (problem) return Object.fromEntries(keys.map((key) => [key, WORDS.none]));
  const values = [String(now.value), now.place.slice(1).join(", "), listed(output),
    ...(backward ? [plain(gradients.pixel), plain(gradients.weight)] : [])];
  return Object.fromEntries(keys.map((key, i) => [key, values[i]]));
}

function codeOf({ image, kernel, mode, ...state }) {
  const options = Object.keys(DEFAULTS).filter((key) => state[key] !== DEFAULTS[key]).map((key) => `, ${key}=${state[key]}`);
  const turn = mode === "convolution" ? ".flip(2, 3)" : "";
  return `F.conv2d(torch.Tensor([${listed(image)}]), torch.Tensor([${listed(kernel)}])${turn}${options.join("")})`;
}

function scene(state, width) {
  const facts = factsOf(state);
  const words = facts.problem || stepSentence(facts);
  const readouts = readoutsOf(facts);
  const picture = panelsScene(panelsOf(facts), width, KINDS);
  const mode = TABLE.traits.mode.options[state.mode];
  const rows = Object.keys(readouts).slice(2).map((key) =>
    box("rows", tag("span", "name", TABLE.readouts[key].label), " ", number(key, readouts[key], "list")));
  return {
    facts,
    cellAt: picture.cellAt,
    readouts,
    problem: facts.problem,
    code: codeOf(state),
    words,
    html: box("stage", svg(picture, "panels", fill(WORDS.picture, { mode, sentence: words })))
      + box("below-stage", slot("player"), slot("step"))
      + sentence(words) + numbers(TABLE.readouts, readouts) + rows.join(""),
  };
}

/** The step that a click on a cell chooses: an output, or backward a pixel or a weight. */
function point(_, x, y, { facts, cellAt }) {
  const found = cellAt(x, y);
  if (!found || facts.problem) return null;
  const [key, row, column] = found;
  const [what, channel = 0] = key.split(" ");
  const { image, kernel, padding, backward, output } = facts;
  if (!backward) return what === "output" ? { step: row * output[0].length + column } : null;
  const [, rows, columns] = shapeOf(image);
  if (what === "weight") {
    const [, tall, wide] = shapeOf(kernel);
    return { step: image.length * rows * columns + (channel * tall + row) * wide + column };
  }
  if (what !== "pixel" && what !== "gradient") return null;
  // The input is drawn with its padding, its gradient without.
  const [i, j] = what === "pixel" ? [row - padding, column - padding] : [row, column];
  return i >= 0 && j >= 0 && i < rows && j < columns ? { step: (channel * rows + i) * columns + j } : null;
}

/** A picture of another shape: what it had, then what it had before, then zeros. */
const reshaped = (picture, [channels, rows, columns]) => Array.from({ length: channels }, (_, c) =>
  Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, j) => at(picture, [c, i, j]))));

const sizes = (trait) => ["channels", "rows", "columns"].map((axis, i) => ({
  type: "slider",
  label: fill(WORDS.size, { what: TABLE.traits[trait].label, axis: WORDS[axis] }),
  range: [1, TABLE.traits[trait].most[i]],
  kind: TABLE.traits[trait].kind,
  get: (state) => shapeOf(state[trait])[i],
  set: (value, state) => ({ [trait]: reshaped(state[trait], shapeOf(state[trait]).map((n, k) => (k === i ? value : n))) }),
}));

const fields = (trait, get = (state) => state[trait]) => control(TABLE, trait, {
  type: "cells", least: -MOST, most: MOST, cell: WORDS.cell, get,
});

/** Whether a state from an address can be shown. */
function accepts({ image, kernel, upstream, mode }) {
  const sound = (picture, { most }) => Array.isArray(picture) && picture.length >= 1
    && picture.every((rows) => Array.isArray(rows) && rows.length >= 1 && rows.every((row) =>
      Array.isArray(row) && row.length >= 1 && row.length === picture[0][0].length && row.length <= most[2]
      && row.every((value) => within({ range: [-MOST, MOST] }, value)))
      && rows.length === picture[0].length && rows.length <= most[1])
    && picture.length <= most[0];
  return sound(image, TABLE.traits.image) && sound(kernel, TABLE.traits.kernel) && mode in TABLE.traits.mode.options
    && (Array.isArray(upstream) && !upstream.length || sound(upstream, TABLE.traits.upstream));
}

export default widget({
  name: "conv-stepper",
  table: TABLE,
  controls: [
    {
      name: "dsconv-controls dsconv-controls-two",
      controls: [
        {
          type: "choice",
          label: WORDS.example,
          options: [["", WORDS.own], ...Object.entries(TABLE.presets).map(([name, { label }]) => [name, label])],
          get: (state) => Object.keys(PRESETS).find((name) =>
            PRESET_KEYS.every((key) => listed(PRESETS[name][key]) === listed(state[key]))) ?? "",
          set: (name, { mode }) => (name ? { ...PRESETS[name], mode } : {}),
        },
        control(TABLE, "mode", { type: "choice", options: Object.entries(TABLE.traits.mode.options) }),
      ],
    },
    { name: "dsconv-controls", controls: ["stride", "padding", "dilation"].map((trait) => control(TABLE, trait)) },
    {
      name: "dsconv-edit",
      summary: WORDS.edit,
      controls: [
        { name: "dsconv-controls", controls: [...sizes("image"), ...sizes("kernel")] },
        {
          name: "dsconv-cells-row",
          controls: [fields("image"), fields("kernel"), {
            ...fields("upstream", (_, { facts }) => (facts.grad ? [facts.grad] : [])),
            shown: ({ mode }) => mode === "backward",
          }],
        },
      ],
    },
    {
      type: "player",
      slot: "player",
      words: { play: WORDS.play, pause: WORDS.pause, back: WORDS.back, on: WORDS.on },
      get: (_, { facts }) => facts.chosen,
      set: (step) => ({ step }),
      limits: (_, { facts }) => ({ most: facts.count - 1 }),
    },
    control(TABLE, "step", {
      slot: "step",
      get: (_, { facts }) => facts.chosen,
      limits: (_, { facts, words }) => ({ most: facts.count - 1, off: facts.count === 1, text: words }),
    }),
  ],
  scene,
  accepts,
  point,
});
