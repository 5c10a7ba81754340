//! The lines that somebody types, and how a program ends.

use std::error::Error;
use std::io::BufRead;
use std::process::ExitCode;

use tokio::sync::mpsc;

/// The lines of standard input; the channel ends with it.
///
/// They are read in a thread of its own: tokio's `stdin` would keep a program from ending while it
/// waits for a line.
pub fn lines() -> mpsc::Receiver<String> {
    let (send, lines) = mpsc::channel(16);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            let Ok(line) = line else { break };
            if send.blocking_send(line.trim().to_owned()).is_err() {
                break;
            }
        }
    });
    lines
}

/// Ends a program: prints an error with its causes, each once.
pub fn exit(done: Result<(), Box<dyn Error>>) -> ExitCode {
    let Err(error) = done else {
        return ExitCode::SUCCESS;
    };
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.ends_with(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    eprintln!("error: {text}");
    ExitCode::FAILURE
}
