//! The world in which the captures of the daemon begin.

use std::time::Duration;

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::activity::Activity;
use super::command::{Command, Detail};
use super::state::World;

impl World {
    /// Creates the world in which the captures begin: Domain-0, `vm1` (id 1, running) and `vm2` (id 2, paused), all
    /// started at `now`.
    pub fn new(release: Release, now: Duration) -> Self {
        let mut world = Self::empty(release);
        for number in 1..=2_i64 {
            let config = Self::config_of_captures(number);
            world.perform(now, &Command::Create { config, detail: Detail::Whole }).expect("the captures' own is valid");
        }
        world.domains[1].activity = Activity::Blocked;
        world
    }

    fn config_of_captures(number: i64) -> Datum {
        let name = format!("vm{number}");
        let digit = number.to_string();
        let uuid = [8, 4, 4, 4, 12].map(|length| digit.repeat(length)).join("-");
        let list = |name: &str, pairs: &[(&str, String)]| {
            let pairs = pairs.iter().map(|(name, value)| Datum::pair(name, value.as_str()));
            Datum::List([name.into()].into_iter().chain(pairs).collect())
        };
        let image = [
            ("kernel", "/srv/xend/etc/vmlinuz"),
            ("ramdisk", "/srv/xend/etc/initrd"),
            ("root", "/dev/sda1 ro"),
            ("args", "xencons=tty quiet"),
        ];
        let image = list("linux", &image.map(|(name, value)| (name, value.to_owned())));
        let vbd = [("uname", format!("phy:vg/{name}")), ("dev", "sda1".into()), ("mode", "w".into())];
        let mac = format!("00:16:3e:00:00:0{number}");
        let vif = [("mac", mac), ("bridge", "xenbr0".into()), ("script", "vif-bridge".into())];
        Datum::List(vec![
            "vm".into(),
            Datum::pair("name", name),
            Datum::pair("memory", 64),
            Datum::pair("maxmem", 128),
            Datum::pair("vcpus", number),
            Datum::pair("uuid", uuid),
            Datum::pair("image", image),
            Datum::pair("device", list("vbd", &vbd)),
            Datum::pair("device", list("vif", &vif)),
        ])
    }
}
