import CLanes
import LaneTasks

/// Ranks in a rolling window, each in constant time but for near ties.
///
/// The bits of numbers that are not negative are in the numbers' order, so their leading ones tell
/// neighbours from others: a bin is what a range of such bits falls into. Of the bins, cumulative
/// counts are kept in two levels, and of a bin its values, oldest first, as a chain. A rank is the
/// counts below a value's bin and, exactly, of the values in it those that are not above.
@inline(never)
@Sendable
func rollingRanks(_ task: RankTask) {
    guard task.count > 0 else { return }
    let bins = RankBins(task)
    for index in 0..<task.before { bins.append(index) }
    bins.sum()
    var present = task.before
    var output = task.ranks
    for index in task.before..<(task.before + task.count) {
        if present == RankTask.length {
            bins.removeOldest(index - RankTask.length)
            present -= 1
        }
        bins.add(index)
        present += 1
        output.pointee =
            present >= RankTask.minimum
            ? Double(bins.countNotAbove(index, since: index + 1 - present)) / Double(present)
            : .nan
        output += task.stride
    }
}

private struct RankBins {
    /// Values of a bin from which on the whole window is compared, in lanes.
    private static let crowd: UInt16 = 96
    private static let nothing = UInt16.max
    private static let usual = 4

    private let values: UnsafePointer<Double>
    /// Values in the blocks up to each, and within a block, in the bins up to each.
    private let blockCounts: UnsafeMutablePointer<UInt16>
    private let binCounts: UnsafeMutablePointer<UInt16>
    /// The oldest value of each bin, then what follows each value in its bin.
    private let links: UnsafeMutablePointer<UInt16>
    /// The link of each bin that the next value goes to: its own if it is empty, else the newest
    /// value's.
    private let tails: UnsafeMutablePointer<UInt16>
    /// The bin of each value.
    private let bin: UnsafeMutablePointer<UInt16>

    @inline(__always)
    init(_ task: RankTask) {
        values = task.values
        blockCounts = task.scratch
        binCounts = blockCounts + RankTask.blocks
        let total = task.before + task.count
        links = binCounts + RankTask.bins
        tails = links + (RankTask.bins + total)
        bin = tails + RankTask.bins
        let (least, largest) = RankBins.range(of: task.values, total)
        // A negative zero would be beyond all numbers.
        let lowest = (least + 0).bitPattern
        let range = (largest + 0).bitPattern &- lowest
        let width = 64 - range.leadingZeroBitCount
        let binBits = RankTask.bins.trailingZeroBitCount
        let shift = UInt64(truncatingIfNeeded: width > binBits ? width - binBits : 0)
        for index in 0..<total {
            let key = ((task.values[index] + 0).bitPattern &- lowest) &>> shift
            bin[index] = UInt16(truncatingIfNeeded: key)
        }
        for index in 0..<RankTask.blocks { blockCounts[index] = 0 }
        for index in 0..<RankTask.bins {
            binCounts[index] = 0
            links[index] = RankBins.nothing
            tails[index] = UInt16(truncatingIfNeeded: index)
        }
    }

    /// The least and the largest of some values, one at least.
    @inline(__always)
    private static func range(
        of values: UnsafePointer<Double>, _ count: Int
    ) -> (least: Double, largest: Double) {
        var (least, largest) = (Lanes8(values[0]), Lanes8(values[0]))
        var index = 0
        while index + 8 <= count {
            let eight = Lanes8(at: values + index)
            least = Lanes8.smaller(eight, least)
            largest = Lanes8.larger(eight, largest)
            index += 8
        }
        while index < count {
            least = Lanes8.smaller(Lanes8(values[index]), least)
            largest = Lanes8.larger(Lanes8(values[index]), largest)
            index += 1
        }
        return (least.value.min(), largest.value.max())
    }

    /// Puts a value at the end of its bin, which is counted by itself until `sum`.
    @inline(__always)
    func append(_ index: Int) {
        let slot = Int(bin[index])
        binCounts[slot] &+= 1
        link(index, slot)
    }

    @inline(__always)
    private func link(_ index: Int, _ slot: Int) {
        let own = RankTask.bins &+ index
        links[own] = RankBins.nothing
        links[Int(tails[slot])] = UInt16(truncatingIfNeeded: index)
        tails[slot] = UInt16(truncatingIfNeeded: own)
    }

    /// Makes counts of single bins cumulative.
    @inline(__always)
    func sum() {
        var total: UInt16 = 0
        for block in 0..<RankTask.blocks {
            var inBlock: UInt16 = 0
            for slot in (block * RankTask.blocks)..<((block + 1) * RankTask.blocks) {
                inBlock &+= binCounts[slot]
                binCounts[slot] = inBlock
            }
            total &+= inBlock
            blockCounts[block] = total
        }
    }

    @inline(__always)
    func add(_ index: Int) {
        let slot = Int(bin[index])
        lanes_add_from(blockCounts, UInt16(truncatingIfNeeded: slot / RankTask.blocks), 1)
        lanes_add_from(
            binCounts + (slot & ~(RankTask.blocks - 1)),
            UInt16(truncatingIfNeeded: slot % RankTask.blocks), 1)
        link(index, slot)
    }

    /// The oldest value of the window is the oldest of its bin.
    @inline(__always)
    func removeOldest(_ index: Int) {
        let slot = Int(bin[index])
        lanes_add_from(blockCounts, UInt16(truncatingIfNeeded: slot / RankTask.blocks), .max)
        lanes_add_from(
            binCounts + (slot & ~(RankTask.blocks - 1)),
            UInt16(truncatingIfNeeded: slot % RankTask.blocks), .max)
        let following = links[RankTask.bins &+ index]
        links[slot] = following
        tails[slot] =
            following == RankBins.nothing ? UInt16(truncatingIfNeeded: slot) : tails[slot]
    }

    /// How many values of the window, which begins at `first` and ends here, are not above this.
    @inline(__always)
    func countNotAbove(_ index: Int, since first: Int) -> Int {
        let slot = Int(bin[index])
        let (block, place) = (slot / RankTask.blocks, slot % RankTask.blocks)
        let before = place > 0 ? binCounts[slot - 1] : 0
        guard binCounts[slot] &- before < RankBins.crowd else {
            return compareAll(values[index], first, index)
        }
        var count = (block > 0 ? Int(blockCounts[block - 1]) : 0) + Int(before)
        let value = values[index]
        var member = links[slot]
        // Most bins hold no more: where a chain ends is no branch to be foreseen then. Past its end
        // stands this value, the newest, which nothing follows.
        for _ in 0..<RankBins.usual {
            let isThere = member != RankBins.nothing
            let place = isThere ? Int(member) : index
            count &+= (isThere ? 1 : 0) & (values[place] <= value ? 1 : 0)
            member = links[RankTask.bins &+ place]
        }
        while member != RankBins.nothing {
            count &+= values[Int(member)] <= value ? 1 : 0
            member = links[RankTask.bins &+ Int(member)]
        }
        return count
    }

    @inline(__always)
    private func compareAll(_ value: Double, _ first: Int, _ last: Int) -> Int {
        var index = first
        let limit = Lanes8(value)
        var counts = Lanes8(0)
        while index + 8 <= last + 1 {
            let isNotAbove = Lanes8(at: values + index) <= limit
            counts = counts + Lanes8.select(isNotAbove, Lanes8(1), Lanes8(0))
            index += 8
        }
        var count = 0
        for lane in 0..<8 { count += Int(counts.value[lane]) }
        while index <= last {
            count += values[index] <= value ? 1 : 0
            index += 1
        }
        return count
    }
}
