//! The requests that every end answers by itself.
//!
//! They have reserved names, which begin with `mitto-`. A provider that lists one of these messages
//! in its schema, with a handler of its own, replaces the built-in answer; a server can
//! [switch one off](crate::server::Server::without). A stub's peer sends them.
//!
//! # Examples
//!
//! ```
//! # use mitto::{Request, handler, provider};
//! # use serde::{Deserialize, Serialize};
//! # #[derive(Serialize, Deserialize, Request)]
//! # #[request(response = String)]
//! # struct Greet { name: String }
//! # mitto::schema! { Hello { client => server as HelloClient: [Greet] } }
//! # #[provider(server of Hello: [greet])]
//! # struct HelloServer;
//! # #[handler]
//! # fn greet(req: Greet) -> String { format!("Hello, {}!", req.name) }
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use mitto::built_in::{Describe, Echo, Ping};
//!
//! let client = HelloClient::local(HelloServer);
//! client.peer().call(Ping {}).await?;
//! let text = "who is there?".to_owned();
//! assert_eq!(client.peer().call(Echo { text }).await?.text, "who is there?");
//! let schema = client.peer().call(Describe {}).await?;
//! assert_eq!(schema.name, "Hello");
//! assert_eq!(schema.to_server[0].name, "Greet");
//! # Ok(())
//! # }
//! ```

use serde::{Deserialize, Serialize};

use crate::envelope::MessageId;
use crate::escaped::Escaped;
use crate::job::{Answer, Job, Run};
use crate::message::{
    Codings, Kind, Message, MessageInfo, MessageKind, Never, OneWay, Shapes, Travels, Unary,
};
use crate::provider::MessageProvider;
use crate::schema::Descriptor;
use crate::status::Status;
use crate::telemetry::{HealthReport, Vitals};

/// Asks whether the other end answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ping {}

/// The other end answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pong {}

/// Asks for itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Echo {
    /// What is to come back.
    pub text: String,
}

/// Tells the people at the other end something: it is written to their log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Info {
    /// What to tell them; control characters are escaped, and the text is cut at 4,096 characters.
    pub text: String,
}

/// Makes the other end write to its log what it serves and to whom.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogStatus {}

/// Asks for the other end's schema, as data.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Describe {}

/// Asks how the other end is. A server that authenticates tells only callers with an identity. It is answered with a [`HealthReport`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {}

/// One of the built-in requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BuiltIn {
    /// [`Ping`], answered with [`Pong`].
    Ping,
    /// [`Echo`], answered with itself.
    Echo,
    /// [`Info`], written to the log.
    Info,
    /// [`LogStatus`], which writes to the log.
    LogStatus,
    /// [`Describe`], answered with a [`Descriptor`].
    Describe,
    /// [`Health`], answered with a [`HealthReport`].
    Health,
}

/// Which built-in requests are answered: all, unless switched off.
#[derive(Clone, Debug, Default)]
pub struct BuiltIns {
    off: Vec<BuiltIn>,
    vitals: Vitals,
    guarded: bool,
}

impl BuiltIns {
    /// Switches one off.
    pub fn switch_off(&mut self, built_in: BuiltIn) {
        self.off.push(built_in);
    }

    /// How this end is, as the answer to [`Health`] says it.
    pub(crate) fn vitals(&self) -> &Vitals {
        &self.vitals
    }

    /// Answers only callers with an identity, except for [`Ping`]: what a server that authenticates
    /// does.
    pub fn guard(&mut self) {
        self.guarded = true;
    }

    /// Whether a caller may not have this one.
    pub(crate) fn refuse(&self, built_in: BuiltIn, job: &Job<'_>) -> Option<Status> {
        let open = !self.guarded || built_in == BuiltIn::Ping || job.identity.is_some();
        (!open).then(|| Status::denied("this server answers it only to callers with an identity"))
    }

    /// The one that a message is, if it is answered here and not by the provider itself.
    pub(crate) fn find(&self, id: MessageId, provider: &dyn MessageProvider) -> Option<BuiltIn> {
        let found = BuiltIn::of(id)?;
        (!self.off.contains(&found) && !provider.handles(id)).then_some(found)
    }
}

impl BuiltIn {
    /// The messages of all of them.
    #[cfg(any(feature = "client", feature = "server", feature = "broker"))]
    pub(crate) const MESSAGES: &[&'static MessageInfo] = &[
        Ping::INFO,
        Echo::INFO,
        Info::INFO,
        LogStatus::INFO,
        Describe::INFO,
        Health::INFO,
    ];

    fn of(id: MessageId) -> Option<Self> {
        const PING: MessageId = Ping::INFO.id;
        const ECHO: MessageId = Echo::INFO.id;
        const INFO: MessageId = Info::INFO.id;
        const LOG_STATUS: MessageId = LogStatus::INFO.id;
        const DESCRIBE: MessageId = Describe::INFO.id;
        const HEALTH: MessageId = Health::INFO.id;
        match id {
            PING => Some(Self::Ping),
            ECHO => Some(Self::Echo),
            INFO => Some(Self::Info),
            LOG_STATUS => Some(Self::LogStatus),
            DESCRIBE => Some(Self::Describe),
            HEALTH => Some(Self::Health),
            _ => None,
        }
    }

    /// Answers a request.
    pub(crate) fn run(
        self,
        job: Job<'_>,
        answer: Answer,
        provider: &dyn MessageProvider,
        vitals: &Vitals,
    ) -> Run {
        match self {
            Self::Ping => respond::<Ping>(job, answer, |_| Pong {}),
            Self::Echo => respond::<Echo>(job, answer, |echo| echo),
            Self::Describe => {
                respond::<Describe>(job, answer, |_| provider.descriptor().clone());
            }
            Self::Health => respond::<Health>(job, answer, |_| vitals.report()),
            Self::Info => {
                let peer = Escaped(job.caller.remote().to_owned());
                respond::<Info>(job, answer, |info| {
                    tracing::info!(%peer, "{}", Escaped(info.text).up_to(4 << 10));
                });
            }
            Self::LogStatus => {
                let peer = Escaped(job.caller.remote().to_owned());
                respond::<LogStatus>(job, answer, |_| {
                    let schema = provider.descriptor();
                    let (name, side) = (&schema.name, provider.side());
                    let messages = schema.messages_to(side).len();
                    tracing::info!(%peer, schema = %name, %side, messages, "status");
                });
            }
        }
        Run::done()
    }
}

/// Reads the message and answers it; a notification has no answer.
fn respond<M: Message<Failure = Status>>(
    job: Job<'_>,
    answer: Answer,
    handle: impl FnOnce(M) -> M::Response,
) {
    match job.payload.read::<M>(job.codecs) {
        Ok(message) => answer.outcome::<M>(Ok(handle(message))),
        Err(status) => answer.fail(status),
    }
}

/// Written by hand, because the derives refuse reserved names.
macro_rules! message {
    ($message:ident, $name:literal, $kind:ident -> $response:ty) => {
        impl Message for $message {
            const INFO: &'static MessageInfo = &MessageInfo {
                name: $name,
                id: MessageId::of_name($name),
                kind: <$kind as Kind>::KIND,
                was: &[],
                rust: stringify!($message),
                response: stringify!($response),
                error: None,
                docs: "",
                address: None,
                timeout: None,
                idempotent: matches!(<$kind as Kind>::KIND, MessageKind::Request),
                retry: 0,
                authenticated: false,
                requires: &[],
                shapes: Shapes {
                    message: <Self as Travels>::SHAPE,
                    response: <$response as Travels>::SHAPE,
                    error: <Never as Travels>::SHAPE,
                },
            };
            const CODINGS: &'static Codings<Self> = {
                static CODINGS: Codings<$message> = Codings {
                    message: <$message as Travels>::CODING,
                    response: <$response as Travels>::CODING,
                    error: <Never as Travels>::CODING,
                };
                &CODINGS
            };

            type Kind = $kind;
            type Response = $response;
            type Failure = Status;
        }
    };
}

message!(Ping, "mitto-ping", Unary -> Pong);
message!(Echo, "mitto-echo", Unary -> Echo);
message!(Describe, "mitto-describe", Unary -> Descriptor);
message!(Health, "mitto-health", Unary -> HealthReport);
message!(Info, "mitto-info", OneWay -> ());
message!(LogStatus, "mitto-log-status", OneWay -> ());
#[cfg(feature = "broker")]
pub(crate) use message;
