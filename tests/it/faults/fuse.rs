//! A service that panics wherever user code runs.

use std::panic::panic_any;
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use mitto::{Items, Request, Status, handler, provider};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Where a call panics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Where {
    /// Nowhere.
    Nowhere,
    /// Nowhere; the handler's own error is answered.
    OwnError,
    InHandler,
    /// In the handler, once it has waited.
    Later,
    /// In the handler, with something that is no text.
    WithANumber,
    /// In the handler, with something that panics when it is dropped.
    WithABomb,
    /// When what the handler owns is dropped, at its end.
    AtItsEnd,
    /// When the handler is dropped, since its caller has gone.
    WhenCancelled,
    /// When the message is dropped.
    InMessage,
    /// When the response is dropped, which is when it has been sent.
    InResponse,
    InSerialize,
    InSerializeOfTheError,
    InDeserialize,
    /// When the caller reads the response.
    InTheCaller,
}

impl Where {
    /// Where the handlers of a connection panic, but for those that their callers give up.
    pub(super) const ALL: [Self; 12] = [
        Self::OwnError,
        Self::InHandler,
        Self::Later,
        Self::WithANumber,
        Self::WithABomb,
        Self::AtItsEnd,
        Self::InMessage,
        Self::InResponse,
        Self::InSerialize,
        Self::InSerializeOfTheError,
        Self::InDeserialize,
        Self::InTheCaller,
    ];

    /// Those that panic in a handler called in process, where nothing is encoded.
    pub(super) const IN_PROCESS: [Self; 7] = [
        Self::OwnError,
        Self::InHandler,
        Self::Later,
        Self::WithANumber,
        Self::WithABomb,
        Self::AtItsEnd,
        Self::InMessage,
    ];
}

/// A call: a number to answer, and where to panic.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Fuse {
    pub(super) n: u32,
    #[serde(deserialize_with = "read_by_the_server")]
    pub(super) panics: Where,
    #[serde(skip)]
    lit: Lit,
}

impl Fuse {
    pub(super) fn new(n: u32, panics: Where) -> Self {
        let lit = Lit(false);
        Self { n, panics, lit }
    }
}

macro_rules! requests {
    ($($name:ident),*) => {$(
        #[derive(Debug, Serialize, Deserialize, Request)]
        #[request(response = Blown, error = Burst)]
        pub(super) struct $name(pub(super) Fuse);
    )*};
}

requests!(Plain, Waiting, Spawned, Blocking);

/// Three items, of which the last one panics.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(stream = Blown)]
pub(super) struct Stream(pub(super) Fuse);

/// The answer.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Blown {
    pub(super) n: u32,
    #[serde(serialize_with = "written", deserialize_with = "read_by_the_caller")]
    panics: Where,
    #[serde(skip)]
    _lit: Lit,
}

#[derive(Debug, Serialize, Deserialize, thiserror::Error)]
#[error("burst")]
pub(super) struct Burst {
    pub(super) n: u32,
    #[serde(serialize_with = "written")]
    panics: Where,
}

/// Panics when it is dropped, once it is lit.
#[derive(Debug, Default)]
struct Lit(bool);

impl Drop for Lit {
    fn drop(&mut self) {
        if self.0 {
            self.0 = false;
            burst("in Drop");
        }
    }
}

/// A panic with this panics again.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("{PURPOSE}: in Drop of what was thrown");
    }
}

/// Panics, every other time with something that panics again when it is dropped.
fn burst(text: &str) -> ! {
    static BURSTS: AtomicUsize = AtomicUsize::new(0);
    match BURSTS.fetch_add(1, Relaxed) % 2 {
        0 => panic!("{PURPOSE}: {text}"),
        _ => panic_any(Bomb),
    }
}

struct Number(#[expect(dead_code, reason = "nobody reads it")] u8);

fn read_by_the_server<'de, D: Deserializer<'de>>(from: D) -> Result<Where, D::Error> {
    let read = Where::deserialize(from)?;
    if read == Where::InDeserialize {
        burst("in Deserialize");
    }
    Ok(read)
}

fn read_by_the_caller<'de, D: Deserializer<'de>>(from: D) -> Result<Where, D::Error> {
    let read = Where::deserialize(from)?;
    assert!(read != Where::InTheCaller, "{PURPOSE}: in the caller");
    Ok(read)
}

fn written<S: Serializer>(panics: &Where, to: S) -> Result<S::Ok, S::Error> {
    let fine = !matches!(panics, Where::InSerialize | Where::InSerializeOfTheError);
    if !fine {
        burst("in Serialize");
    }
    panics.serialize(to)
}

mitto::schema! {
    /// What panics.
    pub(super) Fuses {
        client => server as FusesClient: [Plain, Waiting, Spawned, Blocking, Stream],
        server => client as FusesCaller: [],
    }
}

#[provider(server of Fuses: [plain, waiting, spawned, blocking, stream])]
pub(super) struct FusesServer;

#[handler]
fn plain(Plain(fuse): Plain) -> Result<Blown, Burst> {
    burn(fuse)
}

#[handler]
async fn waiting(Waiting(fuse): Waiting) -> Result<Blown, Burst> {
    wait_and_burn(fuse).await
}

#[handler(spawn)]
async fn spawned(Spawned(fuse): Spawned) -> Result<Blown, Burst> {
    wait_and_burn(fuse).await
}

#[handler(blocking)]
fn blocking(Blocking(fuse): Blocking) -> Result<Blown, Burst> {
    burn(fuse)
}

#[handler]
async fn stream(items: Items<Blown>, Stream(fuse): Stream) -> Result<(), Status> {
    let n = fuse.n;
    for panics in [Where::Nowhere, Where::Nowhere, fuse.panics] {
        let lit = Lit(panics == Where::InResponse);
        items
            .send(Blown {
                n: !n,
                panics,
                _lit: lit,
            })
            .await?;
    }
    burn(fuse).map(drop).map_err(|_| Status::denied("burst"))
}

async fn wait_and_burn(mut fuse: Fuse) -> Result<Blown, Burst> {
    let lit = Lit(matches!(
        fuse.panics,
        Where::AtItsEnd | Where::WhenCancelled
    ));
    if fuse.panics == Where::AtItsEnd {
        // Two panics at once would end the process.
        fuse.panics = Where::Nowhere;
    }
    tokio::task::yield_now().await;
    if fuse.panics == Where::WhenCancelled {
        std::future::pending::<()>().await;
    }
    let blown = burn(fuse);
    drop(lit);
    blown
}

fn burn(mut fuse: Fuse) -> Result<Blown, Burst> {
    let (n, panics) = (!fuse.n, fuse.panics);
    match panics {
        Where::InHandler | Where::Later => burst("in the handler"),
        Where::WithANumber => panic_any(Number(7)),
        Where::WithABomb => panic_any(Bomb),
        Where::AtItsEnd | Where::InMessage => fuse.lit.0 = true,
        Where::OwnError | Where::InSerializeOfTheError => return Err(Burst { n, panics }),
        _ => {}
    }
    let lit = Lit(panics == Where::InResponse);
    Ok(Blown {
        n,
        panics,
        _lit: lit,
    })
}

/// What every panic on purpose says.
const PURPOSE: &str = "on purpose";

/// Keeps the panics of this service out of the output; all others are printed as ever.
pub(super) fn quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let others = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let payload = panic.payload();
            let text = payload.downcast_ref::<String>();
            let is_meant = text.is_some_and(|text| text.starts_with(PURPOSE));
            if !is_meant && !payload.is::<Number>() && !payload.is::<Bomb>() {
                others(panic);
            }
        }));
    });
}
