//! One state behind all faces: what is done over one, the others show.

use std::time::Duration;

use mock_xend::world::{Command, Detail, Scheduler, States};
use mock_xend::{Daemon, Face, Release, World};
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use xend_wire::datum::Datum;
use xend_wire::sexpr;
use xend_wire::xmlrpc::{Value, encode_call};

use crate::peer::{NOW, builder, get, post, run, send};

/// The host as it must be: the simulated world alone, without any face.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) world: World,
    pub(crate) now: Duration,
    /// Whether the last step succeeded.
    pub(crate) succeeded: bool,
    /// Whether the daemon still lists its domains: 3.1 does not, after the maximum of one was set below its memory.
    pub(crate) is_of_use: bool,
}

/// A step: something that is asked over a face, or time that passes.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Ask { face: Face, ask: Ask },
    Wait(Duration),
}

/// Something that both faces can be asked.
#[derive(Clone, Debug)]
pub(crate) enum Ask {
    Pause(Name),
    Unpause(Name),
    Shutdown(Name, &'static str),
    Destroy(Name),
    Rename(Name, Name),
    Create(Name),
    New(Name),
    Start(Name),
    Delete(Name),
    Reset(Name),
    Save(Name, Path),
    Restore(Path),
    Dump(Name, Path),
    SetMemory(Name, i32),
    SetMaxMemory(Name, i32),
    SetVcpus(Name, i32),
    SetCredit(Name, i32, i32),
    PlugIn(Name),
    PullOut(Name, i32),
}

type Name = &'static str;
type Path = &'static str;

pub(crate) const NAMES: [Name; 5] = ["Domain-0", "vm1", "vm2", "new", "other"];
pub(crate) const PATHS: [Path; 3] = ["/srv/one", "/srv/two", "/nonexistent/file"];

impl Ask {
    /// The first release that has it on both faces.
    pub(crate) fn since(&self) -> Release {
        match self {
            Self::New(_) | Self::Start(_) | Self::Delete(_) | Self::Dump(..) => Release::V3_1,
            Self::Reset(_) => Release::V3_3,
            Self::SetCredit(..) => Release::V3_0_3,
            _ => Release::V3_0_2,
        }
    }

    /// The domain that it is about.
    fn name(&self) -> Option<Name> {
        match self {
            Self::Restore(_) => None,
            Self::Pause(name)
            | Self::Unpause(name)
            | Self::Shutdown(name, _)
            | Self::Destroy(name)
            | Self::Rename(name, _)
            | Self::Create(name)
            | Self::New(name)
            | Self::Start(name)
            | Self::Delete(name)
            | Self::Reset(name)
            | Self::Save(name, _)
            | Self::Dump(name, _)
            | Self::SetMemory(name, _)
            | Self::SetMaxMemory(name, _)
            | Self::SetVcpus(name, _)
            | Self::SetCredit(name, ..)
            | Self::PlugIn(name)
            | Self::PullOut(name, _) => Some(name),
        }
    }

    /// What it means to the world. `domain` is how the face names the domain to the manager of all of them.
    fn command(&self, domain: Datum, object: Datum) -> Command {
        let detail = Detail::Whole;
        match *self {
            Self::Pause(_) => Command::Pause { domain },
            Self::Unpause(_) => Command::Unpause { domain },
            Self::Shutdown(_, reason) => Command::Shutdown { domain: object, reason: reason.into() },
            Self::Destroy(_) => Command::Destroy { domain },
            Self::Rename(_, name) => Command::Rename { domain: object, name: name.into() },
            Self::Create(name) => Command::Create { config: config(name).datum(), detail },
            Self::New(name) => Command::New { config: config(name).datum() },
            Self::Start(_) => Command::Start { domain: object, paused: false },
            Self::Delete(_) => Command::Delete { domain: object },
            Self::Reset(_) => Command::Reset { domain },
            Self::Save(_, path) => Command::Save { domain, path: path.into(), checkpoint: false },
            Self::Restore(path) => Command::Restore { path: path.into(), paused: false, detail },
            Self::Dump(_, path) => Command::Dump { domain, path: Some(path.into()), crash: false, reset: false },
            Self::SetMemory(_, memory) => Command::SetMemoryTarget { domain: object, target: memory.into() },
            Self::SetMaxMemory(_, memory) => Command::SetMaxMemory { domain: object, memory: memory.into() },
            Self::SetVcpus(_, vcpus) => Command::SetVcpus { domain: object, vcpus: vcpus.into() },
            Self::SetCredit(_, weight, cap) => Command::SetScheduling {
                domain: object,
                scheduler: Scheduler::Credit,
                values: vec![weight.into(), cap.into()],
            },
            Self::PlugIn(_) => Command::CreateDevice { domain: object, config: Sxp::vif().datum() },
            Self::PullOut(_, device) => Command::DestroyDevice {
                domain: object,
                class: b"vif".to_vec(),
                device: device.to_string().into_bytes(),
                forget: false,
            },
        }
    }

    /// The request over the S-expression face.
    fn over_sxp(&self, release: Release) -> Vec<u8> {
        let on_domain = |name: Name, fields: String| post(&format!("/xend/domain/{name}"), &fields);
        let in_folder = |fields: String| post("/xend/domain", &fields);
        match *self {
            Self::Pause(name) => on_domain(name, "op=pause".into()),
            Self::Unpause(name) => on_domain(name, "op=unpause".into()),
            Self::Shutdown(name, reason) => on_domain(name, format!("op=shutdown&reason={reason}")),
            Self::Destroy(name) => on_domain(name, "op=destroy".into()),
            Self::Rename(name, to) => on_domain(name, format!("op=rename&name={to}")),
            Self::Create(name) => in_folder(format!("op=create&config={}", config(name).encoded())),
            Self::New(name) => in_folder(format!("op=new&config={}", config(name).encoded())),
            Self::Start(name) => on_domain(name, "op=start".into()),
            Self::Delete(name) => on_domain(name, "op=delete".into()),
            Self::Reset(name) => on_domain(name, "op=reset".into()),
            Self::Save(name, path) => on_domain(name, format!("op=save&file={path}")),
            Self::Restore(path) => in_folder(format!("op=restore&file={path}")),
            Self::Dump(name, path) => on_domain(name, format!("op=dump&file={path}&live=0&crash=0&reset=0")),
            Self::SetMemory(name, memory) => on_domain(name, format!("op=mem_target_set&target={memory}")),
            Self::SetMaxMemory(name, memory) => on_domain(name, format!("op=maxmem_set&memory={memory}")),
            Self::SetVcpus(name, vcpus) => on_domain(name, format!("op=set_vcpus&vcpus={vcpus}")),
            Self::SetCredit(name, weight, cap) => {
                on_domain(name, format!("op=domain_sched_credit_set&weight={weight}&cap={cap}"))
            }
            Self::PlugIn(name) => on_domain(name, format!("op=device_create&config={}", Sxp::vif().encoded())),
            Self::PullOut(name, device) => {
                let more = if release >= Release::V3_3 { "&force=0&rm_cfg=0" } else { "" };
                on_domain(name, format!("op=device_destroy&type=vif&dev={device}{more}"))
            }
        }
    }

    /// The call over XML-RPC.
    fn over_xmlrpc(&self, release: Release) -> Vec<u8> {
        let mut params: Vec<Value> = self.name().map(Value::from).into_iter().collect();
        let mut call = |method: &str, more: &[Value]| {
            params.extend_from_slice(more);
            rpc(&format!("xend.domain.{method}"), &params)
        };
        match *self {
            Self::Pause(_) => call("pause", &[]),
            Self::Unpause(_) => call("unpause", &[]),
            Self::Shutdown(_, reason) => call("shutdown", &[reason.into()]),
            Self::Destroy(_) => call("destroy", &[]),
            Self::Rename(_, to) => call("setName", &[to.into()]),
            Self::Create(name) => rpc("xend.domain.create", &[config(name).value()]),
            Self::New(name) => rpc("xend.domain.new", &[config(name).value()]),
            Self::Start(_) => call("start", &[false.into()]),
            Self::Delete(_) => call("delete", &[]),
            Self::Reset(_) => call("reset", &[]),
            Self::Save(_, path) => call("save", &[path.into()]),
            Self::Restore(path) => call("restore", &[path.into()]),
            Self::Dump(_, path) => call("dump", &[path.into(), false.into(), false.into()]),
            Self::SetMemory(_, memory) => call("setMemoryTarget", &[memory.into()]),
            Self::SetMaxMemory(_, memory) => call("maxmem_set", &[memory.into()]),
            Self::SetVcpus(_, vcpus) => call("setVCpuCount", &[vcpus.into()]),
            Self::SetCredit(_, weight, cap) => call("sched_credit_set", &[weight.into(), cap.into()]),
            Self::PlugIn(_) => call("device_create", &[Sxp::vif().value()]),
            Self::PullOut(_, device) => {
                let more: &[Value] = if release >= Release::V3_3 { &[false.into(), false.into()] } else { &[] };
                call("destroyDevice", &[&["vif".into(), device.to_string().into()], more].concat())
            }
        }
    }
}

/// A configuration, in the form that each face takes. All its leaves are text, as they are over HTTP.
struct Sxp(String);

fn config(name: Name) -> Sxp {
    Sxp(format!("(vm (name {name}) (memory 32) (maxmem 64) (vcpus 2) (image (linux (kernel /boot/vmlinuz))))"))
}

impl Sxp {
    fn vif() -> Self {
        Self("(vif (bridge xenbr0) (mac 00:16:3e:00:00:09))".to_owned())
    }

    fn datum(&self) -> Datum {
        let document = sexpr::parse(self.0.as_bytes()).expect("it is one");
        Datum::from_sexpr(document.first().expect("there is one")).expect("it is flat")
    }

    fn encoded(&self) -> String {
        percent_encode(self.0.as_bytes(), NON_ALPHANUMERIC).to_string()
    }

    fn value(&self) -> Value {
        fn value(datum: &Datum) -> Value {
            match datum {
                Datum::Bytes(text) => std::str::from_utf8(text).expect("it is ASCII").into(),
                list => list.items().iter().map(value).collect::<Vec<_>>().into(),
            }
        }
        value(&self.datum())
    }
}

fn rpc(method: &str, params: &[Value]) -> Vec<u8> {
    let body = encode_call(method, params).expect("XML can hold it");
    let head = format!("POST /RPC2 HTTP/1.0\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), &body].concat()
}

impl Model {
    pub(crate) fn new(release: Release) -> Self {
        Self { world: World::new(release, NOW), now: NOW, succeeded: true, is_of_use: true }
    }

    pub(crate) fn daemon(&self) -> Daemon {
        builder(self.world.release()).world(self.world.clone()).build().expect("nothing conflicts")
    }

    pub(crate) fn step(mut self, step: &Step) -> Self {
        match step {
            Step::Wait(time) => {
                self.now += *time;
                self.succeeded = true;
            }
            Step::Ask { face, ask } => {
                let command = self.command(*face, ask);
                self.succeeded = match command {
                    Some(command) => self.world.perform(self.now, &command).is_ok(),
                    None => false,
                };
            }
        }
        // The daemon is looked at after each step, and then lets happen what is due by now.
        self.is_of_use = self.world.perform(self.now, &Command::Names(States::All)).is_ok();
        self
    }

    /// The S-expression face looks the path up first, and then gives the number, which may be none.
    fn command(&mut self, face: Face, ask: &Ask) -> Option<Command> {
        let name = match ask {
            Ask::Restore(_) | Ask::Create(_) | Ask::New(_) => "",
            ask => ask.name().unwrap_or_default(),
        };
        if face == Face::XmlRpc || name.is_empty() {
            return Some(ask.command(name.into(), name.into()));
        }
        let found = self.world.perform(self.now, &Command::Find { domain: name.into() }).ok()?;
        let (domid, name) = (found.items()[0].clone(), found.items()[1].clone());
        let object = if domid == Datum::None { name } else { domid.clone() };
        let mut command = ask.command(domid, object);
        if let Command::SetScheduling { scheduler: Scheduler::Credit, values, .. } = &mut command
            && self.world.release() == Release::V3_1
        {
            // The form of 3.1 alone has no cap (`SrvDomain.py op_domain_sched_credit_set`@3.1).
            values.truncate(1);
        }
        Some(command)
    }

    /// What both faces must show.
    pub(crate) fn check(&mut self, daemon: &Daemon, step: &Step) {
        let release = self.world.release();
        let names = self.world.perform(self.now, &Command::Names(States::Usual)).expect("a list");
        let body = |face: Face, request: &[u8]| {
            let (reply, _) = run(send(daemon, face, &[request]));
            reply.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default()
        };
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it is ASCII");
        assert_eq!(body(Face::Sxp, &get("/xend/domain")), text(names.show(release)));
        assert_eq!(body(Face::XmlRpc, &rpc("xend.domains", &[false.into()])), text(names.response(release)));
        let Step::Ask { face, ask } = step else { return };
        let Some(name) = ask.name() else { return };
        let detail = match face {
            Face::Sxp => Detail::WithoutDevices,
            _ => Detail::Whole,
        };
        let Ok(record) = self.world.perform(self.now, &Command::Record { domain: name.into(), detail }) else { return };
        match face {
            Face::Sxp => {
                let shown = body(Face::XmlRpc, &rpc("xend.domain", &[name.into()]));
                assert_eq!(shown, text(record.response(release)), "{name} over XML-RPC");
            }
            _ => {
                let behind = if release >= Release::V4_1 { "''" } else { "" };
                let shown = body(Face::Sxp, &get(&format!("/xend/domain/{name}")));
                assert_eq!(shown, text(record.show(release)) + behind, "{name} over HTTP");
            }
        }
    }
}

/// Does a step over a face, and says whether it succeeded.
pub(crate) fn perform(daemon: &Daemon, step: &Step) -> bool {
    let release = daemon.release();
    match step {
        Step::Wait(time) => {
            daemon.advance(*time);
            true
        }
        Step::Ask { face: Face::Sxp, ask } => {
            let (reply, _) = run(send(daemon, Face::Sxp, &[&ask.over_sxp(release)]));
            reply.starts_with("HTTP/1.1 20") && !reply.contains("(xend.err ")
        }
        Step::Ask { face, ask } => {
            let (reply, _) = run(send(daemon, *face, &[&ask.over_xmlrpc(release)]));
            assert!(reply.contains("<methodResponse>"), "{reply}");
            !reply.contains("<fault>")
        }
    }
}

mod properties {
    use proptest::prelude::*;
    use proptest::sample::select;
    use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};

    use super::*;

    /// The model of one release, by its place among all.
    struct Host<const RELEASE: usize>;

    impl<const RELEASE: usize> ReferenceStateMachine for Host<RELEASE> {
        type State = Model;
        type Transition = Step;

        fn init_state() -> BoxedStrategy<Model> {
            Just(Model::new(Release::ALL[RELEASE])).boxed()
        }

        fn transitions(_: &Model) -> BoxedStrategy<Step> {
            prop_oneof![
                9 => (select(vec![Face::Sxp, Face::XmlRpc]), ask(Release::ALL[RELEASE]))
                    .prop_map(|(face, ask)| Step::Ask { face, ask }),
                1 => (1_u64..400).prop_map(|seconds| Step::Wait(Duration::from_secs(seconds))),
            ]
            .boxed()
        }

        fn apply(model: Model, step: &Step) -> Model {
            model.step(step)
        }

        fn preconditions(model: &Model, step: &Step) -> bool {
            model.clone().step(step).is_of_use
        }
    }

    fn ask(release: Release) -> impl Strategy<Value = Ask> {
        let name = || select(NAMES.to_vec());
        let path = || select(PATHS.to_vec());
        let reason = select(vec!["poweroff", "reboot", "halt", "crash", "suspend", "nonsense"]);
        prop_oneof![
            name().prop_map(Ask::Pause),
            name().prop_map(Ask::Unpause),
            (name(), reason).prop_map(|(name, reason)| Ask::Shutdown(name, reason)),
            name().prop_map(Ask::Destroy),
            (name(), name()).prop_map(|(name, to)| Ask::Rename(name, to)),
            name().prop_map(Ask::Create),
            name().prop_map(Ask::New),
            name().prop_map(Ask::Start),
            name().prop_map(Ask::Delete),
            name().prop_map(Ask::Reset),
            (name(), path()).prop_map(|(name, path)| Ask::Save(name, path)),
            path().prop_map(Ask::Restore),
            (name(), path()).prop_map(|(name, path)| Ask::Dump(name, path)),
            (name(), -1..200).prop_map(|(name, memory)| Ask::SetMemory(name, memory)),
            (name(), -1..200).prop_map(|(name, memory)| Ask::SetMaxMemory(name, memory)),
            (name(), -1..5).prop_map(|(name, vcpus)| Ask::SetVcpus(name, vcpus)),
            (name(), 0..70_000, -1..300).prop_map(|(name, weight, cap)| Ask::SetCredit(name, weight, cap)),
            name().prop_map(Ask::PlugIn),
            (name(), 0..3).prop_map(|(name, device)| Ask::PullOut(name, device)),
        ]
        .prop_filter("the release has it", move |ask| ask.since() <= release)
    }

    impl<const RELEASE: usize> StateMachineTest for Host<RELEASE> {
        type SystemUnderTest = Daemon;
        type Reference = Self;

        fn init_test(model: &Model) -> Daemon {
            model.daemon()
        }

        fn apply(daemon: Daemon, model: &Model, step: Step) -> Daemon {
            assert_eq!(perform(&daemon, &step), model.succeeded, "{step:?}");
            model.clone().check(&daemon, &step);
            daemon
        }
    }

    prop_state_machine! {
        #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn faces_share_one_state_in_3_0_2(sequential 1..24 => Host<0>);
        #[test]
        fn faces_share_one_state_in_3_0_3(sequential 1..24 => Host<1>);
        #[test]
        fn faces_share_one_state_in_3_1(sequential 1..24 => Host<2>);
        #[test]
        fn faces_share_one_state_in_3_2(sequential 1..24 => Host<3>);
        #[test]
        fn faces_share_one_state_in_3_3(sequential 1..24 => Host<4>);
        #[test]
        fn faces_share_one_state_in_3_4(sequential 1..24 => Host<5>);
        #[test]
        fn faces_share_one_state_in_4_1(sequential 1..24 => Host<6>);
        #[test]
        fn faces_share_one_state_in_4_4(sequential 1..24 => Host<7>);
    }
}
