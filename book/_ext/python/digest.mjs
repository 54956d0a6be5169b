/** A short name for a text: the same text has it in every build, wherever it stands. */
export const digest = (text) => {
  let hash = 0x811c9dc5; // FNV-1a
  for (const unit of new TextEncoder().encode(text)) {
    hash = Math.imul(hash ^ unit, 0x01000193) >>> 0;
  }
  return hash.toString(16).padStart(8, "0");
};
