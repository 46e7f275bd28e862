//! `host`, `host_cpu` and `host_metrics`: the one host that there is.

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::call::Context;
use super::envelope::{ErrorDescription, Outcome, literal, void};
use super::method::Method;
use super::{MIB, reference, time};
use crate::python;
use crate::world::Command;

/// What the daemon reads from `/proc/cpuinfo`, which the captures do not show.
const MODEL_NAME: &str = "Intel(R) Core(TM)2 CPU          6600  @ 2.40GHz";
const FLAGS: &str = "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2";

impl Context<'_> {
    /// A value of `xend.node.info`.
    pub(super) fn node(&mut self, name: &str) -> Datum {
        let pairs = self.world.perform(self.now, &Command::NodeInfo).unwrap_or(Datum::None);
        let pair = pairs.items().iter().find(|pair| pair.items().first() == Some(&name.into()));
        pair.and_then(|pair| pair.items().get(1)).cloned().unwrap_or(Datum::None)
    }

    fn node_number(&mut self, name: &str) -> i64 {
        python::int(&python::str(&self.node(name))).unwrap_or_default()
    }

    pub(super) fn host_cpus(&mut self) -> Vec<String> {
        (0..self.node_number("nr_cpus")).map(|cpu| reference("host_cpu", &cpu.to_string())).collect()
    }

    /// `host_get_record`.
    pub(super) fn host_record(&mut self, host: &str) -> Datum {
        let from_3_4 = self.release >= Release::V3_4;
        let list = |references: Vec<String>| Datum::List(references.into_iter().map(Datum::from).collect());
        let objects = &self.state.objects;
        let kept = |field: &str, otherwise: Datum| objects.kept("host", host, field).unwrap_or(otherwise);
        let name = kept("name_label", self.world.node.host.as_str().into());
        let description = kept("name_description", "".into());
        let other_config = kept("other_config", Datum::Dict(Vec::new()));
        let logging = kept("logging", Datum::Dict(Vec::new()));
        let enabled = kept("enabled", true.into());
        let (networks, storage) = (list(objects.references("PIF")), list(objects.references("PBD")));
        let pools = list(objects.references("cpu_pool"));
        let residents = list(self.references("VM"));
        let cpus = list(self.host_cpus());
        let capabilities = python::text(&self.node("xen_caps")).split(' ').map(Datum::from).collect::<Vec<_>>();
        let version = ["xen_major", "xen_minor", "xen_extra"].map(|part| python::text(&self.node(part)));
        let software = [
            ("Xen", format!("{}.{}{}", version[0], version[1], version[2]).into()),
            ("Xend", self.release.to_string().into()),
            ("machine", self.node("machine")),
            ("system", self.node("system")),
            ("release", self.node("release")),
            ("version", self.node("version")),
            ("host", self.node("host")),
        ];
        let parts = ["nr_nodes", "sockets_per_node", "cores_per_socket", "threads_per_core"];
        let cpu_configuration: Vec<_> =
            parts.into_iter().map(|part| (part, self.node(part))).filter(|(_, value)| *value != Datum::None).collect();
        let scheduler = self.node("xen_scheduler");
        let empty = || Datum::List(Vec::new());
        let mut fields = vec![
            ("uuid", host.into()),
            ("name_label", name),
            ("name_description", description),
            ("API_version_major", "1".into()),
            ("API_version_minor", "0".into()),
            ("API_version_vendor", "xenbits".into()),
            ("API_version_vendor_implementation", Datum::Dict(Vec::new())),
            ("software_version", literal(software)),
            ("enabled", enabled),
            ("other_config", other_config),
            ("resident_VMs", residents),
            ("host_CPUs", cpus),
            ("cpu_configuration", literal(cpu_configuration)),
            ("metrics", reference("host_metrics", "").into()),
            ("capabilities", capabilities.into()),
            ("supported_bootloaders", Datum::list(["pygrub".into()])),
            ("sched_policy", scheduler),
        ];
        if from_3_4 {
            fields.push(("logging", logging));
        }
        fields.push(("PIFs", networks));
        fields.push(("PBDs", storage));
        if from_3_4 {
            fields.extend([("PPCIs", empty()), ("PSCSIs", empty())]);
        }
        if self.release >= Release::V4_1 {
            fields.extend([("PSCSI_HBAs", empty()), ("resident_cpu_pools", pools)]);
        }
        literal(fields)
    }

    /// `host_cpu_get_record`.
    pub(super) fn host_cpu_record(&mut self, cpu: &str) -> Option<Datum> {
        let number = self.host_cpus().iter().position(|known| known == cpu)?;
        let mut fields = vec![
            ("uuid", cpu.into()),
            ("host", reference("host", "").into()),
            ("number", i64::try_from(number).unwrap_or_default().into()),
            ("vendor", "GenuineIntel".into()),
            ("speed", self.node("cpu_mhz")),
            ("modelname", MODEL_NAME.into()),
            ("stepping", "6".into()),
            ("flags", FLAGS.into()),
            ("utilisation", 0.0.into()),
            ("features", self.node("hw_caps")),
        ];
        if self.release >= Release::V4_1 {
            let pools = self.state.objects.references("cpu_pool");
            fields.push(("cpu_pool", pools.into_iter().map(Datum::from).collect::<Vec<_>>().into()));
        }
        Some(literal(fields))
    }

    /// `host_metrics_get_record`.
    pub(super) fn host_metrics_record(&mut self, metrics: &str) -> Datum {
        literal([
            ("uuid", metrics.into()),
            ("memory_total", self.node_number("total_memory").saturating_mul(MIB).into()),
            ("memory_free", self.node_number("free_memory").saturating_mul(MIB).into()),
            ("last_updated", time(self.now)),
        ])
    }

    pub(super) fn host_method(&mut self, name: &str, host: &str) -> Option<Outcome> {
        Some(match name {
            "disable" | "enable" => {
                self.state.objects.keep("host", host, "enabled", (name == "enable").into());
                void()
            }
            // Neither is ever done, and neither may even be asked while the host is enabled.
            "reboot" | "shutdown" => match self.state.objects.kept("host", host, "enabled") {
                Some(Datum::Bool(false)) => Err(ErrorDescription::new(["EHOSTRUNNING", "Host is still Running"])),
                _ => Err(ErrorDescription::unsupported()),
            },
            "dmesg" => self.ask(&Command::Messages),
            "dmesg_clear" => self.ask(&Command::ClearMessages),
            "get_log" => self.ask(&Command::Log),
            "send_debug_keys" => {
                let keys = python::str(&self.params[2]);
                self.ask(&Command::DebugKeys { keys }).and_then(|_| void())
            }
            _ => return self.change_members(name, "host", host),
        })
    }

    pub(super) fn host_function(&mut self, name: &str) -> Option<Outcome> {
        Some(match name {
            "list_methods" => {
                // The Xen-API only: `system.listMethods` tells the others.
                Ok(Method::of(self.release).map(|method| Datum::from(method.name.as_str())).collect::<Vec<_>>().into())
            }
            _ => return None,
        })
    }
}
