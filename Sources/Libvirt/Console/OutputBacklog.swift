// SPDX-License-Identifier: Apache-2.0

/// Bytes that wait for a slow reader, taken off at the front.
struct OutputBacklog {
    private var bytes: [UInt8] = []
    private var start = 0

    /// How many wait.
    var count: Int { bytes.count - start }
    /// Whether none wait.
    var isEmpty: Bool { count == 0 }

    /// Adds to the end.
    mutating func append(_ more: ArraySlice<UInt8>) {
        if start > 0, start * 2 >= bytes.count {
            bytes.removeFirst(start)
            start = 0
        }
        bytes.append(contentsOf: more)
    }

    /// Takes bytes off the front.
    mutating func drop(_ number: Int) {
        start = min(start + number, bytes.count)
        if start == bytes.count {
            bytes.removeAll(keepingCapacity: bytes.count <= 256 * 1024)
            start = 0
        }
    }

    /// Lets the front be read, without a copy.
    func withFront<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        unsafe bytes.withUnsafeBytes { raw in
            unsafe body(UnsafeRawBufferPointer(rebasing: raw[start...]))
        }
    }
}
