/// The rows of a training window from the first that is there, laid out for the recursions.
struct JumpRows: Sendable {
    let features: Int
    /// Rows before the first that is there.
    let leading: Int
    /// D values a row, scaled; zeros for a row that is not there.
    private(set) var values: [Double]
    let isPresent: [Bool]

    var count: Int { isPresent.count }

    /// A row with a number that is not finite, or of another length, counts as not there.
    init(_ rows: [[Double]?], features: Int, scales: [Double] = []) {
        func present(_ row: [Double]?) -> [Double]? {
            guard let row, row.count == features, row.allSatisfy(\.isFinite) else { return nil }
            return row
        }
        self.features = features
        leading = rows.firstIndex { present($0) != nil } ?? rows.count
        var values: [Double] = []
        values.reserveCapacity((rows.count - leading) * features)
        var isPresent: [Bool] = []
        isPresent.reserveCapacity(rows.count - leading)
        for row in rows[leading...] {
            let row = present(row)
            isPresent.append(row != nil)
            for d in 0..<features {
                let value = row?[d] ?? 0
                values.append(scales.isEmpty ? value : value * scales[d])
            }
        }
        self.values = values
        self.isPresent = isPresent
    }

    private init(features: Int, leading: Int, values: [Double], isPresent: [Bool]) {
        self.features = features
        self.leading = leading
        self.values = values
        self.isPresent = isPresent
    }

    /// Only the rows that are there, unless `values` already are.
    var observed: JumpRows {
        guard isPresent.contains(false) else { return self }
        let kept = isPresent.indices.filter { isPresent[$0] }
        return JumpRows(
            features: features, leading: 0,
            values: kept.flatMap { values[($0 * features)..<(($0 + 1) * features)] },
            isPresent: [Bool](repeating: true, count: kept.count))
    }

    /// The same rows with every feature multiplied by a number of its own.
    func scaled(by scales: [Double]) -> JumpRows {
        var copy = self
        for index in values.indices { copy.values[index] *= scales[index % features] }
        return copy
    }
}
