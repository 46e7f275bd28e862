//! The table of the calls.

/// What a call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Page,
    Calls,
    Health,
    Journal,
    Verify,
    Reset,
    ShowFaults,
    SetFaults,
    /// What only a mock has: a simulated host and a scenario.
    OfMock(MockAction),
}

/// What a call does with the simulated host or the scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MockAction {
    ShowWorld,
    SetWorld,
    Domains,
    Load,
    State,
    SetState,
    Advance,
}

/// A call: its method, its path, the command of `mock-xend ctl` that makes it, if any does, and what it does.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) command: &'static str,
    pub(super) action: Action,
}

/// All calls.
pub(super) const CALLS: &[Call] = &[
    call("GET", "/", "", Action::Page),
    call("GET", "/calls", "calls", Action::Calls),
    call("GET", "/health", "health", Action::Health),
    call("GET", "/journal", "journal [--follow]", Action::Journal),
    call("GET", "/verify", "verify", Action::Verify),
    call("GET", "/world", "world", Action::OfMock(MockAction::ShowWorld)),
    call("PUT", "/world", "world FILE", Action::OfMock(MockAction::SetWorld)),
    call("GET", "/domains", "domains", Action::OfMock(MockAction::Domains)),
    call("POST", "/scenario", "load FILE", Action::OfMock(MockAction::Load)),
    call("POST", "/reset", "reset", Action::Reset),
    call("GET", "/state", "state", Action::OfMock(MockAction::State)),
    call("POST", "/state", "state NAME=VALUE...", Action::OfMock(MockAction::SetState)),
    call("GET", "/faults", "faults", Action::ShowFaults),
    call("POST", "/faults", "faults FAULT... | --off", Action::SetFaults),
    call("POST", "/clock", "advance TIME", Action::OfMock(MockAction::Advance)),
];

const fn call(method: &'static str, path: &'static str, command: &'static str, action: Action) -> Call {
    Call { method, path, command, action }
}

/// Returns the methods that a path has. Empty if there is no such path.
pub(super) fn methods(path: &str) -> Vec<&'static str> {
    CALLS.iter().filter(|call| call.path == path).map(|call| call.method).collect()
}
