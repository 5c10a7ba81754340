use std::fmt;

/// One of the limits, as log lines and metrics name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Limit {
    /// [`Limits::message`](field@super::Limits::message).
    Message,
    /// [`Limits::connections`](field@super::Limits::connections).
    Connections,
    /// [`Limits::handshake`](field@super::Limits::handshake).
    Handshake,
    /// [`Limits::in_flight`](field@super::Limits::in_flight).
    InFlight,
    /// [`Limits::in_flight_link`](field@super::Limits::in_flight_link).
    InFlightLink,
    /// [`Limits::in_flight_process`](field@super::Limits::in_flight_process).
    InFlightProcess,
    /// [`Limits::silence`](field@super::Limits::silence).
    Silence,
    /// [`Limits::outbound`](field@super::Limits::outbound).
    Outbound,
    /// [`Limits::write_stall`](field@super::Limits::write_stall).
    WriteStall,
    /// [`Limits::bandwidth`](field@super::Limits::bandwidth).
    Bandwidth,
    /// [`Limits::stream_window`](field@super::Limits::stream_window).
    StreamWindow,
    /// [`Limits::stream_idle`](field@super::Limits::stream_idle).
    StreamIdle,
    /// [`Limits::pieces`](field@super::Limits::pieces).
    Pieces,
    /// [`Limits::metadata_entries`](field@super::Limits::metadata_entries).
    MetadataEntries,
    /// [`Limits::metadata_bytes`](field@super::Limits::metadata_bytes).
    MetadataBytes,
    /// The nesting of a payload, 128 levels in every format: `codec::MAX_DEPTH`.
    Depth,
    /// [`Limits::topics`](field@super::Limits::topics).
    Topics,
    /// [`Limits::subscribers`](field@super::Limits::subscribers).
    Subscribers,
    /// [`Limits::hops`](field@super::Limits::hops).
    Hops,
    /// [`Limits::drain`](field@super::Limits::drain).
    Drain,
}

impl Limit {
    /// All of them, in the order of [the table](super).
    pub const ALL: &[Self] = &[
        Self::Message,
        Self::Connections,
        Self::Handshake,
        Self::InFlight,
        Self::InFlightLink,
        Self::InFlightProcess,
        Self::Silence,
        Self::Outbound,
        Self::WriteStall,
        Self::Bandwidth,
        Self::StreamWindow,
        Self::StreamIdle,
        Self::Pieces,
        Self::MetadataEntries,
        Self::MetadataBytes,
        Self::Depth,
        Self::Topics,
        Self::Subscribers,
        Self::Hops,
        Self::Drain,
    ];

    /// Its name: that of its field in [`Limits`](super::Limits).
    pub const fn name(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Connections => "connections",
            Self::Handshake => "handshake",
            Self::InFlight => "in_flight",
            Self::InFlightLink => "in_flight_link",
            Self::InFlightProcess => "in_flight_process",
            Self::Silence => "silence",
            Self::Outbound => "outbound",
            Self::WriteStall => "write_stall",
            Self::Bandwidth => "bandwidth",
            Self::StreamWindow => "stream_window",
            Self::StreamIdle => "stream_idle",
            Self::Pieces => "pieces",
            Self::MetadataEntries => "metadata_entries",
            Self::MetadataBytes => "metadata_bytes",
            Self::Depth => "depth",
            Self::Topics => "topics",
            Self::Subscribers => "subscribers",
            Self::Hops => "hops",
            Self::Drain => "drain",
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
