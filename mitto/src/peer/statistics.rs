/// What a connection holds at one moment, for metrics and tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statistics {
    /// Our requests that wait for their outcome, or whose outcome is not yet taken.
    pub in_flight: usize,
    /// Our calls that wait for a slot or for room.
    pub waiting: usize,
    /// The other end's requests that are not yet answered.
    pub running: usize,
    /// The handlers that run in the connection's task, those of notifications included.
    pub handlers: usize,
    /// Bytes that are still to be written.
    pub outbound: usize,
    /// Frames that came and meant nothing: of an unknown kind, for a request that has ended.
    pub ignored: u64,
    /// Bytes of all frames that were read, without what the transport puts around them.
    pub read: u64,
    /// Bytes per second that were read, over about the last second.
    pub read_rate: u64,
    /// Bytes of all frames that were written, likewise.
    pub written: u64,
    /// Bytes per second that were written, over about the last second.
    pub written_rate: u64,
}
