//! What operations make of a domain that is only defined, and of arguments of wrong types (the daemons' own code:
//! `XendDomain.py`, `XendDomainInfo.py`).

use mock_xend::world::{Command, Scheduler};
use mock_xend::{Release, World};
use xend_wire::datum::Datum;

use crate::definitions::{LINUX, ask, host, read, record};

/// A world with a domain `z` that is defined, with a network card and two disks.
fn world(release: Release) -> World {
    let mut world = host(release);
    let config = format!(
        "(vm (name z) (memory 64) (maxmem 128) (vcpus 2) {LINUX} (device (vif (mac 00:16:3e:00:00:09)))
         (device (vbd (uname phy:a) (dev xvda) (mode w))) (device (tap (uname tap:aio:/b) (dev xvdb) (mode w))))"
    );
    world.perform(crate::peer::NOW, &Command::New { config: read(&config) }).expect("defined");
    world
}

/// Asks a world with that domain, and compares what it says.
#[track_caller]
fn check(release: Release, command: &Command, told: &str) {
    assert_eq!(ask(&mut world(release), command), told, "{release}: {command:?}");
}

#[test]
fn a_device_is_added_with_no_place() {
    let create = |config: &str| Command::CreateDevice { domain: "z".into(), config: read(config) };
    let disk = create("(vbd (uname phy:x) (dev sda1) (mode w))");
    let number = "%d format: a number is required, not NoneType";
    // `DevController.sxpr`, of a domain without an id and a device without a number.
    let no_place = "(vbd (dom 'None' id 'None'))";
    for (release, told) in [(Release::V3_1, number), (Release::V3_3, no_place), (Release::V3_4, no_place)] {
        let mut world = world(release);
        assert_eq!(ask(&mut world, &disk), told, "{release}");
        assert!(record(&mut world, "z").contains("(uname phy:x)"), "{release}");
    }
    let invalid = "Cannot create a new virtual network interface - MAC address is not valid!";
    check(Release::V3_4, &create("(vif (mac zz))"), invalid);
    check(Release::V3_3, &create("(vif (mac zz))"), "(vif (dom 'None' id 'None'))");
}

#[test]
fn nothing_is_unplugged() {
    let destroy = |class: &str, device: &str, forget| Command::DestroyDevice {
        domain: "z".into(),
        class: class.into(),
        device: device.into(),
        forget,
    };
    let none = "'None'";
    let rows = [
        (Release::V3_1, destroy("vbd", "sdb1", false), "Device sdb1 not connected"),
        (Release::V3_3, destroy("vbd", "51712", false), none),
        (Release::V4_1, destroy("vbd", "nosuch", false), none),
        (Release::V4_1, destroy("vif", "0", true), none),
        (Release::V4_1, destroy("vif", "-1", true), none),
        (Release::V4_1, destroy("vif", "5", true), "list index out of range"),
        (Release::V4_1, destroy("vif", "-2", true), "list index out of range"),
        (Release::V3_3, destroy("vif", "zz", true), "invalid literal for int() with base 10: 'zz'"),
        (Release::V4_1, destroy("vbd", "2049", true), "Device 2049 is not defined"),
    ];
    for (release, command, told) in rows {
        check(release, &command, told);
    }
    let mut world = world(Release::V4_1);
    ask(&mut world, &destroy("vif", "-1", true));
    assert!(!record(&mut world, "z").contains("(vif"), "the last card is forgotten");
}

#[test]
fn devices_are_those_of_the_definition() {
    let numbers = |release: Release, class: &str| {
        let mut world = world(release);
        let told = world.perform(crate::peer::NOW, &Command::Devices { domain: "z".into(), class: class.into() });
        let Ok(Datum::List(devices)) = told else { panic!("{told:?}") };
        let number = |device: &Datum| match device {
            Datum::List(device) => String::from_utf8_lossy(&device[0].show(release)).into_owned(),
            other => panic!("{other:?}"),
        };
        devices.iter().map(number).collect::<Vec<_>>().join(" ")
    };
    let rows = [
        (Release::V3_3, "vbd", "0"),
        (Release::V3_3, "tap", "0"),
        (Release::V3_4, "vbd", "51712 51728"),
        (Release::V4_1, "tap", "0"),
        (Release::V4_1, "vif", "0"),
        (Release::V4_1, "pci", ""),
        (Release::V4_1, "bogus", ""),
    ];
    for (release, class, told) in rows {
        assert_eq!(numbers(release, class), told, "{release}: {class}");
    }
}

#[test]
fn a_vcpu_is_pinned_in_the_definition() {
    let pin = |vcpu: i64, cpus: Datum| Command::Pin { domain: "z".into(), vcpu: vcpu.into(), cpus };
    let list = || Datum::list([0.into()]);
    let beyond = "Cannot pin vcpu: 7 to cpu: [0] - list assignment index out of range";
    check(Release::V3_3, &pin(7, list()), beyond);
    check(Release::V4_1, &pin(-1, "0".into()), "0");
    // From 4.1 on the list is a text, and `cpumap.split` comes first.
    check(Release::V4_1, &pin(0, list()), "'list' object has no attribute 'split'");
    check(Release::V4_4, &pin(0, Datum::Int(5)), "'int' object has no attribute 'split'");
    let mut world = world(Release::V4_1);
    ask(&mut world, &pin(1, "5,0".into()));
    assert!(record(&mut world, "z").contains("(cpus (() (5 0)))"), "{}", record(&mut world, "z"));
}

#[test]
fn the_hypervisor_needs_a_domain_and_numbers() {
    let ports = |domain: &str, first: Datum, last: Datum| Command::SetIoPorts { domain: domain.into(), first, last };
    let credit = |scheduler, weight: Datum| Command::SetScheduling {
        domain: "vm1".into(),
        scheduler,
        values: vec![weight, Datum::None],
    };
    let needed = "an integer is required";
    let rows = [
        (ports("z", 1.into(), 2.into()), needed),
        (ports("vm1", "a".into(), 10.into()), "unsupported operand type(s) for -: 'int' and 'str'"),
        (ports("vm1", 1.into(), Datum::None), "unsupported operand type(s) for -: 'NoneType' and 'int'"),
        (ports("vm1", 1.into(), 10.into()), "0"),
        (Command::ShadowMemory { domain: "z".into() }, needed),
        // `assert type(weight) == int`
        (credit(Scheduler::Credit, Datum::Float(1.5)), ""),
        (credit(Scheduler::Credit, Datum::Bool(true)), ""),
        (credit(Scheduler::Credit2, 0.into()), "weight is out of range"),
    ];
    for (command, told) in rows {
        check(Release::V4_1, &command, told);
    }
    let trigger = |trigger: &str| Command::Trigger { domain: "z".into(), trigger: trigger.into() };
    check(Release::V3_1, &trigger("nmi"), needed);
    check(Release::V3_2, &trigger("nmi"), "Domain 'z' is not started");
    check(Release::V3_1, &Command::SetMaxMemory { domain: "z".into(), memory: 16.into() }, "0");
}
