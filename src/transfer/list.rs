//! Directory listings.

mod entries;
mod hidden;
mod offset;
mod open;
mod options;
mod walk;

pub use self::{
    entries::{Entries, Listed},
    options::ListOptions,
    walk::{Found, Walk, WalkOptions},
};
