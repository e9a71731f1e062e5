//! The files that travel.

use std::{fs, io, path::Path};

use crate::Result;

/// The directories, parents first.
pub(crate) const DIRECTORIES: [&str; 3] = ["letters", "data", "data/photos of 2024"];

/// The file that is large enough to be broken off half-way.
pub(crate) const LARGE: &str = "data/large.bin";

const MIB: usize = 1024 * 1024;

/// A file by its path in the tree, `/` between the names as FTP servers have it.
#[derive(Debug, Clone)]
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) size: u64,
}

/// Makes the tree below `root`, of what is known to go wrong: line ends that look like text to be
/// converted, no content at all, blanks, letters of other alphabets, and more than one buffer.
pub(crate) fn plant(root: &Path) -> Result<Vec<File>> {
    for directory in DIRECTORIES {
        fs::create_dir(root.join(directory))?;
    }
    let every_byte: Vec<u8> = (0..=u8::MAX).cycle().take(100_000).collect();
    let lines = "unix\nwindows\r\nold mac\rno end".repeat(500);
    let files: Vec<(&str, Vec<u8>)> = vec![
        ("read me first.txt", b"Hello over there.\n".repeat(60)),
        ("letters/line ends.txt", lines.into_bytes()),
        ("letters/Grüße aus Köln.txt", "Schöne Grüße!\n".into()),
        ("letters/手紙.txt", "拝啓\n".into()),
        ("data/empty", Vec::new()),
        ("data/every byte.bin", every_byte),
        (LARGE, noise(32 * MIB, 1)),
        ("data/photos of 2024/Ærø 1.raw", noise(3 * MIB + 1, 2)),
        ("data/photos of 2024/Ærø 2.raw", noise(5 * MIB - 1, 3)),
        ("data/photos of 2024/(best) 100%.raw", noise(4 * MIB, 4)),
    ];
    files
        .into_iter()
        .map(|(path, content)| {
            fs::write(root.join(path), &content)?;
            Ok(File {
                path: path.to_owned(),
                size: content.len() as u64,
            })
        })
        .collect()
}

/// Compares two files byte by byte and gives their size.
pub(crate) fn compare(left: &Path, right: &Path) -> Result<u64> {
    let different = |what: String| {
        let message = format!("{} and {} differ: {what}", left.display(), right.display());
        io::Error::new(io::ErrorKind::InvalidData, message)
    };
    let (ours, theirs) = (fs::read(left)?, fs::read(right)?);
    if ours.len() != theirs.len() {
        let what = format!("{} and {} bytes", ours.len(), theirs.len());
        return Err(different(what).into());
    }
    if ours != theirs {
        let place = ours
            .iter()
            .zip(&theirs)
            .position(|(left, right)| left != right);
        return Err(different(format!("at byte {}", place.unwrap_or_default())).into());
    }
    Ok(ours.len() as u64)
}

/// Bytes without a pattern (xorshift), so that a piece at a wrong place is noticed.
fn noise(bytes: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut noise = Vec::with_capacity(bytes + 8);
    while noise.len() < bytes {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        noise.extend_from_slice(&state.to_le_bytes());
    }
    noise.truncate(bytes);
    noise
}
