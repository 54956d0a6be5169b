// Small tables of numbers, side by side: what the widgets that show every number are drawn with.
import { fill, fmt, hatch, rect } from "./shapes.js";

const HEAD = 18; // pixels for a panel's name
const GAP = 22;
const HATCH = 5;
const INK = {
  tap: "num-tap", chosen: "num-chosen", "chosen-gradient": "num-chosen", hole: "num-hole", pad: "num-pad",
  "tap-pad": "num-pad",
};
const DIGIT = 7.2; // pixels of a figure at 11 px; a fine one has two thirds

/** A whole number with a true minus sign. */
export const signed = (value) => String(value).replace("-", "−");

/** The side of a panel's cells, wide enough for its longest number, in the room that there is. */
function pitchOf({ cells }, room) {
  const longest = Math.max(...cells.flat().map(({ text }) => text.length));
  return Math.floor(Math.min(Math.max(room >= 560 ? 34 : 26, longest * DIGIT + 8), 44, room / cells[0].length));
}

/** Put panels into lines, from the left. Of each: { label, key, cells: rows of { text, kind } }. */
function placed(panels, width) {
  let [x, y, line] = [1, 0, 0];
  const places = panels.map((panel) => {
    const pitch = pitchOf(panel, width - 4);
    const wide = Math.max(panel.cells[0].length * pitch, panel.label.length * DIGIT);
    const tall = HEAD + panel.cells.length * pitch;
    if (x > 1 && (x + wide > width - 2 || panel.breaks)) [x, y, line] = [1, y + line + 12, 0];
    const place = { ...panel, pitch, x, y: y + HEAD };
    [x, line] = [x + wide + GAP, Math.max(line, tall)];
    return place;
  });
  return { places, height: Math.ceil(y + line + 2) };
}

/** The drawing of some panels, and which cell stands where. */
export function panelsScene(panels, width, kinds) {
  const { places, height } = placed(panels, width);
  const d = Object.fromEntries([...kinds, "hole-hatch"].map((kind) => [kind, ""]));
  const texts = [];
  for (const { label, cells, pitch, x, y } of places) {
    texts.push(["row", x, y - 6, "start", label]);
    cells.forEach((row, i) => row.forEach(({ text, kind }, j) => {
      const [left, top, side] = [x + j * pitch, y + i * pitch, pitch - 2];
      d[kind] += rect(left, top, side, side);
      if (kind === "hole") d["hole-hatch"] += hatch(left, top, side, side, HATCH);
      const fine = text.length * DIGIT > side - 1;
      if (fine && text.length * DIGIT * 0.76 > side) return;
      texts.push([`${INK[kind] ?? "num"}${fine ? " dsconv-num-fine" : ""}`, left + side / 2, top + side / 2 + 4, "middle", text]);
    }));
  }
  return {
    width,
    height,
    paths: Object.entries(d),
    texts: texts.map(([kind, tx, ty, anchor, text]) => [kind, fmt(tx), fmt(ty), anchor, text]),
    /** The panel and cell at a point: [key, row, column], or null. */
    cellAt(px, py) {
      for (const { key, cells, pitch, x, y } of places) {
        const [row, column] = [Math.floor((py - y) / pitch), Math.floor((px - x) / pitch)];
        if (cells[row]?.[column]) return [key, row, column];
      }
      return null;
    },
  };
}

/** a·b + c·d = sum, without what is too much to read: then by group. */
export function sumText(pairs, total) {
  const times = ([a, b]) => `${signed(a)}·${b < 0 ? `(${signed(b)})` : b}`;
  return `${pairs.map(times).join(" + ")} = ${signed(total)}`;
}

export const several = (count, one, many) => (count === 1 ? one : fill(many, { count }));

/** A nested list as Python prints it. */
export const listed = (value) =>
  Array.isArray(value) ? `[${value.map(listed).join(", ")}]` : String(value);
