//! A session cut at every byte, with every bit flipped, and noise in place of one.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use mitto::Limits;
use mitto::envelope::{CorrelationId, Head, Kind};
use mitto::framing::{Framing, Native};
use mitto_test_targets::random::Random;
use tokio::task::JoinSet;

use super::place::{Over, Place, Then};
use super::recorded::{Recorded, frame};
use super::times;

/// Connections at once.
const AT_ONCE: usize = 256;

/// What a connection that is left alone ends after.
const QUIET: Duration = Duration::from_millis(300);

macro_rules! over_every_transport {
    ($($fact:ident),* $(,)?) => {$(
        mod $fact {
            use super::Over;

            #[tokio::test(start_paused = true)]
            async fn memory() {
                super::$fact(Over::Memory).await;
            }

            #[tokio::test]
            async fn websocket() {
                super::$fact(Over::WebSocket).await;
            }

            #[tokio::test]
            async fn tcp() {
                super::$fact(Over::Tcp).await;
            }

            #[tokio::test]
            async fn unix() {
                super::$fact(Over::Unix).await;
            }

            #[tokio::test]
            async fn tls() {
                super::$fact(Over::Tls).await;
            }
        }
    )*};
}

over_every_transport! {
    whole_session_is_answered,
    session_cut_at_any_byte_leaves_nothing,
    session_with_any_bit_flipped_is_never_misunderstood,
    noise_is_never_answered,
}

async fn whole_session_is_answered(over: Over) {
    let place = Place::open(over, Limits::default()).await;
    let recorded = Recorded::new();
    let (bytes, frames) = place.wire(&recorded.frames);
    let answers = place.play(&bytes, &frames, Then::Silence).await;
    assert_eq!(recorded.verify(&answers, None), recorded.outcomes());
    place.is_whole().await;
}

async fn session_cut_at_any_byte_leaves_nothing(over: Over) {
    let crowd = Crowd::of(over).await;
    // A handshake of TLS costs more than all that comes behind it.
    let step = if over == Over::Tls { times(4, 1) } else { 1 };
    for then in [Then::Finish, Then::Reset, Then::Silence] {
        let cuts = (0..=crowd.bytes.len()).step_by(step);
        crowd.play(cuts, then, |cut, bytes| {
            bytes.truncate(cut);
            None
        });
        crowd.gone().await;
    }
}

async fn session_with_any_bit_flipped_is_never_misunderstood(over: Over) {
    let crowd = Crowd::of(over).await;
    // One bit of each byte, or all.
    let step = if over == Over::Tls { times(9, 1) } else { 1 };
    let bits = (0..8 * crowd.bytes.len()).step_by(step);
    let frames = crowd.frames.clone();
    crowd.play(bits, Then::Silence, move |bit, bytes| {
        bytes[bit / 8] ^= 1 << (bit % 8);
        frames.iter().position(|frame| frame.contains(&(bit / 8)))
    });
    crowd.gone().await;
}

async fn noise_is_never_answered(over: Over) {
    let crowd = Crowd::of(over).await;
    let hello = &crowd.recorded.frames[0];
    let mut random = Random::new(7);
    for round in 0..times(120, 10_000) {
        let frames = noise(round, hello, &mut random);
        let (bytes, places) = match round % 4 {
            // Not even frames.
            0 => (frames.concat(), std::iter::once(0..64 << 10).collect()),
            _ => crowd.place.wire(&frames),
        };
        let then = [Then::Silence, Then::Finish][round / 4 % 2];
        crowd.one(bytes, places, then, |answers| {
            for answer in answers {
                let parsed = Native.parse(&answer, &mut |envelope| {
                    let kind = envelope.head.kind;
                    assert!(kind != Kind::Response && kind != Kind::Item, "{envelope:?}");
                });
                parsed.expect("a server sends what can be read");
            }
        });
        if round % AT_ONCE == AT_ONCE - 1 {
            crowd.gone().await;
        }
    }
    crowd.gone().await;
}

/// 64 KiB that mean nothing: as they are, as one frame, as many frames, as frames with a good head.
fn noise(round: usize, hello: &[u8], random: &mut Random) -> Vec<Vec<u8>> {
    let mut left: usize = 64 << 10;
    if round.is_multiple_of(4) {
        return vec![random.bytes(left)];
    }
    let mut frames = vec![hello.to_vec()];
    while left > 0 {
        let most = if round % 4 == 1 { left } else { left.min(600) };
        let size = if most == left {
            left
        } else {
            1 + random.below(most)
        };
        let bytes = random.bytes(size);
        left -= size;
        frames.push(match round % 4 {
            3 => {
                let kind = Kind::ALL[1 + random.below(Kind::ALL.len() - 1)];
                let id = CorrelationId::new(random.below(20) as u32, random.below(3) as u32);
                let head = Head {
                    from_requester: random.one_in(2),
                    more: random.one_in(4),
                    rest: random.one_in(4),
                    format: Some(mitto::Format::JSON),
                    total: Some(random.below(2_000) as u64),
                    ..Head::new(kind, id)
                };
                frame(&head, &bytes)
            }
            _ => bytes,
        });
    }
    frames
}

/// Limits that are soon reached.
pub(super) fn impatient() -> Limits {
    let mut limits = Limits::default();
    limits.handshake = QUIET;
    limits.ping = QUIET / 3;
    limits.silence = QUIET;
    limits.timeout = QUIET / 2;
    limits.timeout_max = QUIET;
    limits.drain = QUIET / 3;
    limits.write_stall = QUIET;
    limits
}

/// Many connections to one server, with limits that are soon reached.
struct Crowd {
    place: Arc<Place>,
    recorded: Arc<Recorded>,
    bytes: Vec<u8>,
    frames: Vec<Range<usize>>,
    tasks: std::cell::RefCell<JoinSet<()>>,
    room: Arc<tokio::sync::Semaphore>,
}

impl Crowd {
    async fn of(over: Over) -> Self {
        let place = Arc::new(Place::open(over, impatient()).await);
        let recorded = Arc::new(Recorded::new());
        let (bytes, frames) = place.wire(&recorded.frames);
        Self {
            place,
            recorded,
            bytes,
            frames,
            tasks: std::cell::RefCell::default(),
            room: Arc::new(tokio::sync::Semaphore::new(AT_ONCE)),
        }
    }

    /// Plays the recorded session once for each `at`, after `damage` has done something to it and said
    /// which frame it has hit.
    fn play(
        &self,
        at: impl Iterator<Item = usize>,
        then: Then,
        damage: impl Fn(usize, &mut Vec<u8>) -> Option<usize>,
    ) {
        for at in at {
            let mut bytes = self.bytes.clone();
            let damaged = damage(at, &mut bytes);
            let recorded = self.recorded.clone();
            self.one(bytes, self.frames.clone(), then, move |answers| {
                recorded.verify(&answers, damaged);
            });
        }
    }

    fn one(
        &self,
        bytes: Vec<u8>,
        frames: Vec<Range<usize>>,
        then: Then,
        verify: impl FnOnce(Vec<Vec<u8>>) + Send + 'static,
    ) {
        let (place, room) = (self.place.clone(), self.room.clone());
        self.tasks.borrow_mut().spawn(async move {
            let _room = room.acquire().await.expect("it is never closed");
            verify(place.play(&bytes, &frames, then).await);
        });
    }

    /// All connections have ended, and the server is as it was.
    async fn gone(&self) {
        let mut tasks = self.tasks.take();
        while let Some(done) = tasks.join_next().await {
            done.expect("no connection fails");
        }
        self.place.is_whole().await;
    }
}
