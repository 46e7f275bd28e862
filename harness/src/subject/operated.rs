//! What a subject says of an operation that it was asked to do.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use xend_client::{Domain, Error as Failed, ErrorCode, Fate};
use xend_wire::operation::{Answer, Effect, Operation};
use xend_wire::sexpr::{Document, Sexpr};

/// What became of an operation, as the subject tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operated {
    /// It was done.
    Done(Told),
    /// It was not done.
    Failed {
        /// The code of the failure, where the subject tells codes.
        code: Option<ErrorCode>,
        /// The reason, in the subject's words.
        message: String,
    },
    /// It may have been done; the text says why nobody knows.
    Unknown(String),
}

/// What an operation told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// The names of a list.
    pub names: Option<Vec<String>>,
    /// The fields of a record. `power_state` is the state in the words of [`PowerState`](xend_client::PowerState).
    pub record: Option<BTreeMap<String, String>>,
}

impl Told {
    /// Returns what the answer of a Xend tells.
    pub(crate) fn of(answer: &Document<'static>, kind: Answer) -> Self {
        match kind {
            Answer::Names | Answer::References => {
                let names = answer.values().flat_map(Sexpr::items).filter_map(Sexpr::as_str);
                Self { names: Some(names.map(str::to_owned).collect()), record: None }
            }
            Answer::Record(head) => {
                let fields = answer.first().into_iter().flat_map(Sexpr::items).filter_map(|field| {
                    let name = str::from_utf8(field.name()?).ok()?;
                    Some((name.to_owned(), field.value()?.as_str()?.to_owned()))
                });
                let mut record: BTreeMap<_, _> = fields.collect();
                if head == "domain"
                    && let Some(state) = Domain::read(answer).and_then(|domain| domain.power_state())
                {
                    record.insert("power_state".to_owned(), state.to_string());
                }
                Self { names: None, record: Some(record) }
            }
            _ => Self::default(),
        }
    }
}

impl Operated {
    /// Returns what a call of `xend-client` came to.
    pub(super) fn by_client(operation: Operation, answer: Result<Document<'static>, Failed>) -> Self {
        match answer {
            Ok(answer) => Self::Done(Told::of(&answer, operation.answer())),
            Err(error) if error.fate() == Fate::Unknown && operation.effect() == Effect::Changes => {
                Self::Unknown(error.to_string())
            }
            Err(error) => Self::Failed { code: Some(error.code()), message: error.to_string() },
        }
    }
}

/// An answer to `operate`, as it stands on its line.
#[derive(Deserialize, Serialize)]
pub(super) struct OperatedLine {
    pub(super) id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    done: Option<DoneLine>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorLine>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unsupported: Option<String>,
}

#[derive(Deserialize, Serialize)]
struct DoneLine {
    #[serde(skip_serializing_if = "Option::is_none")]
    names: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<BTreeMap<String, serde_json::Value>>,
}

#[derive(Deserialize, Serialize)]
struct ErrorLine {
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    message: String,
}

impl OperatedLine {
    /// Returns what the line says: the answer, or that there is none because of this reason.
    pub(super) fn read(self) -> Result<Result<Operated, String>, String> {
        Ok(match self {
            Self { done: Some(DoneLine { names, record }), error: None, unknown: None, unsupported: None, .. } => {
                let text = |value: serde_json::Value| match value {
                    serde_json::Value::String(text) => Some(text),
                    serde_json::Value::Number(number) => Some(number.to_string()),
                    _ => None,
                };
                let fields = |record: BTreeMap<String, serde_json::Value>| {
                    record.into_iter().filter_map(|(name, value)| Some((name, text(value)?))).collect()
                };
                Ok(Operated::Done(Told { names, record: record.map(fields) }))
            }
            Self { done: None, error: Some(ErrorLine { code, message }), unknown: None, unsupported: None, .. } => {
                let code = code.map(|code| code.parse::<ErrorCode>().map_err(|error| error.to_string()));
                Ok(Operated::Failed { code: code.transpose()?, message })
            }
            Self { done: None, error: None, unknown: Some(why), unsupported: None, .. } => Ok(Operated::Unknown(why)),
            Self { done: None, error: None, unknown: None, unsupported: Some(why), .. } => Err(why),
            _ => return Err("expected exactly one of done, error, unknown and unsupported".to_owned()),
        })
    }

    /// Makes the line of an answer.
    pub(super) fn of(id: String, operated: Operated) -> Self {
        let line = Self { id: Some(id), done: None, error: None, unknown: None, unsupported: None };
        match operated {
            Operated::Done(Told { names, record }) => {
                let fields =
                    |record: BTreeMap<String, String>| record.into_iter().map(|(name, text)| (name, text.into()));
                Self { done: Some(DoneLine { names, record: record.map(|it| fields(it).collect()) }), ..line }
            }
            Operated::Failed { code, message } => {
                Self { error: Some(ErrorLine { code: code.map(|code| code.to_string()), message }), ..line }
            }
            Operated::Unknown(why) => Self { unknown: Some(why), ..line },
        }
    }
}
