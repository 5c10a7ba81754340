//! A process of a storm, as seen from here.

use std::process::Stdio;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child as Process, ChildStdin, ChildStdout, Command as Program};

use crate::Failure;
use crate::process::{ARGUMENT, Command, Look, Settings};

/// A process; it ends with this.
pub(crate) struct Child {
    process: Process,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// What it said when it was there: a gateway its URL.
    pub(crate) url: String,
    pub(crate) pid: u32,
    /// Which of the workers it is.
    pub(crate) number: usize,
}

impl Child {
    /// Starts one, and waits until it is there.
    pub(crate) async fn start(settings: &Settings) -> Result<Self, Failure> {
        let mut process = Program::new(std::env::current_exe()?)
            .arg(ARGUMENT)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let mut child = Self {
            input: process.stdin.take().ok_or("no input")?,
            output: BufReader::new(process.stdout.take().ok_or("no output")?),
            url: String::new(),
            number: settings.number,
            pid: process.id().ok_or("it has ended")?,
            process,
        };
        child.say(&serde_json::to_string(settings)?).await?;
        child.url = child.hear().await?;
        Ok(child)
    }

    pub(crate) async fn look(&mut self) -> Result<Look, Failure> {
        self.say(&serde_json::to_string(&Command::Look)?).await?;
        self.hear().await
    }

    /// Ends it in order.
    pub(crate) async fn shutdown(mut self) -> Result<(), Failure> {
        self.say(&serde_json::to_string(&Command::Shutdown)?)
            .await?;
        let _: Look = self.hear().await?;
        self.process.wait().await?;
        Ok(())
    }

    /// Ends it without a word.
    pub(crate) async fn kill(mut self) -> Result<(), Failure> {
        self.process.kill().await?;
        Ok(())
    }

    /// Makes it stand still.
    pub(crate) fn halt(&self) -> Result<(), Failure> {
        self.signal(Signal::SIGSTOP)
    }

    /// Lets it go on.
    pub(crate) fn go_on(&self) -> Result<(), Failure> {
        self.signal(Signal::SIGCONT)
    }

    /// The bytes of memory that are resident now.
    pub(crate) fn resident(&self) -> Result<u64, Failure> {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.pid))?;
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().next());
        let kilobytes: u64 = kilobytes.ok_or("no such line")?.parse()?;
        Ok(kilobytes << 10)
    }

    fn signal(&self, signal: Signal) -> Result<(), Failure> {
        let pid = Pid::from_raw(i32::try_from(self.pid)?);
        Ok(kill(pid, signal)?)
    }

    async fn say(&mut self, line: &str) -> Result<(), Failure> {
        self.input.write_all(format!("{line}\n").as_bytes()).await?;
        Ok(())
    }

    async fn hear<T: DeserializeOwned>(&mut self) -> Result<T, Failure> {
        let mut line = String::new();
        self.output.read_line(&mut line).await?;
        serde_json::from_str(&line).map_err(|_| "a process of the storm has ended".into())
    }
}
