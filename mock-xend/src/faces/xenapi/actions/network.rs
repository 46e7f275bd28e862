//! Methods that create and destroy `network` and `PIF` (`XendNetwork.py`, `XendPIF.py`).

use xend_wire::datum::Datum;

use super::super::context::Context;
use super::super::envelope::{ErrorDescription, Outcome};
use super::super::records;
use super::generic;
use crate::python::{self, member};
use crate::registry::reference;

pub(super) fn create_network(call: &mut Context<'_>) -> Outcome {
    const REQUIRED: [&str; 4] = ["name_label", "name_description", "default_gateway", "default_netmask"];
    let config = &call.params[1];
    if let Some(attribute) = REQUIRED.into_iter().find(|name| member(config, name).is_none()) {
        return Err(ErrorDescription::new(["CREATE_UNSPECIFIED_ATTRIBUTE", attribute, "network"]));
    }
    if let Some(label) = member(config, "name_label")
        && !records::with_attribute(call, "network", "name_label", label).is_empty()
    {
        return Err(ErrorDescription::of(["UNIQUE_NAME_ERROR".into(), label.clone(), "network".into()]));
    }
    let given = |name: &str| Some((name.to_owned(), member(config, name)?.clone()));
    let fields = REQUIRED.into_iter().chain(["other_config"]).filter_map(given).collect();
    let reference = call.registry.objects.new_reference("network");
    call.registry.objects.add("network", reference.clone(), fields);
    Ok(reference.into())
}

/// Destroys a network, unless something is plugged into it.
pub(super) fn destroy_network(call: &mut Context<'_>) -> Outcome {
    let network = call.reference();
    for attached in ["VIFs", "PIFs"] {
        if python::truth(&records::attribute(call, "network", &network, attached)?) {
            let text = format!("Cannot destroy network with {attached} attached");
            let label = records::attribute(call, "network", &network, "name_label")?;
            return Err(ErrorDescription::of(["NETWORK_ERROR".into(), text.into(), label]));
        }
    }
    generic::destroy(call)
}

/// Creates a VLAN on a network card, identified by its tag.
pub(super) fn create_vlan(call: &mut Context<'_>) -> Outcome {
    let params = call.params;
    let (device, network, host) = (&params[1], &params[2], &params[3]);
    let tag = call.integer(4)?;
    if !(0..4096).contains(&tag) {
        return Err(ErrorDescription::new(["VLAN_TAG_INVALID", &tag.to_string()]));
    }
    let cards = records::with_attribute(call, "PIF", "device", device);
    if cards.is_empty() {
        return Err(ErrorDescription::of(["INVALID_DEVICE_ERROR".into(), device.clone()]));
    }
    if cards.iter().any(|card| tag_of(call, card) == Some(tag.to_string())) {
        let name = format!("{}.{tag}", python::text(device));
        return Err(ErrorDescription::new(["DEVICE_EXISTS_ERROR", &name]));
    }
    if !records::exists(call, "network", network) {
        return Err(ErrorDescription::handle_invalid("Network", network));
    }
    if *host != reference("host", "").into() {
        return Err(ErrorDescription::handle_invalid("Host", host));
    }
    let (card, metrics) =
        (call.registry.objects.new_reference("PIF"), call.registry.objects.new_reference("PIF_metrics"));
    let fields =
        |fields: &[(&str, Datum)]| fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let of_card = fields(&[
        ("network", network.clone()),
        ("metrics", metrics.as_str().into()),
        ("device", device.clone()),
        ("VLAN", tag.into()),
        ("MTU", "".into()),
    ]);
    call.registry.objects.add("PIF_metrics", metrics, fields(&[("pif", card.as_str().into())]));
    call.registry.objects.add("PIF", card.clone(), of_card);
    Ok(card.into())
}

/// Destroys a VLAN. A physical network card can't be destroyed.
pub(super) fn destroy_card(call: &mut Context<'_>) -> Outcome {
    if tag_of(call, &call.reference()).as_deref() == Some("-1") {
        return Err(ErrorDescription::internal("PIF is physical"));
    }
    generic::destroy(call)
}

fn tag_of(call: &Context<'_>, card: &str) -> Option<String> {
    records::attribute(call, "PIF", card, "VLAN").ok().as_ref().map(python::text)
}

/// Sets an attribute of a network card, and returns whether that worked.
pub(super) fn set_of_card(call: &mut Context<'_>) -> Outcome {
    generic::set(call)?;
    Ok(true.into())
}
