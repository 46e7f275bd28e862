//! From an operation and its arguments to what is sent.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

use super::table::Source;
use super::{ArgumentKind, Arguments, Face, Operation};
use crate::xmlrpc::{self, Value};
use crate::{Error, ErrorKind, Limits, Release, sexpr, tuples};

/// What a client sends: all of an HTTP request but the headers that belong to the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The path. On the XML-RPC face `/RPC2`, which the daemon does not look at.
    pub target: String,
    /// The type of the body, where there is one.
    pub content_type: Option<&'static str>,
    /// A form, an XML-RPC call, or nothing.
    pub body: Vec<u8>,
}

/// What stays as it is in a path or a form. The daemon decodes `%xx` in both and takes `+` for a space only in forms.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

impl Operation {
    /// The request by which one face of one release is asked.
    ///
    /// # Errors
    /// All before anything is sent: [`ErrorKind::UnsupportedOperation`] where the face of that release lacks the
    /// operation, [`ErrorKind::MissingArgument`], [`ErrorKind::UnknownArgument`], and for an S-expression whatever
    /// [`sexpr::parse`] finds in it.
    pub fn request(&self, face: Face, release: Release, arguments: &Arguments) -> Result<Request, Error> {
        self.check(arguments)?;
        let unsupported = || {
            Error::new(ErrorKind::UnsupportedOperation, 0..0)
                .found(format!("`{}` on the {face} face of {release}", self.name))
        };
        match face {
            Face::Sxp => {
                let form = self.sxp_form(release).ok_or_else(unsupported)?;
                let text = |source: &Source| match *source {
                    Source::Argument(name) => escape(arguments.get(name).unwrap_or_default()),
                    Source::Text(text) => escape(text.as_bytes()),
                    Source::Int(number) => number.to_string(),
                };
                let fields: Vec<_> =
                    form.fields.iter().map(|(name, source)| format!("{name}={}", text(source))).collect();
                let domain = escape(arguments.get("domain").unwrap_or_default());
                Ok(Request {
                    method: form.method,
                    target: form.path.replace("{domain}", &domain),
                    content_type: (form.method == "POST").then_some("application/x-www-form-urlencoded"),
                    body: fields.join("&").into_bytes(),
                })
            }
            Face::XmlRpc => {
                let form = self.xmlrpc_form(release).ok_or_else(unsupported)?;
                let params =
                    form.params.iter().map(|source| self.param(source, arguments)).collect::<Result<Vec<_>, _>>()?;
                Ok(Request {
                    method: "POST",
                    target: "/RPC2".to_owned(),
                    content_type: Some("text/xml"),
                    body: xmlrpc::encode_call(form.method, &params)?,
                })
            }
            Face::XenApi => Err(unsupported()),
        }
    }

    fn check(&self, arguments: &Arguments) -> Result<(), Error> {
        let known = || {
            let names: Vec<_> = self.arguments.iter().map(|argument| format!("`{}`", argument.name)).collect();
            if names.is_empty() { "none".to_owned() } else { names.join(" and ") }
        };
        if let Some((name, _)) =
            arguments.iter().find(|(name, _)| self.arguments.iter().all(|known| known.name != *name))
        {
            let found = format!("`{name}` of `{}`", self.name);
            return Err(Error::new(ErrorKind::UnknownArgument, 0..0).found(found).expected(known()));
        }
        for argument in self.arguments {
            let Some(value) = arguments.get(argument.name) else {
                let found = format!("`{}` of `{}`", argument.name, self.name);
                return Err(Error::new(ErrorKind::MissingArgument, 0..0).found(found));
            };
            if argument.kind == ArgumentKind::Sexpr {
                sexpr::parse(value)?;
            }
        }
        Ok(())
    }

    fn param(&self, source: &Source, arguments: &Arguments) -> Result<Value, Error> {
        let name = match *source {
            Source::Argument(name) => name,
            Source::Text(text) => return Ok(text.into()),
            Source::Int(number) => return Ok(number.into()),
        };
        let value = arguments.get(name).unwrap_or_default();
        let kind = self.arguments.iter().find(|argument| argument.name == name).map(|argument| argument.kind);
        match kind {
            Some(ArgumentKind::Sexpr) => {
                let document = sexpr::parse_with(value, sexpr::Rules::strict(), &Limits::default())?;
                document.first().map(tuples::to_value).ok_or_else(|| {
                    Error::new(ErrorKind::UnexpectedEnd, value.len()..value.len()).expected("an S-expression")
                })?
            }
            _ => match str::from_utf8(value) {
                Ok(text) => Ok(text.into()),
                Err(error) => {
                    let at = error.valid_up_to();
                    Err(Error::new(ErrorKind::NotRepresentable, at..at + 1).expected("UTF-8"))
                }
            },
        }
    }
}

fn escape(text: &[u8]) -> String {
    percent_encode(text, ESCAPED).to_string()
}
