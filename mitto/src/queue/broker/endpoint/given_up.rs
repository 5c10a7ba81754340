//! The requests that were given up before they began.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::runtime::Instant;

/// How many are kept: older ones run, for nobody.
const MOST: usize = 16_384;

/// How long one is kept. What waits longer has mostly expired.
const KEPT: Duration = Duration::from_secs(120);

/// The requests that were given up before they began: they are not run when they come.
#[derive(Default)]
pub(super) struct GivenUp(Mutex<State>);

/// Who asks, and which request of that.
type Asker = (Arc<str>, Arc<str>);

#[derive(Default)]
struct State {
    known: HashSet<Asker>,
    order: VecDeque<(Instant, Asker)>,
}

impl GivenUp {
    pub(super) fn note(&self, asker: &Arc<str>, correlation: &Arc<str>) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        while state.order.len() >= MOST
            || state.order.front().is_some_and(|(at, _)| *at + KEPT < now)
        {
            if let Some((_, oldest)) = state.order.pop_front() {
                state.known.remove(&oldest);
            }
        }
        let key = (asker.clone(), correlation.clone());
        if state.known.insert(key.clone()) {
            state.order.push_back((now, key));
        }
    }

    /// Whether a request that comes was given up.
    pub(super) fn has(&self, asker: &Arc<str>, correlation: &Arc<str>) -> bool {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        !state.known.is_empty() && state.known.contains(&(asker.clone(), correlation.clone()))
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_oldest_are_forgotten_at_the_limits() {
        let given_up = GivenUp::default();
        let asker: Arc<str> = "gateway".into();
        let request = |n: usize| Arc::from(n.to_string());
        for n in 0..MOST {
            given_up.note(&asker, &request(n));
        }
        assert!(given_up.has(&asker, &request(0)));
        given_up.note(&asker, &request(MOST));
        assert!(!given_up.has(&asker, &request(0)));
        assert!(given_up.has(&asker, &request(1)));
        advance(KEPT).await;
        given_up.note(&asker, &request(MOST + 1));
        assert!(given_up.has(&asker, &request(MOST)));
        advance(Duration::from_millis(1)).await;
        given_up.note(&asker, &request(MOST + 2));
        assert!(!given_up.has(&asker, &request(MOST)));
        assert!(given_up.has(&asker, &request(MOST + 1)));
    }
}
