//! Measures a server from outside of its process; `--help` and the README say how.

mod announced;
mod child;
mod descriptors;
mod good;
mod idle;
mod memory;
mod mute;
mod options;
mod raw;
mod report;
mod server;
mod service;
mod slow;

use std::error::Error;
use std::process::ExitCode;

use options::{Figure, Options};
use report::Report;

/// `stats_alloc`, since the workspace forbids `unsafe`: it tells what the server holds.
#[global_allocator]
static ALLOCATOR: &stats_alloc::StatsAlloc<std::alloc::System> = &stats_alloc::INSTRUMENTED_SYSTEM;

/// What goes wrong in a measurement; a figure that does not hold is none of it.
type Failure = Box<dyn Error + Send + Sync>;

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some(server::ARGUMENT) {
        return ended(server::run().map(|()| true));
    }
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            print!("{}", options::HELP);
            return ExitCode::SUCCESS;
        }
        Err(wrong) => {
            eprintln!("{wrong}\n\n{}", options::HELP);
            return ExitCode::FAILURE;
        }
    };
    ended(measure(&options))
}

/// Measures what is asked for; whether all figures hold.
#[tokio::main]
async fn measure(options: &Options) -> Result<bool, Failure> {
    server::raise_files()?;
    let mut report = Report::new(options.bare);
    for figure in &options.figures {
        match figure {
            Figure::Idle(scheme) => idle::measure(*scheme, options, &mut report).await?,
            Figure::Mute => mute::measure(options, &mut report).await?,
            Figure::Slow => slow::measure(options, &mut report).await?,
            Figure::Announced => announced::measure(options, &mut report).await?,
            Figure::Descriptors => descriptors::measure(&mut report).await?,
        }
    }
    Ok(report.all_hold())
}

fn ended(outcome: Result<bool, Failure>) -> ExitCode {
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
