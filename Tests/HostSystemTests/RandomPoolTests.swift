// SPDX-License-Identifier: Apache-2.0

import HostSystem
import Testing

@Suite struct RandomPoolTests {
    @Test func `no number comes twice, whoever asks, and every bit is as often set as not`() async {
        let numbers = await withTaskGroup(of: [UInt64].self) { group in
            for _ in 0..<8 { group.addTask { (0..<1_000).map { _ in RandomPool.next() } } }
            return await group.reduce(into: [UInt64]()) { $0 += $1 }
        }
        #expect(Set(numbers).count == 8_000)
        for bit in 0..<64 {
            let count = numbers.count { $0 >> UInt64(bit) & 1 == 1 }
            // Eight standard deviations of 45.
            #expect(abs(count - 4_000) < 360, "bit \(bit)")
        }
    }
}
