//! From a call to a response: which method it is, whether its parameters fit, and what Python says if they don't.

use xend_wire::Release;
use xend_wire::datum::{self, Datum};
use xend_wire::xmlrpc::Call;

use super::methods::{self, Form, Method};
use crate::service::Service;
use crate::world::{Command, Failure};

/// Does what is called, and gives the body of the response.
pub(super) fn perform(service: &Service, call: &Call<'_>) -> Vec<u8> {
    let release = service.release();
    match outcome(service, call) {
        None => unknown_method(release, call.method()),
        Some(Ok(value)) => value.response(release),
        Some(Err(raised)) => failed(release, &raised),
    }
}

/// Does what is called, if the method is one of this face.
pub(crate) fn outcome(service: &Service, call: &Call<'_>) -> Option<Result<Datum, Failure>> {
    let release = service.release();
    let method = methods::find(call.method(), release)?;
    let params = call.params().map(Datum::from_value).collect();
    Some(Invocation { service, release, params }.run(method))
}

/// What the daemon answers to a method that it does not have: up to 3.0.3 a fault, later the failure of the Xen-API,
/// since the proxy for its asynchronous calls takes all unknown names (protocol reference §4.4).
pub(super) fn unknown_method(release: Release, method: &str) -> Vec<u8> {
    if release < Release::V3_1 {
        return datum::fault(1, format!("method \"{method}\" is not supported").as_bytes());
    }
    match method {
        // A call without a name (capture `xml-nomethod@3.1`).
        "None" => datum::fault(1, b"'NoneType' object has no attribute 'startswith'"),
        _ => failure(["MESSAGE_METHOD_UNKNOWN", method], release),
    }
}

/// A success that says `Failure`, with a code and its arguments (protocol reference §5.1).
pub(crate) fn failure<'w>(description: impl IntoIterator<Item = &'w str>, release: Release) -> Vec<u8> {
    let description: Vec<Datum> = description.into_iter().map(Datum::from).collect();
    Datum::Dict(vec![("Status".into(), "Failure".into()), ("ErrorDescription".into(), description.into())])
        .response(release)
}

/// A method that raises.
pub(super) fn failed(release: Release, raised: &Failure) -> Vec<u8> {
    datum::fault(raised.code(), &raised.message(release))
}

/// A call whose method is known.
pub(super) struct Invocation<'s> {
    service: &'s Service,
    release: Release,
    params: Vec<Datum>,
}

impl Invocation<'_> {
    fn run(&self, method: &Method) -> Result<Datum, Failure> {
        let given = self.params.len();
        // A method of a domain's own object is behind a `lambda domid, *args`, which looks the domain up first.
        if method.form == Form::OfDomain {
            if given == 0 {
                return Err(Failure::exception("<lambda>() takes at least 1 argument (0 given)"));
            }
            self.perform(Command::Find { domain: self.domain() })?;
        }
        // An object counts itself among the arguments.
        let own = usize::from(method.form == Form::OfManager);
        let (least, most) = (method.required + own, method.required + method.optional + own);
        if !(least..=most).contains(&(given + own)) {
            let (bound, count) = match () {
                () if method.optional == 0 => ("exactly", least),
                () if given + own < least => ("at least", least),
                () => ("at most", most),
            };
            let takes = match count {
                0 => "no arguments".to_owned(),
                1 => format!("{bound} 1 argument"),
                _ => format!("{bound} {count} arguments"),
            };
            return Err(Failure::exception(format!("{}() takes {takes} ({} given)", method.function, given + own)));
        }
        match method.run {
            Some(run) => run(self),
            None => Err(Failure::refused(format!("{} is not simulated", method.name))),
        }
    }

    pub(super) fn release(&self) -> Release {
        self.release
    }

    pub(super) fn perform(&self, command: Command) -> Result<Datum, Failure> {
        self.service.perform(&command)
    }

    /// What comes of a method that returns an object for a domain: it can't be marshalled (captures `domid-lookup`). What
    /// the marshaller stumbles over first differs; up to 3.0.3 objects refer to each other.
    pub(super) fn object(&self) -> Result<Datum, Failure> {
        self.perform(Command::Find { domain: self.domain() })?;
        Err(Failure::exception(self.release.pick(&[
            (Release::V3_0_2, "cannot marshal recursive dictionaries"),
            (Release::V3_1, "cannot marshal <class 'xen.xend.XendConfig.XendConfig'> objects"),
            (Release::V4_1, "cannot marshal <type 'thread.lock'> objects"),
        ])))
    }

    /// The first parameter, which nearly always names a domain.
    pub(super) fn domain(&self) -> Datum {
        self.params[0].clone()
    }

    /// A parameter; `None`, Python's, where it is optional and not given.
    pub(super) fn param(&self, at: usize) -> Datum {
        self.params.get(at).cloned().unwrap_or(Datum::None)
    }

    /// All parameters from one on.
    pub(super) fn params_from(&self, at: usize) -> Vec<Datum> {
        self.params.iter().skip(at).cloned().collect()
    }

    /// A parameter, or its default where it is not given.
    pub(super) fn param_or(&self, at: usize, default: impl Into<Datum>) -> Datum {
        self.params.get(at).cloned().unwrap_or_else(|| default.into())
    }
}
