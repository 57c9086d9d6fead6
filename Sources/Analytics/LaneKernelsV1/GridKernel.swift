import CLanes
import LaneTasks

@inline(never)
@Sendable
func gridPrediction(_ task: GridTask) {
    switch task.width == 0 ? Int(lanes_native_width()) : task.width {
    case 8: predict(task, Lanes8.self)
    case 4: predict(task, Lanes4.self)
    default: predict(task, Lanes2.self)
    }
}

/// Lanes are destinations; a block of them stays in registers while the origins pass.
@inline(__always)
private func predict<V: Lanes>(_ task: GridTask, _: V.Type) {
    let count = task.count
    var q = 0
    while q + 4 * V.count <= count {
        var (first, second) = (V(.infinity), V(.infinity))
        var (third, fourth) = (V(.infinity), V(.infinity))
        for p in 0..<count {
            let value = V(task.values[p])
            let prices = task.prices + (p * count + q)
            first = V.smaller(value + V(at: prices), first)
            second = V.smaller(value + V(at: prices + V.count), second)
            third = V.smaller(value + V(at: prices + 2 * V.count), third)
            fourth = V.smaller(value + V(at: prices + 3 * V.count), fourth)
        }
        first.store(at: task.predicted + q)
        second.store(at: task.predicted + q + V.count)
        third.store(at: task.predicted + q + 2 * V.count)
        fourth.store(at: task.predicted + q + 3 * V.count)
        q += 4 * V.count
    }
    while q < count, count >= V.count {
        // The last block may overlap the one before, and gives the same there.
        let start = q + V.count <= count ? q : count - V.count
        var least = V(.infinity)
        for p in 0..<count {
            let price = V(at: task.prices + (p * count + start))
            least = V.smaller(V(task.values[p]) + price, least)
        }
        least.store(at: task.predicted + start)
        q += V.count
    }
    while q < count {
        var least = V(.infinity)
        for p in 0..<count {
            least = V.smaller(V(task.values[p]) + V(task.prices[p * count + q]), least)
        }
        least.storeFirst(at: task.predicted + q)
        q += 1
    }
}
