//! What a configuration says to a step.

mod de;
mod error;
mod value;

use std::collections::BTreeMap;
use std::collections::btree_map::Iter;

use serde::de::DeserializeOwned;

pub use error::PropertyError;
pub use value::Property;

/// The properties of a step: values by name, which [`read`](Self::read) turns into a struct.
///
/// # Examples
///
/// ```
/// use mitto::pipeline::Properties;
/// use serde::Deserialize;
///
/// #[derive(Deserialize)]
/// struct Settings {
///     max_depth: u32,
///     hosts: Vec<String>,
/// }
///
/// let properties = Properties::new()
///     .with("MaxDepth", "5")          // as XML has it
///     .with("hosts", vec!["localhost"]);
/// let settings: Settings = properties.read()?;
/// assert_eq!((settings.max_depth, settings.hosts.len()), (5, 1));
///
/// let properties = properties.with("max_deph", 5);
/// assert_eq!(
///     properties.read::<Settings>().err().unwrap().to_string(),
///     "unknown property `max_deph`, did you mean `max_depth`?",
/// );
/// # Ok::<(), mitto::pipeline::PropertyError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Properties(BTreeMap<String, Property>);

impl Properties {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one, or replaces the one of that name.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Property>) -> Self {
        self.insert(name, value);
        self
    }

    /// Adds one, or replaces the one of that name.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<Property>) {
        self.0.insert(name.into(), value.into());
    }

    /// The one of exactly that name.
    pub fn get(&self, name: &str) -> Option<&Property> {
        self.0.get(name)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// All of them, sorted by name.
    pub fn iter(&self) -> Iter<'_, String, Property> {
        self.0.iter()
    }

    /// These, and those of `over`, which replace the ones of the same name.
    #[must_use]
    pub fn merged(&self, over: &Self) -> Self {
        let mut all = self.clone();
        all.0.extend(over.0.clone());
        all
    }

    /// Reads them into a struct (or a map, or `()` for none at all).
    ///
    /// A name may be spelled otherwise than the field's: case, `_` and `-` do not count, so that the
    /// `MaxDepth` of an XML file is the field `max_depth`. A text is also a number or a bool where the
    /// field is one, as XML has nothing but texts.
    ///
    /// # Errors
    ///
    /// Names the property that is unknown, missing, or of another type.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, PropertyError> {
        T::deserialize(de::Table(self))
    }
}

impl<K: Into<String>, V: Into<Property>> FromIterator<(K, V)> for Properties {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let entries = entries.into_iter();
        Self(entries.map(|(k, v)| (k.into(), v.into())).collect())
    }
}

impl<'a> IntoIterator for &'a Properties {
    type Item = (&'a String, &'a Property);
    type IntoIter = Iter<'a, String, Property>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
