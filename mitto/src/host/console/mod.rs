//! A host that is operated by commands, a line each.

mod command;
mod fork;

use std::io::{self, BufRead, IsTerminal, Write};

use serde_json::Value;
use tokio::sync::mpsc;

use command::Command;
use fork::Forks;

use super::config::Configuration;
use super::{Builder, Host};

/// A host that is operated by commands, a line each: from a terminal, a pipe, or a program of its own.
///
/// ```text
#[doc = include_str!("help.txt")]
/// ```
///
/// A value is JSON, such as `10` or `{"n": 1}`; what is no JSON is a text, and nothing is `null`. `fork` starts the
/// program of this process again, without arguments; it ends with this console.
///
/// # Examples
///
/// ```
/// use mitto::host::{Console, Host};
///
/// # #[tokio::main]
/// # async fn main() {
/// let mut console = Console::new(Host::builder); // with your steps and providers
/// let said = console.command("load no-such-file.toml").await;
/// assert!(said.unwrap().starts_with("error: "));
/// assert_eq!(console.command("exit").await, None);
/// # }
/// ```
pub struct Console {
    make: Box<dyn Fn() -> Builder + Send>,
    host: Option<Host>,
    forks: Forks,
}

impl Console {
    /// What `help` prints.
    pub const HELP: &'static str = include_str!("help.txt");

    /// A console whose hosts are made by `make`.
    pub fn new(make: impl Fn() -> Builder + Send + 'static) -> Self {
        Self {
            make: Box::new(make),
            host: None,
            forks: Forks::default(),
        }
    }

    /// What runs.
    pub fn host(&self) -> Option<&Host> {
        self.host.as_ref()
    }

    /// Does what standard input says, until `exit` or its end, and prints to standard output. At a terminal it
    /// shows a prompt.
    pub async fn run(mut self) {
        let mut lines = lines();
        let prompts = io::stdin().is_terminal();
        if prompts {
            print("`help` lists the commands\n");
        }
        loop {
            if prompts {
                print("> ");
            }
            let said = match lines.recv().await {
                Some(line) => self.command(&line).await,
                None => self.command("exit").await,
            };
            match said {
                Some(said) if said.is_empty() => {}
                Some(said) => print(&format!("{said}\n")),
                None => return,
            }
        }
    }

    /// Does what one line says: what is to be printed, or `None` when it was `exit`. What went wrong begins with
    /// `error: `.
    pub async fn command(&mut self, line: &str) -> Option<String> {
        let done = match Command::parse(line) {
            Ok(Command::Exit) => {
                self.unload().await;
                self.forks.end();
                return None;
            }
            Ok(command) => self.run_command(command).await,
            Err(error) => Err(error),
        };
        Some(done.unwrap_or_else(|error| format!("error: {error}")))
    }

    async fn run_command(&mut self, command: Command<'_>) -> Result<String, String> {
        match command {
            Command::Nothing | Command::Exit => Ok(String::new()),
            Command::Help => Ok(Self::HELP.trim_end().to_owned()),
            Command::Load(file) => self.load(read(file)?).await,
            Command::Plan(file) => self.plan(&read(file)?),
            Command::Unload => match self.unload().await {
                true => Ok("unloaded".to_owned()),
                false => Err(NOTHING.to_owned()),
            },
            Command::Send(action, value) => self.send(action, &value).await,
            Command::Post(action, value) => {
                let posted = self.running()?.post(action, &value);
                posted.map_err(|status| status.to_string())?;
                Ok(String::new())
            }
            Command::Show => Ok(self.running()?.report().to_string()),
            Command::Fork(command) => self.forks.start(command).map_err(|error| error.to_string()),
        }
    }

    async fn load(&mut self, configuration: Configuration) -> Result<String, String> {
        let Some(host) = &self.host else {
            let started = (self.make)().start(configuration).await;
            let host = started.map_err(|error| error.to_string())?;
            let shown = Configuration::new().changes(&host.configuration());
            self.host = Some(host);
            return Ok(shown.to_string());
        };
        let changes = host.apply(&configuration).await;
        changes
            .map(|changes| changes.to_string())
            .map_err(|error| error.to_string())
    }

    fn plan(&self, configuration: &Configuration) -> Result<String, String> {
        let changes = match &self.host {
            Some(host) => host
                .plan(configuration)
                .map_err(|error| error.to_string())?,
            None => Configuration::new().changes(configuration),
        };
        Ok(changes.to_string())
    }

    async fn unload(&mut self) -> bool {
        match self.host.take() {
            Some(host) => {
                host.shutdown().await;
                true
            }
            None => false,
        }
    }

    async fn send(&self, action: &str, value: &Value) -> Result<String, String> {
        let answer = self.running()?.call_in_json(action, value).await;
        let answer = answer.map_err(|status| status.to_string())?;
        Ok(match answer {
            Value::String(text) => text,
            answer => answer.to_string(),
        })
    }

    fn running(&self) -> Result<&Host, String> {
        self.host.as_ref().ok_or_else(|| NOTHING.to_owned())
    }
}

const NOTHING: &str = "nothing runs: `load` a configuration first";

fn read(file: &str) -> Result<Configuration, String> {
    Configuration::load(file).map_err(|error| error.to_string())
}

/// The lines of standard input, read in a thread of its own: a runtime could not end while it waits for one.
fn lines() -> mpsc::Receiver<String> {
    let (send, lines) = mpsc::channel(16);
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines() {
            let Ok(line) = line else { break };
            if send.blocking_send(line).is_err() {
                break;
            }
        }
    });
    lines
}

/// Prints whatever happens to the other end.
fn print(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
