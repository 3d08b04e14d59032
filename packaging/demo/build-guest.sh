#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Builds the demo guest from Debian packages: OUT/vmlinuz and OUT/initrd.gz, a kernel and a busybox
# with a shell on its screen (tty1) and one on its serial port (ttyS0). No disk, no network.
#
# usage: build-guest.sh OUT      done once; remove OUT to build it anew
set -euo pipefail

[[ $# -eq 1 ]] || {
    echo "usage: build-guest.sh OUT" >&2
    exit 2
}
# What the guest is made of; with another recipe it is built anew.
recipe=$(sha256sum "$0" | cut -c 1-16)
mkdir -p "$1"
out=$(cd "$1" && pwd)
[[ -s $out/vmlinuz && -s $out/initrd.gz && $(cat "$out/recipe" 2>/dev/null) == "$recipe" ]] && exit 0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
cd "$work"

fetch_packages() {
    echo "guest: fetching a kernel and busybox (28 MB)"
    if ! apt-cache show linux-image-cloud-amd64 busybox-static >/dev/null 2>&1; then
        ((EUID == 0)) || {
            echo "build-guest: apt knows no packages yet; run: sudo apt-get update" >&2
            exit 1
        }
        apt-get -q -o DPkg::Lock::Timeout=300 update >/dev/null
    fi
    local kernel
    kernel=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends/ { print $2; exit }')
    apt-get -q -o Acquire::Retries=3 download "$kernel" busybox-static >apt.log 2>&1 || {
        tail -n 5 apt.log >&2
        echo "build-guest: 'apt-get download $kernel busybox-static' failed; is 'apt-get update' due?" >&2
        exit 1
    }
    mkdir kernel busybox
    dpkg -x linux-image*.deb kernel
    dpkg -x busybox-static*.deb busybox
}

# The order counts: a module comes after those it needs.
readonly modules=(button evdev virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_balloon)

copy_modules() {
    local number=0 name file target
    for name in "${modules[@]}"; do
        file=$(find kernel -name "$name.ko" -o -name "$name.ko.xz" | head -n 1)
        [[ -n $file ]] || continue
        number=$((number + 1))
        target=$(printf 'root/lib/modules/%02d-%s.ko' "$number" "$name")
        case $file in
            *.xz) xz -dc "$file" >"$target" ;;
            *) cp "$file" "$target" ;;
        esac
    done
}

write_init() {
    cat >root/init <<'END'
#!/bin/busybox sh
/bin/busybox mkdir -p /bin /sbin /usr/bin /usr/sbin
/bin/busybox --install -s
mount -t proc none /proc
mount -t sysfs none /sys
mount -t devtmpfs none /dev
mkdir -p /dev/pts
mount -t devpts none /dev/pts
for module in /lib/modules/*.ko; do insmod "$module" 2>/dev/null; done
hostname demo
ip link set lo up
# The power button shuts down.
mkdir -p /etc/acpi/PWRF
printf '#!/bin/sh\npoweroff -f\n' >/etc/acpi/PWRF/00000080
chmod 755 /etc/acpi/PWRF/00000080
(acpid -d >/dev/null 2>&1 &)
exec /sbin/init
END
    cat >root/etc/inittab <<'END'
tty1::respawn:/bin/cttyhack /usr/bin/env PLACE=screen /bin/sh -l
ttyS0::respawn:/bin/cttyhack /usr/bin/env PLACE=serial /bin/sh -l
::ctrlaltdel:/sbin/reboot -f
END
    cat >root/etc/profile <<'END'
export PS1='demo:\w# ' HOME=/root PATH=/sbin:/bin:/usr/sbin:/usr/bin TERM=linux
cd
printf '\nThe demo guest of Gatehouse: %s. No disk, no network.\n' "$(uname -sr)"
case $PLACE in
screen) printf 'This is its screen, the VNC console. Try: echo hello > /dev/ttyS0\n\n' ;;
*) printf 'This is its serial port, the text console. Try: echo hello > /dev/tty1\n\n' ;;
esac
END
    chmod 755 root/init
}

fetch_packages
echo "guest: building its memory disk"
mkdir -p root/{bin,dev,proc,sys,etc,lib/modules,tmp,root}
cp busybox/bin/busybox root/bin/busybox
copy_modules
write_init
(cd root && find . | cpio --create --format newc --quiet --owner 0:0) | gzip -9 >"$out/initrd.gz"
cp kernel/boot/vmlinuz-* "$out/vmlinuz"
echo "$recipe" >"$out/recipe"
echo "guest: ready, $(du -shc "$out/vmlinuz" "$out/initrd.gz" | awk 'END { print $1 }')B in $out"
