import CLanes
import LaneTasks

@inline(never)
@Sendable
func exponential(_ x: Double) -> Double { exp(Lanes2(x)).value[0] }

@inline(never)
@Sendable
func logarithm(_ x: Double) -> Double { log(Lanes2(x)).value[0] }

@inline(never)
@Sendable
func exponentials(_ task: ElementwiseTask) {
    switch task.width == 0 ? Int(lanes_native_width()) : task.width {
    case 8: map(task, Lanes8.self) { exp($0) }
    case 4: map(task, Lanes4.self) { exp($0) }
    default: map(task, Lanes2.self) { exp($0) }
    }
}

@inline(never)
@Sendable
func logarithms(_ task: ElementwiseTask) {
    switch task.width == 0 ? Int(lanes_native_width()) : task.width {
    case 8: map(task, Lanes8.self) { log($0) }
    case 4: map(task, Lanes4.self) { log($0) }
    default: map(task, Lanes2.self) { log($0) }
    }
}

@inline(__always)
private func map<V: Lanes>(_ task: ElementwiseTask, _: V.Type, _ function: (V) -> V) {
    var index = 0
    while index + V.count <= task.count {
        function(V(at: task.input + index)).store(at: task.output + index)
        index += V.count
    }
    // What does not fill the lanes: one value in all of them.
    while index < task.count {
        function(V(task.input[index])).storeFirst(at: task.output + index)
        index += 1
    }
}
