//! Operations that take several methods of the Xen-API.

use std::collections::HashMap;

use xend_wire::answer::MethodResult;
use xend_wire::block_device_number;
use xend_wire::failure::ErrorCode;
use xend_wire::operation::{Arguments, Plan, StateFilter};
use xend_wire::sexpr::{Builder, Document, Sexpr};
use xend_wire::xenapi::{self, DeviceClass, DeviceConfig, DomainConfig};
use xend_wire::xmlrpc::{Kind as ValueKind, Value, ValueRef};

use super::UNDO_TIME;
use crate::call::Call;
use crate::error::{Error, Fate, Kind};
use crate::session::{SessionCall, Sessions, check_domain};
use crate::settings::Deadline;

/// Does an operation by calling several methods of the Xen-API. If one of them fails, what the earlier ones did is
/// undone.
pub(crate) async fn follow(
    call: Call<'_>,
    sessions: &Sessions,
    arguments: &Arguments,
) -> Result<Document<'static>, Error> {
    // An operation with invalid arguments must not open a session.
    let plan = call.operation.plan(call.settings.release, arguments).map_err(|error| call.invalid(error))?;
    check_domain(call, arguments)?;
    let (deadline, undo_deadline) = call.deadline.split_for_undo(UNDO_TIME);
    let call = call.with_deadline(deadline);
    let mut session = SessionCall::begin(call, sessions).await?;
    let vm = match arguments.get("domain") {
        Some(domain) => session.vm(domain).await?,
        None => String::new(),
    };
    Methods { session, vm, undo: Vec::new(), has_changed: false, undo_deadline }.follow(&plan).await
}

/// The state of an operation that calls several methods.
struct Methods<'c> {
    session: SessionCall<'c>,
    /// The reference of the domain that the operation is about. Empty until the domain exists.
    vm: String,
    /// The methods that undo what was done, each with the reference that it takes. They are called in reverse order.
    undo: Vec<(String, String)>,
    /// Whether something was changed that can't be undone.
    has_changed: bool,
    /// The deadline for undoing.
    undo_deadline: Deadline,
}

/// A device that a domain has.
struct AttachedDevice {
    reference: String,
    /// The device's name in the domain, such as `eth0` or `sda1`.
    name: String,
    number: Option<i64>,
    record: MethodResult,
}

impl Methods<'_> {
    async fn follow(mut self, plan: &Plan) -> Result<Document<'static>, Error> {
        let done = match plan {
            Plan::Records(state) => self.records(*state).await,
            Plan::Vcpus => self.vcpus().await,
            Plan::SetParameters(parameters) => self.set_parameters(parameters).await,
            Plan::Define(config) => self.define(config).await.map(|()| Document::default()),
            Plan::Create { config, paused } => self.create(config, *paused).await,
            Plan::List(class) => self.list_devices(*class).await,
            Plan::Attach(device) => self.attach(device).await,
            Plan::ChangeDisc { drive, disc } => self.change_disc(drive, disc).await,
            Plan::Detach { class, device } => self.detach(*class, device).await,
        };
        match done {
            Ok(answer) => Ok(answer),
            Err(error) => Err(self.undo_all(error).await),
        }
    }

    async fn undo_all(mut self, mut error: Error) -> Error {
        let mut undo = std::mem::take(&mut self.undo);
        // A disk that may still exist must keep its image, unless the disk is deleted together with its domain.
        if error.fate() == Fate::Unknown && undo.iter().all(|(method, _)| method != "VM.destroy") {
            undo.retain(|(method, _)| method != "VDI.destroy");
        }
        self.session.call = self.session.call.with_deadline(self.undo_deadline);
        let mut is_whole = !self.has_changed;
        for (method, reference) in undo.into_iter().rev() {
            if let Err(second) = self.call_void(&method, [reference.into()]).await {
                // An object that was deleted together with its domain is undone already.
                if second.is_unknown_object() {
                    continue;
                }
                if is_whole {
                    error = error.undo_failed(&method, &second);
                }
                is_whole = false;
            }
        }
        if is_whole { error } else { error.partly_done() }
    }

    async fn ask<const N: usize>(&mut self, method: &str, params: [Value; N]) -> Result<MethodResult, Error> {
        self.session.method(method, &params).await
    }

    /// Calls a method that has no result.
    async fn call_void<const N: usize>(&mut self, method: &str, params: [Value; N]) -> Result<(), Error> {
        let returned = self.ask(method, params).await?;
        match returned.value().as_str() {
            Some("") => Ok(()),
            _ => Err(self
                .session
                .call
                .error(Kind::MissingFromReply(format!("`{method}` returned a value, although it has no result")))),
        }
    }

    /// Calls a method that returns a struct: a record, or records by their references.
    async fn ask_struct<const N: usize>(&mut self, method: &str, params: [Value; N]) -> Result<MethodResult, Error> {
        let returned = self.ask(method, params).await?;
        match returned.value().kind() {
            ValueKind::Struct => Ok(returned),
            _ => Err(self.session.call.missing_from_reply(format!("`{method}` returned no struct"))),
        }
    }

    /// Calls a method that returns records by their references, each of which is what `is_record` accepts.
    async fn ask_records(&mut self, method: &str, is_record: fn(ValueRef<'_>) -> bool) -> Result<MethodResult, Error> {
        let returned = self.ask(method, []).await?;
        match xenapi::are_records(returned.value(), is_record) {
            true => Ok(returned),
            false => Err(self.session.call.missing_from_reply(format!("`{method}` returned no records"))),
        }
    }

    /// Calls a method that returns an array of references.
    async fn ask_references<const N: usize>(&mut self, method: &str, params: [Value; N]) -> Result<Vec<String>, Error> {
        let returned = self.ask(method, params).await?;
        let references = match returned.value().kind() {
            ValueKind::Array => {
                let reference = |it: ValueRef<'_>| it.as_str().filter(|it| !it.is_empty()).map(str::to_owned);
                returned.value().items().map(reference).collect()
            }
            _ => None,
        };
        references
            .ok_or_else(|| self.session.call.missing_from_reply(format!("`{method}` returned no array of references")))
    }

    /// Creates an object of a class, and returns its reference.
    async fn create_object(&mut self, class: &str, record: Value) -> Result<String, Error> {
        let method = format!("{class}.create");
        let made = self.ask(&method, [record]).await?;
        let reference = made.value().as_str().filter(|reference| !reference.is_empty());
        let reference = reference.ok_or_else(|| {
            self.session.call.error(Kind::MissingFromReply(format!("`{method}` returned no reference")))
        })?;
        self.undo.push((format!("{class}.destroy"), reference.to_owned()));
        Ok(reference.to_owned())
    }

    async fn records(&mut self, state: StateFilter) -> Result<Document<'static>, Error> {
        let state = match state {
            StateFilter::Any => None,
            StateFilter::Only(state) => Some(state),
            StateFilter::UnknownState => {
                let mut none = Builder::new();
                none.open().close();
                return Ok(none.finish());
            }
        };
        let all = self.ask_records("VM.get_all_records", xenapi::is_vm_record).await?;
        Ok(xenapi::records("domain", all.value(), state, self.session.call.settings.release))
    }

    async fn record(&mut self) -> Result<MethodResult, Error> {
        let record = self.ask("VM.get_record", [self.vm.as_str().into()]).await?;
        match xenapi::has_name(record.value()) {
            true => Ok(record),
            false => Err(self.session.call.missing_from_reply("`VM.get_record` returned no record of a domain")),
        }
    }

    /// Returns `(domain (domid 1) (name vm1) (vcpu_count 1) (vcpu (number 0) (online 1) ...) ...)`, with the fields
    /// that the Xen-API tells.
    async fn vcpus(&mut self) -> Result<Document<'static>, Error> {
        let vm = self.record().await?;
        let metrics = self.text(&vm, "metrics")?;
        let metrics = self.ask_struct("VM_metrics.get_record", [metrics.into()]).await?;
        if metrics.value().get("VCPUs_flags").is_none_or(|flags| flags.kind() != ValueKind::Struct) {
            return Err(self.session.call.missing_from_reply("the record has no struct `VCPUs_flags`"));
        }
        let told = |name: &str| -> HashMap<&str, ValueRef<'_>> {
            metrics.value().get(name).into_iter().flat_map(ValueRef::members).collect()
        };
        let (cpus, parameters) = (told("VCPUs_CPU"), told("VCPUs_params"));
        let mut vcpus: Vec<_> = told("VCPUs_flags").into_iter().collect();
        vcpus.sort_by_key(|(number, _)| (number.parse::<u32>().ok(), *number));
        let mut builder = Builder::new();
        builder.open().atom("domain");
        for (field, member) in [("domid", "domid"), ("name", "name_label"), ("vcpu_count", "VCPUs_max")] {
            let value = self.text(&vm, member)?;
            if (field, value.as_str()) != ("domid", "-1") {
                builder.list([field, &value]);
            }
        }
        for (number, flags) in vcpus {
            let has = |flag: &str| if flags.items().any(|it| it.as_str() == Some(flag)) { "1" } else { "0" };
            builder.open().atom("vcpu").list(["number", number]);
            for flag in ["online", "blocked", "running"] {
                builder.list([flag, has(flag)]);
            }
            if let Some(cpu) = cpus.get(number).and_then(|cpu| cpu.text()) {
                builder.list(["cpu", &cpu]);
            }
            if let Some(cpus) = parameters.get(&*format!("cpumap{number}")).and_then(|cpus| cpus.text()) {
                builder.open().atom("cpumap").list(cpus.split(',')).close();
            }
            builder.close();
        }
        builder.close();
        Ok(builder.finish())
    }

    async fn set_parameters(&mut self, parameters: &[(&'static str, i32)]) -> Result<Document<'static>, Error> {
        for (name, value) in parameters {
            let params = [self.vm.as_str().into(), (*name).into(), (*value).into()];
            self.call_void("VM.add_to_VCPUs_params_live", params).await?;
            self.has_changed = true;
        }
        Ok(Document::default())
    }

    async fn define(&mut self, config: &DomainConfig) -> Result<(), Error> {
        let known = self.ask_references("VM.get_all", []).await?;
        self.vm = self.create_object("VM", config.vm.clone()).await?;
        // An existing definition is overwritten and can't be restored (protocol reference §6.4).
        if known.contains(&self.vm) {
            self.undo.clear();
            self.has_changed = true;
        }
        for device in &config.devices {
            self.create_device(device).await?;
        }
        Ok(())
    }

    async fn create(&mut self, config: &DomainConfig, paused: bool) -> Result<Document<'static>, Error> {
        self.define(&transient(config)).await?;
        if !self.has_changed {
            // `VM.hard_shutdown` does nothing to a domain that did not start.
            self.undo.push(("VM.hard_shutdown".to_owned(), self.vm.clone()));
        }
        // `VM.start` waits for the devices.
        self.call_void("VM.start", [self.vm.as_str().into(), paused.into()]).await?;
        let record = self.record().await?;
        Ok(xenapi::record("domain", record.value(), self.session.call.settings.release))
    }

    /// Creates a device, and returns its reference.
    async fn create_device(&mut self, device: &DeviceConfig) -> Result<String, Error> {
        let backend = match (device.class, &device.backend) {
            (_, None) => None,
            (DeviceClass::Vif, Some(bridge)) => Some(self.network(bridge).await?),
            (DeviceClass::Vbd, Some(uname)) => Some(self.image(uname).await?),
        };
        self.create_object(device.class.as_str(), device.record(&self.vm, backend.as_deref())).await
    }

    async fn network(&mut self, bridge: &str) -> Result<String, Error> {
        let networks = self.ask_records("network.get_all_records", xenapi::has_name).await?;
        let named = |record: ValueRef<'_>| record.get("name_label")?.text().map(|name| name == bridge);
        reference_to(&networks, named).ok_or_else(|| self.missing(ErrorCode::BadParameter, "network", bridge))
    }

    /// Returns the reference of the image at a place. If the daemon has none, creates one in the local storage.
    async fn image(&mut self, uname: &str) -> Result<String, Error> {
        let images = self.ask_records("VDI.get_all_records", xenapi::has_name).await?;
        let is_there = |record: ValueRef<'_>| record.get("other_config")?.get("location")?.text().map(|it| it == uname);
        if let Some(known) = reference_to(&images, is_there) {
            return Ok(known);
        }
        let storage = self.ask_records("SR.get_all_records", xenapi::has_name).await?;
        let is_local = |record: ValueRef<'_>| record.get("type")?.text().map(|kind| kind == "local");
        let local = reference_to(&storage, is_local);
        let local = local.ok_or_else(|| self.missing(ErrorCode::BadParameter, "storage of type", "local"))?;
        self.create_object("VDI", xenapi::image_record(&local, uname)).await
    }

    /// Returns all devices of a class that the domain has.
    async fn devices(&mut self, class: DeviceClass) -> Result<Vec<AttachedDevice>, Error> {
        let of = class.as_str();
        let mut devices = Vec::new();
        for reference in self.ask_references(&format!("VM.get_{of}s"), [self.vm.as_str().into()]).await? {
            let record = self.ask_struct(&format!("{of}.get_record"), [reference.as_str().into()]).await?;
            devices.push(self.device(class, devices.len(), reference, record)?);
        }
        Ok(devices)
    }

    /// Describes a device from its record. `at` is its position among the domain's devices of this class.
    fn device(
        &self,
        class: DeviceClass,
        at: usize,
        reference: String,
        record: MethodResult,
    ) -> Result<AttachedDevice, Error> {
        let name = self.text(&record, "device")?;
        let number = match class {
            // A network card of a domain that is not running has no name. Such cards are numbered by their positions,
            // as on the other faces (`XendDomainInfo.getDeviceSxprs`).
            DeviceClass::Vif if name.is_empty() => i64::try_from(at).ok(),
            DeviceClass::Vif => name.strip_prefix("eth").and_then(|number| number.parse().ok()),
            DeviceClass::Vbd => block_device_number(name.as_bytes()),
        };
        Ok(AttachedDevice { reference, name, number, record })
    }

    /// Returns `((0 ((mac ...) (device eth0) ...)) ...)`.
    async fn list_devices(&mut self, class: DeviceClass) -> Result<Document<'static>, Error> {
        let head = class.as_str().to_ascii_lowercase();
        let mut builder = Builder::new();
        builder.open();
        for device in self.devices(class).await? {
            let number = device.number.map_or(device.name, |number| number.to_string());
            builder.open().atom(number).open();
            let record = xenapi::record(&head, device.record.value(), self.session.call.settings.release);
            for field in record.first().into_iter().flat_map(Sexpr::items).skip(1) {
                builder.value(field);
            }
            builder.close().close();
        }
        builder.close();
        Ok(builder.finish())
    }

    /// Returns `(vif (dom 2 id 1))`.
    async fn attach(&mut self, device: &DeviceConfig) -> Result<Document<'static>, Error> {
        let vm = self.record().await?;
        let domid = self.text(&vm, "domid")?;
        let reference = self.create_device(device).await?;
        let (name, number) = match &device.name {
            Some(name) => (name.clone(), block_device_number(name.as_bytes())),
            None => {
                let record = self.ask_struct("VIF.get_record", [reference.as_str().into()]).await?;
                let device = self.device(DeviceClass::Vif, 0, reference, record)?;
                (device.name, device.number)
            }
        };
        let mut builder = Builder::new();
        if domid == "-1" {
            // The other faces answer so if only the definition was changed.
            builder.atom("True");
        } else {
            let id = number.map_or(name, |number| number.to_string());
            builder.open().atom(&device.kind).list(["dom", &domid, "id", &id]).close();
        }
        Ok(builder.finish())
    }

    async fn change_disc(&mut self, drive: &str, disc: &str) -> Result<Document<'static>, Error> {
        let drive = self.find_device(DeviceClass::Vbd, drive).await?;
        let image = self.image(disc).await?;
        self.call_void("VBD.media_change", [drive.into(), image.into()]).await?;
        Ok(Document::default())
    }

    async fn detach(&mut self, class: DeviceClass, device: &str) -> Result<Document<'static>, Error> {
        let reference = self.find_device(class, device).await?;
        match self.call_void(&format!("{}.destroy", class.as_str()), [reference.as_str().into()]).await {
            // Up to 3.4 the daemon detaches the disk and then fails because it does not know the disk's image. It knows
            // no image for a disk that was made through another face (capture `xenapi-VBD.destroy-hot@3.4`).
            Err(error) if class == DeviceClass::Vbd && error.is_exception_about("removeVBD") => {
                self.has_changed = true;
                let left = self.ask_references("VM.get_VBDs", [self.vm.as_str().into()]).await?;
                if left.contains(&reference) { Err(error) } else { Ok(Document::default()) }
            }
            destroyed => destroyed.map(|()| Document::default()),
        }
    }

    /// Returns the reference of a device that is given by its number, or in the case of a disk also by its name.
    async fn find_device(&mut self, class: DeviceClass, device: &str) -> Result<String, Error> {
        let number = match class {
            DeviceClass::Vif => device.parse().ok(),
            DeviceClass::Vbd => block_device_number(device.as_bytes()),
        };
        // Some names of disks have no number that the client knows, so names are compared as well.
        let is_named = |it: &AttachedDevice| class == DeviceClass::Vbd && device.split(':').next() == Some(&it.name);
        let is_it = |it: &AttachedDevice| (number.is_some() && it.number == number) || is_named(it);
        let found = self.devices(class).await?.into_iter().find(is_it);
        found.map(|it| it.reference).ok_or_else(|| self.missing(ErrorCode::OperationFailed, "device", device))
    }

    fn text(&self, record: &MethodResult, member: &str) -> Result<String, Error> {
        let text = record.value().get(member).and_then(ValueRef::text);
        text.map(String::from)
            .ok_or_else(|| self.session.call.missing_from_reply(format!("the record has no member `{member}`")))
    }

    fn missing(&self, code: ErrorCode, what: &str, name: &str) -> Error {
        self.session.call.error(Kind::Impossible { code, why: format!("there is no {what} {name}") })
    }
}

/// Returns the configuration of a domain that the daemon deletes when the domain ends, as `xm create` does.
fn transient(config: &DomainConfig) -> DomainConfig {
    let mut config = config.clone();
    if let Value::Struct(members) = &mut config.vm {
        let transient = vec![("transient".into(), Value::from("True"))];
        members.push(("other_config".into(), Value::Struct(transient)));
    }
    config
}

/// Returns the reference of the record that satisfies the condition.
fn reference_to(records: &MethodResult, is_it: impl Fn(ValueRef<'_>) -> Option<bool>) -> Option<String> {
    let found = records.value().members().find(|(_, record)| is_it(*record) == Some(true));
    found.map(|(reference, _)| reference.to_owned())
}
