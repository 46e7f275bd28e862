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
