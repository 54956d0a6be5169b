// What every widget has: controls, a body that follows the state, a last row. A view gives
//   name      kebab-case, the root's data-widget
//   table     its JSON: traits (the state), readouts, words
//   scene     (state, width, still) -> { html, readouts, problem, code }, pure; problem may be ""
//   controls  see `control`, and groups of them (with a `summary` folded); those with a `slot` stand
//             there in the html, the others on top; `shown` says when they are there
// and, where it needs them,
//   locals    state of the view alone, which Python does not see
//   settle    (changes, state) -> all that changes with them, pure
//   accepts   whether a state from an address can be shown; traits with a `range` are checked already
//   paint     (body, shown): puts pixels on the canvases that the html has
//   point     (picture, x, y, shown) -> what a click on a drawing changes; `hover`: pointing as well
import { CONTROLS, button, copy, link, make } from "./controls.js";
import { box, tag } from "./markup.js";
import WIDGET from "./widget.json" with { type: "json" };

const STILL = 336; // width of the still form in pixels: a phone's; wider pages scale it up

/** A control for one trait or local; the trait's row in the table gives its label and range. */
export const control = (table, trait, more = {}) => ({
  type: "slider",
  get: (state) => state[trait],
  set: (value) => ({ [trait]: value }),
  ...table.traits[trait],
  ...more,
});

/** A view in anywidget's form, and what it shows without a page. */
export function widget(view) {
  return {
    render: (context) => mount(view, context),
    /** The state that some changes lead to (those of an address), or null where one is no value. */
    settled(changes, state) {
      const now = { ...state, ...(view.settle?.(changes, state) ?? changes) };
      return Object.entries(view.table.traits).every(([trait, row]) => within(row, now[trait]))
        && (view.accepts?.(now) ?? true) ? now : null;
    },
    /** What a state shows: { html, readouts, problem, code }. */
    still(state) {
      const shown = view.scene({ ...view.locals, ...state }, STILL, true);
      return { ...shown, html: box("still", shown.html, box("code-row", tag("code", "code", shown.code))) };
    },
  };
}

/** Whether a value is within a row's range, if it has one. */
export const within = ({ range }, value) =>
  !range || (Number.isInteger(value) && value >= range[0] && value <= range[1]);

function mount(view, { model, el }) {
  const traits = Object.keys(view.table.traits);
  const locals = { ...view.locals };
  let pointed = null; // what the pointer would change, shown while it is there
  let width = STILL;
  let muted = false;
  let watched;
  let shown;

  const state = () => ({
    ...Object.fromEntries(traits.map((trait) => [trait, model.get(trait)])), ...locals, ...pointed,
  });
  const first = state();

  function take(changes) {
    muted = true;
    for (const [key, value] of Object.entries(changes)) {
      if (key in locals) locals[key] = value;
      else model.set(key, value);
    }
    muted = false;
    draw();
    model.save_changes();
  }
  const change = (changes) => take(view.settle?.(changes, state()) ?? changes);

  const controls = [];
  const place = (one) => {
    if (one.controls) {
      const head = one.summary ? [make("summary", "", {}, [one.summary])] : one.head?.() ?? [];
      const node = make(one.summary ? "details" : "div", one.name, {}, [...head, ...one.controls.map(place)]);
      if (one.shown) controls.push({ show: (now) => { node.hidden = !one.shown(now); } });
      return node;
    }
    const { node, set } = CONTROLS[one.type](one, (value) => change(one.set(value, state())));
    controls.push({
      slot: one.slot,
      node,
      show(now) {
        if (one.shown) node.hidden = !one.shown(now);
        set(one.get(now, shown), one.limits?.(now, shown));
      },
    });
    return node;
  };
  const top = view.controls.map((one) => [one, place(one)]).filter(([{ slot }]) => !slot);
  const body = make("div", "dsconv-body");
  const code = make("code", "dsconv-code");
  const status = make("span", "dsconv-status", { role: "status" });
  let timer;
  const tell = (text) => {
    status.textContent = text;
    clearTimeout(timer);
    timer = setTimeout(() => { status.textContent = ""; }, 4000);
  };
  const copyText = async (text, node) =>
    tell(await copy(text, node) ? WIDGET.copied : WIDGET.selected);
  const tools = make("div", "dsconv-code-row", {}, [
    code,
    button(WIDGET.copy, () => copyText(code.textContent, code)),
    button(WIDGET.reset, () => take(first)),
  ]);
  // A page has an address, a notebook has not.
  const address = model.addressOf && link(WIDGET.link, WIDGET.link_name, () => copyText(address.href, address));
  if (address) tools.append(address);
  tools.append(status);
  el.replaceChildren(...top.map(([, node]) => node), body, tools);
  el.classList.add("dsconv-widget");
  el.dataset.widget = view.name;

  const observer = new ResizeObserver(([entry]) => {
    const now = Math.round(entry.contentRect.width);
    if (now && now !== width) draw(now);
  });

  function draw(now = width) {
    width = now;
    const current = state();
    shown = view.scene(current, width);
    el.classList.toggle("dsconv-impossible", Boolean(shown.problem));
    const fresh = document.createElement("template");
    fresh.innerHTML = shown.html;
    patch(body, fresh.content);
    view.paint?.(body, shown);
    for (const { slot, node, show } of controls) {
      if (slot && !node.isConnected) body.querySelector(`[data-slot="${slot}"]`).append(node);
      show(current);
    }
    if (code.textContent !== shown.code) code.textContent = shown.code;
    if (address) address.href = model.addressOf();
    const stage = body.querySelector(".dsconv-stage");
    if (stage === watched) return;
    observer.disconnect();
    observer.observe(stage);
    watched = stage;
  }

  if (view.point) listenToPointer(body, (event) => {
    const svg = event.target.closest("[data-picture]");
    if (!svg) return null;
    const { left, top: above, width: wide } = svg.getBoundingClientRect();
    const scale = svg.viewBox.baseVal.width / wide;
    const [x, y] = [(event.clientX - left) * scale, (event.clientY - above) * scale];
    return view.point(svg.dataset.picture, x, y, shown);
  }, view.hover && ((changes) => {
    if (JSON.stringify(changes) === JSON.stringify(pointed)) return;
    pointed = changes;
    draw();
  }), change);
  const changed = () => muted || draw();
  for (const trait of traits) model.on(`change:${trait}`, changed);
  draw();
  draw(Math.round(watched.clientWidth) || STILL);
  return () => {
    for (const trait of traits) model.off(`change:${trait}`, changed);
    observer.disconnect();
    clearTimeout(timer);
  };
}

/** Call `pointed` with what the mouse is over (null: nothing), `chosen` with what was clicked. */
function listenToPointer(node, under, pointed, chosen) {
  if (pointed) {
    node.addEventListener("pointermove", (event) =>
      pointed(event.pointerType === "mouse" ? under(event) : null));
    node.addEventListener("pointerleave", () => pointed(null));
  }
  node.addEventListener("click", (event) => {
    const changes = under(event);
    if (changes) chosen(changes);
  });
}

/** Make an element like another one, touching only what differs; slots keep what they hold. */
function patch(node, fresh) {
  for (const { name, value } of fresh.attributes ?? []) {
    if (node.getAttribute(name) !== value) node.setAttribute(name, value);
  }
  if (fresh.attributes) {
    for (const { name } of [...node.attributes]) if (!fresh.hasAttribute(name)) node.removeAttribute(name);
    if (fresh.hasAttribute("data-slot")) return;
  }
  const before = [...node.childNodes];
  const after = [...fresh.childNodes];
  after.forEach((child, i) => {
    const was = before[i];
    if (!was) node.append(child);
    else if (was.nodeName !== child.nodeName) was.replaceWith(child);
    else if (child.nodeType === Node.TEXT_NODE) {
      if (was.data !== child.data) was.data = child.data;
    } else patch(was, child);
  });
  before.slice(after.length).forEach((child) => child.remove());
}
