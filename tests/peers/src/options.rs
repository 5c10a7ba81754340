//! The command line.

use std::str::FromStr;
use std::time::Duration;

use mitto::Format;

pub(crate) const HELP: &str = "\
Sends echo requests from clients to a server in one process and prints what one costs, as a row of a
Markdown table.

usage: mitto-bench [options]
       mitto-bench --direct       times calls that stay in the process, in nanoseconds

  --transport ws|tcp|unix|memory
                            default ws
  --format json|messagepack|compact|json-rpc
                            default messagepack; json-rpc is JSON, framed so
  --shape CxI               C connections with I requests in flight on each; default 1x64
  --threads N               1: the caller's thread does everything; default 2
  --payload BYTES           length of the payload string; default 32
  --seconds S               length of a round; default 0.5
  --rounds N                the row shows the medians of so many rounds; default 5
  --count N                 instead of rounds: exactly N requests from start to end, for callgrind
  --bare                    without the head of the table
";

/// What is measured, and how.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) work: Work,
    pub(crate) transport: Transport,
    pub(crate) format: Format,
    pub(crate) json_rpc: bool,
    pub(crate) connections: usize,
    pub(crate) in_flight: usize,
    pub(crate) threads: usize,
    pub(crate) payload: usize,
    pub(crate) round: Duration,
    pub(crate) rounds: usize,
    pub(crate) count: Option<usize>,
    pub(crate) bare: bool,
}

/// What carries the requests.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Transport {
    WebSocket,
    Tcp,
    Unix,
    Memory,
}

/// Which work is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Work {
    /// Requests over a connection.
    Echo,
    /// Calls within the process.
    Direct,
}

impl Transport {
    /// The scheme of its URLs.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::WebSocket => "ws",
            Self::Tcp => "tcp",
            Self::Unix => "unix",
            Self::Memory => "memory",
        }
    }
}

impl Options {
    /// Reads the command line; `None` asks for the help.
    pub(crate) fn parse(
        mut arguments: impl Iterator<Item = String>,
    ) -> Result<Option<Self>, String> {
        let mut options = Self {
            work: Work::Echo,
            transport: Transport::WebSocket,
            format: Format::MESSAGE_PACK,
            json_rpc: false,
            connections: 1,
            in_flight: 64,
            threads: 2,
            payload: 32,
            round: Duration::from_millis(500),
            rounds: 5,
            count: None,
            bare: false,
        };
        while let Some(name) = arguments.next() {
            match name.as_str() {
                "--help" => return Ok(None),
                "--direct" => {
                    options.work = Work::Direct;
                    continue;
                }
                "--bare" => {
                    options.bare = true;
                    continue;
                }
                _ => {}
            }
            let value = arguments
                .next()
                .ok_or_else(|| format!("{name} needs a value"))?;
            options.set(&name, &value)?;
        }
        Ok(Some(options))
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        match (name, value) {
            ("--transport", "ws") => self.transport = Transport::WebSocket,
            ("--transport", "tcp") => self.transport = Transport::Tcp,
            ("--transport", "unix") => self.transport = Transport::Unix,
            ("--transport", "memory") => self.transport = Transport::Memory,
            ("--format", "json") => self.format = Format::JSON,
            ("--format", "messagepack") => self.format = Format::MESSAGE_PACK,
            ("--format", "compact") => self.format = Format::COMPACT,
            ("--format", "json-rpc") => {
                self.format = Format::JSON;
                self.json_rpc = true;
            }
            ("--shape", _) => {
                let (connections, in_flight) = value
                    .split_once('x')
                    .ok_or_else(|| format!("{name} wants CxI, such as 32x16, not {value}"))?;
                self.connections = number(name, connections)?;
                self.in_flight = number(name, in_flight)?;
            }
            ("--threads", _) => self.threads = number(name, value)?,
            ("--payload", _) => self.payload = number(name, value)?,
            ("--seconds", _) => {
                let seconds = number(name, value)?;
                self.round = Duration::try_from_secs_f64(seconds)
                    .map_err(|error| format!("{name}: {error}"))?;
            }
            ("--rounds", _) => self.rounds = number(name, value)?,
            ("--count", _) => self.count = Some(number(name, value)?),
            _ => return Err(format!("{name} {value} is not known")),
        }
        match self
            .connections
            .min(self.in_flight)
            .min(self.threads)
            .min(self.rounds)
        {
            0 => Err(format!("{name} must not be 0")),
            _ => Ok(()),
        }
    }
}

fn number<T: FromStr>(name: &str, value: &str) -> Result<T, String> {
    value
        .parse()
        .map_err(|_| format!("{name} wants a number, not {value}"))
}
