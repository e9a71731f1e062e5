//! Listings: the dialects.

use super::{
    calls::{list, list_times},
    listings::{PWD, doubted, inner, listed, refusal},
    row::{Fact, fact},
};

pub(super) fn facts() -> Vec<Fact> {
    vec![
        fact(
            "IIS",
            "two- and four-digit years, 24 h, <DIR>, <JUNCTION>",
            [
                listed(
                    "two digits",
                    &["01-22-10  10:59AM       <DIR>          My Documents"],
                    list,
                    "dir \"My Documents\"",
                ),
                listed(
                    "its time",
                    &["01-22-10  10:59PM                  12 a"],
                    list_times,
                    "1264201140 to the minute",
                ),
                listed(
                    "four digits",
                    &["05-20-1997  03:31PM                  681 a b"],
                    list,
                    "file \"a b\" 681",
                ),
                listed(
                    "24 hours",
                    &["05-20-1997  15:31                  681 a"],
                    list_times,
                    "864142260 to the minute",
                ),
                listed(
                    "a junction",
                    &["12-31-23  12:05PM       <JUNCTION>     All Users"],
                    list,
                    "link \"All Users\"",
                ),
            ],
        ),
        fact(
            "z/OS",
            "datasets, members, load libraries, JES; LIST needs a CWD first; \
             550 \"No data sets found\"",
            [
                listed(
                    "datasets",
                    DATASETS,
                    list,
                    "file \"INCOMING.NOTES\", dir \"INCOMING.LIB\", other \"USER.OLD\"",
                ),
                listed(
                    "members",
                    &[
                        " Name     VV.MM   Created       Changed      Size  Init   Mod   Id",
                        "NOTES     01.03 2002/09/12 2002/10/11 09:37    11    11     0 KIL001",
                    ],
                    list,
                    "file \"NOTES\"",
                ),
                listed("a load library", LIBRARY, list, "file \"PROGRAM\" 108944"),
                listed(
                    "JES",
                    &[
                        "JOBNAME  JOBID    OWNER    STATUS CLASS",
                        "USER1A   JOB01906 USER1    OUTPUT A        RC=0000 3 spool files",
                    ],
                    list,
                    "file \"JOB01906\"",
                ),
                refusal("no data sets", "550 No data sets found.", ""),
                refusal("no members", "550 No members found.", ""),
                doubted(
                    "a LIST that needs a CWD",
                    &[],
                    &format!(
                        "{PWD}C: CWD d\nS: 250 ok\n{}C: CWD /home\nS: 250 ok",
                        inner(&[
                            " Name     VV.MM   Created       Changed      Size  Init   Mod   Id",
                            "NOTES     01.03 2002/09/12 2002/10/11 09:37    11    11     0 KIL001",
                        ])
                    ),
                    "file \"NOTES\"",
                ),
            ],
        ),
        fact(
            "IBM i",
            "*FILE, *MEM, *STMF, library naming",
            [
                listed(
                    "library naming",
                    &[
                        "QPGMR          135168 04/03/18 13:18:19 *FILE      SOURCES.FILE",
                        "QPGMR                                   *MEM       SOURCES.FILE/MAIN.MBR",
                    ],
                    list,
                    "dir \"SOURCES.FILE\" 135168, file \"SOURCES.FILE/MAIN.MBR\"",
                ),
                listed(
                    "stream files",
                    &[
                        "QSYS            77824 02/03/18 15:09:55 *DIR       first/",
                        "PEP              4019 02/23/18 18:58:16 *STMF      two words.zip",
                    ],
                    list,
                    "dir \"first\" 77824, file \"two words.zip\" 4019",
                ),
            ],
        ),
        fact(
            "OpenVMS",
            "NAME.EXT;1, two-line entries, blocks",
            [listed(
                "two lines, blocks and versions",
                VMS,
                list,
                "file \"1-JUN.LIS;2\" 4608, file \
             \"STARTUP_OF_THE_SERVER.LOG;1098\" 2048, dir \"PUB\" 512",
            )],
        ),
        fact(
            "NonStop, NetWare, MacOS (NetPresenz, Peter's), OS/2, VxWorks, \
             OS-9, EPLF, z/VM, VShell",
            "their own",
            [
                listed(
                    "NonStop",
                    &[
                        "File         Code             EOF  Last Modification    Owner  RWEP",
                        "NOTES         101             528  6-Apr-07 14:21:18    255, 0 \"oooo\"",
                    ],
                    list,
                    "file \"NOTES\" 528",
                ),
                listed(
                    "NetWare",
                    NETWARE,
                    list,
                    "dir \"login\" 512, file \"two words.exe\" 214059",
                ),
                listed(
                    "NetPresenz and Peter's",
                    &[
                        "-------r--         326  1391972  1392298 Nov 22  1995 two words.sit",
                        "drwxrwxr-x               folder        2 May 10  1996 network",
                    ],
                    list,
                    "file \"two words.sit\" 1392298, dir \"network\"",
                ),
                listed(
                    "OS/2",
                    &[
                        "     0           DIR   05-12-97   16:52  Maintenance Desktop",
                        "587823    RSA          01-08-97   13:58  OS2KRNL",
                    ],
                    list,
                    "dir \"Maintenance Desktop\" 0, file \"OS2KRNL\" 587823",
                ),
                listed(
                    "VxWorks",
                    &[
                        "  size          date       time       name",
                        "--------       ------     ------    --------",
                        "    2048    FEB-28-1998  05:23:30   logs              <DIR>",
                        "    1234    Feb-28-1998  05:23:30   boot file.txt  ",
                    ],
                    list,
                    "dir \"logs\" 2048, file \"boot file.txt\" 1234",
                ),
                listed(
                    "OS-9",
                    &["20.20 07/03/29 1026 d-ewrewr 2650 85920 dir"],
                    list,
                    "dir \"dir\" 85920",
                ),
                listed(
                    "EPLF",
                    &[
                        "+i8388621.48594,m825718503,r,s280,\\x09notes.html",
                        "+i8388621.50690,m824255907,/,\\x09pub",
                    ],
                    list,
                    "file \"notes.html\" 280, dir \"pub\"",
                ),
                listed("z/VM", VM, list, "file \"PROFILE.EXEC\", dir \"TOOLS\""),
                listed(
                    "VShell",
                    &[
                        "206876  Apr 04, 2000 21:06 two words.txt",
                        "     0  Dec 12, 2002 02:13 pub/",
                    ],
                    list,
                    "file \"two words.txt\" 206876, dir \"pub\" 0",
                ),
            ],
        )
        .elsewhere("tests/listings has whole listings of each"),
    ]
}

/// z/OS, as it lists datasets.
const DATASETS: &[&str] = &[
    "Volume Unit    Referred Ext Used Recfm Lrecl BlkSz Dsorg Dsname",
    "SAVE00 3390   2004/06/23  1    1  FB     128  6144  PS    INCOMING.NOTES",
    "SAVE02 3390   2004/06/23  1    1  FB     128  6144  PO-E  INCOMING.LIB",
    "Migrated                                                  USER.OLD",
];

/// z/OS, as it lists a load library.
const LIBRARY: &[&str] = &[
    " Name      Size     TTR   Alias-of AC--------- Attributes \
     --------- Amode Rmode",
    "PROGRAM   01A990   00030C          00  FO             RN \
     RU            31    ANY",
];

/// OpenVMS, with a name that has a line of its own.
const VMS: &[&str] = &[
    "Directory DISK$USER:[ANON]",
    "",
    "1-JUN.LIS;2              9/9           2-JUN-1998 07:32:04  \
     [GROUP,OWNER]    (RWED,RWED,RWED,)",
    "STARTUP_OF_THE_SERVER.LOG;1098",
    "                         4/15         24-FEB-2003 13:17:24  \
     [SMITH]          (RWED,RWED,RE,)",
    "PUB.DIR;1                1/9           2-JUN-1998 07:32:04  \
     [SYSTEM]         (RWE,RWE,RE,RE)",
    "",
    "Total of 3 files, 14/33 blocks",
];

/// NetWare.
const NETWARE: &[&str] = &[
    "d [R----F--] supervisor                       512       Jan 16 \
     18:53    login",
    "- [R----F--] rhesus                        214059       Oct 20 \
     15:27    two words.exe",
];

/// z/VM.
const VM: &[&str] = &[
    "PROFILE  EXEC     V         72         12          1 \
     1997-12-15  9:47:29 MIK191",
    "TOOLS             DIR        -          -          - 12/31/23 12:03:50 -",
];
