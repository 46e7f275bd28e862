//! Records of `host`, `host_cpu` and `host_metrics`, for the only host that there is (`XendNode.py`).

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::super::context::{Context, MIB};
use super::node::{cpus, node, nodes, number};
use super::references::{list, references};
use crate::python;
use crate::registry::reference;

/// The values that the daemon reads from `/proc/cpuinfo` on the host of the captures (`xenapi-host_cpu.get_record`).
const CPU_INFO: [(&str, &str); 5] = [
    ("vendor", "GenuineIntel"),
    ("speed", "2100"),
    ("modelname", "Intel(R) Xeon(R) Processor"),
    ("stepping", "2"),
    (
        "flags",
        "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 ss ht \
         syscall nx pdpe1gb rdtscp lm constant_tsc rep_good nopl xtopology nonstop_tsc cpuid tsc_known_freq pni \
         pclmulqdq ssse3 fma cx16 pcid sse4_1 sse4_2 x2apic movbe popcnt tsc_deadline_timer aes xsave avx f16c rdrand \
         hypervisor lahf_lm abm 3dnowprefetch cpuid_fault ssbd ibrs ibpb stibp ibrs_enhanced fsgsbase tsc_adjust bmi1 \
         avx2 smep bmi2 erms invpcid avx512f avx512dq rdseed adx smap avx512ifma clflushopt clwb avx512cd sha_ni \
         avx512bw avx512vl xsaveopt xsavec xgetbv1 xsaves avx_vnni avx512_bf16 wbnoinvd arat avx512vbmi umip pku ospke \
         avx512_vbmi2 gfni vaes vpclmulqdq avx512_vnni avx512_bitalg avx512_vpopcntdq rdpid bus_lock_detect cldemote \
         movdiri movdir64b fsrm md_clear serialize tsxldtrk ibt amx_bf16 avx512_fp16 amx_tile amx_int8 flush_l1d \
         arch_capabilities",
    ),
];

/// The values of `xend.node.info` that make up `software_version` (`xc.xeninfo` and `os.uname`).
const SOFTWARE: [&str; 15] = [
    "system",
    "host",
    "release",
    "version",
    "machine",
    "xen_major",
    "xen_minor",
    "xen_extra",
    "xen_changeset",
    "xen_commandline",
    "cc_compiler",
    "cc_compile_by",
    "cc_compile_domain",
    "cc_compile_date",
    "xend_config_format",
];

/// Returns the record of a host (`host_get_record`), with its members in the order of the source.
pub(super) fn record(call: &Context<'_>, host: &str) -> Datum {
    let release = call.release;
    let kept = |field: &str, otherwise: Datum| call.registry.objects.kept("host", host, field).unwrap_or(otherwise);
    let text = |name: &str| node(call, name).as_ref().map(python::text).unwrap_or_default();
    let mut software = vec![("Xen", Datum::from(format!("{}.{}", text("xen_major"), text("xen_minor"))))];
    if release <= Release::V3_2 {
        software.push(("Xend", "3.0.3".into()));
    }
    software.extend(nodes(call, &SOFTWARE));
    let configuration: &[&str] = match release {
        release if release <= Release::V3_1 => {
            &["nr_nodes", "sockets_per_node", "cores_per_socket", "threads_per_core"]
        }
        _ => &["nr_nodes", "nr_cpus", "cores_per_socket", "threads_per_core"],
    };
    let capabilities = text("xen_caps").split(' ').map(Datum::from).collect::<Vec<_>>();
    let other_config = python::literal(nodes(call, &["xen_pagesize", "platform_params", "xen_commandline"]));
    let objects = |class: &str| list(references(call, class));
    let fields = [
        (Release::V3_1, "uuid", host.into()),
        (Release::V3_1, "name_label", kept("name_label", call.world.node.host.as_str().into())),
        // The record's description is always empty, whatever was set.
        (Release::V3_1, "name_description", "".into()),
        (Release::V3_1, "API_version_major", "1".into()),
        (Release::V3_1, "API_version_minor", "0".into()),
        (Release::V3_1, "API_version_vendor", "xenbits".into()),
        (Release::V3_1, "API_version_vendor_implementation", Datum::Dict(Vec::new())),
        (Release::V3_1, "software_version", python::literal(software)),
        (Release::V3_1, "enabled", kept("enabled", true.into())),
        (Release::V3_1, "other_config", kept("other_config", other_config)),
        (Release::V3_1, "resident_VMs", objects("VM")),
        (Release::V3_1, "host_CPUs", list(cpus(call))),
        (Release::V3_1, "cpu_configuration", python::literal(nodes(call, configuration))),
        (Release::V3_1, "metrics", reference("host_metrics", "").into()),
        (Release::V3_1, "capabilities", capabilities.into()),
        (Release::V3_1, "supported_bootloaders", Datum::list(["pygrub".into()])),
        (Release::V3_1, "sched_policy", node(call, "xen_scheduler").unwrap_or("".into())),
        (Release::V3_2, "logging", Datum::Dict(Vec::new())),
        (Release::V3_2, "PIFs", objects("PIF")),
        (Release::V3_2, "PBDs", objects("PBD")),
        (Release::V3_3, "PPCIs", objects("PPCI")),
        (Release::V3_4, "PSCSIs", objects("PSCSI")),
        (Release::V4_1, "PSCSI_HBAs", objects("PSCSI_HBA")),
        (Release::V4_1, "resident_cpu_pools", objects("cpu_pool")),
    ];
    let fields = fields.into_iter().filter(|(since, _, _)| release >= *since);
    python::literal(fields.map(|(_, name, value)| (name, value)))
}

/// Returns the record of a processor (`host_cpu_get_record`).
pub(super) fn cpu(call: &Context<'_>, cpu: &str) -> Option<Datum> {
    let number = cpus(call).iter().position(|known| known == cpu)?;
    let mut fields = vec![("number", Datum::from(i64::try_from(number).unwrap_or_default()))];
    fields.extend(CPU_INFO.map(|(name, value)| (name, value.into())));
    fields.push(("features", node(call, "hw_caps").unwrap_or("".into())));
    fields.push(("uuid", cpu.into()));
    fields.push(("host", reference("host", "").into()));
    fields.push(("utilisation", 0.0.into()));
    if call.release >= Release::V4_1 {
        fields.push(("cpu_pool", list(references(call, "cpu_pool"))));
    }
    Some(python::dict(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()))
}

/// Returns the record of a host's metrics (`host_metrics_get_record`).
pub(super) fn metrics(call: &Context<'_>, metrics: &str) -> Datum {
    python::literal([
        ("uuid", metrics.into()),
        ("memory_total", number(call, "total_memory").saturating_mul(MIB).into()),
        ("memory_free", number(call, "free_memory").saturating_mul(MIB).into()),
        ("last_updated", python::date_time(call.now)),
    ])
}
