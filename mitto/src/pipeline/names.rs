//! Names that people type: which are meant to be the same, and which was meant.

/// Whether two names differ only in case, `_` and `-`: `MaxDepth` and `max_depth` do.
pub(crate) fn alike(one: &str, other: &str) -> bool {
    letters(one).eq(letters(other))
}

/// The one that was probably meant, for a name that is none of them.
pub(crate) fn near<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Longer names than that are no slip of the hand, and the distance takes their product in time.
    const LONGEST: usize = 64;
    if name.len() > LONGEST {
        return None;
    }
    let name: Vec<char> = letters(name).collect();
    known
        .into_iter()
        .filter(|known| known.len() <= LONGEST)
        .map(|known| (distance(&name, &letters(known).collect::<Vec<_>>()), known))
        .filter(|(distance, known)| *distance <= known.len().min(name.len()) / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

fn letters(name: &str) -> impl Iterator<Item = char> {
    name.chars()
        .filter(|c| !matches!(c, '_' | '-'))
        .flat_map(char::to_lowercase)
}

/// How many letters have to be put in, left out, replaced or swapped with their neighbour.
fn distance(one: &[char], other: &[char]) -> usize {
    let mut before = vec![0; other.len() + 1];
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let mut least = (last[j] + usize::from(a != b))
                .min(last[j + 1] + 1)
                .min(row[j] + 1);
            if i > 0 && j > 0 && *a == other[j - 1] && one[i - 1] == *b {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_find_what_was_meant() {
        let known = ["policy", "handlers", "actions", "like"];
        for (name, meant) in [
            ("polcy", Some("policy")),
            ("Policy", Some("policy")),
            ("hanlders", Some("handlers")),
            ("handler", Some("handlers")),
            ("act-ions", Some("actions")),
            ("lke", Some("like")),
            ("version", None),
            ("", None),
            (&"x".repeat(10_000), None),
        ] {
            assert_eq!(near(name, known), meant, "{name}");
        }
    }

    #[test]
    fn spellings_of_one_name_are_alike() {
        assert!(alike("MaxDepth", "max_depth") && alike("max-depth", "maxDepth"));
        assert!(!alike("max_depth", "max_depths"));
    }
}
