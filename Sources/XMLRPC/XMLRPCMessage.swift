// SPDX-License-Identifier: Apache-2.0

/// What a `methodCall` says.
package struct XMLRPCCall: Sendable, Equatable {
    /// The method, such as `VM.getState`.
    package var method: String
    /// The parameters, by place.
    package var parameters: [XMLRPCValue]

    /// Makes a call.
    package init(method: String, parameters: [XMLRPCValue] = []) {
        self.method = method
        self.parameters = parameters
    }
}

/// What a method answers in place of a value.
package struct XMLRPCFault: Error, Sendable, Equatable {
    /// The number, which the service defines.
    package var code: Int
    /// What went wrong, for people.
    package var text: String

    /// Makes a fault.
    package init(code: Int, text: String) {
        self.code = code
        self.text = text
    }
}

/// What a `methodResponse` says.
package enum XMLRPCResponse: Sendable, Equatable {
    case value(XMLRPCValue)
    case fault(XMLRPCFault)
}

/// How large a message may be.
package struct XMLRPCLimits: Sendable, Equatable {
    /// The whole text, in bytes.
    package var bytes: Int
    /// How deep arrays and structs may lie in each other.
    package var depth: Int
    /// Values in the whole message, those in arrays and structs too.
    package var values: Int

    /// Makes limits.
    package init(bytes: Int = 1 << 20, depth: Int = 32, values: Int = 50_000) {
        self.bytes = bytes
        self.depth = depth
        self.values = values
    }
}
