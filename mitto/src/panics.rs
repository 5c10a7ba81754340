//! Keeps the panics of user code where they belong.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::escaped::Escaped;

/// Runs user code. Whatever it leaves half done must be its own state.
pub(crate) fn catch<T>(run: impl FnOnce() -> T) -> Result<T, Panicked> {
    catch_unwind(AssertUnwindSafe(run)).map_err(Panicked::new)
}

/// What user code has thrown.
pub(crate) struct Panicked(Option<Box<dyn Any + Send>>);

impl Panicked {
    #[cold]
    fn new(thrown: Box<dyn Any + Send>) -> Self {
        Self(Some(thrown))
    }

    /// What it says, which may quote the other end.
    pub(crate) fn text(&self) -> Escaped<&str> {
        let Some(thrown) = &self.0 else {
            return Escaped("nothing");
        };
        let text = thrown
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| thrown.downcast_ref::<String>().map(String::as_str));
        Escaped(text.unwrap_or("no text"))
    }
}

impl Drop for Panicked {
    /// What was thrown may panic itself when it is dropped.
    fn drop(&mut self) {
        let thrown = self.0.take();
        if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(thrown))) {
            // This could go on for ever.
            std::mem::forget(again);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::resume_unwind;

    use super::*;

    struct Bomb;

    impl Drop for Bomb {
        fn drop(&mut self) {
            resume_unwind(Box::new(Bomb));
        }
    }

    #[test]
    fn panics_of_what_was_thrown_end_here() {
        let panicked = catch(|| resume_unwind(Box::new(Bomb))).map(|()| "no panic");
        let text = panicked
            .as_ref()
            .map_err(|panicked| panicked.text().to_string());
        assert_eq!(text, Err("no text".to_owned()));
        drop(panicked);
        let panicked = catch(|| resume_unwind(Box::new("why\n"))).map(|()| "no panic");
        let text = panicked
            .as_ref()
            .map_err(|panicked| panicked.text().to_string());
        assert_eq!(text, Err("why\\n".to_owned()));
        assert_eq!(catch(|| 1).ok(), Some(1));
    }
}
