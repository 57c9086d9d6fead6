// What others ask of the current record.

extension RecordReader {
    /// Where a field lies without the blanks around it.
    func trimmedRange(_ index: Int) -> Range<Int> {
        var start = fields[index].range.lowerBound
        var end = fields[index].range.upperBound
        while start < end, RecordReader.isBlank(buffer[start]) { start += 1 }
        while start < end, RecordReader.isBlank(buffer[end - 1]) { end -= 1 }
        return start..<end
    }

    /// Whether a field is these bytes, blanks around it aside.
    func matches(_ index: Int, _ wanted: [UInt8]) -> Bool {
        let range = trimmedRange(index)
        guard range.count == wanted.count else { return false }
        var position = range.lowerBound
        for byte in wanted {
            guard buffer[position] == byte else { return false }
            position += 1
        }
        return true
    }

    /// Whether every field from `index` on is blank.
    func isBlank(from index: Int) -> Bool {
        fields[index...].allSatisfy { field in
            field.range.allSatisfy { RecordReader.isBlank(buffer[$0]) }
        }
    }
}
