//! Requests by address: routes, places, forwarding.

mod failing;
mod hops;
mod kinds;
mod policies;
mod replaced;
mod routes;
mod shop;
