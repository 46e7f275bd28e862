//! Calls that no exchange of `fixtures/exchanges/xenapi.jsonl` shows, one rule each.

use mock_xend::{Daemon, Face, Release, Simulation, xenapi_methods};
use serde_json::{Value, json};

use super::values::{call, daemon};
use crate::peer::run;

const VM1: &str = "11111111-1111-1111-1111-111111111111";
const NEW: &str = "33333333-3333-3333-3333-333333333333";

/// One session with a daemon.
struct Client {
    daemon: Daemon,
    session: Value,
}

impl Client {
    async fn new(release: Release) -> Self {
        let daemon = daemon(release);
        let login = ["root".into(), "x".into()];
        let session = call(&daemon, Face::XenApi, "session.login_with_password", &login).await["Value"].clone();
        Self { daemon, session }
    }

    async fn ask(&self, method: &str, params: Value) -> Value {
        let params = params.as_array().expect("parameters").iter().cloned();
        let params: Vec<_> = [self.session.clone()].into_iter().chain(params).collect();
        call(&self.daemon, Face::XenApi, method, &params).await
    }

    /// The value of a success.
    async fn value(&self, method: &str, params: Value) -> Value {
        let answer = self.ask(method, params).await;
        assert_eq!(answer["Status"], "Success", "{method}: {answer}");
        answer["Value"].clone()
    }

    /// The words of a failure.
    async fn refused(&self, method: &str, params: Value) -> Value {
        let answer = self.ask(method, params).await;
        assert_eq!(answer["Status"], "Failure", "{method}: {answer}");
        answer["ErrorDescription"].clone()
    }

    /// Makes a domain of 64 MiB, halted.
    async fn create(&self, more: Value) -> Value {
        let mut vm = json!({
            "name_label": "new", "uuid": NEW, "memory_static_max": "67108864", "memory_dynamic_max": "67108864",
            "memory_dynamic_min": "67108864", "PV_kernel": "/srv/xend/etc/vmlinuz",
        });
        let members = more.as_object().expect("members").clone();
        vm.as_object_mut().expect("a struct").extend(members);
        self.value("VM.create", json!([vm])).await
    }
}

/// Protocol reference §5.7: a legacy method runs, and its result is no answer of this dialect.
#[test]
fn a_legacy_method_runs_and_has_no_result() {
    run(async {
        let daemon = daemon(Release::V4_1);
        let ask = async |method: &str, param: &str| call(&daemon, Face::XenApi, method, &[param.into()]).await;
        let internal = |text: &str| json!({ "Status": "Failure", "ErrorDescription": ["INTERNAL_ERROR", text] });
        let pause = ask("xend.domain.pause", "vm1").await;
        assert_eq!(pause, internal("Invalid result None handling xend.domain.pause"));
        let names = call(&daemon, Face::XmlRpc, "xend.domains", &[json!(0)]).await;
        assert_eq!(names, json!(["Domain-0"]), "vm1 is paused");
        assert_eq!(ask("xend.domain", "nosuch").await, internal("<Fault 3: 'nosuch'>"));
    });
}

/// Session, reference and count are checked all the same.
#[test]
fn what_is_not_simulated_says_so() {
    run(async {
        let client = Client::new(Release::V4_1).await;
        let host = client.value("host.get_all", json!([])).await[0].clone();
        let text = "mock-xend does not simulate host.tmem_thaw: a scenario has to answer it";
        assert_eq!(client.refused("host.tmem_thaw", json!([host, 1])).await, json!(["INTERNAL_ERROR", text]));
        let unknown = client.refused("host.tmem_thaw", json!(["nope", 1])).await;
        assert_eq!(unknown, json!(["HANDLE_INVALID", "host", "nope"]));
        let is_it = |(name, it)| (name, it) == ("host.tmem_thaw", Simulation::ScriptedOnly);
        assert!(xenapi_methods(Release::V4_1).any(is_it));
    });
}

/// Protocol reference §5.2.
#[test]
fn a_session_tells_of_itself_only_and_is_a_byte_string() {
    run(async {
        let client = Client::new(Release::V4_1).await;
        assert_eq!(client.refused("session.get_this_user", json!(["nope"])).await, json!(["PERMISSION_DENIED"]));
        let odd = call(&client.daemon, Face::XenApi, "VM.get_all", &["é".into()]).await;
        let text = "'ascii' codec can't encode character u'\\xe9' in position 0: ordinal not in range(128)";
        assert_eq!(odd["ErrorDescription"], json!(["INTERNAL_ERROR", text]));
    });
}

/// As `xm create` makes a domain: it is forgotten when it ends. Without `transient` it is kept, halted.
#[test]
fn a_transient_domain_is_forgotten_when_it_ends() {
    for release in [Release::V3_1, Release::V4_1] {
        run(async {
            for (other_config, is_kept) in [(json!({ "transient": "True" }), false), (json!({}), true)] {
                let client = Client::new(release).await;
                let vm = client.create(json!({ "other_config": other_config })).await;
                // What never started does not end.
                client.value("VM.hard_shutdown", json!([vm])).await;
                client.value("VM.start", json!([vm, false])).await;
                client.value("VM.hard_shutdown", json!([vm])).await;
                let all = client.value("VM.get_all", json!([])).await;
                assert_eq!(all.as_array().unwrap().contains(&vm), is_kept, "{release}: {all}");
            }
        });
    }
}

/// Text is more than any number for Python; a cap is lost from 4.1 on, and so is a pin.
#[test]
fn parameters_of_processors_are_taken_as_the_release_takes_them() {
    for release in [Release::V3_4, Release::V4_1] {
        run(async {
            let client = Client::new(release).await;
            let set = async |name: &str, value: Value| {
                client.ask("VM.add_to_VCPUs_params_live", json!([VM1, name, value])).await
            };
            let out_of_range = json!(["INTERNAL_ERROR", "weight is out of range"]);
            assert_eq!(set("weight", json!("512")).await["ErrorDescription"], out_of_range, "{release}");
            assert_eq!(set("weight", json!(512)).await["Status"], "Success");
            assert_eq!(set("cap", json!(50)).await["Status"], "Success");
            assert_eq!(set("cpumap0", json!("1")).await["Status"], "Success");
            let is_lost = release >= Release::V4_1;
            let credit = client.value("VM.get_VCPUs_params", json!([VM1])).await;
            assert_eq!(credit, json!({ "weight": "512", "cap": if is_lost { "0" } else { "50" } }), "{release}");
            let metrics = client.value("VM.get_metrics", json!([VM1])).await;
            let told = client.value("VM_metrics.get_VCPUs_params", json!([metrics])).await;
            assert_eq!(told["cpumap0"], if is_lost { "0,1" } else { "1" }, "{release}");
        });
    }
}

/// What a halted domain was told is kept, and fails it when it starts.
#[test]
fn a_weight_that_is_text_fails_the_next_start() {
    run(async {
        let client = Client::new(Release::V4_1).await;
        let vm = client.create(json!({})).await;
        client.refused("VM.add_to_VCPUs_params_live", json!([vm, "weight", "512"])).await;
        let refused = client.refused("VM.start", json!([vm, false])).await;
        assert_eq!(refused, json!(["INTERNAL_ERROR", "weight is out of range"]));
        client.value("VM.set_VCPUs_params", json!([vm, { "weight": 512, "cap": 0 }])).await;
        client.value("VM.start", json!([vm, false])).await;
        let credit = client.value("VM.get_VCPUs_params", json!([vm])).await;
        assert_eq!(credit, json!({ "weight": "512", "cap": "0" }));
    });
}

/// A port is a number; without one the usual port is asked.
#[test]
fn a_port_that_is_text_is_none() {
    run(async {
        let client = Client::new(Release::V3_4).await;
        let migrate = async |config: Value| client.refused("VM.migrate", json!([VM1, "10.0.0.1", false, config])).await;
        assert_eq!(migrate(json!({ "port": "0" })).await, json!(["INTERNAL_ERROR", "an integer is required"]));
        let refused = json!(["INTERNAL_ERROR", "can't connect: [Errno 111] Connection refused"]);
        assert_eq!(migrate(json!({ "port": 8002 })).await, refused);
        assert_eq!(migrate(json!({})).await, refused);
    });
}

/// From 3.3 on only another uuid is in the way of a name.
#[test]
fn a_domain_that_runs_can_be_defined_again() {
    for release in [Release::V3_4, Release::V4_1] {
        run(async {
            let client = Client::new(release).await;
            let vm = client.create(json!({})).await;
            client.value("VM.start", json!([vm, true])).await;
            assert_eq!(client.create(json!({})).await, vm, "{release}");
            let refused = client.refused("VM.start", json!([vm, true])).await;
            assert_eq!(refused, json!(["VM_BAD_POWER_STATE", vm, "Halted", "Paused"]), "{release}");
        });
    }
}

/// What a struct says of a bootloader is what an S-expression says, so that a start asks it (`XENAPI_CFG_TO_LEGACY_CFG`).
#[test]
fn a_bootloader_of_a_struct_is_asked_when_the_domain_starts() {
    run(async {
        let client = Client::new(Release::V4_1).await;
        let vm = client.create(json!({"PV_bootloader": "/usr/bin/pygrub", "PV_kernel": ""})).await;
        let refused = client.refused("VM.start", json!([vm, true])).await;
        let text = "Had a bootloader specified, but no disks are bootable";
        assert_eq!(refused, json!(["INTERNAL_ERROR", text]));
    });
}

/// Nothing checks the reference of an `SR` (`valid_sr`), and each attribute trips over `None` by itself.
#[test]
fn a_storage_that_is_none_is_a_fault_of_the_daemon() {
    run(async {
        let client = Client::new(Release::V3_4).await;
        let text = "'NoneType' object has no attribute 'type'";
        assert_eq!(client.refused("SR.get_type", json!(["nope"])).await, json!(["INTERNAL_ERROR", text]));
        assert_eq!(client.value("SR.get_uuid", json!(["nope"])).await, "nope");
        assert_eq!(client.refused("SR.get_record", json!(["nope"])).await, json!(["HANDLE_INVALID", "SR", "nope"]));
    });
}

/// A TPM and a console are for halted domains.
#[test]
fn a_tpm_and_a_console_are_given_to_halted_domains_only() {
    run(async {
        let client = Client::new(Release::V4_1).await;
        let internal = |text: &str| json!(["INTERNAL_ERROR", text]);
        let tpm = client.refused("VTPM.create", json!([{ "VM": VM1 }])).await;
        assert_eq!(tpm, internal("Can only add vTPM to a halted domain."));
        let console = client.refused("console.create", json!([{ "VM": VM1, "protocol": "rfb" }])).await;
        assert_eq!(console, internal("Can only add console to a halted domain."));
        let vm = client.create(json!({})).await;
        let tpm = client.value("VTPM.create", json!([{ "VM": vm }])).await;
        assert_eq!(client.value("VM.get_VTPMs", json!([vm])).await, json!([tpm]));
        let second = client.refused("VTPM.create", json!([{ "VM": vm }])).await;
        assert_eq!(second, internal("Domain already has a vTPM."));
        let text = client.refused("console.create", json!([{ "VM": vm, "protocol": "vt100" }])).await;
        let unsupported = "Invalid Configuration: Creating vt100 consoles via Xen API is unsupported";
        assert_eq!(text, internal(unsupported));
    });
}

/// Up to 3.4 a disk that no image of the daemon's is behind is taken away with a fault.
#[test]
fn a_disk_of_another_face_is_taken_away_with_a_fault() {
    run(async {
        let client = Client::new(Release::V3_4).await;
        let vbd = client.value("VM.get_VBDs", json!([VM1])).await[0].clone();
        let refused = client.refused("VBD.destroy", json!([vbd])).await;
        assert_eq!(refused, json!(["INTERNAL_ERROR", "'NoneType' object has no attribute 'removeVBD'"]));
        assert_eq!(client.value("VM.get_VBDs", json!([VM1])).await, json!([]));
    });
}
