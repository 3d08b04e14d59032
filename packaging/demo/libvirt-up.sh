#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Starts a private libvirtd that keeps everything in DIR and prints its URI. Nobody else's libvirt
# is touched; nothing listens but sockets in DIR.
#
# usage: libvirt-up.sh DIR [CACHE_DIR [HOST_UUID]]
#
# As root it runs in a mount namespace of its own, with DIR bound over libvirt's fixed paths and
# with a /dev without kvm: a kernel may offer /dev/kvm in which no Linux guest boots, and with it
# libvirt probes QEMU anew at every start. As anybody else it is a session daemon whose XDG
# directories are in DIR. CACHE_DIR keeps what libvirt learned of QEMU (saves 4 s at each start).
# With a HOST_UUID of its own it is another host, to which machines can migrate.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin

fail() {
    echo "libvirt-up: $*" >&2
    exit 1
}

[[ $# -ge 1 && $# -le 3 ]] || fail "usage: libvirt-up.sh DIR [CACHE_DIR [HOST_UUID]]"
mkdir -p "$1"
dir=$(cd "$1" && pwd)
cache=${2:-$dir/cache}
host_uuid=${3:-}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
for command in libvirtd virsh qemu-system-x86_64; do
    command -v "$command" >/dev/null || fail "there is no $command here; run packaging/tools/install-packages run"
done
# A socket's path has 107 bytes at most, and QEMU's is the longest one below DIR.
((${#dir} <= 60)) || fail "the path of DIR must have 60 characters or fewer, and '$dir' has ${#dir}"
if [[ -e $dir/libvirtd.pid ]]; then "$(dirname "$0")/libvirt-down.sh" "$dir"; fi

write_configuration() {
    mkdir -p "$dir"/{etc,run,lib,log,sock}
    cat >"$dir/qemu.conf" <<END
security_driver = "none"
remember_owner = 0
cgroup_controllers = []
namespaces = []
stdio_handler = "file"
END
    cat >"$dir/libvirtd.conf" <<END
auth_unix_ro = "none"
auth_unix_rw = "none"
log_level = 3
log_outputs = "3:file:$dir/libvirtd.log"
END
    if [[ -n $host_uuid ]]; then echo "host_uuid = \"$host_uuid\"" >>"$dir/libvirtd.conf"; fi
}

# Waits until the daemon answers: at most 30 s, the first probe of QEMU included.
wait_until_up() {
    local uri=$1
    for _ in $(seq 300); do
        if virsh -q -c "$uri" version >/dev/null 2>&1; then
            echo "$uri" | tee "$dir/uri"
            exit 0
        fi
        sleep 0.1
    done
    tail -n 5 "$dir/libvirtd.log" >&2 || true
    fail "libvirtd did not come up, see $dir/libvirtd.log"
}

start_as_root() {
    # The QEMU driver does not start without this user, whatever qemu.conf says.
    getent passwd libvirt-qemu >/dev/null \
        || adduser --quiet --system --group --no-create-home --home /var/lib/libvirt libvirt-qemu
    printf 'user = "root"\ngroup = "root"\ndynamic_ownership = 0\n' >>"$dir/qemu.conf"
    cp "$dir/qemu.conf" "$dir/etc/qemu.conf"
    printf 'unix_sock_dir = "%s"\nunix_sock_group = "root"\n' "$dir/sock" >>"$dir/libvirtd.conf"
    mkdir -p /etc/libvirt /run/libvirt /var/lib/libvirt /var/cache/libvirt /var/log/libvirt
    # The inner script gets its values as arguments, so nothing is to be expanded here.
    # shellcheck disable=SC2016
    unshare --mount bash -euc '
        dir=$1 cache=$2
        mount --make-rprivate /
        mount --bind "$dir/etc" /etc/libvirt
        mount --bind "$dir/run" /run/libvirt
        mount --bind "$dir/lib" /var/lib/libvirt
        mount --bind "$cache" /var/cache/libvirt
        mount --bind "$dir/log" /var/log/libvirt
        mkdir -p "$dir/dev"
        mount -t tmpfs -o mode=755 dev "$dir/dev"
        mkdir -p "$dir"/dev/pts "$dir"/dev/shm "$dir"/dev/net
        for name in null zero full random urandom tty loop-control net/tun; do
            if [ -e "/dev/$name" ]; then
                : >"$dir/dev/$name"
                mount --bind "/dev/$name" "$dir/dev/$name"
            fi
        done
        mount --bind /dev/pts "$dir/dev/pts"
        mount --bind /dev/shm "$dir/dev/shm"
        ln -s pts/ptmx "$dir/dev/ptmx"
        ln -s /proc/self/fd "$dir/dev/fd"
        mount --rbind "$dir/dev" /dev
        exec libvirtd --config "$dir/libvirtd.conf" --pid-file "$dir/libvirtd.pid" --daemon
    ' _ "$dir" "$cache" </dev/null >"$dir/libvirtd.out" 2>&1 || {
        cat "$dir/libvirtd.out" >&2
        fail "libvirtd did not start"
    }
    wait_until_up "qemu+unix:///system?socket=$dir/sock/libvirt-sock"
}

start_as_user() {
    mkdir -p "$dir"/home/config/libvirt "$dir"/home/cache
    chmod 700 "$dir"/run
    cp "$dir/qemu.conf" "$dir/home/config/libvirt/qemu.conf"
    rm -rf "$dir/home/cache/libvirt"
    ln -s "$cache" "$dir/home/cache/libvirt"
    env HOME="$dir/home" XDG_RUNTIME_DIR="$dir/run" XDG_CONFIG_HOME="$dir/home/config" \
        XDG_CACHE_HOME="$dir/home/cache" XDG_DATA_HOME="$dir/home/data" \
        libvirtd --config "$dir/libvirtd.conf" --pid-file "$dir/libvirtd.pid" --daemon \
        </dev/null >"$dir/libvirtd.out" 2>&1 || {
        cat "$dir/libvirtd.out" >&2
        fail "libvirtd did not start"
    }
    wait_until_up "qemu+unix:///session?socket=$dir/run/libvirt/libvirt-sock"
}

write_configuration
if ((EUID == 0)); then start_as_root; else start_as_user; fi
