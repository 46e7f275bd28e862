//! The codes by which consumers of a management layer tell failures apart.

use std::fmt;
use std::str::FromStr;

macro_rules! codes {
    ($($(#[$doc:meta])* $code:ident = $name:literal;)*) => {
        /// What went wrong, in the words that management consumers know.
        ///
        /// The list is that of a Xen CIM provider's author (libvir-list, 10 March 2006), in its order. It came without
        /// meanings; these are the project's, and `patterns.tsv` says which failure has which.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorCode {
            $($(#[$doc])* $code,)*
        }

        impl ErrorCode {
            /// All 28 codes, in the order of the list.
            pub const ALL: [Self; 28] = [$(Self::$code),*];

            /// The name, as in `ERR_VM_NOT_FOUND`.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$code => $name),* }
            }
        }
    };
}

codes! {
    /// Done. A failure never carries it.
    Success = "ERR_SUCCESS";
    /// Sent or accepted, but what came of it can't be read.
    UnableToVerifyState = "ERR_UNABLE_TO_VERIFY_STATE";
    /// No room on a disk of the host.
    OutOfDiskSpace = "ERR_OUT_OF_DISK_SPACE";
    /// A value that the daemon does not take.
    BadParameter = "ERR_BAD_PARAMETER";
    /// A control operation (pause, unpause, shutdown, reboot, destroy, sysrq) failed for no more specific cause.
    VmControlOpFailed = "ERR_VM_CONTROL_OP_FAILED";
    /// Too few or too many parameters.
    InvalidParmNum = "ERR_INVALID_PARM_NUM";
    /// A disk image, kernel, ramdisk or state file can't be read or written.
    CannotAccessDiskFile = "ERR_CANNOT_ACCESS_DISK_FILE";
    /// No text at all, and no rule for the reply.
    Unknown = "ERR_UNKNOWN";
    /// A block device could not be connected.
    VirtualDiskCreateFailed = "ERR_VIRTUAL_DISK_CREATE_FAILED";
    /// A shutdown or device that timed out, or a domain left dying.
    VmStuck = "ERR_VM_STUCK";
    /// A session is needed and none was given.
    CredentialsNotSet = "ERR_CREDENTIALS_NOT_SET";
    /// The daemon refused user or password.
    UnacceptedCredentials = "ERR_UNACCEPTED_CREDENTIALS";
    /// Not enough memory for a domain.
    OutOfMemory = "ERR_OUT_OF_MEMORY";
    /// The domain is in a state, or of a kind, that the operation does not allow.
    WrongStateForOp = "ERR_WRONG_STATE_FOR_OP";
    /// No such domain.
    VmNotFound = "ERR_VM_NOT_FOUND";
    /// No such host.
    HostNotFound = "ERR_HOST_NOT_FOUND";
    /// No permission: on a socket, by the list of allowed hosts, or by an invalid session.
    AccessDenied = "ERR_ACCESS_DENIED";
    /// Something of that name is there already.
    AlreadyExist = "ERR_ALREADY_EXIST";
    /// Any other failure that carries a text.
    OperationFailed = "ERR_OPERATION_FAILED";
    /// No failure of Xend maps to it.
    UndoableDiskNotSupported = "ERR_UNDOABLE_DISK_NOT_SUPPORTED";
    /// The daemon does not know, or can't read, what it is asked.
    VmmCmdFormatError = "ERR_VMM_CMD_FORMAT_ERROR";
    /// Not reached, cut off, or the reply is not of the protocol.
    CommunicationNotEstablished = "ERR_COMMUNICATION_NOT_ESTABLISHED";
    /// Save, restore or migrate failed while it moved data.
    FileCopyFailed = "ERR_FILE_COPY_FAILED";
    /// A file or socket name over the system's limit.
    NameTooLong = "ERR_NAME_TOO_LONG";
    /// An image type, or a kind of virtualisation, that the host does not have.
    OsNotSupported = "ERR_OS_NOT_SUPPORTED";
    /// No failure of Xend maps to it.
    MountFailedDirNotEmpty = "ERR_MOUNT_FAILED_DIR_NOT_EMPTY";
    /// No failure of Xend maps to it.
    CantDismountBootOrSystem = "ERR_CANT_DISMOUNT_BOOT_OR_SYSTEM";
    /// A file or device that somebody else uses.
    FileInUse = "ERR_FILE_IN_USE";
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for ErrorCode {
    type Err = UnknownErrorCode;

    fn from_str(text: &str) -> Result<Self, UnknownErrorCode> {
        Self::ALL.into_iter().find(|code| code.as_str() == text).ok_or_else(|| UnknownErrorCode(text.to_owned()))
    }
}

/// The text is none of the 28 codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownErrorCode(String);

impl fmt::Display for UnknownErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown error code `{}`", self.0)
    }
}

impl std::error::Error for UnknownErrorCode {}
