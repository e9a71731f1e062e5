//! The dialects of listings, and what they have in common.

use super::{
    connect_enterprise, date::Clock, dos, entry::Fields, eplf, jes, mlsx, mvs, netware, nonstop,
    numeric_date::DateOrder, os2, os9, os400, unix, vm, vms, vshell, vxworks,
};

/// How the lines of a listing are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// The facts of MLSD and MLST (RFC 3659, section 7).
    Mlsx,
    /// Columns as `ls -l` writes them.
    Unix,
    /// Columns as Windows' `dir` writes them.
    Dos,
    /// The Easily Parsed LIST Format of anonftpd and publicfile.
    Eplf,
    /// OpenVMS: its own server (UCX, TCP/IP Services), MultiNet, TCPware and CMU.
    ///
    /// Versions belong to the names of files. Sizes are whole blocks of 512 bytes.
    Vms,
    /// NetWare, with the rights of the user in brackets.
    NetWare,
    /// IBM i (OS/400), with types such as `*FILE` and `*STMF`.
    ///
    /// A `*FILE` that is no save file holds members, so that it counts as a directory.
    Os400,
    /// z/OS: data sets, members and load libraries.
    ///
    /// A data set's date says when it was last read, so that it is no
    /// [`Entry::modified`](super::Entry::modified); and only load modules have a size in bytes.
    Mvs,
    /// z/OS: the jobs of JES, by their numbers, and the spool files of one, by theirs.
    Jes,
    /// z/VM: minidisks and shared file system.
    Vm,
    /// HP NonStop (Tandem Guardian).
    NonStop,
    /// OS/2.
    Os2,
    /// OS-9.
    Os9,
    /// VxWorks, and other embedded systems with its server.
    VxWorks,
    /// VShell.
    VShell,
    /// IBM Sterling Connect:Enterprise.
    ConnectEnterprise,
}

/// What a dialect may know beside the line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Context {
    pub(super) clock: Clock,
    /// The order of dates such as `05-06-24`, where it is known.
    pub(super) date_order: Option<DateOrder>,
    /// Whether the listing is in this dialect for certain, so that a line which could be many
    /// things may be read as one of it.
    pub(super) certain: bool,
    /// Whether it is, or the server's system speaks for it.
    pub(super) likely: bool,
    /// Whether a line has shown what the listing is made of: the members of a library, the spool
    /// files of a job, entries whose type is told.
    pub(super) inside: bool,
}

/// What a dialect makes of a line.
#[derive(Debug)]
pub(super) enum Parsed<E = Fields> {
    Entry(E),
    /// A line that only listings of this dialect begin with.
    Head,
    Noise,
    /// An entry's first line: the next may say more.
    Half,
    Unknown,
}

impl From<Option<Fields>> for Parsed {
    fn from(fields: Option<Fields>) -> Self {
        fields.map_or(Self::Unknown, Self::Entry)
    }
}

impl Parsed {
    /// Puts what an entry says in its place.
    pub(super) fn put(self, fields: &mut Fields) -> Parsed<()> {
        match self {
            Self::Entry(found) => {
                *fields = found;
                Parsed::Entry(())
            }
            Self::Head => Parsed::Head,
            Self::Noise => Parsed::Noise,
            Self::Half => Parsed::Half,
            Self::Unknown => Parsed::Unknown,
        }
    }
}

impl Dialect {
    /// All dialects, in the order in which a line is tried.
    // A new one is added here and below; what could be mistaken for another comes before it.
    pub const ALL: &'static [Self] = &[
        Self::Unix,
        Self::Dos,
        Self::Mlsx,
        Self::Eplf,
        Self::Vms,
        Self::NetWare,
        Self::Os400,
        Self::Mvs,
        Self::Jes,
        Self::Vm,
        Self::NonStop,
        Self::Os2,
        Self::Os9,
        Self::VxWorks,
        Self::VShell,
        Self::ConnectEnterprise,
    ];

    /// What a line says that was a [`Parsed::Half`] of this dialect, when no other belongs to it.
    pub(super) fn alone(self, half: &[u8]) -> Option<Fields> {
        match self {
            Self::Vms => vms::first_half(half),
            Self::Jes => jes::first_half(half),
            _ => None,
        }
    }

    /// Whether two lines may say something together.
    pub(super) fn joins_lines(self) -> bool {
        matches!(self, Self::Vms | Self::Jes)
    }

    /// Whether a line can belong to one before it that was a [`Parsed::Half`] of this dialect.
    pub(super) fn continues(self, line: &[u8]) -> bool {
        match self {
            Self::Vms => vms::is_second_half(line),
            Self::Jes => jes::is_second_half(line),
            _ => false,
        }
    }

    /// Whether a [`Parsed::Half`] of this dialect shows by itself that the listing is in it.
    pub(super) fn is_settled_by_half(self) -> bool {
        self == Self::Jes
    }

    /// Takes from a line of a listing in this dialect what helps to read those behind it.
    #[inline]
    pub(super) fn learn(self, line: &[u8], context: &mut Context) {
        match self {
            Self::Mlsx if !context.inside => context.inside = mlsx::is_typed(line),
            Self::Mvs if !context.inside => context.inside = mvs::is_of_members(line),
            Self::Jes if !context.inside => context.inside = jes::is_of_spool_files(line),
            Self::Os400 if context.date_order.is_none() => {
                context.date_order = os400::date_order(line, context);
            }
            Self::Dos if context.date_order.is_none() => {
                context.date_order = dos::date_order(line, context);
            }
            Self::Os2 if context.date_order.is_none() => {
                context.date_order = os2::date_order(line, context);
            }
            Self::Vm if context.date_order.is_none() => {
                context.date_order = vm::date_order(line, context);
            }
            _ => {}
        }
    }

    /// Reads a line. What an entry says is put into `fields`, which are those of none before; where
    /// they do not become those of an entry, they may hold anything.
    #[inline]
    pub(super) fn read(self, line: &[u8], context: &Context, fields: &mut Fields) -> Parsed<()> {
        let parsed = match self {
            // Nearly all lines are of these two, which spare a copy.
            Self::Unix => return unix::read(line, context, fields),
            Self::Dos => dos::read(line, context),
            Self::Mlsx => return mlsx::read(line, context, fields),
            Self::Eplf => eplf::read(line).into(),
            Self::Vms => vms::read(line, context),
            Self::NetWare => netware::read(line, context).into(),
            Self::Os400 => os400::read(line, context).into(),
            Self::Mvs => mvs::read(line, context),
            Self::Jes => jes::read(line, context),
            Self::Vm => vm::read(line, context).into(),
            Self::NonStop => nonstop::read(line, context),
            Self::Os2 => os2::read(line, context).into(),
            Self::Os9 => os9::read(line, context),
            Self::VxWorks => vxworks::read(line, context),
            Self::VShell => vshell::read(line, context).into(),
            Self::ConnectEnterprise => connect_enterprise::read(line, context).into(),
        };
        parsed.put(fields)
    }
}

impl Context {
    /// The same for a listing that is in the dialect for certain.
    pub(super) fn certain(self) -> Self {
        Self {
            certain: true,
            likely: true,
            ..self
        }
    }
}

impl Default for Context {
    fn default() -> Self {
        Self {
            clock: Clock::NONE,
            date_order: None,
            certain: false,
            likely: false,
            inside: false,
        }
    }
}
