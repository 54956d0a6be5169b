// pyodide refuses classic workers. It knows them by importScripts, which it tries while its own
// modules are set up, so this one comes before them.
self.importScripts = () => {
  throw new TypeError("not in this worker");
};
