//! What one line of a listing says about one file.

use std::fmt;

use bytes::Bytes;

use super::{columns::Span, mlsx, modified::Modified};
use crate::protocol::Name;

/// A file, directory or other thing that a line of a listing names.
///
/// It holds its raw line and points into it, so that a listing costs one allocation a line. What
/// the line does not say is `None`.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    pub(super) raw: Bytes,
    pub(super) fields: Fields,
}

/// What a dialect found in a line. An empty span stands for a text that the line does not hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Fields {
    pub(super) kind: EntryKind,
    pub(super) name: Span,
    /// What the name ends with where columns stand between, to be joined to it by a period.
    pub(super) extension: Span,
    pub(super) target: Span,
    pub(super) owner: Span,
    pub(super) group: Span,
    pub(super) size: Option<u64>,
    pub(super) modified: Option<Modified>,
    pub(super) permissions: Option<u16>,
    pub(super) links: Links,
    /// Whether facts of MLSx stand before the name.
    pub(super) has_facts: bool,
}

/// A number of links, or none, in no more bytes than a number has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Links(u64);

/// What an [`Entry`] is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EntryKind {
    /// A plain file.
    File,
    /// A directory inside the one that is listed.
    Directory,
    /// A symbolic link, or an NTFS junction; [`Entry::target`] says to where, if the line does.
    Symlink,
    /// The listed directory itself: `.`, or the fact `type=cdir`.
    CurrentDirectory,
    /// The directory above the listed one: `..`, or the fact `type=pdir`.
    ParentDirectory,
    /// A character device.
    CharDevice,
    /// A block device.
    BlockDevice,
    /// A named pipe.
    Fifo,
    /// A Unix-domain socket.
    Socket,
    /// A Solaris door.
    Door,
    /// Something else, that the server tells apart from all of the above.
    Other,
    /// The line does not say.
    #[default]
    Unknown,
}

impl Links {
    const UNSAID: Self = Self(u64::MAX);

    pub(super) fn get(self) -> Option<u64> {
        (self != Self::UNSAID).then_some(self.0)
    }
}

impl From<Option<u64>> for Links {
    fn from(links: Option<u64>) -> Self {
        links.map_or(Self::UNSAID, Self)
    }
}

impl Default for Links {
    fn default() -> Self {
        Self::UNSAID
    }
}

impl fmt::Debug for Links {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

impl Fields {
    /// Tells the listed directory and the one above from those inside, by their names.
    pub(super) fn with_dots(mut self, line: &[u8]) -> Self {
        self.mark_dots(line);
        self
    }

    /// The same in place.
    #[inline]
    pub(super) fn mark_dots(&mut self, line: &[u8]) {
        // A link of that name is the same directory, told in another way.
        if matches!(self.kind, EntryKind::Directory | EntryKind::Symlink) {
            self.kind = match self.name.of(line) {
                b"." => EntryKind::CurrentDirectory,
                b".." => EntryKind::ParentDirectory,
                _ => self.kind,
            };
        }
    }

    /// Takes the slash off that some servers put behind the names of directories.
    pub(super) fn without_slash(mut self, line: &[u8]) -> Self {
        if let [_, .., b'/'] = self.name.of(line) {
            self.name = Span::new(self.name.start(), self.name.end() - 1);
        }
        self
    }
}

impl Entry {
    /// Joins a line and what was found in it. The spans in `fields` were made from that line.
    #[inline]
    pub(super) fn new(raw: Bytes, fields: Fields) -> Self {
        Self { raw, fields }
    }

    /// The name, exactly as sent: with its leading and trailing blanks, and with the directories
    /// before it where the server sends a path.
    ///
    /// A mark that only shows what the name belongs to is no part of it: the `/` behind, or the
    /// `.DIR;1` of OpenVMS. The name and the type of a z/VM file, which are columns of their own,
    /// come as one name with a period between, as other commands take them.
    pub fn name(&self) -> Name {
        if self.fields.extension.is_empty() {
            return self.text(self.fields.name).unwrap_or_default();
        }
        let extension = self.fields.extension.of(&self.raw);
        let name = self.fields.name.of(&self.raw);
        Bytes::from([name, b".", extension].concat()).into()
    }

    /// What kind of thing it is.
    pub fn kind(&self) -> EntryKind {
        self.fields.kind
    }

    /// Whether it is a plain file.
    pub fn is_file(&self) -> bool {
        self.kind() == EntryKind::File
    }

    /// Whether it is a directory; the listed directory itself and the one above are, too.
    pub fn is_dir(&self) -> bool {
        matches!(
            self.kind(),
            EntryKind::Directory | EntryKind::CurrentDirectory | EntryKind::ParentDirectory
        )
    }

    /// Whether it is a symbolic link.
    pub fn is_symlink(&self) -> bool {
        self.kind() == EntryKind::Symlink
    }

    /// The size in bytes.
    ///
    /// Of a directory it is what the server's system counts, which is not the size of what is in
    /// it; of a symbolic link it mostly is the length of the target. OpenVMS counts blocks of 512
    /// bytes: there it is the end of the last block in use, up to 511 bytes behind that of the
    /// file.
    pub fn size(&self) -> Option<u64> {
        self.fields.size
    }

    /// When it was last changed, and how precisely the line says so.
    pub fn modified(&self) -> Option<Modified> {
        self.fields.modified
    }

    /// Where a symbolic link points to, exactly as sent.
    pub fn target(&self) -> Option<Name> {
        self.text(self.fields.target)
    }

    /// The Unix permissions, `0` to `0o7777`: `0o777` for reading, writing and executing,
    /// `0o4000` set-user-ID, `0o2000` set-group-ID, `0o1000` sticky.
    ///
    /// They come from the first column of `ls -l`, from the fact `UNIX.mode`, or from what an
    /// OpenVMS server lets owner, group and world do; its rights to delete have no place here.
    pub fn permissions(&self) -> Option<u32> {
        self.fields.permissions.map(u32::from)
    }

    /// The owning user: a name, or a number where the server sends no name.
    pub fn owner(&self) -> Option<Name> {
        self.text(self.fields.owner)
    }

    /// The owning group: a name, or a number where the server sends no name.
    pub fn group(&self) -> Option<Name> {
        self.text(self.fields.group)
    }

    /// The number of hard links.
    pub fn links(&self) -> Option<u64> {
        self.fields.links.get()
    }

    /// The value of an MLSD or MLST fact such as `perm` or `unique`, by its name in upper or
    /// lower case (RFC 3659, section 7.5).
    pub fn fact(&self, name: &str) -> Option<&[u8]> {
        if !self.fields.has_facts {
            return None;
        }
        // The one blank behind them is no part of the name, and one may stand before them.
        let end = self.fields.name.start().checked_sub(1)?;
        let facts = self.raw.get(..end)?;
        mlsx::facts(facts.strip_prefix(b" ").unwrap_or(facts))
            .find(|(fact, _)| fact.eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| value)
    }

    /// The whole line, without its line break. An entry of two lines (OpenVMS) has one between.
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    fn text(&self, span: Span) -> Option<Name> {
        // `slice` would panic on what lies outside.
        let is_inside = span.end() <= self.raw.len();
        (is_inside && !span.is_empty()).then(|| self.raw.slice(span.start()..span.end()).into())
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("kind", &self.kind())
            .field("name", &self.name())
            .field("target", &self.target())
            .field("size", &self.size())
            .field("modified", &self.modified())
            .field("permissions", &self.permissions())
            .field("owner", &self.owner())
            .field("group", &self.group())
            .field("links", &self.links())
            .field("raw", &format_args!("\"{}\"", self.raw.escape_ascii()))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        let raw = Bytes::from_static(b"Type=dir;Perm=el; a b");
        let fields = Fields {
            kind: EntryKind::Directory,
            name: Span::new(18, 21),
            has_facts: true,
            ..Fields::default()
        };
        Entry::new(raw, fields)
    }

    #[test]
    fn texts_share_the_raw_line() {
        let entry = entry();
        let name = entry.name().into_bytes();
        assert_eq!(name, "a b");
        assert_eq!(name.as_ptr(), entry.raw()[18..].as_ptr());
        assert_eq!(entry.owner(), None);
        assert_eq!(entry.target(), None);
    }

    #[test]
    fn facts_are_found_in_any_case() {
        assert_eq!(entry().fact("perm"), Some(&b"el"[..]));
        assert_eq!(entry().fact("TYPE"), Some(&b"dir"[..]));
        assert_eq!(entry().fact("size"), None);
    }

    #[test]
    fn debug_shows_words_not_offsets() {
        let shown = format!("{:?}", entry());
        assert!(shown.contains(r#"name: "a b""#), "{shown}");
        assert!(shown.contains(r#"raw: "Type=dir;Perm=el; a b""#), "{shown}");
    }

    #[test]
    fn an_entry_stays_small() {
        assert!(size_of::<Entry>() <= 128, "{}", size_of::<Entry>());
    }
}
