// The receptive-field explorer: a stack of layers, the tree of one output, the plane it reads.
import { OWN_KEYS, choice, drawing, listen, make, readout, root, say, slider, watchWidth } from "./dom.js";
import { OUTPUTS, fieldFacts, fieldSentence, operation, planeCounts, planeScene, planeText, treeScene, treeText } from "./receptive_field_scene.js";
import { fill, threeDecimals } from "./shapes.js";
import STRINGS from "./receptive_field.json" with { type: "json" };
import PRESETS from "./presets.json" with { type: "json" };

const NAME = "receptive-field-explorer";
const MOST = 8; // layers that can be edited
const PLANE = 208; // pixels
const CONTROLS = [
  { key: "kernel", symbol: "K", trait: "kernel_size", min: 1, max: 7, kind: "of-kernel" },
  { key: "dilation", symbol: "D", trait: "dilation", min: 1, max: 16, kind: "of-kernel" },
  { key: "stride", symbol: "S", trait: "stride", min: 1, max: 3, kind: "of-output" },
];
const fromPreset = (name) => PRESETS[name].map(([kernel_size, dilation, stride]) =>
  ({ kernel_size, dilation, stride }));
const spell = (layers) => layers.map((layer) => CONTROLS.map(({ trait }) => layer[trait]).join()).join(";");
const NAMES = new Map(Object.keys(PRESETS).map((name) => [spell(fromPreset(name)), name]));

/** One row of sliders; `changed` gets the name and the number. */
function layerRow(index, changed) {
  const sliders = CONTROLS.map((control) => slider({
    ...control,
    label: control.symbol,
    symbol: "",
    name: fill(STRINGS.control, { layer: index + 1, what: STRINGS[control.key] }),
    changed: (value) => changed(control.trait, value),
  }));
  const head = make("span", "dsconv-layer-name", {}, [
    make("span", "dsconv-wide", {}, [fill(STRINGS.layer, { layer: index + 1 })]),
    make("span", "dsconv-narrow", {}, [String(index + 1)]),
  ]);
  const node = make("div", "dsconv-layer", {}, [head, ...sliders.map((one) => one.node)]);
  return { node, set: (layer) => CONTROLS.forEach(({ trait }, i) => sliders[i].set(layer[trait])) };
}

/** Whether every value of a stack is within the sliders' reach. */
const editable = (layers) => layers.length <= MOST && layers.every((layer) =>
  CONTROLS.every(({ trait, min, max }) => layer[trait] >= min && layer[trait] <= max));

function render({ model, el }) {
  root(el, NAME);
  let width = 0;
  let muted = false;
  let facts;
  let known = ""; // the stack that `facts` describes
  let tree;

  function change(traits) {
    muted = true;
    for (const [trait, value] of Object.entries(traits)) model.set(trait, value);
    muted = false;
    draw();
    model.save_changes();
  }
  const setLayers = (layers) => change({ layers, preset: NAMES.get(spell(layers)) ?? "" });
  const layers = () => model.get("layers");

  const { node: choose, select: preset } = choice(STRINGS.preset, Object.entries(STRINGS.presets));
  preset.addEventListener("change", () => {
    if (preset.value) setLayers(fromPreset(preset.value));
    else draw();
  });
  const depth = slider({
    label: STRINGS.layers,
    min: 1,
    max: MOST,
    changed(count) {
      const now = layers().slice(0, count);
      while (now.length < count) now.push({ ...now[now.length - 1] });
      setLayers(now);
    },
  });
  const rows = Array.from({ length: MOST }, (_, i) => layerRow(i, (trait, value) =>
    setLayers(layers().map((layer, j) => (i === j ? { ...layer, [trait]: value } : layer)))));
  const stack = make("div", "dsconv-stack", {}, rows.map(({ node }) => node));
  const fixed = make("ol", "dsconv-fixed", { tabindex: 0, "aria-label": STRINGS.many_layers, ...OWN_KEYS });
  const output = slider({
    label: STRINGS.output,
    min: 0,
    max: OUTPUTS - 1,
    kind: "of-output",
    changed: (value) => change({ output: value }),
  });
  const picture = drawing("dsconv-tree");
  const plane = drawing("dsconv-plane-map");
  const stage = make("div", "dsconv-stage", {}, [picture.node]);
  const sentence = make("p", "dsconv-sentence", { "aria-live": "polite" });
  const numbers = {
    size: readout(STRINGS.readout_field, "receptive-field", "of-input"),
    jump: readout(STRINGS.readout_jump, "jump", "of-output"),
    reached: readout(STRINGS.readout_reached, "reached", "of-input"),
    density: readout(STRINGS.readout_density, "density", "of-plain"),
  };
  const heading = make("span", "dsconv-name");
  const count = (key) => make("b", "", { "data-readout": key });
  const counts = { reached: count("reached-2d"), positions: count("positions-2d"), holes: count("holes-2d") };
  const caption = make("p", "dsconv-plane-counts", {}, STRINGS.plane_counts
    .split(/\{(\w+)\}/).map((part, i) => (i % 2 ? counts[part] : part)));
  el.append(
    make("div", "dsconv-controls dsconv-controls-stack", {}, [
      choose,
      depth.node,
      output.node,
    ]),
    stack,
    fixed,
    make("div", "dsconv-two", {}, [
      stage,
      make("div", "dsconv-plane-box", {}, [heading, plane.node, caption]),
    ]),
    sentence,
    make("div", "dsconv-readouts", {}, Object.values(numbers).map(({ node }) => node)),
  );

  /** Everything that follows from the layers alone. */
  function drawStack(now) {
    facts = fieldFacts(now);
    const open = editable(now);
    stack.hidden = !open;
    fixed.hidden = open;
    depth.set(now.length);
    if (open) rows.forEach(({ node, set }, i) => {
      node.hidden = i >= now.length;
      if (i < now.length) set(now[i]);
    });
    else fixed.replaceChildren(...now.map((layer) => make("li", "", {}, [operation(layer)])));
    numbers.size.set(facts.size);
    numbers.jump.set(facts.jump);
    numbers.reached.set(facts.reached);
    numbers.density.set(threeDecimals(facts.density));
    for (const [key, value] of Object.entries(planeCounts(facts))) say(counts[key], String(value));
    say(sentence, fieldSentence(facts));
    say(heading, fill(STRINGS.plane, facts));
    const scene = planeScene(facts, PLANE);
    plane.draw(scene, planeText(facts));
    for (const name of ["plane-back", "plane"]) {
      plane.path(name).style.clipPath = `path("${scene.clip}")`;
      plane.path(name).style.opacity = scene.opacity;
    }
  }

  function draw() {
    const now = layers();
    const spelled = spell(now);
    if (spelled !== known) drawStack(now);
    known = spelled;
    const chosen = model.get("output");
    preset.value = model.get("preset");
    output.set(chosen);
    if (width === 0) return;
    tree = treeScene(facts, chosen, width);
    picture.draw(tree, treeText(facts));
  }

  picture.node.addEventListener("click", (event) => {
    const x = event.clientX - picture.node.getBoundingClientRect().left;
    if (tree) change({ output: tree.outputAt(x) });
  });

  const stops = [
    listen(model, ["layers", "preset", "output"], () => muted || draw()),
    watchWidth(stage, (now) => {
      width = now;
      draw();
    }),
  ];
  width = Math.round(stage.clientWidth);
  draw();
  return () => stops.forEach((stop) => stop());
}

export default { render };
