//! Encodes calls and responses, in the layout of Python 2's `xmlrpclib.dumps`, which is that of the daemon.

use data_encoding::BASE64;

use super::characters::{describe, is_char};
use super::content::{METHOD_NAME, is_method_name};
use super::marshal::Marshaller;
use super::value::{Fault, Value};
use crate::{Error, ErrorKind, Limits, python};

/// Encodes a `methodCall`, byte for byte as Python 2's `xmlrpclib` writes it.
///
/// # Errors
/// [`ErrorKind::NotRepresentable`] for a method name that the specification does not allow, for a character that XML
/// does not allow (most control characters), and for more than [`Limits::HARD_DEPTH`] levels of arrays and structs.
/// The span of the error is empty, because there is no document yet.
pub fn encode_call(method: &str, params: &[Value]) -> Result<Vec<u8>, Error> {
    in_new_buffer(|out| encode_call_into(out, method, params))
}

/// Encodes a `methodResponse` with a value, byte for byte as the daemon writes it.
///
/// There are two exceptions. A carriage return is written as `&#13;`: Python writes it unescaped, and every XML parser then
/// reads it as a line feed. A double is written without an exponent, which the specification does not have. A double that
/// is not finite is written as `inf` or `nan`, which only Python can read. [`encode_response_as_daemon`] makes neither.
///
/// # Errors
/// As [`encode_call`].
pub fn encode_response(value: &Value) -> Result<Vec<u8>, Error> {
    in_new_buffer(|out| encode_response_into(out, value))
}

/// Encodes a `methodResponse` with a value as the daemon does in every byte, whether or not the specification allows it:
/// a double may have an exponent, and a carriage return is not escaped.
///
/// ```
/// use xend_wire::xmlrpc::encode_response_as_daemon;
///
/// let body = encode_response_as_daemon(&1e20.into())?;
/// assert!(body.windows(22).any(|part| part == b"<double>1e+20</double>"));
/// # Ok::<(), xend_wire::Error>(())
/// ```
///
/// # Errors
/// As [`encode_call`].
pub fn encode_response_as_daemon(value: &Value) -> Result<Vec<u8>, Error> {
    in_new_buffer(|out| Marshaller::response(out, |out| write::<true>(out, value, 0)))
}

/// Encodes a `methodResponse` with a fault, byte for byte as the daemon writes it.
///
/// # Errors
/// As [`encode_call`].
pub fn encode_fault(fault: &Fault) -> Result<Vec<u8>, Error> {
    in_new_buffer(|out| encode_fault_into(out, fault))
}

/// Appends what [`encode_call`] returns to a buffer of the caller.
///
/// Writing a large document into a new buffer takes longer for the new memory than for the document. A buffer that is
/// cleared and used again has its memory already: for a document of 42 MB that takes less than half of the time.
///
/// ```
/// use xend_wire::xmlrpc::encode_call_into;
///
/// let mut body = Vec::new();
/// for domain in ["vm1", "vm2"] {
///     body.clear();
///     encode_call_into(&mut body, "xend.domain.pause", &[domain.into()])?;
///     assert!(body.ends_with(b"</methodCall>\n"));
/// }
/// # Ok::<(), xend_wire::Error>(())
/// ```
///
/// # Errors
/// As [`encode_call`]. The buffer is then as long as it was before.
pub fn encode_call_into(out: &mut Vec<u8>, method: &str, params: &[Value]) -> Result<(), Error> {
    if !is_method_name(method) {
        return Err(not_representable(format!("method name `{}`", method.escape_debug())).expected(METHOD_NAME));
    }
    Marshaller::call(out, method, params, |out, param| write::<false>(out, param, 0))
}

/// Appends what [`encode_response`] returns to a buffer of the caller, for the reason that [`encode_call_into`] gives.
///
/// # Errors
/// As [`encode_call`]. The buffer is then as long as it was before.
pub fn encode_response_into(out: &mut Vec<u8>, value: &Value) -> Result<(), Error> {
    Marshaller::response(out, |out| write::<false>(out, value, 0))
}

/// Appends what [`encode_fault`] returns to a buffer of the caller, for the reason that [`encode_call_into`] gives.
///
/// # Errors
/// As [`encode_call`]. The buffer is then as long as it was before.
pub fn encode_fault_into(out: &mut Vec<u8>, fault: &Fault) -> Result<(), Error> {
    let mut string = Vec::new();
    escape::<false>(&fault.string, |piece| string.extend_from_slice(piece))?;
    Marshaller::fault(out, fault.code, &string);
    Ok(())
}

fn in_new_buffer(encode: impl FnOnce(&mut Vec<u8>) -> Result<(), Error>) -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    encode(&mut out)?;
    Ok(out)
}

/// Writes a value as Python's `Marshaller.dump_...` do: in every byte, or else as far as the specification allows it. The
/// depth is limited, so the recursion is limited, too.
fn write<const IN_EVERY_BYTE: bool>(out: &mut Marshaller<'_>, value: &Value, depth: usize) -> Result<(), Error> {
    match value {
        Value::Int(number) => out.number("int", number),
        Value::I8(number) => out.number("i8", number),
        Value::Boolean(flag) => out.scalar("boolean", if *flag { b"1" } else { b"0" }),
        Value::String(text) => {
            out.open_scalar("string");
            escape::<IN_EVERY_BYTE>(text, |piece| out.push(piece))?;
            out.close_scalar("string");
        }
        // Rust writes numbers in this range as Python does.
        Value::Double(number) if (1e-4..1e16).contains(&number.abs()) => {
            out.number("double", format_args!("{number:?}"));
        }
        Value::Double(number) if number.is_finite() && !IN_EVERY_BYTE => {
            out.scalar("double", without_exponent(*number).as_bytes());
        }
        Value::Double(number) => out.scalar("double", python::repr_float(*number).as_bytes()),
        Value::DateTime(text) => {
            out.open_scalar("dateTime.iso8601");
            escape::<IN_EVERY_BYTE>(text, |piece| out.push(piece))?;
            out.close_scalar("dateTime.iso8601");
        }
        Value::Base64(bytes) => {
            // Python's `base64.encode` writes lines of 76 characters.
            let mut text = String::with_capacity(bytes.len().div_ceil(57) * 77 + 1);
            text.push('\n');
            for line in bytes.chunks(57) {
                BASE64.encode_append(line, &mut text);
                text.push('\n');
            }
            out.scalar("base64", text.as_bytes());
        }
        Value::Array(items) => {
            let depth = deeper(depth)?;
            out.open_array();
            items.iter().try_for_each(|item| write::<IN_EVERY_BYTE>(out, item, depth))?;
            out.close_array();
        }
        Value::Struct(members) => {
            let depth = deeper(depth)?;
            out.open_struct();
            for (name, value) in members {
                out.open_name();
                escape::<IN_EVERY_BYTE>(name, |piece| out.push(piece))?;
                out.close_name();
                write::<IN_EVERY_BYTE>(out, value, depth)?;
                out.close_member();
            }
            out.close_struct();
        }
        Value::Nil => out.nil(),
    }
    Ok(())
}

/// The shortest digits that stand for the number, with a period among them and without an exponent.
fn without_exponent(number: f64) -> String {
    let digits = number.to_string();
    if digits.contains('.') { digits } else { digits + ".0" }
}

/// Escapes text piece by piece: `&`, `<` and `>` as `xmlrpclib.escape` does, and unless Python is followed in every byte,
/// the carriage return, which a reader would otherwise turn into a line feed.
#[inline]
fn escape<const IN_EVERY_BYTE: bool>(text: &str, mut push: impl FnMut(&[u8])) -> Result<(), Error> {
    let bytes = text.as_bytes();
    // Nearly no text needs escapes, and a loop without an early exit is faster.
    if !bytes.iter().fold(false, |any, &b| any | SPECIAL[usize::from(b)]) {
        push(bytes);
        return Ok(());
    }
    let mut done = 0;
    while let Some(len) = bytes[done..].iter().position(|&b| SPECIAL[usize::from(b)]) {
        let at = done + len;
        push(&bytes[done..at]);
        push(match bytes[at] {
            b'&' => b"&amp;",
            b'<' => b"&lt;",
            b'>' => b"&gt;",
            b'\r' if IN_EVERY_BYTE => b"\r",
            b'\r' => b"&#13;",
            // The first byte of U+FFFE and U+FFFF, which are not allowed, but also of many allowed characters.
            0xEF if text[at..].chars().next().is_some_and(is_char) => &bytes[at..=at],
            _ => return Err(not_representable(describe(&text[at..])).expected("a character that XML 1.0 allows")),
        });
        done = at + 1;
    }
    push(&bytes[done..]);
    Ok(())
}

/// The bytes that need an escape or are not allowed, or may be the beginning of such a character.
static SPECIAL: [bool; 256] = {
    let mut special = [false; 256];
    let mut b = 0;
    while b < 0x20 {
        special[b] = b != b'\t' as usize && b != b'\n' as usize;
        b += 1;
    }
    special[b'&' as usize] = true;
    special[b'<' as usize] = true;
    special[b'>' as usize] = true;
    special[0xEF] = true;
    special
};

fn deeper(depth: usize) -> Result<usize, Error> {
    if depth == Limits::HARD_DEPTH {
        return Err(not_representable("nested too deeply")
            .expected(format!("at most {} levels of arrays and structs", Limits::HARD_DEPTH)));
    }
    Ok(depth + 1)
}

fn not_representable(detail: impl AsRef<str>) -> Error {
    Error::new(ErrorKind::NotRepresentable, 0..0).detail(detail)
}

#[cfg(test)]
mod properties {
    use proptest::prelude::*;

    use crate::python;

    proptest! {
        #![proptest_config(crate::test_config())]

        #[test]
        fn rust_writes_usual_doubles_as_python_does(digits in any::<i64>(), places in 0..23) {
            let number = digits as f64 / 10_f64.powi(places);
            if (1e-4..1e16).contains(&number.abs()) {
                prop_assert_eq!(format!("{number:?}"), python::repr_float(number));
            }
        }
    }
}
