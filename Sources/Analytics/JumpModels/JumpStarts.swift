import Kernels

/// Centres that a fit starts from.
struct JumpStarts {
    /// Rows before and after that a local mean takes in.
    static let localReach = 10

    /// Scaled rows, all there.
    let rows: JumpRows
    let states: Int
    let seed: UInt64
    private let localMeans: [Double]

    init(_ rows: JumpRows, states: Int, seed: UInt64) {
        self.rows = rows
        self.states = states
        self.seed = seed
        localMeans = JumpStarts.localMeans(rows)
    }

    /// K·D: rows drawn by k-means++ (Arthur and Vassilvitskii 2007) or, for every second run, means
    /// of neighbouring rows. States that last are clusters of these rather than of single rows.
    func centres(run: Int) -> [Double] {
        var generator = SeededGenerator(seed: seed, run: run)
        let points = run % 2 == 0 ? rows.values : localMeans
        let features = rows.features
        let count = rows.count
        let first = min(Int(generator.unit() * Double(count)), count - 1)
        var chosen = [first]
        var distances = [Double](repeating: .infinity, count: count)
        while chosen.count < states {
            let latest = chosen[chosen.count - 1] * features
            var total = 0.0
            for row in 0..<count {
                var sum = 0.0
                for d in 0..<features {
                    let difference = points[row * features + d] - points[latest + d]
                    sum += difference * difference
                }
                distances[row] = min(distances[row], sum)
                total += distances[row]
            }
            var mark = generator.unit() * total
            var next = count - 1
            for row in 0..<count {
                mark -= distances[row]
                if mark < 0 {
                    next = row
                    break
                }
            }
            chosen.append(next)
        }
        return chosen.flatMap { points[($0 * features)..<(($0 + 1) * features)] }
    }

    private static func localMeans(_ rows: JumpRows) -> [Double] {
        let features = rows.features
        var means = rows.values
        for d in 0..<features {
            var sums = [0.0]
            for row in 0..<rows.count {
                sums.append(sums[row] + rows.values[row * features + d])
            }
            for row in 0..<rows.count {
                let from = max(row - localReach, 0)
                let to = min(row + localReach + 1, rows.count)
                means[row * features + d] = (sums[to] - sums[from]) / Double(to - from)
            }
        }
        return means
    }
}
