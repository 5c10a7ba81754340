use serde::Deserialize;

use crate::escaped::Escaped;
use crate::pipeline::carried::{Carried, TypeOf};
use crate::pipeline::stage::{Composed, Gives, Registered, Running, Stage};
use crate::pipeline::{Flow, Properties, PropertyError, StepContext};

/// Prints the text that its property `Text` is, and goes on with the message.
pub(in crate::pipeline) struct Print;

#[derive(Deserialize)]
struct Settings {
    #[serde(rename = "Text")]
    text: String,
}

impl Registered for Print {
    fn takes(&self) -> Option<TypeOf> {
        None
    }

    fn gives(&self) -> Gives {
        Gives::Same
    }

    fn compose(&self, properties: &Properties) -> Result<Composed, PropertyError> {
        let settings: Settings = properties.read()?;
        Ok(Composed::Stage(Box::new(settings)))
    }
}

impl Stage for Settings {
    fn run<'a>(&'a self, context: &'a mut StepContext, value: Carried) -> Running<'a> {
        context.print(&self.text);
        Box::pin(async { Ok(Flow::Next(value)) })
    }
}

/// Prints where the message went and what it is, and goes on with it.
#[derive(Clone, Copy)]
pub(in crate::pipeline) struct PrintMessage;

/// So many characters of a message are printed.
const MOST: usize = 4096;

impl Registered for PrintMessage {
    fn takes(&self) -> Option<TypeOf> {
        None
    }

    fn gives(&self) -> Gives {
        Gives::Same
    }

    fn compose(&self, properties: &Properties) -> Result<Composed, PropertyError> {
        let () = properties.read()?;
        Ok(Composed::Stage(Box::new(*self)))
    }
}

impl Stage for PrintMessage {
    fn run<'a>(&'a self, context: &'a mut StepContext, value: Carried) -> Running<'a> {
        let poster = &context.poster;
        let text = value.readable(poster.codecs(), poster.limits().message);
        // It came from elsewhere, and goes to a terminal.
        let text = Escaped(text).up_to(MOST);
        match context.address() {
            Some(address) => context.print(&format!("{address}: {text}")),
            None => context.print(&text.to_string()),
        }
        Box::pin(async { Ok(Flow::Next(value)) })
    }
}
