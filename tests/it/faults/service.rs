//! A service whose requests say themselves whether they have come as they were sent.

use mitto::{Items, Notification, Request, Status, handler, provider};
use serde::{Deserialize, Serialize};

/// Answered when the sum is that of number and text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Request)]
#[request(response = Checked)]
pub(super) struct Check {
    pub(super) n: u32,
    pub(super) text: String,
    pub(super) sum: u32,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Checked {
    pub(super) n: u32,
    pub(super) text: String,
    pub(super) sum: u32,
}

/// So many numbers from `n` on, when the sum is right.
#[derive(Clone, Debug, Serialize, Deserialize, Request)]
#[request(stream = u32)]
pub(super) struct Series {
    pub(super) n: u32,
    pub(super) items: u32,
    pub(super) sum: u32,
}

/// Never answered.
#[derive(Debug, Serialize, Deserialize, Request)]
pub(super) struct Never {}

/// Not answered either.
#[derive(Debug, Serialize, Deserialize, Notification)]
pub(super) struct Told {
    pub(super) text: String,
}

mitto::schema! {
    /// What is damaged on its way.
    pub(super) Faults {
        client => server as FaultsClient: [Check, Series, Never, Told],
        server => client as FaultsCaller: [],
    }
}

#[provider(server of Faults: [check, series, never, told])]
pub(super) struct FaultsServer;

#[handler]
async fn check(req: Check) -> Result<Checked, Status> {
    tokio::task::yield_now().await;
    if req != Check::new(req.n, &req.text) {
        return Err(Status::bad_request("it was changed on its way"));
    }
    Ok(checked(&req))
}

#[handler]
async fn series(items: Items<u32>, req: Series) -> Result<(), Status> {
    if req.sum != Series::new(req.n, req.items).sum {
        return Err(Status::bad_request("it was changed on its way"));
    }
    for n in 0..req.items {
        items.send(req.n + n).await?;
    }
    Ok(())
}

#[handler]
async fn never(_: Never) {
    std::future::pending::<()>().await;
}

#[handler]
fn told(_: Told) {}

impl Check {
    pub(super) fn new(n: u32, text: &str) -> Self {
        Self {
            n,
            text: text.to_owned(),
            sum: sum(n, text.as_bytes()),
        }
    }
}

impl Series {
    pub(super) fn new(n: u32, items: u32) -> Self {
        let sum = sum(n, &items.to_be_bytes());
        Self { n, items, sum }
    }
}

/// The right answer.
pub(super) fn checked(check: &Check) -> Checked {
    Checked {
        n: !check.n,
        text: check.text.chars().rev().collect(),
        sum: sum(!check.n, check.text.as_bytes()),
    }
}

/// FNV-1a: one changed bit changes it.
fn sum(n: u32, bytes: &[u8]) -> u32 {
    let bytes = n.to_be_bytes().into_iter().chain(bytes.iter().copied());
    bytes.fold(0x811c_9dc5, |sum, byte| {
        (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}
