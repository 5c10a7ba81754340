//! What the steps of a program share.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

/// State by its type, and where steps print to.
#[derive(Clone)]
pub(super) struct Environment {
    states: HashMap<TypeId, Arc<dyn Any + Send + Sync>>,
    console: Arc<dyn Fn(&str) + Send + Sync>,
}

impl Environment {
    pub(super) fn set<T: Send + Sync + 'static>(&mut self, state: T) {
        self.states.insert(TypeId::of::<T>(), Arc::new(state));
    }

    pub(super) fn get<T: 'static>(&self) -> Option<&T> {
        self.states.get(&TypeId::of::<T>())?.downcast_ref()
    }

    pub(super) fn has(&self, id: TypeId) -> bool {
        self.states.contains_key(&id)
    }

    pub(super) fn set_console(&mut self, console: Arc<dyn Fn(&str) + Send + Sync>) {
        self.console = console;
    }

    pub(super) fn print(&self, line: &str) {
        (self.console)(line);
    }
}

impl Default for Environment {
    fn default() -> Self {
        Self {
            states: HashMap::new(),
            console: Arc::new(|line| {
                use std::io::Write;

                // Whoever has closed the output does not want the line.
                let _ = writeln!(std::io::stdout(), "{line}");
            }),
        }
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment")
            .field("states", &self.states.len())
            .finish_non_exhaustive()
    }
}
