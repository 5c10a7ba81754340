use serde::Deserialize;

use crate::address::OwnedAddress;
use crate::pipeline::carried::{Carried, TypeOf};
use crate::pipeline::poster::checked;
use crate::pipeline::stage::{Composed, Gives, Registered, Running, Stage};
use crate::pipeline::{Flow, Properties, PropertyError, StepContext};

/// Sends the message on to the action that its property `Action` names, and goes on with it.
pub(in crate::pipeline) struct Post;

#[derive(Deserialize)]
struct Settings {
    #[serde(rename = "Action")]
    action: String,
}

struct Ready {
    action: OwnedAddress,
}

impl Registered for Post {
    fn takes(&self) -> Option<TypeOf> {
        None
    }

    fn gives(&self) -> Gives {
        Gives::Same
    }

    fn compose(&self, properties: &Properties) -> Result<Composed, PropertyError> {
        let Settings { action } = properties.read()?;
        let refuse = |text: &str| PropertyError::of("Action", text);
        let action = checked(&action).map_err(|status| refuse(status.message()))?;
        if action.as_address().action().is_none() {
            return Err(refuse(
                "the address names no action, write `application/node/action`",
            ));
        }
        Ok(Composed::Stage(Box::new(Ready { action })))
    }
}

impl Stage for Ready {
    fn run<'a>(&'a self, context: &'a mut StepContext, value: Carried) -> Running<'a> {
        Box::pin(async move {
            let poster = &context.poster;
            let (format, bytes) =
                value.encode(poster.codecs(), context.format, poster.limits().message)?;
            let sender = poster.origin(context);
            sender.post_encoded(self.action.clone(), format, bytes)?;
            Ok(Flow::Next(value))
        })
    }
}
