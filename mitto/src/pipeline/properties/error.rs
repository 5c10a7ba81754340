use std::fmt;

use crate::escaped::Escaped;

/// Why properties do not make the struct that a step wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PropertyError {
    /// From the inside out.
    path: Vec<String>,
    text: String,
}

impl PropertyError {
    /// What is wrong with the property `name`.
    pub fn of(name: &str, text: impl fmt::Display) -> Self {
        <Self as serde::de::Error>::custom(text).within(name)
    }

    pub(super) fn within(mut self, name: &str) -> Self {
        self.path.push(name.to_owned());
        self
    }
}

impl fmt::Display for PropertyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            f.write_str("property `")?;
            for (index, name) in self.path.iter().rev().enumerate() {
                let dot = if index > 0 { "." } else { "" };
                write!(f, "{dot}{}", Escaped(name).up_to(64))?;
            }
            f.write_str("`: ")?;
        }
        write!(f, "{}", Escaped(&self.text))
    }
}

impl std::error::Error for PropertyError {}

impl serde::de::Error for PropertyError {
    fn custom<T: fmt::Display>(text: T) -> Self {
        Self {
            path: Vec::new(),
            text: text.to_string(),
        }
    }

    fn missing_field(field: &'static str) -> Self {
        Self::custom(format_args!("property `{field}` is missing, add it"))
    }
}
