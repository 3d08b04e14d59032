// SPDX-License-Identifier: Apache-2.0

import CHost
import Synchronization

/// The system's random numbers, many of them got with one call: a call for each is a good part of a short request.
///
/// Each is given out once and kept nowhere.
package enum RandomPool {
    private struct State {
        var numbers = [UInt64](repeating: 0, count: 32)
        /// How many there are still.
        var left = 0
    }

    private static let state = Mutex(State())

    /// A number that nobody can guess (getentropy(3)).
    package static func next() -> UInt64 {
        state.withLock { state in
            if state.left == 0 {
                fill(&state.numbers)
                state.left = state.numbers.count
            }
            state.left -= 1
            defer { state.numbers[state.left] = 0 }
            return state.numbers[state.left]
        }
    }

    private static func fill(_ numbers: inout [UInt64]) {
        let result = unsafe numbers.withUnsafeMutableBytes { bytes in
            unsafe getentropy(bytes.baseAddress, bytes.count)
        }
        guard result != 0 else { return }
        // A system that has no such call: then one by one.
        var generator = SystemRandomNumberGenerator()
        for place in numbers.indices { numbers[place] = generator.next() }
    }
}
