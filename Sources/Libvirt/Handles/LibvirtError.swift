// SPDX-License-Identifier: Apache-2.0

import CLibvirt

/// libvirt's last error, copied in the call that failed.
///
/// libvirt keeps its last error per thread, so it has to be fetched before the thread does anything
/// else. That is why each function of a handle does so itself.
struct LibvirtError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The number of the error (`virErrorNumber`).
    let number: UInt32
    /// The part of libvirt that it comes from (`virErrorDomain`).
    let origin: UInt32
    /// libvirt's own words, without control characters, at most 400 of them.
    let message: String

    /// Makes an error.
    init(number: UInt32, origin: UInt32 = 0, message: String) {
        self.number = number
        self.origin = origin
        self.message = message
    }

    /// Copies this thread's last error.
    static func last() -> LibvirtError {
        guard let error = unsafe virGetLastError() else {
            return LibvirtError(number: VIR_ERR_INTERNAL_ERROR.rawValue, message: "libvirt gave no reason")
        }
        let message = unsafe error.pointee.message.map { unsafe String(cString: $0) } ?? "no text"
        let number = unsafe error.pointee.code
        let origin = unsafe error.pointee.domain
        return LibvirtError(
            number: UInt32(bitPattern: number), origin: UInt32(bitPattern: origin), message: cleaned(message))
    }

    /// Throws this thread's last error where a call returned a negative number.
    @discardableResult
    static func check(_ result: Int32) throws(LibvirtError) -> Int32 {
        guard result >= 0 else { throw last() }
        return result
    }

    private static func cleaned(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.prefix(400).map { $0.value < 32 ? " " : $0 }))
    }

    /// The numbers and the message, for logs.
    var description: String { "libvirt error \(number) from \(origin): \(message)" }
}
