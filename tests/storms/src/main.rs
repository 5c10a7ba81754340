//! Puts a broker, a gateway and workers through storms; `--help` and the README say how.

mod callers;
mod child;
mod figures;
mod kind;
mod ledger;
mod options;
mod process;
mod report;
mod service;
mod site;
mod store;
mod stored;
mod verdict;
mod watched;

use std::error::Error;
use std::process::ExitCode;

use options::{Options, Storm};
use report::Report;

/// What goes wrong in a storm; a figure that does not hold is none of it.
type Failure = Box<dyn Error + Send + Sync>;

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some(process::ARGUMENT) {
        return ended(process::run().map(|()| true));
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
    ended(storm(&options))
}

/// Makes the storms that are asked for; whether all figures hold.
#[tokio::main]
async fn storm(options: &Options) -> Result<bool, Failure> {
    let mut report = Report::new(options.bare);
    for kind in &options.kinds {
        for storm in &options.storms {
            report.about(format!("{}, {}", kind.name(), storm.name()));
            match storm {
                Storm::Killed => figures::killed(*kind, options, &mut report).await?,
                Storm::Restarts => figures::restarts(*kind, options, &mut report).await?,
                Storm::Many => figures::many(*kind, options, &mut report).await?,
                Storm::Stopped => figures::stopped(*kind, options, &mut report).await?,
            }
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
