// SPDX-License-Identifier: Apache-2.0

import CLibvirt

/// A libvirt stream; freed when dropped, and aborted before where it was not ended.
@safe
struct DataStream: ~Copyable {
    /// The handle; valid for as long as this value lives.
    let pointer: virStreamPtr

    /// What one attempt to receive or send came to.
    enum Transfer: Sendable, Equatable {
        /// So many bytes went.
        case moved(Int)
        /// None can go now.
        case wouldBlock
    }

    /// Takes over a reference.
    init(owning pointer: virStreamPtr) { unsafe self.pointer = pointer }

    deinit {
        _ = unsafe virStreamFree(pointer)
    }

    /// Receives into the front of a buffer; `.moved(0)` is the end of the stream.
    func receive(into buffer: inout [UInt8]) throws(LibvirtError) -> Transfer {
        let room = buffer.count
        let result = unsafe buffer.withUnsafeMutableBytes { raw in
            unsafe virStreamRecv(pointer, raw.baseAddress, room)
        }
        return try Self.transfer(result)
    }

    /// Sends the bytes, or as many of them as go.
    func send(_ bytes: ArraySlice<UInt8>) throws(LibvirtError) -> Transfer {
        let result = unsafe bytes.withUnsafeBytes { raw in
            unsafe virStreamSend(pointer, raw.baseAddress, raw.count)
        }
        return try Self.transfer(result)
    }

    /// Ends a transfer that came to its end by itself.
    func finish() throws(LibvirtError) { try LibvirtError.check(unsafe virStreamFinish(pointer)) }

    /// Breaks a transfer off; false where the node did not confirm it.
    @discardableResult
    func abort() -> Bool { unsafe virStreamAbort(pointer) == 0 }

    private static func transfer(_ result: Int32) throws(LibvirtError) -> Transfer {
        if result == -2 { return .wouldBlock }
        return .moved(Int(try LibvirtError.check(result)))
    }
}
