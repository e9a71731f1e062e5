//! What may be left behind: sockets and tasks.

use std::{
    collections::HashSet,
    fs,
    time::{Duration, Instant},
};

use tokio::runtime::Handle;

use crate::farm::Server;

/// How many sockets of this process go to that server, control and data connections alike.
pub(crate) fn sockets_to(server: &Server) -> usize {
    let (own, ports) = (own_sockets(), server.ports());
    let mut inodes = HashSet::new();
    for table in ["/proc/self/net/tcp", "/proc/self/net/tcp6"] {
        let table = fs::read_to_string(table).expect("Linux has it");
        for line in table.lines().skip(1) {
            let columns: Vec<_> = line.split_ascii_whitespace().collect();
            let (_, peer) = columns[2].rsplit_once(':').expect("an address and a port");
            let peer = u16::from_str_radix(peer, 16).expect("a port");
            if ports.contains(&peer) && own.contains(columns[9]) {
                inodes.insert(columns[9].to_owned());
            }
        }
    }
    inodes.len()
}

fn own_sockets() -> HashSet<String> {
    let files = fs::read_dir("/proc/self/fd").expect("Linux has it");
    files
        .filter_map(|file| fs::read_link(file.ok()?.path()).ok())
        .filter_map(|target| {
            let target = target.to_str()?;
            let inode = target.strip_prefix("socket:[")?.strip_suffix(']')?;
            Some(inode.to_owned())
        })
        .collect()
}

/// Panics when tasks go on living in this runtime.
pub(crate) async fn alive_tasks_at_most(limit: usize) {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let alive = Handle::current().metrics().num_alive_tasks();
        if alive <= limit {
            return;
        }
        assert!(Instant::now() < deadline, "{alive} tasks live, not {limit}");
        // A task that has ended is taken down by its worker.
        tokio::task::yield_now().await;
    }
}
