//! A provider for every schema, written by hand.

use mitto::job::{Answer, Job, Run};
use mitto::provider::{MessageProvider, Serves};
use mitto::schema::{Descriptor, End, Schema, Side};
use mitto::Status;
use mitto::envelope::MessageId;
use mitto_test_messages::{Chat, ChatClient};

struct Refusing;

impl MessageProvider for Refusing {
    fn descriptor(&self) -> &Descriptor {
        Chat::DESCRIPTOR
    }

    fn side(&self) -> Side {
        Side::Server
    }

    fn handles(&self, _: MessageId) -> bool {
        true
    }

    fn dispatch(&self, _: Job<'_>, answer: Answer) -> Run {
        answer.fail(Status::denied("everything"));
        Run::done()
    }
}

impl<C: Schema, E: End> Serves<C, E> for Refusing {}

fn main() {
    let _ = ChatClient::local(Refusing);
}
