/// Clusters that a fit starts from.
package enum KMeans {
    /// Lloyd's iterations (1982) from seeds drawn by k-means++ (Arthur and Vassilvitskii 2007).
    ///
    /// - Parameters:
    ///   - points: N·D values, in units that make the D axes comparable.
    ///   - clusters: 1 or more; with fewer distinct points, clusters stay empty.
    ///   - generator: the only source of randomness.
    /// - Returns: N cluster indices.
    package static func assignments(
        of points: [Double], dimensions: Int, clusters: Int, iterations: Int,
        using generator: inout some RandomNumberGenerator
    ) -> [Int] {
        let count = points.count / dimensions
        guard count > 0 else { return [] }
        var centers = seeds(points, dimensions, clusters, &generator)
        var assigned = [Int](repeating: 0, count: count)
        for _ in 0..<iterations {
            var changed = false
            for point in 0..<count {
                let nearest = nearest(to: point, points, centers, dimensions).index
                if assigned[point] != nearest { changed = true }
                assigned[point] = nearest
            }
            move(&centers, points, assigned, dimensions)
            guard changed else { break }
        }
        return assigned
    }

    private static func seeds(
        _ points: [Double], _ dimensions: Int, _ clusters: Int,
        _ generator: inout some RandomNumberGenerator
    ) -> [Double] {
        let count = points.count / dimensions
        func coordinates(_ point: Int) -> ArraySlice<Double> {
            points[(point * dimensions)..<((point + 1) * dimensions)]
        }
        let first = min(Int(generator.unit() * Double(count)), count - 1)
        var centers = Array(coordinates(first))
        var distances = [Double](repeating: .infinity, count: count)
        while centers.count < clusters * dimensions {
            let latest = Array(centers.suffix(dimensions))
            var total = 0.0
            for point in 0..<count {
                distances[point] = min(
                    distances[point], squaredDistance(points, point, latest, 0, dimensions))
                total += distances[point]
            }
            var mark = generator.unit() * total
            var chosen = count - 1
            for point in 0..<count {
                mark -= distances[point]
                if mark < 0 {
                    chosen = point
                    break
                }
            }
            centers += coordinates(chosen)
        }
        return centers
    }

    private static func nearest(
        to point: Int, _ points: [Double], _ centers: [Double], _ dimensions: Int
    ) -> (index: Int, distance: Double) {
        var best = (index: 0, distance: Double.infinity)
        for center in 0..<(centers.count / dimensions) {
            let distance = squaredDistance(points, point, centers, center, dimensions)
            if distance < best.distance { best = (center, distance) }
        }
        return best
    }

    private static func squaredDistance(
        _ points: [Double], _ point: Int, _ centers: [Double], _ center: Int, _ dimensions: Int
    ) -> Double {
        var sum = 0.0
        for d in 0..<dimensions {
            let difference = points[point * dimensions + d] - centers[center * dimensions + d]
            sum += difference * difference
        }
        return sum
    }

    private static func move(
        _ centers: inout [Double], _ points: [Double], _ assigned: [Int], _ dimensions: Int
    ) {
        var sums = [Double](repeating: 0, count: centers.count)
        var counts = [Double](repeating: 0, count: centers.count / dimensions)
        for (point, cluster) in assigned.enumerated() {
            counts[cluster] += 1
            for d in 0..<dimensions {
                sums[cluster * dimensions + d] += points[point * dimensions + d]
            }
        }
        for cluster in counts.indices where counts[cluster] > 0 {
            for d in 0..<dimensions {
                centers[cluster * dimensions + d] =
                    sums[cluster * dimensions + d] / counts[cluster]
            }
        }
    }
}
