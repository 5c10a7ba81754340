//! What the service and its clients say to each other.

use mitto::{Notification, Request};
use serde::{Deserialize, Serialize, Serializer};
use serde_bytes::ByteBuf;

/// Declares messages that have no fields.
macro_rules! plain_messages {
    ($($(#[$attribute:meta])* $name:ident),* $(,)?) => {$(
        #[derive(Debug, Serialize, Deserialize, Request)]
        $(#[$attribute])*
        pub(crate) struct $name {}
    )*};
}

plain_messages! {
    /// Does nothing.
    Nothing,
    /// Never answers.
    Hang,
    /// Never answers, in a task of its own.
    HangSpawned,
    /// Answers when it is cancelled, on a thread of its own.
    HangBlocking,
    /// Answers when the test lets it.
    #[request(response = u32)]
    Wait,
    /// Never answers, and has a short deadline.
    #[request(timeout = "200ms")]
    Brief,
    /// Panics.
    PanicPlain,
    /// Panics after an await.
    PanicAsync,
    /// Panics in a task of its own.
    PanicSpawned,
    /// Panics on a thread of its own.
    PanicBlocking,
    /// Its extractor panics.
    PanicExtract,
    /// A stream whose handler panics after one item.
    #[request(stream = u32)]
    PanicStream,
    /// Asks the caller for its favourite.
    #[request(response = String)]
    AskBack,
    /// Asks the caller for something it never answers.
    #[request(response = ())]
    HangBack,
    /// Asks the caller for something it refuses.
    #[request(response = String)]
    RefuseBack,
    /// Reads a stream of the caller's.
    #[request(response = Vec<u32>)]
    ReadBack,
    /// What the handler knows of the request.
    #[request(response = Seen)]
    Look,
    /// For those only who have the key.
    #[request(response = String)]
    Secret,
    /// A stream that begins, and sends nothing.
    #[request(stream = u32)]
    Silent,
    /// A stream of 4 KiB texts without end; each one sent is told.
    #[request(stream = String)]
    Flood,
    /// The caller's favourite.
    #[request(response = String)]
    Favourite,
    /// Never answered by the client.
    HangThere,
    /// A stream from the client: 1, 2, 3.
    #[request(stream = u32)]
    Letters,
    /// Refused by the client.
    #[request(response = String, error = Moody)]
    Refuse,
}

/// Adds two numbers.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = Sum, idempotent)]
pub(crate) struct Add {
    pub(crate) a: i64,
    pub(crate) b: i64,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sum {
    pub(crate) sum: i64,
}

/// Gives a pair back the other way round.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = (u32, String))]
pub(crate) struct Swap(pub(crate) String, pub(crate) u32);

/// Asks for a page.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = Page<Vec<Option<Sum>>>)]
pub(crate) struct Turn {
    pub(crate) to: u32,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Page<T> {
    pub(crate) number: u32,
    pub(crate) content: T,
}

/// Takes money out.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = u64, error = NoMoney)]
pub(crate) struct Withdraw {
    pub(crate) amount: u64,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum NoMoney {
    Missing { amount: u64 },
}

/// Counts up from 1, then ends as told.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(stream = u32, error = NoMoney)]
pub(crate) struct Count {
    pub(crate) to: u32,
    pub(crate) then: Then,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Then {
    End,
    Error,
    Status,
    Hang,
}

/// Works for several times 100 ms, and may report progress after each.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = u32)]
pub(crate) struct Work {
    pub(crate) rounds: u32,
    pub(crate) report: bool,
}

/// A text of so many bytes.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = String)]
pub(crate) struct Blow {
    pub(crate) up: usize,
}

/// Gives a content back, the bytes in reverse order.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = ByteBuf)]
pub(crate) struct Reverse {
    #[serde(with = "serde_bytes")]
    pub(crate) content: Vec<u8>,
}

/// Remembers a text.
#[derive(Debug, Serialize, Deserialize, Notification)]
pub(crate) struct Remember {
    pub(crate) text: String,
}

/// Makes the server notify its caller.
#[derive(Debug, Serialize, Deserialize, Notification)]
pub(crate) struct TellBack {
    pub(crate) text: String,
}

/// Tells the client something.
#[derive(Debug, Serialize, Deserialize, Notification)]
pub(crate) struct Told {
    pub(crate) text: String,
}

/// Asks for something that cannot be encoded.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = Odd)]
pub(crate) struct AskOdd {
    pub(crate) panic: bool,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Odd {
    pub(crate) panic: bool,
}

impl Serialize for Odd {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        assert!(!self.panic, "odd");
        Err(serde::ser::Error::custom("odd"))
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Seen {
    pub(crate) address: Option<String>,
    pub(crate) metadata: Vec<(String, String)>,
    pub(crate) deadline: bool,
    pub(crate) connected: bool,
    pub(crate) state: String,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Moody {
    NotNow,
}

mitto::schema! {
    /// Everything that is tried over every way.
    pub(crate) Service {
        client => server as ServiceClient: [
            Nothing, Add, Swap, Turn, Withdraw, Count, Work, Blow, Remember, TellBack, AskOdd, Hang,
            HangSpawned, HangBlocking, Wait, Brief, PanicPlain, PanicAsync, PanicSpawned,
            PanicBlocking, PanicExtract, PanicStream, AskBack, HangBack, RefuseBack, ReadBack, Look,
            Secret, Silent, Flood, Reverse,
        ],
        server => client as ServiceCaller: [Favourite, HangThere, Letters, Refuse, Told],
    }
}
