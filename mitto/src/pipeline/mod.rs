//! Steps that a configuration puts together.
//!
//! A step is a fn with `#[mitto::step]`: it takes a value, and goes on with another one, stops, or answers.
//! [`Steps`] has those of a program by name, [`Steps::compose`] puts some of them together, each with its
//! [`Properties`], and checks that each takes what the one before gives. The [`Pipeline`] that comes out is a
//! [`Queue`](crate::job::Queue): it answers messages.
//!
//! Steps reach others by address: [`StepContext::post`] sends a value on, [`StepContext::call`] asks. The
//! [`Poster`] under them is given to the pipeline by whoever knows the addresses.
//!
//! # Examples
//!
//! A number that goes down by one, is sent on as long as it is not 0, and comes back here:
//!
//! ```
//! use mitto::host::config::Configuration;
//! use mitto::pipeline::{Flow, Poster, StepContext, Steps};
//!
//! #[mitto::step]
//! fn decrement(ctx: &mut StepContext, n: i64) -> Flow<i64> {
//!     ctx.print(&format!("{n}"));
//!     if n > 0 { Flow::Next(n - 1) } else { Flow::Stop }
//! }
//!
//! let configuration = Configuration::from_toml(r#"
//!     [applications.App1.nodes.Node1.actions]
//!     Process = [
//!         { type = "decrement" },
//!         { type = "post", properties = { action = "App1/Node1/Process" } },
//!     ]
//! "#)?;
//!
//! let node = configuration.application("App1").and_then(|app| app.node("Node1")).unwrap();
//! let steps = node.steps(node.action("Process").unwrap())?;
//! let pipeline = Steps::new()
//!     .step::<decrement>()
//!     .compose(steps.iter().map(|step| (step.kind(), step.properties())))?;
//! # let _ = (pipeline, Poster::nowhere());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod built_in;
mod carried;
mod compose;
mod context;
mod environment;
mod flow;
mod last;
pub(crate) mod names;
mod poster;
mod properties;
mod run;
mod stage;
mod step;
mod steps;

pub use compose::ComposeError;
pub use context::StepContext;
pub use flow::{Flow, Flows};
pub use poster::Poster;
pub use properties::{Properties, Property, PropertyError};
pub use run::Pipeline;
pub use step::{Need, Step, StepArgument, Told};
pub use steps::Steps;
