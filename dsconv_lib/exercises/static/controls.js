// The controls of a question: a field, options, or cells to mark. Each gives text for the judge.

/** Make an element: element("p", { className: "x" }, "text", child). */
export const element = (tag, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
};

let groups = 0; // radio buttons of one group share a name; the page has many groups

/** Text in which `this` is code. */
const rich = (text) =>
  text.split("`").map((part, i) => (i % 2 ? element("code", {}, part) : part));

const field = (question, label) => {
  const input = element("input", {
    type: "text",
    inputMode: question.kind === "number" ? "numeric" : "text",
    autocomplete: "off",
    spellcheck: false,
    size: question.kind === "numbers" ? 16 : 7,
    ariaLabel: label,
  });
  return { root: input, first: input, read: () => input.value, write: (text) => (input.value = text) };
};

const boxes = (question, label, entries) => {
  const name = `question-${(groups += 1)}`;
  const type = question.several ? "checkbox" : "radio";
  const root = element("fieldset", {}, element("legend", {}, label));
  const inputs = entries.map(([value, ...content]) => {
    const input = element("input", { type, name, value });
    root.append(element("label", {}, input, element("span", {}, ...content)));
    return input;
  });
  const read = () => inputs.filter((input) => input.checked).map((input) => input.value).join(", ");
  const write = (text) => {
    const chosen = text.split(", ");
    for (const input of inputs) input.checked = chosen.includes(input.value);
  };
  return { root, first: inputs[0], read, write };
};

const options = (question, label) => {
  const made = boxes(
    question,
    label,
    question.options.map(([letter, text]) => [letter, element("b", {}, letter), " ", ...rich(text)]),
  );
  made.root.className = "options";
  return made;
};

const cells = (question, label) => {
  const [rows, columns] = question.cells;
  const numbers = Array.from({ length: rows * columns }, (_, i) => [String(i), String(i)]);
  const made = boxes(question, label, numbers);
  made.root.className = "cells";
  made.root.style.setProperty("--columns", columns);
  return made;
};

/** Show an answer, typed or right, as its question shows it. */
export const shown = (question, answer) => {
  const parts = answer.split(", ");
  if (question.kind === "choice") {
    const chosen = question.options.filter(([letter]) => parts.includes(letter));
    return chosen.map(([letter, text]) =>
      element("span", { className: "option" }, element("b", {}, letter), " ", ...rich(text)),
    );
  }
  if (question.kind !== "mark") return [answer];
  const [rows, columns] = question.cells;
  const grid = element("span", { className: "cells", role: "img", ariaLabel: answer });
  grid.style.setProperty("--columns", columns);
  for (let i = 0; i < rows * columns; i += 1) {
    const className = parts.includes(String(i)) ? "cell marked" : "cell";
    grid.append(element("span", { className }, String(i)));
  }
  return [grid];
};

/** Make the controls of a question; `label` names them for those who do not see them. */
export const controls = (question, label) => {
  const name = `${label} (${question.wants})`;
  if (question.kind === "choice") return options(question, name);
  if (question.kind === "mark") return cells(question, name);
  return field(question, name);
};
