//! The error type of this crate: what is wrong, where, what was expected, and whose fault it is.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use crate::{Excerpt, visible};

/// Whose fault an error is: who has to change something for the error to go away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Culprit {
    /// The author of the document, which breaks the rules that it is read by.
    Document,
    /// The daemon or client whose rules the document is read by. It crashes or hangs on a document without a mistake.
    Emulated,
    /// Whoever set the [`Limits`](crate::Limits). The document may be correct, but it is larger than allowed.
    Limit,
    /// The caller, who gave a value that can't be written or an argument that the operation does not accept.
    Caller,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal, $culprit:ident, $text:literal;)*) => {
        /// What is wrong with a document or an argument.
        ///
        /// Each kind has a stable [name](ErrorKind::name), by which the cases in `fixtures/cases` refer to it.
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
    /// A byte or character that is not allowed here, or not allowed anywhere.
    InvalidCharacter = "invalid-character", Document, "invalid character";
    /// The document is longer than [`Limits::bytes`](crate::Limits::bytes).
    TooLong = "too-long", Limit, "document too long";
    /// More values than [`Limits::values`](crate::Limits::values).
    TooManyValues = "too-many-values", Limit, "too many values";
    /// Values are nested deeper than [`Limits::depth`](crate::Limits::depth).
    TooDeep = "too-deep", Limit, "nested too deeply";
    /// An atom or string longer than [`Limits::text`](crate::Limits::text).
    TextTooLong = "text-too-long", Limit, "text too long";

    // S-expressions.
    /// A `)` that closes no list (`sxp.py begin_start`: `syntax error: )`).
    UnmatchedClose = "unmatched-close", Document, "`)` without a matching `(`";
    /// An octal escape over `\377` (`sxp.py state_octal`: `invalid octal escape: out of range`).
    OctalOutOfRange = "octal-out-of-range", Document, "octal escape out of range";
    /// A backslash before a character that forms no escape.
    UnknownEscape = "unknown-escape", Document, "unknown escape";
    /// `\x` without two hexadecimal digits.
    InvalidHexEscape = "invalid-hex-escape", Document, "invalid hexadecimal escape";
    /// The daemon fails with `NameError: global name 'buf' is not defined` on a short `\x` (capture `hex-short`).
    DaemonNameError = "daemon-name-error", Emulated, "the daemon fails with a NameError on this escape";
    /// Xend 3.0.2 fails with `AttributeError: Parser instance has no attribute 'buf'` (capture `octal-8@3.0.2`).
    DaemonAttributeError = "daemon-attribute-error", Emulated, "the daemon fails with an AttributeError on this escape";
    /// libvirt loops forever on a vertical tab or form feed inside a list.
    EndlessLoop = "endless-loop", Emulated, "libvirt loops forever";
    /// libvirt overflows its stack somewhere between 50,000 and 100,000 levels.
    StackOverflow = "stack-overflow", Emulated, "libvirt overflows its stack";

    // XML.
    /// XML that is not well-formed, in a way for which there is no other kind.
    MalformedXml = "malformed-xml", Document, "malformed XML";
    /// An end tag that does not match the start tag.
    MismatchedTag = "mismatched-tag", Document, "mismatched end tag";
    /// An attribute that is given twice, has no quotes or has no value.
    InvalidAttribute = "invalid-attribute", Document, "invalid attribute";
    /// An XML declaration that is not at the start of the document, or is not well-formed.
    InvalidDeclaration = "invalid-declaration", Document, "invalid XML declaration";
    /// A reference to an entity that is not one of XML's five. Entities are never expanded, even if they are declared.
    UndefinedEntity = "undefined-entity", Document, "undefined entity";
    /// Anything but white space, comments and processing instructions after the root element.
    TrailingContent = "trailing-content", Document, "content after the root element";
    /// The document declares an encoding that this crate does not read.
    UnsupportedEncoding = "unsupported-encoding", Document, "unsupported encoding";
    /// Bytes that are not valid in the declared encoding, or in UTF-8 if none is declared.
    EncodingMismatch = "encoding-mismatch", Document, "bytes do not match the document's encoding";

    // XML-RPC.
    /// The root is neither `methodCall` nor `methodResponse`, or not the one of them that the caller asked for.
    UnexpectedRoot = "unexpected-root", Document, "unexpected root element";
    /// An element that is not allowed here.
    UnexpectedElement = "unexpected-element", Document, "unexpected element";
    /// Text where only elements are allowed, or next to the element of a type.
    UnexpectedText = "unexpected-text", Document, "unexpected text";
    /// A required element is missing.
    MissingElement = "missing-element", Document, "missing element";
    /// An element that is allowed only once is given again: a type, `data`, `name`, or the `param` of a response.
    DuplicateElement = "duplicate-element", Document, "duplicate element";
    /// An element in the place of a type, but no type has this name.
    UnknownType = "unknown-type", Document, "unknown type";
    /// A known type whose values this crate can't represent: Apache's `dom`, which is a piece of XML.
    UnsupportedType = "unsupported-type", Document, "unsupported type";
    /// An extension type (`nil`, `i8`, Apache's types) in a document that is read by rules without extensions.
    ExtensionNotAllowed = "extension-not-allowed", Document, "non-standard type";
    /// The text of an integer does not have a form that the rules allow.
    InvalidInteger = "invalid-integer", Document, "invalid integer";
    /// An integer is outside the range of its type.
    IntegerOutOfRange = "integer-out-of-range", Document, "integer out of range";
    /// A boolean is neither `0` nor `1`.
    InvalidBoolean = "invalid-boolean", Document, "invalid boolean";
    /// The text of a double does not have a form that the rules allow.
    InvalidDouble = "invalid-double", Document, "invalid double";
    /// The text of a date and time does not have a form that the rules allow.
    InvalidDateTime = "invalid-datetime", Document, "invalid dateTime.iso8601";
    /// The text of a `base64` is not base64.
    InvalidBase64 = "invalid-base64", Document, "invalid base64";
    /// A `nil` that is not empty.
    InvalidNil = "invalid-nil", Document, "invalid nil";
    /// A method name with characters that the specification does not allow.
    InvalidMethodName = "invalid-method-name", Document, "invalid method name";
    /// A fault whose value is not a struct of exactly `faultCode`, an int, and `faultString`, a string.
    InvalidFault = "invalid-fault", Document, "invalid fault";
    /// A value does not fit the type of Rust that it is read as.
    TypeMismatch = "type-mismatch", Document, "value does not fit the type";

    // Xen-API.
    /// A value that is neither `{Status, Value}` nor `{Status, ErrorDescription}`.
    InvalidEnvelope = "invalid-envelope", Document, "not a Xen-API envelope";

    // Encoders.
    /// The format can't express the value, as XML can't express most control characters.
    NotRepresentable = "not-representable", Caller, "value cannot be written";

    // Operations.
    /// The face or release does not have the operation.
    UnsupportedOperation = "unsupported-operation", Caller, "unsupported operation";
    /// A required argument is not given.
    MissingArgument = "missing-argument", Caller, "missing argument";
    /// The operation has no argument of this name.
    UnknownArgument = "unknown-argument", Caller, "unknown argument";
    /// The value of an argument is not of the argument's kind.
    InvalidArgument = "invalid-argument", Caller, "invalid argument";
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// Why a document or an argument was refused: the kind of error, the place in bytes, what was found and what was
/// expected.
///
/// `Display` writes a lower-case fragment on one line. [`Error::render`] also shows the place in the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(Box<Inner>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Inner {
    kind: ErrorKind,
    span: Range<usize>,
    /// What was found, with the space or colon that comes before it in the message.
    found: Option<String>,
    expected: Option<Cow<'static, str>>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, span: Range<usize>) -> Self {
        Self(Box::new(Inner { kind, span, found: None, expected: None }))
    }

    /// Adds the piece of the document that is wrong, as in ``unexpected element `foo` ``. Long pieces are cut.
    pub(crate) fn found(mut self, found: impl AsRef<str>) -> Self {
        self.0.found = Some(format!(" {}", shortened(found.as_ref(), 40)));
        self
    }

    /// Adds a phrase that says more about what is wrong, as in `not a Xen-API envelope: an empty struct`. It may quote
    /// the document, so long phrases are cut, too.
    pub(crate) fn detail(mut self, detail: impl AsRef<str>) -> Self {
        self.0.found = Some(format!(": {}", shortened(detail.as_ref(), 80)));
        self
    }

    /// Adds what the document should have had instead.
    pub(crate) fn expected(mut self, expected: impl Into<Cow<'static, str>>) -> Self {
        self.0.expected = Some(expected.into());
        self
    }

    /// The same error at another place.
    pub(crate) fn at(mut self, span: Range<usize>) -> Self {
        self.0.span = span;
        self
    }

    /// The kind of the error.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The wrong part of the document, as byte offsets. If the document ends too early, it is the empty range at its end.
    pub fn span(&self) -> Range<usize> {
        self.0.span.clone()
    }

    /// A phrase for what the document should have had instead, if it is known.
    pub fn expectation(&self) -> Option<&str> {
        self.0.expected.as_deref()
    }

    /// Whose fault it is.
    pub fn culprit(&self) -> Culprit {
        self.kind().culprit()
    }

    /// The message with its place in the document: line, column, the line itself and a caret below it.
    ///
    /// Long lines are cut to a window around the place. Bytes that are not printable are shown as escapes.
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
            f.write_str(found)?;
        }
        if let Some(expected) = &self.0.expected {
            write!(f, ", expected {expected}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

/// A piece of a document on one line, without control characters, and cut after `longest` characters.
fn shortened(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((cut, _)) => format!("{}…", visible(&text.as_bytes()[..cut])),
        None if text.chars().any(char::is_control) => visible(text.as_bytes()),
        None => text.to_owned(),
    }
}
