//! The command line.

use std::str::FromStr;
use std::time::Duration;

use crate::cell::{Cell, Format, Named, Peer, Threads, Transport, Work, Workload};
use crate::measure::Cost;

pub(crate) const HELP: &str = "\
Measures what an echo request costs, clients and server in one process: on mitto, and on other libraries
in a build with `--features peers`, or through brokers with `--features brokers`. Prints Markdown.

usage: mitto-bench [options]
       mitto-bench --direct            calls that stay in the process, in nanoseconds
       mitto-bench forward [--rounds N]  requests that are forwarded, beside those that are not, with bounds
       mitto-bench compare [options]   mitto beside the others
       mitto-bench brokers [options]   mitto through brokers, beside programs on the brokers' own clients

options of one measurement:
  --peer NAME               mitto, tarpc-bincode, tarpc-json, jsonrpsee, tonic, capnp-rpc, raw-tcp or
                            raw-websocket; nats, nats-plain, nats-bytes, rabbitmq, rabbitmq-plain,
                            rabbitmq-bytes, rabbitmq-one-by-one; default mitto
  --transport NAME          of mitto: ws, tcp, unix or memory, with the feature peers also wss or tls;
                            default ws
  --format NAME             of mitto: json, messagepack, compact, or json-rpc, which is JSON, framed so;
                            default messagepack
  --work NAME               echo; stream: a call has 10000 items, a row shows items; back: the server asks
                            its clients; forward: a server that forwards to another one, over TCP; default
                            echo
  --shape CxI               C connections with I requests in flight on each; default 1x64
  --threads N               1: the caller's thread does everything, tokio's `current_thread`; more: so
                            many workers of `multi_thread`; default 2
  --workers N               so many workers, be it one
  --payload BYTES           length of the payload string; default 32
  --seconds S               length of a round; default 0.5
  --warm-up S               before the first; default 0.15
  --rounds N                the row shows the medians of so many rounds; default 5
  --count N                 instead of rounds: exactly N requests from start to end, for callgrind
  --url URL                 of the broker; without it one is started
  --bare                    without the head of the table

options of compare and brokers:
  --rounds N                medians of so many; default 5
  --quick                   one round, and a short one
  --only binding            only what has a bound
";

const HEAD: &str = "\
| peer | work | shape | threads | payload | requests/s | CPU us/request | allocations/request | \
context switches/request | p50 us | p99 us |
| --- | --- | --- | --: | --: | --: | --: | --: | --: | --: | --: |";

#[derive(Clone, Debug)]
pub(crate) enum Command {
    /// One cell.
    Cell(Options),
    /// Calls within the process.
    Direct(Threads),
    /// Forwarded requests beside direct ones, in so many rounds.
    Forward(usize),
    /// Many cells.
    #[cfg_attr(
        not(feature = "peers"),
        expect(dead_code, reason = "nothing to compare")
    )]
    Compare(Comparison),
    /// The same with brokers.
    #[cfg_attr(
        not(feature = "brokers"),
        expect(dead_code, reason = "nothing to compare")
    )]
    Brokers(Comparison),
}

#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) run: Run,
    format: Printed,
    direct: bool,
}

/// A cell, and for how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    pub(crate) cell: Cell,
    pub(crate) warm_up: Duration,
    pub(crate) round: Duration,
    pub(crate) rounds: usize,
    pub(crate) count: Option<u64>,
    /// The broker's URL, where one runs already.
    pub(crate) broker: Option<&'static str>,
}

#[derive(Clone, Debug)]
pub(crate) struct Comparison {
    pub(crate) rounds: usize,
    pub(crate) quick: bool,
    pub(crate) binding: bool,
}

/// How the figures are printed.
#[derive(Clone, Copy, Debug)]
enum Printed {
    Table,
    Row,
    /// For `compare`, which has started this process.
    Line,
}

/// Reads the command line; `None` asks for the help.
pub(crate) fn parse(arguments: impl Iterator<Item = String>) -> Result<Option<Command>, String> {
    let mut arguments = arguments.peekable();
    let brokers = arguments.next_if(|name| name == "brokers").is_some();
    let forward = arguments.next_if(|name| name == "forward").is_some();
    let compare = brokers || arguments.next_if(|name| name == "compare").is_some();
    let mut options = Options::default();
    let mut comparison = Comparison {
        rounds: 5,
        quick: false,
        binding: false,
    };
    while let Some(name) = arguments.next() {
        if name == "--help" {
            return Ok(None);
        }
        let flag = match compare {
            true => comparison.flag(&name),
            false => options.flag(&name),
        };
        if flag {
            continue;
        }
        let value = arguments
            .next()
            .ok_or_else(|| format!("{name} needs a value"))?;
        match compare {
            true => comparison.set(&name, &value)?,
            false => options.set(&name, &value)?,
        }
    }
    Ok(Some(match (compare, options.direct) {
        _ if forward => Command::Forward(options.run.rounds),
        (true, _) if brokers => Command::Brokers(comparison),
        (true, _) => Command::Compare(comparison),
        (false, true) => Command::Direct(options.run.cell.load.threads),
        (false, false) => Command::Cell(options),
    }))
}

impl Default for Options {
    fn default() -> Self {
        let load = Workload {
            work: Work::Echo,
            connections: 1,
            in_flight: 64,
            threads: Threads::Workers(2),
            payload: 32,
        };
        let peer = Peer::Mitto(Transport::Ws, Format::MessagePack);
        Self {
            run: Run {
                cell: Cell { peer, load },
                warm_up: Duration::from_millis(150),
                round: Duration::from_millis(500),
                rounds: 5,
                count: None,
                broker: None,
            },
            format: Printed::Table,
            direct: false,
        }
    }
}

impl Options {
    pub(crate) fn print(&self, cost: &Cost) {
        let Cell { peer, load } = self.run.cell;
        match self.format {
            Printed::Table => println!("{HEAD}"),
            Printed::Row => {}
            Printed::Line => return println!("{}", cost.line()),
        }
        let (work, shape) = (load.work.name(), load.shape());
        let Workload {
            threads, payload, ..
        } = load;
        println!("| {peer} | {work} | {shape} | {threads} | {payload} | {cost} |");
    }

    /// Whether this is an option without a value.
    fn flag(&mut self, name: &str) -> bool {
        match name {
            "--direct" => self.direct = true,
            "--bare" => self.format = Printed::Row,
            "--line" => self.format = Printed::Line,
            _ => return false,
        }
        true
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let run = &mut self.run;
        let load = &mut run.cell.load;
        match name {
            "--peer" => match (choice(name, value)?, run.cell.peer) {
                (Peer::Mitto(..), Peer::Mitto(..)) => {}
                (peer, _) => run.cell.peer = peer,
            },
            "--transport" | "--format" => {
                let Peer::Mitto(transport, format) = &mut run.cell.peer else {
                    return Err(format!(
                        "{name} is for mitto, {} has its own",
                        run.cell.peer
                    ));
                };
                match name {
                    "--transport" => *transport = choice(name, value)?,
                    _ => *format = choice(name, value)?,
                }
            }
            "--work" => load.work = choice(name, value)?,
            "--shape" => {
                let (connections, in_flight) = value
                    .split_once('x')
                    .ok_or_else(|| format!("{name} wants CxI, such as 32x16, not {value}"))?;
                load.connections = positive(name, connections)?;
                load.in_flight = positive(name, in_flight)?;
            }
            "--threads" => {
                load.threads = match positive(name, value)? {
                    1 => Threads::Current,
                    workers => Threads::Workers(workers),
                }
            }
            "--workers" => load.threads = Threads::Workers(positive(name, value)?),
            "--payload" => load.payload = number(name, value)?,
            "--seconds" => run.round = seconds(name, value)?,
            "--warm-up" => run.warm_up = seconds(name, value)?,
            "--rounds" => run.rounds = positive(name, value)?,
            // It is there until the process ends.
            "--url" => run.broker = Some(value.to_owned().leak()),
            "--count" => run.count = Some(number(name, value)?),
            _ => return Err(format!("{name} {value} is not known")),
        }
        Ok(())
    }
}

impl Comparison {
    fn flag(&mut self, name: &str) -> bool {
        if name == "--quick" {
            self.quick = true;
            self.rounds = 1;
        }
        name == "--quick"
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        match (name, value) {
            ("--rounds", _) => self.rounds = positive(name, value)?,
            ("--only", "binding") => self.binding = true,
            _ => return Err(format!("{name} {value} is not known to compare")),
        }
        Ok(())
    }
}

fn choice<T: Named>(name: &str, value: &str) -> Result<T, String> {
    T::named(value).ok_or_else(|| {
        let known: Vec<_> = T::ALL.iter().map(|(known, _)| *known).collect();
        format!("{name} {value} is not known, but {}", known.join(", "))
    })
}

fn seconds(name: &str, value: &str) -> Result<Duration, String> {
    Duration::try_from_secs_f64(number(name, value)?).map_err(|error| format!("{name}: {error}"))
}

fn positive(name: &str, value: &str) -> Result<usize, String> {
    match number(name, value)? {
        0 => Err(format!("{name} must not be 0")),
        positive => Ok(positive),
    }
}

fn number<T: FromStr>(name: &str, value: &str) -> Result<T, String> {
    value
        .parse()
        .map_err(|_| format!("{name} wants a number, not {value}"))
}
