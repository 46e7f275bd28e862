//! The tables of a world file, and their conversion from a world.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use toml::Spanned;
use xend_wire::Release;
use xend_wire::datum::Datum;

use super::image::completed;
use crate::world::{Bvt, Credit, Domain, Sedf, World, XendConfig};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct WorldTable {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) release: Option<Spanned<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) guest_obeys: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) guest_delay: Option<Spanned<f64>>,
    #[serde(default)]
    pub(super) peers: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) messages: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) log: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) missing_files: Option<Vec<Spanned<String>>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) existing_files: Vec<Spanned<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next_id: Option<Spanned<i64>>,
    /// The number of identifiers that were made up so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) identities: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) node: Option<NodeTable>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) xend_config: XendConfig,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) bootloader: Vec<BootloaderTable>,
    #[serde(default)]
    pub(super) domain: Vec<Spanned<DomainTable>>,
    #[serde(default)]
    pub(super) saved: Vec<SavedTable>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct NodeTable {
    pub(super) host: Option<String>,
    pub(super) total_memory: Option<Spanned<i64>>,
    pub(super) free_memory: Option<Spanned<i64>>,
    pub(super) xen_caps: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct BootloaderTable {
    pub(super) path: String,
    pub(super) answer: Spanned<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct SavedTable {
    pub(super) path: String,
    pub(super) domain: Spanned<DomainTable>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct DomainTable {
    pub(super) name: Spanned<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<Spanned<i64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) uuid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) state: Option<Spanned<String>>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) managed: bool,
    /// Whether the domain is forgotten when it ends although it is managed.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) transient: bool,
    pub(super) memory: Spanned<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_memory: Option<Spanned<i64>>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) shadow_memory: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) vcpus: Option<Spanned<i64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) vcpu_avail: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) available_vcpus: Option<Spanned<i64>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) pinned: Vec<Vec<i64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) last_pinned: Option<Vec<i64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) on_poweroff: Option<Spanned<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) on_reboot: Option<Spanned<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) on_crash: Option<Spanned<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) on_xend_start: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) on_xend_stop: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) settings: Vec<Spanned<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) image: Option<Spanned<String>>,
    /// The settings that the daemon usually adds to such an image, and that this one lacks: a framebuffer that is
    /// plugged in later brings no device model.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) image_without: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) devices: Vec<Spanned<String>>,
    /// `false` if the console that every guest has from 3.1 on was removed from the domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) console: Option<bool>,
    /// When the domain was started, in seconds since the Unix epoch. All times of a world file have this unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) started: Option<Spanned<f64>>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) restarts: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) restarted: Option<Spanned<f64>>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) pause_flag: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) credit: Credit,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) configured_credit: Option<Credit>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) sedf: Sedf,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) bvt: Bvt,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) shutdown_request: Option<ShutdownRequestTable>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ran: Option<RunTable>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RunTable {
    pub(super) id: Spanned<i64>,
    pub(super) started: Spanned<f64>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ShutdownRequestTable {
    pub(super) reason: String,
    pub(super) at: Spanned<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) obeys_at: Option<Spanned<f64>>,
}

impl WorldTable {
    pub(super) fn of(world: &World) -> Self {
        Self {
            release: Some(spanned(world.release.to_string())),
            guest_obeys: world.guest_delay.is_none().then_some(false),
            guest_delay: world.guest_delay.map(|delay| spanned(delay.as_secs_f64())),
            peers: world.peers.clone(),
            messages: Some(String::from_utf8_lossy(&world.messages).into_owned()),
            log: Some(String::from_utf8_lossy(&world.log).into_owned()),
            missing_files: Some(world.files.missing().texts().iter().cloned().map(spanned).collect()),
            existing_files: world.files.existing().texts().iter().cloned().map(spanned).collect(),
            next_id: Some(spanned(world.next_id.into())),
            identities: Some(world.identities.given() as i64),
            node: Some(NodeTable {
                host: Some(world.node.host.clone()),
                total_memory: Some(spanned(world.node.total_memory)),
                free_memory: Some(spanned(world.node.free_memory)),
                xen_caps: Some(world.node.xen_caps.clone()),
            }),
            xend_config: world.xend_config.clone(),
            bootloader: world
                .bootloaders
                .iter()
                .map(|known| BootloaderTable { path: known.path.clone(), answer: sexpr(&known.answer) })
                .collect(),
            domain: world.domains.iter().map(|domain| spanned(DomainTable::of(domain, world))).collect(),
            saved: world
                .files
                .saved
                .iter()
                .map(|(path, domain)| SavedTable {
                    path: path.to_owned(),
                    domain: spanned(DomainTable::of(domain, world)),
                })
                .collect(),
        }
    }
}

impl DomainTable {
    fn of(domain: &Domain, world: &World) -> Self {
        let image = domain.image.as_ref().map(|image| image.without_defaults(world.release));
        let image_without = match (&image, &domain.image) {
            (Some(given), Some(image)) => {
                let usual = completed(given.clone(), &world.files, world.release, &domain.devices);
                let lacking = usual.names().filter(|name| image.names().all(|known| known != *name));
                lacking.map(|name| String::from_utf8_lossy(name).into_owned()).collect()
            }
            _ => Vec::new(),
        };
        let seconds = |time: Duration| spanned(time.as_secs_f64());
        Self {
            name: spanned(domain.name.clone()),
            id: domain.id.map(|id| spanned(id.into())),
            uuid: Some(domain.uuid.clone()),
            state: Some(spanned(domain.activity.as_str().to_owned())),
            managed: domain.is_managed,
            transient: domain.is_transient,
            memory: spanned(domain.memory),
            max_memory: Some(spanned(domain.max_memory)),
            shadow_memory: domain.shadow_memory,
            vcpus: Some(spanned(domain.vcpus)),
            vcpu_avail: domain.vcpu_avail,
            available_vcpus: domain.available_vcpus.map(spanned),
            pinned: domain.pinned.clone(),
            last_pinned: domain.last_pinned.clone(),
            on_poweroff: Some(spanned(domain.on_end.poweroff.clone())),
            on_reboot: Some(spanned(domain.on_end.reboot.clone())),
            on_crash: Some(spanned(domain.on_end.crash.clone())),
            on_xend_start: Some(domain.on_xend.start.clone()),
            on_xend_stop: Some(domain.on_xend.stop.clone()),
            settings: domain.settings.iter().map(|(name, value)| sexpr(&Datum::pair(name, value.clone()))).collect(),
            image: image.as_ref().map(sexpr),
            image_without,
            devices: domain.devices.iter().map(|device| sexpr(&device.config(world.release))).collect(),
            console: domain.lacks_console(world.release).then_some(false),
            started: domain.started.map(seconds),
            restarts: domain.restarts,
            restarted: domain.restarted.map(seconds),
            pause_flag: domain.pause_flag,
            credit: domain.credit,
            configured_credit: domain.configured_credit,
            sedf: domain.sedf,
            bvt: domain.bvt,
            shutdown_request: domain.shutdown_request.as_ref().map(|asked| ShutdownRequestTable {
                reason: String::from_utf8_lossy(&asked.reason).into_owned(),
                at: seconds(asked.at),
                obeys_at: asked.obeys_at.map(seconds),
            }),
            ran: domain.ran.map(|ran| RunTable { id: spanned(ran.id.into()), started: seconds(ran.started) }),
        }
    }
}

/// Prints an S-expression as 4.1 does, since the printer of 4.1 keeps empty strings.
fn sexpr(datum: &Datum) -> Spanned<String> {
    spanned(String::from_utf8_lossy(&datum.show(Release::V4_1)).into_owned())
}

/// Wraps a value that is written; its place in a text does not matter.
fn spanned<T>(value: T) -> Spanned<T> {
    Spanned::new(0..0, value)
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
