//! Configurations and devices where clients rely on them: the values are those of the daemons' own code.

use mock_xend::world::{Command, Detail};
use mock_xend::{Release, World};
use xend_wire::datum::Datum;

use crate::peer::NOW;

/// A host that can run machines, with the daemon of a release.
pub(crate) fn host(release: Release) -> World {
    let host = String::from_utf8_lossy(xend_fixtures::file("worlds/hvm-host.toml").expect("it ships").bytes());
    World::parse("hvm-host.toml", &host, Some(release), NOW).expect("a world")
}

pub(crate) fn read(text: &str) -> Datum {
    let document = xend_wire::sexpr::parse(text.as_bytes()).expect(text);
    Datum::from_sexpr(document.first().expect(text)).expect(text)
}

/// What a world answers, or what the daemon says against it.
pub(crate) fn ask(world: &mut World, command: &Command) -> String {
    let release = world.release();
    let answer = world.perform(NOW, command);
    let bytes = answer.map_or_else(|failure| failure.str(release), |value| value.show(release));
    String::from_utf8_lossy(&bytes).into_owned()
}

pub(crate) fn record(world: &mut World, domain: &str) -> String {
    ask(world, &Command::Record { domain: domain.into(), detail: Detail::Whole })
}

pub(crate) const LINUX: &str = "(image (linux (kernel /srv/xend/etc/vmlinuz)))";

/// The record of a domain named `z` that is defined with these fields, or why it is refused.
fn defined(release: Release, fields: &str) -> String {
    defined_with(release, &format!("(memory 32) (vcpus 1) {fields}"))
}

/// The same, of a domain that has these fields alone.
fn defined_with(release: Release, fields: &str) -> String {
    let mut world = host(release);
    let config = read(&format!("(vm (name z) {fields})"));
    match world.perform(NOW, &Command::New { config }) {
        Ok(_) => record(&mut world, "z"),
        Err(failure) => String::from_utf8_lossy(&failure.str(release)).into_owned(),
    }
}

/// The same, of a domain that is created.
fn created(release: Release, fields: &str) -> String {
    let mut world = host(release);
    let config = read(&format!("(vm (name z) (memory 32) (vcpus 1) {fields})"));
    match world.perform(NOW, &Command::Create { config, detail: Detail::Whole }) {
        Ok(_) => record(&mut world, "z"),
        Err(failure) => String::from_utf8_lossy(&failure.str(release)).into_owned(),
    }
}

#[track_caller]
fn has(text: &str, wanted: &[&str]) {
    for wanted in wanted {
        assert!(text.contains(wanted), "{wanted}\nis not in\n{text}");
    }
}

#[test]
fn a_device_of_a_bus_keeps_its_whole_address() {
    let bus = "(device (pci (dev (domain 0x0001) (bus 0x0c) (slot 0x1b) (func 0x2))))";
    has(
        &defined(Release::V3_4, &format!("{LINUX} {bus}")),
        &["(slot 0x1b) (bus 0x0c) (domain 0x0001) (uuid ", "(func 0x2)"],
    );
    has(&defined(Release::V4_1, &format!("{LINUX} {bus}")), &["(key 0c:1b.2) (vdevfn 0x100)"]);
}

#[test]
fn a_bootloader_is_kept_and_asked() {
    let boot = "(bootloader /srv/xend/bin/fakeboot) (bootloader_args -q)";
    let disk = "(device (vbd (uname file:/srv/xend/img/a.img) (dev xvda) (mode w)))";
    has(
        &defined(Release::V3_1, &format!("{boot} {disk}")),
        &["(bootloader /srv/xend/bin/fakeboot)", "(bootloader_args -q)", "(image (linux (kernel )))", "(bootable 1)"],
    );
    has(&created(Release::V4_1, &format!("{boot} {disk}")), &["(status 1)"]);
    let refused = created(Release::V4_1, boot);
    assert_eq!(refused, "Had a bootloader specified, but no disks are bootable");
}

#[test]
fn the_first_disk_alone_is_bootable_and_its_driver_follows_from_its_name() {
    let disks = "(device (vbd (uname file:/a) (dev ioemu:hda) (mode w))) (device (tap (uname tap:aio:/b) (dev xvdb)))";
    let told = defined(Release::V4_1, &format!("{LINUX} {disks}"));
    has(&told, &["(bootable 1) (driver ioemu) (dev ioemu:hda)", "(device (tap (bootable 0)"]);
    assert_eq!(told.matches("(driver ").count(), 1, "{told}");
}

#[test]
fn a_machine_gets_its_loader_its_defaults_and_a_screen() {
    let image = "(image (hvm (kernel /usr/lib/xen/boot/hvmloader) (vcpus 1) (boot c) (vnc 1)))";
    let told = defined(Release::V3_4, image);
    has(&told, &["(hvm (kernel ) (timer_mode 1)", "(loader /usr/lib/xen/boot/hvmloader)", "(viridian 0)"]);
    has(
        &told,
        &["(hpet 0)", "(rtc_timeoffset 0)", "(xen_platform_pci 1)", "(vpt_align 1)", "(device (vfb (vnc 1) (uuid "],
    );
    assert!(!told.contains("(image (hvm (kernel ) (vcpus"), "{told}");
}

#[test]
fn a_uuid_is_told_with_dashes_and_must_be_one() {
    let uuid = "(uuid 3fa85f6457174562b3fc2c963f66afa6)";
    has(&defined(Release::V3_1, &format!("{LINUX} {uuid}")), &["(uuid 3fa85f64-5717-4562-b3fc-2c963f66afa6)"]);
    let refused = defined(Release::V3_1, &format!("{LINUX} (uuid xy)"));
    assert_eq!(refused, "invalid literal for int() with base 16: 'xy'");
}

/// `XendConfig.py`, `cnv`: what is a number is read by Python, in the order given, and `cpu` is put in front as text.
#[test]
fn processors_are_a_list_for_each_vcpu_and_must_be_numbers() {
    use Release::{V3_1, V3_3, V3_4, V4_1};
    let kept: [(Release, &str, &str); 7] = [
        (V4_1, "(cpus 0-1)", "(cpus ((0 1)))"),
        (V3_4, "(cpus '1,0')", "(cpus ((1 0)))"),
        (V3_4, "(cpus '0,0')", "(cpus ((0 0)))"),
        (V3_4, "(cpus '1-1,0-1,^0')", "(cpus ((1 1)))"),
        (V3_4, "(cpus '^x,1')", "(cpus ((1)))"),
        (V4_1, "(cpus '0,,1,')", "(cpus ((0 1)))"),
        (V3_4, "(cpu 0) (cpus 1)", "(cpus ((0 1)))"),
    ];
    for (release, fields, told) in kept {
        has(&defined(release, &format!("{fields} {LINUX}")), &[told]);
    }
    let int = "invalid literal for int() with base 10:";
    let configuration = "Invalid Configuration: cpus =";
    let refused = [
        (V3_4, "(cpus x)", format!("{configuration} x: {int} 'x'")),
        (V3_1, "(cpu two)", format!("{configuration} two: {int} 'two'")),
        (V4_1, "(cpu 1.5)", format!("{configuration} 1.5: {int} '1.5'")),
        (V3_4, "(cpu (1 2))", format!("{configuration} ['1', '2']: {int} \"['1'\"")),
        (V3_3, "(cpu 0) (cpus (0 1))", format!("{configuration} 0,['0', '1']: {int} \"['0'\"")),
        (V3_3, "(cpus ((a b)))", format!("{configuration} [['a', 'b']]: {int} 'a'")),
        (V3_3, "(cpus (0 (1)))", "'list' object has no attribute 'split'".to_owned()),
        (V4_1, "(cpus 0-1-2)", format!("{configuration} 0-1-2: too many values to unpack")),
        (V3_4, "(cpus '0,')", "string index out of range".to_owned()),
    ];
    for (release, fields, told) in refused {
        assert_eq!(defined(release, &format!("{fields} {LINUX}")), told, "{release}: {fields}");
    }
}

#[test]
fn a_mask_of_vcpus_that_is_given_is_told_in_quotes() {
    has(&defined(Release::V3_4, &format!("(vcpu_avail 3) {LINUX}")), &["(vcpu_avail '3')"]);
    has(&created(Release::V3_0_3, &format!("(vcpu_avail 3) {LINUX}")), &["(vcpu_avail 3)"]);
}

/// `XendConfig.py`, `_sxp_to_xapi`: `memory` replaces the fields of the Xen-API, and `maxmem` counts only beside it.
#[test]
fn memory_and_its_maximum_are_those_of_the_legacy_fields_where_they_are_given() {
    let above = "Invalid Configuration: memory_dynamic_max must be less than or equal to memory_static_max";
    let rows = [
        ("(memory 32) (maxmem 16)", above),
        ("(maxmem 128) (memory_dynamic_max 67108864)", above),
        ("(memory 128) (memory_static_max 268435456) (memory_dynamic_min 33554432)", "(maxmem 128) (memory 128)"),
        ("(memory 64) (memory_static_min 999999999)", "(maxmem 64) (memory 64)"),
        ("(memory_static_max 134217728) (memory_dynamic_max 67108864)", "(maxmem 128) (memory 64)"),
    ];
    for release in [Release::V3_1, Release::V4_4] {
        for (fields, told) in rows {
            has(&defined_with(release, &format!("{fields} (vcpus 1) {LINUX}")), &[told]);
        }
    }
}

#[test]
fn a_share_of_3_0_3_is_a_fraction_and_restart_fills_what_is_missing() {
    let told = created(Release::V3_0_3, &format!("(cpu_weight 2.5) (features x) (restart never) {LINUX}"));
    has(&told, &["(cpu_weight 2.5)", "(features x)", "(on_crash destroy)"]);
}

#[test]
fn a_class_that_a_release_lacks_is_refused() {
    assert_eq!(created(Release::V3_0_3, &format!("{LINUX} (device (vfb))")), "invalid device (vfb, ['vfb'])");
    let refused = created(Release::V3_0_2, &format!("{LINUX} (device (tap (dev a)))"));
    assert_eq!(refused, "invalid device (tap, ['tap', ['dev', 'a']])");
}

#[test]
fn disks_do_not_share_a_name_a_file_or_an_unknown_type() {
    let disk = |uname: &str, dev: &str| format!("(device (vbd (uname {uname}) (dev {dev})))");
    let same = format!("{LINUX} {} {}", disk("phy:x", "sda1"), disk("phy:y", "sda1"));
    assert_eq!(defined(Release::V4_1, &same), "Invalid Configuration: The device \"sda1\" is already defined");
    let same = format!("{LINUX} {} {}", disk("phy:x", "sda1"), disk("phy:/dev/x", "sda2"));
    assert_eq!(defined(Release::V3_4, &same), "Invalid Configuration: The file \"/dev/x\" is already used");
    let odd = format!("{LINUX} (device (tap (uname tap:vvfat:/x) (dev sda1)))");
    assert_eq!(defined(Release::V4_1, &odd), "Invalid Configuration: tap:vvfat not a valid disk type");
    let nameless = format!("{LINUX} (device (vbd (uname phy:x)))");
    assert_eq!(defined(Release::V4_1, &nameless), "argument of type 'NoneType' is not iterable");
}

#[test]
fn a_ramdisk_that_is_missing_stops_the_start() {
    for &release in Release::ALL {
        let image = "(image (linux (kernel /srv/xend/etc/vmlinuz) (ramdisk /nonexistent/i)))";
        assert_eq!(created(release, image), "Kernel ramdisk does not exist: /nonexistent/i", "{release}");
    }
}

#[test]
fn times_of_a_configuration_are_told_back() {
    let told = defined(Release::V3_1, &format!("(start_time 1234567890.5) (cpu_time 12.25) {LINUX}"));
    has(&told, &["(start_time 1234567890.5)", "(cpu_time 12.25)"]);
}

#[test]
fn a_running_card_tells_its_model_and_its_rate() {
    let card = "(device (vif (model e1000) (rate 2MB/s)))";
    has(&created(Release::V3_1, &format!("{LINUX} {card}")), &["(model e1000)", "(rate 2MB/s)"]);
    has(&created(Release::V4_1, &format!("{LINUX} {card}")), &["(model e1000)", "(rate '100000,50000')"]);
}

#[test]
fn a_device_of_a_bus_is_taken_away_as_libvirt_and_xm_ask_for_it() {
    let mut world = host(Release::V3_4);
    let bus = "(pci (dev (domain 0x0) (bus 0x2) (slot 0x3) (func 0x0))";
    let config = read(&format!("(vm (name z) (memory 32) (vcpus 1) {LINUX} (device {bus})))"));
    world.perform(NOW, &Command::Create { config, detail: Detail::Whole }).expect("created");
    let config = read(&format!("{bus} (state Closing))"));
    world
        .perform(NOW, &Command::ConfigureDevice { domain: "z".into(), config, device: Datum::None })
        .expect("it is taken away");
    assert!(!record(&mut world, "z").contains("(pci"));
}

#[test]
fn a_device_that_was_pulled_out_is_gone_from_the_record() {
    for &release in Release::ALL {
        let mut world = World::new(release, NOW);
        let pull = Command::DestroyDevice {
            domain: "vm1".into(),
            class: b"vbd".into(),
            device: b"sda1".into(),
            forget: false,
        };
        world.perform(NOW, &pull).expect("it is there");
        assert!(!record(&mut world, "vm1").contains("(vbd"), "{release}");
    }
}

#[test]
fn a_disc_that_is_put_in_is_one_of_a_drive() {
    let mut world = World::new(Release::V3_1, NOW);
    let config = read("(vbd (uname file:/a.iso) (dev hdc:cdrom) (mode r))");
    world.perform(NOW, &Command::CreateDevice { domain: "vm1".into(), config }).expect("it is plugged in");
    let told = ask(&mut world, &Command::Devices { domain: "vm1".into(), class: b"vbd".into() });
    has(&told, &["(device-type cdrom)"]);
}

#[test]
fn a_domain_that_ended_keeps_traces_of_its_run() {
    let mut world = host(Release::V3_4);
    let config = read(&format!("(vm (name z) (memory 32) (vcpus 1) {LINUX} (device (vif)))"));
    world.perform(NOW, &Command::New { config }).expect("defined");
    let before = record(&mut world, "z");
    assert!(!before.contains("store_mfn") && !before.contains("rtc_timeoffset"), "{before}");
    world.perform(NOW, &Command::Start { domain: "z".into(), paused: false }).expect("started");
    world.perform(NOW, &Command::Destroy { domain: "z".into() }).expect("destroyed");
    has(
        &record(&mut world, "z"),
        &["(store_mfn ", "(console_mfn ", "(notes)", "(start_time ", "(online_vcpus 1)", "(devid 0)"],
    );
}

#[test]
fn vcpus_of_an_image_are_read_even_where_they_do_not_count() {
    let image = "(image (linux (kernel /srv/xend/etc/vmlinuz) (vcpus many)))";
    for &release in Release::ALL.iter().filter(|release| **release >= Release::V3_1) {
        // The message of `XendConfig.py` has two places and is given one value.
        assert_eq!(defined(release, image), "not enough arguments for format string", "{release}");
    }
    assert_eq!(created(Release::V3_0_3, image), "invalid literal for int() with base 10: 'many'");
}

#[test]
fn processors_that_are_an_empty_text_are_none_given_up_to_3_0_3() {
    for release in [Release::V3_0_2, Release::V3_0_3] {
        has(&created(release, &format!("(cpus '') {LINUX}")), &["(name z)"]);
    }
    assert_eq!(created(Release::V3_1, &format!("(cpus '') {LINUX}")), "string index out of range");
}

#[test]
fn a_floppy_of_a_machine_is_a_file_from_3_0_3_on() {
    let image = "(image (hvm (kernel /usr/lib/xen/boot/hvmloader) (device_model /usr/lib/xen/bin/qemu-dm) (boot a) \
                 (fda floppy.img) (timer_mode 1)))";
    has(&created(Release::V3_0_2, image), &["(name z)"]);
    for &release in Release::ALL.iter().filter(|release| **release >= Release::V3_0_3) {
        assert_eq!(created(release, image), "Floppy file floppy.img does not exist.", "{release}");
    }
}

#[test]
fn a_disk_needs_a_type_from_3_3_on() {
    let disk = "(device (vbd (uname /dev/x) (dev xvda) (mode w)))";
    for release in [Release::V3_0_3, Release::V3_1, Release::V3_2] {
        let told = created(release, &format!("{LINUX} {disk}"));
        has(&told, &["(vbd "]);
        assert!(!told.contains("(uname"), "{release}: {told}");
    }
    let refused = created(Release::V3_3, &format!("{LINUX} {disk}"));
    assert_eq!(refused, "Block device must have physical details specified");
}

#[test]
fn options_of_a_bus_are_pairs_when_the_domain_starts() {
    let bus = |options: &str| {
        format!("{LINUX} (device (pci (dev (domain 0x0) (bus 0x2) (slot 0x3) (func 0x0) (opts {options}))))")
    };
    has(&created(Release::V4_1, &bus("(msitranslate 1)")), &["(pci "]);
    has(&defined(Release::V4_1, &bus("((msitranslate 1) (power_mgmt 0))")), &["(opts ((msitranslate 1)"]);
    let refused = created(Release::V4_1, &bus("((msitranslate 1) (power_mgmt 0))"));
    assert_eq!(refused, "unhashable type: 'list'");
}

#[test]
fn a_definition_may_have_the_uuid_of_a_domain_that_runs() {
    for &release in Release::ALL.iter().filter(|release| **release >= Release::V3_1) {
        let (mut world, uuid) = (host(release), "11111111-1111-1111-1111-111111111111");
        let config = read(&format!("(vm (name z) (memory 32) (vcpus 1) (uuid {uuid}) {LINUX})"));
        world.perform(NOW, &Command::New { config }).expect("defined");
        has(&record(&mut world, "z"), &["(name z)", "(status 0)", uuid]);
        // The S-expression face goes on with this.
        let found = world.perform(NOW, &Command::Find { domain: "z".into() }).expect("it is there");
        assert_eq!(found, Datum::list([Datum::None, "z".into()]), "{release}");
        has(&record(&mut world, "vm1"), &["(name vm1)", "(status 2)", uuid]);
        world.perform(NOW, &Command::Delete { domain: "z".into() }).expect("deleted");
        has(&record(&mut world, "vm1"), &["(name vm1)", "(status 2)"]);
    }
}

#[test]
fn domains_of_one_uuid_share_what_the_store_holds_up_to_3_1() {
    let uuid = "11111111-1111-1111-1111-111111111111";
    let config = format!("(vm (name z) (memory 32) (vcpus 1) (uuid {uuid}) {LINUX})");
    let create = Command::Create { config: read(&config), detail: Detail::Whole };
    for release in [Release::V3_0_2, Release::V3_0_3] {
        let mut world = host(release);
        has(&ask(&mut world, &create), &["(domid 3)", "(name z)"]);
        assert_eq!(record(&mut world, "z"), "<Fault 3: 'z'>", "{release}");
        has(&record(&mut world, "3"), &["(domid 3)"]);
    }
    let mut world = host(Release::V3_1);
    has(&ask(&mut world, &create), &["(domid 3)", "(name z)"]);
    has(&record(&mut world, "z"), &["(domid 1)", "(maxmem 128)"]);
    let mut world = host(Release::V3_2);
    assert_eq!(ask(&mut world, &create), "Domain 'z' already exists with ID '1'");
}

#[test]
fn the_first_disk_of_a_world_is_bootable() {
    for &release in Release::ALL.iter().filter(|release| **release >= Release::V3_1) {
        has(&record(&mut host(release), "vm1"), &["(bootable 1)"]);
    }
}
