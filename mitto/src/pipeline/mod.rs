//! Steps that a configuration puts together.

pub(crate) mod names;
mod properties;

pub use properties::{Properties, Property, PropertyError};

// TEMPORARY
use crate::{
    address::OwnedAddress,
    auth::Identity,
    codec::Format,
    envelope::Metadata,
    job::{Answer, Job, Queue, Run},
    runtime::Instant,
    status::Status,
    transport::BoxFuture,
};
pub trait Poster: Send + Sync + 'static {
    fn post(&self, posted: Posted) -> BoxFuture<'static, Result<(), Status>>;
    fn call(&self, posted: Posted) -> BoxFuture<'static, Result<(Format, Vec<u8>), Status>>;
}
pub struct Posted {
    pub address: OwnedAddress,
    pub format: Format,
    pub payload: Vec<u8>,
    pub identity: Option<Identity>,
    pub hops: u8,
    pub deadline: Option<Instant>,
    pub metadata: Metadata,
}
#[derive(Clone, Debug, Default)]
pub struct Steps;
pub struct Pipeline;
#[derive(Debug)]
pub struct ComposeError {
    pub step: usize,
}
impl std::fmt::Display for ComposeError {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Ok(())
    }
}
impl Queue for Pipeline {
    fn submit(&self, _: Job<'_>, _: Answer) -> Run {
        Run::done()
    }
}
impl Steps {
    pub fn new() -> Self {
        Self
    }
    pub fn compose<'a>(
        &self,
        _: impl IntoIterator<Item = (&'a str, &'a str, &'a Properties)>,
        _: std::sync::Arc<dyn Poster>,
    ) -> Result<Pipeline, ComposeError> {
        Ok(Pipeline)
    }
}
