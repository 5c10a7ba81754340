//! Other consoles, each a process of its own.

use std::env;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread;

/// The consoles that were started from this one. They end with it.
#[derive(Default)]
pub(super) struct Forks(Vec<Fork>);

struct Fork {
    child: Child,
    /// It ends with its input.
    input: Option<ChildStdin>,
}

impl Forks {
    /// Starts another process of this program, without arguments, and gives it a command. What it prints is
    /// printed here, behind its number.
    pub(super) fn start(&mut self, command: &str) -> io::Result<String> {
        let mut child = Command::new(env::current_exe()?)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let number = self.0.len() + 2;
        if let Some(output) = child.stdout.take() {
            thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    super::print(&format!("{number}: {line}\n"));
                }
            });
        }
        let mut input = child.stdin.take();
        if let Some(input) = &mut input {
            writeln!(input, "{command}")?;
        }
        let id = child.id();
        self.0.push(Fork { child, input });
        Ok(format!("console {number} is process {id}"))
    }

    /// Waits until all have ended.
    pub(super) fn end(&mut self) {
        for fork in &mut self.0 {
            drop(fork.input.take());
        }
        for mut fork in self.0.drain(..) {
            let _ = fork.child.wait();
        }
    }
}

impl Drop for Forks {
    fn drop(&mut self) {
        self.end();
    }
}
