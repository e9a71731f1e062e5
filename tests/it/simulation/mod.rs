//! Sessions with a server in memory over a network that does its worst, in time that is paused.

mod chance;
mod fault;
mod point;
mod schedules;
pub(crate) mod server;
mod shelf;
mod sweep;
mod weather;
