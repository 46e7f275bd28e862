//! Operations on sessions and references of the Xen-API.

use xend_wire::operation;

use super::row::Row;

pub(super) const ROWS: &[Row] = &[
    Row { operations: &[operation::SESSION_LOGIN], xenapi: &["session.login_with_password"], ..Row::NONE },
    Row { operations: &[operation::SESSION_LOGOUT], xenapi: &["session.logout"], ..Row::NONE },
    Row { operations: &[operation::HOST_REFERENCES], xenapi: &["host.get_all"], ..Row::NONE },
    Row { operations: &[operation::REFERENCES], xenapi: &["VM.get_by_name_label"], ..Row::NONE },
];
