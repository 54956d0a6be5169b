// The receptive-field explorer: a stack of layers, the tree of one output, the plane it reads.
import { make } from "./controls.js";
import { box, esc, number, numbers, sentence, svg, tag } from "./markup.js";
import { fieldFacts, operation, planeScene, treeScene } from "./receptive_field_scene.js";
import { fill, threeDecimals } from "./shapes.js";
import { control, widget, within } from "./widget.js";
import TABLE from "./receptive_field.json" with { type: "json" };

const { edited: EDITED, layers: MOST_LAYERS, positions: MOST_POSITIONS } = TABLE.limits;
const PLANE = 208; // pixels
const KEYS = Object.keys(TABLE.layer);
const fromPreset = (name) => TABLE.presets[name].layers.map((layer) =>
  Object.fromEntries(KEYS.map((key, i) => [key, layer[i]])));
const spell = (layers) => layers.map((layer) => KEYS.map((key) => layer[key]).join()).join(";");
const NAMES = new Map(Object.keys(TABLE.presets).map((name) => [spell(fromPreset(name)), name]));

/** Whether every number of a stack is within the sliders' reach. */
const editable = (layers) => layers.length <= EDITED && layers.every((layer) =>
  KEYS.every((key) => layer[key] >= TABLE.layer[key].range[0] && layer[key] <= TABLE.layer[key].range[1]));

/** What the stack does, in words. */
function fieldSentence({ size, jump, reached, holes, step }) {
  const parts = [];
  if (size === 1) parts.push(TABLE.words.sees_one);
  else parts.push(fill(holes ? TABLE.words.sees_holes : TABLE.words.sees_all, { size, reached, holes }));
  if (holes && step > 1) parts.push(fill(TABLE.words.gridding, { step }));
  parts.push(fill(jump === 1 ? TABLE.words.jump_one : TABLE.words.jump_many, { jump }));
  return parts.join(" ");
}

/** A layer as the library writes it, without what is 1. */
function spec({ kernel_size: kernel, dilation, stride }) {
  return `ConvSpec(${kernel}${stride > 1 ? `, stride=${stride}` : ""}${dilation > 1 ? `, dilation=${dilation}` : ""})`;
}

function scene({ layers, output }, width, still) {
  const facts = fieldFacts(layers);
  const { size, reached } = facts;
  const words = fieldSentence(facts);
  const plane = { reached: reached ** 2, positions: size ** 2, holes: size ** 2 - reached ** 2 };
  const readouts = {
    "receptive-field": String(size),
    jump: String(facts.jump),
    reached: String(reached),
    density: threeDecimals(facts.density),
    "reached-2d": String(plane.reached),
    "positions-2d": String(plane.positions),
    "holes-2d": String(plane.holes),
  };
  const tree = treeScene(facts, output, width);
  const inWords = fill(TABLE.words.map, { size, counts: fill(TABLE.words.plane_counts, plane) });
  const counts = Object.fromEntries(Object.keys(plane).map((key) =>
    [key, number(`${key}-2d`, readouts[`${key}-2d`], "count")]));
  return {
    tree,
    readouts,
    problem: "",
    code: `receptive_field([${layers.map(spec).join(", ")}])`,
    html: `<ol class="dsconv-fixed" tabindex="0" aria-label="${esc(TABLE.words.many_layers)}"`
      + `${editable(layers) && !still ? ` hidden=""` : ""}>${layers.map((layer) => `<li>${operation(layer)}</li>`).join("")}</ol>`
      + box("two",
        box("stage", svg(tree, "tree", fill(TABLE.words.tree, { layers: layers.length, sentence: words }))),
        box("plane-box", tag("span", "name", fill(TABLE.words.plane, { size })),
          svg(planeScene(facts, PLANE), "plane-map", inWords),
          `<p class="dsconv-plane-counts">${fill(TABLE.words.plane_counts, counts)}</p>`))
      + sentence(words) + numbers(TABLE.readouts, readouts),
  };
}

/** Layers and the preset that they are follow each other. */
function settle(changes) {
  if (changes.preset in TABLE.presets) return { ...changes, layers: fromPreset(changes.preset) };
  if (changes.layers) return { ...changes, preset: NAMES.get(spell(changes.layers)) ?? "" };
  return "preset" in changes ? {} : changes;
}

/** Whether a stack can be drawn. */
function accepts({ layers, preset }) {
  const sound = Array.isArray(layers) && layers.length >= 1 && layers.length <= MOST_LAYERS
    && layers.every((layer) => KEYS.every((key) => within({ range: [1, TABLE.layer[key].most] }, layer?.[key])));
  if (!sound || preset !== (NAMES.get(spell(layers)) ?? "")) return false;
  let [size, jump] = [1, 1];
  for (const { kernel_size: kernel, dilation, stride } of layers) {
    size += dilation * (kernel - 1) * jump;
    jump *= stride;
  }
  return Math.max(size, jump) <= MOST_POSITIONS;
}

/** One row of sliders. */
const row = (index) => ({
  name: "dsconv-layer",
  head: () => [make("span", "dsconv-layer-name", {}, [
    make("span", "dsconv-wide", {}, [fill(TABLE.words.layer, { layer: index + 1 })]),
    make("span", "dsconv-narrow", {}, [String(index + 1)]),
  ])],
  shown: ({ layers }) => editable(layers) && index < layers.length,
  controls: KEYS.map((key) => ({
    type: "slider",
    ...TABLE.layer[key],
    label: TABLE.layer[key].symbol,
    symbol: "",
    name: fill(TABLE.words.control, { layer: index + 1, what: TABLE.layer[key].label }),
    get: ({ layers }) => layers[index]?.[key] ?? 1,
    set: (value, { layers }) =>
      ({ layers: layers.map((layer, i) => (i === index ? { ...layer, [key]: value } : layer)) }),
  })),
});

export default widget({
  name: "receptive-field-explorer",
  table: TABLE,
  controls: [
    {
      name: "dsconv-controls dsconv-controls-stack",
      controls: [
        control(TABLE, "preset", {
          type: "choice",
          options: [["", TABLE.words.own_stack],
            ...Object.entries(TABLE.presets).map(([name, { label }]) => [name, label])],
        }),
        control(TABLE, "layers", {
          range: [1, EDITED],
          get: ({ layers }) => layers.length,
          set: (count, { layers }) => ({
            layers: Array.from({ length: count }, (_, i) => layers[Math.min(i, layers.length - 1)]),
          }),
        }),
        control(TABLE, "output"),
      ],
    },
    { name: "dsconv-stack", controls: Array.from({ length: EDITED }, (_, i) => row(i)) },
  ],
  scene,
  settle,
  accepts,
  point: (picture, x, _, { tree }) => picture === "tree" && { output: tree.outputAt(x) },
});
