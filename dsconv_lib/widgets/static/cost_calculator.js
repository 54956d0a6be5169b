// The cost calculator: a standard layer and its separable twin in numbers and on a roofline.
import { attainable, commonDivisor, layerCost, microseconds, separableCost } from "./cost_math.js";
import { box, esc, number, numbers, sentence, svg, tag } from "./markup.js";
import { disc, fill, fmt, line, threeDecimals } from "./shapes.js";
import { control, widget } from "./widget.js";
import TABLE from "./cost_calculator.json" with { type: "json" };

const WORDS = TABLE.words;
const COUNTED = { parameters: WORDS.row_parameters, macs: WORDS.row_macs, bytes: WORDS.row_bytes };
const LAYER = ["in_channels", "out_channels", "kernel_size", "height", "width"];

function factsOf(state) {
  const { in_channels: inputs, out_channels: outputs, kernel_size: kernel, height, width, multiplier, groups } = state;
  const shape = { inputs, outputs, taps: kernel ** 2, places: height * width };
  const fits = inputs % groups === 0 && outputs % groups === 0;
  const problem = fits ? "" : fill(WORDS.impossible, { ...state, mend: commonDivisor(inputs, outputs, groups - 1) });
  return { problem, standard: fits ? layerCost({ ...shape, groups }) : null, separable: separableCost({ ...shape, multiplier }) };
}

function readoutsOf({ standard, separable }) {
  const { depthwise, pointwise } = separable;
  const whole = (key) => (standard ? String(standard[key]) : WORDS.none);
  return {
    "parameters-standard": whole("parameters"),
    "parameters-separable": String(separable.parameters),
    "macs-standard": whole("macs"),
    "macs-separable": String(separable.macs),
    "bytes-standard": whole("bytes"),
    "bytes-separable": String(separable.bytes),
    "intensity-standard": standard ? threeDecimals(standard.intensity) : WORDS.none,
    "intensity-depthwise": threeDecimals(depthwise.intensity),
    "intensity-pointwise": threeDecimals(pointwise.intensity),
    ratio: standard ? threeDecimals(separable.macs / standard.macs) : WORDS.none,
  };
}

/** Two significant digits at least. */
const short = (value) => (value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(2))));

function costSentence(state, { problem, standard, separable }) {
  if (problem) return problem;
  const ratio = separable.macs / standard.macs;
  if (ratio >= 1) return fill(WORDS.more, { ratio: threeDecimals(ratio) });
  const times = [microseconds(separable.depthwise, state) + microseconds(separable.pointwise, state), microseconds(standard, state)];
  const [both, one] = times.map((time) => fill(WORDS.microseconds, { number: short(time) }));
  return fill(WORDS.fewer, { times: (1 / ratio).toFixed(2), separable: both, standard: one, speed: short(times[1] / times[0]) });
}

/** The ratio as the formula has it; derived from both counts of MACs, per output position. */
function formulaText({ out_channels: outputs, kernel_size: kernel, multiplier, groups }) {
  const taps = kernel ** 2;
  const ratio = threeDecimals(groups * (multiplier / outputs + multiplier / taps));
  return fill(WORDS[groups > 1 ? "formula_groups" : "formula"], { outputs, taps, multiplier, groups, ratio });
}

const DECADES = { x: [-1, 4], y: [-1, 5] };

/** Speed over intensity, both in powers of ten: two ceilings, and a dot for every layer. */
function roofline(state, { standard, separable }, width) {
  const [left, right, top, tall] = [52, 20, 28, 210];
  const wide = Math.min(width, 560) - left - right;
  const scale = ([least, most], length) => (value) =>
    (Math.max(least, Math.min(most, Math.log10(value))) - least) / (most - least) * length;
  const x = (value) => left + scale(DECADES.x, wide)(value);
  const y = (value) => top + tall - scale(DECADES.y, tall)(value);
  const { peak, bandwidth } = state;
  const d = { mesh: "", leader: "", "roof-memory": "", "roof-arithmetic": "", tap: "", output: "", chosen: "" };
  const texts = [];
  for (let power = DECADES.x[0]; power <= DECADES.x[1]; power++) {
    d.mesh += line(x(10 ** power), top, x(10 ** power), top + tall);
    texts.push(["num-pad", x(10 ** power), top + tall + 15, "middle", String(10 ** power)]);
  }
  for (let power = DECADES.y[0]; power <= DECADES.y[1]; power++) {
    d.mesh += line(left, y(10 ** power), left + wide, y(10 ** power));
    texts.push(["num-pad", left - 6, y(10 ** power) + 4, "end", String(10 ** power)]);
  }
  texts.push(["row", left + wide / 2, top + tall + 32, "middle", WORDS.axis_x], ["row", 0, 11, "start", WORDS.axis_y]);
  const ridge = peak / bandwidth;
  // Both lines end at the frame, or where they meet.
  const from = Math.max(10 ** DECADES.x[0], 10 ** DECADES.y[0] / bandwidth);
  const until = Math.min(ridge, 10 ** DECADES.x[1]);
  if (from < until) d["roof-memory"] = line(x(from), y(from * bandwidth), x(until), y(until * bandwidth));
  if (ridge < 10 ** DECADES.x[1]) d["roof-arithmetic"] = line(x(ridge), y(peak), left + wide, y(peak));
  const middle = Math.sqrt(from * until);
  if (x(middle) - left > 64) texts.push(["row", x(middle) - 8, y(middle * bandwidth) - 6, "end", WORDS.memory]);
  if (x(ridge) < left + wide - 70) texts.push(["row", left + wide - 4, y(peak) - 8, "end", WORDS.arithmetic]);
  const dots = [["depthwise", separable.depthwise, "tap"], ["pointwise", separable.pointwise, "output"],
    ...(standard ? [["standard", standard, "chosen"]] : [])]
    .map(([name, layer, kind]) => ({ name, kind, px: x(layer.intensity), py: y(attainable(layer, state)) }));
  dots.sort((a, b) => a.px - b.px).forEach(({ name, kind, px, py }, i) => {
    d[kind] += disc(px, py, 6);
    // Names stand at the foot, the leftmost lowest, each beside a line to its dot.
    const at = top + tall - 10 - 20 * i;
    const ends = px > left + wide - 70;
    d.leader += line(px, py, px, at);
    texts.push(["label", px + (ends ? -6 : 6), at, ends ? "end" : "start", WORDS[name]]);
  });
  return { width: left + wide + right, height: top + tall + 38, paths: Object.entries(d),
    texts: texts.map(([kind, tx, ty, anchor, text]) => [kind, fmt(tx), fmt(ty), anchor, text]) };
}

/** The costs as a table: a row for each kind, a column for each layer. */
function costTable(readouts) {
  const head = (text, scope) => `<th scope="${scope}">${esc(text)}</th>`;
  const cell = (...pieces) => `<td>${pieces.join("")}</td>`;
  const plain = (what) => `<tr>${head(COUNTED[what], "row")}${["standard", "separable"]
    .map((layer) => cell(number(`${what}-${layer}`, readouts[`${what}-${layer}`], "count"))).join("")}</tr>`;
  const part = (layer) => `${tag("span", "name", WORDS[layer])} ${number(`intensity-${layer}`, readouts[`intensity-${layer}`], "count")}`;
  return `<table class="dsconv-costs" aria-label="${esc(WORDS.caption)}"><thead><tr><td></td>`
    + `${head(WORDS.standard, "col")}${head(WORDS.separable, "col")}</tr></thead><tbody>`
    + `${Object.keys(COUNTED).map(plain).join("")}<tr>${head(WORDS.row_intensity, "row")}`
    + `${cell(number("intensity-standard", readouts["intensity-standard"], "count"))}${cell(part("depthwise"), "<br/>", part("pointwise"))}</tr></tbody></table>`;
}

function codeOf({ in_channels: inputs, out_channels: outputs, kernel_size: kernel, height, width, multiplier, groups, dilation }) {
  const room = dilation * (kernel - 1);
  const sides = `(${Math.floor(room / 2)}, ${room - Math.floor(room / 2)})`;
  const spec = `ConvSpec(${kernel}, padding=(${sides}, ${sides})${dilation > 1 ? `, dilation=${dilation}` : ""})`;
  const layer = `${spec}, (${height}, ${width}), ${inputs}, ${outputs}`;
  return `conv_cost(${layer}${groups > 1 ? `, groups=${groups}` : ""}), `
    + `separable_cost(${layer}${multiplier > 1 ? `, channel_multiplier=${multiplier}` : ""})`;
}

function scene(state, width) {
  const facts = factsOf(state);
  const words = costSentence(state, facts);
  const readouts = readoutsOf(facts);
  return {
    readouts,
    problem: facts.problem,
    code: codeOf(state),
    html: costTable(readouts) + box("ratio", numbers(TABLE.readouts, readouts), tag("p", "ratio-formula", formulaText(state)))
      + box("stage", svg(roofline(state, facts, width), "roofline", fill(WORDS.picture, { sentence: words }))) + sentence(words),
  };
}

/** A slider over powers of ten, ten steps to each. */
const tenfold = (trait) => {
  const { range } = TABLE.traits[trait];
  return control(TABLE, trait, {
    range: range.map((end) => Math.round(10 * Math.log10(end))),
    get: (state) => Math.round(10 * Math.log10(state[trait])),
    set: (value) => ({ [trait]: Math.round(10 ** (value / 10)) }),
    limits: (state) => ({ shown: String(state[trait]), text: String(state[trait]) }),
  });
};

export default widget({
  name: "cost-calculator",
  table: TABLE,
  controls: [
    {
      type: "choice",
      label: WORDS.preset,
      options: [["", WORDS.own], ...Object.entries(TABLE.presets).map(([name, { label }]) => [name, label])],
      get: (state) => Object.entries(TABLE.presets).find(([, { values }]) =>
        LAYER.every((key, i) => state[key] === values[i]))?.[0] ?? "",
      set: (name) => (name ? Object.fromEntries(LAYER.map((key, i) => [key, TABLE.presets[name].values[i]])) : {}),
    },
    {
      name: "dsconv-controls dsconv-controls-wide",
      controls: [
        ...["in_channels", "out_channels", "height", "width"].map((trait) => control(TABLE, trait, { type: "number" })),
        ...["kernel_size", "dilation", "multiplier", "groups"].map((trait) => control(TABLE, trait)),
        tenfold("peak"),
        tenfold("bandwidth"),
      ],
    },
  ],
  scene,
});
