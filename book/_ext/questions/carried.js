// All that a reader answered, of every chapter, as the text of a file, and back.
import { PREFIX } from "./kept.js";

const OWN = /^(?:answer|code|guess)\.[\w-]+$/;
const isOwn = (key) => key.startsWith(PREFIX) && OWN.test(key.slice(PREFIX.length));

/** The text of such a file. */
export const saved = (storage) => {
  const own = Object.keys(storage).filter(isOwn).sort();
  const entries = Object.fromEntries(own.map((key) => [key, JSON.parse(storage.getItem(key))]));
  return `${JSON.stringify({ book: PREFIX, entries }, null, 1)}\n`;
};

/** Keep what such a text holds beside what is kept already; false for any other text. */
export const restore = (text, storage) => {
  let read;
  try {
    read = JSON.parse(text);
  } catch {
    return false;
  }
  if (read?.book !== PREFIX || !(read.entries instanceof Object)) return false;
  for (const [key, value] of Object.entries(read.entries)) {
    if (isOwn(key)) storage.setItem(key, JSON.stringify(value));
  }
  return true;
};
