//! What every host has of its own: actions that show and change what runs.

use std::collections::HashMap;
use std::sync::Weak;

use super::config::Configuration;
use super::node::Node;
use super::{ApplyError, CONFIGURE as GRANT, Shared};
use crate::codec::{Codecs, Decoder, Encoder};
use crate::envelope::MessageId;
use crate::job::{Answer, Job, OwnedJob, Queue, Run};
use crate::message::Encoded;
use crate::router::{Place, RouteError, Routes};
use crate::status::{Code, Status};

/// Where its actions are,
const NODE: &str = "mitto/administration";

/// the one that changes what runs,
pub(super) const CONFIGURE: &str = "mitto/administration/Configure";

/// and where those of the ancestor look for them.
const OF_ANCESTOR: &str = "AjMessages/Administration";

/// The node of a host that is its own: `Configure` takes a configuration as a text and answers what has changed,
/// `Plan` what it would change, `Show` a [`HostReport`](super::HostReport).
pub(super) struct Administration {
    node: Node,
}

#[derive(Clone, Copy)]
enum Action {
    Configure,
    Plan,
    Show,
}

struct Administers {
    host: Weak<Shared>,
    action: Action,
}

impl Administration {
    pub(super) fn new(host: &Weak<Shared>) -> Self {
        let all = [
            ("Configure", Action::Configure),
            ("Plan", Action::Plan),
            ("Show", Action::Show),
        ];
        let actions: HashMap<MessageId, Box<dyn Queue>> = all
            .into_iter()
            .map(|(name, action)| {
                let host = host.clone();
                let queue: Box<dyn Queue> = Box::new(Administers { host, action });
                (MessageId::of_name(name), queue)
            })
            .collect();
        Self {
            node: Node::new(NODE, None, actions, None),
        }
    }

    /// Routes to it, unless the configuration has something else there.
    pub(super) fn routes(&self, configuration: &Configuration) -> Result<Routes, RouteError> {
        let mut routes = Routes::new();
        for address in [NODE, OF_ANCESTOR] {
            let (application, node) = address.split_once('/').unwrap_or_default();
            let taken = configuration.application(application);
            if taken.is_none_or(|application| application.node(node).is_none()) {
                routes = routes.place(address, Place::new("here", self.node.clone())?)?;
            }
        }
        Ok(routes)
    }
}

impl Queue for Administers {
    fn submit(&self, job: Job<'_>, answer: Answer) -> Run {
        if !job.identity.is_some_and(|identity| identity.has(GRANT)) {
            let text = format!("it needs an identity with the grant `{GRANT}`");
            answer.fail(Status::denied(text));
            return Run::done();
        }
        let Some(host) = self.host.upgrade() else {
            answer.fail(Status::unavailable("the host has ended"));
            return Run::done();
        };
        let job = match OwnedJob::copy(&job, usize::MAX) {
            Ok(copy) => (copy, job.codecs.clone()),
            Err(status) => {
                answer.fail(status);
                return Run::done();
            }
        };
        let action = self.action;
        Run::new(async move {
            let (job, codecs) = job;
            match action.run(&host, &job, &codecs).await {
                Ok(bytes) => answer.respond(&mut Encoded {
                    format: job.format,
                    bytes: &bytes,
                }),
                Err(status) => answer.fail(status),
            }
        })
    }
}

impl Action {
    /// Its answer, in the format of what it was asked.
    async fn run(self, host: &Shared, job: &OwnedJob, codecs: &Codecs) -> Result<Vec<u8>, Status> {
        let mut bytes = Vec::new();
        let mut to = Encoder::new(codecs, job.format, &mut bytes, usize::MAX);
        let encoded = match self {
            Self::Show => to.encode(&host.report()),
            Self::Configure => {
                let changes = host.apply(&read(job, codecs)?).await;
                to.encode(&changes.map_err(|error| refusal(&error))?.to_string())
            }
            Self::Plan => {
                let changes = host.plan(&read(job, codecs)?);
                to.encode(&changes.map_err(|error| refusal(&error))?.to_string())
            }
        };
        match encoded {
            Ok(()) => Ok(bytes),
            Err(error) => Err(Status::new(Code::UnsupportedFormat, error.to_string())),
        }
    }
}

/// The configuration that a message is, as a text in any format.
fn read(job: &OwnedJob, codecs: &Codecs) -> Result<Configuration, Status> {
    let text = Decoder::new(codecs, job.format, &job.payload).decode::<String>();
    let text = text.map_err(|error| {
        Status::bad_request(format!("it takes the text of a configuration: {error}"))
    })?;
    Configuration::from_text(&text).map_err(|error| Status::bad_request(error.to_string()))
}

fn refusal(error: &ApplyError) -> Status {
    match error {
        ApplyError::Closed => Status::unavailable(error.to_string()),
        _ => Status::bad_request(error.to_string()),
    }
}
