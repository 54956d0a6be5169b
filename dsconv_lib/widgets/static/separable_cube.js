// The separable cube: depthwise, then pointwise, number by number, beside one standard layer.
import { at, conv2d, meetings } from "./conv2d.js";
import { effectiveKernel } from "./conv_math.js";
import { box, number, numbers, sentence, slot, svg, tag } from "./markup.js";
import { listed, panelsScene, signed, sumText } from "./panels.js";
import { fill } from "./shapes.js";
import { control, widget } from "./widget.js";
import TABLE from "./separable_cube.json" with { type: "json" };

const WORDS = TABLE.words;
const { kernels: KERNELS, pointwise: POINTWISE } = TABLE.example;
const [CHANNELS, ROWS, COLUMNS] = TABLE.example.size;
const IMAGE = Array.from({ length: CHANNELS }, (_, c) => Array.from({ length: ROWS }, (__, i) =>
  Array.from({ length: COLUMNS }, (___, j) => 1 + ROWS * COLUMNS * c + COLUMNS * i + j)));
const TAPS = KERNELS[0].length;
const KINDS = ["pad", "input", "kernel", "output", "hole", "met", "tap-pad", "tap", "chosen"];
const LISTS = Object.keys(TABLE.readouts).filter((key) => !TABLE.readouts[key].kind);

/** The setting and everything that follows from it. */
function factsOf({ padding, dilation, relu, step }) {
  const same = padding === "same" ? dilation * (TAPS - 1) / 2 : 0;
  const setting = { stride: 1, padding: same, dilation };
  const span = effectiveKernel(TAPS, dilation);
  const problem = span > ROWS + 2 * same ? fill(WORDS.impossible, { span, size: ROWS }) : "";
  if (problem) return { problem, setting, relu, count: 1, chosen: 0, touched: new Set() };
  const depthwise = IMAGE.map((rows, c) => conv2d([rows], [KERNELS[c]], setting));
  const between = depthwise.map((rows) => rows.map((row) => row.map((value) => (relu ? Math.max(0, value) : value))));
  const mixed = (maps, weights) => maps[0].map((row, i) => row.map((_, j) =>
    weights.reduce((sum, weight, c) => sum + weight * maps[c][i][j], 0)));
  const pointwise = POINTWISE.map((weights) => mixed(between, weights));
  const standard = POINTWISE.map((weights) => conv2d(IMAGE, KERNELS.map((rows, c) =>
    rows.map((row) => row.map((weight) => weight * weights[c]))), setting));
  const steps = [["depthwise", depthwise], ["pointwise", pointwise]].flatMap(([what, maps]) =>
    maps.flatMap((rows, channel) => rows.flatMap((row, i) => row.map((_, j) => ({ what, place: [channel, i, j] })))));
  const chosen = Math.min(step, steps.length - 1);
  const now = steps[chosen];
  const [channel, row, column] = now.place;
  const met = now.what === "depthwise" ? meetings([IMAGE[channel]], [KERNELS[channel]], setting)
    .filter(({ output }) => output[1] === row && output[2] === column) : [];
  const pairs = met.length
    ? met.map(({ pixel, weight }) => [at([IMAGE[channel]], pixel), at([KERNELS[channel]], weight)])
    : POINTWISE[channel].map((weight, c) => [between[c][row][column], weight]);
  const touched = new Set(met.map(({ pixel }) => [channel, ...pixel.slice(1)].join()));
  return { problem, setting, relu, depthwise, between, pointwise, standard, count: steps.length, chosen, now, pairs, touched };
}

/** The panels: a line for each channel, then the mixing and its results. */
function panelsOf({ problem, setting, relu, depthwise, between, pointwise, standard, now, touched }) {
  const name = (what, channel) => fill(WORDS.of_channel, { what, channel });
  const rowsOf = (rows, kind) => rows.map((row, i) => row.map((value, j) => ({ text: signed(value), kind: kind(i, j) })));
  const here = (what, channel, i, j) => now?.what === what && now.place.join() === [channel, i, j].join();
  const read = (i, j) => now.what === "pointwise" && now.place[1] === i && now.place[2] === j;
  const { padding } = setting;
  const panels = IMAGE.flatMap((rows, c) => {
    const input = Array.from({ length: ROWS + 2 * padding }, (_, i) => Array.from({ length: COLUMNS + 2 * padding }, (__, j) => {
      const place = [c, i - padding, j - padding];
      const inside = rows[place[1]]?.[place[2]] !== undefined;
      const hit = touched.has(place.join());
      return { text: signed(at(IMAGE, place)), kind: inside ? (hit ? "tap" : "input") : (hit ? "tap-pad" : "pad") };
    }));
    const used = now?.what === "depthwise" && now.place[0] === c;
    const line = [
      { key: "", label: c ? name(WORDS.panel_input, c) : WORDS.panel_input, cells: input, breaks: c > 0 },
      { key: "", label: name(WORDS.panel_kernel, c), cells: rowsOf(KERNELS[c], () => (used ? "tap" : "kernel")) },
    ];
    if (problem) return line;
    const kind = (i, j) => (here("depthwise", c, i, j) ? "chosen" : read(i, j) && !relu ? "tap" : "output");
    line.push({ key: `depthwise ${c}`, label: name(WORDS.panel_depthwise, c), cells: rowsOf(depthwise[c], kind) });
    if (relu) line.push({ key: "", label: name(WORDS.panel_relu, c), cells: rowsOf(between[c], (i, j) => (read(i, j) ? "tap" : "output")) });
    return line;
  });
  const weights = rowsOf(POINTWISE, (o) => (now?.what === "pointwise" && now.place[0] === o ? "tap" : "kernel"));
  panels.push({ key: "", label: WORDS.panel_weights, cells: weights, breaks: true });
  if (problem) return [...panels, { key: "", label: WORDS.panel_output, cells: [[{ text: WORDS.none, kind: "hole" }]] }];
  pointwise.forEach((rows, o) => panels.push({ key: `pointwise ${o}`, label: o ? name(WORDS.panel_output, o) : WORDS.panel_output,
    cells: rowsOf(rows, (i, j) => (here("pointwise", o, i, j) ? "chosen" : "output")) }));
  standard.forEach((rows, o) => panels.push({ key: "", label: name(WORDS.panel_standard, o), breaks: o === 0,
    cells: rowsOf(rows, () => "met") }));
  return panels;
}

function readoutsOf({ problem, depthwise, pointwise, standard }) {
  const separable = KERNELS.flat(2).length + POINTWISE.flat().length;
  const dense = POINTWISE.length * KERNELS.flat(2).length;
  const places = problem ? 0 : pointwise[0].flat().length;
  const shown = problem ? [null, null, null, separable, dense, null, null]
    : [depthwise, pointwise, standard, separable, dense, places * separable, places * dense];
  return Object.fromEntries(Object.keys(TABLE.readouts).map((key, i) =>
    [key, shown[i] === null ? WORDS.none : listed(shown[i])]));
}

function codeOf({ setting, relu }) {
  const options = `${setting.padding ? `, padding=${setting.padding}` : ""}${setting.dilation > 1 ? `, dilation=${setting.dilation}` : ""}`;
  const inner = `F.conv2d(x, kernels, groups=${CHANNELS}${options})`;
  return `F.conv2d(${relu ? `torch.relu(${inner})` : inner}, P)`;
}

function scene(state, width) {
  const facts = factsOf(state);
  const { problem, now, pairs } = facts;
  const words = problem || fill(WORDS[now.what], {
    channel: now.place[0],
    place: now.place.slice(1).join(", "),
    sum: sumText(pairs, facts[now.what][now.place[0]][now.place[1]][now.place[2]]),
  });
  const readouts = readoutsOf(facts);
  const picture = panelsScene(panelsOf(facts), width, KINDS);
  return {
    facts,
    cellAt: picture.cellAt,
    readouts,
    problem,
    words,
    code: codeOf(facts),
    html: box("stage", svg(picture, "panels", fill(WORDS.picture, { sentence: words })))
      + box("below-stage", slot("player"), slot("step"))
      + sentence(words) + numbers(TABLE.readouts, readouts)
      + LISTS.map((key) => box("rows", tag("span", "name", TABLE.readouts[key].label), " ", number(key, readouts[key], "list"))).join(""),
  };
}

/** The step that a click on a depthwise or pointwise result chooses. */
function point(_, x, y, { facts, cellAt }) {
  const [key, row, column] = cellAt(x, y) ?? [];
  if (!key || facts.problem) return null;
  const [what, channel] = key.split(" ");
  const [tall, wide] = [facts.pointwise[0].length, facts.pointwise[0][0].length];
  const before = (what === "pointwise" ? CHANNELS : 0) + Number(channel);
  return { step: (before * tall + row) * wide + column };
}

export default widget({
  name: "separable-cube",
  table: TABLE,
  controls: [
    {
      name: "dsconv-controls dsconv-controls-stack",
      controls: [
        control(TABLE, "padding", { type: "choice", options: Object.entries(TABLE.traits.padding.options) }),
        control(TABLE, "dilation"),
        control(TABLE, "relu", { type: "flag" }),
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
  accepts: ({ padding, relu }) => padding in TABLE.traits.padding.options && typeof relu === "boolean",
  point,
});
