// The page's side of Python: one run at a time, stopped by the reader or by the clock.
import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { digest } from "../../book/_ext/python/digest.mjs";
import { LIMIT, Session } from "../../book/_ext/python/session.mjs";

const settle = () => new Promise((resolve) => setImmediate(resolve));

/** A worker that answers as the test says. */
class FakeWorker {
  constructor(answer) {
    this.answer = answer;
    this.jobs = [];
    this.alive = true;
    setImmediate(() => this.say({ kind: "ready" }));
  }

  say(data) {
    if (this.alive) this.onmessage({ data });
  }

  postMessage(job) {
    this.jobs.push(job);
    for (const data of this.answer(job)) this.say(data);
  }

  terminate() {
    this.alive = false;
  }
}

const done = (report = { error: null }) => () => [
  { kind: "running" },
  { kind: "output", text: "7\n" },
  { kind: "report", report },
];
const endless = () => [{ kind: "running" }];

function sessionOf(answer) {
  const workers = [];
  const session = new Session(async (say) => {
    say("Fetching");
    workers.push(new FakeWorker(answer));
    return workers.at(-1);
  });
  return { session, workers };
}

test("runs share one worker, and tell what they print", async () => {
  const { session, workers } = sessionOf(done());
  const said = [];
  const printed = [];
  const listeners = { say: (words) => said.push(words), output: (text) => printed.push(text) };
  for (const code of ["a", "b"]) {
    assert.deepEqual(await session.run({ code }, listeners), { error: null });
  }
  assert.equal(workers.length, 1);
  assert.deepEqual(workers[0].jobs, [{ code: "a" }, { code: "b" }]);
  assert.deepEqual(printed, ["7\n", "7\n"]);
  assert.deepEqual(said, ["Fetching", "Running …", "Running …"]);
  assert.equal(session.busy, false);
});

test("the reader stops a run, and the next one starts afresh", async () => {
  const { session, workers } = sessionOf(endless);
  const run = session.run({ code: "while True: pass" });
  await settle();
  await settle();
  assert.equal(session.busy, true);
  session.stop();
  assert.deepEqual(await run, { stopped: "Stopped." });
  assert.equal(workers[0].alive, false);
  assert.equal(session.generation, 1);
  workers.length = 0;
  const next = session.run({ code: "1" });
  await settle();
  await settle();
  assert.equal(workers.length, 1);
  session.stop();
  await next;
});

test("a run is stopped at the limit and no sooner", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const { session, workers } = sessionOf(endless);
    const run = session.run({ code: "while True: pass" });
    await settle();
    await settle();
    mock.timers.tick(LIMIT - 1);
    assert.equal(session.busy, true);
    mock.timers.tick(1);
    assert.match((await run).stopped, /^Stopped after 15 seconds/);
    assert.equal(workers[0].alive, false);
  } finally {
    mock.timers.reset();
  }
});

test("the limit of a run that ended does not stop a later one", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const { session } = sessionOf(({ code }) => (code === "loop" ? endless() : done()()));
    await session.run({ code: "short" });
    mock.timers.tick(LIMIT - 1);
    const run = session.run({ code: "loop" });
    await settle();
    mock.timers.tick(LIMIT - 1);
    assert.equal(session.busy, true);
    session.stop();
    await run;
  } finally {
    mock.timers.reset();
  }
});

test("stopping while Python loads ends what comes later", async () => {
  const { session, workers } = sessionOf(done());
  const run = session.run({ code: "1" });
  session.stop();
  assert.deepEqual(await run, { stopped: "Stopped." });
  await settle();
  assert.equal(workers[0].alive, false);
  assert.deepEqual(workers[0].jobs, []);
});

test("a worker that breaks down says so", async () => {
  const { session } = sessionOf(() => [{ kind: "broken", message: "out of memory" }]);
  const { stopped } = await session.run({ code: "1" });
  assert.equal(stopped, "Python broke down: out of memory");
  const missing = new Session(() => Promise.reject(new Error("the file did not load")));
  assert.match((await missing.run({ code: "1" })).stopped, /the file did not load/);
});

test("two runs at once are refused", async () => {
  const { session } = sessionOf(endless);
  const run = session.run({ code: "1" });
  await assert.rejects(session.run({ code: "2" }), /one run at a time/);
  session.stop();
  await run;
});

test("a text's short name depends on nothing but the text", () => {
  assert.equal(digest("print(1)"), digest("print(1)"));
  assert.notEqual(digest("print(1)"), digest("print(2)"));
  assert.equal(digest(""), "811c9dc5"); // the offset basis of FNV-1a
  assert.equal(digest("a"), "e40c292c"); // published test value
});
