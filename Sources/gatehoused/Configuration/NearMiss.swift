// SPDX-License-Identifier: Apache-2.0

/// Finds the word that somebody may have meant.
enum NearMiss {
    /// The nearest known word, or nil where none is near; case does not count.
    static func word(for text: String, among known: [String]) -> String? {
        let wanted = text.lowercased()
        guard wanted.count <= 64 else { return nil }
        let nearest = known.map { (word: $0, distance: distance(wanted, $0.lowercased())) }
            .min { $0.distance < $1.distance }
        guard let nearest, nearest.distance <= (wanted.count < 4 ? 1 : max(2, wanted.count / 3)) else { return nil }
        return nearest.word
    }

    /// ` Did you mean "word"?`, or nothing.
    static func question(for text: String, among known: [String]) -> String {
        word(for: text, among: known).map { " Did you mean \"\($0)\"?" } ?? ""
    }

    /// How many single letters have to change (Levenshtein).
    private static func distance(_ left: String, _ right: String) -> Int {
        let right = Array(right)
        var row = Array(0...right.count)
        for (index, letter) in left.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for (column, other) in right.enumerated() {
                let change = diagonal + (letter == other ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(change, row[column] + 1, row[column + 1] + 1)
            }
        }
        return row[right.count]
    }
}
