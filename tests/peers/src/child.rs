//! Cells in processes of their own.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::Failure;
use crate::cell::{Cell, Peer};
use crate::measure::Cost;

/// The program that counts allocations, when it was built.
const ALLOCATIONS: &str = "mitto-bench-allocations";

/// How children are started.
pub(crate) struct Children {
    program: PathBuf,
    counting: Option<PathBuf>,
    tracer: Option<Tracer>,
    times: [&'static str; 6],
    /// Where brokers are.
    more: Vec<String>,
}

/// What counts system calls.
#[derive(Clone, Copy)]
enum Tracer {
    Perf,
    Strace,
}

impl Children {
    /// With short rounds, where it has to be quick.
    pub(crate) fn new(quick: bool) -> Result<Self, Failure> {
        let program = std::env::current_exe()?;
        let counting = program.with_file_name(ALLOCATIONS);
        let seconds = match quick {
            true => ["0.05", "0.15"],
            false => ["0.15", "0.5"],
        };
        Ok(Self {
            counting: counting.exists().then_some(counting),
            tracer: Tracer::find(),
            times: [
                "--rounds",
                "1",
                "--warm-up",
                seconds[0],
                "--seconds",
                seconds[1],
            ],
            program,
            more: Vec::new(),
        })
    }

    /// With more arguments.
    #[cfg(feature = "brokers")]
    pub(crate) fn with(mut self, more: impl IntoIterator<Item = String>) -> Self {
        self.more.extend(more);
        self
    }

    /// A round of it.
    pub(crate) fn measure(&self, cell: &Cell) -> Result<Cost, Failure> {
        let mut command = Command::new(&self.program);
        run(command.args(self.times).args(&self.more), cell)
    }

    /// System calls of a request: the difference of two runs, without start and end. `NaN` when nothing
    /// can count them.
    pub(crate) fn system_calls(&self, cell: &Cell) -> Result<f64, Failure> {
        let Some(tracer) = self.tracer else {
            return Ok(f64::NAN);
        };
        let count = tracer.requests(cell);
        let program = |requests: u64| {
            let mut arguments = vec!["--count".to_owned(), requests.to_string()];
            arguments.extend_from_slice(&self.more);
            (&self.program, arguments)
        };
        let once = tracer.count(program(count), cell)?;
        let twice = tracer.count(program(2 * count), cell)?;
        Ok((twice - once) / count as f64)
    }

    /// Allocations of a request; `NaN` without the program that counts them.
    pub(crate) fn allocations(&self, cell: &Cell) -> Result<f64, Failure> {
        let Some(counting) = &self.counting else {
            return Ok(f64::NAN);
        };
        let count = Tracer::Perf.requests(cell).to_string();
        let mut command = Command::new(counting);
        Ok(run(command.args(["--count", &count]).args(&self.more), cell)?.allocations)
    }
}

impl Tracer {
    fn find() -> Option<Self> {
        let works = |tracer: &Self| {
            let mut command = tracer.command("/dev/null");
            let command = command.arg("true").stderr(Stdio::null());
            command.status().is_ok_and(|status| status.success())
        };
        [Self::Perf, Self::Strace].into_iter().find(works)
    }

    fn command(self, output: &str) -> Command {
        let (program, arguments): (_, &[_]) = match self {
            Self::Perf => ("perf", &["stat", "-x", ",", "-e", "raw_syscalls:sys_enter"]),
            Self::Strace => ("strace", &["-f", "-c"]),
        };
        let mut command = Command::new(program);
        command.args(arguments).args(["-o", output]);
        command
    }

    /// Enough requests that a few more or less make no difference.
    fn requests(self, cell: &Cell) -> u64 {
        let slots = (cell.load.connections * cell.load.in_flight) as u64;
        let count = match self {
            Self::Perf => 4_000 + 40 * slots,
            Self::Strace => 2_000 + 10 * slots,
        };
        match cell.peer {
            // A system call of theirs can be a whole window.
            Peer::Mitto(..) | Peer::RawTcp | Peer::RawWebSocket => 8 * count,
            _ => count,
        }
    }

    fn count(
        self,
        (program, arguments): (&PathBuf, Vec<String>),
        cell: &Cell,
    ) -> Result<f64, Failure> {
        let output = std::env::temp_dir().join(format!("mitto-bench-{}", std::process::id()));
        let mut command = self.command(&output.to_string_lossy());
        command.arg(program).args(arguments);
        let outcome = run(&mut command, cell);
        let counted = std::fs::read_to_string(&output).unwrap_or_default();
        let _ = std::fs::remove_file(&output);
        outcome?;
        let total = match self {
            Self::Perf => counted
                .lines()
                .find(|line| line.contains("raw_syscalls"))
                .and_then(|line| line.split(',').next()),
            // % time, seconds, microseconds of each, calls
            Self::Strace => counted
                .lines()
                .find(|line| line.ends_with(" total"))
                .and_then(|line| line.split_whitespace().nth(3)),
        };
        let total = total.and_then(|total| total.parse().ok());
        total.ok_or_else(|| "the count of system calls was not understood".into())
    }
}

/// Runs this program, so called, for a cell.
fn run(command: &mut Command, cell: &Cell) -> Result<Cost, Failure> {
    let output = command
        .args(cell.arguments())
        .arg("--line")
        .stderr(Stdio::piped())
        .output()?;
    let cost = Cost::read(&String::from_utf8_lossy(&output.stdout));
    match cost {
        Some(cost) if output.status.success() => Ok(cost),
        _ => Err(String::from_utf8_lossy(&output.stderr).trim().into()),
    }
}
