//! The built-in codecs as a subject.

use std::time::Duration;

use tokio::runtime::Runtime;
use xend_client::{Arguments, Client, Deadlines, InvalidUri, Uri, XmlRpc};
use xend_wire::operation::Operation;
use xend_wire::{Release, xmlrpc};

use super::operated::Operated;
use super::{Answer, Ask, Declaration, Operator, Question, Reply, Subject};
use crate::feature::Feature;
use crate::tagged::Tagged;
use crate::transport::Transport;
use crate::{Codec, Error, Rules};

/// The codecs of `xend-wire` as a subject.
///
/// They declare all rules, and all features except those that say what a language can't tell apart.
#[derive(Clone, Debug)]
pub struct BuiltIn(Declaration);

impl BuiltIn {
    /// Returns the built-in codecs as a subject.
    #[expect(clippy::new_without_default, reason = "nothing about it is a default")]
    pub fn new() -> Self {
        Self(Declaration {
            name: concat!("built-in ", env!("CARGO_PKG_VERSION")).to_owned(),
            decodes: Codec::ALL.iter().flat_map(|codec| codec.rules()).collect(),
            encodes: Codec::ALL.iter().flat_map(|codec| codec.rules()).filter(|rules| writes(*rules)).collect(),
            calls_over: Transport::ALL.iter().filter(|it| it.is_built_in()).map(|it| it.name().to_owned()).collect(),
            operates: Some(Operator::everything()),
            features: Feature::ALL.iter().filter(|feature| !feature.is_limitation()).copied().collect(),
            ..Declaration::default()
        })
    }

    /// Does what is asked with the built-in codecs, and calls with `xend-client`.
    pub fn answer(ask: &Ask<'_>) -> Answer {
        let reject = |message: String| Answer::Reject { message, kind: None };
        match *ask {
            Ask::Read { rules, input } => match rules.decode(input) {
                Ok(values) => Answer::Values(values),
                Err(error) => Answer::Reject { message: error.to_string(), kind: Some(error.kind()) },
            },
            Ask::Write { rules, value } => {
                let value = Tagged::from_json(format!("[{value}]").as_bytes(), rules.codec());
                match value.map_err(|error| error.to_string()).and_then(|value| value.encode(rules)) {
                    Ok(document) => Answer::Document(document),
                    Err(message) => reject(message),
                }
            }
            Ask::Call { uri, method, params, deadline, ca_file } => {
                call(uri, method, params, deadline, ca_file).map_or_else(Answer::Error, Answer::Values)
            }
            Ask::Operate { xend: Some((uri, release)), operation, arguments, deadline } => {
                operate(uri, release, operation, arguments, deadline).unwrap_or_else(Answer::Unsupported)
            }
            Ask::Operate { xend: None, .. } => Answer::Unsupported("it has no engine of its own".to_owned()),
        }
    }
}

/// Returns whether there is an encoder for these rules. What Python's `xmlrpclib` and libvirt write is not the
/// encoder's business.
fn writes(rules: Rules) -> bool {
    match rules {
        Rules::Sexpr(rules) => rules.to_string() != "libvirt",
        Rules::Xmlrpc(rules) => rules == xmlrpc::Rules::spec() || rules == xmlrpc::Rules::extended(),
    }
}

/// Calls a method, and returns its value or its fault.
fn call(uri: &str, method: &str, params: &str, deadline: Duration, ca_file: Option<&str>) -> Result<Tagged, String> {
    let call = format!(r#"[{{"call":{{"method":{},"params":{params}}}}}]"#, serde_json::json!(method));
    let call = Tagged::from_json(call.as_bytes(), Codec::Xmlrpc).map_err(|error| error.to_string())?;
    let (method, params) = call.call()?;
    let runtime = runtime()?;
    let server = XmlRpc::new(uri).map_err(|error| error.to_string())?.deadline(deadline);
    #[cfg(feature = "tls")]
    let server = match ca_file {
        Some(file) => server.tls(xend_client::Tls::trusting_file(file).map_err(|error| error.to_string())?),
        None => server,
    };
    #[cfg(not(feature = "tls"))]
    let _ = ca_file;
    let response = runtime.block_on(server.call(&method, params)).map_err(|error| error.to_string())?;
    Ok((&xmlrpc::Message::Response(response)).into())
}

/// Does an operation with a new client, as the command `call` does.
fn operate(
    uri: &str,
    release: Release,
    operation: Operation,
    arguments: &[(String, String)],
    deadline: Duration,
) -> Result<Answer, String> {
    let uri: Uri = uri.parse().map_err(|error: InvalidUri| error.to_string())?;
    let deadlines = Deadlines { connect: deadline, first_byte: deadline, whole: deadline };
    let client = Client::new(uri).release(release).deadlines(deadlines).credentials("root", "");
    let arguments: Arguments = arguments.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let answer = runtime()?.block_on(client.call(operation, &arguments));
    match answer {
        Err(error) if error.unsupported().is_some() => Err(error.to_string()),
        answer => Ok(Answer::Operated(Operated::by_client(operation, answer))),
    }
}

fn runtime() -> Result<Runtime, String> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())
}

impl Subject for BuiltIn {
    fn declaration(&self) -> &Declaration {
        &self.0
    }

    fn ask(&mut self, question: &Question<'_>) -> Result<Reply, Error> {
        Ok(Reply { answer: Ok(Self::answer(&question.ask)), stderr: String::new(), previous_fault: None })
    }
}
