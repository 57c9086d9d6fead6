/// A command's word or operand: any bytes.
package enum RedisArgument: Sendable, Equatable {
    case text(String)
    case bytes([UInt8])
    case integer(Int64)
}

/// A command: arguments that arrive byte for byte, whatever they hold.
package struct RedisCommand: Sendable {
    /// The arguments, one after another.
    private(set) var bytes: [UInt8] = []
    /// Bytes of each argument.
    private(set) var lengths: [Int] = []
    private let name: String

    package init(_ name: String, _ arguments: RedisArgument...) {
        self.init(name, arguments)
    }

    package init(_ name: String, _ arguments: [RedisArgument]) {
        self.name = name
        append(name.utf8)
        for argument in arguments {
            switch argument {
            case .text(let text): append(text.utf8)
            case .bytes(let bytes): append(bytes)
            case .integer(let number): append(String(number).utf8)
            }
        }
    }

    private mutating func append(_ argument: some Collection<UInt8>) {
        bytes.append(contentsOf: argument)
        lengths.append(argument.count)
    }

    /// Bytes on the wire, or a few more: each argument has a head of `$`, a length and line ends.
    var size: Int { bytes.count + 32 * (lengths.count + 1) }

    /// Pointers to the arguments, as C takes them; an empty argument has an address too.
    func withPointers<Value>(
        _ body: (UnsafeMutablePointer<UnsafePointer<CChar>?>, UnsafePointer<Int>) -> Value
    ) -> Value {
        bytes.withUnsafeBytes { bytes in
            lengths.withUnsafeBufferPointer { lengths in
                withUnsafeTemporaryAllocation(
                    of: UnsafePointer<CChar>?.self, capacity: lengths.count
                ) { pointers -> Value? in
                    var next = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
                    for (index, length) in lengths.enumerated() {
                        pointers.initializeElement(at: index, to: next)
                        next = next.map { $0 + length }
                    }
                    guard let first = pointers.baseAddress, let sizes = lengths.baseAddress else {
                        return nil
                    }
                    return body(first, sizes)
                }
            }
        } ?? withEmpty(body)
    }

    /// A command has at least its name, and so never comes here.
    private func withEmpty<Value>(
        _ body: (UnsafeMutablePointer<UnsafePointer<CChar>?>, UnsafePointer<Int>) -> Value
    ) -> Value {
        var (pointer, size): (UnsafePointer<CChar>?, Int) = (nil, 0)
        return body(&pointer, &size)
    }
}

extension RedisCommand: CustomStringConvertible, CustomReflectable {
    /// The name alone: operands may be secrets.
    package var description: String { name }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
