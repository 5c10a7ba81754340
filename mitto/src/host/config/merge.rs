//! One configuration put into another.

use super::error::Faults;
use super::{ConfigError, Configuration};

impl Configuration {
    /// This one with an update put in, checked as a whole.
    ///
    /// An application of the update is added, or replaces the one of its name as a whole, with all its nodes.
    /// A host is added, or replaces the one of its name; a host that runs nothing is forgotten. What the
    /// update does not name stays as it is.
    ///
    /// # Errors
    ///
    /// - The update has a [version](Self::version) that is lower than this one's, or the same and changes
    ///   something. (An update without a version is always taken, and leaves the version as it is.)
    /// - The outcome is not [valid](Self::validate).
    pub fn merge(&self, update: &Self) -> Result<Self, ConfigError> {
        let mut merged = self.clone();
        merged.version = update.version.or(self.version);
        merged.applications.extend(update.applications.clone());
        for (name, host) in &update.hosts {
            match host.runs.is_empty() {
                true => merged.hosts.remove(name),
                false => merged.hosts.insert(name.clone(), host.clone()),
            };
        }
        let mut faults = Faults::default();
        if let (Some(own), Some(given)) = (self.version, update.version) {
            let origin = &update.version_origin;
            if given < own {
                let text = format!(
                    "version {given} is older than {own}, which runs: raise it above {own}"
                );
                faults.add(origin.clone(), "version", text);
            } else if given == own && merged != *self {
                let text = format!(
                    "version {given} runs already and says something else: raise it above {own}"
                );
                faults.add(origin.clone(), "version", text);
            }
        }
        // Only what the update says can be wrong on its own; placements it can break from afar.
        update.check_parts(&mut faults);
        merged.check_placements(&mut faults);
        faults.finish()?;
        Ok(merged)
    }
}
