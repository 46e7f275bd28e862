//! What an expectation may not say, whether it is written in a file or in Rust.

use xend_wire::Release;
use xend_wire::operation::{self, ArgumentKind, Face, Implementation, Operation};
use xend_wire::xenapi;

use super::expectation::Expectation;
use super::matching::Match;
use super::reply::Reply;
use super::step::Step;
use super::template::Echo;
use crate::fault::{Fault, Sent};
use crate::nearest;

/// A mistake of an expectation, with the path of the key where it is: `args.domain`, or nothing for the whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mistake {
    pub(super) key: String,
    pub(super) message: String,
}

impl Mistake {
    pub(super) fn new(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self { key: key.into(), message: message.into() }
    }
}

/// The methods of HTTP that one may take for those of XML-RPC.
const HTTP_METHODS: &[&[u8]] = &[b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"PATCH", b"OPTIONS"];

impl Expectation {
    /// Checks that the expectation makes sense in one of these releases.
    pub(super) fn check(&self, releases: &[Release]) -> Result<(), Mistake> {
        self.check_keys()?;
        match self.operation {
            Some(operation) => self.check_operation(operation, releases)?,
            None if self.face.is_some_and(|face| !releases.iter().any(|release| face.is_served_by(*release))) => {
                let release = releases.last().copied().unwrap_or_default();
                return Err(Mistake::new(
                    "face",
                    format!("release {release} has no face `xenapi`, expected 3.1 or later"),
                ));
            }
            None => {}
        }
        self.check_texts()?;
        self.check_numbers()?;
        self.check_steps()
    }

    /// Checks which criteria are given together.
    fn check_keys(&self) -> Result<(), Mistake> {
        let given = [
            ("args", !self.args.is_empty()),
            ("method", self.method.is_some()),
            ("path", self.path.is_some()),
            ("fields", !self.fields.is_empty()),
            ("params", self.params.is_some()),
        ];
        let unwanted =
            |keys: &[&str], with: &str| match given.iter().find(|(key, is_given)| *is_given && keys.contains(key)) {
                Some((key, _)) => Err(Mistake::new(*key, format!("`{key}` does not go with {with}"))),
                None => Ok(()),
            };
        if self.operation.is_some() {
            return unwanted(&["method", "path", "fields", "params"], "`operation`");
        }
        unwanted(&["args"], "an HTTP request or XML-RPC call, only with `operation`; use `fields` or `params`")?;
        match self.face {
            None if self.method.is_some() => Err(Mistake::new(
                "method",
                "`method` needs `face`: it is an HTTP method on `sxp`, and an XML-RPC method elsewhere",
            )),
            None if self.params.is_some() => {
                Err(Mistake::new("params", "`params` needs `face = \"xmlrpc\"` or `face = \"xenapi\"`"))
            }
            None if !self.fields.is_empty() => Err(Mistake::new("fields", "`fields` needs `face = \"sxp\"`")),
            None if self.criteria().next().is_none() => {
                Err(Mistake::new("", "an expectation needs `face` or `operation`, to say which requests it answers"))
            }
            None => Ok(()),
            Some(Face::Sxp) => unwanted(&["params"], "`face = \"sxp\"`"),
            Some(face) => unwanted(&["fields"], &format!("`face = \"{face}\"`")),
        }
    }

    fn check_operation(&self, operation: Operation, releases: &[Release]) -> Result<(), Mistake> {
        if let Some(why) = why_impossible(operation, self.face, releases) {
            return Err(Mistake::new("operation", why));
        }
        for (name, value) in &self.args {
            let Some(argument) = operation.argument(name) else {
                let known: Vec<_> = operation.arguments().iter().map(|argument| argument.name).collect();
                let has = match (nearest::nearest(name, known.iter().copied()), known.is_empty()) {
                    (_, true) => "it takes no arguments".to_owned(),
                    (Some(word), _) => format!("did you mean `{word}`? It takes {}", known.join(", ")),
                    (None, _) => format!("it takes {}", known.join(", ")),
                };
                let message = format!("`{}` has no argument `{name}`: {has}", operation.name());
                return Err(Mistake::new(format!("args.{name}.key"), message));
            };
            let has_stars = argument.kind != ArgumentKind::Sexpr && argument.kind != ArgumentKind::Text;
            let checked = value.check(has_stars, &|text| argument.check(text).map_err(|error| error.to_string()));
            checked.map_err(|message| Mistake::new(format!("args.{name}"), message))?;
        }
        Ok(())
    }

    fn check_texts(&self) -> Result<(), Mistake> {
        let plain = |_: &[u8]| Ok(());
        let there =
            [("method", &self.method), ("path", &self.path), ("body", &self.body), ("connection", &self.connection)];
        if let Some((key, _)) = there.iter().find(|(_, value)| value.as_ref().is_some_and(Match::is_absence)) {
            return Err(Mistake::new(*key, format!("every request has a {key}, so this never matches")));
        }
        if let Some(method) = &self.method {
            let http = |text: &[u8]| match text.iter().any(|byte| *byte == b'.' || byte.is_ascii_lowercase()) {
                true => {
                    Err("on `sxp`, `method` is an HTTP method, such as GET; use `operation` to name an operation"
                        .into())
                }
                false => Ok(()),
            };
            let checked = match self.face {
                Some(Face::Sxp) => method.check(true, &http),
                Some(face) => method.check(true, &|text: &[u8]| match HTTP_METHODS.contains(&text) {
                    true => Err(format!(
                        "on `{face}`, `method` is the name of an XML-RPC method, and every call is a POST: leave it out to \
                         answer all calls"
                    )),
                    false => Ok(()),
                }),
                None => method.check(true, &plain),
            };
            checked.map_err(|message| Mistake::new("method", message))?;
        }
        let named = [("fields", &self.fields), ("headers", &self.headers)];
        for (key, values) in named {
            for (name, value) in values {
                let wrong = |message| Mistake::new(format!("{key}.{name}"), message);
                value.check(key == "fields" && name != "config", &plain).map_err(wrong)?;
                if key == "headers" && (name.is_empty() || name.contains(|c: char| c.is_whitespace() || c == ':')) {
                    return Err(wrong(format!("`{name}` is no name of a header")));
                }
            }
        }
        for (key, value, stars) in [("path", &self.path, true), ("body", &self.body, false)] {
            if let Some(value) = value {
                value.check(stars, &plain).map_err(|message| Mistake::new(key, message))?;
            }
        }
        if let Some(number) = &self.connection {
            let is_number = |text: &[u8]| match str::from_utf8(text).ok().and_then(|text| text.parse::<u64>().ok()) {
                Some(1..) => Ok(()),
                _ => Err("`connection` is the number of a connection, counted from 1".to_owned()),
            };
            number.check(true, &is_number).map_err(|message| Mistake::new("connection", message))?;
        }
        for (at, param) in self.params.iter().flatten().enumerate() {
            param.check().map_err(|message| Mistake::new(format!("params.{at}"), message))?;
        }
        Ok(())
    }

    fn check_numbers(&self) -> Result<(), Mistake> {
        let times = self.how_often();
        if times.most.is_some_and(|most| most < times.least) {
            return Err(Mistake::new("times", "`times` begins after its end: no number is in it"));
        }
        if self.every == Some(0) {
            return Err(Mistake::new("every", "`every` is a number of requests, expected 1 or more"));
        }
        if self.probability.is_some_and(|probability| !(0.0..=1.0).contains(&probability)) {
            return Err(Mistake::new("probability", "`probability` is a number from 0 to 1"));
        }
        if let Some(most) = times.most.filter(|most| *most > 0 && *most < self.steps.len() as u64) {
            let message = format!("`times` allows {most} at most, but there are {} replies", self.steps.len());
            return Err(Mistake::new("times", message));
        }
        let acts = |step: &Step| {
            let Step { reply, faults, changes, next_state, .. } = step;
            reply.is_some() || !faults.is_empty() || !changes.is_empty() || !next_state.is_empty()
        };
        let is_chosen = self.every.is_some() || self.probability.is_some();
        if times.is_never() && (is_chosen || self.steps.iter().any(acts)) {
            let message = "an expectation that is never met does nothing: remove `times = 0`, or its reply and what comes with it";
            return Err(Mistake::new("times", message));
        }
        Ok(())
    }

    fn check_steps(&self) -> Result<(), Mistake> {
        for (at, step) in self.steps.iter().enumerate() {
            let wrong = |key: &str, message: String| Mistake::new(format!("replies.{at}.{key}"), message);
            for change in &step.changes {
                change.check().map_err(|message| wrong("change", message))?;
            }
            if let Some(reply) = &step.reply {
                let faces = reply.faces();
                if self.face.map_or(faces.len() < Face::ALL.len(), |face| !faces.contains(&face)) {
                    let names: Vec<_> = faces.iter().map(|face| format!("`face = \"{face}\"`")).collect();
                    return Err(wrong("reply", format!("this reply needs {}", names.join(" or "))));
                }
                reply.check().map_err(|message| wrong("reply", message))?;
                reply
                    .echoes()
                    .into_iter()
                    .try_for_each(|echo| self.check_echo(echo).map_err(|message| wrong("reply", message)))?;
            }
            let checked = step.faults.check().and_then(|()| match &step.reply {
                Some(reply) => reply.with_sent(self.face, |sent| step.faults.check_against(sent, self.face)),
                None => step.faults.check_against(Sent::Unknown, self.face),
            });
            checked.map_err(|(at, message)| wrong(&format!("faults.{at}"), message))?;
            let status = match &step.reply {
                Some(Reply::Sexpr { status, .. } | Reply::Body { status, .. } | Reply::XendErr { status, .. }) => {
                    status.code
                }
                _ => 200,
            };
            if self.face == Some(Face::Sxp)
                && matches!(status, 204 | 304)
                && let Some(at) = step.faults.iter().position(|fault| matches!(fault, Fault::ContentLength(_)))
            {
                let message =
                    format!("`content-length` can't apply: a reply with status {status} has no Content-Length");
                return Err(wrong(&format!("faults.{at}"), message));
            }
        }
        Ok(())
    }

    /// Checks that the requests have the part that a reply repeats.
    fn check_echo(&self, echo: &Echo) -> Result<(), String> {
        match echo {
            Echo::Arg(name) => match self.operation {
                Some(operation) if operation.argument(name).is_some() => Ok(()),
                Some(operation) => {
                    let known: Vec<_> = operation.arguments().iter().map(|argument| argument.name).collect();
                    Err(format!("`{}` has no argument `{name}`{}", operation.name(), nearest::hint(name, &known)))
                }
                None => Err(format!("`args.{name}` needs an `operation`, use `fields` or `params`")),
            },
            Echo::Field(name) if self.face != Some(Face::Sxp) => Err(format!("`fields.{name}` needs `face = \"sxp\"`")),
            Echo::Param(at) if !matches!(self.face, Some(Face::XmlRpc | Face::XenApi)) => {
                Err(format!("`params[{at}]` needs `face = \"xmlrpc\"` or `face = \"xenapi\"`"))
            }
            Echo::Param(at) => match &self.params {
                Some(params) if *at >= params.len() => Err(match params.len().checked_sub(1) {
                    Some(last) => {
                        format!("`params[{at}]` is beyond the last parameter that is expected, `params[{last}]`")
                    }
                    None => format!("`params[{at}]` is beyond the parameters: none is expected"),
                }),
                _ => Ok(()),
            },
            _ => Ok(()),
        }
    }
}

/// Returns the names of the operations that take one request on some face of some release.
pub(super) fn operation_names() -> Vec<&'static str> {
    let is_one = |operation: &Operation| why_impossible(*operation, None, Release::ALL).is_none();
    operation::ALL.iter().copied().filter(is_one).map(Operation::name).collect()
}

/// Explains why no single request stands for an operation, on any of the faces and in any of the releases. Returns
/// `None` if one does.
fn why_impossible(operation: Operation, face: Option<Face>, releases: &[Release]) -> Option<String> {
    let all = Face::ALL;
    let faces = face.as_ref().map_or(&all[..], std::slice::from_ref);
    let pairs = || faces.iter().flat_map(|&face| releases.iter().map(move |&release| (face, release)));
    if pairs().any(|(face, release)| operation.takes_one_request(face, release)) {
        return None;
    }
    let name = operation.name();
    if let Some((of, way)) =
        pairs().find_map(|(face, release)| Some((face, operation.implementation(face, release).ok()?)))
    {
        let steps = way.steps();
        let key = match way {
            Implementation::Request | Implementation::Operations { .. } => "operation",
            Implementation::Methods { .. } => "method",
        };
        // A step that changes something is a better example than one that only reads.
        let one = steps.iter().find(|step| !xenapi::is_getter(step)).unwrap_or(&steps[0]);
        let whose = if face.is_some() { format!("the {of} face") } else { "every face that has it".to_owned() };
        let steps = if face.is_some() { format!(": {}", steps.join(", ")) } else { String::new() };
        let message = format!("`{name}` takes several requests on {whose}{steps}; script one of them");
        return Some(format!("{message}, such as `{key} = \"{one}\"`"));
    }
    let whose = match face {
        Some(face) => format!("the {face} face"),
        None => "any face".to_owned(),
    };
    let of = match releases {
        [release] => format!("release {release}"),
        _ => "any release".to_owned(),
    };
    Some(format!("there is no operation `{name}` on {whose} of {of}: choose another `operation`, `face` or `release`"))
}
