//! What travels between the nodes, and what the controller knows.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

/// No page is farther from the start.
pub(crate) const DEEPEST: u32 = 5;

/// A page to look at.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Link {
    pub(crate) url: String,
    /// How many links it is away from the start.
    pub(crate) depth: u32,
}

/// A page that was downloaded.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Page {
    pub(crate) link: Link,
    pub(crate) text: String,
}

/// One crawl of a site.
pub(crate) struct Crawl {
    site: String,
    taken: Mutex<Taken>,
    /// The pages that were taken and not harvested.
    open: watch::Sender<usize>,
}

#[derive(Default)]
struct Taken {
    urls: BTreeSet<String>,
    foreign: usize,
    again: usize,
    deep: usize,
    failed: usize,
}

impl Crawl {
    /// Of the site that this page belongs to.
    pub(crate) fn of(start: &str) -> Self {
        let host = start.split('/').nth(2).unwrap_or_default();
        Self {
            site: format!("http://{host}/"),
            taken: Mutex::default(),
            open: watch::Sender::new(0),
        }
    }

    /// Whether a page is to be looked at: each once.
    pub(crate) fn take(&self, link: &Link) -> bool {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if !link.url.starts_with(&self.site) {
            taken.foreign += 1;
        } else if link.depth > DEEPEST {
            taken.deep += 1;
        } else if !taken.urls.insert(link.url.clone()) {
            taken.again += 1;
        } else {
            self.open.send_modify(|open| *open += 1);
            return true;
        }
        false
    }

    /// A page that was taken is done with.
    pub(crate) fn done(&self, loaded: bool) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.failed += usize::from(!loaded);
        self.open.send_modify(|open| *open -= 1);
    }

    /// Waits until every page that was taken is done with.
    pub(crate) async fn over(&self) {
        let mut open = self.open.subscribe();
        let _ = open.wait_for(|open| *open == 0).await;
    }

    pub(crate) fn summary(&self) -> String {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        format!(
            "{} pages, {} of them could not be loaded; left out: {} links to other sites, {} too deep, {} seen before",
            taken.urls.len(),
            taken.failed,
            taken.foreign,
            taken.deep,
            taken.again
        )
    }
}
