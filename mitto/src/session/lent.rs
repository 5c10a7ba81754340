//! The out buffer while a message is encoded into it.

use std::sync::MutexGuard;

use super::out::Draft;
use super::shared::{Shared, State};

/// A lent batch that finds its way back, also when the user's `Serialize` fails or panics.
pub(super) struct Lent<'a> {
    shared: &'a Shared,
    draft: Option<Draft>,
}

impl<'a> Lent<'a> {
    pub(super) fn new(shared: &'a Shared, mut state: MutexGuard<'_, State>) -> Self {
        let draft = Some(state.out.lend());
        Self { shared, draft }
    }

    pub(super) fn out(&mut self) -> &mut Vec<u8> {
        let draft = self.draft.as_mut().expect("lent until it is given back");
        draft.batch.bytes_mut()
    }

    pub(super) fn give_back(mut self) -> (MutexGuard<'a, State>, Draft) {
        let draft = self.draft.take().expect("lent until it is given back");
        (self.shared.state(), draft)
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        if let Some(draft) = self.draft.take() {
            self.shared.state().out.restore(draft);
            self.shared.signal.raise();
        }
    }
}
