import SwiftProtobuf

/// A field that can be given as text: in a path, or in a query by its name, a field of a nested
/// message with dots (`time_range.start_date`).
package struct ParameterField: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        case string
        case bool
        case int32
        case int64
        case uint32
        case uint64
        case double
        case float
        /// Numbers by name, in the order of declaration.
        case enumeration([String], [String: Int32])
    }

    /// As in the .proto file, with dots.
    package let name: String
    /// The same in camelCase.
    package let jsonName: String
    package let kind: Kind
    package let isRepeated: Bool
    /// Its field descriptor's full name, for its comment.
    package let fullName: String
    /// Field numbers from the request inwards.
    private let numbers: [Int32]

    /// What is wrong with a text for a field.
    package struct Misfit: Error, Equatable {
        package let reason: String
    }

    /// The fields of a message that can be given as text, in the order of declaration: neither
    /// maps, nor bytes, nor fields of messages that repeat.
    package static func all(
        of message: String, in descriptors: ServiceDescriptors
    ) -> [ParameterField] {
        collect(message, descriptors, within: nil)
    }

    private static func collect(
        _ message: String, _ descriptors: ServiceDescriptors, within outer: Outer?
    ) -> [ParameterField] {
        let depth = (outer?.numbers.count ?? 0) + 1
        guard let descriptor = descriptors.message(message), depth <= depthLimit else { return [] }
        return descriptor.field.flatMap { field -> [ParameterField] in
            let inner = Outer(
                name: [outer?.name, field.name].compactMap(\.self).joined(separator: "."),
                jsonName: [outer?.jsonName, field.jsonName].compactMap(\.self)
                    .joined(separator: "."),
                numbers: (outer?.numbers ?? []) + [field.number])
            let isRepeated = field.label == .repeated
            if field.type == .message {
                return isRepeated ? [] : collect(field.referredName, descriptors, within: inner)
            }
            guard let kind = Kind(field, descriptors) else { return [] }
            return [
                ParameterField(
                    name: inner.name, jsonName: inner.jsonName, kind: kind,
                    isRepeated: isRepeated, fullName: "\(message).\(field.name)",
                    numbers: inner.numbers)
            ]
        }
    }

    /// Messages within messages: a message may hold itself.
    private static let depthLimit = 4

    private struct Outer {
        let name: String
        let jsonName: String
        let numbers: [Int32]
    }
}

extension ParameterField.Kind {
    fileprivate init?(
        _ field: Google_Protobuf_FieldDescriptorProto, _ descriptors: ServiceDescriptors
    ) {
        switch field.type {
        case .string: self = .string
        case .bool: self = .bool
        case .int32: self = .int32
        case .int64: self = .int64
        case .uint32: self = .uint32
        case .uint64: self = .uint64
        case .double: self = .double
        case .float: self = .float
        case .enum:
            let values = descriptors.enumeration(field.referredName)?.value ?? []
            self = .enumeration(
                values.map(\.name),
                Dictionary(
                    values.map { ($0.name, $0.number) }, uniquingKeysWith: { first, _ in first }))
        default: return nil
        }
    }
}

// MARK: - As bytes of the wire

extension ParameterField {
    /// Adds the field with a value to a request's bytes. Bytes of one message within another are
    /// merged by whoever reads them (protobuf.dev, Encoding, «Last One Wins»), so that two fields
    /// of one nested message may come apart.
    ///
    /// - Parameter text: as proto3 JSON has it, without quotes.
    package func append(_ text: String, to bytes: inout [UInt8]) throws(Misfit) {
        var inner: [UInt8] = []
        let number = numbers[numbers.count - 1]
        switch kind {
        case .string: WireBytes.appendField(number, text: text, to: &inner)
        case .bool:
            guard text == "true" || text == "false" else {
                throw Misfit(reason: "'\(RequestReading.excerpt(text))' is not true or false")
            }
            WireBytes.appendField(number, varint: text == "true" ? 1 : 0, to: &inner)
        case .int32:
            let value = Int64(try whole(text) as Int32)
            WireBytes.appendField(number, varint: UInt64(bitPattern: value), to: &inner)
        case .int64:
            let value: Int64 = try whole(text)
            WireBytes.appendField(number, varint: UInt64(bitPattern: value), to: &inner)
        case .uint32:
            WireBytes.appendField(number, varint: UInt64(try whole(text) as UInt32), to: &inner)
        case .uint64: WireBytes.appendField(number, varint: try whole(text), to: &inner)
        case .double: WireBytes.appendField(number, fixed: try real(text).bitPattern, to: &inner)
        case .float:
            WireBytes.appendField(number, fixed: Float(try real(text)).bitPattern, to: &inner)
        case .enumeration(let names, let numbers):
            guard let value = numbers[text] else {
                throw Misfit(
                    reason: "'\(RequestReading.excerpt(text))' is not one of the names that it "
                        + "takes: " + names.joined(separator: ", "))
            }
            WireBytes.appendField(
                number, varint: UInt64(bitPattern: Int64(value)), to: &inner)
        }
        for number in numbers.dropLast().reversed() {
            var outer: [UInt8] = []
            WireBytes.appendField(number, bytes: inner, to: &outer)
            inner = outer
        }
        bytes += inner
    }

    private func whole<Number: FixedWidthInteger>(_ text: String) throws(Misfit) -> Number {
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }) else {
            throw Misfit(reason: "'\(RequestReading.excerpt(text))' is not a number")
        }
        guard let value = Number(text) else {
            throw Misfit(reason: "\(RequestReading.excerpt(text)) is out of range")
        }
        return value
    }

    private func real(_ text: String) throws(Misfit) -> Double {
        // Swift reads hexadecimal digits too.
        guard NumberQuoting.isNumber(Array(text.utf8)[...]), let value = Double(text),
            value.isFinite
        else { throw Misfit(reason: "'\(RequestReading.excerpt(text))' is not a number") }
        return value
    }
}

/// Fields as protobuf writes them (protobuf.dev, Encoding).
package enum WireBytes {
    package static func appendField(_ number: Int32, bytes: [UInt8], to out: inout [UInt8]) {
        appendKey(number, type: 2, to: &out)
        appendVarint(UInt64(bytes.count), to: &out)
        out += bytes
    }

    static func appendField(_ number: Int32, text: String, to out: inout [UInt8]) {
        appendKey(number, type: 2, to: &out)
        appendVarint(UInt64(text.utf8.count), to: &out)
        out += text.utf8
    }

    static func appendField(_ number: Int32, varint value: UInt64, to out: inout [UInt8]) {
        appendKey(number, type: 0, to: &out)
        appendVarint(value, to: &out)
    }

    static func appendField<Bits: FixedWidthInteger>(
        _ number: Int32, fixed bits: Bits, to out: inout [UInt8]
    ) {
        appendKey(number, type: Bits.bitWidth == 64 ? 1 : 5, to: &out)
        for shift in stride(from: 0, to: Bits.bitWidth, by: 8) {
            out.append(UInt8(truncatingIfNeeded: bits >> Bits(shift)))
        }
    }

    private static func appendKey(_ number: Int32, type: UInt64, to out: inout [UInt8]) {
        appendVarint(UInt64(number) << 3 | type, to: &out)
    }

    private static func appendVarint(_ value: UInt64, to out: inout [UInt8]) {
        var rest = value
        while rest >= 0x80 {
            out.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        out.append(UInt8(rest))
    }
}
