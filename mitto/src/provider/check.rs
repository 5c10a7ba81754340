//! What the compiler refuses in a provider's list.

use crate::handler::{Handled, Listed};
use crate::message::MessageInfo;
use crate::schema::{List, Side, Text, first, key, sorted};

/// The handlers of a provider and of those that it includes.
#[derive(Debug)]
pub struct HandledSet {
    /// Its own.
    pub own: &'static [Handled],
    /// Those of included providers.
    pub included: &'static [&'static HandledSet],
}

/// Handlers without what runs them.
pub const fn handled<S, const N: usize>(listed: &[Listed<S>; N]) -> [Handled; N] {
    let mut handled = [Handled::PLAIN; N];
    let mut at = 0;
    while at < N {
        handled[at] = listed[at].handled;
        at += 1;
    }
    handled
}

/// How many there are in all.
pub const fn count_handled(set: &HandledSet) -> usize {
    let mut count = set.own.len();
    let mut at = 0;
    while at < set.included.len() {
        count += count_handled(set.included[at]);
        at += 1;
    }
    count
}

/// All of them in one array, a provider's own first.
pub const fn all_handled<const N: usize>(set: &HandledSet) -> [Handled; N] {
    let mut all = [Handled::PLAIN; N];
    fill(&mut all, 0, set);
    all
}

const fn fill(all: &mut [Handled], mut count: usize, set: &HandledSet) -> usize {
    let mut at = 0;
    while at < set.own.len() {
        all[count] = set.own[at];
        count += 1;
        at += 1;
    }
    at = 0;
    while at < set.included.len() {
        count = fill(all, count, set.included[at]);
        at += 1;
    }
    count
}

/// The ids of their messages, sorted. Broken handlers have the id 0, which no message has.
pub const fn sorted_ids<const N: usize>(handled: &[Handled]) -> [u64; N] {
    let mut keys = [0; N];
    let mut at = 0;
    while at < N {
        let id = match handled[at].message {
            Some(message) => message.id.0,
            None => 0,
        };
        keys[at] = key(id, at);
        at += 1;
    }
    sorted(keys)
}

/// The name of a list's entry that is a fn; none for one that is found nowhere, which the compiler reports.
pub const fn if_fn<'a, T>(_: &T, name: &'a str) -> &'a str {
    if size_of::<T>() == 0 { name } else { "" }
}

/// Refuses a list that leaves messages of the schema without a handler.
#[track_caller]
pub const fn complete(provider: &str, sorted_ids: &[u64], list: &List) {
    if first(sorted_ids, 0).is_some() {
        // A broken handler may be the missing one; it is reported where it is written.
        return;
    }
    let mut missing = 0;
    let mut text = Text::new("provider ")
        .name(provider)
        .push(" has no handler for ");
    let mut named = 0;
    let mut at = 0;
    while at < list.messages.len() {
        let message: &MessageInfo = list.messages[at];
        if first(sorted_ids, message.id.0).is_none() {
            missing += 1;
            if text.has_room(message.rust.len() + 120) {
                if named > 0 {
                    text = text.push(", ");
                }
                text = text.name(message.rust);
                named += 1;
            }
        }
        at += 1;
    }
    if missing == 0 {
        return;
    }
    if named < missing {
        text = text.push(" and ").number(missing - named).push(" more");
    }
    if missing == 1 {
        text = text.push(": add a `#[mitto::handler]` fn that takes it to the list");
    } else {
        text = text.push(": add a `#[mitto::handler]` fn for each of them to the list");
    }
    text.refuse("E450");
}

/// Refuses the handlers from `from` up to `to` whose message has one already, or does not go to `side`.
#[track_caller]
pub const fn listed(
    names: (&str, &str, &str),
    handled: &[Handled],
    sorted_ids: &[u64],
    lists: (&List, &List),
    side: Side,
    (from, to): (usize, usize),
) {
    let (provider, schema, entry) = names;
    let (list, other) = lists;
    let mut at = from;
    while at < to {
        if handled[at].name.is_empty() && !entry.is_empty() {
            Text::new("")
                .name(entry)
                .push(" is not a handler: put `#[mitto::handler]` on the fn")
                .refuse("E454");
        }
        if let Some(message) = handled[at].message {
            if let Some(earlier) = first(sorted_ids, message.id.0)
                && earlier < at
            {
                Text::new("")
                    .name(message.rust)
                    .push(" already has a handler, ")
                    .name(handled[earlier].name)
                    .push(": take one of the two out")
                    .refuse("E451");
            }
            if !list.has(message.id) {
                if other.has(message.id) {
                    wrong_way(message, provider, schema, side);
                }
                outside(message, provider, schema, side);
            }
        }
        at += 1;
    }
}

#[track_caller]
const fn wrong_way(message: &MessageInfo, provider: &str, schema: &str, side: Side) -> ! {
    Text::new("")
        .name(message.rust)
        .push(" goes the other way in schema ")
        .name(schema)
        .push(": the ")
        .push(side.name())
        .push(" sends it, so ")
        .name(provider)
        .push(" cannot handle it")
        .refuse("E452");
}

#[track_caller]
const fn outside(message: &MessageInfo, provider: &str, schema: &str, side: Side) -> ! {
    Text::new("")
        .name(message.rust)
        .push(" is not in schema ")
        .name(schema)
        .push(": list it there under `")
        .push(side.other().name())
        .push(" => ")
        .push(side.name())
        .push("`, or take its handler out of ")
        .name(provider)
        .refuse("E453");
}
