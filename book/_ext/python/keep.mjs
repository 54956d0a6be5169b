// What the reader wrote, kept on the reader's own machine. A key names its version, so that a later
// book can tell what it reads: see-farther.1.code.02-5

export const PREFIX = "see-farther.1.";

/** A drawer of the browser's storage for one kind of thing; empty where the browser keeps none. */
export const drawer = (kind, storage = () => globalThis.localStorage) => {
  const attempt = (action) => {
    try {
      return action(storage());
    } catch {
      return null; // a browser may forbid storage, or be full: the page works without
    }
  };
  const key = (name) => `${PREFIX}${kind}.${name}`;
  return {
    read: (name) => attempt((kept) => JSON.parse(kept.getItem(key(name)))),
    write: (name, value) => attempt((kept) => kept.setItem(key(name), JSON.stringify(value))),
    erase: (name) => attempt((kept) => kept.removeItem(key(name))),
  };
};

/** A short name for a text: the same text has it in every build. */
export const digest = (text) => {
  let hash = 0x811c9dc5; // FNV-1a
  for (const unit of new TextEncoder().encode(text)) {
    hash = Math.imul(hash ^ unit, 0x01000193) >>> 0;
  }
  return hash.toString(16).padStart(8, "0");
};
