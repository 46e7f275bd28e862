//! What is wrong with a call, as RFC 9457 writes it.

use hyper::StatusCode;
use serde_json::json;

/// A problem: a status, and what is wrong.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) status: StatusCode,
    pub(super) detail: String,
    /// The methods that the path has, if the method is what is wrong.
    pub(super) allow: Option<String>,
}

impl Problem {
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), allow: None }
    }

    /// Returns the body. The type says that the status tells what kind of problem it is.
    pub(super) fn body(&self) -> String {
        let title = self.status.canonical_reason().unwrap_or_default();
        let problem = json!({
            "type": "about:blank",
            "title": title,
            "status": self.status.as_u16(),
            "detail": self.detail.trim_end(),
        });
        format!("{problem}\n")
    }
}
