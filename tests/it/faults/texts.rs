//! A session of JSON-RPC cut at every byte, and with every bit flipped.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::{Value, json};

use super::damage::impatient;
use super::place::{Over, Place, Then};
use super::service::{Check, Series, checked};

/// Requests in each form, a stream, a cancellation, and what the server must say to each text.
struct Conversation {
    bytes: Vec<u8>,
    texts: Vec<Range<usize>>,
    /// By text: the answers, by id.
    answers: Vec<BTreeMap<u64, Value>>,
}

/// The request that never ends, and the text that cancels it.
const NEVER: usize = 4;
const CANCEL: usize = 5;

impl Conversation {
    fn new() -> Self {
        let call = |id: u32, method: &str, params: Value| json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        let check = |id: u32, text: &str| call(id, "Check", json!(Check::new(id, text)));
        let told = json!({"jsonrpc": "2.0", "method": "Told", "params": ["hear"]});
        let cancel = json!({"jsonrpc": "2.0", "method": "mitto.cancel", "params": {"id": 5}});
        let is = |id: u32, text: &str| (u64::from(id), json!(checked(&Check::new(id, text))));
        let conversation = [
            (check(1, "one"), vec![is(1, "one")]),
            (told.clone(), vec![]),
            (
                json!([check(2, "two"), told, check(3, "zw\u{f6}lf \"3\"")]),
                vec![is(2, "two"), is(3, "zw\u{f6}lf \"3\"")],
            ),
            (call(4, "Series", json!(Series::new(70, 3))), vec![]),
            (call(5, "Never", json!({})), vec![]),
            (cancel, vec![]),
            (check(6, ""), vec![is(6, "")]),
        ];
        let (mut bytes, mut texts, mut answers) = (Vec::new(), Vec::new(), Vec::new());
        for (text, answer) in conversation {
            let start = bytes.len();
            bytes.extend(text.to_string().into_bytes());
            texts.push(start..bytes.len());
            answers.push(answer.into_iter().collect());
        }
        Self {
            bytes,
            texts,
            answers,
        }
    }

    /// Every text but the damaged one, and those that are `cut` off, has its answers; and no handler
    /// took a message for what it was not.
    fn verify(&self, said: &[Vec<u8>], damaged: Option<usize>, cut: usize) {
        let said = said.iter().flat_map(|text| {
            let text = serde_json::from_slice(text).expect("a server sends JSON");
            match text {
                Value::Array(all) => all,
                one => vec![one],
            }
        });
        let (calls, answers): (Vec<_>, Vec<_>) = said.partition(|one| one["method"].is_string());
        for (index, expected) in self.answers[..cut].iter().enumerate() {
            for (id, result) in expected.iter().filter(|_| damaged != Some(index)) {
                let is_it = |answer: &&Value| {
                    // A cancellation of another id is one as well.
                    let cancelled = answer["error"]["code"] == -32003 && damaged == Some(CANCEL);
                    answer["id"] == *id && (answer["result"] == *result || cancelled)
                };
                let found = answers.iter().filter(is_it).count();
                assert_eq!(found, 1, "{id} of {answers:?}, damaged {damaged:?}");
            }
        }
        let right = |result: &Value| {
            self.answers
                .iter()
                .any(|of| of.values().any(|it| it == result))
        };
        let results = answers.iter().map(|answer| &answer["result"]);
        for result in results.filter(|result| result.is_object()) {
            assert!(right(result), "{result}, damaged {damaged:?}");
        }
        if cut > CANCEL && !matches!(damaged, Some(NEVER | CANCEL)) {
            let is_it = |answer: &&Value| answer["id"] == 5 && answer["error"]["code"] == -32003;
            assert!(answers.iter().any(|answer| is_it(&answer)), "{answers:?}");
        }
        if cut > 3 && !matches!(damaged, Some(3 | CANCEL)) {
            let items = calls.iter().filter(|call| call["method"] == "mitto.item");
            let items: Vec<_> = items.map(|item| &item["params"]["result"]).collect();
            assert_eq!(items, [70, 71, 72], "damaged {damaged:?}");
        }
        assert!(answers.len() <= 8, "{answers:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn whole_conversation_is_answered() {
    let place = Place::open(Over::Memory, impatient()).await;
    let whole = Conversation::new();
    let said = place.play_texts(&whole.bytes, &whole.texts, Then::Silence);
    whole.verify(&said.await, None, whole.texts.len());
    place.is_whole().await;
}

#[tokio::test(start_paused = true)]
async fn conversation_cut_at_any_byte_leaves_nothing() {
    let place = Place::open(Over::Memory, impatient()).await;
    let whole = Conversation::new();
    for cut in 0..whole.bytes.len() {
        let bytes = &whole.bytes[..cut];
        let said = place.play_texts(bytes, &whole.texts, Then::Silence).await;
        let texts = whole.texts.iter().filter(|text| text.end <= cut).count();
        whole.verify(&said, None, texts);
        place.play_texts(bytes, &whole.texts, Then::Finish).await;
    }
    place.is_whole().await;
}

#[tokio::test(start_paused = true)]
async fn conversation_with_any_bit_flipped_is_never_misunderstood() {
    let place = Place::open(Over::Memory, impatient()).await;
    let mut whole = Conversation::new();
    for bit in 0..8 * whole.bytes.len() {
        let flip = |bytes: &mut [u8]| bytes[bit / 8] ^= 1 << (bit % 8);
        flip(&mut whole.bytes);
        let said = place.play_texts(&whole.bytes, &whole.texts, Then::Silence);
        let damaged = whole
            .texts
            .iter()
            .position(|text| text.contains(&(bit / 8)));
        whole.verify(&said.await, damaged, whole.texts.len());
        flip(&mut whole.bytes);
    }
    place.is_whole().await;
}
