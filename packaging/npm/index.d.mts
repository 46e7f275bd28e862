/** The protocols of the daemon: S-expressions over HTTP, its own XML-RPC, and the Xen-API. */
export type Face = "sxp" | "xmlrpc" | "xenapi";

/** What a mock is to be. */
export interface Options {
  /** The release of the daemon; by default that of the scenario or the world, or 4.1. */
  release?: "3.0.2" | "3.0.3" | "3.1" | "3.2" | "3.3" | "3.4" | "4.1" | "4.4";
  /** Scripted replies: the path of a TOML file, or its text if it has several lines. */
  scenario?: string | URL;
  /** The simulated host, in the same way. */
  world?: string | URL;
  /** The protocols; by default `sxp` and `xmlrpc`. Releases from 3.1 on have `xenapi`. */
  faces?: Face | Face[];
  /** Further options of `mock-xend`, which `mock-xend --help` lists. */
  options?: string[];
}

/** A mock of Xend that runs as a process of its own, and listens on loopback at ports that were free. */
export class MockXend implements AsyncDisposable {
  private constructor();
  /** Where the mock listens for a protocol, as `HOST:PORT`. */
  address(face?: Face): string;
  /** The URL for a client, such as `http://127.0.0.1:41234/RPC2`. */
  url(face?: Face): string;
  /** The address as `xend-harness` takes it, such as `xmlrpc+tcp://127.0.0.1:41234`. */
  uri(face?: Face): string;
  /** Stops the mock, and returns the simulated host as the test left it: the text of a world file, in TOML. */
  world(): Promise<string>;
  /** Stops the mock, and throws `UnexpectedRequests` if the requests were not those that the scenario expects. */
  verify(): Promise<void>;
  /** Stops the mock, and returns its exit status. */
  stop(): Promise<number | null>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** The requests were not those that the scenario expects. */
export class UnexpectedRequests extends Error {
  /** What is wrong, such as `unused: line 2: domain.pause domain=vm1: 0 of 1`. */
  readonly lines: string[];
}

/** Starts a mock. Stop it at the end, or declare it with `await using`. Throws what `mock-xend` says if it can't start. */
export function startMockXend(options?: Options): Promise<MockXend>;

/**
 * Starts a mock that ends with a test of `node:test`, whose context is `test`.
 *
 * When the test has passed, the mock verifies that the requests were those that its scenario expects; if they were not,
 * the test fails.
 */
export function mockXend(test: { after(hook: () => Promise<void>): void }, options?: Options): Promise<MockXend>;

/** The path of a program: `xend-harness` or `mock-xend`. `XEND_PROGRAMS` may name another folder. */
export function program(name?: "xend-harness" | "mock-xend"): string;
