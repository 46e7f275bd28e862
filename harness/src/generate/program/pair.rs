//! Two operations at the same time, by two clients.
//!
//! A daemon does one operation after the other, so what becomes of two must be what becomes of them in some order. Both
//! orders are tried on models of their own, on which all before was done, too.

use tokio::join;
use xend_client::{Error as Failed, Face, Fate};
use xend_wire::operation::{Implementation, Operation};

use super::model::{Seen, look, model, settled};
use super::moves::{Done, Move};
use super::trial::{Differs, Running, Trial, code, difference, say};
use crate::Error;
use crate::laws::Host;
use crate::verdict::Status;

/// What two operations come to on the model in one order.
struct Order {
    first: usize,
    model: Host,
    /// The codes with which the operations fail; those of the pair, whatever the order.
    codes: [Option<String>; 2],
    /// What can be seen over each address.
    seen: Vec<Seen>,
}

/// Does two operations at the same time, and compares. Returns `None` if one of them takes several requests, between
/// which the other may come.
pub(super) async fn at_once(
    trial: &Trial<'_>,
    running: &mut Running<'_>,
    pair: [&Move; 2],
) -> Result<Option<Option<Differs>>, Error> {
    let [Some(one), Some(other)] = pair.map(|one| by_one_request(trial.host, one)) else { return Ok(None) };
    let pair = [one, other];
    let mut orders = Vec::new();
    for first in 0..2 {
        match order(trial.host, running, &pair, first).await? {
            Some(order) => orders.push(order),
            // The arguments of one can't be sent.
            None => return Ok(None),
        }
    }
    let call = |one: &Move| {
        let (operation, arguments) = (one.operation, running.arguments(one));
        let client = &trial.host.addresses[one.address].1;
        async move { code(client.call(operation, &arguments).await, None) }
    };
    let (one, other) = join!(call(&pair[0]), call(&pair[1]));
    let done = |first: usize, codes: &[Option<String>; 2]| -> Vec<Done> {
        let done = |at: usize, is_beside| Done { one: pair[at].clone(), error: codes[at].clone(), is_beside };
        running.done.iter().cloned().chain([done(first, false), done(1 - first, true)]).collect()
    };
    let unreachable = |error: &Failed| Ok(Some(Some(Differs::unreachable(error, done(0, &orders[0].codes)))));
    let got = match (one, other) {
        (Ok(one), Ok(other)) => [one, other],
        (Err(error), _) | (_, Err(error)) => return unreachable(&error),
    };
    // What is seen where the codes fit, and is not as it should be.
    let mut shown = Vec::new();
    for order in &orders {
        let mut told = outcomes(&pair, &order.codes);
        let is_fitting = order.codes == got;
        let found = if is_fitting { unlike(trial, running.names, order).await } else { Ok(None) };
        match found {
            Err(error) => return unreachable(&error),
            Ok(None) if is_fitting => {
                let (first, codes) = (order.first, order.codes.clone());
                let done = done(first, &codes);
                running.model = orders.swap_remove(first).model;
                running.done = done;
                return Ok(Some(trial.bystanders_as_before(&running.done).await));
            }
            Ok(found) => {
                let found = found.map(|found| (found.got, found.wanted));
                told += &found.as_ref().map(|(_, wanted)| format!("; {wanted}")).unwrap_or_default();
                shown.push((format!("{} first: {told}", pair[order.first].operation), found.map(|(got, _)| got)));
            }
        }
    }
    let seen: String = shown.iter().filter_map(|(_, got)| got.as_ref()).take(1).map(|got| format!("; {got}")).collect();
    let wanted: Vec<_> = shown.into_iter().map(|(told, _)| told).collect();
    Ok(Some(Some(Differs {
        status: Status::Fail,
        why: "two operations at the same time come to what they come to in no order",
        got: outcomes(&pair, &got) + &seen,
        wanted: wanted.join(", or "),
        done: done(0, &orders[0].codes),
        last: None,
    })))
}

/// Returns the operation over an address where it is one request; `None` if there is none. On the Xen-API most take a
/// request more, for the reference of their domain.
fn by_one_request(host: &Host, one: &Move) -> Option<Move> {
    let is_one = |operation: Operation, at: usize| {
        let face = host.addresses[at].1.uri().face;
        face != Face::XenApi && operation.implementation(face, host.release) == Ok(Implementation::Request)
    };
    let at = std::iter::once(one.address).chain(0..host.addresses.len()).find(|&at| is_one(one.operation, at))?;
    Some(Move { address: at, ..one.clone() })
}

/// Does all that was done, and then the pair in one order, on a model of its own.
async fn order(host: &Host, running: &Running<'_>, pair: &[Move; 2], first: usize) -> Result<Option<Order>, Error> {
    let model = model(host)?;
    let call = async |one: &Move| model.addresses[one.address].1.call(one.operation, &running.arguments(one)).await;
    for Done { one, .. } in &running.done {
        // It comes to what it came to before.
        drop(call(one).await);
    }
    let mut codes = [None, None];
    for at in [first, 1 - first] {
        match call(&pair[at]).await {
            Ok(_) => {}
            Err(error) if error.fate() == Fate::Invalid => return Ok(None),
            Err(error) => codes[at] = Some(error.code().to_string()),
        }
    }
    let mut seen = Vec::new();
    for (_, client) in &model.addresses {
        seen.push(look(client, running.names).await.unwrap_or_default());
    }
    Ok(Some(Order { first, model, codes, seen }))
}

/// Tells where a server shows something else than an order of the operations comes to.
async fn unlike(trial: &Trial<'_>, names: &[String], order: &Order) -> Result<Option<Differs>, Failed> {
    for ((label, client), wanted) in trial.host.addresses.iter().zip(&order.seen) {
        let got = settled(client, names, wanted, trial.pause).await?;
        if got != *wanted {
            return Ok(Some(difference(label, names, &got, wanted, Vec::new())));
        }
    }
    Ok(None)
}

fn outcomes(pair: &[Move; 2], codes: &[Option<String>; 2]) -> String {
    let outcome = |at: usize| format!("{} {}", pair[at].operation, say(codes[at].as_deref()));
    format!("{}, {}", outcome(0), outcome(1))
}
