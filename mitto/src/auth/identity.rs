use std::fmt;
use std::sync::Arc;

/// Who asks: a name, and what it may do. Clones are cheap.
///
/// It holds no secret. A handler takes it as an argument: `Identity` refuses whoever has none with
/// `Denied`, `Option<Identity>` lets everybody in.
///
/// ```
/// use mitto::auth::Identity;
///
/// let ann = Identity::new("ann").grant("orders:read").grant("orders:write");
/// assert_eq!(ann.name(), "ann");
/// assert!(ann.has("orders:write") && !ann.has("admin"));
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Identity(Arc<Known>);

#[derive(Clone, PartialEq, Eq, Hash)]
struct Known {
    name: String,
    grants: Vec<String>,
}

impl Identity {
    /// An identity without grants.
    pub fn new(name: impl Into<String>) -> Self {
        Self(Arc::new(Known {
            name: name.into(),
            grants: Vec::new(),
        }))
    }

    /// Adds a grant: any word, compared byte for byte. Two have a
    /// [meaning of their own](crate::auth#grants-with-a-meaning-of-their-own).
    #[must_use]
    pub fn grant(mut self, grant: impl Into<String>) -> Self {
        let grant = grant.into();
        if !self.has(&grant) {
            Arc::make_mut(&mut self.0).grants.push(grant);
        }
        self
    }

    /// Who it is.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Whether it has a grant.
    pub fn has(&self, grant: &str) -> bool {
        self.0.grants.iter().any(|own| own == grant)
    }

    /// Its grants, in the order in which they were added.
    pub fn grants(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.grants.iter().map(String::as_str)
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("name", &self.0.name)
            .field("grants", &self.0.grants)
            .finish()
    }
}
