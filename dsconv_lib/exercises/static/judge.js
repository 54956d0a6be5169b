// Judges what was typed into a page, by the rules of dsconv_lib/exercises/forms.py and answers.py.
// A test gives both the same answers and compares what they say.

/** Put values into the places of a text: fill("{n} of {m}", {n: 1, m: 2}). */
export const fill = (text, values = {}) => text.replace(/\{(\w+)\}/g, (_, key) => values[key]);

/** Read what was sealed under a name (dsconv_lib/exercises/page.py). */
export const unseal = (name, sealed) => {
  const key = new TextEncoder().encode(name);
  const bytes = Uint8Array.from(atob(sealed), (letter) => letter.charCodeAt(0));
  const text = new TextDecoder().decode(bytes.map((byte, i) => byte ^ key[i % key.length]));
  return JSON.parse(text);
};

class WrongType extends Error {}

const bare = (text) => text.trim().replace(/^[([{\s]+|[)\]}\s,]+$/g, "").replaceAll("−", "-");

// What people write around numbers: "P = 4", "8 px", "73,856 weights".
const NAMED = /^[a-z]\s*=\s*/i;
const UNIT = /\s*(px|pixels?|cells?|rows?|columns?|channels?|groups?|weights?|parameters?|macs?)$/i;
const GROUPED = /(?<![\d.,])\d{1,3}(?:([,\u2009\u202f\u00a0_' ])\d{3})(?:\1\d{3})*(?![\d.])/g;
const stripped = (text) => bare(bare(text).replace(NAMED, "").replace(UNIT, ""));
const ungrouped = (text) => text.replace(GROUPED, (digits) => digits.replace(/\D/g, ""));

const asNumber = (text) => {
  const clean = stripped(text);
  const fraction = /^([+-]?\d+)\s*\/\s*(\d+)$/.exec(clean);
  if (fraction) return Number(fraction[1]) / Number(fraction[2]);
  if (!/^[+-]?(\d+[.,]?\d*|[.,]\d+)$/.test(clean)) throw new WrongType(WORDS.text);
  return Number(clean.replace(",", "."));
};

const asWhole = (text) => {
  const value = asNumber(ungrouped(text));
  if (!Number.isInteger(value)) throw new WrongType(fill(WORDS["not-whole"], { value }));
  return value;
};

// Between numbers: commas, spaces, brackets, "and", and the signs of sizes, 3 x 4 or 3×4.
const asParts = (text) => stripped(text).split(/(?:[\s,;()[\]/×]|(?<=\d)x(?=\d)|\bx\b|\band\b)+/).filter(Boolean);

const asLetters = (text, { options, several }) => {
  const known = options.map(([letter]) => letter);
  const letters = [...text.toLowerCase()].filter((letter) => !" ,;.()".includes(letter));
  const strange = letters.find((letter) => !known.includes(letter));
  if (strange) throw new WrongType(fill(WORDS["no-option"], { value: strange }));
  if (letters.length > 1 && !several) {
    throw new WrongType(fill(WORDS.count, { count: letters.length }));
  }
  return letters;
};

const inOrder = (question) => question.kind === "numbers" && question.ordered;

const read = (text, question) => {
  if (question.kind === "number") return asWhole(text);
  if (question.kind === "decimal") return asNumber(text);
  if (question.kind === "choice") return asLetters(text, question);
  let numbers = asParts(text).map(asWhole);
  if (inOrder(question) && numbers.length > question.truth.length) {
    numbers = asParts(ungrouped(text)).map(asWhole); // "14,016 and 110,592" are two
  }
  if (inOrder(question) && numbers.length !== question.truth.length) {
    throw new WrongType(fill(WORDS.count, { count: numbers.length }));
  }
  return numbers;
};

const listed = (value) => (typeof value === "number" ? [value] : [...value]);
const same = (one, other) => String(listed(one)) === String(listed(other));
const within = (value, parts) => listed(value).every((part) => listed(parts).includes(part));

const hintFor = (value, { kind, truth, slips, remind, ...question }) => {
  const found = (test) => slips.find(([slip]) => test(slip))?.[1];
  if (kind === "decimal") {
    const near = (other) => Math.abs(value - other) <= question.within;
    return near(truth) ? null : (found(near) ?? remind);
  }
  if (kind === "number" || inOrder({ kind, ...question })) {
    return same(value, truth) ? null : (found((slip) => same(slip, value)) ?? remind);
  }
  const alike = (other) => within(value, other) && within(other, value);
  if (alike(truth)) return null;
  const whole = found(alike);
  if (whole !== undefined) return whole;
  if (within(value, truth)) return WORDS.more;
  const parts = [...new Set(value)].sort((a, b) => (a < b ? -1 : 1));
  const single = parts.map((part) => found((slip) => same(slip, part)));
  return single.find((hint) => hint !== undefined) ?? remind;
};

/** Judge an answer: what to say, and whether it is right (null where nothing was typed). */
export const verdict = (question, typed) => {
  const missing = () => ({ right: null, text: fill(WORDS["not-answered"], question) });
  if (!bare(typed)) return missing();
  let hint;
  try {
    const value = read(typed, question);
    if (Array.isArray(value) && !value.length) return missing();
    hint = hintFor(value, question);
  } catch (error) {
    if (!(error instanceof WrongType)) throw error;
    hint = fill(WORDS.asks, { wants: question.wants, seen: error.message });
    return { right: false, unread: true, text: fill(WORDS["not-yet"], { hint }) };
  }
  if (hint === null) return { right: true, text: fill(WORDS.correct, question) };
  return { right: false, hint, text: fill(WORDS["not-yet"], { hint }) };
};

/** The right answer as a reader sees it. */
export const answerOf = ({ kind, truth, options }) => {
  if (kind !== "choice") return listed(truth).join(", ");
  const text = (letter) => options.find(([other]) => other === letter)[1];
  return [...truth].map((letter) => `${letter}: ${text(letter)}`).join("; ");
};
