/// Cells of a terminal with dots in them: Braille, two by four a cell; or, of ASCII, one a cell.
struct DotCanvas {
    /// Where a point lies: dots from the left and from the top.
    struct Place {
        var x: Double
        var y: Double
    }

    private static let blank: UInt32 = 0x2800
    /// The bit of a dot, by its row and column in the cell (ISO/TR 11548-1).
    private static let bits: [[UInt8]] = [
        [0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80],
    ]

    let columns: Int
    let rows: Int
    /// Dots of a cell.
    let across: Int
    let down: Int
    private let isBraille: Bool
    private var cells: [[UInt8]]

    init(columns: Int, rows: Int, isBraille: Bool) {
        self.columns = columns
        self.rows = rows
        self.isBraille = isBraille
        across = isBraille ? 2 : 1
        down = isBraille ? 4 : 1
        cells = Array(repeating: Array(repeating: 0, count: columns), count: rows)
    }

    var width: Int { columns * across }
    var height: Int { rows * down }

    mutating func dot(_ place: Place) {
        let x = min(max(Int(place.x), 0), width - 1)
        let y = min(max(Int(place.y), 0), height - 1)
        cells[y / down][x / across] |= DotCanvas.bits[y % down][x % across]
    }

    /// A line from a point to another, both included.
    mutating func line(_ from: Place, _ to: Place) {
        let steps = Int(max(abs(to.x - from.x), abs(to.y - from.y)).rounded(.up))
        guard steps > 0 else { return dot(to) }
        for step in 0...steps {
            let share = Double(step) / Double(steps)
            dot(
                Place(
                    x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share))
        }
    }

    func character(_ row: Int, _ column: Int) -> Character {
        let cell = cells[row][column]
        guard isBraille else { return cell == 0 ? " " : "*" }
        guard cell != 0, let scalar = Unicode.Scalar(DotCanvas.blank + UInt32(cell)) else {
            return " "
        }
        return Character(scalar)
    }
}
