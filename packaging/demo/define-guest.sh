#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Defines the demo guest under a name; it replaces a definition of that name and UUID.
#
# usage: define-guest.sh URI NAME UUID GUEST_DIR
set -euo pipefail

[[ $# -eq 4 ]] || {
    echo "usage: define-guest.sh URI NAME UUID GUEST_DIR" >&2
    exit 2
}
uri=$1 name=$2 uuid=$3
guest=$(cd "$4" && pwd)
definition=$(mktemp)
trap 'rm -f "$definition"' EXIT
sed -e "s|@NAME@|$name|; s|@UUID@|$uuid|; s|@KERNEL@|$guest/vmlinuz|; s|@INITRD@|$guest/initrd.gz|" \
    "$(dirname "$0")/guest.xml" >"$definition"
virsh -q -c "$uri" define "$definition" >/dev/null
