// The receptive-field explorer's drawings, as plain values: the tree and the plane.
import { commonStep, dependencies, runsOf } from "./conv_math.js";
import { bracket, fill, fmt, grid, hatch, line, polygon, rect } from "./shapes.js";
import TABLE from "./receptive_field.json" with { type: "json" };

const STRINGS = TABLE.words;
const OUTPUTS = TABLE.traits.output.range[1] + 1; // neighbouring outputs that are drawn
const HATCH = 5;
const APART = 2; // least mean distance of taps, in pixels, that are drawn one by one
const JOINED = 6; // cells closer than this, in pixels, share one band
const MOST_RUNS = 300; // runs of one row that are drawn one by one

/** The stack and everything that follows from it. */
export function fieldFacts(layers) {
  const levels = dependencies(layers);
  const [{ mask, count }] = levels;
  const size = mask.length;
  return {
    layers,
    levels,
    size,
    jump: levels[layers.length].jump,
    reached: count,
    holes: size - count,
    density: count / size,
    step: commonStep(layers),
    runs: runsOf(mask, 1),
  };
}

/** A layer in short: K3 D2 S2, without what is 1. */
export function operation({ kernel_size: kernel, dilation, stride }) {
  return `K${kernel}${dilation > 1 ? ` D${dilation}` : ""}${stride > 1 ? ` S${stride}` : ""}`;
}

/** The tree of one output's dependencies, from the output (top) to the input (bottom). */
export function treeScene(facts, output, width) {
  const { layers, levels, size, jump } = facts;
  const count = layers.length;
  const wide = width >= 420;
  const gutter = wide ? 104 : 52;
  const largest = count <= 4 ? 30 : count <= 8 ? 22 : 12;
  const cells = size + (OUTPUTS - 1) * jump;
  const { pitch, left } = grid(cells, width, gutter, 6, largest);
  const tall = pitch >= 8 ? pitch - 2 : count > 8 ? 7 : 9;
  const gap = count <= 3 ? 46 : count <= 5 ? 36 : count <= 8 ? 28 : 15;
  const top = 28;
  const y = (level) => top + (count - level) * (tall + gap);
  const d = {
    cell: "", reached: "", "field-input": "", hole: "", "hole-hatch": "", band: "", taps: "",
    chosen: "", bracket: "", "bracket-jump": "",
  };
  const texts = [];
  const least = (level) => (level === count ? 4 : 0);
  // Row by row: where its cells stand, how wide they are, and whether one can tell them apart.
  const rows = levels.map(({ field, jump: apart, mask, step, count: reached }, level) => {
    const base = output * step;
    const runs = runsOf(mask, 1).map(([first, last]) => [base + first, base + last]);
    const space = apart * pitch;
    const single = space >= 4;
    const side = single ? Math.min(tall, space - (space >= 8 ? 2 : 1)) : Math.max(space, least(level));
    return {
      single,
      side,
      space,
      y: y(level),
      base,
      runs,
      holes: runs.slice(1).map(([first], i) => [runs[i][1] + 1, first - 1]),
      reached,
      count: (cells - field) / apart + 1,
      x: (p) => left + (p * apart + (field - 1) / 2 + 0.5) * pitch,
    };
  });
  const stretch = (row, [first, last]) =>
    [row.x(first) - row.side / 2, row.x(last) - row.x(first) + row.side];
  rows.forEach((row, level) => {
    const { runs } = row;
    const kind = level === count ? "chosen" : level === 0 ? "field-input" : "reached";
    const put = (name, run) => {
      const pieces = row.single
        ? Array.from({ length: run[1] - run[0] + 1 }, (_, i) => [run[0] + i, run[0] + i])
        : [run];
      for (const piece of pieces) {
        const [x, w] = stretch(row, piece);
        d[name] += rect(x, row.y, w, tall);
        if (name === "hole") d["hole-hatch"] += hatch(x, row.y, w, tall, HATCH);
      }
    };
    const holes = level === 0 ? row.holes : [];
    if (runs.length > MOST_RUNS && !row.single) {
      // Too fine to show one by one: the reached share below, the holes' share above.
      const [x, w] = stretch(row, [runs[0][0], runs[runs.length - 1][1]]);
      const share = level === 0 ? tall * facts.density : tall;
      d[kind] += rect(x, row.y + tall - share, w, share);
      if (level === 0) {
        d.hole += rect(x, row.y, w, tall - share);
        d["hole-hatch"] += hatch(x, row.y, w, tall - share, HATCH);
      }
    } else {
      for (const run of runs) put(kind, run);
      for (const run of holes) put("hole", run);
    }
    if (row.single) {
      const held = positions(runs);
      const taken = positions([...runs, ...holes]);
      for (let p = 0; p < row.count; p++) if (!taken.has(p)) put("cell", [p, p]);
      if (row.side >= 16) {
        for (let p = 0; p < row.count; p++) {
          const dark = level === count && p === output;
          const inside = level === 0 ? (held.has(p) ? "num-field" : "num-hole") : "num";
          const name = dark ? "num-chosen" : taken.has(p) ? inside : "num-pad";
          texts.push([name, row.x(p), row.y + tall / 2 + 4, "middle", String(p)]);
        }
      }
    } else d.cell += rect(...edge(row, tall));
    if (level > 0) drawTaps(d, row, rows[level - 1], layers[level - 1], tall);
  });
  for (let layer = 1; layer <= count; layer++) {
    const at = (rows[layer].y + tall + rows[layer - 1].y) / 2 + 4;
    const what = operation(layers[layer - 1]);
    const text = fill(wide ? STRINGS.operation : STRINGS.layer, { layer, what });
    texts.push(["row", 0, at, "start", text]);
  }
  // In a deep stack the rows are close: the outermost names step aside.
  const aside = Math.max(0, 14 - (tall + gap) / 2);
  texts.push(["row-end", 0, rows[count].y + tall / 2 + 4 - aside, "start", STRINGS.row_output]);
  texts.push(["row-end", 0, rows[0].y + tall / 2 + 4 + aside, "start", STRINGS.row_input]);

  const [fieldX, fieldW] = stretch(rows[0], [rows[0].base, rows[0].base + size - 1]);
  const shelf = rows[0].y + tall + 5;
  d.bracket = bracket(fieldX, fieldX + fieldW, shelf + 6, -6);
  const caption = (text, x, at) => {
    const half = text.length * 3.4;
    texts.push(["label", Math.max(half, Math.min(width - half, x)), at, "middle", text]);
  };
  caption(fill(STRINGS.bracket_field, { size }), fieldX + fieldW / 2, shelf + 21);
  const from = Math.min(output, OUTPUTS - 2);
  const here = rows[count];
  d["bracket-jump"] = bracket(here.x(from), here.x(from + 1), here.y - 4, -5);
  caption(fill(STRINGS.bracket_jump, { jump }), (here.x(from) + here.x(from + 1)) / 2, here.y - 14);
  return {
    width,
    height: Math.ceil(shelf + 28),
    paths: Object.entries(d),
    texts: texts.map(([kind, tx, ty, anchor, text]) => [kind, fmt(tx), fmt(ty), anchor, text]),
    outputAt: (x) => Math.max(0, Math.min(OUTPUTS - 1, Math.round((x - here.x(0)) / (jump * pitch)))),
  };
}

/** The outline of a row whose cells are too small to tell apart. */
function edge(row, tall) {
  const x = row.x(0) - row.side / 2;
  return [x, row.y, row.x(row.count - 1) + row.side / 2 - x, tall];
}

/** The positions of runs. */
function positions(runs) {
  const all = new Set();
  for (const [first, last] of runs) for (let p = first; p <= last; p++) all.add(p);
  return all;
}

/** The taps of one layer: lines where they are few, otherwise the band that they cover. */
function drawTaps(d, above, below, layer, tall) {
  const { kernel_size: kernel, dilation, stride } = layer;
  const from = above.y + tall;
  const to = below.y;
  const child = (p, tap) => below.base + (p - above.base) * stride + tap * dilation;
  const last = above.runs[above.runs.length - 1][1];
  const reach = child(last, kernel - 1) - below.base + 1;
  if (above.reached * kernel * APART <= reach * below.space) {
    for (const p of positions(above.runs)) {
      for (let tap = 0; tap < kernel; tap++) {
        d.taps += line(above.x(p), from, below.x(child(p, tap)), to);
      }
    }
    return;
  }
  const groups = [];
  const apart = above.space > JOINED; // then even neighbours stand alone
  for (const run of apart ? [...positions(above.runs)].map((p) => [p, p]) : above.runs) {
    const before = groups[groups.length - 1];
    if (before && (run[0] - before[1]) * above.space <= JOINED) before[1] = run[1];
    else groups.push([...run]);
  }
  for (const [a, b] of groups) {
    d.band += polygon([
      [above.x(a) - above.side / 2, from],
      [above.x(b) + above.side / 2, from],
      [below.x(child(b, kernel - 1)) + below.side / 2, to],
      [below.x(child(a, 0)) - below.side / 2, to],
    ]);
  }
}

/**
 * The plane: rows and columns reach alike, so a position is reached where a reached row and a
 * reached column cross. Rows are drawn as stripes and clipped by the columns' stripes.
 */
export function planeScene(facts, most) {
  const { size, runs, density } = facts;
  const side = Math.min(most, 16 * size);
  const pitch = side / size;
  const fine = runs.length > side;
  let rows = "";
  let columns = "";
  for (const [first, last] of fine ? [[0, size - 1]] : runs) {
    rows += rect(0, first * pitch, side, (last - first + 1) * pitch);
    columns += rect(first * pitch, 0, (last - first + 1) * pitch, side);
  }
  let lines = "";
  if (pitch >= 5) {
    for (let i = 1; i < size; i++) {
      lines += line(0, i * pitch, side, i * pitch) + line(i * pitch, 0, i * pitch, side);
    }
  }
  const style = `clip-path:path('${columns}')${fine ? `;opacity:${(density ** 2).toFixed(4)}` : ""}`;
  return {
    width: side,
    height: side,
    paths: [
      ["hole", rect(0, 0, side, side)],
      ["hole-hatch", hatch(0, 0, side, side, HATCH)],
      ["plane-back", rows, style],
      ["plane", rows, style],
      ["plane-lines", lines],
    ],
    texts: [],
  };
}
