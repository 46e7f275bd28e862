//! The transports over which subjects call servers.

xend_wire::named_enum! {
    /// A transport of calls.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Transport {
        /// TCP.
        Tcp = "tcp",
        /// A Unix socket.
        Unix = "unix",
        /// TLS over TCP.
        Tls = "tls",
    }
    /// All transports.
    ALL: slice;
    /// Returns the name with which subjects declare the transport, such as `unix`.
    fn name;
}

impl Transport {
    /// Returns whether this build of the harness has the transport: TLS needs the feature `tls`.
    pub fn is_built_in(self) -> bool {
        self != Self::Tls || cfg!(feature = "tls")
    }

    /// Returns the variant of a case over this transport. TCP is the usual one, which is not named.
    pub fn variant(self) -> &'static str {
        if self == Self::Tcp { "" } else { self.name() }
    }
}
