//! The out buffer while a message is encoded into it.

use std::sync::MutexGuard;

use super::out::Draft;
use super::shared::{Shared, State};

/// A lent buffer that finds its way back, also when the user's `Serialize` fails or panics.
pub(super) struct Lent<'a> {
    shared: &'a Shared,
    draft: Option<Draft>,
}

impl<'a> Lent<'a> {
    #[inline]
    pub(super) fn new(shared: &'a Shared, mut state: MutexGuard<'_, State>) -> Self {
        let draft = Some(state.out.lend());
        Self { shared, draft }
    }

    /// The buffer, to append the frame to.
    #[inline]
    pub(super) fn out(&mut self) -> &mut Vec<u8> {
        let draft = self.draft.as_mut().expect("lent until it is given back");
        &mut draft.bytes
    }

    /// Takes it out, to be given back by its taker.
    #[inline]
    pub(super) fn take(mut self) -> Draft {
        self.draft.take().expect("lent until it is given back")
    }
}

impl Drop for Lent<'_> {
    #[inline]
    fn drop(&mut self) {
        if let Some(draft) = self.draft.take() {
            self.shared.lose(draft);
        }
    }
}
