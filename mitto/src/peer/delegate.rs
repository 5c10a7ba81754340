//! What stands in front of another outbound tells of that what is asked of itself.

/// The methods of an [`Outbound`](super::Outbound) that say something of the other end, or close it, as those of
/// its field `out`.
macro_rules! tell_of_out {
    () => {
        fn codecs(&self) -> &$crate::codec::Codecs {
            self.out.codecs()
        }

        fn remote(&self) -> &str {
            self.out.remote()
        }

        fn id(&self) -> u64 {
            self.out.id()
        }

        fn identity(&self) -> Option<&$crate::auth::Identity> {
            self.out.identity()
        }

        fn is_connected(&self) -> bool {
            self.out.is_connected()
        }

        fn reconnects(&self) -> bool {
            self.out.reconnects()
        }

        fn closed(&self) -> tokio_util::sync::CancellationToken {
            self.out.closed()
        }

        fn state(&self) -> $crate::peer::ConnectionState {
            self.out.state()
        }

        fn states(&self) -> Option<tokio::sync::watch::Receiver<$crate::peer::ConnectionState>> {
            self.out.states()
        }

        fn statistics(&self) -> $crate::peer::Statistics {
            self.out.statistics()
        }

        fn runtime(&self) -> Option<$crate::runtime::RuntimeHandle> {
            self.out.runtime()
        }

        fn schema_differences(&self) -> Vec<$crate::schema::SchemaDifference> {
            self.out.schema_differences()
        }

        fn is_behind_gateway(&self) -> bool {
            self.out.is_behind_gateway()
        }

        fn close(&self, drain: bool) {
            self.out.close(drain);
        }
    };
}
pub(crate) use tell_of_out;

/// The methods of an [`Outbound`](super::Outbound) that send and wait, for what changes the head of a call by its
/// method `head` and leaves all else to its field `out`.
macro_rules! send_by_out {
    () => {
        fn start(
            &self,
            head: &$crate::peer::CallHead<'_>,
            message: &mut dyn $crate::message::Outgoing,
            wait: &mut $crate::peer::Wait,
            cx: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Result<$crate::peer::Started, $crate::status::Status>> {
            self.out.start(&self.head(head), message, wait, cx)
        }

        fn notify(
            &self,
            head: &$crate::peer::CallHead<'_>,
            message: &mut dyn $crate::message::Outgoing,
            wait: &mut $crate::peer::Wait,
            cx: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Result<(), $crate::status::Status>> {
            self.out.notify(&self.head(head), message, wait, cx)
        }

        fn leave(&self, wait: &mut $crate::peer::Wait) {
            self.out.leave(wait);
        }

        fn poll_reply(
            &self,
            id: $crate::envelope::CorrelationId,
            cx: &mut std::task::Context<'_>,
        ) -> std::task::Poll<$crate::in_flight::Reply> {
            self.out.poll_reply(id, cx)
        }

        fn taken(&self, id: $crate::envelope::CorrelationId, bytes: usize) -> usize {
            self.out.taken(id, bytes)
        }

        fn cancel(&self, id: $crate::envelope::CorrelationId) {
            self.out.cancel(id);
        }

        fn recycle(&self, bytes: Vec<u8>) {
            self.out.recycle(bytes);
        }
    };
}
pub(crate) use send_by_out;
