//! The command line.

use crate::kind::{KINDS, Kind};

pub(crate) const HELP: &str = "\
Puts a broker, a gateway and workers through storms, all of them processes of their own. Prints a row of a
Markdown table for each figure, and fails when one does not hold. The README says what each figure is, and how
long it takes.

usage: mitto-storms STORM... [options]

storms:
  killed      workers are killed while they work
  restarts    the broker is stopped and started, and killed at the end
  many        many requests, without any trouble
  stopped     a worker, then a gateway, stands still for a while
  all         all of these

options:
  --broker B      rabbitmq, classic (queues of RabbitMQ), jetstream, nats, mqtt-session (workers have sessions) or
                  mqtt; default rabbitmq; all of them: all
  --kills N       how often a worker is killed; default 50
  --without-store workers do not share a store
  --seconds N     how long the broker is stopped and started; default 60
  --callers N     how many ask meanwhile; default 200
  --requests N    how many requests are many; default 1000000
  --stops N       for how many seconds a worker stands still; default 30; a gateway less than half of it
  --bare          without the head of the table
";

/// Longer than a broker waits for a sign of life, if it is not told to wait for less.
pub(crate) const STOPS: u64 = 30;

/// What is done, and how.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) storms: Vec<Storm>,
    pub(crate) kinds: Vec<Kind>,
    pub(crate) kills: usize,
    pub(crate) store: bool,
    pub(crate) seconds: u64,
    pub(crate) callers: usize,
    pub(crate) requests: u64,
    /// How long a worker stands still, in seconds.
    pub(crate) stops: u64,
    pub(crate) bare: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Storm {
    Killed,
    Restarts,
    Many,
    Stopped,
}

const ALL: [(&str, Storm); 4] = [
    ("killed", Storm::Killed),
    ("restarts", Storm::Restarts),
    ("many", Storm::Many),
    ("stopped", Storm::Stopped),
];

impl Storm {
    pub(crate) fn name(self) -> &'static str {
        let known = ALL.iter().find(|(_, storm)| *storm == self);
        known.map_or("", |(name, _)| name)
    }
}

impl Options {
    /// Reads the command line; `None` asks for the help.
    pub(crate) fn parse(
        mut arguments: impl Iterator<Item = String>,
    ) -> Result<Option<Self>, String> {
        let mut options = Self {
            storms: Vec::new(),
            kinds: vec![Kind::RabbitMq],
            kills: 50,
            store: true,
            seconds: 60,
            callers: 200,
            requests: 1_000_000,
            stops: STOPS,
            bare: false,
        };
        while let Some(argument) = arguments.next() {
            let mut value = || {
                let value = arguments.next();
                value.ok_or_else(|| format!("{argument} needs a value"))
            };
            match argument.as_str() {
                "--help" => return Ok(None),
                "--bare" => options.bare = true,
                "--without-store" => options.store = false,
                "--broker" => options.kinds = kinds(&value()?)?,
                "--kills" => options.kills = number("--kills", &value()?)?,
                "--seconds" => options.seconds = number("--seconds", &value()?)?,
                "--callers" => options.callers = number("--callers", &value()?)?,
                "--requests" => options.requests = number("--requests", &value()?)?,
                "--stops" => options.stops = number("--stops", &value()?)?,
                "all" => options.storms.extend(ALL.map(|(_, storm)| storm)),
                name => match ALL.iter().find(|(of, _)| *of == name) {
                    Some((_, storm)) => options.storms.push(*storm),
                    None => return Err(format!("{name} is not known")),
                },
            }
        }
        match options.storms.is_empty() {
            true => Err("no storm".to_owned()),
            false => Ok(Some(options)),
        }
    }
}

fn kinds(name: &str) -> Result<Vec<Kind>, String> {
    if name == "all" {
        return Ok(KINDS.map(|(_, kind)| kind).to_vec());
    }
    let known = KINDS.iter().find(|(of, _)| *of == name);
    let (_, kind) = known.ok_or_else(|| format!("{name} is no broker"))?;
    Ok(vec![*kind])
}

fn number<T: std::str::FromStr>(name: &str, value: &str) -> Result<T, String> {
    let number = value.parse();
    number.map_err(|_| format!("{name} wants a number, not {value}"))
}
