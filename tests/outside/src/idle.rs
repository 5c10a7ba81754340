//! What idle connections cost the server, and what is left of them.

use std::time::{Duration, Instant};

use crate::Failure;
use crate::child::ServerProcess;
use crate::options::{Options, Scheme};
use crate::report::{Report, bytes};
use crate::service::OutsideClient;

/// Time for the server to notice that connections have come or gone.
const PATIENCE: Duration = Duration::from_secs(20);

/// The most memory of one connection in the server, in bytes. A TLS session of rustls alone has about
/// 10 KiB.
fn bound(scheme: Scheme) -> f64 {
    let kilobytes = match scheme {
        Scheme::Ws => 12.0,
        Scheme::Tcp => 8.0,
        Scheme::Wss | Scheme::Tls => 24.0,
    };
    1024.0 * kilobytes
}

pub(crate) async fn measure(
    scheme: Scheme,
    options: &Options,
    report: &mut Report,
) -> Result<(), Failure> {
    let (name, count) = (scheme.name(), options.connections);
    let server = ServerProcess::start(&[name], None).await?;
    // Threads and tables are there from the first connections on; that of rustls, which remembers 256
    // sessions, has its size after some more.
    drop(server.clients(name, 2_000).await?);
    server.until_peers(1, PATIENCE).await?;
    let each = |now: u64, before: u64| (now as f64 - before as f64) / count as f64;

    let (resident, live) = (server.memory.resident()?, server.look().await?.live);
    let begun = Instant::now();
    let clients = server.clients(name, count).await?;
    let opening = begun.elapsed();
    server.until_peers(count + 1, PATIENCE).await?;
    let (fresh, fresh_live) = (server.memory.resident()?, server.look().await?.live);
    report.note(
        format!("idle-{name}: {count} connections opened in"),
        format!("{:.1} s", opening.as_secs_f64()),
    );
    tokio::time::sleep(options.stay).await;
    let (after, after_live) = (server.memory.resident()?, server.look().await?.live);
    let bound = bound(scheme);
    for (when, resident_then, live_then) in [
        ("at first", fresh, fresh_live),
        ("at last", after, after_live),
    ] {
        let memory = each(resident_then, resident);
        report.row(
            format!("idle-{name}: memory of each, {when}"),
            format!("at most {}", bytes(bound)),
            format!(
                "{}, of which {} allocated",
                bytes(memory),
                bytes(each(live_then, live))
            ),
            memory <= bound,
        );
    }
    let here = clients.iter().filter(|client| is_there(client)).count();
    let there = server.look().await?.peers - 1;
    report.row(
        format!(
            "idle-{name}: dropped in {:.1} min",
            options.stay.as_secs_f64() / 60.0
        ),
        "none",
        count - here.min(there),
        here.min(there) == count,
    );

    drop(clients);
    server.until_peers(1, PATIENCE).await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let left = server.look().await?.live as f64 - live as f64;
    let most = live as f64 / 100.0;
    report.row(
        format!("idle-{name}: allocated when they have closed"),
        "within 1 % of before",
        format!("{} of {} more", bytes(left), bytes(live as f64)),
        left <= most,
    );

    let first = fresh.max(after);
    let clients = server.clients(name, count).await?;
    server.until_peers(count + 1, PATIENCE).await?;
    let second = server.memory.resident()?;
    let growth = 100.0 * (second as f64 / first as f64 - 1.0);
    report.row(
        format!("idle-{name}: resident with a second wave"),
        "less than 5 % more",
        format!(
            "{} after {}, {growth:+.1} %",
            bytes(second as f64),
            bytes(first as f64)
        ),
        growth < 5.0,
    );
    drop(clients);
    Ok(())
}

fn is_there(client: &OutsideClient) -> bool {
    client.peer().is_connected()
}
