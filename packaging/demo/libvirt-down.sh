#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Ends a libvirtd that libvirt-up.sh started in DIR, and its guests first: libvirtd would leave
# them running. Does nothing where none runs.
#
# usage: libvirt-down.sh DIR
set -euo pipefail

[[ $# -eq 1 ]] || {
    echo "usage: libvirt-down.sh DIR" >&2
    exit 2
}
[[ -d $1 ]] || exit 0
dir=$(cd "$1" && pwd)

# Whether a process is there and is not just waiting to be reaped.
is_running() {
    [[ -r /proc/$1/stat ]] && [[ $(sed -E 's/.*\) (.).*/\1/' "/proc/$1/stat" 2>/dev/null) != [ZX] ]]
}

# Ends a process whose command line holds a text: SIGTERM, and SIGKILL after 5 s.
end_process() {
    local pid=$1 text=$2
    is_running "$pid" || return 0
    # A number in an old file may be somebody else's process by now.
    tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF -- "$text" || return 0
    kill -TERM "$pid" 2>/dev/null || return 0
    for _ in $(seq 100); do
        is_running "$pid" || return 0
        sleep 0.05
    done
    kill -KILL "$pid" 2>/dev/null || true
}

destroy_guests() {
    local uri=$1 guests uuid
    guests=$(timeout 10 virsh -q -c "$uri" list --uuid 2>/dev/null) || return 0
    for uuid in $guests; do
        timeout 15 virsh -q -c "$uri" destroy "$uuid" >/dev/null 2>&1 &
    done
    wait
}

if [[ -s $dir/uri ]]; then destroy_guests "$(cat "$dir/uri")"; fi
# What libvirt could not end: the files are named for the guests.
for file in "$dir"/run/qemu/*.pid "$dir"/run/libvirt/qemu/run/*.pid; do
    if [[ -s $file ]]; then end_process "$(cat "$file")" qemu-system; fi
done
if [[ -s $dir/libvirtd.pid ]]; then end_process "$(cat "$dir/libvirtd.pid")" "$dir/libvirtd.conf"; fi
rm -f "$dir/libvirtd.pid" "$dir/uri"
