// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird
import JSONRPC
import Model
import NIOCore

extension GatehouseError.Code {
    /// The HTTP status for what is answered outside JSON-RPC.
    var status: HTTPResponse.Status {
        switch self {
        case .parseError, .invalidRequest, .invalidParameters: .badRequest
        case .unauthenticated, .expired: .unauthorized
        case .forbidden: .forbidden
        case .methodNotFound, .notFound: .notFound
        case .conflict, .consoleLocked, .machineLocked: .conflict
        case .limitExceeded, .rateLimited: .tooManyRequests
        case .unsupported: .notImplemented
        case .consoleUnreachable, .nodeUnreachable, .hypervisorFailed, .pluginFailed: .badGateway
        case .timeout: .gatewayTimeout
        case .storageFailed: .serviceUnavailable
        case .internal: .internalServerError
        }
    }
}

extension Response {
    /// An answer that is JSON.
    static func json(_ value: JSONValue, status: HTTPResponse.Status = .ok) -> Response {
        let body = ByteBuffer(bytes: JSONWriter.bytes(value))
        return Response(
            status: status,
            headers: [.contentType: "application/json", .contentLength: String(body.readableBytes)],
            body: .init(byteBuffer: body))
    }

    /// An answer that is an error, in the shape that JSON-RPC gives it.
    static func failure(_ error: GatehouseError, status: HTTPResponse.Status? = nil) -> Response {
        .json(
            RPCResponse(id: .null, outcome: .failure(error)).json, status: status ?? error.code.status)
    }

    /// An answer that is text.
    static func text(_ text: String, status: HTTPResponse.Status = .ok, type: String = "text/plain; charset=utf-8")
        -> Response
    {
        let body = ByteBuffer(string: text)
        return Response(
            status: status, headers: [.contentType: type, .contentLength: String(body.readableBytes)],
            body: .init(byteBuffer: body))
    }
}
