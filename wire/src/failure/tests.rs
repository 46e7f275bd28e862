//! The table is well-formed, and texts of the daemon find their code.

use std::collections::HashSet;

use super::classify::{Pattern, rows};
use super::*;
use crate::Release;
use crate::operation::{Face, OPERATIONS};

#[test]
fn every_row_is_well_formed() {
    for (line, row) in rows() {
        if let Err(why) = Pattern::parse(row) {
            panic!("patterns.tsv:{line}: {why}");
        }
    }
}

/// The codes that no failure of Xend maps to, or that are not found from a reply: all others have a row.
#[test]
fn every_code_has_a_row_or_a_reason() {
    use ErrorCode::*;
    let no_failure = [Success, UndoableDiskNotSupported, MountFailedDirNotEmpty, CantDismountBootOrSystem];
    let not_from_a_reply = [UnableToVerifyState, CommunicationNotEstablished, CredentialsNotSet, NameTooLong, Unknown];
    let with_row: HashSet<_> =
        rows().filter_map(|(_, row)| Pattern::parse(row).ok()).map(|pattern| pattern.code).collect();
    for code in ErrorCode::ALL {
        let expected = !no_failure.contains(&code) && !not_from_a_reply.contains(&code);
        assert_eq!(with_row.contains(&code), expected, "{code}");
    }
}

/// Messages of the protocol reference, section 6.3 and appendix D, on an operation that raises them.
#[test]
fn messages_of_the_daemon_have_their_code() {
    let check = |operation: &str, text: &str, code: &str| {
        let evidence =
            Evidence { operation, face: Face::XmlRpc, release: Release::V4_1, status: 200, mark: Some("2"), text };
        assert_eq!(evidence.code().as_str(), code, "{text}");
    };
    check("domain.create", "VM name 'vm1' already in use by domain 1", "ERR_ALREADY_EXIST");
    check("domain.create", "VM name 'vm1' already exists", "ERR_ALREADY_EXIST");
    check("domain.create", "Kernel image does not exist: /nonexistent/k", "ERR_CANNOT_ACCESS_DISK_FILE");
    check("domain.create", "I need 65536 KiB, but dom0_min_mem is 196608", "ERR_OUT_OF_MEMORY");
    check("domain.create", "Invalid VM Name", "ERR_BAD_PARAMETER");
    check("domain.create", "Device 2049 (vbd) could not be connected. /dev/x is mounted", "ERR_FILE_IN_USE");
    check(
        "domain.create",
        "Device 2049 (vbd) could not be connected. Hotplug scripts not working.",
        "ERR_VIRTUAL_DISK_CREATE_FAILED",
    );
    check("domain.create", "Device 0 (vif) could not be connected. Hotplug scripts not working.", "ERR_VM_STUCK");
    check("domain.shutdown", "Invalid reason: nap", "ERR_BAD_PARAMETER");
    check("domain.shutdown", "Domain 0 cannot be shutdown", "ERR_WRONG_STATE_FOR_OP");
    check("domain.pause", "Domain 'vm1' is not started", "ERR_WRONG_STATE_FOR_OP");
    check("domain.pause", "takes exactly 2 arguments (1 given)", "ERR_INVALID_PARM_NUM");
    check("domain.save", "can't write guest state file /x/y: No space left on device", "ERR_OUT_OF_DISK_SPACE");
    check("domain.save", "can't write guest state file /x/y: No such file or directory", "ERR_CANNOT_ACCESS_DISK_FILE");
}

#[test]
fn patterns_name_known_operations() {
    for (line, row) in rows() {
        let operations = row.split('\t').nth(1).expect("eight columns");
        for name in operations.split('|').filter(|name| !name.contains('*')) {
            let known = OPERATIONS.iter().any(|operation| operation.name == name);
            assert!(known, "patterns.tsv:{line}: unknown operation `{name}`");
        }
    }
}
