// A prediction: a question, a guess, and the answer beside it. In the page what shows the answer
// opens with it; in JupyterLab the reader opens the closed output below.
import { controls, element, shown } from "./controls.js";
import { answerOf, unseal, verdict } from "./judge.js";

/**
 * Show a prediction in an element.
 *
 * `kept` reads, writes and erases what the reader guessed; `open` and `close` do so with what
 * shows the answer.
 */
export const mountPrediction = (root, name, question, { kept, open, close }) => {
  const result = element("div", { className: "outcome", tabIndex: -1 });
  result.setAttribute("role", "status");
  const ask = () => {
    const control = controls(question, WORDS["your-guess"]);
    const said = element("p", { className: "said" });
    said.setAttribute("role", "status");
    const form = element(
      "form",
      { noValidate: true },
      control.root,
      element("button", { type: "submit", className: "main" }, WORDS.guess),
      element("button", { type: "button", onclick: () => settle(null) }, WORDS.show),
      said,
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const guess = control.read();
      const found = verdict(question, guess);
      if (found.right === null || found.unread) {
        said.textContent = found.text;
        control.first.focus();
      } else settle(guess);
    });
    result.replaceChildren();
    root.replaceChildren(form, result);
    return control;
  };
  const settle = (guess) => {
    kept.write(name, { guess });
    tell(guess);
    result.focus();
  };
  const tell = (guess) => {
    const pairs = guess === null ? [] : [[WORDS["your-guess"], guess]];
    pairs.push([WORDS.answer, answerOf(question)]);
    const found = guess === null ? null : verdict(question, guess);
    const sentences = found
      ? [found.right ? WORDS.right : WORDS["not-right"], found.hint, question.why]
      : [WORDS.shown, question.why];
    const forget = () => {
      kept.erase(name);
      close();
      ask().first.focus();
    };
    result.dataset.right = found ? String(found.right) : "";
    root.replaceChildren(result);
    result.replaceChildren(
      element(
        "dl",
        {},
        ...pairs.map(([term, text]) =>
          element("div", {}, element("dt", {}, term), element("dd", {}, ...shown(question, text))),
        ),
      ),
      element("p", {}, sentences.filter(Boolean).join(" ")),
      element("button", { type: "button", className: "quiet", onclick: forget }, WORDS.forget),
    );
    open();
  };
  const before = kept.read(name);
  if (before) tell(before.guess);
  else ask();
};

const nothing = () => {};

/** In JupyterLab and on Colab, as an anywidget. */
export default {
  render({ model, el }) {
    const [name, sealed] = [model.get("prediction"), model.get("sealed")];
    const root = element("div", { className: "dsconv-question" });
    root.dataset.prediction = name;
    el.append(root);
    let guessed = null;
    const kept = {
      read: () => guessed,
      write: (_, value) => (guessed = value),
      erase: () => (guessed = null),
    };
    mountPrediction(root, name, unseal(name, sealed), { kept, open: nothing, close: nothing });
  },
};
