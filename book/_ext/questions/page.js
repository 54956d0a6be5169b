// The questions of a page: predictions with their closed answers, exercises with their verdicts,
// the progress of the chapter and, on the map, of every chapter.
import { controls, element } from "./controls.js";
import { fill, unseal, verdict } from "./judge.js";
import { drawer, eraseChapter, keysOf } from "./kept.js";
import { mountPrediction } from "./prediction.js";

const guesses = drawer("guess");
const answers = drawer("answer");
const table = document.querySelector("script[data-questions]");
const questions = table ? JSON.parse(table.textContent) : {};
const all = (selector) => [...document.querySelectorAll(selector)];
const question = (name) => unseal(name, questions[name]);

// Progress

const solved = (name) => answers.read(name)?.right === true;

const showProgress = () => {
  for (const line of all("[data-progress]")) {
    const names = JSON.parse(line.dataset.names);
    const [done, total] = [names.filter(solved).length, names.length];
    line.querySelector("[data-done]").textContent = fill(WORDS.progress, { done, total });
    line.querySelector("meter").value = done;
    line.querySelector("button").hidden = keysOf(line.dataset.progress).length === 0;
    line.hidden = false;
  }
  for (const chapter of all(".chapter-map [data-names]")) {
    const names = JSON.parse(chapter.dataset.names);
    const done = names.filter(solved).length;
    chapter.querySelector(".done").textContent = done ? `${done}/${names.length}` : "";
    chapter.classList.toggle("finished", done > 0 && done === names.length);
  }
};

const remember = (name, value) => {
  answers.write(name, { ...value, right: value.right === true || solved(name) });
  showProgress();
};

const mountProgress = (line) => {
  const forget = () => {
    eraseChapter(line.dataset.progress);
    location.reload();
  };
  line.append(element("button", { type: "button", onclick: forget }, WORDS.erase));
};

// Predictions

const reveal = (name, open) => {
  for (const part of all(`details[data-reveal="${name}"]`)) part.open = open;
  showProgress();
};

const mountGuess = (root) => {
  const name = root.dataset.prediction;
  const [open, close] = [() => reveal(name, true), () => reveal(name, false)];
  mountPrediction(root, name, question(name), { kept: guesses, open, close });
};

/** Open what holds the target of a link; a reader who follows it wants to see it. */
const openTarget = () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  let part = target?.closest("details");
  if (!part) return;
  for (; part; part = part.parentElement.closest("details")) part.open = true;
  target.scrollIntoView();
};

let closed = [];
const openForPrint = () => {
  closed = all("details[data-reveal]:not([open])");
  for (const part of closed) part.open = true;
};
const closeAfterPrint = () => {
  for (const part of closed) part.open = false;
};

// Exercises

const mountExercise = (root) => {
  const name = root.dataset.exercise;
  const asked = question(name);
  const said = root.querySelector("[data-verdict]");
  const control = controls(asked, root.getAttribute("aria-label"));
  const button = element("button", { type: "submit", className: "main" }, WORDS.check);
  const form = element("form", { noValidate: true }, control.root, button);
  const tell = ({ right, text }) => {
    said.dataset.right = String(right);
    said.textContent = text;
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const typed = control.read();
    const found = verdict(asked, typed);
    tell(found);
    remember(name, { typed, right: found.right });
  });
  const before = answers.read(name)?.typed;
  if (before) {
    control.write(before);
    tell(verdict(asked, before));
  }
  said.before(form);
};

/** An exercise that a page cannot run: the reader says when it is done. */
const mountElsewhere = (root) => {
  const name = root.dataset.exercise;
  const box = element("input", { type: "checkbox", checked: solved(name) });
  box.addEventListener("change", () => {
    answers.write(name, { right: box.checked });
    showProgress();
  });
  root.append(element("label", { className: "done-there" }, box, WORDS["done-there"]));
};

/** An exercise in Python was judged (book/_ext/python). */
const hearVerdict = ({ detail: { name, words } }) => {
  const said = document.querySelector(`[data-exercise="${name}"] [data-verdict]`);
  const right = words.startsWith(fill(WORDS.correct, { why: "" }).trim());
  said.dataset.right = words ? String(right) : "";
  if (words) remember(name, { right });
};

all("[data-progress]").forEach(mountProgress);
all("[data-prediction]").forEach(mountGuess);
for (const root of all("[data-exercise]")) {
  if ("elsewhere" in root.dataset) mountElsewhere(root);
  else if (!("python" in root.dataset)) mountExercise(root);
}
showProgress();
addEventListener("hashchange", openTarget);
addEventListener("beforeprint", openForPrint);
addEventListener("afterprint", closeAfterPrint);
document.addEventListener("python-verdict", hearVerdict);
if (location.hash) openTarget();
document.documentElement.dataset.questionsReady = "";
