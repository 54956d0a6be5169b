// Native controls, each with an accessible name: { node, set(value, limits) }.
import { fill } from "./shapes.js";

/** An element with a class, attributes and children (nodes or text). */
export function make(tag, name, attributes = {}, children = []) {
  const node = document.createElement(tag);
  if (name) node.className = name;
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

/** Set the text only where it changes. */
function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// JupyterLab's shortcuts take a control's keys (arrows, letters) away unless it says so.
const OWN_KEYS = { "data-lm-suppress-shortcuts": "true" };

/** A slider with its name, symbol and number. */
function slider({ label, symbol, name, range: [min, max], kind = "plain" }, changed) {
  const input = make("input", "",
    { type: "range", min, max, step: 1, "aria-label": name ?? label, ...OWN_KEYS });
  const value = make("span", "dsconv-value");
  const head = make("span", "dsconv-slider-head", {}, [make("span", "", {}, [label])]);
  if (symbol) head.append(make("i", "", {}, [symbol]));
  head.append(value);
  const node = make("label", `dsconv-slider dsconv-${kind}`, {}, [head, input]);
  guardFromThumbs(input);
  input.addEventListener("input", () => changed(input.valueAsNumber));
  return {
    node,
    set(number, { most = max, off = false, text, shown = String(number) } = {}) {
      if (input.max !== String(most)) input.max = most;
      input.value = number; // a number beyond the range rests at its end
      input.disabled = off;
      if (text) input.setAttribute("aria-valuetext", text);
      say(value, shown);
      const span = most - min;
      node.style.setProperty("--dsconv-at", span ? (input.value - min) / span : 0);
    },
  };
}

const HANDLE = 24; // pixels: the handle's width under a finger, and how near to it one may begin
const TREMBLE = 8; // pixels: a touch that moves less is a tap

/** Let a finger move a slider by a sideways drag of its handle or by a tap, not by scrolling past. */
function guardFromThumbs(input) {
  let touch = null; // { x, y, value, held: began at the handle, drags: null while undecided }
  const share = (x) => {
    const { left, width } = input.getBoundingClientRect();
    return Math.max(0, Math.min(1, (x - left - HANDLE / 2) / (width - HANDLE)));
  };
  const at = (x) => Number(input.min) + share(x) * (input.max - input.min);
  input.addEventListener("touchstart", ({ touches: [{ clientX: x, clientY: y }] }) => {
    const { width } = input.getBoundingClientRect();
    const now = (input.value - input.min) / (input.max - input.min || 1);
    const held = Math.abs(share(x) - now) * (width - HANDLE) <= HANDLE;
    touch = { x, y, value: input.value, held, drags: null };
  }, { passive: true });
  input.addEventListener("touchmove", ({ touches: [{ clientX, clientY }] }) => {
    const [across, along] = [Math.abs(clientX - touch.x), Math.abs(clientY - touch.y)];
    if (touch.drags === null && Math.max(across, along) > TREMBLE) touch.drags = touch.held && across > along;
  }, { passive: true });
  input.addEventListener("input", (event) => {
    if (!touch || touch.drags) return;
    input.value = touch.value;
    event.stopImmediatePropagation();
  });
  input.addEventListener("touchend", () => {
    const { x, drags } = touch;
    touch = null;
    const tapped = String(Math.round(at(x)));
    if (drags !== null || input.value === tapped) return;
    input.value = tapped;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
  input.addEventListener("touchcancel", () => { touch = null; });
}

/** A choice; `options` are [value, text]. */
function choice({ label, options }, changed) {
  const select = make("select", "", { "aria-label": label, ...OWN_KEYS },
    options.map(([value, text]) => make("option", "", { value }, [text])));
  select.addEventListener("change", () => changed(select.value));
  const node = make("label", "dsconv-choice", {}, [make("span", "", {}, [label]), select]);
  return { node, set: (value) => { select.value = value; } };
}

/** A number to be typed. */
function numberField({ label, symbol, range: [min, max], kind = "plain" }, changed) {
  const input = make("input", "", { type: "number", min, max, "aria-label": label, ...OWN_KEYS });
  input.addEventListener("input", () => {
    const value = input.valueAsNumber;
    if (Number.isInteger(value) && value >= min && value <= max) changed(value);
  });
  const head = make("span", "", {}, [label, " ", make("i", "", {}, [symbol])]);
  const node = make("label", `dsconv-field dsconv-${kind}`, {}, [head, input]);
  const set = (value) => { if (input.valueAsNumber !== value && input !== document.activeElement) input.value = value; };
  return { node, set };
}

/** A switch. */
function flag({ label, kind = "plain" }, changed) {
  const input = make("input", "", { type: "checkbox", "aria-label": label, ...OWN_KEYS });
  input.addEventListener("change", () => changed(input.checked));
  const node = make("label", `dsconv-flag dsconv-${kind}`, {}, [input, make("span", "", {}, [label])]);
  return { node, set: (value) => { input.checked = value; } };
}

/** Numbers in channels, rows and columns, each of which can be typed over. */
function cells({ label, cell, kind, least, most }, changed) {
  const table = make("div", "dsconv-cells");
  const node = make("div", `dsconv-cells-box dsconv-${kind}`, {}, [make("span", "dsconv-name", {}, [label]), table]);
  let picture = [];
  let inputs = [];
  const type = (input, c, i, j) => {
    const value = input.valueAsNumber;
    if (!Number.isInteger(value) || value < least || value > most) return;
    changed(picture.map((rows, a) => rows.map((row, b) =>
      row.map((old, d) => (a === c && b === i && d === j ? value : old)))));
  };
  const build = () => {
    inputs = [];
    table.replaceChildren(...picture.map((rows, channel) => make("div", "dsconv-cells-channel",
      { style: `--dsconv-columns: ${rows[0].length}` }, rows.flatMap((line, row) => line.map((_, column) => {
        const name = fill(cell, { what: label, channel, row, column });
        const input = make("input", "", { type: "number", min: least, max: most, "aria-label": name, ...OWN_KEYS });
        input.addEventListener("input", () => type(input, channel, row, column));
        inputs.push(input);
        return input;
      })))));
  };
  const shape = (some) => some.map((rows) => rows.map((row) => row.length)).join(";");
  return {
    node,
    set(value) {
      const fresh = shape(value) !== shape(picture);
      picture = value;
      if (fresh) build();
      value.flat(2).forEach((number, i) => {
        if (inputs[i].valueAsNumber !== number && inputs[i] !== document.activeElement) inputs[i].value = number;
      });
    },
  };
}

const BEAT = 900; // milliseconds from step to step

/** Back, play and step: for a number that can run from 0 to a last one and round again. */
function player({ words }, changed) {
  let [at, last, timer] = [0, 0, null];
  const move = (by) => changed((at + by + last + 1) % (last + 1));
  const stop = () => {
    clearInterval(timer);
    timer = null;
    say(play, words.play);
  };
  const run = () => (node.isConnected ? move(1) : stop());
  const play = button(words.play, () => {
    if (timer) return stop();
    timer = setInterval(run, BEAT);
    say(play, words.pause);
    return move(1);
  });
  const by = (word, step) => button(word, () => {
    stop();
    move(step);
  });
  const node = make("div", "dsconv-player", {}, [by(words.back, -1), play, by(words.on, 1)]);
  return {
    node,
    set(value, { most }) {
      [at, last] = [value, most];
      for (const one of node.children) one.disabled = most === 0;
    },
  };
}

/** A file, chosen or dropped anywhere on the widget; `read` makes a value of it. */
function file({ label, accept, read }, changed) {
  const input = make("input", "", { type: "file", accept, "aria-label": label, ...OWN_KEYS });
  const node = make("label", "dsconv-file", {}, [make("span", "", {}, [label]), input]);
  const take = async (chosen) => chosen && changed(await read(chosen));
  input.addEventListener("change", async () => {
    await take(input.files[0]);
    input.value = ""; // the same file may be chosen again
  });
  let drop = null;
  const set = () => {
    if (drop || !node.isConnected) return;
    drop = node.closest(".dsconv-widget");
    drop.addEventListener("dragover", (event) => event.preventDefault());
    drop.addEventListener("drop", (event) => {
      event.preventDefault();
      take(event.dataTransfer.files[0]);
    });
  };
  return { node, set };
}

export const CONTROLS = { slider, choice, flag, number: numberField, cells, player, file };

/** A button; its word may change. */
export function button(word, pressed) {
  const node = make("button", "dsconv-button", { type: "button" }, [word]);
  node.addEventListener("click", pressed);
  return node;
}

/** A link that looks like a button. */
export function link(word, label, pressed) {
  const node = make("a", "dsconv-button", { "aria-label": label }, [word]);
  node.addEventListener("click", pressed);
  return node;
}

/** Copy a text, or select the element that shows it where copying is not allowed. */
export async function copy(text, shown) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    getSelection().selectAllChildren(shown);
    return document.execCommand("copy");
  }
}
