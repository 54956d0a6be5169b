// Mounts every widget of a page. A widget's view is an anywidget module (AFM): in JupyterLab and
// on Colab a kernel's model stands behind it, here the state that the page was stored with.

/** A model as anywidget's contract has it: get, set, on, off, save_changes. */
class StaticModel {
  #state;
  #listeners = new Map();

  constructor(state) {
    this.#state = state;
  }

  get(key) {
    return this.#state[key];
  }

  set(key, value) {
    if (Object.is(this.#state[key], value)) return;
    this.#state[key] = value;
    this.#emit(`change:${key}`, value);
    this.#emit("change");
  }

  on(event, listener) {
    if (!this.#listeners.has(event)) this.#listeners.set(event, new Set());
    this.#listeners.get(event).add(listener);
  }

  off(event, listener) {
    if (event === undefined) this.#listeners.clear();
    else if (listener === undefined) this.#listeners.delete(event);
    else this.#listeners.get(event)?.delete(listener);
  }

  save_changes() {} // there is no kernel to tell

  #emit(event, value) {
    for (const listener of [...(this.#listeners.get(event) ?? [])]) listener({ new: value }, value);
  }
}

async function importSource(source) {
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  try {
    return (await import(url)).default;
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** Tell the page's styles while a control of a widget is in use (book/_static/book.css). */
function announceUse(el) {
  const page = document.documentElement.classList;
  el.addEventListener("input", () => page.add("slider-in-use"));
  el.addEventListener("focusout", () => page.remove("slider-in-use"));
}

for (const script of document.querySelectorAll("script[data-widget-module]")) {
  const view = await importSource(script.textContent);
  const name = script.dataset.widgetModule;
  for (const el of document.querySelectorAll(`[data-widget="${name}"]`)) {
    const model = new StaticModel(JSON.parse(el.dataset.state));
    await view.initialize?.({ model });
    await view.render({ model, el });
    announceUse(el);
    el.dataset.mounted = "";
  }
}
