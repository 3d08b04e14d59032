# SPDX-License-Identifier: Apache-2.0
"""Answers each request with what node.list gives; several may be under way."""
import json
import sys

waiting = {}


def send(message):
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)


def answer(message):
    method, number = message["method"], message["id"]
    if method == "initialize":
        send({"id": number, "result": {"contractVersion": 1, "name": "bench-python", "version": "1.0.0"}})
    elif method == "rpc.handle" and message["params"]["path"].endswith("/wait"):
        pass  # It is ended before it answers.
    elif method == "rpc.handle":
        waiting[f"n{number}"] = number
        send({"id": f"n{number}", "method": "node.list", "params": {}})
    else:
        send({"id": number, "result": {}})


for message in map(json.loads, sys.stdin):
    if "method" not in message:
        body = json.dumps(message.get("result", message.get("error")))
        headers = [["content-type", "application/json"]]
        send({"id": waiting.pop(message["id"]), "result": {"status": 200, "headers": headers, "body": body}})
    elif "id" in message:
        answer(message)
        if message["method"] == "shutdown":
            break
