// The output-size explorer: five sliders, the strip of cells, the formula, the line of code.
import { codeToCopy, drawing, listen, make, readout, root, say, slider, watchWidth } from "./dom.js";
import { codeLine, formulaParts, outputSizeFacts, outputSizeScene, pictureText, readingSentence, settingSentence } from "./output_size_scene.js";
import STRINGS from "./output_size.json" with { type: "json" };

const NAME = "output-size-explorer";
// Word and symbol on the slider, the trait behind it, its range, its colour.
const CONTROLS = [
  { key: "input", symbol: "n", trait: "input_size", min: 1, max: 32, kind: "of-input" },
  { key: "kernel", symbol: "K", trait: "kernel_size", min: 1, max: 9, kind: "of-kernel" },
  { key: "stride", symbol: "S", trait: "stride", min: 1, max: 5, kind: "of-output" },
  { key: "padding", symbol: "P", trait: "padding", min: 0, max: 8, kind: "of-plain" },
  { key: "dilation", symbol: "D", trait: "dilation", min: 1, max: 6, kind: "of-kernel" },
];

/** The formula with live numbers; each `= ...` part stays together when lines break. */
function formula() {
  const node = make("div", "dsconv-formula", { role: "math" });
  const slots = Array.from({ length: 3 }, () => {
    const above = make("span", "dsconv-above");
    const below = make("span", "dsconv-below");
    const fraction = make("span", "dsconv-fraction", {}, [above, below]);
    const floor = (sign) => make("span", "dsconv-floor", {}, [sign]);
    node.append(make("span", "dsconv-term", {}, [floor("⌊"), fraction, floor("⌋"), " + 1 ="]), " ");
    return { above, below };
  });
  const result = node.appendChild(make("span", "dsconv-term dsconv-result"));
  return {
    node,
    set({ fractions, result: text }) {
      fractions.forEach(([above, below], i) => {
        say(slots[i].above, above);
        say(slots[i].below, below);
      });
      say(result, text);
      const [, [above, below]] = fractions;
      node.setAttribute("aria-label", `${STRINGS.formula}: ⌊(${above}) / ${below}⌋ + 1 = ${text}`);
    },
  };
}

function render({ model, el }) {
  root(el, NAME);
  let width = 0;
  let pinned = 0; // the output position that was chosen
  let hovered = null; // the one under the pointer
  let muted = false;
  let scene;
  let facts;

  const setting = () => Object.fromEntries(CONTROLS.map(({ key, trait }) => [key, model.get(trait)]));

  const sliders = CONTROLS.map((control) => slider({
    ...control,
    label: STRINGS[control.key],
    changed(value) {
      muted = true;
      model.set(control.trait, value);
      muted = false;
      draw();
      model.save_changes();
    },
  }));
  const position = slider({
    label: STRINGS.position,
    min: 0,
    max: 0,
    kind: "of-output",
    changed(value) {
      pinned = value;
      draw();
    },
  });
  const picture = drawing("dsconv-strip");
  const reading = make("p", "dsconv-reading");
  const sentence = make("p", "dsconv-sentence", { "aria-live": "polite" });
  const numbers = {
    output: readout(STRINGS.readout_output, "output-size", "of-output"),
    effective: readout(STRINGS.readout_effective, "effective-kernel", "of-kernel"),
    unread: readout(STRINGS.readout_unread, "unread", "of-hole"),
  };
  const sum = formula();
  const code = codeToCopy(STRINGS);
  const stage = make("div", "dsconv-stage", {}, [picture.node]);
  el.append(
    make("div", "dsconv-controls", {}, sliders.map(({ node }) => node)),
    stage,
    make("div", "dsconv-below-stage", {}, [position.node, reading]),
    sentence,
    make("div", "dsconv-readouts", {}, Object.values(numbers).map(({ node }) => node)),
    sum.node,
    code.node,
  );

  function draw() {
    facts = outputSizeFacts(setting());
    const last = (facts.outputs ?? 1) - 1;
    pinned = Math.min(pinned, last);
    const chosen = Math.min(hovered ?? pinned, last);
    CONTROLS.forEach(({ key }, i) => sliders[i].set(facts[key]));
    position.limit(last);
    position.set(chosen);
    position.input.disabled = facts.outputs === null;
    const words = readingSentence(facts, chosen);
    position.input.setAttribute("aria-valuetext", words || STRINGS.none);
    say(reading, words);
    say(sentence, settingSentence(facts));
    el.classList.toggle("dsconv-impossible", facts.outputs === null);
    numbers.output.set(facts.outputs ?? STRINGS.none);
    numbers.effective.set(facts.span);
    numbers.unread.set(facts.unread?.length ?? STRINGS.none);
    sum.set(formulaParts(facts));
    code.set(codeLine(facts));
    if (width === 0) return;
    scene = outputSizeScene(facts, chosen, width);
    picture.draw(scene, pictureText(facts, chosen));
  }

  /** The output position nearest to the pointer. */
  function under(event) {
    if (!scene || facts.outputs === null) return null;
    const { left, pitch, side } = scene.cell;
    const x = event.clientX - picture.node.getBoundingClientRect().left - left - side / 2;
    const output = Math.round((x / pitch - (facts.span - 1) / 2) / facts.stride);
    return Math.max(0, Math.min(facts.outputs - 1, output));
  }
  const hover = (event) => {
    const next = event.pointerType === "mouse" ? under(event) : null;
    if (next !== hovered) {
      hovered = next;
      draw();
    }
  };
  picture.node.addEventListener("pointermove", hover);
  picture.node.addEventListener("pointerleave", () => {
    hovered = null;
    draw();
  });
  picture.node.addEventListener("click", (event) => {
    pinned = under(event) ?? pinned;
    draw();
  });

  const stops = [
    listen(model, CONTROLS.map(({ trait }) => trait), () => muted || draw()),
    watchWidth(stage, (now) => {
      width = now;
      draw();
    }),
    code.stop,
  ];
  width = Math.round(stage.clientWidth);
  draw();
  return () => stops.forEach((stop) => stop());
}

export default { render };
