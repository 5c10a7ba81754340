//! The names of topics.

use crate::escaped::Escaped;
use crate::status::Status;

/// The most bytes of a topic's name.
pub const MAX_NAME: usize = 255;

/// Why a text is no name of a topic.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// There is nothing in it.
    #[error("a topic needs a name, take 1 to {MAX_NAME} bytes of text")]
    Empty,
    /// It has too many bytes.
    #[error("the topic's name has {0} bytes, take at most {MAX_NAME}")]
    Long(usize),
    /// It has a character that hides in a line of text: a control character, or one that changes the
    /// direction of writing. The first such one.
    #[error(
        "the topic's name holds {}, leave out control characters and those that change the direction of writing",
        Escaped(.0)
    )]
    Character(char),
}

/// Whether `name` can be a topic's: 1 to 255 bytes of text, without control characters and without
/// those that change the direction of writing.
///
/// # Errors
///
/// Says what is wrong with it.
///
/// # Examples
///
/// ```
/// use mitto::topic::check_name;
///
/// assert!(check_name("room/Küche #1").is_ok());
/// assert_eq!(
///     check_name("a\nb").unwrap_err().to_string(),
///     "the topic's name holds \\n, leave out control characters and those that change the direction of writing",
/// );
/// ```
pub fn check_name(name: &str) -> Result<(), NameError> {
    match (name.len(), name.chars().find(|c| hides(*c))) {
        (0, _) => Err(NameError::Empty),
        (length, _) if length > MAX_NAME => Err(NameError::Long(length)),
        (_, Some(character)) => Err(NameError::Character(character)),
        _ => Ok(()),
    }
}

/// Unicode's `Bidi_Control`, its line separators, and all of `Cc`.
fn hides(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'
                | '\u{2029}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}'
        )
}

impl From<NameError> for Status {
    fn from(error: NameError) -> Self {
        Self::bad_request(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_that_shows_itself_is_a_name() {
        for name in ["a", "#", "*", "a.b/c", "żółć 你好", "👍🏽", " "] {
            assert_eq!(check_name(name), Ok(()), "{name:?}");
        }
        assert_eq!(check_name(&"x".repeat(255)), Ok(()));
    }

    #[test]
    fn what_hides_is_named() {
        assert_eq!(check_name(""), Err(NameError::Empty));
        assert_eq!(check_name(&"x".repeat(256)), Err(NameError::Long(256)));
        assert_eq!(check_name(&"ä".repeat(128)), Err(NameError::Long(256)));
        for c in [
            '\0', '\n', '\u{7f}', '\u{85}', '\u{200f}', '\u{202e}', '\u{2067}',
        ] {
            let name = format!("a{c}b");
            assert_eq!(check_name(&name), Err(NameError::Character(c)));
        }
    }
}
