//! The one error of this crate: what is wrong, where, what was expected, and whose fault it is.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use crate::{Excerpt, visible};

/// Who has to change something for the error to go away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Culprit {
    /// Whoever wrote the document: it breaks the rules it is read by.
    Document,
    /// The daemon or client whose rules are in force: it crashes or hangs on a document that is nobody's mistake.
    Emulated,
    /// Whoever set the [`Limits`](crate::Limits): the document may be well-formed, but it is larger than allowed.
    Limit,
    /// The caller of an encoder: the value has no form on this wire.
    Caller,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal, $culprit:ident, $text:literal;)*) => {
        /// What is wrong with a document. The names are stable: cases refer to them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorKind {
            $($(#[$doc])* $kind,)*
        }

        impl ErrorKind {
            /// Every kind, in the order of their declaration.
            pub const ALL: &[Self] = &[$(Self::$kind),*];

            /// The stable name, as cases write it: `unexpected-end`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$kind => $name),* }
            }

            /// Whose fault an error of this kind is.
            pub fn culprit(self) -> Culprit {
                match self { $(Self::$kind => Culprit::$culprit),* }
            }

            fn text(self) -> &'static str {
                match self { $(Self::$kind => $text),* }
            }
        }
    };
}

kinds! {
    // Both codecs.
    /// The input ends inside a value.
    UnexpectedEnd = "unexpected-end", Document, "unexpected end of input";
    /// A byte or character that may not stand here, or anywhere.
    InvalidCharacter = "invalid-character", Document, "invalid character";
    /// The document is longer than [`Limits::bytes`](crate::Limits::bytes).
    TooLong = "too-long", Limit, "document too long";
    /// More values than [`Limits::values`](crate::Limits::values).
    TooManyValues = "too-many-values", Limit, "too many values";
    /// Deeper than [`Limits::depth`](crate::Limits::depth).
    TooDeep = "too-deep", Limit, "nested too deeply";
    /// An atom or string longer than [`Limits::text`](crate::Limits::text).
    TextTooLong = "text-too-long", Limit, "text too long";

    // S-expressions.
    /// A `)` with nothing open (`sxp.py begin_start`: `syntax error: )`).
    UnmatchedClose = "unmatched-close", Document, "`)` with nothing open";
    /// An octal escape over `\377` (`sxp.py state_octal`: `invalid octal escape: out of range`).
    OctalOutOfRange = "octal-out-of-range", Document, "octal escape out of range";
    /// A backslash before a character that forms no escape.
    UnknownEscape = "unknown-escape", Document, "unknown escape";
    /// `\x` without two hexadecimal digits.
    InvalidHexEscape = "invalid-hex-escape", Document, "invalid hexadecimal escape";
    /// The daemon dies with `NameError: global name 'buf' is not defined` on a short `\x` (capture `hex-short`).
    DaemonNameError = "daemon-name-error", Emulated, "the daemon fails with a NameError";
    /// Xend 3.0.2 dies with `AttributeError: Parser instance has no attribute 'buf'` (capture `octal-8@3.0.2`).
    DaemonAttributeError = "daemon-attribute-error", Emulated, "the daemon fails with an AttributeError";
    /// libvirt loops for ever on a vertical tab or form feed inside a list.
    EndlessLoop = "endless-loop", Emulated, "libvirt loops for ever";
    /// libvirt overflows its stack somewhere between 50,000 and 100,000 levels.
    StackOverflow = "stack-overflow", Emulated, "libvirt overflows its stack";

    // XML.
    /// Not well-formed XML, in a way that no other kind names.
    MalformedXml = "malformed-xml", Document, "malformed XML";
    /// An end tag that does not match the start tag.
    MismatchedTag = "mismatched-tag", Document, "mismatched end tag";
    /// An attribute given twice, unquoted or without a value.
    InvalidAttribute = "invalid-attribute", Document, "invalid attribute";
    /// An XML declaration that is not the first thing in the document, or is broken.
    InvalidDeclaration = "invalid-declaration", Document, "invalid XML declaration";
    /// A reference to an entity that is not one of XML's five. Entities are never expanded, declared or not.
    UndefinedEntity = "undefined-entity", Document, "undefined entity";
    /// Anything but white space, comments and processing instructions after the root element.
    TrailingContent = "trailing-content", Document, "content after the root element";
    /// A declared encoding that is not read here.
    UnsupportedEncoding = "unsupported-encoding", Document, "unsupported encoding";
    /// Bytes that are not what the declared encoding, or UTF-8 by default, allows.
    EncodingMismatch = "encoding-mismatch", Document, "bytes that are not in the document's encoding";

    // XML-RPC.
    /// The root is neither `methodCall` nor `methodResponse`, or not the one that was asked for.
    UnexpectedRoot = "unexpected-root", Document, "unexpected root element";
    /// An element that may not stand here.
    UnexpectedElement = "unexpected-element", Document, "unexpected element";
    /// Text where only elements may stand, or beside a type.
    UnexpectedText = "unexpected-text", Document, "unexpected text";
    /// An element that must stand here does not.
    MissingElement = "missing-element", Document, "missing element";
    /// An element that may stand only once stands again: a second type, `param` of a response, `data`, `name`.
    DuplicateElement = "duplicate-element", Document, "element given twice";
    /// An element in the place of a type whose name is none.
    UnknownType = "unknown-type", Document, "unknown type";
    /// A type that the rules know, but whose values have no form here: Apache's `dom`, a piece of XML.
    UnsupportedType = "unsupported-type", Document, "unsupported type";
    /// A type that is an extension (`nil`, `i8`, Apache's types) under rules without it.
    ExtensionNotAllowed = "extension-not-allowed", Document, "type not in the specification";
    /// Not an integer in the form that the rules allow.
    InvalidInteger = "invalid-integer", Document, "invalid integer";
    /// An integer outside the range of its type.
    IntegerOutOfRange = "integer-out-of-range", Document, "integer out of range";
    /// A boolean other than `0` and `1`.
    InvalidBoolean = "invalid-boolean", Document, "invalid boolean";
    /// Not a double in the form that the rules allow.
    InvalidDouble = "invalid-double", Document, "invalid double";
    /// Not a date and time in the form that the rules allow.
    InvalidDateTime = "invalid-datetime", Document, "invalid dateTime.iso8601";
    /// Not base64.
    InvalidBase64 = "invalid-base64", Document, "invalid base64";
    /// Something inside `nil`.
    InvalidNil = "invalid-nil", Document, "content in a nil";
    /// A method name with characters that the specification does not allow.
    InvalidMethodName = "invalid-method-name", Document, "invalid method name";
    /// A fault whose value is not a struct of exactly `faultCode`, an int, and `faultString`, a string.
    InvalidFault = "invalid-fault", Document, "invalid fault";

    // Xen-API.
    /// A value that is no `{Status, Value}` and no `{Status, ErrorDescription}`.
    InvalidEnvelope = "invalid-envelope", Document, "not a Xen-API envelope";

    // Encoders.
    /// The value has no form on this wire, as a control character has none in XML.
    NotRepresentable = "not-representable", Caller, "value cannot be written";

    // Operations.
    /// The face or release lacks the operation.
    UnsupportedOperation = "unsupported-operation", Caller, "no such operation";
    /// An argument that the operation needs is not given.
    MissingArgument = "missing-argument", Caller, "missing argument";
    /// An argument that the operation does not have.
    UnknownArgument = "unknown-argument", Caller, "unknown argument";
    /// An argument that is not of its kind.
    InvalidArgument = "invalid-argument", Caller, "invalid argument";
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// Why a document was refused: kind, byte span, what was found and what was expected.
///
/// `Display` is a lower-case fragment on one line; [`Error::render`] shows the place in the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(Box<Inner>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Inner {
    kind: ErrorKind,
    span: Range<usize>,
    found: Option<Cow<'static, str>>,
    expected: Option<Cow<'static, str>>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, span: Range<usize>) -> Self {
        Self(Box::new(Inner { kind, span, found: None, expected: None }))
    }

    /// Says what stands there. Long texts are cut.
    pub(crate) fn found(mut self, found: impl Into<Cow<'static, str>>) -> Self {
        const LONGEST: usize = 40;
        let found = found.into();
        // It is a piece of the document.
        self.0.found = Some(match found.char_indices().nth(LONGEST) {
            Some((cut, _)) => format!("{}…", visible(&found.as_bytes()[..cut])).into(),
            None if found.chars().any(char::is_control) => visible(found.as_bytes()).into(),
            None => found,
        });
        self
    }

    /// Says what should stand there.
    pub(crate) fn expected(mut self, expected: impl Into<Cow<'static, str>>) -> Self {
        self.0.expected = Some(expected.into());
        self
    }

    pub(crate) fn at(mut self, span: Range<usize>) -> Self {
        self.0.span = span;
        self
    }

    /// What is wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Where: byte offsets into the document. Empty at the end of a document that ends too soon.
    pub fn span(&self) -> Range<usize> {
        self.0.span.clone()
    }

    /// What should stand there, where that can be said.
    pub fn expectation(&self) -> Option<&str> {
        self.0.expected.as_deref()
    }

    /// Whose fault it is.
    pub fn culprit(&self) -> Culprit {
        self.kind().culprit()
    }

    /// The message with its place in the document: line, column, the line itself and a caret below it.
    ///
    /// Long lines are cut to a window around the place; bytes that are not printable are shown as escapes.
    ///
    /// ```
    /// let document = b"(domain (name 'vm1))\n)";
    /// let error = xend_wire::sexpr::parse(document).unwrap_err();
    /// assert_eq!(error.render(document), "\
    /// error: unexpected end of input, expected `'` for the `'` at byte 14
    ///  --> line 2, column 2 (byte 22)
    ///   | )
    ///   |  ^
    /// ");
    /// ```
    pub fn render(&self, document: &[u8]) -> String {
        let excerpt = Excerpt::new(document, &self.0.span);
        let (line, column, byte) = (excerpt.line(), excerpt.column(), self.0.span.start);
        format!("error: {self}\n --> line {line}, column {column} (byte {byte})\n{excerpt}")
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.kind)?;
        if let Some(found) = &self.0.found {
            write!(f, " {found}")?;
        }
        if let Some(expected) = &self.0.expected {
            write!(f, ", expected {expected}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
