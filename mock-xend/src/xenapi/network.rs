//! `network` and `PIF`: what makes and destroys them (`XendNetwork.py`, `XendPIF.py`).

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::call::Context;
use super::envelope::{ErrorDescription, Outcome, void};
use super::{member, reference};
use crate::python;

impl Context<'_> {
    pub(super) fn create_network(&mut self) -> Outcome {
        let config = self.params[1].clone();
        if self.release >= Release::V3_4 {
            let Some(label) = member(&config, "name_label") else {
                return Err(ErrorDescription::new(["CREATE_UNSPECIFIED_ATTRIBUTE", "name_label", "network"]));
            };
            if self.networks_with("name_label", label) {
                return Err(ErrorDescription::of(["UNIQUE_NAME_ERROR".into(), label.clone(), "network".into()]));
            }
        }
        Ok(self.state.objects.create("network", &config).into())
    }

    /// One that something is plugged into stays.
    pub(super) fn destroy_network(&mut self, network: &str) -> Outcome {
        let record = self.record("network", network);
        let attribute = |name: &str| record.as_ref().and_then(|record| member(record, name));
        for attached in ["VIFs", "PIFs"] {
            if attribute(attached).is_some_and(python::truth) {
                let text = format!("Cannot destroy network with {attached} attached");
                let label = attribute("name_label").cloned().unwrap_or(Datum::None);
                return Err(ErrorDescription::of(["NETWORK_ERROR".into(), text.into(), label]));
            }
        }
        self.state.objects.forget("network", network);
        void()
    }

    /// A part of a network card, by its tag.
    pub(super) fn create_vlan(&mut self) -> Outcome {
        let params = self.params;
        let (device, network, host, tag) = (&params[1], &params[2], &params[3], &params[4]);
        let number = python::int(&python::str(tag)).map_err(ErrorDescription::internal)?;
        if !(0..4096).contains(&number) {
            return Err(ErrorDescription::new(["VLAN_TAG_INVALID", &number.to_string()]));
        }
        if !self.knows("network", network) {
            return Err(ErrorDescription::handle_invalid("Network", network));
        }
        if *host != reference("host", "").into() {
            return Err(ErrorDescription::handle_invalid("Host", host));
        }
        let mut is_known = false;
        for card in self.references("PIF") {
            let record = self.record("PIF", &card);
            let attribute = |name: &str| record.as_ref().and_then(|record| member(record, name));
            if attribute("device") != Some(device) {
                continue;
            }
            if attribute("VLAN").map(python::str) == Some(number.to_string().into_bytes()) {
                let name = format!("{}.{number}", python::text(device));
                return Err(ErrorDescription::new(["DEVICE_EXISTS_ERROR", &name]));
            }
            is_known = true;
        }
        if !is_known {
            return Err(ErrorDescription::of(["INVALID_DEVICE_ERROR".into(), device.clone()]));
        }
        let members = [("device", device), ("network", network)].map(|(name, value)| (name.to_owned(), value.clone()));
        let config = members.into_iter().chain([("VLAN".to_owned(), number.into())]).collect();
        Ok(self.state.objects.create("PIF", &Datum::Dict(config)).into())
    }

    fn networks_with(&mut self, field: &str, value: &Datum) -> bool {
        let networks = self.references("network");
        networks.iter().any(|network| {
            self.record("network", network).as_ref().and_then(|record| member(record, field)) == Some(value)
        })
    }
}
