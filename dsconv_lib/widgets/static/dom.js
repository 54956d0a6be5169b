// Elements that the views share. Only native controls; every one has an accessible name.

const SVG = "http://www.w3.org/2000/svg";

/** An element with a class, attributes and children (nodes or text). */
export function make(tag, name, attributes = {}, children = []) {
  const node = document.createElement(tag);
  if (name) node.className = name;
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

// JupyterLab's shortcuts take a control's keys (arrows, letters) away unless it says so.
export const OWN_KEYS = { "data-lm-suppress-shortcuts": "true" };

/** A labelled choice: { node, select }; `options` are [value, text]. */
export function choice(label, options) {
  const select = make("select", "", { "aria-label": label, ...OWN_KEYS },
    options.map(([value, text]) => make("option", "", { value }, [text])));
  return { select, node: make("label", "dsconv-choice", {}, [make("span", "", {}, [label]), select]) };
}

/** Set an attribute only where it changes. */
export function put(node, key, value) {
  if (node.getAttribute(key) !== String(value)) node.setAttribute(key, value);
}

/** Set the text only where it changes. */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** A labelled slider: { node, set(value), limit(most) }; `changed` gets each new number. */
export function slider({ label, symbol, name, min, max, kind, changed }) {
  const input = make("input", "",
    { type: "range", min, max, step: 1, "aria-label": name ?? label, ...OWN_KEYS });
  const value = make("span", "dsconv-value");
  const head = make("span", "dsconv-slider-head", {}, [make("span", "", {}, [label])]);
  if (symbol) head.append(make("i", "", {}, [symbol]));
  head.append(value);
  const node = make("label", `dsconv-slider dsconv-${kind ?? "plain"}`, {}, [head, input]);
  input.addEventListener("input", () => changed(input.valueAsNumber));
  return {
    node,
    input,
    set(number) {
      input.value = number; // a number beyond the range rests at its end
      say(value, String(number));
      const span = input.max - input.min;
      node.style.setProperty("--dsconv-at", span ? (input.value - input.min) / span : 0);
    },
    limit: (most) => put(input, "max", most),
  };
}

/** A number with its name: { node, set(text) }. */
export function readout(label, key, kind) {
  const value = make("span", "dsconv-number", { "data-readout": key });
  const name = make("span", "dsconv-name", {}, [label]);
  const node = make("div", `dsconv-readout dsconv-${kind ?? "plain"}`, {}, [name, value]);
  return { node, set: (text) => say(value, String(text)) };
}

/** A drawing kept in step with a scene: one path per class, text nodes reused. */
export function drawing(name) {
  const node = document.createElementNS(SVG, "svg");
  node.setAttribute("class", `dsconv-svg ${name}`);
  node.setAttribute("role", "img");
  const paths = new Map();
  const texts = [];
  const layer = node.appendChild(document.createElementNS(SVG, "g"));
  const words = node.appendChild(document.createElementNS(SVG, "g"));
  function draw(scene, description) {
    put(node, "viewBox", `0 0 ${scene.width} ${scene.height}`);
    put(node, "width", scene.width);
    put(node, "height", scene.height);
    put(node, "aria-label", description);
    for (const [kind, d] of scene.paths) {
      if (!paths.has(kind)) {
        const path = layer.appendChild(document.createElementNS(SVG, "path"));
        path.setAttribute("class", `dsconv-${kind}`);
        paths.set(kind, path);
      }
      put(paths.get(kind), "d", d);
    }
    while (texts.length > scene.texts.length) texts.pop().remove();
    scene.texts.forEach(([kind, x, y, anchor, text], i) => {
      texts[i] ??= words.appendChild(document.createElementNS(SVG, "text"));
      put(texts[i], "class", `dsconv-${kind}`);
      put(texts[i], "x", x);
      put(texts[i], "y", y);
      put(texts[i], "text-anchor", anchor);
      say(texts[i], text);
    });
  }
  return { node, draw, path: (kind) => paths.get(kind) };
}

/** A line of code with a button that copies it, or selects it where copying is not allowed. */
export function codeToCopy(strings) {
  const code = make("code", "dsconv-code");
  const button = make("button", "dsconv-copy", { type: "button" }, [strings.copy]);
  const status = make("span", "dsconv-status", { role: "status" });
  let timer;
  button.addEventListener("click", async () => {
    const done = await copy(code);
    say(status, done ? strings.copied : strings.selected);
    clearTimeout(timer);
    timer = setTimeout(() => say(status, ""), 4000);
  });
  const node = make("div", "dsconv-code-row", {}, [code, button, status]);
  return { node, set: (text) => say(code, text), stop: () => clearTimeout(timer) };
}

async function copy(code) {
  try {
    await navigator.clipboard.writeText(code.textContent);
    return true;
  } catch {
    getSelection().selectAllChildren(code);
    return document.execCommand("copy");
  }
}

/** Call `changed` with an element's width now and whenever it changes; returns the stop function. */
export function watchWidth(node, changed) {
  const observer = new ResizeObserver(([entry]) => changed(Math.round(entry.contentRect.width)));
  observer.observe(node);
  return () => observer.disconnect();
}

/** Listen to a model's traits; returns the stop function. */
export function listen(model, traits, changed) {
  for (const trait of traits) model.on(`change:${trait}`, changed);
  return () => {
    for (const trait of traits) model.off(`change:${trait}`, changed);
  };
}

/** Make an element a widget's root, empty. */
export function root(el, name) {
  el.replaceChildren();
  el.classList.add("dsconv-widget");
  el.dataset.widget = name;
  return el;
}
