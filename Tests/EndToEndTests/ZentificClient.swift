// SPDX-License-Identifier: Apache-2.0

import JSONRPC
import Model
import Testing

/// A client that was written for Zentific.
enum ZentificClient {
    /// Calls what its arguments name with a client that keeps the cookie, and prints what came of it.
    static let program = """
        import json, sys, xmlrpc.client
        origin, path, calls = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
        class Transport(xmlrpc.client.Transport):
            cookie = None
            def send_headers(self, connection, headers):
                super().send_headers(connection, headers + ([("Cookie", self.cookie)] if self.cookie else []))
            def parse_response(self, response):
                given = response.getheader("Set-Cookie")
                if given:
                    self.cookie = given.split(";")[0]
                return super().parse_response(response)
        transport = Transport()
        server = xmlrpc.client.ServerProxy(origin + path, transport=transport)
        results = []
        for name, *values in calls:
            try:
                results.append(getattr(server, name)(*values))
            except xmlrpc.client.Fault as fault:
                results.append({"fault": fault.faultCode})
        print(json.dumps({"results": results, "cookie": transport.cookie}, default=str))
        """
}

extension Gateway {
    /// Makes calls, one after the other in one session; a fault is `{"fault": NUMBER}`.
    func zentific(_ calls: [JSONValue]) async throws -> (results: [JSONValue], cookie: String?) {
        let printed = try await python(ZentificClient.program, "/zentific/RPC2", JSONWriter.text(.array(calls)))
        let cookie = printed["cookie"]?.stringValue
        if let secret = cookie?.split(separator: "=").last { note(secret: String(secret)) }
        return (printed["results"]?.arrayValue ?? [], cookie)
    }
}
