import CLanes
import LaneTasks

@inline(never)
@Sendable
func observations(_ task: ObservationTask) {
    switch task.width == 0 ? Int(lanes_native_width()) : task.width {
    case 8: forEachPart(Lanes8.self) { observe(task, Lanes8.self, $0) }
    case 4: forEachPart(Lanes4.self) { observe(task, Lanes4.self, $0) }
    default: forEachPart(Lanes2.self) { observe(task, Lanes2.self, $0) }
    }
}

@inline(__always)
private func observe<V: Lanes>(_ task: ObservationTask, _: V.Type, _ firstLane: Int) {
    for field in 1..<ObservationTask.contextFields {
        carry(task, field, V.self, firstLane)
    }
    var offset = firstLane
    for row in 0..<task.count {
        let isPresent = scale(task, row, V.self, firstLane)
        V.select(isPresent, V(1), V(0)).storeBytes(at: task.present + offset)
        offset += 8
    }
}

/// What is not known at a bar stays as last known.
@inline(__always)
private func carry<V: Lanes>(
    _ task: ObservationTask, _ field: Int, _: V.Type, _ firstLane: Int
) {
    let kept = task.latest + ((field - 1) * 8 + firstLane)
    var latest = V(at: kept)
    var address = task.context + (field * task.stride + firstLane)
    for _ in 0..<task.count {
        let value = V(at: address)
        latest = V.select(value == value, value, latest)
        latest.store(at: address)
        address += 8
    }
    latest.store(at: kept)
}

/// Writes what the model sees of a bar; the lanes in which it sees all of it.
@inline(__always)
private func scale<V: Lanes>(
    _ task: ObservationTask, _ row: Int, _: V.Type, _ firstLane: Int
) -> V.Bits {
    var isPresent = V(0) == V(0)
    let count = task.featureCount
    let output = task.observations + (row * count * 8 + firstLane)
    for feature in 0..<count {
        let known = V(at: task.features + (feature * task.featureStride + row * 8 + firstLane))
        var value = known
        if let centers = task.centers, let scales = task.scales {
            value = (value - V(centers[feature])) / V(scales[feature])
            let clipped = V.smaller(V(task.clip), V.larger(value, V(-task.clip)))
            value = V.select(value.isFinite, clipped, value)
        }
        isPresent = isPresent & known.isFinite & value.isFinite
        value.store(at: output + feature * 8)
    }
    for feature in 0..<count {
        let address = output + feature * 8
        V.select(isPresent, V(at: address), V(0)).store(at: address)
    }
    return isPresent
}
