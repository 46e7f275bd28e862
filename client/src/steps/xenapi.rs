//! Operations that take several methods of the Xen-API.

use tokio::time::Instant;
use xend_wire::block_device_number;
use xend_wire::failure::ErrorCode;
use xend_wire::operation::{DeviceClass, Effect, Face, Plan, Request, Returned};
use xend_wire::sexpr::{Builder, Document, Sexpr};
use xend_wire::xenapi::{self, Config, NewDevice};
use xend_wire::xmlrpc::{Value, ValueRef};

use crate::Error;
use crate::client::Call;

/// The methods of one operation, one after the other. If one fails, what the others made is unmade.
pub(crate) struct Steps<'c> {
    call: Call<'c>,
    session: &'c str,
    /// The domain that it is about, once there is one.
    vm: String,
    /// Methods that unmake what was made, with its reference; the last comes first.
    undo: Vec<(&'static str, String)>,
    /// Whether something was changed that stays so.
    has_changed: bool,
}

/// A device of a domain.
struct Plugged {
    reference: String,
    /// `eth0`, `sda1`.
    name: String,
    number: Option<i64>,
    record: Returned,
}

impl<'c> Steps<'c> {
    pub(crate) fn new(call: Call<'c>, session: &'c str, vm: String) -> Self {
        Self { call, session, vm, undo: Vec::new(), has_changed: false }
    }

    pub(crate) async fn take(mut self, plan: &Plan) -> Result<Document<'static>, Error> {
        let taken = match plan {
            Plan::Records(state) => self.records(*state).await,
            Plan::Vcpus => self.vcpus().await,
            Plan::SetParameters(parameters) => self.set_parameters(parameters).await,
            Plan::Define(config) => self.define(config).await,
            Plan::Create(config) => self.create(config).await,
            Plan::List(class) => self.list(*class).await,
            Plan::Attach(device) => self.attach(device).await,
            Plan::ChangeDisc { drive, disc } => self.change_disc(drive, disc).await,
            Plan::Detach { class, device } => self.detach(*class, device).await,
        };
        match taken {
            Ok(answer) => Ok(answer),
            Err(error) => Err(self.unmake(error).await),
        }
    }

    async fn unmake(self, error: Error) -> Error {
        // Whatever time the operation had, it may be over.
        let until = Instant::now() + self.call.client.deadlines.whole;
        let call = Call { until, ..self.call };
        for (method, reference) in self.undo.into_iter().rev() {
            if let Err(second) = ask(call, self.session, method, [reference.into()]).await {
                return error.and_then(format_args!("{method}: {}", second.message())).in_part();
            }
        }
        if self.has_changed { error.in_part() } else { error }
    }

    async fn ask<const N: usize>(&self, method: &str, params: [Value; N]) -> Result<Returned, Error> {
        ask(self.call, self.session, method, params).await
    }

    /// Makes an object of a class, and gives its reference.
    async fn make(&mut self, class: &str, record: Value) -> Result<String, Error> {
        let (method, undo) = match class {
            "VM" => ("VM.create", "VM.destroy"),
            "VIF" => ("VIF.create", "VIF.destroy"),
            "VBD" => ("VBD.create", "VBD.destroy"),
            _ => ("VDI.create", "VDI.destroy"),
        };
        let made = self.ask(method, [record]).await?;
        let Some(reference) = made.value().text().map(String::from) else {
            return Err(self.call.no_reply(format!("`{method}` gave no reference"), None));
        };
        self.undo.push((undo, reference.clone()));
        Ok(reference)
    }

    async fn records(&self, state: Option<&str>) -> Result<Document<'static>, Error> {
        let all = self.ask("VM.get_all_records", []).await?;
        Ok(xenapi::records("domain", all.value(), state, self.call.client.release))
    }

    async fn record(&self) -> Result<Returned, Error> {
        self.ask("VM.get_record", [self.vm.as_str().into()]).await
    }

    /// `(domain (domid 1) (name vm1) (vcpu_count 1) (vcpu (number 0) (online 1) ...) ...)`, as far as it is told.
    async fn vcpus(&self) -> Result<Document<'static>, Error> {
        let vm = self.record().await?;
        let metrics = self.text(&vm, "metrics")?;
        let metrics = self.ask("VM_metrics.get_record", [metrics.into()]).await?;
        let told = |of: &str, name: &str| metrics.value().get(of)?.get(name)?.text().map(String::from);
        let mut builder = Builder::new();
        builder.open().atom("domain");
        let fields = [("domid", "domid"), ("name", "name_label"), ("vcpu_count", "VCPUs_max")];
        for (field, member) in fields {
            let value = self.text(&vm, member)?;
            if (field, value.as_str()) != ("domid", "-1") {
                builder.list([field, &value]);
            }
        }
        let flags = metrics.value().get("VCPUs_flags");
        let mut vcpus: Vec<_> = flags.into_iter().flat_map(ValueRef::members).collect();
        vcpus.sort_by_key(|(number, _)| number.parse::<u32>().ok());
        for (number, flags) in vcpus {
            let has = |flag: &str| if flags.items().any(|it| it.text().as_deref() == Some(flag)) { "1" } else { "0" };
            builder.open().atom("vcpu").list(["number", number]);
            for flag in ["online", "blocked", "running"] {
                builder.list([flag, has(flag)]);
            }
            if let Some(cpu) = told("VCPUs_CPU", number) {
                builder.list(["cpu", &cpu]);
            }
            if let Some(cpus) = told("VCPUs_params", &format!("cpumap{number}")) {
                builder.open().atom("cpumap").list(cpus.split(',')).close();
            }
            builder.close();
        }
        builder.close();
        Ok(builder.finish())
    }

    async fn set_parameters(&mut self, parameters: &[(&'static str, String)]) -> Result<Document<'static>, Error> {
        for (name, value) in parameters {
            let params = [self.vm.as_str().into(), (*name).into(), value.as_str().into()];
            self.ask("VM.add_to_VCPUs_params_live", params).await?;
            self.has_changed = true;
        }
        Ok(Document::default())
    }

    async fn define(&mut self, config: &Config) -> Result<Document<'static>, Error> {
        let known = match &config.name {
            Some(name) => Some(self.ask("VM.get_by_name_label", [name.as_str().into()]).await?),
            None => None,
        };
        self.vm = self.make("VM", config.vm.clone()).await?;
        // A definition of the same name and uuid is overwritten, and nothing brings it back (protocol reference §6.4).
        if known.is_some_and(|known| known.value().items().any(|it| it.text().is_some_and(|it| it == self.vm))) {
            self.undo.clear();
            self.has_changed = true;
        }
        for device in &config.devices {
            self.plug(device).await?;
        }
        Ok(Document::default())
    }

    async fn create(&mut self, config: &Config) -> Result<Document<'static>, Error> {
        self.define(config).await?;
        // It does nothing to a domain that did not start.
        self.undo.push(("VM.hard_shutdown", self.vm.clone()));
        self.ask("VM.start", [self.vm.as_str().into(), true.into()]).await?;
        let record = self.record().await?;
        Ok(xenapi::record("domain", record.value(), self.call.client.release))
    }

    /// Makes a device, and gives its reference.
    async fn plug(&mut self, device: &NewDevice) -> Result<String, Error> {
        let backend = match &device.backend {
            None => None,
            Some(bridge) if device.class == DeviceClass::Vif => Some(self.network(bridge).await?),
            Some(uname) => Some(self.image(uname).await?),
        };
        let class = match device.class {
            DeviceClass::Vif => "VIF",
            DeviceClass::Vbd => "VBD",
        };
        self.make(class, device.record(&self.vm, backend.as_deref())).await
    }

    async fn network(&self, bridge: &str) -> Result<String, Error> {
        let networks = self.ask("network.get_all_records", []).await?;
        let named = |record: ValueRef<'_>| record.get("name_label")?.text().map(|name| name == bridge);
        reference_to(&networks, named).ok_or_else(|| self.missing(ErrorCode::BadParameter, "network", bridge))
    }

    /// The image at a place: one that is known, or a new one where the host keeps images by their places.
    async fn image(&mut self, uname: &str) -> Result<String, Error> {
        let images = self.ask("VDI.get_all_records", []).await?;
        let is_there = |record: ValueRef<'_>| record.get("other_config")?.get("location")?.text().map(|it| it == uname);
        if let Some(known) = reference_to(&images, is_there) {
            return Ok(known);
        }
        let storage = self.ask("SR.get_all_records", []).await?;
        let is_local = |record: ValueRef<'_>| record.get("type")?.text().map(|kind| kind == "local");
        let local = reference_to(&storage, is_local);
        let local = local.ok_or_else(|| self.missing(ErrorCode::BadParameter, "storage of type", "local"))?;
        self.make("VDI", xenapi::image_record(&local, uname)).await
    }

    /// All devices of a class that the domain has.
    async fn plugged(&self, class: DeviceClass) -> Result<Vec<Plugged>, Error> {
        let (list, record) = match class {
            DeviceClass::Vif => ("VM.get_VIFs", "VIF.get_record"),
            DeviceClass::Vbd => ("VM.get_VBDs", "VBD.get_record"),
        };
        let references = self.ask(list, [self.vm.as_str().into()]).await?;
        let mut devices = Vec::new();
        for reference in references.value().items().filter_map(ValueRef::text) {
            let record = self.ask(record, [reference.as_ref().into()]).await?;
            devices.push(self.device(class, reference.into_owned(), record)?);
        }
        Ok(devices)
    }

    fn device(&self, class: DeviceClass, reference: String, record: Returned) -> Result<Plugged, Error> {
        let name = self.text(&record, "device")?;
        let number = match class {
            DeviceClass::Vif => name.strip_prefix("eth").and_then(|number| number.parse().ok()),
            DeviceClass::Vbd => block_device_number(name.as_bytes()),
        };
        Ok(Plugged { reference, name, number, record })
    }

    /// `((0 ((mac ...) (device eth0) ...)) ...)`
    async fn list(&self, class: DeviceClass) -> Result<Document<'static>, Error> {
        let head = match class {
            DeviceClass::Vif => "vif",
            DeviceClass::Vbd => "vbd",
        };
        let mut builder = Builder::new();
        builder.open();
        for device in self.plugged(class).await? {
            let number = device.number.map_or(device.name, |number| number.to_string());
            builder.open().atom(number).open();
            let record = xenapi::record(head, device.record.value(), self.call.client.release);
            for field in record.first().into_iter().flat_map(Sexpr::items).skip(1) {
                builder.value(field);
            }
            builder.close().close();
        }
        builder.close();
        Ok(builder.finish())
    }

    /// `(vif (dom 2 id 1))`
    async fn attach(&mut self, device: &NewDevice) -> Result<Document<'static>, Error> {
        let vm = self.record().await?;
        let domid = self.text(&vm, "domid")?;
        let reference = self.plug(device).await?;
        let number = match &device.name {
            Some(name) => block_device_number(name.as_bytes()),
            None => {
                let record = self.ask("VIF.get_record", [reference.as_str().into()]).await?;
                self.device(DeviceClass::Vif, reference, record)?.number
            }
        };
        let mut builder = Builder::new();
        match number.filter(|_| domid != "-1") {
            Some(number) => {
                let place = ["dom", &domid, "id", &number.to_string()];
                builder.open().atom(&device.kind).list(place).close();
            }
            // As the other faces answer where only the definition has changed.
            None => drop(builder.atom("True")),
        }
        Ok(builder.finish())
    }

    async fn change_disc(&mut self, drive: &str, disc: &str) -> Result<Document<'static>, Error> {
        let drive = self.find(DeviceClass::Vbd, drive).await?;
        let image = self.image(disc).await?;
        self.ask("VBD.media_change", [drive.into(), image.into()]).await?;
        Ok(Document::default())
    }

    async fn detach(&self, class: DeviceClass, device: &str) -> Result<Document<'static>, Error> {
        let device = self.find(class, device).await?;
        let method = match class {
            DeviceClass::Vif => "VIF.destroy",
            DeviceClass::Vbd => "VBD.destroy",
        };
        self.ask(method, [device.into()]).await?;
        Ok(Document::default())
    }

    /// The reference of a device, given its number or name.
    async fn find(&self, class: DeviceClass, device: &str) -> Result<String, Error> {
        let name = device.split(':').next().unwrap_or_default();
        let number = device.parse().ok();
        let is_it = |it: &Plugged| it.name == name || (number.is_some() && it.number == number);
        let found = self.plugged(class).await?.into_iter().find(is_it);
        found.map(|it| it.reference).ok_or_else(|| self.missing(ErrorCode::OperationFailed, "device", device))
    }

    fn text(&self, record: &Returned, member: &str) -> Result<String, Error> {
        let text = record.value().get(member).and_then(ValueRef::text);
        text.map(String::from).ok_or_else(|| self.call.no_reply(format!("the record has no `{member}`"), None))
    }

    fn missing(&self, code: ErrorCode, what: &str, name: &str) -> Error {
        Error::not_found(self.call.operation, code, format!("there is no {what} {name}"))
    }
}

/// Calls one method in a session.
async fn ask<const N: usize>(
    call: Call<'_>,
    session: &str,
    method: &str,
    params: [Value; N],
) -> Result<Returned, Error> {
    let effect = if method.contains(".get_") { Effect::Reads } else { Effect::Changes };
    let (operation, release) = (call.operation, call.client.release);
    let params = std::iter::once(Value::from(session)).chain(params);
    let request = Request::call(method, params);
    let request = request.map_err(|error| Error::invalid(operation, Face::XenApi, release, error))?;
    let reply = Call { effect, ..call }.exchange(request).await?;
    operation.read_method(release, &reply).map_err(|failure| Error::failed(operation, failure))
}

/// The reference under which a record stands that is the one.
fn reference_to(records: &Returned, is_it: impl Fn(ValueRef<'_>) -> Option<bool>) -> Option<String> {
    let found = records.value().members().find(|(_, record)| is_it(*record) == Some(true));
    found.map(|(reference, _)| reference.to_owned())
}
