//! The calls about the simulated host and the scenario, which only a mock has.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Bytes;
use hyper::{Response, StatusCode};
use serde::Deserialize;
use serde_json::json;
use xend_wire::visible;

use super::body::{JSON, made, mistaken, read, text};
use super::calls::MockAction;
use super::lines::{AnswerBody, whole};
use super::problem::Problem;
use crate::error::Error;
use crate::fault;
use crate::host::Daemon;
use crate::scenario::Scenario;
use crate::world::{Domain, World};

/// The body of a call that moves the clock.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Clock {
    advance: String,
}

/// Answers a call.
pub(super) fn simulate(daemon: &Daemon, action: MockAction, body: &Bytes) -> Result<Response<AnswerBody>, Problem> {
    let ok = StatusCode::OK;
    let shown = |value: &serde_json::Value| Ok(made(ok, JSON, whole(format!("{value}\n"))));
    let done = Ok(made(StatusCode::NO_CONTENT, "", whole("")));
    match action {
        MockAction::ShowWorld => {
            let world = daemon.with_world(|world| world.to_toml());
            Ok(made(ok, "application/toml", whole(world)))
        }
        MockAction::SetWorld => {
            let text = text(body, "a world")?;
            let world = World::parse("world", text, Some(daemon.release()), daemon.now());
            world.map_err(Error::from).and_then(|world| daemon.set_world(world)).map_err(|error| mistaken(&error))?;
            done
        }
        MockAction::Domains => shown(&daemon.with_world(|world| {
            let domain = |domain: &Arc<Domain>| {
                json!({
                    "name": domain.name,
                    "id": domain.id,
                    "uuid": domain.uuid,
                    "state": domain.activity.as_str(),
                    "memory": domain.memory,
                    "max_memory": domain.max_memory,
                    "vcpus": domain.vcpus,
                })
            };
            json!({
                "free_memory": world.node.free_memory,
                "total_memory": world.node.total_memory,
                "domains": world.domains().iter().map(domain).collect::<Vec<_>>(),
            })
        })),
        MockAction::Load => {
            let scenario = Scenario::parse("scenario", text(body, "a scenario")?, Path::new("."));
            let loaded = scenario.map_err(Error::from).and_then(|scenario| daemon.load(scenario));
            loaded.map_err(|error| mistaken(&error))?;
            done
        }
        MockAction::State => {
            let progress = daemon.progress();
            let expectations = progress.iter().map(|one| {
                json!({
                    "place": one.place,
                    "what": one.expectation,
                    "answered": one.answered,
                    "times": one.times.to_string(),
                    "met": one.is_met(),
                })
            });
            shown(&json!({ "state": daemon.states(), "expectations": expectations.collect::<Vec<_>>() }))
        }
        MockAction::SetState => {
            let states: BTreeMap<String, String> = read(body, "{\"NAME\": \"VALUE\"}")?;
            daemon.set_states(&states).map_err(|why| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, why))?;
            done
        }
        MockAction::Advance => {
            let expected = "{\"advance\": \"5s\"}";
            let Clock { advance } = read(body, expected)?;
            let by = fault::duration(&advance).filter(|by| *by <= LONGEST_STEP);
            let by = by.ok_or_else(|| {
                let given = visible(advance.as_bytes());
                let detail =
                    format!("`{given}` is no time to move the clock by: expected a number with the unit ms, s or m");
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
            })?;
            daemon.advance(by);
            shown(&json!({ "now": daemon.now().as_secs_f64() }))
        }
    }
}

/// The longest time by which the clock moves at once: about a hundred years.
const LONGEST_STEP: Duration = Duration::from_secs(100 * 366 * 24 * 60 * 60);
