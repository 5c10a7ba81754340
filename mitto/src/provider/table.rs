//! The table of handlers, by message id.

use std::fmt;

use crate::envelope::MessageId;
use crate::handler::{Handled, Listed, RunFn, broken};
use crate::schema::{List, first, key, sorted};

/// All handlers of a provider `S`, found in the same time however many there are.
///
/// Rows are sorted by their scrambled id and divided into as many buckets as there are rows, so that
/// a bucket has about one. Scrambling spreads the ids that people give by hand: 1, 2, 3.
pub struct Table<S: 'static> {
    rows: &'static [Row<S>],
    /// Where each bucket starts, and where the last one ends.
    starts: &'static [u32],
    shift: u32,
}

/// One id and the handler behind it.
pub struct Row<S> {
    key: u32,
    run: RunFn<S>,
}

impl<S> Clone for Row<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for Row<S> {}

impl<S> Table<S> {
    /// Joins what [`rows`] and [`starts`] made.
    pub const fn new(rows: &'static [Row<S>], starts: &'static [u32]) -> Self {
        Self {
            rows,
            starts,
            shift: shift(starts.len() - 1),
        }
    }

    /// The handler of a message.
    pub(super) fn find(&self, id: MessageId) -> Option<RunFn<S>> {
        let key = scrambled(id.0);
        let bucket = (key >> self.shift) as usize;
        let from = *self.starts.get(bucket)? as usize;
        let to = *self.starts.get(bucket + 1)? as usize;
        let row = self.rows.get(from..to)?.iter().find(|row| row.key == key)?;
        Some(row.run)
    }
}

impl<S> fmt::Debug for Table<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Table({})", self.rows.len())
    }
}

impl<S> fmt::Debug for Row<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Row({:#010x})", self.key)
    }
}

/// Multiplied by an odd number: different ids stay different.
const fn scrambled(id: u32) -> u32 {
    id.wrapping_mul(0x9e37_79b1)
}

const fn shift(buckets: usize) -> u32 {
    u32::BITS - buckets.ilog2()
}

/// How many rows the handlers need: one for each name of their messages.
pub const fn row_count(handled: &[Handled]) -> usize {
    let (mut at, mut count) = (0, 0);
    while at < handled.len() {
        if let Some(message) = handled[at].message {
            count += 1 + message.was.len();
        }
        at += 1;
    }
    count
}

/// How many buckets go with so many rows.
pub const fn buckets(rows: usize) -> usize {
    if rows < 2 {
        2
    } else {
        rows.next_power_of_two()
    }
}

/// The rows, sorted.
pub const fn rows<S, const N: usize>(listed: &[Listed<S>]) -> [Row<S>; N] {
    let mut keys = [0; N];
    let (mut at, mut count) = (0, 0);
    while at < listed.len() {
        if let Some(message) = listed[at].handled.message {
            keys[count] = key(scrambled(message.id.0), at);
            count += 1;
            let mut was = 0;
            while was < message.was.len() {
                keys[count] = key(scrambled(MessageId::of_name(message.was[was]).0), at);
                count += 1;
                was += 1;
            }
        }
        at += 1;
    }
    let keys = sorted(keys);
    let mut rows = [Row {
        key: 0,
        run: broken::<S> as RunFn<S>,
    }; N];
    let mut row = 0;
    while row < N {
        rows[row] = Row {
            key: (keys[row] >> 32) as u32,
            run: listed[(keys[row] & 0xffff_ffff) as usize].run,
        };
        row += 1;
    }
    rows
}

/// Where each bucket starts, and where the last one ends.
pub const fn starts<S, const N: usize>(rows: &[Row<S>]) -> [u32; N] {
    let shift = shift(N - 1);
    let mut starts = [0; N];
    let (mut bucket, mut row) = (0, 0);
    while bucket < N {
        while row < rows.len() && ((rows[row].key >> shift) as usize) < bucket {
            row += 1;
        }
        starts[bucket] = row as u32;
        bucket += 1;
    }
    starts
}

/// For each place in the schema's own list the place of its handler in the provider's, as far as `N`
/// goes; 0 where there is none.
pub const fn entry_order<const N: usize>(list: &List, sorted_ids: &[u64]) -> [usize; N] {
    let mut order = [0; N];
    let mut at = 0;
    while at < N && at < list.messages.len() {
        if let Some(entry) = first(sorted_ids, list.messages[at].id.0)
            && entry < N
        {
            order[at] = entry;
        }
        at += 1;
    }
    order
}
