// The buttons that save all answers to a file and load them from it: on another machine, in another
// browser, or to have them twice.
import { restore, saved } from "./carried.js";
import { element } from "./controls.js";

const save = (storage) => {
  const href = URL.createObjectURL(new Blob([saved(storage)], { type: "application/json" }));
  element("a", { href, download: "see-farther-answers.json" }).click();
};

const load = (storage, said) => {
  const chosen = element("input", { type: "file", accept: ".json,application/json" });
  chosen.addEventListener("change", async () => {
    if (restore(await chosen.files[0].text(), storage)) location.reload();
    else said.textContent = WORDS["no-answers"];
  });
  chosen.click();
};

/** Two buttons after an element, where the browser keeps anything at all. */
export const mountFile = (place) => {
  let storage;
  try {
    storage = globalThis.localStorage;
  } catch {
    return;
  }
  const said = element("span", { role: "status" });
  const button = (text, onclick) => element("button", { type: "button", onclick }, text);
  place.after(
    element(
      "p",
      { className: "answers-file" },
      button(WORDS.save, () => save(storage)),
      button(WORDS.load, () => load(storage, said)),
      said,
    ),
  );
};
