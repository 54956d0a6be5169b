// What both drawings are made of: path text, hatching, numbers and sentences. Pure functions; the
// Python module svg.py holds the same, and a test draws with both and compares every character.

/** A coordinate, to a tenth of a pixel. */
export const fmt = (value) => String(Math.floor(value * 10 + 0.5) / 10);

export const rect = (x, y, w, h) => `M${fmt(x)} ${fmt(y)}h${fmt(w)}v${fmt(h)}h${fmt(-w)}z`;

export const line = (x1, y1, x2, y2) => `M${fmt(x1)} ${fmt(y1)}L${fmt(x2)} ${fmt(y2)}`;

/** A closed polygon of [x, y] corners. */
export const polygon = (corners) =>
  `M${corners.map(([x, y]) => `${fmt(x)} ${fmt(y)}`).join("L")}z`;

/** A disc, as two half circles. */
export const disc = (x, y, r) =>
  `M${fmt(x - r)} ${fmt(y)}a${fmt(r)} ${fmt(r)} 0 0 1 ${fmt(2 * r)} 0a${fmt(r)} ${fmt(r)} 0 0 1 ${fmt(-2 * r)} 0z`;

/** A bracket below (or, with a negative drop, above) a stretch. */
export const bracket = (x1, x2, y, drop) =>
  `M${fmt(x1)} ${fmt(y)}v${fmt(drop)}H${fmt(x2)}v${fmt(-drop)}`;

/** Diagonal lines across a rectangle, on one grid for the whole drawing. */
export function hatch(x, y, w, h, gap) {
  let d = "";
  for (let c = Math.ceil((x + y) / gap) * gap; c < x + w + y + h; c += gap) {
    const left = Math.max(x, c - y - h);
    const right = Math.min(x + w, c - y);
    if (right > left) d += line(left, c - left, right, c - right);
  }
  return d;
}

/** Fill the {names} of a template. */
export const fill = (template, values) =>
  template.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));

/** 1, 2 and 3; long lists keep their first three and their last. */
export function listing(numbers, words) {
  const shown = numbers.length > 6
    ? [...numbers.slice(0, 3), "…", numbers[numbers.length - 1]]
    : numbers;
  if (shown.length === 1) return String(shown[0]);
  return shown.slice(0, -1).join(words.comma) + words.and + String(shown[shown.length - 1]);
}

/** Three decimals, halves to even, as Python's format has it. */
export function threeDecimals(value) {
  if (value < 0) return `-${threeDecimals(-value)}`;
  const sixteenths = value * 16;
  if (!Number.isInteger(sixteenths) || sixteenths % 2 === 0) return value.toFixed(3);
  const below = Math.floor(value * 1000);
  return ((below + (below % 2)) / 1000).toFixed(3);
}

/** Where the cells of a drawing `width` wide stand: pitch, side and left edge. */
export function grid(cells, width, gutter, margin, largest) {
  const room = width - gutter - margin;
  const fit = Math.min(largest, room / cells);
  const pitch = fit >= 8 ? Math.floor(fit) : fit;
  const side = pitch - (pitch >= 8 ? 2 : Math.min(1, pitch / 4));
  return { pitch, side, left: gutter + Math.floor((room - cells * pitch) / 2) };
}
