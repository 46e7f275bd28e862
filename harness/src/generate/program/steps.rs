//! One program, step by step.

use super::model::model;
use super::moves::Step;
use super::pair::at_once;
use super::trial::{Differs, Running, Trial};
use crate::Error;
use crate::law::Names;

/// What sets the names and the uuids of programs' domains apart from those of laws.
const NUMBER: usize = 99_999;

/// Runs a program, and removes its domains. Returns how the server differs from the model, if it does.
pub(super) async fn run(trial: &mut Trial<'_>, program: &[Step]) -> Result<Option<Differs>, Error> {
    let words = Names::new(NUMBER, 0, trial.kernel);
    let names = words.domains();
    let mut running = Running { model: model(trial.host)?, names: &names, words: &words, done: Vec::new() };
    let found = steps(trial, program, &mut running).await?;
    if let (Err(error), None) = (trial.remove(&names).await, &found) {
        return Ok(Some(Differs::unreachable(&error, running.done)));
    }
    // What a program did to other domains is not told of the next one.
    if found.is_some()
        && let Ok(others) = trial.others().await
    {
        trial.bystanders = others;
    }
    Ok(found)
}

async fn steps(trial: &Trial<'_>, program: &[Step], running: &mut Running<'_>) -> Result<Option<Differs>, Error> {
    for Step { one, beside } in program {
        let together = match beside {
            Some(beside) => at_once(trial, running, [one, beside]).await?,
            None => None,
        };
        let found = match (together, beside) {
            (Some(found), _) => found,
            // One after the other.
            (None, Some(beside)) => match trial.one(one, running).await {
                None => trial.one(beside, running).await,
                found => found,
            },
            (None, None) => trial.one(one, running).await,
        };
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}
