//! What makes and destroys `network` and `PIF` (`XendNetwork.py`, `XendPIF.py`).

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::super::context::Context;
use super::super::envelope::{ErrorDescription, Outcome, void};
use super::super::records;
use crate::python::{self, member};
use crate::registry::reference;

pub(super) fn create_network(call: &mut Context<'_>) -> Outcome {
    let config = call.params[1].clone();
    if call.release >= Release::V3_4 {
        let Some(label) = member(&config, "name_label") else {
            return Err(ErrorDescription::new(["CREATE_UNSPECIFIED_ATTRIBUTE", "name_label", "network"]));
        };
        if !records::having(call, "network", "name_label", label).is_empty() {
            return Err(ErrorDescription::of(["UNIQUE_NAME_ERROR".into(), label.clone(), "network".into()]));
        }
    }
    Ok(call.registry.objects.create("network", &config).into())
}

/// A network that something is plugged into stays.
pub(super) fn destroy_network(call: &mut Context<'_>) -> Outcome {
    let network = call.reference();
    let attribute = |name: &str| records::attribute(call, "network", &network, name).unwrap_or(Datum::None);
    for attached in ["VIFs", "PIFs"] {
        if python::truth(&attribute(attached)) {
            let text = format!("Cannot destroy network with {attached} attached");
            return Err(ErrorDescription::of(["NETWORK_ERROR".into(), text.into(), attribute("name_label")]));
        }
    }
    call.registry.objects.forget("network", &network);
    void()
}

/// Makes a part of a network card, told from the others by its tag.
pub(super) fn create_vlan(call: &mut Context<'_>) -> Outcome {
    let params = call.params;
    let (device, network, host) = (&params[1], &params[2], &params[3]);
    let tag = call.integer(4)?;
    if !(0..4096).contains(&tag) {
        return Err(ErrorDescription::new(["VLAN_TAG_INVALID", &tag.to_string()]));
    }
    if !records::knows(call, "network", network) {
        return Err(ErrorDescription::handle_invalid("Network", network));
    }
    if *host != reference("host", "").into() {
        return Err(ErrorDescription::handle_invalid("Host", host));
    }
    let cards = records::having(call, "PIF", "device", device);
    if cards.is_empty() {
        return Err(ErrorDescription::of(["INVALID_DEVICE_ERROR".into(), device.clone()]));
    }
    let tag_of = |card: &String| records::attribute(call, "PIF", card, "VLAN").as_ref().map(python::text);
    if cards.iter().any(|card| tag_of(card) == Some(tag.to_string())) {
        let name = format!("{}.{tag}", python::text(device));
        return Err(ErrorDescription::new(["DEVICE_EXISTS_ERROR", &name]));
    }
    let members = [("device", device), ("network", network)].map(|(name, value)| (name.to_owned(), value.clone()));
    let config = members.into_iter().chain([("VLAN".to_owned(), tag.into())]).collect();
    Ok(call.registry.objects.create("PIF", &Datum::Dict(config)).into())
}
