//! What the daemons of eight releases make of configurations (`fixtures/configurations`), held against the mock.
//!
//! The files are read from their folder: they are of use to this test alone, so no program carries them.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, mem};

use mock_xend::world::{Command, Detail};
use mock_xend::{Daemon, Face, Release, World};
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use regex::{Captures, Regex};
use serde::Deserialize;
use xend_wire::datum::Datum;

use crate::peer::{self, NOW};

/// A configuration, and what was told of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Configuration {
    case: String,
    config: String,
    told: Vec<Told>,
    /// Why the mock gives something else, by what was asked and the release: `defined 3.1`.
    #[serde(default)]
    differs: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    /// `defined`, `created`, `running`, `devices vif`.
    when: String,
    releases: Vec<String>,
    /// The record or list, or the refusal, with what no two runs share masked.
    text: String,
}

/// Masks what no two runs of a daemon share: identifiers that the configuration does not name, times, ids.
struct Masks {
    uuid: Regex,
    mac: Regex,
    loose: Vec<(Regex, &'static str)>,
}

impl Masks {
    fn new() -> Self {
        let regex = |pattern: &str| Regex::new(pattern).expect("a pattern");
        let loose = [
            (r"\(domid \d+\)", "(domid N)"),
            (r"/(backend/\w+)/\d+/", "/$1/N/"),
            (r"\((store_mfn|console_mfn|location|cpu_time|start_time|up_time) [^()]*\)", "($1 V)"),
        ];
        Self {
            uuid: regex("[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}"),
            mac: regex(r"\b00:16:3[eE](?::[0-9a-fA-F]{2}){3}\b"),
            loose: loose.map(|(pattern, put)| (regex(pattern), put)).into(),
        }
    }

    fn apply(&self, text: &str, config: &str) -> String {
        let plain = |text: &str| text.replace('-', "").to_ascii_lowercase();
        let given: Vec<_> =
            self.uuid.find_iter(config).chain(self.mac.find_iter(config)).map(|it| plain(it.as_str())).collect();
        let keep = |found: &Captures<'_>, mask: &str| {
            if given.contains(&plain(&found[0])) { found[0].to_owned() } else { mask.to_owned() }
        };
        let text = self.uuid.replace_all(text, |found: &Captures<'_>| keep(found, "<uuid>"));
        let mut text = self.mac.replace_all(&text, |found: &Captures<'_>| keep(found, "<mac>")).into_owned();
        for (pattern, put) in &self.loose {
            text = pattern.replace_all(&text, *put).into_owned();
        }
        text
    }
}

/// A list of devices as the files have it: what is no text of its own is marked.
fn shown(value: &Datum) -> String {
    let all = |items: &[Datum]| items.iter().map(shown).collect::<Vec<_>>().join(" ");
    match value {
        Datum::List(items) | Datum::Tuple(items) => format!("({})", all(items)),
        Datum::Dict(members) => {
            let members = members.iter().map(|(name, value)| format!("({name} {})", shown(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(" "))
        }
        Datum::Int(number) => format!("#{number}"),
        Datum::None => "None".to_owned(),
        Datum::Bytes(text) if text.is_empty() => "''".to_owned(),
        Datum::Bytes(text) => String::from_utf8_lossy(text).into_owned(),
        other => format!("{other:?}"),
    }
}

/// Everything that the mock tells of a configuration, by what is asked.
async fn told(release: Release, world: &World, configuration: &Configuration) -> BTreeMap<String, String> {
    let asked = |when: &str| configuration.told.iter().any(|told| told.when == when);
    let mut answers = BTreeMap::new();
    let config = percent_encode(configuration.config.as_bytes(), NON_ALPHANUMERIC).to_string();
    let name = name_of(&configuration.config);
    let daemon = || peer::builder(release).world(world.clone()).build().expect("nothing conflicts");
    let body = async |daemon: &Daemon, request: &[u8]| {
        let reply = peer::send(daemon, Face::Sxp, &[request]).await.0;
        let body = reply.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default();
        body.strip_suffix("''").map(str::to_owned).unwrap_or(body)
    };
    let submit = async |daemon: &Daemon, operation: &str| {
        body(daemon, &peer::post("/xend/domain", &format!("op={operation}&config={config}"))).await
    };
    let path = format!("/xend/domain/{}?detail=1", percent_encode(name.as_bytes(), NON_ALPHANUMERIC));
    let record = async |daemon: &Daemon| body(daemon, &peer::get(&path)).await;
    if release >= Release::V3_1 && asked("defined") {
        let daemon = daemon();
        let refused = submit(&daemon, "new").await;
        answers.insert("defined".to_owned(), if refused.is_empty() { record(&daemon).await } else { refused });
    }
    let daemon = daemon();
    answers.insert("created".to_owned(), submit(&daemon, "create").await);
    answers.insert("running".to_owned(), record(&daemon).await);
    for told in configuration.told.iter().filter(|told| told.when.starts_with("devices ")) {
        let class = told.when.trim_start_matches("devices ").as_bytes().to_vec();
        let command = Command::Devices { domain: name.as_str().into(), class };
        let answer = match daemon.with_world(|world| world.perform(NOW, &command)) {
            Ok(devices) => shown(&devices),
            Err(failure) => {
                format!("fault {} {}", failure.code(), String::from_utf8_lossy(&failure.message(release)))
            }
        };
        answers.insert(told.when.clone(), answer);
    }
    answers
}

/// The name that a configuration gives its domain.
fn name_of(config: &str) -> String {
    let document = xend_wire::sexpr::parse(config.as_bytes()).ok();
    let first = document.as_ref().and_then(xend_wire::sexpr::Document::first);
    let Some(Ok(config)) = first.map(Datum::from_sexpr) else { return "Domain-Unnamed".to_owned() };
    let name = config.items().iter().find_map(|field| match field.items() {
        [name, value, ..] if name.as_bytes() == Some(b"name") => value.as_bytes(),
        _ => None,
    });
    name.map_or_else(|| "Domain-Unnamed".to_owned(), |name| String::from_utf8_lossy(name).into_owned())
}

/// All configurations that are kept.
fn configurations() -> Vec<Configuration> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/configurations"));
    let files = fs::read_dir(folder).expect("the folder is there");
    let texts = files.map(|file| fs::read_to_string(file.expect("an entry").path()).expect("a file of text"));
    let parse = |line: &str| serde_json::from_str(line).expect(line);
    texts.flat_map(|text| text.lines().map(parse).collect::<Vec<_>>()).collect()
}

/// The host of the captures, with the daemon of each release.
fn worlds() -> Vec<(Release, World)> {
    let host = String::from_utf8_lossy(xend_fixtures::file("worlds/hvm-host.toml").expect("it ships").bytes());
    let world =
        |&release: &Release| (release, World::parse("hvm-host.toml", &host, Some(release), NOW).expect("a world"));
    Release::ALL.iter().map(world).collect()
}

/// What the daemons told, release by release. A difference is known with its reason, and must go on.
#[test]
fn configurations_are_told_as_the_daemons_tell_them() {
    let masks = Masks::new();
    let mut wrong: Vec<String> = Vec::new();
    let (mut same, mut different) = (0, 0);
    let worlds = worlds();
    for mut configuration in configurations() {
        let mut differs = mem::take(&mut configuration.differs);
        for (release, world) in &worlds {
            let release = *release;
            let known = configuration.told.iter().filter(|told| told.releases.iter().any(|it| it == release.as_str()));
            let known: Vec<_> = known.collect();
            if known.is_empty() {
                continue;
            }
            let answers = peer::run(told(release, world, &configuration));
            for Told { when, text, .. } in known {
                let got = masks.apply(answers.get(when).map_or("", String::as_str), &configuration.config);
                let reason = differs.remove(&format!("{when} {release}"));
                match (got == *text, reason) {
                    (true, None) => same += 1,
                    (false, Some(_)) => different += 1,
                    (true, Some(_)) => {
                        wrong.push(format!("{} {when} {release}: it is the same now", configuration.case));
                    }
                    (false, None) => {
                        wrong.push(format!("{} {when} {release}:\n  want {text}\n  got  {got}", configuration.case));
                    }
                }
            }
        }
        wrong.extend(differs.keys().map(|key| format!("{} {key}: nothing was told", configuration.case)));
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(same > 7_900 && different < 30, "{same} the same, {different} known to differ");
}

/// A world file loses nothing, whatever the domains are made of, and whatever was done with them.
#[test]
fn a_world_of_all_configurations_comes_back_from_its_file() {
    let configurations = configurations();
    for (release, mut world) in worlds() {
        for configuration in &configurations {
            let Some(config) = read(&configuration.config) else { continue };
            let domain = || Datum::from(name_of(&configuration.config).as_str());
            let commands = [
                Command::New { config: config.clone() },
                Command::Create { config, detail: Detail::Whole },
                Command::DestroyDevice {
                    domain: domain(),
                    class: b"vbd".into(),
                    device: b"xvda".into(),
                    forget: false,
                },
                Command::DestroyDevice { domain: domain(), class: b"vif".into(), device: b"1".into(), forget: true },
                Command::SetVcpus { domain: domain(), vcpus: 1.into() },
                Command::Save { domain: domain(), path: b"/srv/saved".into(), checkpoint: true },
            ];
            // There is nothing to define up to 3.0.3. What the daemon refuses changes nothing.
            let first = usize::from(release < Release::V3_1);
            for command in commands.iter().skip(first) {
                let _refused = world.perform(NOW, command);
            }
        }
        let text = world.to_toml();
        let again = World::parse("again.toml", &text, None, NOW).unwrap_or_else(|error| panic!("{release}: {error}"));
        let lost = again.to_toml();
        let lost = text.lines().zip(lost.lines()).find(|(before, after)| before != after);
        assert_eq!(lost, None, "{release}");
        assert!(again.domains().len() > 100, "{release}: {} domains", again.domains().len());
    }
}

/// A configuration as the daemon's parser gives it.
fn read(config: &str) -> Option<Datum> {
    let document = xend_wire::sexpr::parse(config.as_bytes()).ok()?;
    Datum::from_sexpr(document.first()?).ok()
}
