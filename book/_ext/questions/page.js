// The questions of a page: predictions with their closed answers, exercises with their verdicts,
// the progress of the chapter and, on the map, of every chapter.
import { mountFile } from "./answers_file.js";
import { controls, element } from "./controls.js";
import { fill, unseal, verdict } from "./judge.js";
import { drawer, eraseChapter } from "./kept.js";
import { mountPrediction } from "./prediction.js";

const guesses = drawer("guess");
const answers = drawer("answer");
const table = document.querySelector("script[data-questions]");
const questions = table ? JSON.parse(table.textContent) : {};
const all = (selector) => [...document.querySelectorAll(selector)];

// Predictions

const reveals = (name) => all(`details[data-reveal="${name}"]`);
const setOpen = (name, open) => reveals(name).forEach((part) => (part.open = open));

for (const root of all("[data-prediction]")) {
  const name = root.dataset.prediction;
  mountPrediction(root, name, unseal(name, questions[name]), {
    kept: guesses,
    open: () => setOpen(name, true),
    close: () => setOpen(name, false),
  });
}

/** Open what holds the target of a link; a reader who follows it wants to see it. */
const openTarget = () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  let part = target?.closest("details");
  if (!part) return;
  for (; part; part = part.parentElement.closest("details")) part.open = true;
  target.scrollIntoView();
};
addEventListener("hashchange", openTarget);
if (location.hash) openTarget();

let closed = [];
addEventListener("beforeprint", () => {
  closed = all("details[data-reveal]:not([open])");
  for (const part of closed) part.open = true;
});
addEventListener("afterprint", () => {
  for (const part of closed) part.open = false;
});

// Exercises

const solved = (name) => answers.read(name)?.right === true;
const remember = (name, value) => {
  answers.write(name, { ...value, right: value.right || solved(name) });
  showProgress();
};

const mountExercise = (root) => {
  const name = root.dataset.exercise;
  const question = unseal(name, questions[name]);
  const said = root.querySelector("[data-verdict]");
  const control = controls(question, root.getAttribute("aria-label"));
  const form = element(
    "form",
    { noValidate: true },
    control.root,
    element("button", { type: "submit", className: "main" }, WORDS.check),
  );
  const tell = ({ right, text }) => {
    said.dataset.right = String(right);
    said.textContent = text;
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const typed = control.read();
    const found = verdict(question, typed);
    tell(found);
    remember(name, { typed, right: found.right });
  });
  const before = answers.read(name);
  if (before?.typed) {
    control.write(before.typed);
    tell(verdict(question, before.typed));
  }
  said.before(form);
};

const mountElsewhere = (root) => {
  const name = root.dataset.exercise;
  const box = element("input", {
    type: "checkbox",
    checked: solved(name),
    onchange: () => {
      answers.write(name, { right: box.checked });
      showProgress();
    },
  });
  root.append(element("label", { className: "done-there" }, box, WORDS["done-there"]));
};

document.addEventListener("python-verdict", ({ detail: { name, words, right } }) => {
  if (words) remember(name, { right });
});

// Progress

function showProgress() {
  for (const line of all("[data-progress]")) {
    const names = JSON.parse(line.dataset.names);
    const done = names.filter(solved).length;
    line.querySelector("[data-done]").textContent = fill(WORDS.progress, {
      done,
      total: names.length,
    });
    line.querySelector("meter").value = done;
    line.hidden = false;
  }
  for (const chapter of all(".chapter-map [data-names]")) {
    const names = JSON.parse(chapter.dataset.names);
    const done = names.filter(solved).length;
    const label = chapter.querySelector(".done");
    label.textContent = done ? `${done}/${names.length}` : "";
    chapter.classList.toggle("finished", done === names.length);
  }
}

for (const line of all("[data-progress]")) {
  const erase = element("button", {
    type: "button",
    textContent: WORDS.erase,
    onclick: () => {
      eraseChapter(line.dataset.progress);
      location.reload();
    },
  });
  line.append(erase);
}

for (const root of all("[data-exercise]")) {
  if ("elsewhere" in root.dataset) mountElsewhere(root);
  else if (!("python" in root.dataset)) mountExercise(root);
}
all(".chapter-map").forEach(mountFile);
showProgress();
document.documentElement.dataset.questionsReady = "";
