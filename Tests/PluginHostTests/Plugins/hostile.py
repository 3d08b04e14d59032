# SPDX-License-Identifier: Apache-2.0
"""A plugin that tries to get at what is not its business; its answer says what it got."""
import json
import os
import socket
import sys


def reads(path):
    try:
        with open(path, "rb") as file:
            file.read(1)
        return True
    except OSError:
        return False


def writes(path):
    try:
        with open(path, "ab"):
            return True
    except OSError:
        return False


def connects(family, address):
    try:
        with socket.socket(family, socket.SOCK_STREAM) as client:
            client.settimeout(2)
            client.connect(address)
        return True
    except OSError:
        return False


def others():
    names = [name for name in os.listdir("/proc") if name.isdigit()]
    commands = []
    for name in names:
        try:
            with open(f"/proc/{name}/cmdline", "rb") as file:
                commands.append(file.read().replace(b"\0", b" ").decode())
        except OSError:
            pass
    return [command for command in commands if "plugin.py" not in command and "bwrap" not in command]


def capabilities():
    with open("/proc/self/status") as file:
        lines = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
    return [lines[name] for name in ("CapEff", "CapPrm", "NoNewPrivs")]


def attempt(params):
    return {
        "read": [path for path in params["read"] if reads(path)],
        "write": [path for path in params["write"] if writes(path)],
        "unix": [path for path in params["unix"] if connects(socket.AF_UNIX, path)],
        "tcp": [port for port in params["tcp"] if connects(socket.AF_INET, ("127.0.0.1", port))],
        "others": others(),
        "capabilities": capabilities(),
        "environment": sorted(os.environ),
        "run": os.listdir("/run"),
        "top": sorted(os.listdir("/")),
        "home": os.environ["HOME"],
        "data": writes(os.path.join(os.environ["HOME"], "mine")),
        "descriptors": sorted(int(name) for name in os.listdir("/proc/self/fd")),
    }


for line in sys.stdin:
    message = json.loads(line)
    if "id" not in message:
        continue
    result = {}
    if message["method"] == "initialize":
        result = {"contractVersion": 1, "name": message["params"]["plugin"], "version": "1.0.0"}
    elif message["method"] == "rpc.handle":
        result = {"status": 200, "body": json.dumps(attempt(json.loads(message["params"]["body"])))}
    print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}), flush=True)
    if message["method"] == "shutdown":
        break
