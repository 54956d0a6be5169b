// What the reader answered, kept on the reader's own machine. A key names its version, so that a
// later book can tell what it reads: see-farther.1.guess.02-places

export const PREFIX = "see-farther.1.";

/** A drawer of the browser's storage for one kind of thing; empty where the browser keeps none. */
export const drawer = (kind) => {
  const attempt = (action) => {
    try {
      return action(globalThis.localStorage);
    } catch {
      return null; // a browser may forbid storage, or be full: the page works without
    }
  };
  const key = (name) => `${PREFIX}${kind}.${name}`;
  return {
    read: (name) => attempt((storage) => JSON.parse(storage.getItem(key(name)))),
    write: (name, value) => attempt((storage) => storage.setItem(key(name), JSON.stringify(value))),
    erase: (name) => attempt((storage) => storage.removeItem(key(name))),
  };
};

/** The keys of what is kept of a chapter. */
export const keysOf = (chapter) => {
  const own = (key) => key.startsWith(PREFIX) && key.slice(PREFIX.length).includes(`.${chapter}-`);
  try {
    return Object.keys(localStorage).filter(own);
  } catch {
    return [];
  }
};

/** Erase all that is kept of a chapter. */
export const eraseChapter = (chapter) => {
  for (const key of keysOf(chapter)) localStorage.removeItem(key);
};
