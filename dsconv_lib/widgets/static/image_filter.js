// The image filter: a photograph and its filtered form, side by side, moving together or not.
import { differences, filtered, levels, paddingOf, rolled } from "./filter.js";
import { box, esc, numbers, sentence, svg } from "./markup.js";
import { listed } from "./panels.js";
import { bitmap, colourOf, PHOTO, pictureOf } from "./photograph.js";
import { fill, fmt, rect, threeDecimals } from "./shapes.js";
import { control, widget, within } from "./widget.js";
import TABLE from "./image_filter.json" with { type: "json" };

const WORDS = TABLE.words;
const MOST = TABLE.limits.number;
const PRESETS = Object.fromEntries(Object.entries(TABLE.presets).map(([name, { kernel, divisor = 1 }]) =>
  [name, { kernel: [kernel], divisor }]));
const FAULTS = ["too_large", "too_small", "no_picture"]; // what a file may be
const TOP = 20; // pixels above the pictures
const BETWEEN = 16;

const fraction = (above, below) =>
  (above % below ? threeDecimals(above / below) : String(above / below));
const sizeText = ({ rows, columns }) => `${rows} × ${columns}`;
const weightsOf = (kernel) => kernel[0].flat().reduce((sum, weight) => sum + weight, 0);

/** Input and output as they are shown, and what broke when the input moved. */
function factsOf({ kernel: [kernel], divisor, dilation, stride, border, shift, picture }) {
  const source = picture ?? PHOTO;
  const setting = { stride, dilation, circular: border === "circular" };
  const input = rolled(source, shift);
  const output = filtered(input, kernel, setting);
  const whole = shift % stride === 0;
  const sum = weightsOf([kernel]);
  const shown = levels(output, divisor, sum === 0);
  const broken = shift && whole ? differences(output, rolled(filtered(source, kernel, setting), shift / stride)) : [];
  for (const place of broken) {
    const [row, column] = [Math.floor(place / output.columns), place % output.columns];
    if ((row + column) % 3 === 0) shown.pixels[place] = 255;
  }
  return { input, output: shown, whole, broken: broken.length, sum, total: output.pixels.length };
}

/** What the filter does, in words. */
function filterSentence({ kernel, shift, stride, notice }, { whole, broken, sum, total }) {
  if (notice) return WORDS[notice];
  const taps = kernel[0].flat().filter((weight) => weight).length;
  const values = { shift, offset: fraction(shift, stride), count: broken, total, taps };
  if (!shift) return `${fill(WORDS.sums, values)} ${sum ? WORDS.black : WORDS.grey}`;
  return fill(WORDS[whole ? (broken ? "breaks" : "follows") : "between"], values);
}

function codeOf({ kernel, divisor, dilation, stride, border }) {
  const [rows, columns] = paddingOf(kernel[0], dilation);
  const padded = rows || columns;
  const image = border === "circular" && padded
    ? `F.pad(photo, (${columns}, ${columns}, ${rows}, ${rows}), 'circular')` : "photo";
  const options = [
    divisor > 1 && ` / ${divisor}`,
    border !== "circular" && padded && `, padding=(${rows}, ${columns})`,
    stride > 1 && `, stride=${stride}`,
    dilation > 1 && `, dilation=${dilation}`,
  ];
  return `F.conv2d(${image}, torch.Tensor([${listed(kernel)}])${options.filter(Boolean).join("")})`;
}

function scene(state, width, still) {
  const facts = factsOf(state);
  const { input, output } = facts;
  const readouts = {
    "output-size": sizeText(output),
    sum: fraction(facts.sum, state.divisor),
    offset: fraction(state.shift, state.stride),
  };
  const words = filterSentence(state, facts);
  // Both pictures in one scale: with a stride the output is smaller, as it is.
  const scale = Math.min(1.6, (width - BETWEEN - 4) / 2 / input.columns, 360 / input.rows);
  const places = [[input, 1, WORDS.input, "pixel-frame-input"], [output, 1 + input.columns * scale + BETWEEN, WORDS.output, "pixel-frame-output"]]
    .map(([picture, x, label, kind]) => ({ picture, x, label, kind, wide: picture.columns * scale, tall: picture.rows * scale }));
  const frame = {
    width,
    height: Math.ceil(TOP + input.rows * scale + 3),
    paths: places.map(({ kind, x, wide, tall }) => [kind, rect(x - 0.5, TOP - 0.5, wide + 1, tall + 1)]),
    texts: places.map(({ label, x }) => ["row", fmt(x), fmt(TOP - 6), "start", label]),
  };
  const description = fill(WORDS.picture, { input: sizeText(input), output: sizeText(output), sentence: words });
  const images = places.map(({ picture, x, wide, tall }) =>
    `<image href="${bitmap(picture)}" x="${fmt(x)}" y="${TOP}" width="${fmt(wide)}" height="${fmt(tall)}" preserveAspectRatio="none"/>`);
  const drawing = svg(frame, "photographs", description);
  const canvases = places.map(({ picture, x, wide, tall }, i) =>
    `<canvas class="dsconv-canvas" data-canvas="${i}" width="${picture.columns}" height="${picture.rows}" `
    + `style="${esc(`left:${fmt(x)}px;top:${TOP}px;width:${fmt(wide)}px;height:${fmt(tall)}px`)}"></canvas>`);
  return {
    pictures: places.map(({ picture }) => picture),
    readouts,
    problem: "",
    code: codeOf(state),
    html: box("stage", still ? drawing.replace("</svg>", `${images.join("")}</svg>`) : drawing, ...(still ? [] : canvases))
      + sentence(words) + numbers(TABLE.readouts, readouts),
  };
}

const COLOURS = new Uint32Array(256).map((_, level) =>
  colourOf(level).reduce((all, part, i) => all + part * 256 ** i, 255 * 256 ** 3));

/** Put the pictures' bytes on their canvases. */
function paint(body, { pictures }) {
  pictures.forEach(({ rows, columns, pixels }, i) => {
    const image = new ImageData(columns, rows);
    const colours = new Uint32Array(image.data.buffer);
    for (let at = 0; at < pixels.length; at++) colours[at] = COLOURS[pixels[at]];
    body.querySelector(`[data-canvas="${i}"]`).getContext("2d").putImageData(image, 0, 0);
  });
}

const sizes = [0, 1].map((axis) => ({
  type: "slider",
  label: fill(WORDS.size, { what: TABLE.traits.kernel.label, axis: axis ? WORDS.columns : WORDS.rows }),
  range: [1, TABLE.traits.kernel.most[axis + 1]],
  kind: "of-kernel",
  get: ({ kernel: [rows] }) => (axis ? rows[0].length : rows.length),
  set: (count, { kernel: [rows] }) => {
    const [tall, wide] = axis ? [rows.length, count] : [count, rows[0].length];
    return { kernel: [Array.from({ length: tall }, (_, i) => Array.from({ length: wide }, (_, j) => rows[i]?.[j] ?? 0))] };
  },
}));

/** Whether a state from an address can be shown. */
function accepts({ kernel, border }) {
  const [, tall, wide] = TABLE.traits.kernel.most;
  return Array.isArray(kernel) && kernel.length === 1 && Array.isArray(kernel[0]) && within({ range: [1, tall] }, kernel[0].length)
    && kernel[0].every((row) => Array.isArray(row) && within({ range: [1, wide] }, row.length)
      && row.length === kernel[0][0].length && row.every((weight) => within({ range: [-MOST, MOST] }, weight)))
    && border in TABLE.traits.border.options;
}

export default widget({
  name: "image-filter",
  table: TABLE,
  locals: { picture: null, notice: "" },
  controls: [
    {
      name: "dsconv-controls dsconv-controls-two",
      controls: [
        {
          type: "choice",
          label: WORDS.preset,
          options: [["", WORDS.own], ...Object.entries(TABLE.presets).map(([name, { label }]) => [name, label])],
          get: ({ kernel, divisor }) => Object.keys(PRESETS).find((name) =>
            listed(PRESETS[name].kernel) === listed(kernel) && PRESETS[name].divisor === divisor) ?? "",
          set: (name) => PRESETS[name] ?? {},
        },
        control(TABLE, "border", { type: "choice", options: Object.entries(TABLE.traits.border.options) }),
      ],
    },
    {
      name: "dsconv-beside",
      controls: [
        control(TABLE, "kernel", { type: "cells", least: -MOST, most: MOST, cell: WORDS.cell }),
        {
          name: "dsconv-controls",
          controls: [
            ...sizes,
            ...["divisor", "dilation", "stride", "shift"].map((trait) => control(TABLE, trait)),
          ],
        },
      ],
    },
    {
      type: "file",
      label: WORDS.file,
      accept: "image/*",
      get: () => null,
      set: (found) => (FAULTS.includes(found) ? { notice: found } : { picture: found, notice: "" }),
      read: pictureOf,
    },
  ],
  scene,
  paint,
  accepts,
});
