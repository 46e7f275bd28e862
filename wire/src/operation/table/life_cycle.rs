//! How domains come, go and change their state.

use super::super::argument::{ArgumentKind::*, DOMAIN, Unit, optional, required};
use super::super::form::{Literal, Recipe, Shape, Source, Source::*, XEN_API, call, of_session, of_vm, op};
use super::super::row::Effect::Changes;
use super::super::row::{Answer, Done, LegacySteps, MethodSteps, Sequence, operations};
use super::domain::{INFO, WAIT_FOR_DEVICES};
use crate::Release;

operations! {
    CREATE = "domain.create": "make a domain from a configuration and leave it paused" {
        arguments: &[required("config", Sexpr)],
        effect: Changes,
        answer: Answer::Record("domain"),
        sxp: &[op!("/xend/domain": "create", "config" = Arg("config"))],
        xmlrpc: &[call("xend.domain.create", &[Arg("config")])],
        // A domain that is made there stays defined when it ends.
        methods: Some(MethodSteps { since: XEN_API, recipe: Recipe::Create { paused: true }, steps: CREATE_METHODS }),
    },
    CREATE_AND_START = "domain.create_and_start": "make a domain, wait for its devices and let it run, or destroy it if that fails" {
        arguments: &[required("config", Sexpr)],
        effect: Changes,
        answer: Answer::Record("domain"),
        legacy: Some(LegacySteps {
            since: Release::V3_0_2,
            sequence: Sequence::CreateAndStart,
            steps: &[CREATE, WAIT_FOR_DEVICES, UNPAUSE, INFO, DESTROY],
        }),
        methods: Some(MethodSteps { since: XEN_API, recipe: Recipe::Create { paused: false }, steps: CREATE_METHODS }),
    },
    DEFINE = "domain.define": "keep a domain's configuration, without starting it" {
        arguments: &[required("config", Sexpr)],
        effect: Changes,
        answer: Answer::Nothing,
        sxp: &[op!("/xend/domain": "new", "config" = Arg("config")).since(Release::V3_1)],
        xmlrpc: &[call("xend.domain.new", &[Arg("config")]).since(Release::V3_1)],
        methods: Some(MethodSteps { since: XEN_API, recipe: Recipe::Define, steps: DEFINE_METHODS }),
    },
    START = "domain.start": "start a domain that is defined, wait for its devices, and let it run" {
        arguments: &[DOMAIN],
        effect: Changes,
        answer: Answer::Nothing,
        sxp: &[op!("start").since(Release::V3_1)],
        xmlrpc: &[call("xend.domain.start", &[Arg("domain"), Always(Literal::Flag(false))]).since(Release::V3_1)],
        xenapi: &[of_vm("VM.start", &[Always(Literal::Flag(false))])],
    },
    UNDEFINE = "domain.undefine": "forget a domain that is defined and halted" {
        arguments: &[DOMAIN],
        effect: Changes,
        answer: Answer::Nothing,
        sxp: &[op!("delete").since(Release::V3_1)],
        xmlrpc: &[call("xend.domain.delete", &[Arg("domain")]).since(Release::V3_1)],
        xenapi: &[of_vm("VM.destroy", &[])],
    },
    SET_AUTOSTART = "domain.set_autostart": "say whether a domain that is defined starts with the daemon" {
        arguments: &[DOMAIN, required("autostart", Flag)],
        effect: Changes,
        answer: Answer::Nothing,
        // Up to 3.3 there is no such method (`xenapi-VM.set_auto_power_on=True@3.3`).
        xenapi: &[of_vm("VM.set_auto_power_on", &[Arg("autostart")]).since(Release::V3_4)],
        legacy: Some(LegacySteps {
            since: Release::V3_1,
            sequence: Sequence::SetAutostart,
            steps: &[INFO, DEFINE],
        }),
    },
    PAUSE = "domain.pause": "stop a domain where it is" {
        arguments: &[DOMAIN],
        effect: Changes,
        answer: Answer::Nothing,
        sxp: &[op!("pause")],
        xmlrpc: &[call("xend.domain.pause", &[Arg("domain")])],
        xenapi: &[of_vm("VM.pause", &[])],
    },
    UNPAUSE = "domain.unpause": "let a paused domain go on" {
        arguments: &[DOMAIN],
        effect: Changes,
        answer: Answer::Nothing,
        sxp: &[op!("unpause")],
        xmlrpc: &[call("xend.domain.unpause", &[Arg("domain")])],
        xenapi: &[of_vm("VM.unpause", &[])],
    },
    SUSPEND = "domain.suspend": "save a defined domain where the daemon keeps such files, and stop it" {
        arguments: &[DOMAIN],
        effect: Changes,
        answer: Answer::Nothing,
        xmlrpc: &[call("xend.domain.suspend", &[Arg("domain")]).since(Release::V3_1)],
        xenapi: &[of_vm("VM.suspend", &[])],
    },
    RESUME = "domain.resume": "go on with a suspended domain" {
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
        // The hypervisor is asked for a number that the daemon does not know (`XendDomain.py domain_destroy`).
        done: &[Done::None, Done::Zero],
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
        // As `xm reset` sends it (`xm/main.py xm_reset`). Up to 3.2 the method answers `EUNSUPPORTED`
        // (`xenapi-VM.hard_reboot@3.2`).
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
    RESTORE = "domain.restore": "go on with a domain that was saved to a file" {
        arguments: &[required("file", Path)],
        effect: Changes,
        answer: Answer::Nothing,
        // XML-RPC gives the record; S-expressions lose it in a worker thread (protocol reference §3.5).
        done: &[Done::None, Done::Record("domain")],
        sxp: &[op!("/xend/domain": "restore", "file" = Arg("file"))],
        xmlrpc: &[
            call("xend.domain.restore", &[Arg("file")]),
            call("xend.domain.restore", &[Arg("file"), Usually(Literal::Flag(false))]).since(Release::V3_1),
        ],
        xenapi: &[of_session("VM.restore", &[Arg("file"), Always(Literal::Flag(false))])],
    },
    DUMP = "domain.dump": "write a domain's memory to a file; live: without stopping it, crash: and end it" {
        arguments: &[DOMAIN, required("file", Path), optional("live", Flag), optional("crash", Flag)],
        effect: Changes,
        answer: Answer::Nothing,
        // All that any release needs: the daemon passes over fields that it does not know.
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
        // All that any release needs, as libvirt sends it: the daemon passes over fields that it does not know.
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
    SYSRQ = "domain.sysrq": "send a magic key to a domain's system" {
        arguments: &[DOMAIN, required("key", Key)],
        effect: Changes,
        answer: Answer::Nothing,
        sxp: &[op!("sysrq", "key" = As("key", Shape::CharacterCode))],
        // `xm` sends the code up to 3.0.2 and the character since.
        xmlrpc: &[
            call("xend.domain.send_sysrq", &[Arg("domain"), As("key", Shape::CharacterCode)]),
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

// The fourth parameter changed its meaning with 3.3 (protocol reference §4.2).
const MIGRATE_PARAMS: &[Source] = &[
    Arg("domain"),
    Arg("destination"),
    As("live", Shape::Number),
    Usually(Literal::Int(0)),
    Or("port", Literal::Int(0)),
];
const MIGRATE_PARAMS_3_3: &[Source] = &[
    Arg("domain"),
    Arg("destination"),
    As("live", Shape::Number),
    Or("port", Literal::Int(0)),
    Usually(Literal::Int(-1)),
    Usually(Literal::Nil),
];
const MIGRATE_PARAMS_4_1: &[Source] = &[
    Arg("domain"),
    Arg("destination"),
    As("live", Shape::Number),
    Or("port", Literal::Int(0)),
    Usually(Literal::Int(-1)),
    Usually(Literal::Nil),
    Usually(Literal::Int(0)),
];
const OTHER_CONFIG: Source = Struct(&[("port", As("port", Shape::Whole))]);

/// What `xm new` and `xm create` call on the Xen-API, in the order in which they do (`xm/main.py`, `xm/xenapi_create.py`).
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
