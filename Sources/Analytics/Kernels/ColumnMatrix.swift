/// A matrix of doubles, column by column.
///
/// Sums run over eight lanes and then over these in order, whatever the processor: the same bits
/// everywhere.
package struct ColumnMatrix: Sendable {
    package let rows: Int
    package let columns: Int
    /// Column by column.
    package private(set) var values: [Double]

    /// - Precondition: `values` has `rows` × `columns` elements.
    package init(rows: Int, columns: Int, values: [Double]) {
        precondition(values.count == rows * columns, "\(rows) × \(columns) values")
        self.rows = rows
        self.columns = columns
        self.values = values
    }

    package func column(_ index: Int) -> ArraySlice<Double> {
        values[index * rows..<(index + 1) * rows]
    }

    /// The product of a column with a vector of `rows` elements.
    package func dot(_ column: Int, _ vector: [Double]) -> Double {
        precondition(vector.count == rows && (0..<columns).contains(column))
        return values.withUnsafeBufferPointer { matrix in
            vector.withUnsafeBufferPointer { vector in
                Lanes.dot(
                    UnsafeBufferPointer(rebasing: matrix[column * rows..<(column + 1) * rows]),
                    vector)
            }
        }
    }

    /// Adds a multiple of a column to a vector of `rows` elements.
    package func add(_ column: Int, times factor: Double, to vector: inout [Double]) {
        precondition(vector.count == rows && (0..<columns).contains(column))
        values.withUnsafeBufferPointer { matrix in
            vector.withUnsafeMutableBufferPointer { vector in
                Lanes.add(
                    UnsafeBufferPointer(rebasing: matrix[column * rows..<(column + 1) * rows]),
                    times: factor, to: vector)
            }
        }
    }

    /// The sum of the squares of all products of two columns, ‖AᵀA‖², in time of the smaller side
    /// squared times the larger: AᵀA and AAᵀ have the same.
    package var squaredGramNorm: Double {
        let narrow = columns <= rows ? self : transposed()
        var sum = 0.0
        narrow.values.withUnsafeBufferPointer { matrix in
            func column(_ index: Int) -> UnsafeBufferPointer<Double> {
                UnsafeBufferPointer(
                    rebasing: matrix[index * narrow.rows..<(index + 1) * narrow.rows])
            }
            for i in 0..<narrow.columns {
                let own = Lanes.dot(column(i), column(i))
                var others = 0.0
                for j in 0..<i {
                    let product = Lanes.dot(column(i), column(j))
                    others += product * product
                }
                sum += own * own + 2 * others
            }
        }
        return sum
    }

    package func transposed() -> ColumnMatrix {
        var turned = [Double](repeating: 0, count: values.count)
        for column in 0..<columns {
            for row in 0..<rows { turned[row * columns + column] = values[column * rows + row] }
        }
        return ColumnMatrix(rows: columns, columns: rows, values: turned)
    }
}

private enum Lanes {
    static func dot(
        _ left: UnsafeBufferPointer<Double>, _ right: UnsafeBufferPointer<Double>
    ) -> Double {
        var sums = SIMD8<Double>.zero
        let whole = left.count & ~7
        guard let a = left.baseAddress, let b = right.baseAddress else { return 0 }
        var at = 0
        while at < whole {
            sums += load(a + at) * load(b + at)
            at += 8
        }
        var tail = 0.0
        while at < left.count {
            tail += a[at] * b[at]
            at += 1
        }
        return (0..<8).reduce(0) { $0 + sums[$1] } + tail
    }

    static func add(
        _ column: UnsafeBufferPointer<Double>, times factor: Double,
        to vector: UnsafeMutableBufferPointer<Double>
    ) {
        for row in 0..<column.count { vector[row] += factor * column[row] }
    }

    private static func load(_ address: UnsafePointer<Double>) -> SIMD8<Double> {
        UnsafeRawPointer(address).loadUnaligned(as: SIMD8<Double>.self)
    }
}
