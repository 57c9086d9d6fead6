/// Puts quotation marks around the numbers of some members of a JSON text, so that their digits
/// reach whoever reads them as strings: a reader of JSON numbers would round them to 53 bits first.
///
/// Whatever is not JSON, such as `007` or `+5`, stays as it is, for the reader to refuse.
struct NumberQuoting {
    /// Names of members.
    let fields: Set<String>

    func quoting(_ json: [UInt8]) -> [UInt8] {
        var quoted: [UInt8] = []
        quoted.reserveCapacity(json.count + 2 * fields.count)
        var index = 0
        /// The string that ended last, while only white space or a colon followed it.
        var name: ArraySlice<UInt8>?
        var isValue = false
        while index < json.count {
            let byte = json[index]
            switch byte {
            case UInt8(ascii: "\""):
                let end = NumberQuoting.endOfString(json, from: index)
                name = isValue ? nil : json[(index + 1)..<max(index + 1, end - 1)]
                isValue = false
                quoted += json[index..<end]
                index = end
            case UInt8(ascii: ":"):
                isValue = true
                quoted.append(byte)
                index += 1
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                quoted.append(byte)
                index += 1
            default:
                let end = json[index...].firstIndex { !NumberQuoting.isOfNumber($0) } ?? json.count
                if isValue, let name, NumberQuoting.isNumber(json[index..<end]),
                    fields.contains(String(decoding: name, as: UTF8.self))
                {
                    quoted.append(UInt8(ascii: "\""))
                    quoted += json[index..<end]
                    quoted.append(UInt8(ascii: "\""))
                } else {
                    quoted += json[index..<max(end, index + 1)]
                }
                (name, isValue) = (nil, false)
                index = max(end, index + 1)
            }
        }
        return quoted
    }

    /// Behind the closing quotation mark, or the end of the text.
    static func endOfString(_ json: [UInt8], from start: Int) -> Int {
        var index = start + 1
        while index < json.count, json[index] != UInt8(ascii: "\"") {
            index += json[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(index + 1, json.count)
    }

    /// Whether it is a number as JSON has it: no plus sign, no leading zero, digits around a point.
    static func isNumber(_ text: ArraySlice<UInt8>) -> Bool {
        var rest = text
        if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        let startsWithZero = rest.first == UInt8(ascii: "0")
        let wholeDigits = takeDigits(&rest)
        guard wholeDigits == 1 || (wholeDigits > 1 && !startsWithZero) else { return false }
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            guard takeDigits(&rest) > 0 else { return false }
        }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest = rest.dropFirst()
            if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") {
                rest = rest.dropFirst()
            }
            guard takeDigits(&rest) > 0 else { return false }
        }
        return rest.isEmpty
    }

    /// Takes the digits at the beginning; gives how many there were.
    private static func takeDigits(_ rest: inout ArraySlice<UInt8>) -> Int {
        let count = rest.count
        rest = rest.drop { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        return count - rest.count
    }

    static func isOfNumber(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "+-.eE".utf8.contains(byte)
    }
}
