//! A server that has too few file descriptors for its clients.

use std::time::{Duration, Instant};

use mitto::Limits;
use tokio::task::JoinSet;

use crate::Failure;
use crate::child::ServerProcess;
use crate::report::Report;
use crate::service::{Nothing, OutsideClient};

const FILES: u64 = 256;
const CLIENTS: usize = 400;

pub(crate) async fn measure(report: &mut Report) -> Result<(), Failure> {
    for scheme in ["ws", "tcp"] {
        over(scheme, report).await?;
    }
    Ok(())
}

async fn over(scheme: &str, report: &mut Report) -> Result<(), Failure> {
    let name = format!("descriptors, {scheme}");
    let server = ServerProcess::start(&[scheme], Some(FILES)).await?;
    let mut connecting = JoinSet::new();
    for turn in 0..CLIENTS {
        let mut limits = Limits::default();
        limits.handshake = Duration::from_secs(60);
        let (builder, url) = (server.builder()?.limits(limits), server.url(scheme, turn));
        connecting.spawn(async move { builder.connect(&url).await });
    }
    let mut first = Vec::new();
    let wave = Instant::now() + Duration::from_secs(3);
    while let Ok(Some(client)) = tokio::time::timeout_at(wave.into(), connecting.join_next()).await
    {
        first.push(client??);
    }
    let served = all_served(&first).await && server.look().await.is_ok();
    report.row(
        format!("{name}: served of {CLIENTS} with {FILES} descriptors"),
        "at least 200",
        first.len(),
        served && first.len() >= 200 && first.len() < CLIENTS,
    );

    let (begun, count) = (Instant::now(), first.len());
    drop(first);
    let mut others = Vec::new();
    while let Some(client) = connecting.join_next().await {
        others.push(client??);
    }
    let waited = begun.elapsed();
    report.row(
        format!("{name}: the others are served, when these have gone, within"),
        "5 s",
        format!("{:.1} s, {} clients", waited.as_secs_f64(), others.len()),
        all_served(&others).await
            && others.len() + count == CLIENTS
            && waited < Duration::from_secs(5),
    );
    drop(others);

    let begun = Instant::now();
    let client = server.builder()?.connect(&server.url(scheme, 0)).await?;
    let served = client.nothing(Nothing {}).await.is_ok();
    let waited = begun.elapsed();
    report.row(
        format!("{name}: a new client is served within"),
        "1 s",
        format!("{} ms", waited.as_millis()),
        served && waited < Duration::from_secs(1),
    );
    Ok(())
}

async fn all_served(clients: &[OutsideClient]) -> bool {
    for client in clients {
        if client.nothing(Nothing {}).await.is_err() {
            return false;
        }
    }
    true
}
