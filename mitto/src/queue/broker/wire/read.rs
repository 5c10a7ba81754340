//! A parcel, put together from what came.

use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use data_encoding::BASE64;

use super::name::Name;
use super::{
    CONTENT_TYPE, CORRELATION, ID, IDENTITY, KIND, Key, METADATA_CONTENT_TYPE, OWN, TYPE, decimal,
};
use crate::address::OwnedAddress;
use crate::auth::{Identity, Stated};
use crate::codec::Format;
use crate::envelope::MessageId;
use crate::escaped::Escaped;
use crate::limits::Limits;
use crate::message::MessageKind;
use crate::queue::broker::{MAX_CORRELATION, MAX_ID, Parcel, ParcelKind, Task};
use crate::runtime::{Instant, later};
use crate::status::{Code, Status};

/// Why what came is no parcel: what breaks the rules, for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Foreign(pub String);

/// Where a parcel came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a node's queue.
    Queue,
    /// In this end's inbox.
    Inbox,
}

/// What a parcel says that it is.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Task(MessageKind),
    Response,
    Error,
    Status,
    Item,
    End,
    Progress,
    Running,
    Credit,
    Cancel,
    Published,
}

/// A parcel that is being put together.
#[derive(Debug)]
pub struct Reading {
    place: Place,
    kind: Option<Kind>,
    correlation: Arc<str>,
    reply_to: Option<Arc<str>>,
    format: Format,
    status: u16,
    credit: u32,
    task: Task,
    expires: Option<u64>,
    /// Packed.
    identity: Vec<u8>,
    signature: String,
    fault: Option<String>,
}

impl Reading {
    /// Begins with nothing.
    pub fn new(place: Place) -> Self {
        Self {
            place,
            kind: None,
            correlation: Arc::default(),
            reply_to: None,
            format: Format::JSON,
            status: 0,
            credit: 0,
            task: Task::new(Arc::<str>::default(), MessageKind::Request),
            expires: None,
            identity: Vec::new(),
            signature: String::new(),
            fault: None,
        }
    }

    /// Takes one name and value. What is wrong with it is said by [`finish`](Self::finish).
    pub fn put(&mut self, name: &str, value: &str) {
        self.put_named(Name::of(name), value);
    }

    /// The same of a name that is known already.
    pub(in crate::queue::broker) fn put_named(&mut self, name: Name<'_>, value: &str) {
        if let Err(fault) = self.take(name, value) {
            self.fault(fault);
        }
    }

    /// Takes where whoever sent it is reached, from whoever knows that already.
    #[cfg(feature = "nats")]
    pub(in crate::queue::broker) fn put_reply_to(&mut self, inbox: Arc<str>) {
        self.reply_to = Some(inbox);
    }

    /// Notes what the broker's part has found wrong.
    pub fn fault(&mut self, fault: impl Into<String>) {
        self.fault.get_or_insert(fault.into());
    }

    /// Puts the parcel together. Of an identity is kept what `trust` lets pass.
    ///
    /// # Errors
    ///
    /// When what came is no parcel.
    pub fn finish(
        mut self,
        body: Vec<u8>,
        trust: Trust<'_>,
        limits: &Limits,
    ) -> Result<Parcel, Foreign> {
        if let Some(fault) = self.fault {
            return Err(Foreign(fault));
        }
        if body.len() > limits.message {
            let most = limits.message;
            return Err(Foreign(format!(
                "its body has {} bytes, at most {most} are taken",
                body.len()
            )));
        }
        let kind = self.kind.unwrap_or(match self.place {
            Place::Queue => Kind::Task(MessageKind::Request),
            Place::Inbox => Kind::Response,
        });
        let kind = match kind {
            Kind::Response => ParcelKind::Response,
            Kind::Error => ParcelKind::Error,
            Kind::Item => ParcelKind::Item,
            Kind::End => ParcelKind::End,
            Kind::Progress => ParcelKind::Progress,
            Kind::Running => ParcelKind::Running,
            Kind::Cancel => ParcelKind::Cancel,
            Kind::Credit => ParcelKind::Credit(self.credit),
            Kind::Status => {
                let text = String::from_utf8_lossy(&body).into_owned();
                ParcelKind::Status(Status::new(Code::from(self.status), text))
            }
            Kind::Task(_) | Kind::Published => {
                self.task.kind = match kind {
                    Kind::Task(kind) => kind,
                    _ => MessageKind::Notification,
                };
                let mut parcel = Parcel::new(ParcelKind::Cancel, self.correlation);
                parcel.reply_to = self.reply_to;
                parcel = parcel.with_body(self.format, body);
                let told = Told {
                    expires: self.expires,
                    identity: &self.identity,
                    signature: &self.signature,
                };
                let task = head(self.task, &told, &parcel, trust, limits)?;
                parcel.kind = match kind {
                    Kind::Published => ParcelKind::Published(Box::new(task)),
                    _ => ParcelKind::Task(Box::new(task)),
                };
                return Ok(parcel);
            }
        };
        let has_value = matches!(
            kind,
            ParcelKind::Response | ParcelKind::Error | ParcelKind::Item
        );
        let mut parcel = Parcel::new(kind, self.correlation);
        parcel.reply_to = self.reply_to;
        Ok(match has_value {
            true => parcel.with_body(self.format, body),
            false => parcel,
        })
    }

    fn take(&mut self, name: Name<'_>, value: &str) -> Result<(), String> {
        match name {
            Name::Kind => self.kind = Some(kind(value)?),
            Name::Type => self.task.name = value.into(),
            Name::TypeId => self.task.type_id = Some(MessageId(number(name, value)?)),
            Name::Id => self.task.id = id(value)?,
            Name::Correlation if value.len() <= MAX_CORRELATION => self.correlation = value.into(),
            Name::Correlation => {
                return Err(format!(
                    "`{CORRELATION}` is longer than {MAX_CORRELATION} bytes"
                ));
            }
            Name::ReplyTo => self.reply_to = Some(value.into()),
            Name::ContentType => {
                self.format = super::format(value).ok_or_else(|| {
                    format!("the content type `{}` is not known", value.escape_debug())
                })?;
            }
            Name::Idempotent => self.task.idempotent = value == "true",
            Name::Expires => self.expires = Some(number(name, value)?),
            Name::Address => {
                let address = OwnedAddress::try_from(value).map_err(|error| error.to_string())?;
                self.task.address = Some(address);
            }
            Name::Hops => self.task.hops = number(name, value)?,
            Name::Window => self.task.window = number(name, value)?,
            Name::Peer => self.task.peer = number(name, value)?,
            Name::Identity => {
                let packed = BASE64.decode(value.as_bytes());
                self.identity = packed.map_err(|_| format!("`{IDENTITY}` is not Base64"))?;
            }
            Name::Signature => value.clone_into(&mut self.signature),
            Name::Status => self.status = number(name, value)?,
            Name::Credit => self.credit = number(name, value)?,
            Name::Other(METADATA_CONTENT_TYPE) => self.task.metadata.append(CONTENT_TYPE, value),
            // A later version's.
            Name::Other(own) if own.starts_with(OWN) => {}
            Name::Other(name) => self.task.metadata.append(name, value),
        }
        Ok(())
    }
}

/// Why an identity is believed.
#[derive(Clone, Copy, Debug)]
pub enum Trust<'a> {
    /// It is not: whoever sends a task is anonymous.
    Nobody,
    /// Whoever has sent it may set identities, as the broker has checked.
    Sender,
    /// It is signed with this key.
    Signed(&'a Key),
}

/// What was said and is to be checked.
struct Told<'a> {
    expires: Option<u64>,
    identity: &'a [u8],
    signature: &'a str,
}

fn head(
    mut task: Task,
    told: &Told<'_>,
    parcel: &Parcel,
    trust: Trust<'_>,
    limits: &Limits,
) -> Result<Task, Foreign> {
    if task.name.is_empty() {
        return Err(Foreign(format!("it names no message in `{TYPE}`")));
    }
    if let Err(status) = task.metadata.check(limits) {
        return Err(Foreign(status.message().to_owned()));
    }
    task.deadline = told.expires.map(|expires| moment(expires, limits));
    let believed = match trust {
        Trust::Nobody => false,
        Trust::Sender => true,
        Trust::Signed(key) => {
            key.verify(told.signature, &task, told.expires, told.identity, parcel)
        }
    };
    task.identity = match believed {
        true => identity(told.identity)?,
        false => None,
    };
    if !believed {
        task.hops = 0;
        if !told.identity.is_empty() {
            doubt(&task.name);
        }
    }
    Ok(task)
}

/// Says that an identity is not believed: the first time, and ever more seldom.
#[cold]
fn doubt(name: &str) {
    static DOUBTED: AtomicU64 = AtomicU64::new(0);
    let doubted = DOUBTED.fetch_add(1, Relaxed) + 1;
    if doubted.is_power_of_two() {
        let name = Escaped(name);
        tracing::warn!(
            %name,
            doubted,
            "the identity in a task is not believed: this worker does not know its gateway as such, or has another key"
        );
    }
}

fn identity(packed: &[u8]) -> Result<Option<Identity>, Foreign> {
    let stated = Stated::packed(packed).map_err(|error| Foreign(error.to_string()))?;
    Ok(stated.identity())
}

fn kind(text: &str) -> Result<Kind, String> {
    Ok(match text {
        "request" => Kind::Task(MessageKind::Request),
        "stream" => Kind::Task(MessageKind::Stream),
        "notification" => Kind::Task(MessageKind::Notification),
        "response" => Kind::Response,
        "error" => Kind::Error,
        "status" => Kind::Status,
        "item" => Kind::Item,
        "end" => Kind::End,
        "progress" => Kind::Progress,
        "running" => Kind::Running,
        "credit" => Kind::Credit,
        "cancel" => Kind::Cancel,
        "published" => Kind::Published,
        other => {
            let cut: String = other.chars().take(32).collect();
            return Err(format!(
                "`{KIND}` is `{}`, which is none",
                cut.escape_debug()
            ));
        }
    })
}

fn id(value: &str) -> Result<Arc<str>, String> {
    match value.len() <= MAX_ID && value.bytes().all(|byte| byte.is_ascii_graphic()) {
        true => Ok(value.into()),
        false => Err(format!(
            "`{ID}` is not visible ASCII of at most {MAX_ID} bytes"
        )),
    }
}

fn number<N: TryFrom<u64> + FromStr>(name: Name<'_>, value: &str) -> Result<N, String> {
    decimal::parse(value)
        .ok_or_else(|| format!("`{}` is no number, or too large a one", name.as_str()))
}

/// A moment of the wall clock on this process's own, no further off than a deadline may be.
fn moment(unix_millis: u64, limits: &Limits) -> Instant {
    let now = Instant::now();
    let at = UNIX_EPOCH.checked_add(Duration::from_millis(unix_millis));
    match at.map(|at| at.duration_since(SystemTime::now())) {
        Some(Ok(left)) => later(now, left.min(limits.timeout_max)),
        None => later(now, limits.timeout_max),
        // It has passed.
        Some(Err(_)) => now,
    }
}
