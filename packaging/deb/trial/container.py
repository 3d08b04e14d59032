# SPDX-License-Identifier: Apache-2.0
"""A throw-away Debian in namespaces of its own: no systemd, no terminal, no network but loopback."""
import ctypes
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

CLONE_NEWNET = 0x40000000
KEYRING = pathlib.Path("/usr/share/keyrings/debian-archive-keyring.gpg")

# Left, and right of what one installs: logs and caches of the package tools, and files they rewrite.
NOT_COMPARED = re.compile(
    r"^/(proc|sys|dev|tmp|run|root)(/|$)|^/var/(cache|log|tmp)(/|$)|^/var/lib/(apt|dpkg|ucf|systemd|pam|debconf)(/|$)"
    r"|^/etc/(passwd|group|shadow|gshadow|subuid|subgid)-?$|^/etc/ld\.so\.cache$|^/var/lib/shells\.state$"
    r"|^/var/lib/dbus(/|$)|^/etc/\.pwd\.lock$")

ENTER = """
set -e
mount --make-rprivate /
mount --bind "$1" "$1"
cd "$1"
mount -t proc proc proc
if [ "$2" = boot ]; then
    mount -t sysfs sysfs sys
    umount -l sys/fs/cgroup 2>/dev/null || true
    mount -t cgroup2 cgroup2 sys/fs/cgroup
fi
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs dev
for node in null zero full random urandom tty; do touch dev/$node; mount --bind /dev/$node dev/$node; done
mkdir dev/pts dev/shm
mount -t tmpfs -o mode=1777 tmpfs dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mkdir -p .outside
pivot_root . .outside
exec </dev/null
umount -l /.outside
rmdir /.outside
touch /run/ready
if [ "$2" = boot ]; then
    exec env -i container=lxc PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --log-target=null
fi
exec sleep infinity
"""

# What a root needs to be booted.
SYSTEMD = ("systemd", "systemd-sysv", "dbus", "curl", "procps")


class CommandFailed(RuntimeError):
    """A command in the container ended with another status than was expected."""


class CannotBoot(RuntimeError):
    """systemd can not run here, and why."""


def machine_mirror():
    """The mirror and the release of the machine's own apt sources."""
    release = re.search(r"^VERSION_CODENAME=\"?([a-z]+)", pathlib.Path("/etc/os-release").read_text(), re.M)[1]
    seen = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)",
                           "Created-By: Packages"], capture_output=True, text=True, check=True).stdout
    for line in seen.splitlines():
        if line.split()[1:] == [release, "main"]:
            return line.split()[0], release
    raise SystemExit(f"the machine's apt sources have no `{release} main` to take the mirror from")


def make_base(directory, release=None):
    """The smallest Debian, of the machine's release where none is named, kept as a tarball; returns its path."""
    mirror, own = machine_mirror()
    release = release or own
    tarball = directory / f"{release}.tar.zst"
    if tarball.is_file():
        return tarball
    with tempfile.TemporaryDirectory(prefix="gatehouse-base.") as work:
        root = pathlib.Path(work) / "root"
        signed = [f"--keyring={KEYRING}"] if KEYRING.is_file() else []
        subprocess.run(["debootstrap", "--variant=minbase", *signed, release, root, mirror],
                       stdout=subprocess.DEVNULL, check=True)
        (root / "etc/apt/sources.list").write_text(f"deb {mirror} {release} main\n")
        write_tarball(root, tarball)
    return tarball


def write_tarball(root, tarball):
    partial = tarball.with_suffix(".partial")
    subprocess.run(["tar", "-C", root, "--zstd", "-cf", partial, "."], check=True)
    partial.rename(tarball)


def make_root(base, package, directory):
    """A root with the archives that the package needs downloaded and nothing of them installed; returns its tarball.

    Downloading is all that needs a network, so it is done once for each list of dependencies.
    """
    wanted = subprocess.run(["dpkg-deb", "-f", package, "Depends", "Pre-Depends"], capture_output=True, check=True)
    wanted = wanted.stdout + " ".join(SYSTEMD).encode()
    key = f"{base.name.split('.')[0]}-{hash_of(wanted) & 0xFFFFFFFF:08x}"
    tarball = directory / f"root-{key}.tar.zst"
    if tarball.is_file():
        return tarball
    with tempfile.TemporaryDirectory(prefix="gatehouse-root.") as work:
        root = pathlib.Path(work)
        subprocess.run(["tar", "-C", root, "--zstd", "-xf", base], check=True)
        shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
        shutil.copy(package, root / "package.deb")
        (root / "etc/apt/apt.conf.d/90keep").write_text('APT::Sandbox::User "root";\nAcquire::Languages "none";\n')
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
        install = ["install", "-y", "--no-install-recommends", "--download-only"]
        for arguments in (["update"], [*install, "/package.deb"], [*install, *SYSTEMD]):
            subprocess.run(["chroot", root, "apt-get", "-qq", *arguments], env=environment,
                           stdout=subprocess.DEVNULL, check=True)
        (root / "package.deb").unlink()
        write_tarball(root, tarball)
    return tarball


def hash_of(content):
    import zlib
    return zlib.crc32(content)


class Container:
    """The running container; commands go into it, and this process is in its network."""

    def __init__(self, tarball):
        self.work = tempfile.TemporaryDirectory(prefix="gatehouse-trial.")
        self.root = pathlib.Path(self.work.name) / "root"
        self.root.mkdir(mode=0o755)
        subprocess.run(["tar", "-C", self.root, "--zstd", "-xf", tarball], check=True)
        # No systemd runs there; the scripts of packages must not start anything either.
        self.write("/usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", 0o755)
        self.write("/etc/hosts", f"127.0.0.1 localhost {os.uname().nodename}\n::1 localhost\n")
        self.cgroup = None
        self._begin(["unshare", "--mount", "--pid", "--net", "--ipc", "--uts", "--fork", "--kill-child",
                     "bash", "-c", ENTER, "enter", self.root, "stay"])
        self._join_network()

    def _begin(self, command):
        self.outer = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        self.pid = self._wait_for_init()

    def boot(self):
        """Ends everything inside and starts systemd as the first process, in a control group of its own.

        The network stays. Raises `CannotBoot` with the reason where that can not be.
        """
        self.run("apt-get", "-q", "-y", "--no-install-recommends", "-o", "Dpkg::Use-Pty=0", "install", *SYSTEMD)
        # Nothing is denied its start any more, and there is no console that a login could wait on.
        self.path("/usr/sbin/policy-rc.d").unlink()
        self.run("systemctl", "mask", "console-getty.service", expected=None)
        mounts = (line.split() for line in pathlib.Path("/proc/mounts").read_text().splitlines())
        top = next((pathlib.Path(fields[1]) for fields in mounts if fields[2] == "cgroup2"), None)
        if top is None:
            raise CannotBoot("there are no control groups of version 2 here")
        cgroup = top / f"gatehouse-trial-{os.getpid()}"
        try:
            cgroup.mkdir()
        except OSError as problem:
            raise CannotBoot(f"no control group can be made here: {problem}") from None
        self.outer.kill()
        self.outer.wait()
        self.cgroup = cgroup
        self._begin(["bash", "-c", 'echo $$ >"$1/cgroup.procs" && shift && exec "$@"', "bash", cgroup,
                     "unshare", "--mount", "--pid", "--ipc", "--uts", "--cgroup", "--fork", "--kill-child",
                     "bash", "-c", ENTER, "enter", self.root, "boot"])
        for _ in range(300):
            state = self.run("systemctl", "is-system-running", expected=None).strip()
            if state in ("running", "degraded"):
                return
            time.sleep(0.2)
        raise AssertionError(f"systemd does not come up: {state}")

    def _wait_for_init(self):
        for _ in range(500):
            if self.outer.poll() is not None:
                raise SystemExit("the container did not start, see above")
            children = pathlib.Path(f"/proc/{self.outer.pid}/task/{self.outer.pid}/children").read_text().split()
            if children and pathlib.Path(f"/proc/{children[0]}/root/run/ready").exists() \
                    and not pathlib.Path(f"/proc/{children[0]}/root/.outside").exists():
                return children[0]
            time.sleep(0.02)
        raise SystemExit("the container did not become ready")

    def _join_network(self):
        libc = ctypes.CDLL(None, use_errno=True)
        with open(f"/proc/{self.pid}/ns/net", "rb") as namespace:
            if libc.setns(namespace.fileno(), CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")
        self._raise_loopback()

    @staticmethod
    def _raise_loopback():
        import fcntl
        import socket
        import struct
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            fcntl.ioctl(one, 0x8914, struct.pack("16sh14x", b"lo", 0x1 | 0x40))  # SIOCSIFFLAGS: up, running

    def enter(self, *command):
        """The command line that runs a command inside."""
        return ["nsenter", "-t", self.pid, "-m", "-p", "-i", "-u", "-r", "-w", "--", *map(str, command)]

    def run(self, *command, expected=0, text=None, variables=()):
        """Runs a command inside; returns what it printed, both streams in one."""
        environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
                       "DEBIAN_FRONTEND": "noninteractive", "HOME": "/root", **dict(variables)}
        done = subprocess.run(self.enter(*command), input=text, text=True, env=environment, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600)
        if expected is not None and done.returncode != expected:
            raise CommandFailed(f"{' '.join(map(str, command))}: status {done.returncode}\n{done.stdout}")
        return done.stdout

    def apt(self, *arguments, expected=0):
        return self.run("apt-get", "-q", "-y", "--no-install-recommends", "--allow-downgrades",
                        "-o", "Dpkg::Use-Pty=0", *arguments, expected=expected)

    def path(self, inside):
        return pathlib.Path(f"/proc/{self.pid}/root{inside}")

    def write(self, inside, text, mode=0o644):
        place = self.root / inside.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        place.chmod(mode)

    def copy_in(self, file):
        shutil.copy(file, self.root / "root")
        return f"/root/{pathlib.Path(file).name}"

    def listing(self):
        """Every path that counts, with its kind."""
        found = self.run("find", "/", "-xdev", "-printf", "%y %p\\n")
        lines = (line for line in found.splitlines() if not NOT_COMPARED.search(line[2:]))
        return {line for line in lines if "/__pycache__" not in line}

    def close(self):
        self.outer.kill()
        self.outer.wait()
        if self.cgroup:
            # From the leaves up; the last processes may take a moment to go.
            for folder in sorted(self.cgroup.rglob("*/"), key=lambda each: -len(each.parts)) + [self.cgroup]:
                for _ in range(50):
                    try:
                        folder.rmdir()
                        break
                    except OSError:
                        time.sleep(0.1)
        self.work.cleanup()
