// One Python for a page: started when first needed, thrown away when a run must be stopped.

export const LIMIT = 15_000; // milliseconds that one run may take, loading not counted

/**
 * Runs jobs, one at a time, in a worker that speaks as worker.mjs does.
 *
 * `start(say)` gives the worker, told to start. `generation` counts the workers: names that a cell
 * made live as long as one generation.
 */
export class Session {
  #start;
  #limit;
  #worker;
  #finish; // ends the run that is under way
  generation = 0;

  constructor(start, limit = LIMIT) {
    this.#start = start;
    this.#limit = limit;
  }

  get busy() {
    return this.#finish !== undefined;
  }

  /** Run `{code, exercise?}`; gives the worker's report, or `{stopped}` with the reason. */
  async run(job, { say = () => {}, output = () => {} } = {}) {
    if (this.busy) throw new Error("one run at a time");
    let timer;
    const ended = new Promise((resolve) => {
      this.#finish = resolve;
    });
    const { generation } = this;
    const fail = (message) => {
      if (generation === this.generation) this.stop(`Python broke down: ${message}`);
    };
    const post = (worker) => {
      worker.onmessage = ({ data }) => {
        if (data.kind === "running") {
          say("Running …");
          timer = setTimeout(() => {
            this.stop(`Stopped after ${this.#limit / 1000} seconds. Does a loop never end?`);
          }, this.#limit);
        } else if (data.kind === "output") output(data.text);
        else if (data.kind === "report") this.#finish?.(data.report);
        else if (data.kind === "broken") fail(data.message);
      };
      worker.onerror = (event) => fail(event.message ?? "the worker ended");
      worker.postMessage(job);
    };
    if (this.#worker) post(this.#worker);
    else this.#begin(say).then((worker) => worker && post(worker), (error) => fail(error.message));
    const report = await ended;
    clearTimeout(timer);
    this.#finish = undefined;
    return report;
  }

  /** End the run under way and its Python; the next run starts afresh. */
  stop(reason = "Stopped.") {
    this.generation += 1;
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#finish?.({ stopped: reason });
  }

  /** Start a worker and wait until it is ready; nothing, if the run was stopped meanwhile. */
  async #begin(say) {
    const { generation } = this;
    const worker = await this.#start(say);
    if (generation !== this.generation) {
      worker.terminate();
      return undefined;
    }
    this.#worker = worker;
    await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => {
        if (data.kind === "ready") resolve();
        else if (data.kind === "broken") reject(new Error(data.message));
      };
      worker.onerror = (event) => reject(new Error(event.message ?? "the worker did not start"));
    });
    return generation === this.generation ? worker : undefined;
  }
}
