// A mock of Xend, the control daemon of Xen 3 and 4, for tests in Node.js. `index.d.mts` describes the functions.

import { spawn } from "node:child_process";
import { accessSync, closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** Milliseconds that a mock may take to end, after which it is killed. */
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

export class MockXend {
  #folder = mkdtempSync(join(tmpdir(), "mock-xend-"));
  #addresses = new Map();
  #child;
  #ended;
  #said = "";
  #world = "";

  /** Use `startMockXend`, which waits until the mock listens. */
  constructor({ release, scenario, world, faces, options = [] }) {
    const given = ["--dump-world", join(this.#folder, "world.toml")];
    if (scenario !== undefined) given.push("--verify");
    if (release !== undefined) given.push("--release", release);
    for (const [option, toml] of Object.entries({ scenario, world })) {
      if (toml !== undefined) given.push(`--${option}`, this.#file(`given-${option}.toml`, toml));
    }
    for (const face of faces) given.push(`--${face}`, "tcp:127.0.0.1:0");
    // A file takes any amount of text while nobody reads it.
    const stderr = openSync(join(this.#folder, "stderr"), "w");
    this.#child = spawn(program("mock-xend"), [...given, ...options], { stdio: ["ignore", "pipe", stderr] });
    closeSync(stderr);
    // The mock ends with this process, even if nobody stops it.
    const kill = () => this.#child.kill("SIGKILL");
    process.once("exit", kill);
    this.#ended = new Promise((resolve, reject) => {
      this.#child.once("error", reject);
      this.#child.once("close", (status) => {
        process.removeListener("exit", kill);
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
      if (mock.#addresses.size === faces.length) return mock;
    }
    const status = await mock.#ended;
    throw new Error(mock.#said.trim() || `mock-xend ended with status ${status}`);
  }

  address(face = "xmlrpc") {
    const address = this.#addresses.get(face);
    if (address === undefined) {
      const there = [...this.#addresses.keys()].join(", ");
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

  async stop() {
    this.#child.kill("SIGTERM");
    const killer = setTimeout(() => this.#child.kill("SIGKILL"), PATIENCE);
    try {
      return await this.#ended;
    } finally {
      clearTimeout(killer);
    }
  }

  async world() {
    await this.stop();
    return this.#world;
  }

  async verify() {
    const status = await this.stop();
    if (status === 1) throw new UnexpectedRequests(this.#said.trimEnd().split("\n"));
    if (status !== 0) throw new Error(`mock-xend ended with status ${status}: ${this.#said.trim()}`);
  }

  async [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]() {
    await this.stop();
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

export async function startMockXend(options = {}) {
  return MockXend.start(options);
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
