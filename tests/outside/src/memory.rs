//! What a process holds, as the system tells it.

use std::fs;

use crate::Failure;

/// The memory of one process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory(pub(crate) u32);

impl Memory {
    /// The bytes that are resident now.
    pub(crate) fn resident(self) -> Result<u64, Failure> {
        self.line("smaps_rollup", "Rss:")
    }

    /// The most bytes that were resident since [`forget_peak`](Self::forget_peak).
    pub(crate) fn peak(self) -> Result<u64, Failure> {
        self.line("status", "VmHWM:")
    }

    pub(crate) fn forget_peak(self) -> Result<(), Failure> {
        fs::write(format!("/proc/{}/clear_refs", self.0), "5")?;
        Ok(())
    }

    fn line(self, file: &str, name: &str) -> Result<u64, Failure> {
        let text = fs::read_to_string(format!("/proc/{}/{file}", self.0))?;
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        let kilobytes = line.and_then(|line| line.split_whitespace().next());
        let kilobytes: u64 = kilobytes.ok_or("no such line")?.parse()?;
        Ok(kilobytes << 10)
    }
}
