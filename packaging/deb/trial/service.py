# SPDX-License-Identifier: Apache-2.0
"""Does for the daemon what its unit says: socket, directories, user, limits, notifications, a read-only system."""
import signal
import socket
import subprocess
import threading
import time

# What systemd would mount and drop, as far as it can be done without systemd: ProtectSystem=strict, PrivateTmp,
# CapabilityBoundingSet=, NoNewPrivileges, User=. The filters of system calls are not there.
START = """
mount --make-rprivate /
for folder in /var/lib/gatehouse /run/gatehouse; do mount --bind $folder $folder; done
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount -o remount,bind,ro /
ulimit -n 65536 2>/dev/null || ulimit -n "$(ulimit -Hn)"
umask 0077
if [ "$LISTENER" != 3 ]; then exec 3<&"$LISTENER" {LISTENER}<&-; fi
unset LISTENER
export LISTEN_PID=$$
echo $$ >/dev/shm/gatehouse.pid
exec setpriv --reuid gatehouse --regid gatehouse --init-groups --no-new-privs --bounding-set=-all --inh-caps=-all \
    /usr/bin/gatehoused --service --config /etc/gatehouse/gatehouse.yaml
"""


class Service:
    """systemd's part for the one service of the package."""

    def __init__(self, container, address="127.0.0.1", port=8443, watchdog=4):
        self.container = container
        self.watchdog = watchdog
        self.listener = socket.create_server((address, port), backlog=1024)
        self.notifications = []
        self.changed = threading.Condition()
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify_name = f"gatehouse-trial-{port}"
        self.notify.bind("\0" + self.notify_name)
        threading.Thread(target=self._listen, daemon=True).start()
        self.process = None
        self.log = []

    def _listen(self):
        while True:
            lines = self.notify.recv(4096).decode().splitlines()
            with self.changed:
                self.notifications += lines
                self.changed.notify_all()

    def wait_for(self, line, seconds=30):
        """Waits until the daemon has said a line; returns the seconds that took."""
        began = time.monotonic()
        with self.changed:
            while not any(said == line or said.startswith(line + "=") for said in self.notifications):
                left = began + seconds - time.monotonic()
                if left <= 0 or (self.process and self.process.poll() is not None):
                    raise AssertionError(f"the daemon did not say {line}; its log:\n{self.tail()}")
                self.changed.wait(min(left, 0.2))
        return time.monotonic() - began

    def tail(self):
        return "".join(line[:400].rstrip("\n") + "\n" for line in self.log[-60:])

    def start(self):
        """Starts the daemon and waits until it is ready; returns the seconds that took."""
        self.container.run("install", "-d", "-o", "gatehouse", "-g", "gatehouse", "-m", "755", "/run/gatehouse")
        self.container.run("install", "-d", "-o", "gatehouse", "-g", "gatehouse", "-m", "700", "/var/lib/gatehouse")
        self.notifications.clear()
        descriptor = self.listener.fileno()
        environment = {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin", "LANG": "C.UTF-8", "USER": "gatehouse",
            "LOGNAME": "gatehouse", "HOME": "/var/lib/gatehouse", "LISTENER": str(descriptor), "LISTEN_FDS": "1",
            "LISTEN_FDNAMES": "https", "NOTIFY_SOCKET": "@" + self.notify_name,
            "WATCHDOG_USEC": str(self.watchdog * 1_000_000), "STATE_DIRECTORY": "/var/lib/gatehouse",
            "RUNTIME_DIRECTORY": "/run/gatehouse"}
        self.process = subprocess.Popen(
            self.container.enter("unshare", "--mount", "bash", "-c", START), env=environment, pass_fds=[descriptor],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.log = []
        threading.Thread(target=self._keep_log, args=(self.process,), daemon=True).start()
        return self.wait_for("READY=1")

    def _keep_log(self, process):
        for line in process.stdout:
            self.log.append(line)

    def stop(self):
        """Ends the daemon as systemd does; returns its status."""
        self.container.run("sh", "-c", "kill -TERM $(cat /dev/shm/gatehouse.pid)")
        try:
            status = self.process.wait(45)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGKILL)
            raise AssertionError(f"the daemon did not end within 45 s; its log:\n{self.tail()}") from None
        self.container.run("rm", "-rf", "/run/gatehouse")
        return status

    def close(self):
        self.listener.close()
