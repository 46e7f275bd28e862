//! The description of a device.

use xend_wire::sexpr::{Builder, Document, Sexpr};

/// The description of a domain's device, from the domain's configuration or from the daemon's store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    kind: String,
    number: Option<u32>,
    /// A list with the device's type and its fields: `(KIND (NAME VALUE) ...)`.
    fields: Document<'static>,
}

impl Device {
    /// Reads a device from a configuration: `(vif (mac ...) (bridge ...))`.
    pub(crate) fn from_config(config: Sexpr<'_>) -> Option<Self> {
        let kind = String::from_utf8_lossy(config.name()?).into_owned();
        Some(Self { kind, number: None, fields: config.to_document() })
    }

    /// Reads devices from the answer to `device.list`: `((2049 ((backend ...) (state 1))) ...)`, or `((0 (vbd (uname
    /// ...) (dev sda1))) ...)` if the domain is not running.
    pub(crate) fn list_from_store(kind: &str, answer: &Document<'static>) -> Vec<Self> {
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

    /// Returns the device's type, such as `vif`, `vbd` or `console`.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Returns the device's number, by which it can be detached. Devices in a configuration have no number.
    pub fn number(&self) -> Option<u32> {
        self.number
    }

    /// Returns the text of a field, such as `mac`, `uname` or `backend`.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.record().text(&format!("{}/{name}", self.kind))
    }

    /// Returns the whole description: a list of the device's type and its fields.
    pub fn record(&self) -> Sexpr<'_> {
        self.fields.first().expect("a record is one value")
    }
}
