//! Operations that create, end and move domains and change their state.

use super::super::argument::{ArgumentKind::*, DOMAIN, Unit, optional, required};
use super::super::face::XEN_API;
use super::super::form::{Literal, PlanKind, Representation, Source, Source::*, call, of_session, of_vm, op};
use super::super::row::Effect::Changes;
use super::super::row::{Acknowledgement, Answer, LegacySteps, MethodSteps, Sequence, operations};
use super::domain::{INFO, WAIT_FOR_DEVICES};
use crate::Release;

operations! {
    CREATE = "domain.create": "create a domain from a configuration and leave it paused" {
        arguments: &[required("config", Sexpr)],
        effect: Changes,
        answer: Answer::Record("domain"),
        sxp: &[op!("/xend/domain": "create", "config" = Arg("config"))],
        xmlrpc: &[call("xend.domain.create", &[Arg("config")])],
        // A domain that is created on the Xen-API stays defined after it has ended.
        methods: Some(MethodSteps { since: XEN_API, plan: PlanKind::Create { paused: true }, steps: CREATE_METHODS }),
    },
    CREATE_AND_START = "domain.create_and_start": "create a domain, wait for its devices and let it run, or destroy it if that fails" {
        arguments: &[required("config", Sexpr)],
        effect: Changes,
        answer: Answer::Record("domain"),
        legacy: Some(LegacySteps {
            since: Release::V3_0_2,
            sequence: Sequence::CreateAndStart,
            steps: &[CREATE, WAIT_FOR_DEVICES, UNPAUSE, INFO, DESTROY],
        }),
        methods: Some(MethodSteps { since: XEN_API, plan: PlanKind::Create { paused: false }, steps: CREATE_METHODS }),
    },
    DEFINE = "domain.define": "define a domain by its configuration, without starting it" {
        arguments: &[required("config", Sexpr)],
        effect: Changes,
        answer: Answer::Nothing,
        sxp: &[op!("/xend/domain": "new", "config" = Arg("config")).since(Release::V3_1)],
        xmlrpc: &[call("xend.domain.new", &[Arg("config")]).since(Release::V3_1)],
        methods: Some(MethodSteps { since: XEN_API, plan: PlanKind::Define, steps: DEFINE_METHODS }),
    },
    START = "domain.start": "start a defined domain, wait for its devices, and let it run" {
        arguments: &[DOMAIN],
        effect: Changes,
        answer: Answer::Nothing,
        sxp: &[op!("start").since(Release::V3_1)],
        xmlrpc: &[call("xend.domain.start", &[Arg("domain"), Always(Literal::Flag(false))]).since(Release::V3_1)],
        xenapi: &[of_vm("VM.start", &[Always(Literal::Flag(false))])],
    },
    UNDEFINE = "domain.undefine": "remove the definition of a halted domain" {
        arguments: &[DOMAIN],
        effect: Changes,
        answer: Answer::Nothing,
        sxp: &[op!("delete").since(Release::V3_1)],
        xmlrpc: &[call("xend.domain.delete", &[Arg("domain")]).since(Release::V3_1)],
        xenapi: &[of_vm("VM.destroy", &[])],
    },
    SET_AUTOSTART = "domain.set_autostart": "set whether a defined domain starts when the daemon starts" {
        arguments: &[DOMAIN, required("autostart", Flag)],
        effect: Changes,
        answer: Answer::Nothing,
        // Up to 3.3 there is no such method (capture `xenapi-VM.set_auto_power_on=True@3.3`).
        xenapi: &[of_vm("VM.set_auto_power_on", &[Arg("autostart")]).since(Release::V3_4)],
        legacy: Some(LegacySteps {
            since: Release::V3_1,
            sequence: Sequence::SetAutostart,
            steps: &[INFO, DEFINE],
        }),
    },
    PAUSE = "domain.pause": "pause a domain" {
        arguments: &[DOMAIN],
        effect: Changes,
        answer: Answer::Nothing,
        sxp: &[op!("pause")],
        xmlrpc: &[call("xend.domain.pause", &[Arg("domain")])],
        xenapi: &[of_vm("VM.pause", &[])],
    },
    UNPAUSE = "domain.unpause": "let a paused domain continue" {
        arguments: &[DOMAIN],
        effect: Changes,
        answer: Answer::Nothing,
        sxp: &[op!("unpause")],
        xmlrpc: &[call("xend.domain.unpause", &[Arg("domain")])],
        xenapi: &[of_vm("VM.unpause", &[])],
    },
    SUSPEND = "domain.suspend": "save a defined domain to a file in the daemon's own folder, and stop it" {
        arguments: &[DOMAIN],
        effect: Changes,
        answer: Answer::Nothing,
        xmlrpc: &[call("xend.domain.suspend", &[Arg("domain")]).since(Release::V3_1)],
        xenapi: &[of_vm("VM.suspend", &[])],
    },
    RESUME = "domain.resume": "resume a suspended domain" {
        arguments: &[DOMAIN],
        effect: Changes,
        answer: Answer::Nothing,
        xmlrpc: &[call("xend.domain.resume", &[Arg("domain"), Usually(Literal::Flag(false))]).since(Release::V3_1)],
        xenapi: &[of_vm("VM.resume", &[Always(Literal::Flag(false))])],
    },
    REBOOT = "domain.reboot": "ask a domain's system to reboot" {
        arguments: &[DOMAIN],
        effect: Changes,
        answer: Answer::Nothing,
        sxp: &[op!("shutdown", "reason" = Always(Literal::Text("reboot")))],
        xmlrpc: &[call("xend.domain.shutdown", &[Arg("domain"), Always(Literal::Text("reboot"))])],
        xenapi: &[of_vm("VM.clean_reboot", &[])],
    },
    SHUTDOWN = "domain.shutdown": "ask a domain's system to shut down, for a reason: poweroff, halt, suspend or crash" {
        arguments: &[DOMAIN, required("reason", Text)],
        effect: Changes,
        answer: Answer::Nothing,
        sxp: &[op!("shutdown", "reason" = Arg("reason"))],
        xmlrpc: &[call("xend.domain.shutdown", &[Arg("domain"), Arg("reason")])],
        xenapi: &[of_vm("VM.clean_shutdown", &[]).only("reason", &["poweroff", "halt"])],
    },
    DESTROY = "domain.destroy": "end a domain at once" {
        arguments: &[DOMAIN],
        effect: Changes,
        answer: Answer::Nothing,
        // For an id that the daemon does not know, it returns the result of the hypervisor (`XendDomain.py
        // domain_destroy`).
        acknowledgements: &[Acknowledgement::None, Acknowledgement::Zero],
        sxp: &[op!("destroy")],
        xmlrpc: &[call("xend.domain.destroy", &[Arg("domain")])],
        xenapi: &[of_vm("VM.hard_shutdown", &[])],
    },
    RESET = "domain.reset": "reset a domain, as its reset button would" {
        arguments: &[DOMAIN],
        effect: Changes,
        answer: Answer::Nothing,
        sxp: &[op!("reset").since(Release::V3_3)],
        xmlrpc: &[call("xend.domain.reset", &[Arg("domain")]).since(Release::V3_3)],
        // `xm reset` calls this method (`xm/main.py xm_reset`). Up to 3.2 it fails with `EUNSUPPORTED` (capture
        // `xenapi-VM.hard_reboot@3.2`).
        xenapi: &[of_vm("VM.hard_reboot", &[]).since(Release::V3_3)],
    },
    SAVE = "domain.save": "save a domain to a file and end it" {
        arguments: &[DOMAIN, required("file", Path)],
        effect: Changes,
        answer: Answer::Nothing,
        sxp: &[op!("save", "file" = Arg("file"))],
        xmlrpc: &[
            call("xend.domain.save", &[Arg("domain"), Arg("file")]),
            call("xend.domain.save", &[Arg("domain"), Arg("file"), Usually(Literal::Flag(false))]).since(Release::V3_1),
        ],
        xenapi: &[of_vm("VM.save", &[Arg("file"), Always(Literal::Flag(false))])],
    },
    RESTORE = "domain.restore": "restore a domain that was saved to a file" {
        arguments: &[required("file", Path)],
        effect: Changes,
        answer: Answer::Nothing,
        // XML-RPC returns the record. On the S-expression face it is lost, because a thread of the daemon does the work
        // (protocol reference §3.5).
        acknowledgements: &[Acknowledgement::None, Acknowledgement::Record("domain")],
        sxp: &[op!("/xend/domain": "restore", "file" = Arg("file"))],
        xmlrpc: &[
            call("xend.domain.restore", &[Arg("file")]),
            call("xend.domain.restore", &[Arg("file"), Usually(Literal::Flag(false))]).since(Release::V3_1),
        ],
        xenapi: &[of_session("VM.restore", &[Arg("file"), Always(Literal::Flag(false))])],
    },
    DUMP = "domain.dump": "write a domain's memory to a file; live: without pausing it, crash: and destroy it afterwards" {
        arguments: &[DOMAIN, required("file", Path), optional("live", Flag), optional("crash", Flag)],
        effect: Changes,
        answer: Answer::Nothing,
        // These are the fields that any release needs. The daemon ignores fields that it does not know.
        sxp: &[op!(
            "dump",
            "file" = Arg("file"),
            "live" = Or("live", Literal::Text("0")),
            "crash" = Or("crash", Literal::Text("0")),
            "reset" = Usually(Literal::Text("0"))
        )
        .since(Release::V3_1)],
        xmlrpc: &[
            call("xend.domain.dump", DUMP_PARAMS).since(Release::V3_0_3),
            call("xend.domain.dump", DUMP_PARAMS_3_4).since(Release::V3_4),
        ],
    },
    MIGRATE = "domain.migrate": "move a domain to another host; live: while it runs" {
        arguments: &[
            DOMAIN,
            required("destination", Text),
            optional("live", Flag),
            optional("port", Integer(Unit::One)),
        ],
        effect: Changes,
        answer: Answer::Nothing,
        // These are the fields that libvirt sends, and all that any release needs. The daemon ignores fields that it does
        // not know.
        sxp: &[op!(
            "migrate",
            "destination" = Arg("destination"),
            "live" = Or("live", Literal::Text("0")),
            "port" = Or("port", Literal::Text("0")),
            "node" = Usually(Literal::Text("-1")),
            "ssl" = Usually(Literal::Text("0")),
            "change_home_server" = Usually(Literal::Text("0")),
            "resource" = Usually(Literal::Text("0"))
        )],
        xmlrpc: &[
            call("xend.domain.migrate", MIGRATE_PARAMS),
            call("xend.domain.migrate", MIGRATE_PARAMS_3_3).since(Release::V3_3),
            call("xend.domain.migrate", MIGRATE_PARAMS_4_1).since(Release::V4_1),
        ],
        xenapi: &[of_vm("VM.migrate", &[Arg("destination"), Or("live", Literal::Flag(false)), OTHER_CONFIG])],
    },
    RENAME = "domain.rename": "give a domain another name" {
        arguments: &[DOMAIN, required("name", Text)],
        effect: Changes,
        answer: Answer::Nothing,
        sxp: &[op!("rename", "name" = Arg("name"))],
        xmlrpc: &[call("xend.domain.setName", &[Arg("domain"), Arg("name")])],
        xenapi: &[of_vm("VM.set_name_label", &[Arg("name")])],
    },
    SYSRQ = "domain.sysrq": "send a SysRq key to a domain's system" {
        arguments: &[DOMAIN, required("key", Key)],
        effect: Changes,
        answer: Answer::Nothing,
        sxp: &[op!("sysrq", "key" = As("key", Representation::CharacterCode))],
        // Up to 3.0.2 `xm` sends the code of the character, later the character itself.
        xmlrpc: &[
            call("xend.domain.send_sysrq", &[Arg("domain"), As("key", Representation::CharacterCode)]),
            call("xend.domain.send_sysrq", &[Arg("domain"), Arg("key")]).since(Release::V3_0_3),
        ],
        xenapi: &[of_vm("VM.send_sysrq", &[Arg("key")])],
    },
    TRIGGER = "domain.trigger": "send a trigger to a virtual processor: nmi, reset or init" {
        arguments: &[DOMAIN, required("trigger", Text), optional("vcpu", Integer(Unit::One))],
        effect: Changes,
        answer: Answer::Nothing,
        xmlrpc: &[call("xend.domain.send_trigger", &[Arg("domain"), Arg("trigger"), Or("vcpu", Literal::Int(0))])
            .since(Release::V3_1)],
        xenapi: &[of_vm("VM.send_trigger", &[Arg("trigger"), Or("vcpu", Literal::Text("0"))])],
    },
}

const DUMP_PARAMS: &[Source] =
    &[Arg("domain"), Arg("file"), Or("live", Literal::Flag(false)), Or("crash", Literal::Flag(false))];
const DUMP_PARAMS_3_4: &[Source] = &[
    Arg("domain"),
    Arg("file"),
    Or("live", Literal::Flag(false)),
    Or("crash", Literal::Flag(false)),
    Usually(Literal::Flag(false)),
];

// The meaning of the fourth parameter changed in 3.3 (protocol reference §4.2).
const MIGRATE_PARAMS: &[Source] = &[
    Arg("domain"),
    Arg("destination"),
    As("live", Representation::Number),
    Usually(Literal::Int(0)),
    Or("port", Literal::Int(0)),
];
const MIGRATE_PARAMS_3_3: &[Source] = &[
    Arg("domain"),
    Arg("destination"),
    As("live", Representation::Number),
    Or("port", Literal::Int(0)),
    Usually(Literal::Int(-1)),
    Usually(Literal::Nil),
];
const MIGRATE_PARAMS_4_1: &[Source] = &[
    Arg("domain"),
    Arg("destination"),
    As("live", Representation::Number),
    Or("port", Literal::Int(0)),
    Usually(Literal::Int(-1)),
    Usually(Literal::Nil),
    Usually(Literal::Int(0)),
];
const OTHER_CONFIG: Source = Struct(&[("port", As("port", Representation::Whole))]);

/// The methods that `xm new` and `xm create` call on the Xen-API, in their order (`xm/main.py`, `xm/xenapi_create.py`).
const DEFINE_METHODS: &[&str] = &[
    "VM.get_all",
    "VM.create",
    "network.get_all_records",
    "VIF.create",
    "VDI.get_all_records",
    "SR.get_all_records",
    "VDI.create",
    "VBD.create",
    "VBD.destroy",
    "VDI.destroy",
    "VIF.destroy",
    "VM.destroy",
];
const CREATE_METHODS: &[&str] = &[
    "VM.get_all",
    "VM.create",
    "network.get_all_records",
    "VIF.create",
    "VDI.get_all_records",
    "SR.get_all_records",
    "VDI.create",
    "VBD.create",
    "VM.start",
    "VM.get_record",
    "VM.hard_shutdown",
    "VBD.destroy",
    "VDI.destroy",
    "VIF.destroy",
    "VM.destroy",
];
