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

/** A request and its reply, as the journal keeps them. */
export interface Exchange {
  event: "exchange";
  /** Counts the exchanges of the mock, from 1. */
  number: number;
  /** The time of the simulated host, in seconds since the Unix epoch. */
  at: number;
  /** Counts the connections of all protocols, from 1. */
  connection: number;
  /** Grows whenever the scenario or the world is replaced. */
  generation: number;
  face: Face;
  /** What was asked for, such as `domain.pause`, with its arguments; not there for what is no operation. */
  operation?: string;
  arguments?: Record<string, string>;
  answered_by: "expectation" | "world" | "refusal" | "face";
  /** Where the expectation is written: `line 12`. */
  expectation?: string;
  /** Why no expectation answered. */
  why_not?: string;
  /** The HTTP status of the reply. */
  status?: number;
  /** The faults that the reply was sent with. */
  faults?: string[];
  /** The bytes of request and reply as text, or in base64 if they are not UTF-8. */
  request?: string;
  request_base64?: string;
  reply?: string;
  reply_base64?: string;
  /** The whole lengths, if the journal keeps only the first bytes. */
  request_length?: number;
  reply_length?: number;
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
  /**
   * The address of the mock's control, such as `http://127.0.0.1:41235`: a browser shows the mock there, and
   * `mock-xend ctl --admin` takes it.
   */
  readonly admin: string;
  /**
   * Returns the latest requests with their replies, the oldest first: those since the start or `reset`, up to the end
   * of a mock that was stopped.
   */
  journal(): Promise<Exchange[]>;
  /**
   * Returns the simulated host as it is now, or of a mock that was stopped as it was then: the text of a world file,
   * in TOML.
   */
  world(): Promise<string>;
  /** Throws `UnexpectedRequests` if the requests so far were not those that the scenario expects. */
  verify(): Promise<void>;
  /**
   * Starts over: the scenario and the simulated host are as at the start, and the journal is empty. Ports stay as they
   * are, so that one mock serves many tests.
   */
  reset(): Promise<void>;
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
