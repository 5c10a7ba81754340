//! Steps put together, and whether they fit.

use std::fmt;
use std::sync::Arc;

use super::carried::{TypeOf, short};
use super::run::{Composition, Pipeline};
use super::stage::{Composed, Gives};
use super::{Properties, PropertyError, Steps};
use crate::escaped::Escaped;

impl Steps {
    /// Puts steps together, each with its properties, in the order in which they run.
    ///
    /// # Errors
    ///
    /// Where there is no step, or none of a name; where properties are not what a step wants; where a step
    /// cannot take what the one before gives; where anything stands behind a handler; where the state of a
    /// step is missing.
    pub fn compose<'a>(
        &self,
        steps: impl IntoIterator<Item = (&'a str, &'a Properties)>,
    ) -> Result<Pipeline, ComposeError> {
        let mut stages = Vec::new();
        let mut last = None;
        let mut reader = None;
        // What the next step gets, and who gives it.
        let mut given: Option<(String, TypeOf)> = None;
        let mut index = 0;
        for (name, properties) in steps {
            let refuse = |why| Err(ComposeError { index, why });
            let Some(entry) = self.find(name) else {
                let near = self.near(name).map(str::to_owned);
                let name = name.to_owned();
                return refuse(Why::Unknown { name, near });
            };
            let name = entry.name.clone();
            if let Some((handler, _)) = &last {
                let handler = String::clone(handler);
                return refuse(Why::Behind { name, handler });
            }
            let needs = entry.step.needs().into_iter();
            if let Some(need) = needs
                .into_iter()
                .find(|need| !self.environment.has(need.id))
            {
                return refuse(Why::State {
                    name,
                    of: need.name,
                });
            }
            let takes = entry.step.takes();
            if let (Some(takes), Some((giver, gives))) = (takes, &given)
                && takes.id != gives.id
            {
                let (giver, gives) = (giver.clone(), *gives);
                return refuse(Why::Types {
                    name,
                    takes,
                    giver,
                    gives,
                });
            }
            match entry.step.gives() {
                Gives::Type(gives) => given = Some((name.clone(), gives)),
                Gives::Same | Gives::Nothing => {}
            }
            match entry.step.compose(properties) {
                Ok(Composed::Stage(stage)) => {
                    if takes.is_some() && reader.is_none() {
                        reader = Some(stages.len());
                    }
                    stages.push((name, stage));
                }
                Ok(Composed::Last(handler)) => last = Some((name, handler)),
                Err(error) => return refuse(Why::Properties { name, error }),
            }
            index += 1;
        }
        if index == 0 {
            let why = Why::Empty;
            return Err(ComposeError { index, why });
        }
        Ok(Pipeline::new(Composition {
            stages,
            last: last.map(|(_, last)| last),
            reader,
            environment: Arc::new(self.environment.clone()),
        }))
    }
}

/// Why steps do not make a pipeline.
#[derive(Clone, Debug)]
pub struct ComposeError {
    index: usize,
    why: Why,
}

impl ComposeError {
    /// Which of the steps it is about, counted from 0.
    pub fn index(&self) -> usize {
        self.index
    }
}

#[derive(Clone, Debug)]
enum Why {
    Empty,
    Unknown {
        name: String,
        near: Option<String>,
    },
    Behind {
        name: String,
        handler: String,
    },
    State {
        name: String,
        of: &'static str,
    },
    Types {
        name: String,
        takes: TypeOf,
        giver: String,
        gives: TypeOf,
    },
    Properties {
        name: String,
        error: PropertyError,
    },
}

impl fmt::Display for ComposeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.why {
            Why::Empty => f.write_str("a pipeline without steps answers nothing, put one in"),
            Why::Unknown { name, near } => {
                let name = Escaped(name).up_to(64);
                match near {
                    Some(near) => write!(f, "there is no step `{name}`, did you mean `{near}`?"),
                    None => write!(
                        f,
                        "there is no step `{name}`, register it with the program's steps"
                    ),
                }
            }
            Why::Behind { name, handler } => write!(
                f,
                "`{name}` stands behind the handler `{handler}`, which answers: put the handler last"
            ),
            Why::State { name, of } => {
                let of = short(of);
                write!(
                    f,
                    "`{name}` takes `State<{of}>`, give the program's steps one with `Steps::state`"
                )
            }
            Why::Types {
                name,
                takes,
                giver,
                gives,
            } => {
                let (takes, gives) = match (short(takes.name), short(gives.name)) {
                    // Two types of one name, in two modules.
                    (a, b) if a == b => (takes.name.to_owned(), gives.name.to_owned()),
                    names => names,
                };
                write!(
                    f,
                    "`{name}` takes `{takes}`, but `{giver}` before it gives `{gives}`: put a step between \
                     that turns one into the other"
                )
            }
            Why::Properties { name, error } => write!(f, "`{name}`: {error}"),
        }
    }
}

impl std::error::Error for ComposeError {}
