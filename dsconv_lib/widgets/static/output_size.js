// The output-size explorer: one row of cells, a kernel that moves along it, and the formula.
import { effectiveKernel, outputSize, tapsOf, unreadPositions } from "./conv_math.js";
import { box, esc, numbers, sentence, slot, svg, tag } from "./markup.js";
import { bracket, disc, fill, fmt, grid, hatch, line, listing, rect } from "./shapes.js";
import { control, widget } from "./widget.js";
import TABLE from "./output_size.json" with { type: "json" };

const STRINGS = TABLE.words;
const GUTTER = 52;
const MARGIN = 6;
const HATCH = 5;

/** The setting and everything that follows from it. */
function factsOf(state) {
  const { input_size: input, kernel_size: kernel, stride, padding, dilation } = state;
  const args = [input, kernel, stride, padding, dilation];
  const span = effectiveKernel(kernel, dilation);
  const outputs = outputSize(...args);
  return {
    input,
    kernel,
    stride,
    padding,
    dilation,
    span,
    padded: input + 2 * padding,
    room: input + 2 * padding - span,
    outputs,
    unread: unreadPositions(...args),
    chosen: Math.min(state.position, (outputs ?? 1) - 1),
  };
}

/** The drawing: `paths` of [class, d] in a fixed order, `texts` of [class, x, y, anchor, text]. */
function strip(facts, width) {
  const { input, kernel, stride, padding, dilation, span, padded, room, outputs, unread, chosen } = facts;
  const { pitch, side, left } = grid(Math.max(padded, span), width, GUTTER, MARGIN, 40);
  const at = (cell) => left + cell * pitch;
  const centre = (cell) => at(cell) + side / 2;
  const top = 8;
  const strip = top + side + Math.min(84, Math.max(44, 2 * pitch));
  const dots = strip + side + 14;
  const shelf = dots + 12;
  const numbered = side >= 16;
  const d = {
    mesh: "", pad: "", input: "", hole: "", "hole-hatch": "", taps: "", tap: "", "tap-pad": "",
    output: "", chosen: "", skipped: "", start: "", "start-chosen": "", ghost: "", "ghost-tap": "",
    "ghost-taps": "", bracket: "",
  };
  const texts = [
    ["row", GUTTER - 12, top + side / 2 + 4, "end", STRINGS.row_output],
    ["row", GUTTER - 12, strip + side / 2 + 4, "end", STRINGS.row_input],
    ["row", GUTTER - 12, dots + 4, "end", STRINGS.row_starts],
  ];
  const number = (cell, y, text, kind) => {
    if (numbered) texts.push([kind, centre(cell), y + side / 2 + 4, "middle", String(text)]);
  };
  const first = outputs === null ? 0 : chosen * stride;
  const tapped = new Set(tapsOf(0, kernel, 1, -first, dilation));
  const never = new Set(unread);
  for (let cell = 0; cell < Math.max(padded, span); cell++) {
    const pixel = cell - padding;
    const inside = pixel >= 0 && pixel < input;
    const box = rect(at(cell), strip, side, side);
    if (cell >= padded) {
      d.ghost += box;
      d["hole-hatch"] += hatch(at(cell), strip, side, side, HATCH);
      if (tapped.has(cell)) d["ghost-tap"] += box;
      continue;
    }
    if (tapped.has(cell)) d[inside ? "tap" : "tap-pad"] += box;
    else if (never.has(pixel)) {
      d.hole += box;
      d["hole-hatch"] += hatch(at(cell), strip, side, side, HATCH);
    } else d[inside ? "input" : "pad"] += box;
    const plain = never.has(pixel) ? "num-hole" : inside ? "num" : "num-pad";
    const kind = tapped.has(cell) ? "num-tap" : plain;
    number(cell, strip, inside ? pixel : 0, kind);
    if (cell <= room) {
      const mark = disc(centre(cell), dots, Math.min(4, Math.max(1.5, side / 4)));
      if (cell % stride) d.skipped += mark;
      else d[cell === first ? "start-chosen" : "start"] += mark;
    }
  }
  for (let output = 0; output < (outputs ?? 0); output++) {
    const cell = output * stride + (span - 1) / 2;
    const here = output === chosen;
    d[here ? "chosen" : "output"] += rect(at(cell), top, side, side);
    number(cell, top, output, here ? "num-chosen" : "num");
    for (let tap = 0; tap < kernel; tap++) {
      const to = centre(output * stride + tap * dilation);
      d[here ? "taps" : "mesh"] += line(centre(cell), top + side, to, strip);
    }
  }
  if (outputs === null) {
    // The output that would be: where its taps would have to land.
    const middle = (span - 1) / 2;
    d.ghost += rect(at(middle), top, side, side);
    d["hole-hatch"] += hatch(at(middle), top, side, side, HATCH);
    for (const cell of tapped) d["ghost-taps"] += line(centre(middle), top + side, centre(cell), strip);
    texts.push(["label", at(middle + 1) + 6, top + side / 2 + 4, "start", STRINGS.none]);
    texts.push(["label", at(0), dots + 4, "start", STRINGS.none]);
  }
  d.bracket = bracket(at(first), at(first + span - 1) + side, shelf, 6);
  const label = fill(STRINGS.reach, { span });
  const half = label.length * 3.4;
  const middle = (at(first) + at(first + span - 1) + side) / 2;
  const x = Math.max(half + 2, Math.min(width - half - 2, middle));
  texts.push(["label", x, shelf + 21, "middle", label]);
  return {
    width,
    height: Math.ceil(shelf + 28),
    paths: Object.entries(d),
    texts: texts.map(([kind, tx, ty, anchor, text]) => [kind, fmt(tx), fmt(ty), anchor, text]),
    cell: { left, pitch, side },
  };
}

/** What the chosen output reads, in words. */
function readingSentence(facts) {
  const { input, kernel, stride, padding, dilation, outputs, chosen } = facts;
  if (outputs === null) return "";
  const taps = tapsOf(chosen, kernel, stride, padding, dilation);
  const pixels = taps.filter((pixel) => pixel >= 0 && pixel < input);
  if (pixels.length === 0) return fill(STRINGS.reads_padding, { output: chosen });
  const form = (pixels.length === 1 ? "reads_one" : "reads_many")
    + (pixels.length < taps.length ? "_padding" : "");
  return fill(STRINGS[form], { output: chosen, pixels: listing(pixels, STRINGS) });
}

/** Why the setting is impossible and what helps, or "". */
function problemOf({ kernel, padding, dilation, span, padded, room, outputs }) {
  if (outputs !== null) return "";
  const least = padding + Math.ceil(-room / 2);
  const most = kernel > 1 ? Math.floor((padded - 1) / (kernel - 1)) : 0;
  const mend = dilation > 1 && most >= 1 ? STRINGS.mend_dilation : STRINGS.mend;
  return `${fill(STRINGS.impossible, { span, padded })} ${fill(mend, { least, most })}`;
}

/** What a possible setting does, in words. */
function settingSentence(facts) {
  const { input, stride, padding, span, room, outputs, unread } = facts;
  const fits = room === 0 ? "fits_once" : stride === 1 ? "fits_all" : "fits_some";
  const parts = [fill(STRINGS[fits], { places: room + 1, stride, outputs })];
  if (outputs === input) parts.push(STRINGS.same);
  if (unread.length === 0) parts.push(STRINGS.all_read);
  else {
    const last = (outputs - 1) * stride - padding + span - 1;
    const atEnd = unread[0] > last;
    const reason = atEnd ? "reason_end" : stride > span ? "reason_jump" : "reason_gaps";
    parts.push(fill(STRINGS[unread.length === 1 ? "unread_one" : "unread_many"], {
      pixels: listing(unread, STRINGS),
      reason: fill(STRINGS[reason], { next: outputs * stride - padding, stride, span }),
    }));
  }
  return parts.join(" ");
}

const minus = (value) => String(value).replace("-", "−");

/** The formula with numbers put in; each `... =` part stays together when lines break. */
function formula({ input, kernel, stride, padding, dilation, room, outputs }) {
  const floor = (sign) => tag("span", "floor", sign);
  const term = ([above, below]) => `<span class="dsconv-term">${floor("⌊")}<span class="dsconv-fraction">`
    + `${tag("span", "above", above)}${tag("span", "below", below)}</span>${floor("⌋")} + 1 =</span> `;
  const filled = `${input} + 2·${padding} − ${dilation}·(${kernel} − 1) − 1`;
  const result = outputs ?? fill(STRINGS.formula_negative, { room: minus(room) });
  const spoken = `${STRINGS.formula}: ⌊(${filled}) / ${stride}⌋ + 1 = ${result}`;
  const terms = [["n + 2P − D(K − 1) − 1", "S"], [filled, stride], [minus(room), stride]];
  return `<div class="dsconv-formula" role="math" aria-label="${esc(spoken)}">${terms.map(term).join("")}`
    + `${tag("span", "term dsconv-result", result)}</div>`;
}

function scene(state, width) {
  const facts = factsOf(state);
  const { kernel, stride, padding, dilation, outputs, unread, span } = facts;
  const problem = problemOf(facts);
  const reading = readingSentence(facts);
  const words = problem || settingSentence(facts);
  const readouts = {
    "output-size": String(outputs ?? STRINGS.none),
    "effective-kernel": String(span),
    unread: String(unread?.length ?? STRINGS.none),
  };
  const picture = strip(facts, width);
  const description = fill(STRINGS.picture, { ...facts, sentence: `${words} ${reading}`.trim() });
  return {
    facts,
    reading,
    cell: picture.cell,
    readouts,
    problem,
    code: `nn.Conv2d(1, 1, kernel_size=${kernel}, stride=${stride}, padding=${padding}, dilation=${dilation})`,
    html: box("stage", svg(picture, "strip", description))
      + box("below-stage", slot("position"), tag("p", "reading", reading))
      + sentence(words) + numbers(TABLE.readouts, readouts) + formula(facts),
  };
}

/** The output position nearest to a point of the strip. */
function point(_, x, y, { facts: { outputs, span, stride }, cell: { left, pitch, side } }) {
  if (outputs === null) return null;
  const output = Math.round(((x - left - side / 2) / pitch - (span - 1) / 2) / stride);
  return { position: Math.max(0, Math.min(outputs - 1, output)) };
}

export default widget({
  name: "output-size-explorer",
  table: TABLE,
  locals: { position: 0 },
  controls: [
    {
      name: "dsconv-controls",
      controls: Object.keys(TABLE.traits).map((trait) => control(TABLE, trait)),
    },
    control(TABLE, "position", {
      label: STRINGS.position,
      range: [0, 0],
      kind: "of-output",
      slot: "position",
      get: (_, { facts: { chosen } }) => chosen,
      limits: (_, { facts: { outputs }, reading }) =>
        ({ most: (outputs ?? 1) - 1, off: outputs === null, text: reading || STRINGS.none }),
    }),
  ],
  scene,
  point,
  hover: true,
});
