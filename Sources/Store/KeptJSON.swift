// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Model

/// A JSON value on its way into or out of a text column.
struct KeptJSON: Codable {
    /// The value.
    let value: JSONValue

    /// Wraps a value to be kept.
    init(_ value: JSONValue) { self.value = value }

    /// Reads a kept text.
    init(text: String) throws {
        do {
            self = try JSONDecoder().decode(KeptJSON.self, from: Data(text.utf8))
        } catch {
            throw GatehouseError(
                .storageFailed, "The database holds a setting that is no JSON. Restore a backup.",
                cause: String(describing: error))
        }
    }

    /// Reads whichever kind of value is there.
    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            value = .null
        } else if let bool = try? container.decode(Bool.self) {
            value = .bool(bool)
        } else if let int = try? container.decode(Int64.self) {
            value = .int(int)
        } else if let double = try? container.decode(Double.self) {
            value = .double(double)
        } else if let string = try? container.decode(String.self) {
            value = .string(string)
        } else if let array = try? container.decode([KeptJSON].self) {
            value = .array(array.map(\.value))
        } else {
            value = .object(try container.decode([String: KeptJSON].self).mapValues(\.value))
        }
    }

    /// Writes the value.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch value {
        case .null: try container.encodeNil()
        case .bool(let bool): try container.encode(bool)
        case .int(let int): try container.encode(int)
        case .double(let double): try container.encode(double)
        case .string(let string): try container.encode(string)
        case .array(let array): try container.encode(array.map(KeptJSON.init))
        case .object(let object): try container.encode(object.mapValues(KeptJSON.init))
        }
    }

    /// The text to keep; throws `invalidParameters` for a number that JSON has no way to write.
    func text() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        } catch {
            throw GatehouseError.invalidParameter("value", "The value can not be written as JSON.")
        }
    }
}
