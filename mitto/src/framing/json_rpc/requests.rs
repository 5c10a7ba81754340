//! The requests of the other end.

use super::connection::{Call, Connection, Each};
use super::extra::Extra;
use super::id::correlation;
use super::message::Message;
use super::names::Method;
use crate::codec::Format;
use crate::envelope::{CorrelationId, Envelope, Head, Kind};
use crate::status::{Code, Status};

impl Connection {
    /// A message alone. Most are responses, or calls of methods that are known, with nothing said beside
    /// them.
    pub(super) fn single(&self, message: &Message<'_>, each: &mut Each<'_>) {
        match *message {
            Message::Response { id, result, extra } => {
                return self.response(correlation(id), result, extra, each);
            }
            Message::Call {
                id: Some(id),
                method,
                params,
                extra: None,
            } => {
                if let Some(method) = self.methods.find_quoted(method) {
                    let head = Head {
                        from_requester: true,
                        format: Some(Format::JSON),
                        ..Head::new(Kind::Request, CorrelationId::NONE)
                    };
                    return self.accept(id, method, head, params, None, each);
                }
            }
            _ => {}
        }
        self.message(message, None, each);
    }

    pub(super) fn request(&self, id: &[u8], call: Call<'_>, each: &mut Each<'_>) {
        let (method, address) = self.methods.find_addressed(call.name);
        if method.is_stream && call.batch.is_some() {
            let text = "a stream is asked for in a request of its own, not in an array";
            return self.fail(id, &Status::bad_request(text), call.batch);
        }
        let extra = match Extra::read(call.extra) {
            Ok(extra) => extra,
            Err(why) => return self.refuse(Some(id), why, call.batch),
        };
        let head = match extra.head(Kind::Request, address) {
            Ok(head) => head,
            Err(status) => return self.fail(id, &status, call.batch),
        };
        self.accept(id, method, head, call.params, call.batch, each);
    }

    fn accept(
        &self,
        id: &[u8],
        method: Method,
        head: Head<'_>,
        params: Option<&[u8]>,
        batch: Option<usize>,
        each: &mut Each<'_>,
    ) {
        let taken = self.state().asked.take(id, method.is_stream, batch);
        let Some(correlation) = taken else {
            let status = Status::new(Code::Busy, "too many requests are running here");
            return self.fail(id, &status, batch);
        };
        each(Envelope {
            head: Head {
                correlation,
                message: method.message,
                ..head
            },
            payload: params.unwrap_or(b"{}"),
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};

    use super::*;
    use crate::envelope::MessageId;
    use crate::framing::Framing;
    use crate::framing::json_rpc::canonical;
    use crate::framing::json_rpc::message::Text;
    use crate::framing::json_rpc::names::Methods;
    use crate::limits::Limits;

    const TEXTS: [&str; 12] = [
        r#"{"jsonrpc":"2.0","id":65536,"method":"Echo","params":{"id":7,"name":"a\nb","list":[1,{}]}}"#,
        r#"{"jsonrpc":"2.0","id":0,"method":"Echo","params":[]}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"Watch"}"#,
        r#"{"jsonrpc":"2.0","id":10,"method":"New","params":{"a":-1.5e3}}"#,
        r#"{"jsonrpc":"2.0","id":2,"method":"mitto.cancel","params":{"id":1}}"#,
        r#"{"jsonrpc":"2.0","id":65536,"result":{"text":"twenty bytes and more"}}"#,
        r#"{"jsonrpc":"2.0","id":131073,"result":null}"#,
        r#"{"jsonrpc":"2.0","id":65536,"error":{"code":1,"message":"m","data":[true]}}"#,
        r#"{"jsonrpc":"2.0","id":65536,"mitto":{"metadata":{"a":"b"}},"result":1}"#,
        r#"{"jsonrpc":"2.0","method":"Echo","params":{}}"#,
        r#" {"id":"a","params":{"k":false},"method":"Echo","jsonrpc":"2.0"} "#,
        r#"[{"jsonrpc":"2.0","id":1,"method":"Echo"},{"jsonrpc":"2.0","id":2,"method":"Watch"}]"#,
    ];
    /// What is put into them.
    const PARTS: [&str; 24] = [
        "\"",
        "\\",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        " ",
        "0",
        "1",
        "-",
        ".",
        "e",
        "\n",
        "\u{1}",
        "\u{fc}",
        "null",
        "\"a\":1,",
        ",\"id\":3",
        "\"\\u0045cho\"",
        ",\"method\":\"Echo\"",
        ",\"params\":[1]",
        ",\"mitto\":{}",
    ];

    #[test]
    fn what_is_read_fast_is_read_as_by_the_other_reader() {
        let mut random = StdRng::seed_from_u64(1);
        let mut below = |n: usize| random.next_u32() as usize % n;
        let mut fast = 0;
        for _ in 0..20_000 {
            let mut text = TEXTS[below(TEXTS.len())].as_bytes().to_vec();
            for _ in 0..below(4) {
                let at = below(text.len() + 1);
                let end = (at + below(4)).min(text.len());
                let part = PARTS[below(PARTS.len())].as_bytes();
                match below(4) {
                    0 => drop(text.splice(at..end, [])),
                    1 => drop(text.splice(at..end, part.iter().copied())),
                    2 => drop(text.splice(at..at, part.iter().copied())),
                    _ => drop(text.splice(at..end, [below(256) as u8])),
                }
            }
            let shown = String::from_utf8_lossy(&text);
            if let Some(message) = canonical::read(&text) {
                fast += 1;
                let other = Text::read(&text).expect("JSON");
                assert!(
                    matches!(other, Text::One(other) if other == message),
                    "{shown}"
                );
            }
            let outcome = outcome(|connection, each| connection.parse(&text, each).unwrap());
            let other = self::outcome(|connection, each| match Text::read(&text) {
                Ok(Text::One(message)) => connection.message(&message, None, each),
                _ => connection.parse(&text, each).unwrap(),
            });
            assert_eq!(outcome, other, "{shown}");
        }
        assert!(fast > 3_000, "{fast}");
    }

    /// What a text leads to: the envelopes and the replies.
    fn outcome(parse: impl FnOnce(&Connection, &mut Each<'_>)) -> Vec<String> {
        let mut methods = Methods::default();
        methods.add("Echo", MessageId(7), false);
        methods.add("Watch", MessageId(8), true);
        let connection = Connection::new(Arc::new(methods), &Limits::default());
        connection.streams.asked(CorrelationId::new(1, 2));
        let mut seen = Vec::new();
        parse(&connection, &mut |envelope| {
            seen.push(format!("{envelope:?}"));
        });
        while connection.has_reply() {
            let mut reply = Vec::new();
            connection.reply(&mut reply);
            seen.push(String::from_utf8_lossy(&reply).into_owned());
        }
        seen
    }
}
