// Native controls, each with an accessible name: { node, set(value, limits) }.

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
    set(number, { most = max, off = false, text } = {}) {
      if (input.max !== String(most)) input.max = most;
      input.value = number; // a number beyond the range rests at its end
      input.disabled = off;
      if (text) input.setAttribute("aria-valuetext", text);
      say(value, String(number));
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

export const CONTROLS = { slider, choice };

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
