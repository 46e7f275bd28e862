//! The image that a domain is started from.

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::pairs::child;
use super::platform;
use crate::python;

/// The image that a domain is started from: a kernel with its arguments, or the settings of an HVM domain.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    /// The image as the daemon keeps it: `(linux (kernel K) (args A) ...)`. From 3.1 on it has the settings that the
    /// release knows, and the numbers that the daemon adds. Before, it is the image of the configuration, unchanged.
    pub config: Datum,
}

impl Image {
    /// Returns the kind of image, such as `linux` or `hvm`.
    pub fn kind(&self) -> Option<&[u8]> {
        self.config.items().first().and_then(Datum::as_bytes)
    }

    /// Returns the value of a setting.
    pub fn setting(&self, name: &str) -> Option<&Datum> {
        child(&self.config, name)
    }

    /// Returns the value of a setting as text, which is empty if there is no such setting.
    pub fn text(&self, name: &str) -> Vec<u8> {
        self.setting(name).map(python::str).unwrap_or_default()
    }

    /// Returns the kernel's command line, from 3.1 on.
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

    /// Returns the names of the settings.
    pub(super) fn names(&self) -> impl Iterator<Item = &[u8]> {
        self.config.items().iter().filter_map(|item| item.items().first()?.as_bytes())
    }

    /// Returns the image without the daemon's defaults, in the order of the release.
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

    /// Returns whether the image is one of an HVM domain.
    pub(super) fn is_hvm(&self) -> bool {
        self.kind() == Some(b"hvm")
    }

    /// Returns the image as a record shows it from 3.1 on: the kernel even if there is none, then what is not empty,
    /// then the keys of the platform in the order of the release (captures `get-domain-vm1`). `more` is what a start
    /// has added.
    pub(super) fn in_record(
        image: Option<&Self>,
        more: &[(&str, Datum)],
        notes: Option<Datum>,
        release: Release,
    ) -> Datum {
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
