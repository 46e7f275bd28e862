//! The words and keys of scenario files, each with what may stand there: the one table behind the reader, the JSON
//! Schema and the documentation.

/// A word for replies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Word {
    pub(crate) name: &'static str,
    pub(crate) value: Shape,
    /// An example, as it is after `reply =`.
    pub(crate) example: &'static str,
    /// What the reply is, for the documentation.
    pub(crate) about: &'static str,
}

/// A key of a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) value: Shape,
    /// What the key means, for the documentation and for editors.
    pub(crate) about: &'static str,
}

/// What may stand for a key or after a word.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    /// Nothing: the word stands alone.
    Nothing,
    /// A text that is sent or taken as it stands.
    Plain,
    /// A text of a reply, in which a part of the request may stand.
    Text,
    /// A list of such texts.
    Texts,
    /// A number.
    Number,
    /// A number or `any`, or a range.
    Times,
    /// A number from 0 to 1.
    Fraction,
    /// A boolean.
    Flag,
    /// A time such as `250ms`.
    Duration,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A name of a release.
    Release,
    /// A name of an operation.
    Operation,
    /// What a text of the request must be.
    Pattern,
    /// Names with such patterns.
    Patterns,
    /// A list of what parameters must be.
    Params,
    /// A typed value that is sent.
    Value,
    /// Names of states with their values.
    States,
    /// A reply.
    Reply,
    /// A list of replies with how they are sent.
    Replies,
    /// A list of faults.
    Faults,
    /// A change of the simulated host, or a list of those.
    Changes,
    /// A list of expectations.
    Expectations,
    /// A table with these keys, of which the first must be there.
    Table(&'static [Key]),
}

const fn word(name: &'static str, value: Shape, example: &'static str, about: &'static str) -> Word {
    Word { name, value, example, about }
}

const fn key(name: &'static str, value: Shape, about: &'static str) -> Key {
    Key { name, value, about }
}

const STATUS: Key = key(
    "status",
    Shape::Number,
    "the HTTP status, from 100 to 999; 200 by default. A status without a body (1xx, 204, 304) can have one only with `raw`",
);
const REASON: Key =
    key("reason", Shape::Plain, "the reason phrase, a single line; by default the daemon's phrase for the status");
const CONTENT_TYPE: Key = key(
    "content-type",
    Shape::Plain,
    "the content type, a single line; by default `text/plain` on `sxp` and `text/xml` on the other faces",
);
const REPEAT: Key = key("repeat", Shape::Number, "how many times the body is sent, 1 or more; at most 256 MiB in all");
const BODY: Key = key("body", Shape::Plain, "the body, sent as it stands");

/// The keys of the words that take a table.
pub(crate) const XEND_ERR: &[Key] = &[key("text", Shape::Text, "the text of the error"), STATUS, REASON];
pub(crate) const SEXPR: &[Key] = &[BODY, REPEAT, STATUS, REASON];
pub(crate) const TEXT: &[Key] = &[BODY, REPEAT, STATUS, REASON, CONTENT_TYPE];
pub(crate) const BODY_FILE: &[Key] = &[
    key("path", Shape::Plain, "the path of a file, relative to the folder of the scenario"),
    STATUS,
    REASON,
    CONTENT_TYPE,
];
pub(crate) const FAULT: &[Key] =
    &[key("code", Shape::Number, "the fault's number, of 32 bits"), key("string", Shape::Text, "the fault's text")];

/// All words for replies.
#[rustfmt::skip]
pub(crate) const WORDS: [Word; 22] = [
    word("simulate", Shape::Nothing, "\"simulate\"", "the reply of the world, for an expectation that only counts requests, breaks replies or changes the world"),
    word("close", Shape::Nothing, "\"close\"", "no reply: the connection is closed, as when the daemon's thread dies"),
    word("hang", Shape::Nothing, "\"hang\"", "no reply: the connection stays open, as when a worker thread of the daemon dies"),
    word("bad-request", Shape::Nothing, "\"bad-request\"", "400 `Bad request`"),
    word("invalid-request", Shape::Nothing, "\"invalid-request\"", "406 `Invalid request`, as for a POST without an operation"),
    word("too-large", Shape::Nothing, "\"too-large\"", "413 `Request entity too large`"),
    word("internal-error", Shape::Nothing, "\"internal-error\"", "500 with an empty body"),
    word("not-implemented", Shape::Text, "{ not-implemented = \"pause\" }", "501 `Operation not implemented: `, followed by the text, which must be a single line"),
    word("not-found", Shape::Text, "{ not-found = \"no such page\" }", "404 `Not found`, with the text as the body"),
    word("unknown-domain", Shape::Text, "{ unknown-domain = \"vm9\" }", "the error for an unknown domain with this name, in the words of the face and the release"),
    word("unknown-method", Shape::Text, "{ unknown-method = \"xend.nosuch\" }", "the error for an unknown method with this name: a fault up to 3.0.3, a success that says `MESSAGE_METHOD_UNKNOWN` later"),
    word("error", Shape::Text, "{ error = \"no\" }", "the error for an operation that raises a `XendError` with this text: on `sxp` `(xend.err \"...\")` under the status of the release, on `xmlrpc` a fault 2, on `xenapi` an `INTERNAL_ERROR`"),
    word("xend-err", Shape::Table(XEND_ERR), "{ xend-err = { text = \"no\" } }", "`(xend.err \"TEXT\")` under any status"),
    word("sexpr", Shape::Table(SEXPR), "{ sexpr = { body = \"(a b)\" } }", "one or more S-expressions, sent byte for byte"),
    word("text", Shape::Table(TEXT), "{ text = { body = \"a\" } }", "any body"),
    word("body-file", Shape::Table(BODY_FILE), "{ body-file = { path = \"Cargo.toml\" } }", "a body with the bytes of a file"),
    word("fault", Shape::Table(FAULT), "{ fault = { code = 2, string = \"no\" } }", "an XML-RPC fault"),
    word("value", Shape::Value, "{ value = 5 }", "the response of a method that returns this [value](#values)"),
    word("failure", Shape::Texts, "{ failure = [\"NO\"] }", "a success that says `Failure`, with this `ErrorDescription`"),
    word("raw", Shape::Plain, "{ raw = \"HTTP/1.1 200 OK\\r\\n\\r\\n\" }", "these bytes, sent instead of a whole reply, head included; then the connection is closed"),
    word("raw-base64", Shape::Plain, "{ raw-base64 = \"SFRUUA==\" }", "as `raw`, with the bytes written in base64"),
    word("raw-file", Shape::Plain, "{ raw-file = \"Cargo.toml\" }", "as `raw`, with the bytes of the file at this path"),
];

/// The keys of a scenario.
#[rustfmt::skip]
pub(crate) const SCENARIO: &[Key] = &[
    key("release", Shape::Release, "the release that the scenario is written for, as a string; by default the release of the mock"),
    key("unexpected", Shape::OneOf(&["simulate", "refuse"]), "how the mock answers a request that no expectation matches: `simulate`, the default: the world answers; `refuse`: a 501 on `sxp`, and the error for an unknown method on the other faces"),
    key("in-order", Shape::Flag, "whether the expectations are `in-order` unless they say otherwise; `false` by default"),
    key("seed", Shape::Number, "the seed of `probability`, 0 by default: the same seed and the same requests give the same replies"),
    key("state", Shape::States, "the states with the values that they have at the beginning: `{ daemon = \"up\" }`"),
    key("expect", Shape::Expectations, "the expectations; there can be any number"),
];

/// The keys that say which requests an expectation answers.
#[rustfmt::skip]
pub(crate) const CRITERIA: &[Key] = &[
    key("face", Shape::OneOf(&["sxp", "xmlrpc", "xenapi"]), "the face; needed with `method`, `fields` and `params`"),
    key("operation", Shape::Operation, "the name of an operation: `\"domain.pause\"`"),
    key("args", Shape::Patterns, "arguments of the operation: `{ domain = \"vm1\" }`; on `xenapi`, a domain is given by its reference"),
    key("method", Shape::Pattern, "on `sxp`, the HTTP method: `\"GET\"`; on the other faces, the name of the XML-RPC method: `\"xend.domain.pause\"`"),
    key("path", Shape::Pattern, "the path of the URL, without its query: `\"/xend/domain/vm1\"`, or `\"/RPC2\"` of a call on the other faces, where the daemon takes any path from 3.0.3 on; percent-encoding is decoded, and empty elements are ignored"),
    key("fields", Shape::Patterns, "fields of the query or the form: `{ op = \"pause\" }`; the request must have each of them exactly once"),
    key("params", Shape::Params, "all parameters, as [values](#values): `[\"vm1\", { i8 = 5 }]`"),
    key("headers", Shape::Patterns, "headers, whose names are compared without regard to case"),
    key("body", Shape::Pattern, "the body, byte for byte"),
    key("connection", Shape::Pattern, "the number of the connection, counted from 1 over all listeners"),
    key("state", Shape::States, "the states that must hold: `{ daemon = \"down\" }`"),
];

/// The keys that say how often an expectation answers.
#[rustfmt::skip]
pub(crate) const NUMBERS: &[Key] = &[
    key("times", Shape::Times, "how many requests it answers: a number, `0` for never, `\"any\"`, or a range such as `{ at-least = 1, at-most = 3 }`; 1 by default, and the number of `replies` if there are several; `\"any\"` with `loop`, `every` or `probability`"),
    key("in-order", Shape::Flag, "whether it answers only after all earlier expectations that are `in-order`"),
    key("every", Shape::Number, "answers only every so many-th request that matches; the others go to later expectations or the world"),
    key("probability", Shape::Fraction, "answers a request that matches with this probability, from 0 to 1, as the `seed` decides; the others go to later expectations or the world"),
    key("replies", Shape::Replies, "replies in turn, each a table with the keys below; after the last one, the last one again"),
    key("loop", Shape::Flag, "whether the first of the `replies` comes again after the last one"),
];

/// The keys of a reply: in an expectation, or in each of its `replies`.
#[rustfmt::skip]
pub(crate) const REPLY: &[Key] = &[
    key("reply", Shape::Reply, "the reply: one of the [words](#replies) below; required, but for `times = 0`"),
    key("faults", Shape::Faults, "a list of [faults](#faults): how the reply breaks on its way; none by default"),
    key("change", Shape::Changes, "what changes in the world right after the reply was decided: one of the [changes](#changes-of-the-world) below, or a list of them"),
    key("next-state", Shape::States, "the states that hold from then on: `{ daemon = \"up\" }`"),
];

/// The words for changes of the simulated host.
#[rustfmt::skip]
pub(crate) const CHANGES: &[Key] = &[
    key("crash", Shape::Plain, "the guest of this domain crashes, and the daemon does what its `on_crash` says"),
    key("power-off", Shape::Plain, "the guest of this domain powers off by itself, and the daemon does what its `on_poweroff` says"),
    key("reboot", Shape::Plain, "the guest of this domain reboots by itself, and the daemon does what its `on_reboot` says"),
    key("destroy", Shape::Plain, "this domain is destroyed"),
    key("pause", Shape::Plain, "this domain is paused"),
    key("unpause", Shape::Plain, "this domain is unpaused"),
    key("create", Shape::Plain, "a domain with this configuration, `(vm ...)`, is created"),
    key("free-memory", Shape::Number, "the host has this much free memory, in MiB"),
    key("advance", Shape::Duration, "the clock of the world moves forward"),
];

/// Returns the names of keys.
pub(crate) fn names(keys: &[&[Key]]) -> Vec<&'static str> {
    keys.iter().flat_map(|keys| keys.iter().map(|key| key.name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tables of the documentation are those of the code; words for replies are looked for where replies are tried.
    #[test]
    fn every_key_stands_in_the_documentation() {
        let documentation = include_str!("../../../docs/scenarios.md");
        let tables = [SCENARIO, CRITERIA, NUMBERS, REPLY, CHANGES, XEND_ERR, SEXPR, TEXT, BODY_FILE, FAULT];
        for key in tables.into_iter().flatten() {
            let name = if key.name == "expect" { "[[expect]]" } else { key.name };
            let line = format!("| `{name}` | {} |\n", key.about);
            assert!(documentation.contains(&line), "docs/scenarios.md lacks this line:\n{line}");
        }
    }
}
