import CLanes
import LaneTasks

/// Doubles between what is read or written of a column and what the cache is told to expect: far
/// enough for memory to answer, near enough to be there still. Eight columns at once are more than
/// a processor foresees by itself.
let linesAhead = 64

@inline(never)
@Sendable
func interleave(_ task: InterleavingTask) {
    var first = 0
    while first < task.count {
        lanes8_interleave(task.columns, first, task.rows + first * 8)
        lanes8_will_read(task.columns, first + linesAhead)
        first += 8
    }
}

/// Writes the rows of eight bars, from `bar` on, to the task's columns: bar by bar rather than at
/// the end, so that the recursion goes on while memory, which is slower, takes them.
///
/// - Parameter next: the values that will be written soon are so far away.
@inline(never)
func writeColumns(
    _ task: ChainTask, _ rows: UnsafeMutablePointer<Double>, _ bar: Int, _ states: Int, next: Int
) {
    guard let columns = task.columns else { return }
    var value = bar * states
    let end = value + 8 * states
    while value < end {
        lanes8_deinterleave(rows + value * 8, columns, value)
        lanes8_will_write(columns, value + next)
        value += 8
    }
}
