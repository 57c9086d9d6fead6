import CLanes
import LaneTasks

@inline(never)
@Sendable
func interleave(_ task: InterleavingTask) {
    var first = 0
    while first < task.count {
        lanes8_interleave(task.columns, first, task.rows + first * 8)
        first += 8
    }
}

@inline(never)
@Sendable
func deinterleave(_ task: InterleavingTask) {
    var first = 0
    while first < task.count {
        lanes8_deinterleave(task.rows + first * 8, task.columns, first)
        first += 8
    }
}
