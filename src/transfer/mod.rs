//! Transfers: guards that borrow or own the session while bytes flow.

mod abort;
mod chunks;
mod confirmation;
mod data;
mod dial;
mod download;
mod fxp;
mod lines;
mod list;
mod local;
mod metadata;
mod options;
mod progress;
mod raw;
mod receiver;
mod refill;
mod rejected;
mod sender;
mod size;
mod text;
mod upload;
mod whole;

pub use self::{
    chunks::{ChunkSink, Chunks},
    download::Download,
    fxp::fxp,
    lines::{Lines, Names},
    list::{Entries, Found, ListOptions, Listed, Walk, WalkOptions},
    options::{TransferOptions, Transferred},
    progress::Progress,
    raw::Transfer,
    rejected::Rejected,
    upload::Upload,
};
