// SPDX-License-Identifier: Apache-2.0

/// The numbers of access levels.
enum AccessNumber {
    /// May do and see everything.
    static let superUser: Int64 = 0
    /// No level of its own.
    static let none: Int64 = 5

    private static let words = ["superUser", "maintenance", "owner", "admin", "readOnlyAdmin", "none", "node"]

    /// The word of a level's number; nil for a number that is none.
    static func word(_ number: Int64) -> String? {
        words.indices.contains(Int(clamping: number)) ? words[Int(number)] : nil
    }

    /// The number of a level's word; that of `none` for an unknown one.
    static func number(_ word: String) -> Int64 { words.firstIndex(of: word).map(Int64.init) ?? none }
}
