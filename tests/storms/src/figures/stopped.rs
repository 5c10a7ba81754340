//! A worker, then a gateway, that stands still for a while.

use crate::Failure;
use crate::kind::Kind;
use crate::options::Options;
use crate::report::Report;

pub(crate) async fn stopped(_: Kind, _: &Options, _: &mut Report) -> Result<(), Failure> {
    Ok(())
}
