//! Writes XML-RPC in the layout of Python 2's `xmlrpclib.dumps`, which is that of the daemon, byte for byte. Texts must be
//! escaped by the caller.

use std::convert::Infallible;
use std::io::Write;

/// A writer of one body, which it appends to a buffer. If the body can't be completed, the buffer is as long afterwards
/// as it was before.
pub(crate) struct Marshaller<'o>(&'o mut Vec<u8>);

impl<'o> Marshaller<'o> {
    /// Writes the body of a `methodResponse` with one value, which `value` writes.
    pub(crate) fn response<E>(out: &'o mut Vec<u8>, value: impl FnOnce(&mut Self) -> Result<(), E>) -> Result<(), E> {
        Self::whole(out, |out| {
            out.push(b"<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n");
            value(out)?;
            out.push(b"</param>\n</params>\n</methodResponse>\n");
            Ok(())
        })
    }

    /// Writes the body of a `methodResponse` with a fault.
    pub(crate) fn fault(out: &'o mut Vec<u8>, code: i32, string: &[u8]) {
        let written = Self::fault_with_value(out, code, |out| {
            out.scalar("string", string);
            Ok::<_, Infallible>(())
        });
        written.unwrap_or_else(|never| match never {});
    }

    /// Writes the body of a `methodResponse` with a fault whose `faultString` is any value, which `string` writes.
    pub(crate) fn fault_with_value<E>(
        out: &'o mut Vec<u8>,
        code: i32,
        string: impl FnOnce(&mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        Self::whole(out, |out| {
            out.push(b"<?xml version='1.0'?>\n<methodResponse>\n<fault>\n");
            out.open_struct();
            out.open_member(b"faultCode");
            out.number("int", code);
            out.close_member();
            out.open_member(b"faultString");
            string(out)?;
            out.close_member();
            out.close_struct();
            out.push(b"</fault>\n</methodResponse>\n");
            Ok(())
        })
    }

    /// Writes the body of a `methodCall`, whose parameters `value` writes.
    pub(crate) fn call<P, E>(
        out: &'o mut Vec<u8>,
        method: &str,
        params: &[P],
        mut value: impl FnMut(&mut Self, &P) -> Result<(), E>,
    ) -> Result<(), E> {
        Self::whole(out, |out| {
            out.push(b"<?xml version='1.0'?>\n<methodCall>\n<methodName>");
            out.push(method.as_bytes());
            out.push(b"</methodName>\n<params>\n");
            for param in params {
                out.push(b"<param>\n");
                value(out, param)?;
                out.push(b"</param>\n");
            }
            out.push(b"</params>\n</methodCall>\n");
            Ok(())
        })
    }

    fn whole<E>(out: &'o mut Vec<u8>, body: impl FnOnce(&mut Self) -> Result<(), E>) -> Result<(), E> {
        let before = out.len();
        let mut out = Self(out);
        body(&mut out).inspect_err(|_| out.0.truncate(before))
    }

    #[inline]
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    #[inline]
    pub(crate) fn scalar(&mut self, tag: &str, text: &[u8]) {
        self.open_scalar(tag);
        self.push(text);
        self.close_scalar(tag);
    }

    #[inline]
    pub(crate) fn open_scalar(&mut self, tag: &str) {
        self.push(b"<value><");
        self.push(tag.as_bytes());
        self.push(b">");
    }

    #[inline]
    pub(crate) fn close_scalar(&mut self, tag: &str) {
        self.push(b"</");
        self.push(tag.as_bytes());
        self.push(b"></value>\n");
    }

    #[inline]
    pub(crate) fn number(&mut self, tag: &str, number: impl std::fmt::Display) {
        self.open_scalar(tag);
        write!(self.0, "{number}").expect("a Vec takes all");
        self.close_scalar(tag);
    }

    /// Writes a `nil`, which unlike all other values is not followed by a line feed (capture `t-none@4.1`).
    pub(crate) fn nil(&mut self) {
        self.push(b"<value><nil/></value>");
    }

    pub(crate) fn open_array(&mut self) {
        self.push(b"<value><array><data>\n");
    }

    pub(crate) fn close_array(&mut self) {
        self.push(b"</data></array></value>\n");
    }

    pub(crate) fn open_struct(&mut self) {
        self.push(b"<value><struct>\n");
    }

    pub(crate) fn open_member(&mut self, name: &[u8]) {
        self.open_name();
        self.push(name);
        self.close_name();
    }

    pub(crate) fn open_name(&mut self) {
        self.push(b"<member>\n<name>");
    }

    pub(crate) fn close_name(&mut self) {
        self.push(b"</name>\n");
    }

    pub(crate) fn close_member(&mut self) {
        self.push(b"</member>\n");
    }

    pub(crate) fn close_struct(&mut self) {
        self.push(b"</struct></value>\n");
    }
}
