//! The command line.

use std::time::Duration;

pub(crate) const HELP: &str = "\
Measures a mitto server from outside of its process. Prints a row of a Markdown table for each figure, and
fails when one does not hold. The README says what each figure is, and how long it takes.

usage: mitto-outside FIGURE... [options]

figures:
  idle-ws idle-tcp idle-wss idle-tls    memory of idle connections, at first, after a while, after they close
  mute                                  peers that ask for much and never read
  slow                                  handshakes that are never finished
  announced                             lengths that are announced and never sent
  descriptors                           a server with few file descriptors
  all                                   all of these

options:
  --minutes M        how long idle connections stay; default 5
  --connections N    idle connections; default 10000
  --bare             without the head of the table
";

/// What is measured, and how.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) figures: Vec<Figure>,
    pub(crate) stay: Duration,
    pub(crate) connections: usize,
    pub(crate) bare: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Figure {
    Idle(Scheme),
    Mute,
    Slow,
    Announced,
    Descriptors,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Ws,
    Wss,
    Tcp,
    Tls,
}

const ALL: [(&str, Figure); 8] = [
    ("idle-ws", Figure::Idle(Scheme::Ws)),
    ("idle-tcp", Figure::Idle(Scheme::Tcp)),
    ("idle-wss", Figure::Idle(Scheme::Wss)),
    ("idle-tls", Figure::Idle(Scheme::Tls)),
    ("mute", Figure::Mute),
    ("slow", Figure::Slow),
    ("announced", Figure::Announced),
    ("descriptors", Figure::Descriptors),
];

impl Scheme {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ws => "ws",
            Self::Wss => "wss",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
        }
    }
}

impl Options {
    /// Reads the command line; `None` asks for the help.
    pub(crate) fn parse(
        mut arguments: impl Iterator<Item = String>,
    ) -> Result<Option<Self>, String> {
        let mut options = Self {
            figures: Vec::new(),
            stay: Duration::from_secs(300),
            connections: 10_000,
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
                "--minutes" => {
                    let minutes: f64 = number("--minutes", &value()?)?;
                    options.stay = Duration::try_from_secs_f64(60.0 * minutes)
                        .map_err(|error| format!("--minutes: {error}"))?;
                }
                "--connections" => options.connections = number("--connections", &value()?)?,
                "all" => options.figures.extend(ALL.map(|(_, figure)| figure)),
                name => match ALL.iter().find(|(of, _)| *of == name) {
                    Some((_, figure)) => options.figures.push(*figure),
                    None => return Err(format!("{name} is not known")),
                },
            }
        }
        match (options.figures.is_empty(), options.connections) {
            (true, _) => Err("no figure".to_owned()),
            (_, 0) => Err("--connections must not be 0".to_owned()),
            _ => Ok(Some(options)),
        }
    }
}

fn number<T: std::str::FromStr>(name: &str, value: &str) -> Result<T, String> {
    let number = value.parse();
    number.map_err(|_| format!("{name} wants a number, not {value}"))
}
