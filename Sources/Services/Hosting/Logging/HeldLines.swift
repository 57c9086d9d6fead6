/// Log lines that wait until the terminal is free for them: the latest, and how many others there
/// were.
struct HeldLines {
    static let limit = 500
    static let limitBytes = 1 << 20

    private var lines: [ArraySlice<UInt8>] = []
    private var bytes = 0
    private(set) var dropped = 0

    /// - Parameter text: whole lines, with their newlines.
    mutating func append(_ text: ArraySlice<UInt8>) {
        var rest = text
        while !rest.isEmpty {
            let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.endIndex - 1
            lines.append(rest[...end])
            bytes += rest[...end].count
            rest = rest[(end + 1)...]
        }
        var surplus = 0
        while lines.count - surplus > HeldLines.limit || bytes > HeldLines.limitBytes {
            bytes -= lines[surplus].count
            surplus += 1
        }
        lines.removeFirst(surplus)
        dropped += surplus
    }

    /// What is written once it can be, that lines are missing first.
    var text: [UInt8] {
        let note =
            dropped == 0 ? "" : "\(dropped) earlier log lines are left out: too many to be held\n"
        return Array(note.utf8) + lines.joined()
    }
}
