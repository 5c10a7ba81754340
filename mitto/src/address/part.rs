//! The rule of the parts, for other names that are to hold to it.

use super::Address;

/// Why a name could not be a part of an address. Its text goes on after "the name of ..".
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PartFault {
    #[error("is empty, take 1 to 64 of A-Z a-z 0-9 _ -")]
    Empty,
    #[error("is too long, take 1 to 64 of A-Z a-z 0-9 _ -")]
    Long,
    #[error("holds {0:?}, take only A-Z a-z 0-9 _ -")]
    Character(char),
}

/// Checks a name. However long it is, no more of it is looked at than a part can have.
pub(crate) fn check_part(name: &str) -> Result<(), PartFault> {
    if name.is_empty() {
        return Err(PartFault::Empty);
    }
    for (index, c) in name.chars().enumerate() {
        if !matches!(c, 'A'..='Z' | 'a'..='z' | '0'..='9' | '_' | '-') {
            return Err(PartFault::Character(c));
        }
        if index == Address::PART_MAX {
            return Err(PartFault::Long);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_judged_as_the_parts_of_addresses_are() {
        for name in [
            "a",
            "A-z_9",
            "",
            "*",
            "a/b",
            "é",
            "\u{202e}",
            &"x".repeat(64),
            &"x".repeat(65),
        ] {
            let whole = format!("application/{name}");
            let same = match (check_part(name), Address::parse(&whole)) {
                (Ok(()) | Err(PartFault::Character('/')), Ok(_)) => true,
                (Err(fault), Err(error)) => error.to_string().ends_with(&fault.to_string()),
                _ => false,
            };
            assert!(same, "{name}: {:?}", check_part(name));
        }
    }
}
