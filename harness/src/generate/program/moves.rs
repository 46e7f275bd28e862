//! Random programs of operations on two domains.

use xend_wire::operation::{self, Operation};

use super::super::choices::Choices;

/// One operation over one address.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Move {
    pub(super) operation: Operation,
    /// The arguments, with the placeholders of laws in them.
    pub(super) arguments: Vec<(&'static str, String)>,
    /// Which of the addresses.
    pub(super) address: usize,
}

/// One step of a program.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Step {
    pub(super) one: Move,
    /// What another client does at the same time.
    pub(super) beside: Option<Move>,
}

/// An operation that was done.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Done {
    pub(super) one: Move,
    /// The code with which it fails on the model.
    pub(super) error: Option<String>,
    /// Whether it was done at the same time as the one before.
    pub(super) is_beside: bool,
}

/// The most steps of a program, each of which has one operation or two.
pub(super) const LONGEST: usize = 12;

/// The domains of a program, by the placeholders of laws.
pub(super) const DOMAINS: [&str; 2] = ["{domain}", "{other}"];

/// Makes a program for a server with so many addresses.
pub(super) fn program(choices: &mut Choices<'_>, addresses: usize) -> Vec<Step> {
    // A failure that needs no two operations at once gets simpler by doing them one after the other.
    let is_concurrent = choices.below(2) == 1;
    let steps = choices.list("step", LONGEST, (9, 10), |choices| {
        let first = one(choices, addresses);
        (first, choices.once_in(4).then(|| one(choices, addresses)))
    });
    let alone = |one| Step { one, beside: None };
    let step = |(one, beside): (Move, Option<Move>)| match beside {
        Some(_) if is_concurrent => vec![Step { one, beside }],
        beside => std::iter::once(one).chain(beside).map(alone).collect(),
    };
    steps.into_iter().flat_map(step).collect()
}

fn one(choices: &mut Choices<'_>, addresses: usize) -> Move {
    // What makes a domain comes first, because without one nothing else happens.
    let kind = choices.weighted(&[8, 3, 3, 6, 6, 3, 2, 3, 4, 3, 3, 3, 3, 2, 1]);
    let which = choices.index(2);
    let domain = DOMAINS[which].to_owned();
    let other = DOMAINS[1 - which].to_owned();
    let config = ["{config}", "{other_config}"][which];
    let of = |operation, arguments: Vec<(&'static str, String)>| {
        (operation, [vec![("domain", domain.clone())], arguments].concat())
    };
    let mut number = |from: &[u32]| choices.pick(from).to_string();
    let (operation, arguments) = match kind {
        0 => (operation::CREATE, vec![("config", config.to_owned())]),
        1 => (operation::DEFINE, vec![("config", config.to_owned())]),
        2 => of(operation::START, vec![]),
        3 => of(operation::PAUSE, vec![]),
        4 => of(operation::UNPAUSE, vec![]),
        5 => of(operation::DESTROY, vec![]),
        6 => of(operation::UNDEFINE, vec![]),
        7 => of(operation::RENAME, vec![("name", other)]),
        8 => of(operation::SET_MEMORY, vec![("memory", number(&[64, 48, 32, 100, 128]))]),
        9 => of(operation::SET_MAX_MEMORY, vec![("memory", number(&[128, 256, 64]))]),
        10 => of(operation::SET_VCPUS, vec![("vcpus", number(&[1, 2]))]),
        11 => {
            let mac = format!("00:16:3e:00:00:{:02x}", 16 + choices.below(4));
            of(operation::DEVICE_ATTACH, vec![("config", format!("(vif (mac {mac}) (bridge xenbr0))"))])
        }
        12 => of(operation::DEVICE_DETACH, vec![("type", "vif".to_owned()), ("device", number(&[0, 1, 7]))]),
        13 => of(operation::INFO, vec![]),
        _ => (operation::CREATE, vec![("config", "{same_name}".to_owned())]),
    };
    Move { operation, arguments, address: choices.index(addresses) }
}
