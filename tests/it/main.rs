//! Behaviour of `mitto`, seen from outside: one file per behaviour.

mod transport;
