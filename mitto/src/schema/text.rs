//! Texts put together at compile time.

/// The most bytes of a text.
const MAX: usize = 512;

/// A text of a compile error.
#[derive(Clone, Copy)]
pub(crate) struct Text {
    bytes: [u8; MAX],
    length: usize,
}

impl Text {
    pub(crate) const fn new(text: &str) -> Self {
        let empty = Self {
            bytes: [0; MAX],
            length: 0,
        };
        empty.push(text)
    }

    /// Appends a text; what has no room is left out.
    pub(crate) const fn push(mut self, text: &str) -> Self {
        let text = text.as_bytes();
        if self.has_room(text.len()) {
            let mut at = 0;
            while at < text.len() {
                self.bytes[self.length + at] = text[at];
                at += 1;
            }
            self.length += text.len();
        }
        self
    }

    /// Appends a name in backticks.
    pub(crate) const fn name(self, name: &str) -> Self {
        self.push("`").push(name).push("`")
    }

    pub(crate) const fn number(self, number: usize) -> Self {
        let longer = match number / 10 {
            0 => self,
            more => self.number(more),
        };
        let (_, digit) = "0123456789".as_bytes().split_at(number % 10);
        let (digit, _) = digit.split_at(1);
        match std::str::from_utf8(digit) {
            Ok(digit) => longer.push(digit),
            Err(_) => longer,
        }
    }

    pub(crate) const fn has_room(&self, bytes: usize) -> bool {
        self.length + bytes <= MAX
    }

    /// Ends the compilation with this text and the code of the mistake, at whoever called.
    #[track_caller]
    pub(crate) const fn refuse(&self, code: &str) -> ! {
        let text = self.push(" [mitto::").push(code).push("]");
        let (text, _) = text.bytes.split_at(text.length);
        match std::str::from_utf8(text) {
            Ok(text) => panic!("{}", text),
            Err(_) => panic!("mitto: a text is not UTF-8"),
        }
    }
}
