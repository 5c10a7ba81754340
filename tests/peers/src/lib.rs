//! Measures what a request costs, on mitto and on others. The README says how.
//!
//! A `cell` is one measurement: a peer, its work, and how much of it at once. `peers` has a file for
//! each peer, which starts its server and connects its clients; `load` keeps them busy; `measure`
//! reads what that has used. `compare` and `brokers` run many cells, each as a child process.

#[cfg(feature = "brokers")]
mod brokers;
mod cell;
#[cfg(any(feature = "peers", feature = "brokers"))]
mod child;
#[cfg(feature = "peers")]
mod compare;
mod direct;
mod echo;
mod forward;
#[cfg(feature = "peers")]
#[path = "peers/echo_capnp.rs"]
#[allow(
    clippy::all,
    clippy::pedantic,
    clippy::restriction,
    unreachable_pub,
    reason = "generated"
)]
#[rustfmt::skip]
mod echo_capnp;
mod load;
mod measure;
mod options;
mod peers;
#[cfg(any(feature = "peers", feature = "brokers"))]
mod results;
mod stream;

use std::error::Error;
use std::process::ExitCode;

use cell::{Peer, Threads};
use options::{Command, Options};

/// What goes wrong in a measurement.
type Failure = Box<dyn Error + Send + Sync>;

/// The whole program; `allocations` tells how many there were so far, in a build that counts them.
pub fn run(allocations: Option<fn() -> usize>) -> ExitCode {
    let command = match options::parse(std::env::args().skip(1)) {
        Ok(Some(command)) => command,
        Ok(None) => {
            print!("{}", options::HELP);
            return ExitCode::SUCCESS;
        }
        Err(wrong) => {
            eprintln!("{wrong}; --help lists what there is");
            return ExitCode::FAILURE;
        }
    };
    measure::COUNTER.get_or_init(|| allocations);
    let outcome = match command {
        Command::Cell(options) => one(&options).map(|()| true),
        Command::Direct(threads) => runtime(threads)
            .map_err(Failure::from)
            .and_then(|runtime| runtime.block_on(direct::run()))
            .map(|()| true),
        Command::Forward(rounds) => forward::run(rounds),
        #[cfg(feature = "peers")]
        Command::Compare(options) => compare::run(&options),
        #[cfg(not(feature = "peers"))]
        Command::Compare(_) => Err(peers::WITHOUT.into()),
        #[cfg(feature = "brokers")]
        Command::Brokers(options) => brokers::run(&options),
        #[cfg(not(feature = "brokers"))]
        Command::Brokers(_) => Err(peers::WITHOUT_BROKERS.into()),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn one(options: &Options) -> Result<(), Failure> {
    let run = &options.run;
    let threads = match run.cell.peer {
        // Its objects stay on their thread; the server has one of its own.
        Peer::Capnp => Threads::Current,
        _ => run.cell.load.threads,
    };
    let cost = runtime(threads)?.block_on(peers::measure(run))?;
    options.print(&cost);
    Ok(())
}

fn runtime(threads: Threads) -> std::io::Result<tokio::runtime::Runtime> {
    match threads {
        Threads::Current => tokio::runtime::Builder::new_current_thread(),
        Threads::Workers(workers) => {
            let mut builder = tokio::runtime::Builder::new_multi_thread();
            builder.worker_threads(workers);
            builder
        }
    }
    .enable_all()
    .build()
}
