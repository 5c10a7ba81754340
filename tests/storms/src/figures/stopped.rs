//! A worker, then a gateway, that stands still for a while.

use std::time::{Duration, Instant};

use mitto::queue::broker::Redelivers;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::LATE;
use crate::Failure;
use crate::callers::{Asked, Callers, Manner, What, ask};
use crate::kind::Kind;
use crate::ledger::now;
use crate::options::{Options, STOPS};
use crate::report::Report;
use crate::service::StormClient;
use crate::site::{Plan, Site};

/// The most time until all works again behind one who goes on.
const WORKS_WITHIN: Duration = Duration::from_secs(15);

/// Requests in flight at the gateway.
const IN_FLIGHT: usize = 256;

const MANNER: Manner = Manner {
    timeout: Duration::from_secs(5),
    work: 50,
    pause: Duration::from_millis(50),
};

/// What the worker is stopped in: longer than it takes to stop it, with time to be run elsewhere.
const LONG: (u64, Duration) = (2_000, Duration::from_secs(60));

/// How long that is waited for where it is not run elsewhere: until the broker has counted the worker as lost.
const ALONE: Duration = Duration::from_secs(20);

/// How long a worker that goes on may take to have its connection again.
const BACK: Duration = Duration::from_secs(5);

/// Keys that the callers do not come to.
const FIRST_KEY: u64 = 1_000_000_000;

pub(crate) async fn stopped(
    kind: Kind,
    options: &Options,
    report: &mut Report,
) -> Result<(), Failure> {
    let worker_stops = Duration::from_secs(options.stops);
    // Less than until its clients count their connections as lost.
    let gateway_stops = worker_stops.mul_f64(0.4);

    let mut site = Site::start(Plan {
        kind,
        workers: 2,
        concurrency: 16,
        in_flight: IN_FLIGHT,
        store: true,
        ledger: true,
        // It is lost after two of them.
        heartbeat: (options.stops < STOPS).then_some(options.stops / 4),
    })
    .await?;
    let callers = Callers::start(&site.client, 16, MANNER);
    let mut asked = stop_worker(kind, worker_stops, &mut site, report).await?;
    asked.extend(stop_gateway(gateway_stops, &mut site, &callers, report).await?);
    asked.extend(callers.finish().await?);
    let left = site.drained().await?;
    let verdict = site.verdict(&asked).await?;
    report.note(
        "requests",
        format!("{} asked, {} answered", verdict.asked, verdict.answered),
    );
    report.note("ends that are no answers", verdict.failures());
    report.row(
        "caller told behind its deadline",
        format!("at most {LATE:?}"),
        format!("{:?}", verdict.latest),
        verdict.latest <= LATE,
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
    let mut running = site.gateway.look().await?.running;
    for worker in &mut site.workers {
        running += worker.look().await?.running;
    }
    report.none("left in the gateway and the workers", running);
    if kind != Kind::Nats {
        report.examples(&verdict.examples);
        report.none("confirmed and lost", verdict.lost);
    }
    Ok(())
}

async fn stop_worker(
    kind: Kind,
    stops: Duration,
    site: &mut Site,
    report: &mut Report,
) -> Result<Vec<Asked>, Failure> {
    let can = site.broker().capabilities();
    let goes_elsewhere = can.redelivers == Redelivers::ToAnyWorker;
    let patience = match goes_elsewhere {
        true => LONG.1,
        false => stops.max(ALONE),
    };
    let mut asking = JoinSet::new();
    for n in 0..16 {
        // A broker that gives each worker one in turn gives both to both.
        let (client, what) = (site.client.clone(), [What::Put, What::Charge][n / 2 % 2]);
        let key = FIRST_KEY + n as u64;
        asking.spawn(async move { ask(&client, what, key, LONG.0, patience).await });
    }
    while site.workers[0].look().await?.running < 2 {
        sleep(Duration::from_millis(5)).await;
    }
    site.workers[0].halt()?;
    let (begun, from) = (Instant::now(), now());
    let mut long = Vec::new();
    while let Some(ended) = asking.join_next().await {
        long.push(ended?);
    }
    let failed = |what| {
        let failed = long.iter().filter(|asked| asked.end.is_err());
        failed.filter(|asked| asked.what == what).count()
    };
    let took = format!("all ended after {:.1?}", begun.elapsed());
    report.note("worker stopped in requests", took);
    if goes_elsewhere {
        report.none(
            "idempotent of it that did not go on elsewhere",
            failed(What::Put),
        );
    }
    report.note("others of it that were refused", failed(What::Charge));
    sleep(stops.saturating_sub(begun.elapsed())).await;
    site.workers[0].go_on()?;
    let goes_on = Instant::now();
    if kind.is_mqtt() {
        let back = now() + BACK.as_micros() as u64;
        site.excuses.away.push(from..=back);
    }
    // Nobody else is there to do the work.
    let other = site.workers.remove(1);
    let number = other.number;
    other.shutdown().await?;
    if kind == Kind::MqttSession {
        // But for whom work is kept.
        let another = site.worker(number).await?;
        site.workers.push(another);
    }
    let works = works(&site.client, FIRST_KEY + 1_000, goes_on, &mut long).await;
    went_on("worker", works, report);
    if kind != Kind::MqttSession {
        let another = site.worker(number).await?;
        site.workers.push(another);
    }
    Ok(long)
}

async fn stop_gateway(
    stops: Duration,
    site: &mut Site,
    callers: &Callers,
    report: &mut Report,
) -> Result<Vec<Asked>, Failure> {
    sleep(Duration::from_secs(1)).await;
    site.gateway.halt()?;
    let from = now();
    sleep(stops).await;
    report.none(
        "answers of a stopped gateway",
        usize::from(callers.success_since(from + 1_000_000).is_some()),
    );
    site.gateway.go_on()?;
    let goes_on = Instant::now();
    let mut asked = Vec::new();
    let works = works(&site.client, FIRST_KEY + 2_000, goes_on, &mut asked).await;
    went_on("gateway", works, report);
    // All places, but for those that the callers take.
    let mut asking = JoinSet::new();
    let many = IN_FLIGHT - 16;
    for n in 0..many {
        let (client, key) = (site.client.clone(), FIRST_KEY + 3_000 + n as u64);
        asking.spawn(async move { ask(&client, What::Put, key, 500, LONG.1).await });
    }
    let mut good = 0;
    while let Some(ended) = asking.join_next().await {
        let ended = ended?;
        good += usize::from(ended.end.is_ok());
        asked.push(ended);
    }
    report.row(
        "answered at once then, of a gateway's places",
        many,
        good,
        good == many,
    );
    Ok(asked)
}

/// How long it takes until all of some requests are answered.
async fn works(
    client: &StormClient,
    mut key: u64,
    since: Instant,
    asked: &mut Vec<Asked>,
) -> Option<Duration> {
    while since.elapsed() < 2 * WORKS_WITHIN {
        let mut good = true;
        for what in [What::Put, What::Charge, What::Put] {
            let ended = ask(client, what, key, 0, Duration::from_secs(2)).await;
            good &= ended.end.is_ok();
            asked.push(ended);
            key += 1;
        }
        if good {
            return Some(since.elapsed());
        }
    }
    None
}

fn went_on(who: &str, works: Option<Duration>, report: &mut Report) {
    report.row(
        format!("works again behind a {who} that goes on"),
        format!("within {WORKS_WITHIN:?}"),
        works.map_or("never".to_owned(), |works| format!("{works:.1?}")),
        works.is_some_and(|works| works <= WORKS_WITHIN),
    );
}
