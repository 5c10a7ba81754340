//! The places of one node, and which of them is next.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use super::key::{self, mixed};
use super::place::Place;
use super::{PlaceReport, Policy, RouteError};
use crate::address::OwnedAddress;
use crate::job::Job;
use crate::status::{Code, Status};

/// One node.
pub(super) struct Node {
    pub(super) address: OwnedAddress,
    pub(super) places: Vec<Place>,
    pub(super) policy: Policy,
    /// Counts requests.
    turn: AtomicUsize,
}

/// How the place of one request is chosen.
pub(super) enum Turn {
    /// This one, or else those behind it in a circle.
    From(usize),
    /// The one with the least in flight.
    Least,
    /// The one that suits a key best.
    Key(u64),
}

/// The places where a request has failed.
#[derive(Default)]
pub(super) struct Tried {
    places: Vec<u64>,
    /// Whether it was sent from one of them.
    sent: bool,
}

impl Tried {
    pub(super) fn add(&mut self, place: u64) {
        self.places.push(place);
    }

    /// The same where it was lost after it had been sent.
    pub(super) fn add_sent(&mut self, place: u64) {
        self.sent = true;
        self.add(place);
    }

    fn has(&self, place: &Place) -> bool {
        self.places.contains(&place.id())
    }
}

impl Node {
    pub(super) fn new(address: OwnedAddress, place: Place) -> Self {
        Self {
            address,
            places: vec![place],
            policy: Policy::default(),
            turn: AtomicUsize::new(0),
        }
    }

    pub(super) fn add(&mut self, place: Place) -> Result<(), RouteError> {
        if self.places.iter().any(|other| other.name() == place.name()) {
            return Err(RouteError::Place {
                node: self.address.to_string(),
                place: place.name().to_owned(),
            });
        }
        self.places.push(place);
        Ok(())
    }

    /// Whether a request that failed in one place may go to another.
    pub(super) fn has_others(&self) -> bool {
        self.places.len() > 1
    }

    /// How the place of a job is chosen.
    #[inline]
    pub(super) fn turn(&self, job: &Job<'_>) -> Turn {
        if self.places.len() == 1 {
            return Turn::From(0);
        }
        let next = || self.turn.fetch_add(1, Relaxed);
        match &self.policy {
            Policy::RoundRobin => Turn::From(next()),
            // What is counted is scrambled, together with where this node happens to be in memory.
            Policy::Random => {
                let seed = std::ptr::from_ref(self).addr() as u64;
                Turn::From(mixed(mixed(seed) ^ next() as u64) as usize >> 1)
            }
            Policy::First => Turn::From(0),
            Policy::LeastInFlight => Turn::Least,
            Policy::ByKey(field) => match key::of(job, field) {
                Some(key) => Turn::Key(key),
                None => Turn::From(next()),
            },
        }
    }

    /// The next place to be tried: of those that are up, or else of those that were left out.
    pub(super) fn choose(&self, turn: &Turn, tried: &Tried) -> Option<&Place> {
        if let [only] = &*self.places {
            // It is tried all the same where it was left out.
            return (!tried.has(only) && only.is_ready()).then_some(only);
        }
        let up = |place: &Place| !tried.has(place) && place.is_up();
        let left_out = |place: &Place| !tried.has(place) && place.is_ready();
        self.pick(turn, up).or_else(|| self.pick(turn, left_out))
    }

    fn pick(&self, turn: &Turn, fits: impl Fn(&Place) -> bool) -> Option<&Place> {
        let fitting = || self.places.iter().filter(|place| fits(place));
        match turn {
            Turn::From(first) => {
                let (before, after) = self.places.split_at(first % self.places.len());
                let mut all = after.iter().chain(before);
                all.find(|place| fits(place))
            }
            Turn::Least => {
                // Among equals they take turns.
                let least = fitting().map(Place::in_flight).min()?;
                let equals = || fitting().filter(|place| place.in_flight() <= least);
                let next = self.turn.fetch_add(1, Relaxed) % equals().count().max(1);
                equals().nth(next).or_else(|| fitting().next())
            }
            Turn::Key(key) => fitting().max_by_key(|place| place.weight(*key)),
        }
    }

    pub(super) fn report(&self) -> impl Iterator<Item = PlaceReport> {
        let node = &self.address;
        self.places.iter().map(move |place| place.report(node))
    }

    /// Why nothing takes a job.
    #[cold]
    pub(super) fn no_place(&self, tried: &Tried) -> Status {
        let mut text = match tried.sent {
            true => "the connection was lost after the request was forwarded, so that it may have run, and ",
            false => "",
        }
        .to_owned();
        text.push_str(&format!("no place of `{}` is up", self.address));
        for (n, place) in self.places.iter().enumerate() {
            text.push_str(if n == 0 { ": " } else { "; " });
            text.push_str(&place.why_not());
            if n == 4 && self.places.len() > 5 {
                text.push_str("; and so on");
                break;
            }
        }
        match tried.sent {
            true => Status::new(Code::ConnectionLost, text),
            false => Status::unavailable(text),
        }
    }
}

impl Clone for Node {
    fn clone(&self) -> Self {
        Self {
            address: self.address.clone(),
            places: self.places.clone(),
            policy: self.policy.clone(),
            turn: AtomicUsize::new(self.turn.load(Relaxed)),
        }
    }
}
