// SPDX-License-Identifier: Apache-2.0

/// The versions of the contract between the host and a plugin.
public enum ContractVersion {
    /// The versions that this build speaks, oldest first.
    public static let supported = [1]

    /// The highest version that both sides speak; nil where there is none.
    public static func highest(common offered: [Int]) -> Int? { Set(supported).intersection(offered).max() }
}
