//! Directory listings.

mod entries;
mod open;

pub use self::{entries::Entries, open::ListOptions};
