// SPDX-License-Identifier: Apache-2.0

package import Model

extension JSONValue: Codable {
    /// Reads a value of any kind.
    package init(from decoder: any Decoder) throws {
        guard let decoder = decoder as? JSONValueDecoder else {
            throw GatehouseError(.internal, "A JSON value is read with JSONValueDecoder only.")
        }
        self = decoder.value
    }

    /// Writes a value of any kind.
    package func encode(to encoder: any Encoder) throws {
        guard let encoder = encoder as? JSONValueEncoder else {
            throw GatehouseError(.internal, "A JSON value is written with JSONValueEncoder only.")
        }
        encoder.slot.value = self
    }
}
