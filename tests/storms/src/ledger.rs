//! One file that all processes of a storm write down in what has happened, so that a killed one's word stays.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::Failure;

/// What has happened to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// The gateway publishes it, with this id.
    Sent,
    /// The broker has confirmed it to the gateway.
    Confirmed,
    /// A worker was given it, not for the first time.
    Redelivered,
    /// Its handler has begun.
    Begun,
    /// Its handler has ended.
    Ended,
    /// The store knows what it has ended with.
    Kept,
}

const NAMES: [(Event, &str); 6] = [
    (Event::Sent, "sent"),
    (Event::Confirmed, "confirmed"),
    (Event::Redelivered, "redelivered"),
    (Event::Begun, "begun"),
    (Event::Ended, "ended"),
    (Event::Kept, "kept"),
];

/// A line of the ledger.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    /// Microseconds since 1970.
    pub(crate) at: u64,
    pub(crate) event: Event,
    pub(crate) key: u64,
}

/// Key of what is known by its id only, the one of a task.
const NO_KEY: u64 = 0;

/// The file, open at its end.
pub(crate) struct Ledger(File);

impl Ledger {
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let file = OpenOptions::new().append(true).create(true).open(path)?;
        Ok(Self(file))
    }

    pub(crate) fn note(&self, event: Event, key: u64) {
        self.write(event, key, "");
    }

    /// Of a task, by its id.
    pub(crate) fn note_task(&self, event: Event, id: &str) {
        self.write(event, NO_KEY, id);
    }

    /// Of a request that has this id as a task.
    pub(crate) fn note_both(&self, event: Event, key: u64, id: &str) {
        self.write(event, key, id);
    }

    /// One write for one line: the system puts it behind all others as a whole.
    fn write(&self, event: Event, key: u64, id: &str) {
        let name = NAMES.iter().find(|(of, _)| *of == event);
        let name = name.map_or("", |(_, name)| name);
        let line = format!("{} {name} {key} {id}\n", now());
        if let Err(error) = (&self.0).write_all(line.as_bytes()) {
            eprintln!("the ledger: {error}");
        }
    }
}

/// All that a ledger says.
#[derive(Debug, Default)]
pub(crate) struct Entries {
    /// In their order, with the keys of all.
    pub(crate) all: Vec<Entry>,
    /// Keys by the ids of tasks.
    pub(crate) keys: HashMap<String, u64>,
}

/// Reads a ledger.
pub(crate) fn read(path: &Path) -> Result<Entries, Failure> {
    let text = std::fs::read_to_string(path)?;
    let mut entries = Entries::default();
    let keys = &mut entries.keys;
    for line in text.lines() {
        let (mut entry, id) = entry(line).ok_or_else(|| format!("no line of a ledger: {line}"))?;
        match (entry.key, id) {
            (_, "") => {}
            (NO_KEY, id) => entry.key = *keys.get(id).ok_or("a task that nobody has sent")?,
            (key, id) => drop(keys.insert(id.to_owned(), key)),
        }
        entries.all.push(entry);
    }
    Ok(entries)
}

fn entry(line: &str) -> Option<(Entry, &str)> {
    let mut words = line.split(' ');
    let at = words.next()?.parse().ok()?;
    let name = words.next()?;
    let (event, _) = NAMES.iter().find(|(_, of)| *of == name)?;
    let (event, key) = (*event, words.next()?.parse().ok()?);
    Some((Entry { at, event, key }, words.next()?))
}

/// Microseconds since 1970: processes have it in common.
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
    })
}
