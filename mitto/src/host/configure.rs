//! The step that changes what runs.

use super::administration;
use crate::pipeline::{Flow, Need, Step, StepContext};
use crate::status::Status;

/// Takes a configuration as a text, merges it into what runs, and goes on with what has changed: for pipelines that do
/// more than the action `Configure`, and for the files of the ancestor. Whoever sent the message needs the grant.
pub(super) enum Configure {}

impl Step for Configure {
    const NAME: &'static str = "Configure";

    type Takes = String;
    type Returns = Flow<String>;
    type Properties = ();

    fn needs() -> Vec<Need> {
        Vec::new()
    }

    async fn run(context: &mut StepContext, (): &(), text: String) -> Result<Flow<String>, Status> {
        let changes = context.call(administration::CONFIGURE, &text).await?;
        Ok(Flow::Next(changes))
    }
}
