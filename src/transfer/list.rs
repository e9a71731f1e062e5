//! Directory listings.

mod doubt;
mod entries;
mod hidden;
mod names;
mod offset;
mod open;
mod options;
mod walk;

pub use self::{
    entries::{Entries, Listed},
    options::ListOptions,
    walk::{Found, Walk, WalkOptions},
};
