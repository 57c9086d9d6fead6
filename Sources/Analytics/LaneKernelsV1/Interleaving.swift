import CLanes
import LaneTasks

/// Values between what is read or written of a column and what the cache is told to expect: far
/// enough for memory to answer, near enough that the answer has not been displaced. Eight columns
/// at once are more than a processor foresees by itself.
let valuesAhead = 64

@inline(never)
@Sendable
func interleave(_ task: InterleavingTask) {
    var first = 0
    while first < task.count {
        lanes8_interleave(task.columns, first, task.rows + first * 8)
        lanes8_will_read(task.columns, first + valuesAhead)
        first += 8
    }
}

/// Writes the rows of eight bars, from `bar` on, to the task's columns: bar by bar rather than at
/// the end, so that the recursion goes on while memory, which is slower, takes them.
///
/// - Parameter ahead: how many values on the cache is told to expect, negative on the way back.
@inline(never)
func writeColumns(
    _ task: ChainTask, _ rows: UnsafeMutablePointer<Double>, _ bar: Int, _ states: Int, ahead: Int
) {
    guard let columns = task.columns else { return }
    var value = bar * states
    let end = value + 8 * states
    while value < end {
        lanes8_deinterleave(rows + value * 8, columns, value)
        lanes8_will_write(columns, value + ahead)
        value += 8
    }
}
