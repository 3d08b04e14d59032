# SPDX-License-Identifier: Apache-2.0
"""A plugin that keeps to the contract, and misbehaves in one way where its argument names one."""
import json
import os
import signal
import subprocess
import sys
import threading
import time

MODE = sys.argv[1] if len(sys.argv) > 1 else ""
LINE = 1 << 20
lock = threading.Lock()
waiting = {}
state = {"events": [], "polls": 0, "parts": [], "cancelled": [], "number": 0, "pings": 0}
halves = {}


def send(message):
    text = json.dumps({"jsonrpc": "2.0", **message})
    with lock:
        if len(text) < LINE - 1:
            lines = [text]
        else:
            state["number"] += 1
            pieces = [text[start:start + 400_000] for start in range(0, len(text), 400_000)]
            lines = [
                json.dumps({"jsonrpc": "2.0", "method": "chunk", "params": {
                    "of": str(state["number"]), "number": number, "last": number == len(pieces) - 1, "text": piece}})
                for number, piece in enumerate(pieces)
            ]
        for line in lines:
            sys.stdout.write(line + "\n")
        sys.stdout.flush()


def call(method, parameters):
    with lock:
        state["number"] += 1
        number = state["number"]
        waiting[number] = [threading.Event(), None]
    send({"id": number, "method": method, "params": parameters})
    waiting[number][0].wait()
    return waiting.pop(number)[1]


def handle(params):
    what = params["path"].split("/")[2] if params["path"].count("/") > 1 else ""
    query = params["query"]
    if what == "die":
        os._exit(3)
    if what == "slow":
        time.sleep(float(query))
    if what == "hang":
        print("hangs", file=sys.stderr, flush=True)
        time.sleep(1000)
    if what == "big":
        return {"status": 200, "body": "x" * int(query)}
    if what == "wrong":
        return {"status": "fine"}
    if what == "call":
        token = {"callToken": params["callToken"]} if query != "self" else {}
        return {"status": 200, "body": json.dumps(call("echo", {"value": query, **token}))}
    if what == "login":
        call("session.login", {"name": "a", "password": "b", "callToken": params["callToken"]})
        return {"status": 200, "body": json.dumps(call("whoami", {"callToken": params["callToken"]}))}
    if what == "keep":
        state["kept"] = params["callToken"]
        return {"status": 200}
    if what == "late":
        return {"status": 200, "body": json.dumps(call("whoami", {"callToken": state["kept"]}))}
    if what == "claim":
        job = call("job.claim", {})
        if "error" in job:
            return {"status": 200, "body": json.dumps(job)}
        token = job["result"]["callToken"]
        first = call("whoami", {"callToken": token})
        call("job.finish", {"job": job["result"]["job"]["id"], "fence": 1, "outcome": "completed"})
        return {"status": 200, "body": json.dumps([first, call("whoami", {"callToken": token})])}
    if what == "state":
        return {"status": 200, "body": json.dumps({**state, "pid": os.getpid(), "version": VERSION})}
    body = params.get("body") or ""
    return {"status": 200, "headers": [["content-type", "text/plain"]], "body": f"{MODE}:{params['method']}:{body}"}


VERSION = open("version.txt").read().strip() if os.path.exists("version.txt") else ""


def answer(method, params):
    if method == "initialize":
        state["parts"] = params["parts"]
        state["configuration"] = params["configuration"]
        state["data"] = params["dataDirectory"]
        if MODE == "refuses":
            raise RuntimeError("the moon is in the wrong phase")
        if MODE == "slowstart":
            time.sleep(0.5)
        version = 7 if MODE == "version" else max(params["contractVersions"])
        return {"contractVersion": version, "name": params["plugin"], "version": "1.0.0"}
    if method == "rpc.handle":
        return handle(params)
    if method == "poll.run":
        state["polls"] += 1
        if MODE == "slowpoll":
            state["running"] = state.get("running", 0) + 1
            state["overlap"] = state.get("overlap", 0) + (state["running"] > 1)
            time.sleep(1.5)
            state["running"] -= 1
        return {}
    if method == "parts.changed":
        state["parts"] = params["parts"]
        return {}
    if method == "ping":
        state["pings"] += 1
        if MODE == "deaf" and state["pings"] > 1:
            time.sleep(1000)
        return {}
    if method == "shutdown":
        if MODE == "stubborn":
            time.sleep(1000)
        return {}
    return {}


def work(message):
    try:
        send({"id": message["id"], "result": answer(message["method"], message.get("params", {}))})
    except Exception as error:
        send({"id": message["id"], "error": {"code": -32603, "message": str(error)}})
    if message["method"] == "shutdown":
        os._exit(0)


def receive(message):
    if "method" not in message:
        waiting[message["id"]][1] = {key: message[key] for key in ("result", "error") if key in message}
        waiting[message["id"]][0].set()
    elif message["method"] == "chunk":
        params = message["params"]
        halves[params["of"]] = halves.get(params["of"], "") + params["text"]
        if params["last"]:
            receive(json.loads(halves.pop(params["of"])))
    elif message["method"] == "event":
        state["events"].append([message["params"]["topic"], message["params"]["data"]])
    elif message["method"] == "job.cancel":
        state["cancelled"].append(message["params"]["job"])
    else:
        threading.Thread(target=work, args=(message,), daemon=True).start()


def misbehave():
    if MODE == "exits":
        print("I am off", file=sys.stderr)
        sys.exit(5)
    if MODE == "silent":
        time.sleep(1000)
    if MODE == "garbage":
        for number in range(100):
            print("debug: line", number, flush=True)
        time.sleep(1000)
    if MODE == "longline":
        sys.stdout.write("x" * (5 << 20) + "\n")
        sys.stdout.flush()
    if MODE == "noisy":
        for number in range(3000):
            print("line", number, "\033[31m", file=sys.stderr, flush=number % 500 == 0)
    if MODE == "family":
        for _ in range(4):
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    os.setsid()
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                time.sleep(1000)
    if MODE == "stubborn":
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)


misbehave()
for line in sys.stdin:
    receive(json.loads(line))
if MODE == "stubborn":
    time.sleep(1000)
