//! A broker that is stopped and started as fast as it goes, and killed at the end.

use std::time::{Duration, Instant};

use super::LATE;
use crate::Failure;
use crate::callers::{Callers, Manner};
use crate::kind::Kind;
use crate::ledger::now;
use crate::options::Options;
use crate::report::Report;
use crate::site::{Plan, Site};

/// The most time until all works again behind a broker that is back.
const WORKS_WITHIN: Duration = Duration::from_secs(15);

/// How long before it is killed a mosquitto may have confirmed what it has not on disk, as it is set up here.
const SAVES: Duration = Duration::from_secs(2);

const MANNER: Manner = Manner {
    timeout: Duration::from_secs(5),
    work: 20,
    pause: Duration::from_millis(100),
};

pub(crate) async fn restarts(
    kind: Kind,
    options: &Options,
    report: &mut Report,
) -> Result<(), Failure> {
    let mut site = Site::start(Plan {
        kind,
        workers: 2,
        concurrency: 32,
        in_flight: 4096,
        store: false,
        ledger: true,
        heartbeat: None,
    })
    .await?;
    let callers = Callers::start(&site.client, options.callers, MANNER);
    tokio::time::sleep(Duration::from_secs(2)).await;
    let begun = Instant::now();
    let mut times = 0;
    while begun.elapsed() < Duration::from_secs(options.seconds) {
        // One that has worked for a moment by then has confirmed what it has not on disk.
        match kind.is_mqtt() && times > 0 && times % 2 == 0 {
            true => kill(kind, &mut site),
            false => site.server.stop(),
        }
        site.server.again().await;
        times += 1;
        // Every other time it comes as far as to work for a moment.
        if times % 2 == 0 {
            tokio::time::sleep(Duration::from_secs(3)).await;
        }
    }
    kill(kind, &mut site);
    site.server.again().await;
    let back = now();
    let deadline = Instant::now() + 2 * WORKS_WITHIN;
    let mut works = None;
    while works.is_none() && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(20)).await;
        works = callers.success_since(back);
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let asked = callers.finish().await?;
    let left = site.drained().await?;
    let verdict = site.verdict(&asked).await?;
    report.note(
        "requests",
        format!(
            "{} asked, {} answered, {times} restarts in {:.0?}",
            verdict.asked,
            verdict.answered,
            begun.elapsed(),
        ),
    );
    report.note("ends that are no answers", verdict.failures());
    report.note("answers that were lost", verdict.unanswered);
    report.row(
        "caller told behind its deadline",
        format!("at most {LATE:?}"),
        format!("{:?}", verdict.latest),
        verdict.latest <= LATE,
    );
    let works = works.map(|at| Duration::from_micros(at - back));
    report.row(
        "works again behind kill -9",
        format!("within {WORKS_WITHIN:?}"),
        works.map_or("never".to_owned(), |works| format!("{works:.1?}")),
        works.is_some_and(|works| works <= WORKS_WITHIN),
    );
    report.none(
        "handlers of what is not idempotent begun twice",
        verdict.twice,
    );
    report.none("answers without a handler's end", verdict.wrongly_answered);
    report.row(
        "left in the broker: waiting, unsettled",
        "0, 0",
        format!("{}, {}", left.0, left.1),
        left == (0, 0),
    );
    if kind == Kind::Nats {
        return Ok(());
    }
    report.examples(&verdict.examples);
    report.row(
        "confirmed = handled + dead + refused unrun + left out as expired",
        verdict.confirmed - verdict.unsaved,
        format!(
            "{} + {} + {} + {}",
            verdict.handled, verdict.dead, verdict.refused_unbegun, verdict.expired
        ),
        verdict.lost == 0,
    );
    if kind.is_mqtt() {
        report.note("not on disk when it was killed", verdict.unsaved);
    }
    Ok(())
}

fn kill(kind: Kind, site: &mut Site) {
    site.server.kill();
    if kind.is_mqtt() {
        let killed = now();
        let unsaved = killed - SAVES.as_micros() as u64..=killed;
        site.excuses.unsaved.push(unsaved);
    }
}
