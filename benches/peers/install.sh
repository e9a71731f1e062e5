#!/bin/bash
# Brings lftp and rclone, without installing anything on the system: Debian's
# packages are unpacked.
#
#   benches/peers/install.sh [DIRECTORY]
#
# DIRECTORY (or $PEERS_DIR) is benches/peers/target/peers where none is named.
# Needs apt-get and dpkg, and on the system the libraries that lftp wants;
# what is missing then is told. Ends with 1 when a client does not start.
set -u

here=$(cd "$(dirname "$0")" && pwd)
directory=${1:-${PEERS_DIR:-$here/target/peers}}
mkdir -p "$directory/scratch" || exit 1
cd "$directory/scratch" || exit 1
trap 'rm -rf "$directory/scratch"' EXIT
status=0

for client in lftp rclone; do
    program=$directory/usr/bin/$client
    if [ ! -x "$program" ]; then
        apt-cache show "$client" 2>/dev/null | grep -q '^Package:' || apt-get update
        apt-get download "$client" && dpkg -x "$client"_*.deb "$directory"
    fi
    if ! "$program" --version >/dev/null; then
        echo "install.sh: $client does not start" >&2
        status=1
    fi
done
exit "$status"
