//! The table of the documentation says what the code does.

use std::time::Duration;

use mitto::Limits;
use mitto::limits::Limit;

const PAGE: &str = include_str!("../../../mitto/src/docs/limits.md");

/// Those that pass as a matter of course, and so are no [`Limit`].
const TIMES: [&str; 3] = ["ping", "timeout", "timeout_max"];

#[test]
fn table_has_a_row_for_each_limit_with_its_default() {
    let rows = PAGE.lines().filter(|line| line.starts_with("| `"));
    let rows: Vec<(String, String)> = rows
        .map(|row| {
            let mut cells = row.split('|').map(str::trim).skip(1);
            let name = cells.next().unwrap().trim_matches('`').to_owned();
            (name, cells.next().unwrap().to_owned())
        })
        .collect();
    let expected = Limit::ALL.iter().map(|limit| {
        let default = default(*limit);
        (limit.name().to_owned(), default)
    });
    assert_eq!(rows, expected.collect::<Vec<_>>());
}

#[test]
fn other_times_have_their_defaults() {
    let limits = Limits::default();
    let times = [limits.ping, limits.timeout, limits.timeout_max];
    for (name, value) in TIMES.iter().zip(times) {
        let expected = format!("`{name}` {}", time(value));
        assert!(PAGE.contains(&expected), "no {expected}");
    }
}

/// A new field needs a row, or a word on why it needs none.
#[test]
fn every_field_is_a_limit_or_a_time() {
    let shown = format!("{:#?}", Limits::default());
    let fields = shown.lines().filter_map(|line| {
        let (name, _) = line.strip_prefix("    ")?.split_once(':')?;
        (!name.starts_with(' ')).then_some(name)
    });
    let mut fields: Vec<_> = fields.filter(|name| !TIMES.contains(name)).collect();
    let mut limits: Vec<_> = Limit::ALL.iter().map(|limit| limit.name()).collect();
    limits.retain(|name| *name != "depth");
    fields.sort_unstable();
    limits.sort_unstable();
    assert_eq!(fields, limits);
}

fn default(limit: Limit) -> String {
    let limits = Limits::default();
    match limit {
        Limit::Message => size(limits.message),
        Limit::Connections => count(limits.connections),
        Limit::Handshake => time(limits.handshake),
        Limit::InFlight => count(limits.in_flight),
        Limit::InFlightLink => count(limits.in_flight_link),
        Limit::InFlightProcess => count(limits.in_flight_process),
        Limit::Silence => time(limits.silence),
        Limit::Outbound => size(limits.outbound),
        Limit::WriteStall => time(limits.write_stall),
        Limit::Bandwidth => limits
            .bandwidth
            .map_or("none".into(), |rate| rate.to_string()),
        Limit::StreamWindow => size(limits.stream_window),
        Limit::StreamIdle => limits.stream_idle.map_or("none".into(), time),
        Limit::Pieces => count(limits.pieces),
        Limit::MetadataEntries => count(limits.metadata_entries),
        Limit::MetadataBytes => size(limits.metadata_bytes),
        Limit::Depth => count(mitto::codec::MAX_DEPTH),
        Limit::Topics => count(limits.topics),
        Limit::Subscribers => count(limits.subscribers),
        Limit::Hops => count(usize::from(limits.hops)),
        Limit::Drain => time(limits.drain),
        other => panic!("say here where the default of `{other}` is"),
    }
}

fn size(bytes: usize) -> String {
    match bytes >> 20 {
        0 => format!("{} KiB", bytes >> 10),
        mebibytes => format!("{mebibytes} MiB"),
    }
}

fn count(count: usize) -> String {
    match (count / 1_000, count % 1_000) {
        (0, rest) => rest.to_string(),
        (thousands, rest) => format!("{thousands},{rest:03}"),
    }
}

fn time(time: Duration) -> String {
    format!("{} s", time.as_secs())
}
