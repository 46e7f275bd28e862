// Tests of the package, with the programs that XEND_PROGRAMS names or that the package contains.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

const index = process.env.XEND_PACKAGE ?? new URL("../index.mjs", import.meta.url).href;
const { mockXend, program, startMockXend, UnexpectedRequests } = await import(index);

const OUTAGE = `release = "3.0.3"

[[expect]]
operation = "domain.pause"
args = { domain = "vm1" }
reply = { error = "Domain 'vm1' is not started" }
`;

/** The body of the reply to a call that has texts as its parameters. */
async function call(url, method, ...params) {
  const given = params.map((text) => `<param><value><string>${text}</string></value></param>`).join("");
  const body = `<methodCall><methodName>${method}</methodName><params>${given}</params></methodCall>`;
  const reply = await fetch(url, { method: "POST", body, headers: { "Content-Type": "text/xml" } });
  return reply.text();
}

test("a client talks to the simulated host", async (t) => {
  const mock = await mockXend(t, { release: "4.1" });
  assert.match(await call(mock.url("xmlrpc"), "xend.domain.pause", "vm1"), /<methodResponse>/);
  assert.match(await mock.world(), /name = "vm1"\n(?:.*\n){2}state = "paused"/);
});

test("S-expressions are served beside", async (t) => {
  const mock = await mockXend(t, { release: "3.0.3" });
  const reply = await fetch(`${mock.url("sxp")}domain`, { headers: { Accept: "application/sxp" } });
  assert.match(await reply.text(), /^\(Domain-0 vm1 vm2\)/);
});

test("only the protocols that were asked for are served", async (t) => {
  const mock = await mockXend(t, { faces: "xenapi" });
  assert.match(await call(mock.url("xenapi"), "session.login_with_password", "", ""), /Success/);
  assert.throws(() => mock.url("xmlrpc"), /does not listen for "xmlrpc"; it listens for xenapi/);
  assert.match(mock.uri("xenapi"), /^xenapi\+tcp:\/\/127\.0\.0\.1:\d+$/);
});

test("a scenario may be text", async (t) => {
  const mock = await mockXend(t, { scenario: OUTAGE });
  assert.match(await call(mock.url(), "xend.domain.pause", "vm1"), /is not started/);
  await mock.verify();
});

test("a scenario may be a file, and is verified", async () => {
  const folder = mkdtempSync(join(tmpdir(), "scenario-"));
  try {
    writeFileSync(join(folder, "outage.toml"), OUTAGE);
    const mock = await startMockXend({ scenario: join(folder, "outage.toml") });
    await assert.rejects(mock.verify(), (error) => {
      assert.ok(error instanceof UnexpectedRequests);
      assert.deepEqual(error.lines, ["unused: line 3: domain.pause domain=vm1: 0 of 1"]);
      return true;
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("the journal grows while the mock runs, and is there after its end", async (t) => {
  const mock = await mockXend(t, { scenario: OUTAGE });
  assert.deepEqual(await mock.journal(), []);
  await call(mock.url(), "xend.domain.pause", "vm1");
  await call(mock.url(), "xend.domain.pause", "nosuch\u2028");
  const [refused, unknown, ...others] = await mock.journal();
  assert.deepEqual(others, []);
  assert.deepEqual([refused.operation, refused.arguments], ["domain.pause", { domain: "vm1" }]);
  assert.deepEqual([refused.answered_by, refused.expectation], ["expectation", "line 3"]);
  assert.deepEqual([unknown.number, unknown.face, unknown.answered_by], [2, "xmlrpc", "world"]);
  assert.match(unknown.request, /xend\.domain\.pause/);
  await mock.stop();
  assert.deepEqual(await mock.journal(), [refused, unknown]);
});

test("the world is seen while the mock runs", async (t) => {
  const mock = await mockXend(t, { release: "4.1" });
  const state = async () => /name = "vm1"\n(?:.*\n){2}state = "(.*)"/.exec(await mock.world())[1];
  const before = await state();
  await call(mock.url(), "xend.domain.pause", "vm1");
  assert.equal(await state(), "paused");
  await call(mock.url(), "xend.domain.unpause", "vm1");
  assert.equal(await state(), before);
  await mock.stop();
  assert.equal(await state(), before);
});

test("verify tells the same before and after the end", async () => {
  const mock = await startMockXend({ scenario: `unexpected = "refuse"\n${OUTAGE}` });
  await call(mock.url(), "xend.domain.pause", "vm2");
  const told = [];
  for (let time = 0; time < 2; time += 1) {
    await assert.rejects(mock.verify(), (error) => told.push(error.lines) && error instanceof UnexpectedRequests);
    await mock.stop();
  }
  assert.deepEqual(told[0], told[1]);
  assert.ok(told[0].includes("unused: line 4: domain.pause domain=vm1: 0 of 1"), told[0].join("\n"));
  assert.ok(told[0].length > 2);
});

test("a reset starts over at the same ports", async (t) => {
  const mock = await mockXend(t, { scenario: OUTAGE });
  const fresh = await mock.world();
  for (let time = 0; time < 2; time += 1) {
    await assert.rejects(mock.verify(), UnexpectedRequests);
    await call(mock.url(), "xend.domain.pause", "vm1");
    await call(mock.url(), "xend.domain.unpause", "vm2");
    await mock.verify();
    assert.equal((await mock.journal()).length, 2);
    assert.doesNotMatch(await mock.world(), /state = "paused"/);
    await mock.reset();
    assert.deepEqual(await mock.journal(), []);
    assert.match(await mock.world(), /state = "paused"/);
  }
  assert.match(fresh, /state = "paused"/);
  await call(mock.url(), "xend.domain.pause", "vm1");
  await mock.stop();
  await assert.rejects(mock.reset(), /only a mock that runs/);
});

test("the control has an address", async (t) => {
  const mock = await mockXend(t);
  assert.equal((await (await fetch(`${mock.admin}/health`)).json()).status, "ok");
});

test("a mistake in a scenario is shown with its place", async () => {
  const scenario = 'release = "4.2"\nunexpected = "refuse"';
  await assert.rejects(startMockXend({ scenario }), /unknown release `4.2`[^]*toml:1:11/);
});

test("a mock can be stopped twice", async () => {
  const mock = await startMockXend();
  assert.equal(await mock.stop(), 0);
  assert.equal(await mock.stop(), 0);
  await assert.rejects(fetch(mock.url()));
});

test("a mock that nobody stops ends with Node.js", () => {
  const script = `
    import { startMockXend } from ${JSON.stringify(index)};
    const mock = await startMockXend();
    console.log(mock.admin, (await mock.journal()).length);
  `;
  // Node.js would wait for ever; the limit only ends the test.
  const run = spawnSync(process.execPath, ["--input-type=module", "--eval", script], { encoding: "utf8", timeout: 60_000 });
  assert.equal(run.status, 0, run.stderr);
  const [address] = run.stdout.split(" 0\n");
  return assert.rejects(fetch(`${address}/health`));
});

test("a mock ends with Node.js, however that ends", async () => {
  const script = `
    import { startMockXend } from ${JSON.stringify(index)};
    const mock = await startMockXend();
    console.log(mock.admin);
    process.kill(process.pid, "SIGKILL");
  `;
  const run = spawnSync(process.execPath, ["--input-type=module", "--eval", script], { encoding: "utf8", timeout: 60_000 });
  assert.equal(run.signal, "SIGKILL", run.stderr);
  while (await fetch(`${run.stdout.trim()}/health`).then(() => true, () => false)) await new Promise(setImmediate);
});

test("an option that is none is told", async () => {
  await assert.rejects(startMockXend({ relaese: "3.0.3" }), /there is no option "relaese", only release, scenario/);
});

test("the programs are there", () => {
  for (const name of ["xend-harness", "mock-xend"]) {
    assert.match(execFileSync(program(name), ["--version"], { encoding: "utf8" }), new RegExp(`^${name} `));
  }
});

test("a test that passed is verified, and one that failed is not", () => {
  const script = `
    import { test } from "node:test";
    import { mockXend } from ${JSON.stringify(index)};
    const scenario = ${JSON.stringify(OUTAGE)};
    test("unused", async (t) => { await mockXend(t, { scenario }); });
    test("failed", async (t) => { await mockXend(t, { scenario }); throw new Error("of the test"); });
  `;
  const environment = { ...process.env };
  delete environment.NODE_TEST_CONTEXT;
  const run = spawnSync(process.execPath, ["--test-reporter=tap", "--input-type=module", "--eval", script], {
    encoding: "utf8",
    env: environment,
  });
  assert.equal(run.status, 1, run.stdout + run.stderr);
  assert.match(run.stdout, /not ok 1 - unused[^]*unused: line 3: domain.pause domain=vm1: 0 of 1/);
  assert.match(run.stdout, /not ok 2 - failed[^]*of the test/);
  assert.equal(run.stdout.match(/unused: line 3/g).length, 1, run.stdout);
});
