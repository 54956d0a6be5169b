// What views draw, as text: the same in the page, in JupyterLab, and in Node for the still form.

const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Text that is safe between tags and in attributes. */
export const esc = (text) => String(text).replace(/[&<>"]/g, (sign) => ENTITIES[sign]);

/** An element with a class, some text (escaped) and attributes. */
export const tag = (name, kind, text, attributes = "") =>
  `<${name} class="dsconv-${kind}"${attributes && ` ${attributes}`}>${esc(text)}</${name}>`;

/** An element with a class around pieces that are HTML already. */
export const box = (kind, ...pieces) => `<div class="dsconv-${kind}">${pieces.join("")}</div>`;

/**
 * A drawing: `paths` of [class, d, style] from back to front, `texts` of [class, x, y, anchor, text].
 * `name` is its class and what `point` of its view gets; the description is its accessible name.
 */
export function svg({ width, height, paths, texts }, name, description) {
  const drawn = paths.filter(([, d]) => d).map(([kind, d, style]) =>
    `<path class="dsconv-${kind}"${style ? ` style="${esc(style)}"` : ""} d="${d}"/>`);
  const written = texts.map(([kind, x, y, anchor, text]) =>
    `<text class="dsconv-${kind}" x="${x}" y="${y}" text-anchor="${anchor}">${esc(text)}</text>`);
  return `<svg class="dsconv-svg dsconv-${name}" data-picture="${name}" role="img" `
    + `aria-label="${esc(description)}" viewBox="0 0 ${width} ${height}" width="${width}" `
    + `height="${height}">${drawn.join("")}${written.join("")}</svg>`;
}

/** A number under its key. */
export const number = (key, value, kind = "number") =>
  tag("b", kind, value, `data-readout="${key}"`);

/** The numbers that have a colour in their table, each with its name. */
export const numbers = (table, values) => box("readouts", ...Object.entries(table)
  .filter(([, { kind }]) => kind)
  .map(([key, { label, kind }]) =>
    box(`readout dsconv-${kind}`, tag("span", "name", label), " ", number(key, values[key]))));

/** What the setting does, or why it is impossible; read aloud when it changes. */
export const sentence = (text) => tag("p", "sentence", text, 'aria-live="polite"');

/** A place for a control of the view. */
export const slot = (name) => `<div class="dsconv-slot" data-slot="${name}"></div>`;
