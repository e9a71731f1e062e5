#!/bin/bash
# Brings the FTP servers that the target `servers` runs against, without
# installing anything on the system: Debian's packages are unpacked, and
# pyftpdlib is put beside them.
#
#   tests/servers/install.sh [DIRECTORY]
#
# DIRECTORY (or $SERVERS_DIR) is target/servers where none is named. Needs
# apt-get, dpkg, openssl, and python3 with pip. What is there already is left alone.
# Ends with 1 when a server is missing, and says which and why.
set -u

here=$(cd "$(dirname "$0")" && pwd)
directory=${1:-${SERVERS_DIR:-$here/../../target/servers}}
mkdir -p "$directory" || exit 1
directory=$(cd "$directory" && pwd)
debian=$directory/debian
python=$directory/python
scratch=$directory/scratch
trap 'rm -rf "$scratch"' EXIT
missing=0

# complain NAME FILE: what could not be brought, with the last lines of what
# the tool had to say.
complain() {
    echo "install.sh: could not bring $1:" >&2
    tail -n 15 "$2" | sed 's/^/    /' >&2
    missing=1
}

# The loader finds the libraries that came along, and only then the system's.
libraries() {
    find "$debian" -name 'lib*.so*' ! -path '*/proftpd/*' -printf '%h\n' 2>/dev/null | sort -u | paste -sd:
}

# loads PROGRAM...: every program and module is there and finds its libraries.
loads() {
    local program unresolved
    for program; do
        if [ ! -e "$debian/$program" ]; then
            echo "$program is not there"
            return 1
        fi
        unresolved=$(LD_LIBRARY_PATH=$(libraries) ldd "$debian/$program" | grep 'not found')
        if [ -n "$unresolved" ]; then
            echo "$program lacks $unresolved"
            return 1
        fi
    done
}

# An unpacked base image has no package lists; fetching them is asked for
# only when it is needed, because it is the slow part.
package_lists() {
    apt-cache show "$1" 2>/dev/null | grep -q '^Package:' || apt-get update
}

# unpack PACKAGE...: the packages, and those of their libraries which the
# system lacks. The resolver tells which; the C library is never among them,
# since a second one in LD_LIBRARY_PATH breaks every program.
unpack() {
    local plan wanted
    package_lists "$1" || return 1
    plan=$(apt-get install --simulate --no-install-recommends "$@") || return 1
    wanted=$(awk '$1 == "Inst" && $2 ~ /^lib/ && $2 !~ /^(libc6|libc-bin|libpam-|libperl)/ { print $2 }' <<<"$plan")
    rm -rf "$scratch" && mkdir -p "$scratch" || return 1
    # shellcheck disable=SC2086
    (cd "$scratch" && apt-get download "$@" $wanted) || return 1
    local package
    for package in "$scratch"/*.deb; do
        dpkg -x "$package" "$debian" || return 1
    done
}

# bring NAME "PACKAGE..." "PROGRAM...": leaves alone what loads already.
bring() {
    local name=$1 log=$directory/$1.log
    local -a packages programs
    read -ra packages <<<"$2"
    read -ra programs <<<"$3"
    if loads "${programs[@]}" >/dev/null; then
        return
    fi
    # Lists that are there but old name packages that the mirror no longer
    # has: the second try is made with new ones.
    if ! unpack "${packages[@]}" >"$log" 2>&1; then
        { apt-get update && unpack "${packages[@]}"; } >>"$log" 2>&1
    fi
    if ! loads "${programs[@]}" >>"$log"; then
        complain "$name" "$log"
    fi
}

bring_pyftpdlib() {
    local log=$directory/pyftpdlib.log
    if PYTHONPATH=$python python3 -c "$imports" >/dev/null 2>&1; then
        return
    fi
    rm -rf "$python"
    # These versions, because the table says what they do. A directory of its own, so that nothing lands in the system's Python.
    python3 -m pip install --disable-pip-version-check --no-input --root-user-action=ignore \
        --target "$python" pyftpdlib==2.2.0 pyOpenSSL==26.4.0 >"$log" 2>&1
    if ! PYTHONPATH=$python python3 -c "$imports" >>"$log" 2>&1; then
        complain pyftpdlib "$log"
    fi
}
imports='import pyftpdlib.handlers, pyftpdlib.servers
from pyftpdlib.handlers import TLS_FTPHandler'

for tool in apt-get apt-cache dpkg ldd openssl python3 unshare; do
    if ! command -v "$tool" >/dev/null; then
        echo "install.sh: needs $tool" >&2
        missing=1
    fi
done
[ "$missing" = 0 ] || exit 1

bring vsftpd 'vsftpd' 'usr/sbin/vsftpd'
bring proftpd 'proftpd-core proftpd-mod-crypto' "usr/sbin/proftpd $(printf ' usr/lib/proftpd/%s.so' mod_tls mod_digest mod_deflate mod_site_misc)"
bring pure-ftpd 'pure-ftpd pure-ftpd-common' 'usr/sbin/pure-ftpd usr/bin/pure-pw'
bring_pyftpdlib

# mod_facts is built in, or it is nowhere.
if [ -e "$debian/usr/sbin/proftpd" ] \
    && ! LD_LIBRARY_PATH=$(libraries) "$debian/usr/sbin/proftpd" -l 2>/dev/null | grep -q '^ *mod_facts\.c$'; then
    echo "install.sh: this ProFTPD is built without mod_facts" >&2
    missing=1
fi

# The harness reads this rather than searching for itself.
libraries >"$directory/library-path"
if [ "$missing" = 0 ]; then
    echo "vsftpd, ProFTPD, Pure-FTPd and pyftpdlib are in $directory"
fi
exit "$missing"
