//! Lines that somebody types.

use std::io::BufRead;

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
