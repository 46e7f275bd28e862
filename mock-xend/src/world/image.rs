//! What a domain is started from.

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::pairs::child;
use super::platform;
use crate::python;

/// What a domain is started from: a kernel with its arguments, or a machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    /// The image as the daemon keeps it: `(linux (kernel K) (args A) ...)`. From 3.1 on it holds what the release
    /// knows, with what the daemon puts in itself as numbers; before, it is what the configuration says, word for word.
    pub config: Datum,
}

impl Image {
    /// `linux`, `hvm`.
    pub fn kind(&self) -> Option<&[u8]> {
        self.config.items().first().and_then(Datum::as_bytes)
    }

    /// A setting of the image.
    pub fn setting(&self, name: &str) -> Option<&Datum> {
        child(&self.config, name)
    }

    /// A setting as text, empty if there is none.
    pub fn text(&self, name: &str) -> Vec<u8> {
        self.setting(name).map(python::str).unwrap_or_default()
    }

    /// What a kernel is told, from 3.1 on.
    pub(crate) fn arguments(&self) -> Vec<u8> {
        self.text("args")
    }

    /// Changes a setting, or adds it.
    pub fn set(&mut self, name: &str, value: Datum) {
        let is_it = |item: &Datum| item.items().first().and_then(Datum::as_bytes) == Some(name.as_bytes());
        if let Datum::List(items) = &mut self.config {
            match items.iter_mut().find(|item| is_it(item)) {
                Some(item) => *item = Datum::pair(name, value),
                None => items.push(Datum::pair(name, value)),
            }
        }
    }

    /// Removes a setting.
    pub(super) fn unset(&mut self, name: &str) {
        if let Datum::List(items) = &mut self.config {
            items.retain(|item| item.items().first().and_then(Datum::as_bytes) != Some(name.as_bytes()));
        }
    }

    /// The names of the settings.
    pub(super) fn names(&self) -> impl Iterator<Item = &[u8]> {
        self.config.items().iter().filter_map(|item| item.items().first()?.as_bytes())
    }

    /// The image without what the daemon puts in itself, in the order of the release.
    pub(super) fn without_defaults(&self, release: Release) -> Datum {
        let defaults: Vec<_> = platform::defaults(release, self.is_hvm()).collect();
        let is_default = |item: &Datum| match item.items() {
            [Datum::Bytes(name), value] => {
                defaults.iter().any(|(key, default)| key.as_bytes() == name && default == value)
            }
            _ => false,
        };
        let mut items: Vec<Datum> = self.config.items().iter().filter(|item| !is_default(item)).cloned().collect();
        if release >= Release::V3_1 {
            let order = ["kernel", "ramdisk", "args", "superpages"].iter().chain(platform::keys(release));
            let order: Vec<_> = order.map(|name| name.as_bytes()).collect();
            let place = |item: &Datum| {
                let name = item.items().first()?.as_bytes()?;
                Some(order.iter().position(|known| *known == name).unwrap_or(order.len()))
            };
            items.sort_by_key(place);
        }
        items.into()
    }

    /// Whether it makes a machine of its own, fully virtualised.
    pub(super) fn is_hvm(&self) -> bool {
        self.kind() == Some(b"hvm")
    }

    /// The image as a record tells it from 3.1 on, `more` being what a start has put in: the kernel even if there is
    /// none, then what is not empty, then the keys of the machine in the order of the release (captures `get-domain-vm1`).
    pub(super) fn told(image: Option<&Self>, more: &[(&str, Datum)], notes: Option<Datum>, release: Release) -> Datum {
        let kind = image.and_then(Self::kind).unwrap_or(b"linux").to_vec();
        let text = |name| image.map(|image| image.text(name)).unwrap_or_default();
        let mut fields: Vec<Datum> = vec![kind.into(), Datum::pair("kernel", text("kernel"))];
        for name in ["ramdisk", "args"] {
            let text = text(name);
            if !text.is_empty() {
                fields.push(Datum::pair(name, text));
            }
        }
        let defaults: Vec<_> = platform::defaults(release, false).filter(|_| image.is_none()).collect();
        let first: &[&str] = if release >= Release::V4_1 { &["superpages"] } else { &[] };
        for name in first.iter().chain(platform::keys(release)) {
            let started = more.iter().find(|(key, _)| key == name).map(|(_, value)| value);
            let default = defaults.iter().find(|(key, _)| key == name).map(|(_, value)| value);
            let value = started.or_else(|| image.and_then(|image| image.setting(name))).or(default);
            fields.extend(value.map(|value| Datum::pair(name, value.clone())));
        }
        fields.extend(notes.or_else(|| {
            let items = image?.config.items();
            items.iter().find(|item| item.items().first().and_then(Datum::as_bytes) == Some(b"notes")).cloned()
        }));
        fields.into()
    }
}
