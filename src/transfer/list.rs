//! Directory listings.

mod entries;
mod open;
mod walk;

pub use self::{
    entries::Entries,
    open::ListOptions,
    walk::{Found, Walk, WalkOptions},
};
