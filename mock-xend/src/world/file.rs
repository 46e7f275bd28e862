//! Worlds as TOML files.

use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use toml::Spanned;
use xend_wire::datum::Datum;
use xend_wire::{Diagnostic, Release, sexpr};

use super::config::{RESTART_MODES, most_vcpus};
use super::device::Device;
use super::domain::{Activity, Asked, Domain, Image, OnEnd};
use super::identity::Identities;
use super::{Bvt, Credit, Filesystem, Node, Sedf, World};
use crate::Error;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WorldTable {
    #[serde(skip_serializing_if = "Option::is_none")]
    release: Option<Spanned<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    guest_obeys: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    guest_delay: Option<Spanned<f64>>,
    #[serde(default)]
    peers: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    messages: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    log: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    missing_files: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_id: Option<u32>,
    /// How far the made-up identifiers have come.
    #[serde(skip_serializing_if = "Option::is_none")]
    identities: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<NodeTable>,
    #[serde(default)]
    domain: Vec<Spanned<DomainTable>>,
    #[serde(default)]
    saved: Vec<SavedTable>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct NodeTable {
    host: Option<String>,
    total_memory: Option<i64>,
    free_memory: Option<i64>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct SavedTable {
    path: String,
    domain: Spanned<DomainTable>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct DomainTable {
    name: Spanned<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Spanned<u32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uuid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<Spanned<String>>,
    #[serde(default, skip_serializing_if = "is_default")]
    managed: bool,
    memory: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_memory: Option<i64>,
    #[serde(default, skip_serializing_if = "is_default")]
    shadow_memory: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    vcpus: Option<Spanned<i64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    available_vcpus: Option<i64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pinned: Vec<Vec<i64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    on_poweroff: Option<Spanned<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    on_reboot: Option<Spanned<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    on_crash: Option<Spanned<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<Spanned<String>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    devices: Vec<Spanned<String>>,
    /// Seconds since the Unix epoch, like all times here.
    #[serde(skip_serializing_if = "Option::is_none")]
    started: Option<Spanned<f64>>,
    #[serde(default, skip_serializing_if = "is_default")]
    restarts: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    restarted: Option<Spanned<f64>>,
    #[serde(default, skip_serializing_if = "is_default")]
    pause_flag: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    credit: Credit,
    #[serde(default, skip_serializing_if = "is_default")]
    sedf: Sedf,
    #[serde(default, skip_serializing_if = "is_default")]
    bvt: Bvt,
    #[serde(skip_serializing_if = "Option::is_none")]
    asked: Option<AskedTable>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct AskedTable {
    reason: String,
    at: Spanned<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    obeys_at: Option<Spanned<f64>>,
}

impl World {
    /// Reads a world. `name` is what errors call the file; `release` is that of the daemon, or that of the file if it is
    /// left open, or 4.1 if neither says; domains without a time have been started `now`.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use mock_xend::{Release, World};
    /// let world = World::parse("one.toml", r#"
    ///     release = "3.4"
    ///     guest-delay = 1.5                # seconds until a guest obeys; guest-obeys = false: never
    ///     missing-files = ["/nonexistent"] # all others exist
    ///     peers = ["other.example:8002"]   # hosts that take domains from this one
    ///
    ///     [node]
    ///     host = "xen.example"
    ///     free-memory = 4096
    ///
    ///     [[domain]]
    ///     name = "web"
    ///     state = "paused"                 # running, blocked, paused, shut-down, crashed, halted, suspended
    ///     memory = 256
    ///     vcpus = 2
    ///     image = "(linux (kernel /boot/vmlinuz) (root '/dev/sda1 ro'))"
    ///     devices = ["(vbd (uname phy:vg/web) (dev sda1) (mode w))", "(vif (bridge xenbr0))"]
    ///
    ///     [[domain]]
    ///     name = "spare"
    ///     state = "halted"                 # defined, not active
    ///     memory = 128
    /// "#, None, Duration::from_secs(1_200_000_000))?;
    /// assert_eq!(world.domains().len(), 3);
    /// assert!(World::parse("two.toml", &world.to_toml(), None, Duration::ZERO).is_ok());
    /// # Ok::<(), xend_wire::Diagnostic>(())
    /// ```
    ///
    /// # Errors
    /// Whatever the format does not allow, and what no host can be: with line and caret.
    pub fn parse(name: &str, text: &str, release: Option<Release>, now: Duration) -> Result<Self, Diagnostic> {
        let table: WorldTable = toml::from_str(text).map_err(|error| {
            Diagnostic::new(name, text.as_bytes(), error.span().unwrap_or_default(), error.message().trim_end())
        })?;
        let source = Source { name, text, now };
        source.world(table, release)
    }

    /// Reads a world from its file.
    ///
    /// # Errors
    /// As [`World::parse`], and a file that can't be read.
    pub fn from_file(path: impl Into<PathBuf>, release: Option<Release>, now: Duration) -> Result<Self, Error> {
        let path = path.into();
        let name = path.display().to_string();
        let bytes = std::fs::read(&path).map_err(|error| Error::File { path: name.clone(), error })?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            Diagnostic::new(&*name, error.as_bytes(), at..at + 1, "a world is UTF-8")
        })?;
        Ok(Self::parse(&name, &text, release, now)?)
    }

    /// The world as a file that [`parse`](Self::parse) reads back. Bytes that are not UTF-8 do not survive in the log and
    /// the console ring.
    pub fn to_toml(&self) -> String {
        let table = WorldTable {
            release: Some(spanned(self.release.to_string())),
            guest_obeys: self.guest_delay.is_none().then_some(false),
            guest_delay: self.guest_delay.map(|delay| spanned(delay.as_secs_f64())),
            peers: self.peers.clone(),
            messages: Some(String::from_utf8_lossy(&self.messages).into_owned()),
            log: Some(String::from_utf8_lossy(&self.log).into_owned()),
            missing_files: Some(self.files.missing.clone()),
            next_id: Some(self.next_id),
            identities: Some(self.identities.given() as i64),
            node: Some(NodeTable {
                host: Some(self.node.host.clone()),
                total_memory: Some(self.node.total_memory),
                free_memory: Some(self.node.free_memory),
            }),
            domain: self.domains.iter().map(|domain| spanned(DomainTable::of(domain))).collect(),
            saved: self
                .files
                .saved
                .iter()
                .map(|(path, domain)| SavedTable { path: path.clone(), domain: spanned(DomainTable::of(domain)) })
                .collect(),
        };
        toml::to_string(&table).expect("the tables of a world have nothing that TOML has not")
    }
}

impl DomainTable {
    fn of(domain: &Domain) -> Self {
        // The printer of 4.1 loses no empty string.
        let sexpr = |datum: &Datum| spanned(String::from_utf8_lossy(&datum.show(Release::V4_1)).into_owned());
        let seconds = |time: Duration| spanned(time.as_secs_f64());
        Self {
            name: spanned(domain.name.clone()),
            id: domain.id.map(spanned),
            uuid: Some(domain.uuid.clone()),
            state: Some(spanned(domain.activity.as_str().to_owned())),
            managed: domain.is_managed,
            memory: domain.memory,
            max_memory: Some(domain.max_memory),
            shadow_memory: domain.shadow_memory,
            vcpus: Some(spanned(domain.vcpus)),
            available_vcpus: domain.available_vcpus,
            pinned: domain.pinned.clone(),
            on_poweroff: Some(spanned(domain.on_end.poweroff.clone())),
            on_reboot: Some(spanned(domain.on_end.reboot.clone())),
            on_crash: Some(spanned(domain.on_end.crash.clone())),
            image: domain.image.as_ref().map(|image| sexpr(&image.config)),
            devices: domain.devices.iter().map(|device| sexpr(&device_config(device))).collect(),
            started: domain.started.map(seconds),
            restarts: domain.restarts,
            restarted: domain.restarted.map(seconds),
            pause_flag: domain.pause_flag,
            credit: domain.credit,
            sedf: domain.sedf,
            bvt: domain.bvt,
            asked: domain.asked.as_ref().map(|asked| AskedTable {
                reason: String::from_utf8_lossy(&asked.reason).into_owned(),
                at: seconds(asked.at),
                obeys_at: asked.obeys_at.map(seconds),
            }),
        }
    }
}

/// The file being read, for errors, and the time.
struct Source<'a> {
    name: &'a str,
    text: &'a str,
    now: Duration,
}

impl Source<'_> {
    fn wrong(&self, span: Range<usize>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(self.name, self.text.as_bytes(), span, message)
    }

    fn world(&self, table: WorldTable, asked: Option<Release>) -> Result<World, Diagnostic> {
        let release = match table.release {
            Some(text) => {
                let known: Release =
                    text.get_ref().parse().map_err(|error| self.wrong(text.span(), format!("{error}")))?;
                match asked {
                    Some(asked) if asked != known => {
                        return Err(self.wrong(text.span(), format!("this world is one of {known}, not of {asked}")));
                    }
                    _ => known,
                }
            }
            None => asked.unwrap_or_default(),
        };
        let mut world = World::empty(release);
        if let Some(node) = table.node {
            let usual = Node::default();
            world.node = Node {
                host: node.host.unwrap_or(usual.host),
                total_memory: node.total_memory.unwrap_or(usual.total_memory),
                free_memory: node.free_memory.unwrap_or(usual.free_memory),
            };
        }
        world.files =
            Filesystem { missing: table.missing_files.unwrap_or(world.files.missing), ..Filesystem::default() };
        world.peers = table.peers;
        world.messages = table.messages.map_or(world.messages, String::into_bytes);
        world.log = table.log.map_or(world.log, String::into_bytes);
        world.guest_delay = match (table.guest_obeys, table.guest_delay) {
            (Some(false), None) => None,
            (Some(false), Some(delay)) => {
                return Err(self.wrong(delay.span(), "guests that never obey have no delay: leave one of the two out"));
            }
            (_, Some(delay)) => Some(self.seconds(&delay)?),
            (_, None) => Some(Duration::ZERO),
        };
        world.identities = Identities::from_given(table.identities.unwrap_or_default() as u64);
        for domain in table.domain {
            self.add_domain(&mut world, domain)?;
        }
        world.next_id = world.next_id.max(table.next_id.unwrap_or_default());
        for SavedTable { path, domain } in table.saved {
            let mut domain = self.domain(&mut world, domain.into_inner())?;
            domain.deactivate(Activity::Suspended);
            world.files.saved.insert(path, domain);
        }
        Ok(world)
    }

    fn add_domain(&self, world: &mut World, table: Spanned<DomainTable>) -> Result<(), Diagnostic> {
        let table = table.into_inner();
        let (name, id) = (table.name.span(), table.id.as_ref().map(Spanned::span));
        let mut domain = self.domain(world, table)?;
        if domain.name == "Domain-0" {
            if !domain.activity.is_active() {
                return Err(self.wrong(name, "Domain-0 is always active"));
            }
            domain.id = Some(0);
            domain.is_managed = false;
            world.domains[0] = domain;
            return Ok(());
        }
        if world.domains.iter().any(|known| known.name == domain.name) {
            return Err(self.wrong(name, format!("there are two domains called `{}`", domain.name)));
        }
        if let Some(id) = id.clone().filter(|_| domain.id == Some(0)) {
            return Err(self.wrong(id, "0 is the id of Domain-0"));
        }
        if domain.activity.is_active() {
            match domain.id {
                Some(wanted) if world.domains.iter().any(|known| known.id == Some(wanted)) => {
                    return Err(self.wrong(id.unwrap_or(name), format!("there are two domains of id {wanted}")));
                }
                Some(wanted) => world.next_id = world.next_id.max(wanted.saturating_add(1)),
                None => domain.id = Some(world.next_id()),
            }
            domain.add_console(world.release, &mut world.identities);
        } else if let Some(id) = id {
            return Err(self.wrong(id, format!("a domain that is {} has no id", domain.activity.as_str())));
        } else {
            // Nothing else is left of a domain that ends.
            domain.is_managed = true;
        }
        world.domains.push(domain);
        Ok(())
    }

    fn domain(&self, world: &mut World, table: DomainTable) -> Result<Domain, Diagnostic> {
        let release = world.release;
        let name = world.check_name(table.name.get_ref().as_bytes()).map_err(|_| {
            let message = format!("`{}` is no name for a domain: letters, digits and _-.:/+", table.name.get_ref());
            self.wrong(table.name.span(), message)
        })?;
        let activity = match &table.state {
            None => Activity::Blocked,
            Some(state) => {
                Activity::ALL.into_iter().find(|known| known.as_str() == state.get_ref()).ok_or_else(|| {
                    let known = Activity::ALL.map(Activity::as_str).join(", ");
                    self.wrong(state.span(), format!("unknown state `{}`, expected one of {known}", state.get_ref()))
                })?
            }
        };
        if !activity.is_active() && release < Release::V3_1 {
            let span = table.state.as_ref().map_or(table.name.span(), Spanned::span);
            return Err(
                self.wrong(span, format!("{release} knows no domains that are not active: they came with 3.0.4"))
            );
        }
        let vcpus = match &table.vcpus {
            Some(vcpus) if !(1..=most_vcpus(release)).contains(vcpus.get_ref()) => {
                let message = format!("a domain has from 1 to {} vcpus", most_vcpus(release));
                return Err(self.wrong(vcpus.span(), message));
            }
            Some(vcpus) => *vcpus.get_ref(),
            None => 1,
        };
        let usual = OnEnd::default();
        let on_end = OnEnd {
            poweroff: self.restart_mode(table.on_poweroff, usual.poweroff)?,
            reboot: self.restart_mode(table.on_reboot, usual.reboot)?,
            crash: self.restart_mode(table.on_crash, usual.crash)?,
        };
        let image = table.image.map(|image| self.sexpr(&image)).transpose()?.map(|config| Image { config });
        let mut devices: Vec<Device> = Vec::new();
        for text in &table.devices {
            let config = self.sexpr(text)?;
            let class = config.items().first().and_then(Datum::as_bytes).unwrap_or_default();
            if !world.knows_class(class) {
                let class = String::from_utf8_lossy(class);
                return Err(self.wrong(text.span(), format!("{release} knows no device class `{class}`")));
            }
            if let Some(mut device) = Device::from_config(&config, &devices, &mut world.identities) {
                let mark = device.settings.iter().position(|(name, _)| name == UNPLUGGED);
                device.connected = mark.map(|at| device.settings.remove(at)).is_none();
                devices.push(device);
            }
        }
        let started = match table.started {
            Some(started) => Some(self.seconds(&started)?),
            None if activity.is_active() && name != "Domain-0" => Some(self.now),
            None => None,
        };
        let asked = match table.asked {
            Some(asked) => Some(Asked {
                reason: asked.reason.into_bytes(),
                at: self.seconds(&asked.at)?,
                obeys_at: asked.obeys_at.map(|time| self.seconds(&time)).transpose()?,
            }),
            None => None,
        };
        Ok(Domain {
            id: table.id.map(Spanned::into_inner),
            name,
            uuid: table.uuid.unwrap_or_else(|| world.identities.uuid()),
            activity,
            is_managed: table.managed,
            vcpus,
            available_vcpus: table.available_vcpus,
            pinned: table.pinned,
            memory: table.memory,
            max_memory: table.max_memory.unwrap_or(table.memory),
            shadow_memory: table.shadow_memory,
            credit: table.credit,
            sedf: table.sedf,
            bvt: table.bvt,
            on_end,
            image,
            devices,
            started,
            asked,
            restarts: table.restarts,
            restarted: table.restarted.map(|time| self.seconds(&time)).transpose()?,
            pause_flag: table.pause_flag,
        })
    }

    fn restart_mode(&self, given: Option<Spanned<String>>, usual: String) -> Result<String, Diagnostic> {
        match given {
            None => Ok(usual),
            Some(mode) if RESTART_MODES.contains(&mode.get_ref().as_str()) => Ok(mode.into_inner()),
            Some(mode) => {
                let message =
                    format!("unknown mode `{}`, expected one of {}", mode.get_ref(), RESTART_MODES.join(", "));
                Err(self.wrong(mode.span(), message))
            }
        }
    }

    fn sexpr(&self, text: &Spanned<String>) -> Result<Datum, Diagnostic> {
        let first = sexpr::parse(text.get_ref().as_bytes())
            .and_then(|document| document.first().map(Datum::from_sexpr).transpose())
            .map_err(|error| self.wrong(text.span(), format!("no S-expression: {error}")))?;
        first
            .filter(|value| !value.items().is_empty())
            .ok_or_else(|| self.wrong(text.span(), "expected a list: (vif (mac 00:16:3e:00:00:01))"))
    }

    fn seconds(&self, seconds: &Spanned<f64>) -> Result<Duration, Diagnostic> {
        Duration::try_from_secs_f64(*seconds.get_ref())
            .map_err(|_| self.wrong(seconds.span(), "expected a number of seconds, from 0 on"))
    }
}

/// Marks a device that was pulled out.
const UNPLUGGED: &str = "unplugged";

/// A device as it was configured, with its uuid and whether it is plugged in.
fn device_config(device: &Device) -> Datum {
    let mut config: Vec<Datum> = vec![device.class.as_str().into()];
    config.extend(device.settings.iter().map(|(name, value)| Datum::pair(name, value.clone())));
    config.push(Datum::pair("uuid", device.uuid.as_str()));
    if !device.connected {
        config.push(Datum::pair(UNPLUGGED, true));
    }
    config.into()
}

/// Where a value stands is of no interest when it is written.
fn spanned<T>(value: T) -> Spanned<T> {
    Spanned::new(0..0, value)
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
