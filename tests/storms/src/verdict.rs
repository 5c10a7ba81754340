//! What became of all requests of a storm.

use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;
use std::time::Duration;

use mitto::Code;

use crate::callers::{Asked, What};
use crate::ledger::{Entry, Event};

/// How many of those that are wrong are shown.
const EXAMPLES: usize = 5;

/// When it is no fault that nobody has seen a task which was confirmed, in microseconds since 1970.
#[derive(Debug, Default)]
pub(crate) struct Excuses {
    /// The worker was away that it waited for, and its deadline passed.
    pub(crate) away: Vec<RangeInclusive<u64>>,
    /// What was confirmed then was not on disk when the broker was killed.
    pub(crate) unsaved: Vec<RangeInclusive<u64>>,
}

/// What became of all requests of a storm, counted.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    pub(crate) asked: usize,
    pub(crate) answered: usize,
    pub(crate) confirmed: usize,
    /// Confirmed, and begun by a worker.
    pub(crate) handled: usize,
    /// Confirmed, and among the dead letters, begun or not.
    pub(crate) dead: usize,
    /// Confirmed, and left out: its deadline had passed.
    pub(crate) expired: usize,
    /// Confirmed, and not on disk when the broker was killed.
    pub(crate) unsaved: usize,
    /// Confirmed, and refused without having begun.
    pub(crate) refused_unbegun: usize,
    /// Confirmed, and nothing of all that.
    pub(crate) lost: usize,
    /// Begun more than once, though not idempotent.
    pub(crate) twice: usize,
    /// Idempotent, and begun again.
    pub(crate) again: usize,
    /// Begun again though the store knew how it has ended.
    pub(crate) again_after_end: usize,
    /// Idempotent, confirmed, begun, and not ended, though neither dead nor late.
    pub(crate) without_effect: usize,
    /// Answered without having ended.
    pub(crate) wrongly_answered: usize,
    /// `Unavailable` though it has ended and the store knew it.
    pub(crate) wrongly_refused: usize,
    /// Ended without its caller's learning of it, though that could.
    pub(crate) unanswered: usize,
    /// `Unavailable`, rightly.
    pub(crate) refused: usize,
    /// The longest time from a redelivery to `Unavailable`.
    pub(crate) slowest_refusal: Duration,
    /// The longest time that a caller has waited behind its deadline.
    pub(crate) latest: Duration,
    /// The first of those that are wrong in some way.
    pub(crate) examples: Vec<String>,
    /// Ends of requests that are no answers.
    pub(crate) failures: BTreeMap<String, usize>,
}

/// What has happened to one request.
#[derive(Debug, Default)]
struct Fate {
    sent: Option<u64>,
    confirmed: Option<u64>,
    /// A worker has asked the store for it: it counts as begun.
    claimed: bool,
    begun: usize,
    ended: usize,
    kept: Option<u64>,
    again_after_end: bool,
    redelivered: Option<u64>,
    dead: bool,
}

impl Verdict {
    /// `begun` are the keys of what the store was asked for, `dead` those of the dead letters.
    pub(crate) fn of(
        asked: &[Asked],
        ledger: &[Entry],
        begun: impl Iterator<Item = u64>,
        dead: &[u64],
        excuses: &Excuses,
    ) -> Self {
        let mut fates: HashMap<u64, Fate> = HashMap::new();
        for entry in ledger {
            fates.entry(entry.key).or_default().note(entry);
        }
        for key in begun {
            fates.entry(key).or_default().claimed = true;
        }
        for key in dead {
            fates.entry(*key).or_default().dead = true;
        }
        let mut verdict = Self {
            asked: asked.len(),
            ..Self::default()
        };
        let nothing = Fate::default();
        for asked in asked {
            let fate = fates.get(&asked.key).unwrap_or(&nothing);
            let before = verdict.wrong();
            verdict.judge(asked, fate, excuses);
            if verdict.wrong() > before && verdict.examples.len() < EXAMPLES {
                verdict.examples.push(format!("{asked:?}: {fate:?}"));
            }
        }
        verdict
    }

    fn judge(&mut self, asked: &Asked, fate: &Fate, excuses: &Excuses) {
        let refused = asked.end == Err(Code::Unavailable);
        let has_begun = fate.begun > 0 || fate.claimed;
        if let Err(code) = asked.end {
            *self.failures.entry(format!("{code:?}")).or_default() += 1;
        } else if asked.what != What::Note {
            self.answered += 1;
            self.wrongly_answered += usize::from(fate.ended == 0);
        }
        let is_open = [Err(Code::Timeout), Err(Code::ConnectionLost)].contains(&asked.end);
        self.unanswered += usize::from(is_open && fate.ended > 0);
        self.latest = self.latest.max(asked.late);
        self.again_after_end += usize::from(fate.again_after_end);
        match asked.what {
            What::Put => self.again += usize::from(fate.begun > 1),
            What::Charge | What::Note => self.twice += usize::from(fate.begun > 1),
        }
        let Some(confirmed) = fate.confirmed else {
            return;
        };
        self.confirmed += 1;
        // Nobody is told that a notification is late.
        let went_by = |then: u64| excuses.away.iter().any(|away| away.contains(&then));
        let is_late = match asked.what {
            What::Note => went_by(asked.deadline),
            What::Put | What::Charge => asked.end == Err(Code::Timeout),
        };
        let unsaved = excuses.unsaved.iter().any(|then| then.contains(&confirmed));
        match () {
            () if fate.dead => self.dead += 1,
            () if has_begun => self.handled += 1,
            () if refused => self.refused_unbegun += 1,
            () if is_late => self.expired += 1,
            () if unsaved => self.unsaved += 1,
            () => self.lost += 1,
        }
        if asked.what == What::Put && fate.ended == 0 && !fate.dead && !is_late {
            self.without_effect += 1;
        }
        if refused && has_begun {
            self.refused += 1;
            let since = fate.redelivered.unwrap_or(asked.ended);
            self.wrongly_refused += usize::from(fate.kept.is_some_and(|at| at < since));
            let took = Duration::from_micros(asked.ended.saturating_sub(since));
            self.slowest_refusal = self.slowest_refusal.max(took);
        }
    }

    /// How many are wrong in some way.
    fn wrong(&self) -> usize {
        self.refused_unbegun
            + self.lost
            + self.twice
            + self.again_after_end
            + self.without_effect
            + self.wrongly_answered
            + self.wrongly_refused
    }

    /// The ends that are no answers, as text.
    pub(crate) fn failures(&self) -> String {
        let failures = self.failures.iter();
        let failures: Vec<_> = failures
            .map(|(code, count)| format!("{count} {code}"))
            .collect();
        match failures.is_empty() {
            true => "none".to_owned(),
            false => failures.join(", "),
        }
    }
}

impl Fate {
    fn note(&mut self, entry: &Entry) {
        match entry.event {
            Event::Sent => self.sent = Some(entry.at),
            Event::Confirmed => self.confirmed = Some(entry.at),
            Event::Redelivered => self.redelivered = Some(entry.at),
            Event::Begun => {
                self.begun += 1;
                self.again_after_end |= self.kept.is_some();
            }
            Event::Ended => self.ended += 1,
            Event::Kept => self.kept = Some(entry.at),
        }
    }
}
