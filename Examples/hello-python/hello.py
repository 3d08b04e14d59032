# SPDX-License-Identifier: Apache-2.0
import json, sys, urllib.parse
state = {"greeting": "Hello", "count": 0}

def send(message):  # on one line, or in chunks what is too long for one
    text = json.dumps({"jsonrpc": "2.0", **message})
    if len(text) < 1_000_000:
        return print(text, flush=True)
    for number, start in enumerate(range(0, len(text), 400_000)):
        chunk = {"number": number, "last": start + 400_000 >= len(text), "text": text[start:start + 400_000]}
        send({"method": "chunk", "params": {"of": str(id(message)), **chunk}})

def receive(halves={}):  # what the host says, chunks put together
    for message in map(json.loads, sys.stdin):
        if message.get("method") == "chunk":
            chunk = message["params"]
            halves[chunk["of"]] = halves.get(chunk["of"], "") + chunk["text"]
            if not chunk["last"]:
                continue
            message = json.loads(halves.pop(chunk["of"]))
        yield message

def answer(method, given):
    state.update(given.get("configuration", {}))  # initialize and configure bring it
    if method == "initialize" and 1 in given["contractVersions"]:
        return {"result": {"contractVersion": 1, "name": "hello-python", "version": "1.0.0"}}
    if method == "rpc.handle":
        query, state["count"] = dict(urllib.parse.parse_qsl(given["query"])), state["count"] + 1
        text = f"{state['greeting']}, {query.get('name', 'world')}! This is greeting {state['count']}.\n"
        text += "x" * min(int(query["size"]), 9_000_000) if query.get("size", "").isdecimal() else ""  # needs chunks
        return {"result": {"status": 200, "headers": [["content-type", "text/plain"]], "body": text}}
    if method in ("configure", "parts.changed", "ping", "shutdown"):
        return {"result": {}}
    return {"error": {"code": -32602 if method == "initialize" else -32601, "message": f"not here: {method}"}}

for message in receive():  # a call has an id; what has none, such as an event, wants no answer
    if "id" in message:
        send({"id": message["id"], **answer(message["method"], message.get("params", {}))})
    if message.get("method") == "shutdown":
        break
