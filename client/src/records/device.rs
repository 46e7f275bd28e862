//! A device of a domain.

use xend_wire::sexpr::{Builder, Document, Sexpr};

/// A device, as it stands in a domain's configuration or in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    kind: String,
    number: Option<u32>,
    /// `(KIND (NAME VALUE) ...)`
    fields: Document<'static>,
}

impl Device {
    /// `(vif (mac ...) (bridge ...))`
    pub(crate) fn in_config(config: Sexpr<'_>) -> Option<Self> {
        let kind = String::from_utf8_lossy(config.name()?).into_owned();
        Some(Self { kind, number: None, fields: config.to_document() })
    }

    /// `((2049 ((backend ...) (state 1))) ...)`; of a domain that does not run `((0 (vbd (uname ...) (dev sda1))) ...)`.
    pub(crate) fn in_store(kind: &str, answer: &Document<'static>) -> Vec<Self> {
        let devices = answer.values().flat_map(Sexpr::items);
        devices
            .map(|device| {
                let mut builder = Builder::new();
                builder.open().atom(kind);
                let fields = device.items().skip(1).flat_map(Sexpr::items).filter(|field| field.name().is_some());
                for field in fields {
                    builder.value(field);
                }
                builder.close();
                let number = device.name().and_then(|name| str::from_utf8(name).ok()?.parse().ok());
                Self { kind: kind.to_owned(), number, fields: builder.finish() }
            })
            .collect()
    }

    /// `vif`, `vbd`, `console`.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Its number, by which it can be detached. A configuration does not have it.
    pub fn number(&self) -> Option<u32> {
        self.number
    }

    /// The text of a field: `mac`, `uname`, `backend`.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.record().text(&format!("{}/{name}", self.kind))
    }

    /// All of it: its kind, then its fields.
    pub fn record(&self) -> Sexpr<'_> {
        self.fields.first().expect("a record is one value")
    }
}
