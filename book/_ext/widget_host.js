// Mounts the widgets of a page when they come near the screen. A widget's view is an anywidget module
// (AFM): in JupyterLab and on Colab a kernel's model stands behind it, here the state that the page
// was stored with, or the one in the address: #NAME-NUMBER:trait=value&trait=value.

/** A model as anywidget's contract has it, and the address of its state. */
class StaticModel {
  #state;
  #stored;
  #place;
  #listeners = new Map();

  constructor(state, place) {
    this.#stored = state;
    this.#state = { ...state };
    this.#place = place;
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

  addressOf() {
    const spelled = (value) => (typeof value === "object" ? JSON.stringify(value) : value);
    const changed = Object.entries(this.#state)
      .filter(([key, value]) => spelled(value) !== spelled(this.#stored[key]))
      .map(([key, value]) => [key, spelled(value)]);
    return `#${this.#place}:${new URLSearchParams(changed)}`;
  }

  /** Take the changes of an address, or leave all as it is if the view cannot show them. */
  take(text, view) {
    const read = ([key, value]) =>
      [key, typeof this.#stored[key] === "string" ? value : JSON.parse(value)];
    let state;
    try {
      const changes = Object.fromEntries([...new URLSearchParams(text)].map(read));
      state = view.settled(changes, this.#stored);
    } catch {
      return; // whoever wrote it by hand sees the stored setting
    }
    for (const key of Object.keys(state ? this.#stored : {})) this.set(key, state[key]);
  }

  #emit(event, value) {
    for (const listener of [...(this.#listeners.get(event) ?? [])]) listener({ new: value }, value);
  }
}

const views = new Map(); // promises of the views, by name
async function importView(name) {
  const source = document.querySelector(`script[data-widget-module="${name}"]`).textContent;
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  try {
    return (await import(url)).default;
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** A link past a widget, for those who go by keyboard. */
function addSkipLink(el, place) {
  const end = Object.assign(document.createElement("span"), { id: `after-${place}`, tabIndex: -1 });
  const skip = Object.assign(document.createElement("a"),
    { className: "dsconv-skip", href: `#${end.id}`, textContent: WORDS.skip });
  el.prepend(skip);
  el.append(end);
}

const mounted = new Map(); // promises of { model, view }, by root
function mount(el) {
  if (!mounted.has(el)) mounted.set(el, start(el));
  return mounted.get(el);
}

async function start(el) {
  const name = el.dataset.widget;
  const model = new StaticModel(JSON.parse(el.dataset.state), placeOf.get(el));
  if (!views.has(name)) views.set(name, importView(name));
  const view = await views.get(name);
  const { height, bottom } = el.getBoundingClientRect();
  await view.initialize?.({ model });
  await view.render({ model, el });
  addSkipLink(el, placeOf.get(el));
  el.dataset.mounted = "";
  // What stands below must not move away; WebKit does not see to it by itself.
  if (bottom < 0 && !CSS.supports("overflow-anchor", "auto")) scrollBy(0, el.offsetHeight - height);
  return { model, view };
}

const placeOf = new Map(); // NAME-NUMBER of every root
const counts = {};
for (const el of document.querySelectorAll("[data-widget][data-state]")) {
  const name = el.dataset.widget;
  counts[name] = (counts[name] ?? 0) + 1;
  placeOf.set(el, `${name}-${counts[name]}`);
}

const near = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) continue;
    near.unobserve(target);
    mount(target);
  }
}, { rootMargin: "600px 0px" });

async function followAddress() {
  const [, place, text] = /^#([\w-]+):(.*)$/.exec(location.hash) ?? [];
  for (const [el, here] of placeOf) {
    if (here !== place) continue;
    for (let fold = el.closest("details"); fold; fold = fold.parentElement.closest("details")) {
      fold.open = true; // an answer that was closed until a guess, or any other fold
    }
    const { model, view } = await mount(el);
    model.take(text, view);
    const { top, bottom } = el.getBoundingClientRect();
    if (bottom < 0 || top > innerHeight) el.scrollIntoView();
  }
}
function begin() {
  for (const el of placeOf.keys()) near.observe(el);
  addEventListener("hashchange", followAddress);
  followAddress();
}
// Not before the theme has looked at the page's links: it takes a widget's address for a section's.
if (document.readyState === "complete") begin();
else addEventListener("load", () => setTimeout(begin));

// Tell the page's styles while a slider is in use (book/_static/book.css).
const page = document.documentElement.classList;
addEventListener("input", ({ target }) => {
  if (target.closest?.("[data-widget]")) page.add("slider-in-use");
});
for (const end of ["focusout", "pointerup", "pointercancel", "mouseup", "touchend", "touchcancel"]) {
  addEventListener(end, () => page.remove("slider-in-use"));
}
