//! The error codes by which programs tell failures apart.

use std::fmt;

crate::named_enum! {
    /// A code for what went wrong, for use by programs.
    ///
    /// The list of codes, and its order, is that of the author of a Xen CIM provider (libvir-list, 10 March 2006). It came
    /// without meanings. The meanings here are this project's, and `patterns.tsv` says which failure has which code.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    #[non_exhaustive]
    pub enum ErrorCode {
        /// The operation succeeded. No failure has this code.
        Success = "ERR_SUCCESS",
        /// The request was sent, but the reply does not tell whether it was carried out.
        UnableToVerifyState = "ERR_UNABLE_TO_VERIFY_STATE",
        /// A disk of the host is full.
        OutOfDiskSpace = "ERR_OUT_OF_DISK_SPACE",
        /// The daemon does not accept the value of a parameter.
        BadParameter = "ERR_BAD_PARAMETER",
        /// A control operation (pause, unpause, shutdown, reboot, destroy, sysrq) failed, and no more specific code applies.
        VmControlOpFailed = "ERR_VM_CONTROL_OP_FAILED",
        /// The request has too few or too many parameters.
        InvalidParmNum = "ERR_INVALID_PARM_NUM",
        /// The daemon can't read or write a disk image, kernel, ramdisk or state file.
        CannotAccessDiskFile = "ERR_CANNOT_ACCESS_DISK_FILE",
        /// The daemon sent no text, and no other rule applies to the reply.
        Unknown = "ERR_UNKNOWN",
        /// The daemon could not connect a block device.
        VirtualDiskCreateFailed = "ERR_VIRTUAL_DISK_CREATE_FAILED",
        /// A shutdown or a device timed out, or a domain stays in the state of dying.
        VmStuck = "ERR_VM_STUCK",
        /// The method needs a session, and the request has none.
        CredentialsNotSet = "ERR_CREDENTIALS_NOT_SET",
        /// The daemon refused the user name or the password.
        UnacceptedCredentials = "ERR_UNACCEPTED_CREDENTIALS",
        /// The host has too little free memory for a domain.
        OutOfMemory = "ERR_OUT_OF_MEMORY",
        /// The operation is not possible for a domain of this kind or in this state.
        WrongStateForOp = "ERR_WRONG_STATE_FOR_OP",
        /// The domain does not exist.
        VmNotFound = "ERR_VM_NOT_FOUND",
        /// The host does not exist.
        HostNotFound = "ERR_HOST_NOT_FOUND",
        /// Access is not permitted: to a socket, by the daemon's list of allowed hosts, or with an invalid session.
        AccessDenied = "ERR_ACCESS_DENIED",
        /// An object of that name already exists.
        AlreadyExist = "ERR_ALREADY_EXIST",
        /// The operation failed with a text to which no other code applies.
        OperationFailed = "ERR_OPERATION_FAILED",
        /// Part of the list, but no failure of Xend has this code.
        UndoableDiskNotSupported = "ERR_UNDOABLE_DISK_NOT_SUPPORTED",
        /// The daemon does not know the command, or can't read the request.
        VmmCmdFormatError = "ERR_VMM_CMD_FORMAT_ERROR",
        /// The daemon was not reached, the connection was cut off, or the reply does not follow the protocol.
        CommunicationNotEstablished = "ERR_COMMUNICATION_NOT_ESTABLISHED",
        /// A save, restore or migration failed while it was copying data.
        FileCopyFailed = "ERR_FILE_COPY_FAILED",
        /// The name of a file or socket is longer than the system allows.
        NameTooLong = "ERR_NAME_TOO_LONG",
        /// The host does not support the image type or the kind of virtualisation.
        OsNotSupported = "ERR_OS_NOT_SUPPORTED",
        /// Part of the list, but no failure of Xend has this code.
        MountFailedDirNotEmpty = "ERR_MOUNT_FAILED_DIR_NOT_EMPTY",
        /// Part of the list, but no failure of Xend has this code.
        CantDismountBootOrSystem = "ERR_CANT_DISMOUNT_BOOT_OR_SYSTEM",
        /// A file or device is in use by somebody else.
        FileInUse = "ERR_FILE_IN_USE",
    }
    /// All codes, in the order of the list.
    ALL: slice;
    /// The name of the code, such as `ERR_VM_NOT_FOUND`.
    fn as_str;
    Err: UnknownErrorCode = |text: &str| UnknownErrorCode(text.to_owned());
}

/// The error of parsing a text that names no error code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownErrorCode(String);

impl fmt::Display for UnknownErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown error code `{}`, expected a code such as ERR_VM_NOT_FOUND", self.0)
    }
}

impl std::error::Error for UnknownErrorCode {}
