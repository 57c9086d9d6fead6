import CFuzzer
import Kernels

/// libFuzzer's own changes hardly ever leave JSON whole; every other time a number or a list of
/// numbers is changed instead. libFuzzer finds this by its name.
@_cdecl("LLVMFuzzerCustomMutator")
func mutate(
    _ bytes: UnsafeMutablePointer<UInt8>, _ size: Int, _ limit: Int, _ seed: UInt32
) -> Int {
    var generator = SeededGenerator(seed: UInt64(seed))
    let old = UnsafeBufferPointer(start: bytes, count: size)
    guard generator.unit() < 0.7, let new = NumberMutation.changed(Array(old), &generator),
        new.count <= limit
    else { return LLVMFuzzerMutate(bytes, size, limit) }
    for (index, byte) in new.enumerated() { bytes[index] = byte }
    return new.count
}

enum NumberMutation {
    static let numbers = [
        "0", "-0", "1", "-1", "2", "8", "9", "0.5", "1e-9", "1e-16", "1e-200", "5e-324", "1e9",
        "1e150", "1e200", "1e300", "1.7976931348623157e308", "-1e308", "4503599627370496",
        "9223372036854775807",
    ]

    /// One change to a number or a list of them; `nil` where there is none.
    static func changed(_ text: [UInt8], _ generator: inout SeededGenerator) -> [UInt8]? {
        func pick(_ count: Int) -> Int { Int(generator.unit() * Double(count)) }
        let choice = pick(6)
        let runs = choice < 3 ? words(in: text) : lists(in: text)
        guard !runs.isEmpty else { return nil }
        let run = runs[pick(runs.count)]
        var new = text
        switch choice {
        case 0, 1:
            new.replaceSubrange(run, with: numbers[pick(numbers.count)].utf8)
        case 2:
            guard let value = Double(String(decoding: text[run], as: UTF8.self)) else {
                return nil
            }
            let factor = [-1, 0.5, 2, 1.0000001, 1e-3, 1e3, 1e-150, 1e150][pick(8)]
            guard (value * factor).isFinite else { return nil }
            new.replaceSubrange(run, with: "\(value * factor)".utf8)
        case 3:
            // All on one: rows of probabilities stay what they are.
            let count = text[run].count { $0 == UInt8(ascii: ",") } + 1
            let one = pick(count)
            let row = (0..<count).map { $0 == one ? "1" : "0" }.joined(separator: ",")
            new.replaceSubrange(run, with: row.utf8)
        case 4:
            let other = runs[pick(runs.count)]
            new.replaceSubrange(run, with: text[other])
        default:
            let row = Array(text[run])
            new.insert(contentsOf: Array("],[".utf8) + row, at: run.upperBound)
        }
        return new
    }

    /// Numbers outside of names.
    private static func words(in text: [UInt8]) -> [Range<Int>] {
        runs(in: text, of: Array("0123456789.eE+-".utf8)).filter { run in
            (run.startIndex == 0 || Array(":[,".utf8).contains(text[run.lowerBound - 1]))
        }
    }

    /// What stands between brackets with nothing but numbers in it.
    private static func lists(in text: [UInt8]) -> [Range<Int>] {
        runs(in: text, of: Array("0123456789.eE+-,".utf8)).filter { run in
            run.lowerBound > 0 && text[run.lowerBound - 1] == UInt8(ascii: "[")
                && run.upperBound < text.count && text[run.upperBound] == UInt8(ascii: "]")
        }
    }

    private static func runs(in text: [UInt8], of members: [UInt8]) -> [Range<Int>] {
        var runs: [Range<Int>] = []
        var start: Int?
        for (index, byte) in text.enumerated() {
            if members.contains(byte) {
                start = start ?? index
            } else if let begin = start {
                runs.append(begin..<index)
                start = nil
            }
        }
        return runs
    }
}
