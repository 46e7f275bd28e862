//! Builds the request for an operation and its arguments.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

use super::argument::{ArgumentKind, cpus, flag, integer, invalid, key};
use super::arguments::Arguments;
use super::face::Face;
use super::form::{Literal, Object, Representation, Source, XenApiForm};
use super::row::{Implementation, Operation};
use crate::block_device::block_device_number;
use crate::http::Request;
use crate::xmlrpc::Value;
use crate::{Error, ErrorKind, Limits, Release, sexpr, tuples};

/// The references that come before the arguments of an operation on the Xen-API. The other faces do not use them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct References<'r> {
    /// The reference of the session, which `session.login` returned.
    pub session: &'r str,
    /// The reference of the object that [`Operation::object`] names: the domain, the host or its metrics. It is not used
    /// if the object is the daemon or the session.
    pub object: &'r str,
}

/// The characters that are escaped in a path or a form. The daemon decodes `%xx` in both, but decodes `+` as a space only
/// in forms.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

impl Operation {
    /// The request for this operation on a face of a release. On the Xen-API its references are empty; use
    /// [`Operation::request_with`] to set them.
    ///
    /// # Errors
    /// [`ErrorKind::UnsupportedOperation`] if the face of that release does not have the operation or takes several
    /// requests for it; [`ErrorKind::MissingArgument`], [`ErrorKind::UnknownArgument`] and
    /// [`ErrorKind::InvalidArgument`] for arguments; for an S-expression, the errors of [`sexpr::parse`].
    pub fn request(self, face: Face, release: Release, arguments: &Arguments) -> Result<Request, Error> {
        self.request_with(face, release, arguments, References::default())
    }

    /// The request for this operation on a face of a release, with these references if the face is the Xen-API.
    ///
    /// # Errors
    /// As [`Operation::request`].
    pub fn request_with(
        self,
        face: Face,
        release: Release,
        arguments: &Arguments,
        references: References<'_>,
    ) -> Result<Request, Error> {
        self.check(arguments)?;
        match self.implementation(face, release)? {
            Implementation::Request => {}
            implementation @ (Implementation::Operations { .. } | Implementation::Methods { .. }) => {
                let steps = implementation.steps().join(", ");
                let expected = format!("one of its steps on the {face} face of {release}: {steps}");
                return Err(Error::new(ErrorKind::UnsupportedOperation, 0..0)
                    .found(format!("`{self}`"))
                    .expected(expected));
            }
        }
        match face {
            Face::Sxp => self.sxp_request(release, arguments),
            Face::XmlRpc => {
                let form = self.xmlrpc_form(release)?;
                self.check_use(arguments, |name| form.params.iter().any(|it| it.uses(name)), face, release)?;
                Request::call(form.method, self.params(form.params, face, arguments)?)
            }
            Face::XenApi => {
                let form = self.xenapi_form(release, arguments)?;
                let is_used = |name: &str| {
                    let is_object = form.object == Object::Vm && name == "domain";
                    is_object || form.only.is_some_and(|it| it.0 == name) || form.params.iter().any(|it| it.uses(name))
                };
                self.check_use(arguments, is_used, face, release)?;
                let before = match form.object {
                    Object::Daemon => &[][..],
                    Object::Session => &[references.session],
                    Object::Vm | Object::Host | Object::HostMetrics => &[references.session, references.object],
                };
                let before = before.iter().map(|&reference| Value::from(reference));
                Request::call(form.method, before.chain(self.params(form.params, face, arguments)?))
            }
        }
    }

    fn sxp_request(self, release: Release, arguments: &Arguments) -> Result<Request, Error> {
        let form = self.sxp_form(release)?;
        let is_used = |name: &str| name == "domain" || form.fields.iter().any(|(_, it)| it.uses(name));
        self.check_use(arguments, is_used, Face::Sxp, release)?;
        let fields =
            form.fields.iter().map(|(name, source)| Ok(format!("{name}={}", escape(&self.text(source, arguments)?))));
        let fields = fields.collect::<Result<Vec<_>, Error>>()?.join("&");
        let target = form.path.replace("{domain}", &escape(arguments.get("domain").unwrap_or_default()));
        Ok(match form.method {
            "GET" if fields.is_empty() => Request { method: "GET", target, content_type: None, body: Vec::new() },
            "GET" => {
                Request { method: "GET", target: format!("{target}?{fields}"), content_type: None, body: Vec::new() }
            }
            method => Request {
                method,
                target,
                content_type: Some("application/x-www-form-urlencoded"),
                body: fields.into_bytes(),
            },
        })
    }

    /// The call on the Xen-API that matches the arguments.
    pub(super) fn xenapi_form(self, release: Release, arguments: &Arguments) -> Result<&'static XenApiForm, Error> {
        let fits = |form: &&XenApiForm| match form.only {
            Some((name, values)) => {
                arguments.get(name).is_some_and(|given| values.iter().any(|value| value.as_bytes() == given))
            }
            None => true,
        };
        let forms = self.xenapi_forms(release)?;
        let forms = || forms.iter().filter(|form| form.releases.contains(release));
        forms().rfind(fits).ok_or_else(|| {
            // All methods of the operation are for some values of an argument only.
            let (name, values): (Vec<_>, Vec<_>) = forms().filter_map(|form| form.only).unzip();
            let expected = format!("{}, because the xenapi face supports no other", values.concat().join(" or "));
            invalid(name[0], expected)
        })
    }

    fn params(self, sources: &[Source], face: Face, arguments: &Arguments) -> Result<std::vec::IntoIter<Value>, Error> {
        let sent = sources.iter().filter(|source| !matches!(source, Source::Unsent));
        let params = sent.map(|source| self.value(source, face, arguments)).collect::<Result<Vec<_>, _>>()?;
        Ok(params.into_iter())
    }

    /// Checks that the request contains every argument, so that none is silently ignored.
    fn check_use(
        self,
        arguments: &Arguments,
        is_used: impl Fn(&str) -> bool,
        face: Face,
        release: Release,
    ) -> Result<(), Error> {
        match arguments.iter().find(|(name, _)| !is_used(name)) {
            None => Ok(()),
            Some((name, _)) => Err(Error::new(ErrorKind::UnknownArgument, 0..0)
                .found(format!("`{name}` of `{self}`"))
                .expected(format!("only arguments that the {face} face of {release} has"))),
        }
    }

    fn kind(self, name: &str) -> ArgumentKind {
        self.argument(name).expect("the table uses only arguments of the operation").kind
    }

    /// The value of a field of a form, before it is escaped.
    fn text(self, source: &Source, arguments: &Arguments) -> Result<Vec<u8>, Error> {
        let name = match source {
            Source::Arg(name) | Source::As(name, _) => name,
            Source::Or(name, literal) if arguments.get(name).is_none() => return Ok(literal.text()),
            Source::Or(name, _) => name,
            Source::Always(literal) | Source::Usually(literal) => return Ok(literal.text()),
            Source::Struct(_) | Source::Unsent => return Ok(Vec::new()),
        };
        let value = arguments.get(name).unwrap_or_default();
        Ok(match (source, self.kind(name)) {
            (Source::As(_, Representation::CharacterCode), _) => (key(name, value)? as u32).to_string().into_bytes(),
            (Source::As(_, Representation::BlockNumber), _) => block_number(value),
            (Source::As(_, Representation::Brackets), _) => [b"[".as_slice(), value, b"]"].concat(),
            (_, ArgumentKind::Flag) => if flag(name, value)? { b"1" } else { b"0" }.to_vec(),
            _ => value.to_vec(),
        })
    }

    /// The value of a parameter of a call. The Xen-API sends numbers as strings.
    fn value(self, source: &Source, face: Face, arguments: &Arguments) -> Result<Value, Error> {
        let name = match source {
            Source::Arg(name) | Source::As(name, _) => name,
            Source::Or(name, literal) if arguments.get(name).is_none() => return Ok(literal.value()),
            Source::Or(name, _) => name,
            Source::Always(literal) | Source::Usually(literal) => return Ok(literal.value()),
            Source::Unsent => return Ok(Value::Nil),
            Source::Struct(members) => {
                let is_given = |source: &Source| match source {
                    Source::Arg(name) | Source::As(name, _) => arguments.get(name).is_some(),
                    _ => true,
                };
                let members = members
                    .iter()
                    .filter(|(_, source)| is_given(source))
                    .map(|(member, source)| Ok(((*member).into(), self.value(source, face, arguments)?)));
                return Ok(Value::Struct(members.collect::<Result<_, Error>>()?));
            }
        };
        let value = arguments.get(name).unwrap_or_default();
        let kind = self.kind(name);
        match (source, kind) {
            (Source::As(_, Representation::Number), _) => Ok(i32::from(!value.is_empty() && flag(name, value)?).into()),
            (Source::As(_, Representation::CharacterCode), _) => Ok((key(name, value)? as i32).into()),
            (Source::As(_, Representation::Array), _) => {
                let numbers = cpus(name, value)?.into_iter().map(|number| narrow(name, number));
                Ok(Value::Array(numbers.collect::<Result<_, _>>()?))
            }
            (Source::As(_, Representation::Bytes), _) => {
                let bytes = integer(name, value)?.checked_mul(1 << 20);
                Ok(bytes.ok_or_else(|| too_large(name))?.to_string().into())
            }
            (Source::As(_, Representation::Text), _) => text(value),
            (Source::As(_, Representation::Whole), _) => narrow(name, integer(name, value)?),
            (Source::As(_, Representation::BlockNumber), _) => text(&block_number(value)),
            (Source::As(_, Representation::CpuMap), _) => Ok(format!("cpumap{}", integer(name, value)?).into()),
            (_, ArgumentKind::Integer(_)) if face == Face::XmlRpc => narrow(name, integer(name, value)?),
            (_, ArgumentKind::Flag) => Ok(flag(name, value)?.into()),
            (_, ArgumentKind::Sexpr) => {
                let document = sexpr::parse_with(value, sexpr::Rules::strict(), &Limits::default())?;
                document.first().map(tuples::to_value).ok_or_else(|| {
                    Error::new(ErrorKind::UnexpectedEnd, value.len()..value.len()).expected("an S-expression")
                })?
            }
            _ => text(value),
        }
    }
}

/// The device number of a disk, or its name if that has no known number.
fn block_number(device: &[u8]) -> Vec<u8> {
    block_device_number(device).map_or_else(|| device.to_vec(), |number| number.to_string().into_bytes())
}

impl Source {
    fn uses(&self, argument: &str) -> bool {
        match self {
            Self::Arg(name) | Self::Or(name, _) | Self::As(name, _) => *name == argument,
            Self::Always(_) | Self::Usually(_) | Self::Unsent => false,
            Self::Struct(members) => members.iter().any(|(_, source)| source.uses(argument)),
        }
    }
}

impl Literal {
    pub(super) fn text(self) -> Vec<u8> {
        match self {
            Self::Text(text) => text.as_bytes().to_vec(),
            Self::Int(number) => number.to_string().into_bytes(),
            Self::Flag(flag) => u8::from(flag).to_string().into_bytes(),
            Self::Nil => Vec::new(),
        }
    }

    fn value(self) -> Value {
        match self {
            Self::Text(text) => text.into(),
            Self::Int(number) => number.into(),
            Self::Flag(flag) => flag.into(),
            Self::Nil => Value::Nil,
        }
    }
}

fn text(value: &[u8]) -> Result<Value, Error> {
    str::from_utf8(value).map(Value::from).map_err(|error| {
        let at = error.valid_up_to();
        Error::new(ErrorKind::NotRepresentable, at..at + 1).expected("UTF-8")
    })
}

/// An XML-RPC `int`, which has 32 bits.
fn narrow(name: &'static str, number: i64) -> Result<Value, Error> {
    i32::try_from(number).map(Value::from).map_err(|_| too_large(name))
}

fn too_large(name: &'static str) -> Error {
    Error::new(ErrorKind::InvalidArgument, 0..0).found(format!("`{name}`")).expected("a number that fits into 32 bits")
}

fn escape(text: &[u8]) -> String {
    percent_encode(text, ESCAPED).to_string()
}
