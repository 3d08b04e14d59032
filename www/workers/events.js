// SPDX-License-Identifier: Apache-2.0
// One event stream for all windows of this browser: a browser opens only a few lines to a server at a time.

import { EventStream } from "../lib/events.js";

const ports = new Set();
let greeting = null;

const tell = (topic, data) => {
    for (const port of ports) port.postMessage({ topic, data });
};

const stream = new EventStream({
    makeSource: (path) => new EventSource(path),
    onEvent: (topic, data) => {
        if (topic === "ready") greeting = data;
        tell(topic, data);
    },
    onStatus: (status) => {
        if (status !== "open") greeting = null;
        tell("status", status);
    },
    onRefused: () => tell("refused", {}),
});

function join(port) {
    ports.add(port);
    stream.start();
    port.postMessage({ topic: "status", data: stream.status });
    if (greeting) port.postMessage({ topic: "ready", data: greeting });
}

self.onconnect = ({ ports: [port] }) => {
    port.onmessage = ({ data }) => {
        if (data.do === "join") join(port);
        if (data.do === "restart") stream.restart();
        if (data.do === "leave") {
            ports.delete(port);
            if (ports.size === 0) stream.stop();
        }
    };
};
