// A mock of Xend, the control daemon of Xen 3 and 4, for tests in Node.js. `index.d.mts` describes the functions.

import { spawn } from "node:child_process";
import { accessSync, closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** Milliseconds that a mock may take to end, after which it is killed, and to answer a call of its control. */
const PATIENCE = 10_000;

export function program(name = "xend-harness") {
  const path = join(process.env.XEND_PROGRAMS || fileURLToPath(new URL("./bin", import.meta.url)), name);
  try {
    accessSync(path, constants.X_OK);
  } catch {
    throw new Error(`${path} is not there: install the package xend-harness, or set XEND_PROGRAMS`);
  }
  return path;
}

/** The requests were not those that the scenario expects. */
export class UnexpectedRequests extends Error {
  constructor(lines) {
    super(`the requests were not those that the scenario expects:\n${lines.join("\n")}`);
    this.name = "UnexpectedRequests";
    this.lines = lines;
  }
}

/** The mocks that run. They end with this process, even if nobody stops them, and leave no files. */
const running = new Set();
process.on("exit", () => {
  for (const leave of running) leave();
});

/** What a mock is told. */
const OPTIONS = ["release", "scenario", "world", "faces", "options"];

export class MockXend {
  #folder = mkdtempSync(join(tmpdir(), "mock-xend-"));
  #addresses = new Map();
  #child;
  #ended;
  #said = "";
  #world = "";
  #journal;
  #stopping;

  /** Use `startMockXend`, which waits until the mock listens. */
  constructor(told) {
    try {
      this.#start(told);
    } catch (error) {
      rmSync(this.#folder, { recursive: true, force: true });
      throw error;
    }
  }

  #start({ release, scenario, world, faces, options = [], ...others }) {
    for (const name of Object.keys(others)) {
      throw new TypeError(`there is no option "${name}", only ${OPTIONS.join(", ")}`);
    }
    const given = ["--dump-world", join(this.#folder, "world.toml")];
    if (scenario !== undefined) given.push("--verify");
    if (release !== undefined) given.push("--release", release);
    for (const [option, toml] of Object.entries({ scenario, world })) {
      if (toml !== undefined) given.push(`--${option}`, this.#file(`given-${option}.toml`, toml));
    }
    for (const face of [...faces, "admin"]) given.push(`--${face}`, "tcp:127.0.0.1:0");
    // The mock ends with this process, however that ends: then its standard input ends, too.
    given.push("--until-eof");
    // A file takes any amount of text while nobody reads it.
    const stderr = openSync(join(this.#folder, "stderr"), "w");
    this.#child = spawn(program("mock-xend"), [...given, ...options], {
      stdio: ["pipe", "pipe", stderr],
      // Ctrl-C is for the tests, which stop the mock.
      detached: true,
    });
    closeSync(stderr);
    const leave = () => {
      this.#child.kill("SIGKILL");
      rmSync(this.#folder, { recursive: true, force: true });
    };
    running.add(leave);
    this.#ended = new Promise((resolve, reject) => {
      this.#child.once("error", (error) => {
        running.delete(leave);
        rmSync(this.#folder, { recursive: true, force: true });
        reject(error);
      });
      this.#child.once("close", (status) => {
        running.delete(leave);
        this.#keep();
        resolve(status);
      });
    });
    this.#ended.catch(() => {});
  }

  static async start(options) {
    const faces = [options.faces ?? ["sxp", "xmlrpc"]].flat();
    const mock = new MockXend({ ...options, faces });
    for await (const line of createInterface({ input: mock.#child.stdout })) {
      const [, face, address] = /^LISTENING (\S+) tcp:(\S+)$/.exec(line) ?? [];
      if (face === undefined) break;
      mock.#addresses.set(face, address);
      if (face === "admin") return mock.#forgotten();
    }
    const status = await mock.#ended;
    throw new Error(mock.#said.trim() || `mock-xend ended with status ${status}`);
  }

  address(face = "xmlrpc") {
    const address = this.#addresses.get(face);
    if (address === undefined) {
      const there = [...this.#addresses.keys()].filter((face) => face !== "admin").join(", ");
      throw new RangeError(`the mock does not listen for "${face}"; it listens for ${there}`);
    }
    return address;
  }

  url(face = "xmlrpc") {
    return `http://${this.address(face)}${face === "sxp" ? "/xend/" : "/RPC2"}`;
  }

  uri(face = "xmlrpc") {
    return `${face}+tcp://${this.address(face)}`;
  }

  get admin() {
    return `http://${this.address("admin")}`;
  }

  /** Stops the mock once, however often it is asked to. */
  stop() {
    return (this.#stopping ??= this.#stop());
  }

  async #stop() {
    if (this.#runs()) {
      // A mock that ends by itself takes its journal with it.
      this.#journal = await this.journal().catch(() => undefined);
    }
    this.#child.kill("SIGTERM");
    const killer = setTimeout(() => this.#child.kill("SIGKILL"), PATIENCE);
    try {
      return await this.#end();
    } finally {
      clearTimeout(killer);
    }
  }

  async journal() {
    if (this.#runs()) return (await this.#call("GET", "/journal")).split("\n").filter(Boolean).map((line) => JSON.parse(line));
    if (this.#journal === undefined) {
      throw new Error(`mock-xend ended with status ${await this.#end()} before its journal was read`);
    }
    return this.#journal;
  }

  async world() {
    if (this.#runs()) return this.#call("GET", "/world");
    await this.#end();
    return this.#world;
  }

  async verify() {
    if (this.#runs()) {
      const report = JSON.parse(await this.#call("GET", "/verify"));
      if (!report.as_expected) throw new UnexpectedRequests(lines(report));
      return;
    }
    const status = await this.#end();
    if (status === 1) throw new UnexpectedRequests(this.#said.trimEnd().split("\n"));
    if (status !== 0) throw new Error(`mock-xend ended with status ${status}: ${this.#said.trim()}`);
  }

  async reset() {
    if (!this.#runs()) throw new Error("only a mock that runs can be reset");
    await this.#call("POST", "/reset");
  }

  async [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]() {
    await this.stop();
  }

  /** Lets Node.js end, and the mock with it, if nobody stops the mock. */
  #forgotten() {
    this.#child.unref();
    this.#child.stdin.unref();
    this.#child.stdout.unref();
    return this;
  }

  /** Waits for the end of the mock, which keeps Node.js running until then. */
  #end() {
    this.#child.ref();
    return this.#ended;
  }

  /** Whether the mock has neither ended nor been told to. */
  #runs() {
    return this.#child.exitCode === null && this.#child.signalCode === null && !this.#child.killed;
  }

  /** Makes a call of the mock's control, and returns the body of the answer. */
  async #call(method, path) {
    const answer = await fetch(this.admin + path, { method, signal: AbortSignal.timeout(PATIENCE) });
    return answer.text();
  }

  /** The path of a file that was given by its path or by its text. */
  #file(name, given) {
    if (given instanceof URL) return fileURLToPath(given);
    if (!given.includes("\n")) return given;
    const path = join(this.#folder, name);
    writeFileSync(path, given);
    return path;
  }

  /** Keeps what the mock has written, and removes its files. */
  #keep() {
    const read = (name) => {
      try {
        return readFileSync(join(this.#folder, name), "utf8");
      } catch {
        return "";
      }
    };
    this.#said = read("stderr");
    this.#world = read("world.toml");
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** The differences of a report of the mock's control, as `mock-xend --verify` prints them. */
function lines({ findings, left_out }) {
  const told = findings.flatMap(({ kind, what, why }) => [
    `${kind}: ${what}`,
    ...why.split("\n").filter(Boolean).map((line) => `  ${line}`),
  ]);
  return left_out ? [...told, `and ${left_out} more, which are not kept`] : told;
}

export async function startMockXend(options) {
  return MockXend.start(options ?? {});
}

export async function mockXend(test, options = {}) {
  const mock = await startMockXend(options);
  test.after(async () => {
    await mock.stop();
    // What the scenario expects says nothing about a test that has failed already.
    if (!test.error) await mock.verify();
  });
  return mock;
}
