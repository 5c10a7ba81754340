//! Workers that are killed while they work.

use std::time::Duration;

use mitto::queue::broker::Redelivers;

use super::LATE;
use crate::Failure;
use crate::callers::{Callers, Manner};
use crate::kind::Kind;
use crate::options::Options;
use crate::report::Report;
use crate::site::{Plan, Site};

const WORKERS: usize = 4;
const CALLERS: usize = 64;

/// The most time from a redelivery until its caller is told that it is not run again.
const REFUSED_WITHIN: Duration = Duration::from_secs(1);

/// A caller's patience where everything is answered, and where what a killed worker had is lost.
const TIMEOUTS: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(1));

pub(crate) async fn killed(
    kind: Kind,
    options: &Options,
    report: &mut Report,
) -> Result<(), Failure> {
    let mut site = Site::start(Plan {
        kind,
        workers: WORKERS,
        concurrency: 8,
        in_flight: 1024,
        store: options.store,
        ledger: true,
        heartbeat: None,
    })
    .await?;
    let can = site.broker().capabilities();
    let delivers_again = can.redelivers != Redelivers::Never;
    let manner = Manner {
        timeout: if delivers_again {
            TIMEOUTS.0
        } else {
            TIMEOUTS.1
        },
        work: 60,
        pause: Duration::from_millis(5),
    };
    let callers = Callers::start(&site.client, CALLERS, manner);
    let mut idle = 0;
    for _ in 0..options.kills {
        let pause = rand::random_range(100..400);
        tokio::time::sleep(Duration::from_millis(pause)).await;
        let mut worker = site.workers.remove(0);
        idle += usize::from(worker.look().await?.running == 0);
        let number = worker.number;
        worker.kill().await?;
        let another = site.worker(number).await?;
        site.workers.push(another);
    }
    let asked = callers.finish().await?;
    let left = site.drained().await?;
    let verdict = site.verdict(&asked).await?;
    let kills = options.kills;
    report.note(
        "requests",
        format!(
            "{} asked, {} answered, {kills} kills, {idle} of a worker that had nothing",
            verdict.asked, verdict.answered
        ),
    );
    report.note("ends that are no answers", verdict.failures());
    report.note("answers that were lost", verdict.unanswered);
    report.none(
        "handlers of what is not idempotent begun twice",
        verdict.twice,
    );
    report.none("answers without a handler's end", verdict.wrongly_answered);
    report.row(
        "caller told behind its deadline",
        format!("at most {LATE:?}"),
        format!("{:?}", verdict.latest),
        verdict.latest <= LATE,
    );
    report.row(
        "left in the broker: waiting, unsettled",
        "0, 0",
        format!("{}, {}", left.0, left.1),
        left == (0, 0),
    );
    if !delivers_again {
        return Ok(());
    }
    let unbegun = verdict.refused_unbegun;
    if options.store {
        report.examples(&verdict.examples);
        report.row(
            "confirmed = handled + dead",
            verdict.confirmed,
            format!("{} + {}", verdict.handled, verdict.dead),
            verdict.confirmed == verdict.handled + verdict.dead,
        );
    } else {
        report.row(
            "confirmed = handled + dead + refused though it had not begun",
            verdict.confirmed,
            format!("{} + {} + {unbegun}", verdict.handled, verdict.dead),
            verdict.confirmed == verdict.handled + verdict.dead + unbegun,
        );
    }
    report.none("idempotent and without effect", verdict.without_effect);
    report.note("idempotent and begun again", verdict.again);
    report.row(
        "slowest `Unavailable` behind a redelivery",
        format!("at most {REFUSED_WITHIN:?}, {} of them", verdict.refused),
        format!("{:?}", verdict.slowest_refusal),
        verdict.slowest_refusal <= REFUSED_WITHIN && verdict.refused > 0,
    );
    if options.store {
        report.none(
            "begun again behind an end that the store knew",
            verdict.again_after_end,
        );
        report.none("refused though it had ended", verdict.wrongly_refused);
        report.none("refused though it had not begun", unbegun);
    }
    Ok(())
}
