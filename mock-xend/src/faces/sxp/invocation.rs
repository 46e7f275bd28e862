//! A request while it has the world: the domain that its path names, and its arguments as `xend/Args.py` takes them from
//! a form (protocol reference §3.3).

use xend_wire::datum::Datum;
use xend_wire::sexpr::{self, Rules};
use xend_wire::{Error, ErrorKind, Limits, Release};

use super::outcome::Outcome;
use super::request::Request;
use crate::python;
use crate::service::Turn;
use crate::world::{Command, Detail, Domain, Failure, Listing, Order, States};

/// A request for something that is known, with the world that it is asked of.
pub(crate) struct Invocation<'r, 't> {
    request: &'r Request,
    turn: &'r mut Turn<'t>,
    /// The domain that the path names.
    target: Option<Target>,
}

/// A domain as the daemon's resource holds it.
pub(super) struct Target {
    /// The id of the domain, `None` of one that is not active.
    domid: Datum,
    name: Datum,
}

impl Target {
    /// Looks a domain up.
    ///
    /// # Errors
    /// That there is no such domain, and what else keeps the daemon from looking.
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

    /// The release that is emulated.
    pub(crate) fn release(&self) -> Release {
        self.turn.release
    }

    /// Whether the reply is to be S-expressions, and not a page for a browser.
    pub(crate) fn wants_sxp(&self) -> bool {
        self.request.wants_sxp()
    }

    /// Has the world do something.
    pub(crate) fn perform(&mut self, command: Command) -> Result<Datum, Failure> {
        self.turn.perform(&command)
    }

    /// Has the world do something, and prints what it says.
    pub(crate) fn give(&mut self, command: Command) -> Result<Outcome, Failure> {
        self.perform(command).map(Outcome::Value)
    }

    /// The records of the usual domains, all that is known of each.
    pub(crate) fn listing(&mut self) -> Result<Outcome, Failure> {
        let listing = self.turn.world.listing(self.turn.now, States::Usual, Detail::Whole, Order::ById);
        listing.map(Outcome::from)
    }

    /// The usual domains, by name.
    pub(crate) fn domains(&mut self) -> Result<Outcome, Failure> {
        // Whoever lists them looks at them again first.
        self.perform(Command::Names(States::Usual))?;
        let mut domains: Vec<_> = self.turn.world.listed(States::Usual).cloned().collect();
        domains.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(Outcome::Domains(domains))
    }

    /// The record of the domain that the path names.
    pub(crate) fn record(&mut self) -> Result<Listing, Failure> {
        let object = self.object();
        self.turn.world.listing_of(self.turn.now, &object, Detail::Whole)
    }

    /// The domain that the path names, itself.
    pub(crate) fn domain(&mut self) -> Result<Domain, Failure> {
        self.turn.world.settle(self.turn.now);
        self.turn.world.find(&self.object()).cloned()
    }

    /// The id of the domain that the path names, as the daemon gives it to the manager of all domains: `None`, Python's,
    /// of one that is not active.
    pub(crate) fn own_domid(&self) -> Datum {
        self.target.as_ref().map_or(Datum::None, |target| target.domid.clone())
    }

    /// The same, where a field `dom` overrides it (protocol reference §3.3).
    pub(crate) fn domid(&self) -> Result<Datum, Failure> {
        match self.request.fields.get("dom") {
            Some(_) => self.int("dom"),
            None => Ok(self.own_domid()),
        }
    }

    /// The domain for the operations that set memory, processors and schedulers: up to 3.0.3 its id, later its name, so
    /// that these take a domain that is not active, too (`SrvDomain.py`, `self.dom.getName()`). A field `dom` overrides
    /// either.
    pub(crate) fn domid_or_name(&self) -> Result<Datum, Failure> {
        match self.request.fields.get("dom") {
            _ if self.release() < Release::V3_1 => self.domid(),
            Some(_) => self.text("dom").map(Datum::from),
            None => Ok(self.object()),
        }
    }

    /// The domain that the path names, as an object of its own.
    pub(crate) fn object(&self) -> Datum {
        match &self.target {
            Some(Target { domid: Datum::None, name }) => name.clone(),
            Some(Target { domid, .. }) => domid.clone(),
            None => Datum::None,
        }
    }

    /// All values of a field.
    pub(crate) fn values(&self, name: &str) -> Option<&[Vec<u8>]> {
        self.request.fields.get(name)
    }

    /// `req.args[name][0]`.
    pub(crate) fn first(&self, name: &str) -> Result<Vec<u8>, Failure> {
        let first = self.values(name).and_then(<[_]>::first);
        first.cloned().ok_or_else(|| Failure::key_error(name))
    }

    /// An argument as `Args.py` takes it: exactly once.
    pub(crate) fn text(&self, name: &str) -> Result<Vec<u8>, Failure> {
        match self.values(name) {
            Some([value]) => Ok(value.clone()),
            Some(_) => Err(Failure::argument(format!("Too many values for {name}"))),
            None => Err(Failure::argument(format!("Missing parameter: {name}"))),
        }
    }

    /// An argument as a number.
    pub(crate) fn int(&self, name: &str) -> Result<Datum, Failure> {
        python::int(&self.text(name)?).map(Datum::Int).map_err(Failure::Argument)
    }

    /// An argument as an S-expression.
    pub(crate) fn sxpr(&self, name: &str) -> Result<Datum, Failure> {
        let text = self.text(name)?;
        let failed = |_| Failure::argument("Coercion to sxpr failed");
        parse(&text, self.release()).map_err(failed)?.ok_or_else(|| Failure::argument(NO_VALUE))
    }

    /// `on`, `yes`, `1` or `true`, in any case; all else is false.
    pub(crate) fn boolean(&self, name: &str) -> Result<bool, Failure> {
        let value = self.text(name)?.to_ascii_lowercase();
        Ok(matches!(value.as_slice(), b"on" | b"yes" | b"1" | b"true"))
    }

    /// Numbers, in the order in which they are checked.
    pub(crate) fn ints(&self, names: &[&str]) -> Result<Vec<Datum>, Failure> {
        names.iter().map(|name| self.int(name)).collect()
    }

    /// The configuration of a new domain, and its text. These operations read it themselves: the first value counts, the
    /// rest does not.
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

/// `len()` of the values of a document that has none, because its list never closes.
const NO_VALUE: &str = "object of type 'NoneType' has no len()";

/// What the daemon's parser raised.
struct Raised {
    is_parse_error: bool,
    text: Vec<u8>,
}

/// The first value of a text. There may be none.
fn parse(text: &[u8], release: Release) -> Result<Option<Datum>, Raised> {
    // Deeper than this Python's own recursion ends when the value is used.
    let limits = Limits { depth: 900, ..Limits::default() };
    let first = sexpr::parse_with(text, Rules::xend(release), &limits)
        .and_then(|document| document.first().map(Datum::from_sexpr).transpose());
    first.map_err(|error| raised(&error, text))
}

/// The exception of `sxp.py` (protocol reference §2.5).
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
