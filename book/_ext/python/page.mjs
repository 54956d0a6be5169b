// Makes the Python of a page run: exercises whose answer is a function, and cells to play with.
//
// An exercise is a root with `data-exercise` and `data-python` that holds its starting code as JSON
// in `<script type="application/json" data-starter>`; the verdict goes into its `[data-verdict]`
// and is announced by the event `python-verdict` (detail: name, words, right). A cell is a notebook's code
// cell with the tag `python`.
import { drawer } from "../questions/kept.js";
import { digest } from "./digest.mjs";
import { Session } from "./session.mjs";
import { loadScript, startPython } from "./start.mjs";

const WORDS = {
  open: "Edit and run",
  run: "Run",
  stop: "Stop",
  reset: "Start over",
  help: "Tab leaves the editor. Ctrl + Enter runs.",
  busy: "Something else on this page is still running.",
  nothing: "Done. Nothing was printed.",
  before: "A cell above stopped, and this one builds on it:",
  notebook: "It runs in the notebook:",
  download: "download it",
  colab: "open it in Colab",
};
const NEAR = "600px"; // how near the window an editor must be to be loaded

const page = JSON.parse(document.querySelector("script[data-python-page]").textContent);
const session = new Session((say) => startPython(page, say));
const kept = drawer("code");

/** Make an element with properties, attributes and children. */
function make(tag, { attributes = {}, ...properties } = {}, ...children) {
  const el = Object.assign(document.createElement(tag), properties);
  for (const [name, value] of Object.entries(attributes)) el.setAttribute(name, value);
  el.append(...children);
  return el;
}

/** A field with the calls of the editor, until the editor is there and where it cannot come. */
function createField({ parent, text, label, help, changed, run }) {
  const field = make("textarea", {
    className: "python-field",
    spellcheck: false,
    value: text,
    rows: text.split("\n").length,
    attributes: { "aria-label": label, "aria-describedby": help, autocapitalize: "off" },
  });
  field.addEventListener("input", () => changed(field.value));
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey || event.shiftKey)) return;
    event.preventDefault();
    run();
  });
  parent.append(field);
  return {
    field,
    focus: () => field.focus(),
    text: () => field.value,
    replace: (value) => {
      field.value = value;
      changed(value);
    },
    mark: () => {},
  };
}

/** Code to change and run, with its buttons and its output. */
class Panel {
  #original;
  #key;
  #editor;
  #parts;
  #act; // what Run does
  #editorComes;

  constructor({ original, key, label, act, reset = () => {} }) {
    this.#original = original;
    this.#key = key;
    this.#act = act;
    const id = `python-help-${key}`;
    const button = (text, onclick) =>
      make("button", { type: "button", textContent: text, className: "python-button", onclick });
    const parts = {
      editor: make("div", { className: "python-editor" }),
      run: button(WORDS.run, () => this.run()),
      stop: button(WORDS.stop, () => session.stop()),
      reset: button(WORDS.reset, () => {
        this.#editor.replace(this.#original);
        kept.erase(this.#key);
        this.clear();
        reset();
      }),
      state: make("span", { className: "python-state", attributes: { role: "status" } }),
      help: make("span", { className: "python-help", id, textContent: WORDS.help }),
      output: make("pre", { className: "python-output", hidden: true }),
      beyond: make("p", { className: "python-beyond", hidden: true }),
    };
    parts.output.setAttribute("aria-label", "Output");
    parts.stop.hidden = true;
    const { editor, run, stop, reset: again, state, help, output, beyond } = parts;
    const bar = make("div", { className: "python-bar" }, run, stop, again, state, help);
    this.root = make("div", { className: "python-panel" }, editor, bar, output, beyond);
    this.#parts = parts;
    const text = kept.read(key) ?? original;
    const changed = (now) => (now === original ? kept.erase(key) : kept.write(key, now));
    this.settings = { parent: editor, label, help: id, changed, run: () => this.run() };
    this.#editor = createField({ ...this.settings, text });
    this.#editor.field.addEventListener("focus", () => this.load());
  }

  get text() {
    return this.#editor.text();
  }

  focus() {
    this.#editor.focus();
  }

  /** Put the editor in the field's place; the field stays where the editor cannot be loaded. */
  load() {
    this.#editorComes ??= loadScript(page.editor).then(
      () => {
        const { field } = this.#editor;
        const focused = document.activeElement === field;
        const { selectionStart, selectionEnd } = field;
        field.remove();
        const { createEditor } = globalThis.pythonEditor;
        this.#editor = createEditor({ ...this.settings, text: field.value });
        this.#editor.select(selectionStart, selectionEnd);
        if (focused) this.#editor.focus();
        this.root.dataset.editor = "";
      },
      () => {
        this.#editorComes = undefined;
      },
    );
    return this.#editorComes;
  }

  clear() {
    const { output, beyond, state } = this.#parts;
    output.replaceChildren();
    beyond.replaceChildren();
    output.hidden = beyond.hidden = true;
    state.textContent = "";
    this.#editor.mark(null);
  }

  print(text, className = "") {
    const { output } = this.#parts;
    output.hidden = false;
    output.append(className ? make("span", { className, textContent: text }) : text);
    if (output.scrollHeight > output.clientHeight) output.tabIndex = 0;
  }

  /** Tell an error, mark its line, and say where the missing runs. */
  fail({ text, line = null, missing = null }) {
    const { output, beyond } = this.#parts;
    const begun = output.textContent && !output.textContent.endsWith("\n");
    this.print(`${begun ? "\n" : ""}${text}\n`, "python-error");
    this.#editor.mark(line);
    if (!missing) return;
    const link = (href, textContent, more) => make("a", { href, textContent, ...more });
    beyond.replaceChildren(`${WORDS.notebook} `, link(page.notebook, WORDS.download, { download: "" }));
    if (page.colab) beyond.append(" · ", link(page.colab, WORDS.colab));
    beyond.hidden = false;
  }

  async run() {
    const { state, stop } = this.#parts;
    if (session.busy) {
      state.textContent = WORDS.busy;
      return;
    }
    this.clear();
    stop.hidden = false;
    this.root.setAttribute("aria-busy", "true");
    const say = (words) => {
      state.textContent = words;
    };
    const report = await this.#act({ say, output: (text) => this.print(text) });
    if (document.activeElement === stop) this.#parts.run.focus();
    stop.hidden = true;
    this.root.removeAttribute("aria-busy");
    say("");
    if (report.stopped) this.fail({ text: report.stopped });
    else if (report.error) this.fail(report.error);
    else if (!report.verdict && this.#parts.output.hidden) say(WORDS.nothing);
  }
}

const whenNear = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      whenNear.unobserve(target);
      panels.get(target).load();
    }
  },
  { rootMargin: NEAR },
);
const panels = new Map();

function add(panel) {
  panels.set(panel.root, panel);
  whenNear.observe(panel.root);
  return panel;
}

/** The cells of a page share their names; to run one, those above that have not run yet run first. */
class Cells {
  #cells;
  #ran = new Set();
  #generation = session.generation;

  constructor(roots) {
    this.#cells = roots.map((root, index) => this.#prepare(root, index));
  }

  #prepare(root, index) {
    const input = root.querySelector(".cell_input");
    const original = input.querySelector("pre").textContent.replace(/\n+$/, "");
    const key = `${page.chapter}-${digest(original)}`;
    const cell = { root, input, original, key };
    const open = make("button", {
      type: "button",
      className: "python-open",
      textContent: WORDS.open,
      onclick: () => this.#open(cell, index).focus(),
    });
    cell.button = open;
    input.after(open);
    if (kept.read(key) !== null) this.#open(cell, index);
    return cell;
  }

  #open(cell, index) {
    const stored = cell.root.querySelector(".cell_output");
    const show = (shown) => {
      if (stored) stored.hidden = !shown;
    };
    const act = (listeners) => {
      show(false);
      return this.#run(index, listeners);
    };
    const label = `Python code, cell ${index + 1} of those that run in this page`;
    const { original, key } = cell;
    cell.panel = add(new Panel({ original, key, label, act, reset: () => show(true) }));
    cell.button.hidden = cell.input.hidden = true;
    cell.button.after(cell.panel.root);
    cell.panel.load();
    return cell.panel;
  }

  async #run(index, { say, output }) {
    if (this.#generation !== session.generation) {
      this.#ran.clear();
      this.#generation = session.generation;
    }
    for (const [at, cell] of this.#cells.slice(0, index).entries()) {
      if (this.#ran.has(at)) continue;
      const report = await session.run({ code: cell.panel?.text ?? cell.original }, { say });
      if (report.stopped) return report;
      if (report.error) {
        const text = `${WORDS.before}\n${report.error.text}`;
        return { error: { ...report.error, text, line: null } };
      }
      this.#ran.add(at);
    }
    const { panel } = this.#cells[index];
    const report = await session.run({ code: panel.text }, { say, output });
    if (!report.stopped && !report.error) this.#ran.add(index);
    return report;
  }
}

/** An exercise whose answer is a function: the same judge as in the notebook, in names of its own. */
function mountExercise(root) {
  const name = root.dataset.exercise;
  const original = JSON.parse(root.querySelector("script[data-starter]").textContent);
  const verdict = root.querySelector("[data-verdict]");
  const announce = (words, right = null) => {
    verdict.textContent = words;
    verdict.dataset.right = String(right);
    const detail = { name, words, right };
    root.dispatchEvent(new CustomEvent("python-verdict", { bubbles: true, detail }));
  };
  const act = async (listeners) => {
    announce("");
    const report = await session.run({ code: panel.text, exercise: name }, listeners);
    if (report.verdict) announce(report.verdict, report.right);
    return report;
  };
  const label = `Python code of ${root.getAttribute("aria-label")}`;
  const panel = add(new Panel({ original, key: name, label, act, reset: () => announce("") }));
  verdict.before(panel.root);
}

new Cells([...document.querySelectorAll(".cell.tag_python")]);
document.querySelectorAll("[data-exercise][data-python]").forEach(mountExercise);
document.documentElement.dataset.pythonReady = "";
