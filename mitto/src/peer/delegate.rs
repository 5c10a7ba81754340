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
