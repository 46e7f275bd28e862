//! A request that has access to the world, with the domain that its path names and with its arguments, as
//! `xend/Args.py` takes them from a form (protocol reference §3.3).

use xend_wire::datum::Datum;
use xend_wire::sexpr::{self, Rules};
use xend_wire::{Error, ErrorKind, Limits, Release};

use super::outcome::Outcome;
use super::request::Request;
use crate::python;
use crate::service::Turn;
use crate::world::{Command, Detail, Domain, Failure, Listing, Order, States};

/// A request for a known action, with access to the world.
pub(crate) struct Invocation<'r, 't> {
    request: &'r Request,
    turn: &'r mut Turn<'t>,
    /// The domain that the path names.
    target: Option<Target>,
}

/// A domain as the daemon's resource holds it: its id and its name.
pub(super) struct Target {
    /// The id of the domain; `None` if it is not active.
    domid: Datum,
    name: Datum,
}

impl Target {
    /// Looks up a domain.
    ///
    /// # Errors
    /// Returns the failure of the world if there is no such domain, or if the daemon can't look up any.
    pub(super) fn find(turn: &mut Turn<'_>, name: &[u8]) -> Result<Self, Failure> {
        let found = turn.perform(&Command::Find { domain: name.to_vec().into() })?;
        let [domid, name] = [0, 1].map(|at| found.items().get(at).cloned().unwrap_or(Datum::None));
        Ok(Self { domid, name })
    }
}

impl<'r, 't> Invocation<'r, 't> {
    pub(super) fn new(request: &'r Request, turn: &'r mut Turn<'t>, target: Option<Target>) -> Self {
        Self { request, turn, target }
    }

    /// Returns the emulated release.
    pub(crate) fn release(&self) -> Release {
        self.turn.release
    }

    /// Returns whether the reply is S-expressions rather than a page for a browser.
    pub(crate) fn wants_sxp(&self) -> bool {
        self.request.wants_sxp()
    }

    /// Performs a command on the world.
    pub(crate) fn perform(&mut self, command: Command) -> Result<Datum, Failure> {
        self.turn.perform(&command)
    }

    /// Performs a command on the world, and returns its result as the outcome.
    pub(crate) fn give(&mut self, command: Command) -> Result<Outcome, Failure> {
        self.perform(command).map(Outcome::Value)
    }

    /// Returns the whole records of the domains that the release lists by default.
    pub(crate) fn listing(&mut self) -> Result<Outcome, Failure> {
        let listing = self.turn.world.listing(self.turn.now, States::Usual, Detail::Whole, Order::ById);
        listing.map(Outcome::from)
    }

    /// Returns the domains that the release lists by default, by name.
    pub(crate) fn domains(&mut self) -> Result<Outcome, Failure> {
        // The daemon checks all domains again before it lists them.
        self.perform(Command::Names(States::Usual))?;
        let mut domains: Vec<_> = self.turn.world.listed(States::Usual).cloned().collect();
        domains.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(Outcome::Domains(domains))
    }

    /// Returns the record of the domain that the path names.
    pub(crate) fn record(&mut self) -> Result<Listing, Failure> {
        let object = self.object();
        self.turn.world.listing_of(self.turn.now, &object, Detail::Whole)
    }

    /// Returns the domain that the path names.
    pub(crate) fn domain(&mut self) -> Result<Domain, Failure> {
        self.turn.world.settle(self.turn.now);
        self.turn.world.find(&self.object()).cloned()
    }

    /// Returns the id of the domain that the path names, as the daemon passes it to the manager of all domains. It is
    /// Python's `None` if the domain is not active.
    pub(crate) fn own_domid(&self) -> Datum {
        self.target.as_ref().map_or(Datum::None, |target| target.domid.clone())
    }

    /// Returns the value of the field `dom` if the request has one, or else [`own_domid`](Self::own_domid) (protocol
    /// reference §3.3).
    pub(crate) fn domid(&self) -> Result<Datum, Failure> {
        match self.request.fields.get("dom") {
            Some(_) => self.int("dom"),
            None => Ok(self.own_domid()),
        }
    }

    /// Returns the domain for the operations that set memory, processors and schedulers. Up to 3.0.3 that is the id,
    /// later the name, so that these operations also work on a domain that is not active (`SrvDomain.py`,
    /// `self.dom.getName()`). A field `dom` overrides either.
    pub(crate) fn domid_or_name(&self) -> Result<Datum, Failure> {
        match self.request.fields.get("dom") {
            _ if self.release() < Release::V3_1 => self.domid(),
            Some(_) => self.text("dom").map(Datum::from),
            None => Ok(self.object()),
        }
    }

    /// Returns the domain that the path names, for operations on the domain's own object.
    pub(crate) fn object(&self) -> Datum {
        match &self.target {
            Some(Target { domid: Datum::None, name }) => name.clone(),
            Some(Target { domid, .. }) => domid.clone(),
            None => Datum::None,
        }
    }

    /// Returns all values of a field.
    pub(crate) fn values(&self, name: &str) -> Option<&[Vec<u8>]> {
        self.request.fields.get(name)
    }

    /// Returns the first value of a field: `req.args[name][0]`.
    pub(crate) fn first(&self, name: &str) -> Result<Vec<u8>, Failure> {
        let first = self.values(name).and_then(<[_]>::first);
        first.cloned().ok_or_else(|| Failure::key_error(name))
    }

    /// Returns an argument as `Args.py` takes it: it must be given exactly once.
    pub(crate) fn text(&self, name: &str) -> Result<Vec<u8>, Failure> {
        match self.values(name) {
            Some([value]) => Ok(value.clone()),
            Some(_) => Err(Failure::argument(format!("Too many values for {name}"))),
            None => Err(Failure::argument(format!("Missing parameter: {name}"))),
        }
    }

    /// Returns an argument as a number.
    pub(crate) fn int(&self, name: &str) -> Result<Datum, Failure> {
        python::int(&self.text(name)?).map(Datum::Int).map_err(Failure::Argument)
    }

    /// Returns an argument as an S-expression.
    pub(crate) fn sxpr(&self, name: &str) -> Result<Datum, Failure> {
        let text = self.text(name)?;
        let failed = |_| Failure::argument("Coercion to sxpr failed");
        parse(&text, self.release()).map_err(failed)?.ok_or_else(|| Failure::argument(NO_VALUE))
    }

    /// Returns an argument as a flag: `on`, `yes`, `1` or `true`, in any case, is true, and everything else is false.
    pub(crate) fn boolean(&self, name: &str) -> Result<bool, Failure> {
        let value = self.text(name)?.to_ascii_lowercase();
        Ok(matches!(value.as_slice(), b"on" | b"yes" | b"1" | b"true"))
    }

    /// Returns arguments as numbers. They are checked in the given order.
    pub(crate) fn ints(&self, names: &[&str]) -> Result<Vec<Datum>, Failure> {
        names.iter().map(|name| self.int(name)).collect()
    }

    /// Returns the configuration of a new domain, and its text. These operations parse it themselves, and use only the
    /// first value of the text.
    pub(crate) fn config(&self) -> Result<(Datum, Vec<u8>), Failure> {
        let Some([text, ..]) = self.values("config") else {
            let text = "Configuration error 'NoneType' object has no attribute '__getitem__'";
            return Err(Failure::refused(text));
        };
        match parse(text, self.release()) {
            Ok(Some(config)) => Ok((config, text.clone())),
            Ok(None) => Err(Failure::refused("Configuration error list index out of range")),
            Err(Raised { is_parse_error, text }) => {
                let prefix = if is_parse_error { "Invalid configuration " } else { "Configuration error " };
                Err(Failure::refused([prefix.as_bytes(), &text].concat()))
            }
        }
    }
}

/// The exception that `len()` raises for a document without a value, because its list never closes.
const NO_VALUE: &str = "object of type 'NoneType' has no len()";

/// An exception of the daemon's parser.
struct Raised {
    is_parse_error: bool,
    text: Vec<u8>,
}

/// Returns the first value of a text; `None` if there is none.
fn parse(text: &[u8], release: Release) -> Result<Option<Datum>, Raised> {
    // A value with more levels exceeds Python's recursion limit when it is used.
    let limits = Limits { depth: 900, ..Limits::default() };
    let first = sexpr::parse_with(text, Rules::xend(release), &limits)
        .and_then(|document| document.first().map(Datum::from_sexpr).transpose());
    first.map_err(|error| raised(&error, text))
}

/// Returns the exception of `sxp.py` (protocol reference §2.5).
fn raised(error: &Error, text: &[u8]) -> Raised {
    let (is_parse_error, text) = match error.kind() {
        ErrorKind::UnmatchedClose => (true, "syntax error: )".to_owned()),
        ErrorKind::UnexpectedEnd | ErrorKind::UnknownEscape => (true, "unexpected EOF".to_owned()),
        ErrorKind::InvalidCharacter => {
            let code = text.get(error.span().start).copied().unwrap_or_default();
            (true, format!("invalid character: code {code}"))
        }
        ErrorKind::OctalOutOfRange => {
            let escape = String::from_utf8_lossy(text.get(error.span()).unwrap_or_default());
            (true, format!("invalid octal escape: out of range {}", escape.trim_start_matches('\\')))
        }
        ErrorKind::DaemonNameError => (false, "global name 'buf' is not defined".to_owned()),
        ErrorKind::DaemonAttributeError => (false, "Parser instance has no attribute 'buf'".to_owned()),
        _ => (false, "maximum recursion depth exceeded".to_owned()),
    };
    Raised { is_parse_error, text: text.into_bytes() }
}
