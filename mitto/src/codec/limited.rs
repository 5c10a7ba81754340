use std::io;

use super::CodecError;

/// The end of a buffer that takes a value up to a limit, and nothing of one that failed.
pub(super) struct Limited<'a> {
    out: &'a mut Vec<u8>,
    start: usize,
    /// Bytes that it still takes; none once it was to take more than that. Counted down, as it is asked
    /// for each byte that a codec writes alone.
    left: usize,
    exceeded: bool,
}

impl<'a> Limited<'a> {
    /// Appends to `out`, as long as it does not grow beyond `end` bytes.
    #[inline]
    pub(super) fn new(out: &'a mut Vec<u8>, end: usize) -> Self {
        Self {
            start: out.len(),
            left: end.saturating_sub(out.len()),
            out,
            exceeded: false,
        }
    }

    /// The buffer, to add exactly so many bytes to it, if they still fit.
    #[cfg(feature = "json")]
    #[inline]
    pub(super) fn take(&mut self, bytes: usize) -> io::Result<&mut Vec<u8>> {
        self.admit(bytes)?;
        self.out.reserve(bytes);
        Ok(self.out)
    }

    /// Appends bytes behind one that says what they are, if all of them still fit.
    #[cfg(feature = "compact")]
    #[inline]
    pub(super) fn write_behind(&mut self, first: u8, bytes: &[u8]) -> io::Result<()> {
        self.admit(1 + bytes.len())?;
        self.out.push(first);
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    /// Where the next byte goes.
    #[cfg(feature = "json")]
    pub(super) fn len(&self) -> usize {
        self.out.len()
    }

    /// Replaces a byte that was written.
    #[cfg(feature = "json")]
    pub(super) fn set(&mut self, at: usize, byte: u8) {
        self.out[at] = byte;
    }

    /// Keeps what was written if all went well, removes it otherwise. `limit` is the one to report.
    #[inline]
    pub(super) fn finish(
        &mut self,
        written: Result<(), CodecError>,
        limit: usize,
    ) -> Result<(), CodecError> {
        match written {
            Ok(()) if !self.exceeded => Ok(()),
            failed => Err(self.undo(failed, limit)),
        }
    }

    #[cold]
    fn undo(&mut self, failed: Result<(), CodecError>, limit: usize) -> CodecError {
        self.out.truncate(self.start);
        match failed {
            Err(error) if !self.exceeded => error,
            // Not left to the serializer: a Serialize of the user's may swallow the error and go on.
            _ => CodecError::TooLarge { limit },
        }
    }

    /// Counts so many bytes more, if they still fit.
    #[inline]
    fn admit(&mut self, bytes: usize) -> io::Result<()> {
        match self.left.checked_sub(bytes) {
            Some(left) => self.left = left,
            None => return Err(self.exceed()),
        }
        Ok(())
    }

    #[cold]
    fn exceed(&mut self) -> io::Error {
        self.left = 0;
        self.exceeded = true;
        io::ErrorKind::FileTooLarge.into()
    }
}

impl io::Write for Limited<'_> {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.admit(bytes.len())?;
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    #[inline]
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn writes_up_to_the_limit() {
        let mut out = b"ab".to_vec();
        let mut limited = Limited::new(&mut out, 4);
        limited.write_all(b"cd").unwrap();
        limited.finish(Ok(()), 2).unwrap();
        assert_eq!(out, b"abcd");
    }

    #[test]
    fn swallowed_overflow_is_still_too_large() {
        let mut out = b"ab".to_vec();
        let mut limited = Limited::new(&mut out, 4);
        limited.write_all(b"c").unwrap();
        limited.write_all(b"def").unwrap_err();
        limited.write_all(b"d").unwrap_err();
        let result = limited.finish(Ok(()), 2);
        assert!(matches!(result, Err(CodecError::TooLarge { limit: 2 })));
        assert_eq!(out, b"ab");
    }
}
