import Contracts
import SwiftProtobuf

/// The query of a request, bound to a message by the names of its fields.
///
/// A name is written as in the .proto file or in camelCase, a nested one with dots
/// (`time_range.start_date`, `timeRange.startDate`); a value is written as proto3 JSON has it,
/// without quotes. So the messages alone say what a route takes.
struct Query {
    private let parameters: [(name: String, value: String)]
    private let malformed: String?

    init(_ text: String?) {
        var parameters: [(String, String)] = []
        var malformed: String?
        for part in (text ?? "").split(separator: "&") {
            let halves = part.split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentCoding.decode(halves[0]),
                let value = PercentCoding.decode(halves.count > 1 ? halves[1] : "")
            else {
                malformed = malformed ?? String(part)
                continue
            }
            parameters.append((name, value))
        }
        self.parameters = parameters
        self.malformed = malformed
    }

    /// The last value of a parameter that is no field of the message.
    func value(_ name: String) -> String? {
        parameters.last { $0.name == name }?.value
    }

    /// - Parameter ignoring: names that the route reads itself.
    /// - Throws: INVALID_ARGUMENT naming the parameter that is unknown, malformed or given twice.
    func message<M: Message & _ProtoNameProviding>(
        _ type: M.Type, ignoring: Set<String> = []
    ) throws -> M {
        if let malformed {
            throw RPCFault.invalidArgument(
                "query: '\(RequestReading.excerpt(malformed))' is not percent-encoded UTF-8")
        }
        var message = M()
        var seen: Set<String> = []
        for (name, value) in parameters where !ignoring.contains(name) {
            let (part, isRepeated) = try field(type, name, value)
            let canonical = name.lowercased().filter { $0 != "_" }
            guard isRepeated || seen.insert(canonical).inserted else {
                throw RPCFault.invalidArgument(
                    "query parameter \(RequestReading.excerpt(name)) is given twice: give it once")
            }
            let bytes: [UInt8] = try part.serializedBytes()
            try message.merge(serializedBytes: bytes)
        }
        return message
    }

    /// - Throws: INVALID_ARGUMENT when there is any parameter.
    func refuseAll(of route: String) throws(RPCFault) {
        guard let first = parameters.first?.name ?? malformed else { return }
        throw .invalidArgument(
            "unknown query parameter '\(RequestReading.excerpt(first))': \(route) takes none")
    }

    /// A message with one field set.
    private func field<M: Message & _ProtoNameProviding>(
        _ type: M.Type, _ name: String, _ value: String
    ) throws(RPCFault) -> (M, isRepeated: Bool) {
        var quoted = JSONWriter()
        quoted.string(value)
        var literals = [(quoted.text, false), ("[\(quoted.text)]", true)]
        if value == "true" || value == "false" { literals.append((value, false)) }
        var problem: any Error = JSONDecodingError.failure
        for (literal, isRepeated) in literals {
            do {
                return (try M(jsonString: nested(name, literal)), isRepeated)
            } catch JSONDecodingError.unknownField {
                throw .invalidArgument(
                    "unknown query parameter '\(RequestReading.excerpt(name))': this route takes "
                        + parameterNames(type))
            } catch {
                // The first reading is the common one; its problem is the one worth telling.
                if !isRepeated, literal == quoted.text { problem = error }
            }
        }
        throw .invalidArgument(
            "query parameter \(RequestReading.excerpt(name)): "
                + explanation(problem, value: RequestReading.excerpt(value), name: name))
    }

    private func nested(_ name: String, _ literal: String) -> String {
        let path = name.split(separator: ".", omittingEmptySubsequences: false)
        return path.reversed().reduce(literal) { inner, component in
            var key = JSONWriter()
            key.string(String(component))
            return "{\(key.text):\(inner)}"
        }
    }

    private func explanation(_ problem: any Error, value: String, name: String) -> String {
        switch problem as? JSONDecodingError {
        case .malformedNumber, .leadingZero: "'\(value)' is not a number"
        case .numberRange: "\(value) is out of range"
        case .unrecognizedEnumValue: "'\(value)' is not one of the names that it takes"
        default: "'\(value)' does not fit: give one of its fields, as in \(name).field=value"
        }
    }

    private func parameterNames<M: Message & _ProtoNameProviding>(_ type: M.Type) -> String {
        Google_Protobuf_FieldMask(allFieldsOf: type).paths.sorted().flatMap { path in
            path == "time_range" ? ["\(path).start_date", "\(path).end_date"] : [path]
        }.joined(separator: ", ")
    }
}

/// Percent-encoding of RFC 3986. A plus sign stays one: it begins a time's offset.
enum PercentCoding {
    /// `nil` for a broken escape or bytes that are not UTF-8.
    static func decode(_ text: some StringProtocol) -> String? {
        var bytes: [UInt8] = []
        var iterator = text.utf8.makeIterator()
        while let byte = iterator.next() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = iterator.next().flatMap(digit),
                let low = iterator.next().flatMap(digit)
            else { return nil }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
