use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use mitto::{Code, Peer, Status};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::service::{Answered, Count, Ledger, Patient, Quick, Relayed, Sleepy};

/// Sends one request after the other, each of a random kind, and checks what comes back.
pub(super) struct Caller {
    peer: Peer,
    relays: bool,
    ids: Range<u32>,
    ledger: Arc<Ledger>,
    random: StdRng,
    tally: Tally,
}

/// What became of the requests.
#[derive(Debug, Default)]
pub(super) struct Tally {
    answered: u32,
    streamed: u32,
    timed_out: u32,
    dropped: u32,
}

impl Tally {
    pub(super) fn add(&mut self, other: &Self) {
        self.answered += other.answered;
        self.streamed += other.streamed;
        self.timed_out += other.timed_out;
        self.dropped += other.dropped;
    }
}

impl Caller {
    pub(super) fn new(
        peer: Peer,
        relays: bool,
        ids: Range<u32>,
        ledger: Arc<Ledger>,
        seed: u64,
    ) -> Self {
        Self {
            peer,
            relays,
            ids,
            ledger,
            random: StdRng::seed_from_u64(seed),
            tally: Tally::default(),
        }
    }

    pub(super) async fn run(mut self) -> Tally {
        for id in self.ids.clone() {
            match self.random.random_range(0..100) {
                0..70 => self.quick(id).await,
                70..82 => self.patient(id).await,
                82..86 => self.sleepy(id).await,
                86..90 if self.relays => self.relayed(id).await,
                90..95 => self.dropped(id).await,
                _ => self.count(id).await,
            }
        }
        self.tally
    }

    async fn quick(&mut self, id: u32) {
        let text = self.text(id);
        let sent = Quick {
            id,
            text: text.clone(),
        };
        let answer = self.peer.call(sent).await;
        self.check(id, &text, answer);
    }

    async fn patient(&mut self, id: u32) {
        let text = self.text(id);
        let sent = Patient {
            id,
            turns: self.random.random_range(0..4),
            text: text.clone(),
        };
        let answer = self.peer.call(sent).await;
        self.check(id, &text, answer);
    }

    async fn relayed(&mut self, id: u32) {
        let answer = self.peer.call(Relayed { id }).await;
        self.check(id, "", answer);
    }

    /// May be too late.
    async fn sleepy(&mut self, id: u32) {
        let ms = self.random.random_range(0..8);
        let timeout = Duration::from_millis(self.random.random_range(1..8));
        let answer = self.peer.call(Sleepy { id, ms }).timeout(timeout).await;
        match answer {
            Err(status) if status.code() == Code::Timeout => self.tally.timed_out += 1,
            answer => self.check(id, "", answer),
        }
    }

    /// Given up at a random point: before it was sent, on its way, or when it is answered.
    async fn dropped(&mut self, id: u32) {
        let text = self.text(id);
        let patience = turns(self.random.random_range(0..12));
        let sent = Patient {
            id,
            turns: self.random.random_range(0..8),
            text: text.clone(),
        };
        let answer = tokio::select! {
            biased;
            () = patience => None,
            answer = self.peer.call(sent) => Some(answer),
        };
        match answer {
            Some(answer) => self.check(id, &text, answer),
            None => self.tally.dropped += 1,
        }
    }

    /// A stream, read to its end or dropped on its way.
    async fn count(&mut self, id: u32) {
        let items = self.random.random_range(0..40);
        let read = match self.random.random_range(0..2) {
            0 => items,
            _ => self.random.random_range(0..=items),
        };
        let stream = self.peer.call(Count { id, items }).await;
        let mut stream = stream.expect("a stream begins");
        for n in 0..read {
            let item = stream.next().await.expect("an item").expect("read");
            assert_eq!(item, id.wrapping_add(n));
        }
        assert_eq!(self.ledger.handled(id), 1);
        if read == items {
            assert!(stream.next().await.is_none());
            self.tally.streamed += 1;
        } else {
            self.tally.dropped += 1;
        }
    }

    /// Mostly short; some go in pieces.
    fn text(&mut self, id: u32) -> String {
        let length = match self.random.random_range(0..1_000) {
            0 => self.random.random_range(60_000..200_000),
            1..20 => self.random.random_range(0..10_000),
            _ => self.random.random_range(0..100),
        };
        let letter = char::from(b'a' + (id % 26) as u8);
        std::iter::repeat_n(letter, length).collect()
    }

    fn check(&mut self, id: u32, text: &str, answer: Result<Answered, Status>) {
        let answer = answer.unwrap_or_else(|status| panic!("request {id} failed: {status}"));
        assert_eq!(answer.id, !id);
        assert!(answer.text == text, "the text of another request");
        assert_eq!(self.ledger.handled(id), 1);
        self.tally.answered += 1;
    }
}

/// Some turns of the run queue.
async fn turns(turns: u8) {
    for _ in 0..turns {
        tokio::task::yield_now().await;
    }
}
