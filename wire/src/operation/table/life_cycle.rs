//! How domains come, go and change their state.

use super::super::form::Effect::Changes;
use super::super::form::{Literal, Operation, Shape, Source, Source::*, call, of_session, of_vm, post};
use super::super::{Answer, ArgumentKind::*, Unit};
use super::{DOMAIN, optional, required};
use crate::Release;

/// `op=NAME` on a domain.
macro_rules! op {
    ($name:literal $(, $field:literal = $source:expr)*) => {
        post("/xend/domain/{domain}", &[("op", Always(Literal::Text($name))) $(, ($field, $source))*])
    };
}
pub(super) use op;

const CONFIG: &[(&str, Source)] = &[("op", Always(Literal::Text("create"))), ("config", Arg("config"))];
const DEFINE: &[(&str, Source)] = &[("op", Always(Literal::Text("new"))), ("config", Arg("config"))];
const RESTORE: &[(&str, Source)] = &[("op", Always(Literal::Text("restore"))), ("file", Arg("file"))];

pub(super) const LIFE_CYCLE: &[Operation] = &[
    Operation {
        name: "domain.create",
        summary: "make a domain from a configuration and leave it paused",
        arguments: &[required("config", Sexpr)],
        effect: Changes,
        answer: Answer::Record("domain"),
        sxp: &[post("/xend/domain", CONFIG)],
        xmlrpc: &[call("xend.domain.create", &[Arg("config")])],
        xenapi: &[],
    },
    Operation {
        name: "domain.create_and_start",
        summary: "make a domain, wait for its devices and let it run, or destroy it if that fails",
        arguments: &[required("config", Sexpr)],
        effect: Changes,
        answer: Answer::Record("domain"),
        sxp: &[],
        xmlrpc: &[],
        xenapi: &[],
    },
    Operation {
        name: "domain.define",
        summary: "keep a domain's configuration, without starting it",
        arguments: &[required("config", Sexpr)],
        effect: Changes,
        answer: Answer::Nothing,
        sxp: &[post("/xend/domain", DEFINE).since(Release::V3_1)],
        xmlrpc: &[call("xend.domain.new", &[Arg("config")]).since(Release::V3_1)],
        xenapi: &[],
    },
    Operation {
        name: "domain.start",
        summary: "start a domain that is defined, wait for its devices, and let it run",
        arguments: &[DOMAIN],
        effect: Changes,
        answer: Answer::Nothing,
        sxp: &[op!("start").since(Release::V3_1)],
        xmlrpc: &[call("xend.domain.start", &[Arg("domain"), Always(Literal::Flag(false))]).since(Release::V3_1)],
        xenapi: &[of_vm("VM.start", &[Always(Literal::Flag(false))])],
    },
    Operation {
        name: "domain.undefine",
        summary: "forget a domain that is defined and halted",
        arguments: &[DOMAIN],
        effect: Changes,
        answer: Answer::Nothing,
        sxp: &[op!("delete").since(Release::V3_1)],
        xmlrpc: &[call("xend.domain.delete", &[Arg("domain")]).since(Release::V3_1)],
        xenapi: &[of_vm("VM.destroy", &[])],
    },
    Operation {
        name: "domain.set_autostart",
        summary: "say whether a domain that is defined starts with the daemon",
        arguments: &[DOMAIN, required("autostart", Flag)],
        effect: Changes,
        answer: Answer::Nothing,
        sxp: &[],
        xmlrpc: &[],
        xenapi: &[of_vm("VM.set_auto_power_on", &[Arg("autostart")]).since(Release::V3_4)],
    },
    Operation {
        name: "domain.pause",
        summary: "stop a domain where it is",
        arguments: &[DOMAIN],
        effect: Changes,
        answer: Answer::Nothing,
        sxp: &[op!("pause")],
        xmlrpc: &[call("xend.domain.pause", &[Arg("domain")])],
        xenapi: &[of_vm("VM.pause", &[])],
    },
    Operation {
        name: "domain.unpause",
        summary: "let a paused domain go on",
        arguments: &[DOMAIN],
        effect: Changes,
        answer: Answer::Nothing,
        sxp: &[op!("unpause")],
        xmlrpc: &[call("xend.domain.unpause", &[Arg("domain")])],
        xenapi: &[of_vm("VM.unpause", &[])],
    },
    Operation {
        name: "domain.suspend",
        summary: "save a defined domain where the daemon keeps such files, and stop it",
        arguments: &[DOMAIN],
        effect: Changes,
        answer: Answer::Nothing,
        sxp: &[],
        xmlrpc: &[call("xend.domain.suspend", &[Arg("domain")]).since(Release::V3_1)],
        xenapi: &[of_vm("VM.suspend", &[])],
    },
    Operation {
        name: "domain.resume",
        summary: "go on with a suspended domain",
        arguments: &[DOMAIN],
        effect: Changes,
        answer: Answer::Nothing,
        sxp: &[],
        xmlrpc: &[call("xend.domain.resume", &[Arg("domain"), Usually(Literal::Flag(false))]).since(Release::V3_1)],
        xenapi: &[of_vm("VM.resume", &[Always(Literal::Flag(false))])],
    },
    Operation {
        name: "domain.reboot",
        summary: "ask a domain's system to reboot",
        arguments: &[DOMAIN],
        effect: Changes,
        answer: Answer::Nothing,
        sxp: &[op!("shutdown", "reason" = Always(Literal::Text("reboot")))],
        xmlrpc: &[call("xend.domain.shutdown", &[Arg("domain"), Always(Literal::Text("reboot"))])],
        xenapi: &[of_vm("VM.clean_reboot", &[])],
    },
    Operation {
        name: "domain.shutdown",
        summary: "ask a domain's system to shut down, for a reason: poweroff, halt, suspend or crash",
        arguments: &[DOMAIN, required("reason", Text)],
        effect: Changes,
        answer: Answer::Nothing,
        sxp: &[op!("shutdown", "reason" = Arg("reason"))],
        xmlrpc: &[call("xend.domain.shutdown", &[Arg("domain"), Arg("reason")])],
        xenapi: &[of_vm("VM.clean_shutdown", &[]).only("reason", &["poweroff", "halt"])],
    },
    Operation {
        name: "domain.destroy",
        summary: "end a domain at once",
        arguments: &[DOMAIN],
        effect: Changes,
        answer: Answer::Nothing,
        sxp: &[op!("destroy")],
        xmlrpc: &[call("xend.domain.destroy", &[Arg("domain")])],
        xenapi: &[of_vm("VM.hard_shutdown", &[])],
    },
    Operation {
        name: "domain.reset",
        summary: "reset a domain, as its reset button would",
        arguments: &[DOMAIN],
        effect: Changes,
        answer: Answer::Nothing,
        sxp: &[op!("reset").since(Release::V3_4)],
        xmlrpc: &[call("xend.domain.reset", &[Arg("domain")]).since(Release::V3_4)],
        // As `xm reset` sends it (`xm/main.py xm_reset`); not captured.
        xenapi: &[of_vm("VM.hard_reboot", &[]).since(Release::V3_4)],
    },
    Operation {
        name: "domain.save",
        summary: "save a domain to a file and end it",
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
    Operation {
        name: "domain.restore",
        summary: "go on with a domain that was saved to a file",
        arguments: &[required("file", Path)],
        effect: Changes,
        // XML-RPC gives the record; S-expressions lose it in a worker thread (protocol reference §3.5).
        answer: Answer::Nothing,
        sxp: &[post("/xend/domain", RESTORE)],
        xmlrpc: &[
            call("xend.domain.restore", &[Arg("file")]),
            call("xend.domain.restore", &[Arg("file"), Usually(Literal::Flag(false))]).since(Release::V3_1),
        ],
        xenapi: &[of_session("VM.restore", &[Arg("file"), Always(Literal::Flag(false))])],
    },
    Operation {
        name: "domain.dump",
        summary: "write a domain's memory to a file; live: without stopping it, crash: and end it",
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
            call("xend.domain.dump", DUMP).since(Release::V3_0_3),
            call("xend.domain.dump", DUMP_3_4).since(Release::V3_4),
        ],
        xenapi: &[],
    },
    Operation {
        name: "domain.migrate",
        summary: "move a domain to another host; live: while it runs",
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
            call("xend.domain.migrate", MIGRATE),
            call("xend.domain.migrate", MIGRATE_3_4).since(Release::V3_4),
            call("xend.domain.migrate", MIGRATE_4_1).since(Release::V4_1),
        ],
        xenapi: &[of_vm("VM.migrate", &[Arg("destination"), Or("live", Literal::Flag(false)), OTHER_CONFIG])],
    },
    Operation {
        name: "domain.rename",
        summary: "give a domain another name",
        arguments: &[DOMAIN, required("name", Text)],
        effect: Changes,
        answer: Answer::Nothing,
        sxp: &[op!("rename", "name" = Arg("name"))],
        xmlrpc: &[call("xend.domain.setName", &[Arg("domain"), Arg("name")])],
        xenapi: &[of_vm("VM.set_name_label", &[Arg("name")])],
    },
    Operation {
        name: "domain.sysrq",
        summary: "send a magic key to a domain's system",
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
    Operation {
        name: "domain.trigger",
        summary: "send a trigger to a virtual processor: nmi, reset or init",
        arguments: &[DOMAIN, required("trigger", Text), optional("vcpu", Integer(Unit::One))],
        effect: Changes,
        answer: Answer::Nothing,
        sxp: &[],
        xmlrpc: &[call("xend.domain.send_trigger", &[Arg("domain"), Arg("trigger"), Or("vcpu", Literal::Int(0))])
            .since(Release::V3_1)],
        xenapi: &[of_vm("VM.send_trigger", &[Arg("trigger"), Or("vcpu", Literal::Text("0"))])],
    },
];

const DUMP: &[Source] =
    &[Arg("domain"), Arg("file"), Or("live", Literal::Flag(false)), Or("crash", Literal::Flag(false))];
const DUMP_3_4: &[Source] = &[
    Arg("domain"),
    Arg("file"),
    Or("live", Literal::Flag(false)),
    Or("crash", Literal::Flag(false)),
    Usually(Literal::Flag(false)),
];

// The fourth parameter changed its meaning with 3.3 (protocol reference §4.2).
const MIGRATE: &[Source] = &[
    Arg("domain"),
    Arg("destination"),
    As("live", Shape::Number),
    Usually(Literal::Int(0)),
    Or("port", Literal::Int(0)),
];
const MIGRATE_3_4: &[Source] = &[
    Arg("domain"),
    Arg("destination"),
    As("live", Shape::Number),
    Or("port", Literal::Int(0)),
    Usually(Literal::Int(-1)),
    Usually(Literal::Nil),
];
const MIGRATE_4_1: &[Source] = &[
    Arg("domain"),
    Arg("destination"),
    As("live", Shape::Number),
    Or("port", Literal::Int(0)),
    Usually(Literal::Int(-1)),
    Usually(Literal::Nil),
    Usually(Literal::Int(0)),
];
const OTHER_CONFIG: Source = Struct(&[("port", Or("port", Literal::Text("0")))]);
