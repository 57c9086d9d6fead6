import Hosting
import Ports
import TestSupport
import Testing

@Suite("What the process keeps")
struct RecentEntriesTests {
    private let start = ContinuousClock.now

    private func key(_ number: Int) -> CacheKey { CacheKey("\(number)") }

    @Test func whatWasUsedLongestAgoGoesFirst() {
        var recent = RecentEntries<Int>(countLimit: 3, byteLimit: 1_000)
        func put(_ number: Int) {
            recent.put(
                key(number), number, .none, bytes: 1, at: start,
                until: start.advanced(by: .seconds(5)))
        }
        for number in 0..<3 { put(number) }
        #expect(recent.get(key(0), at: start) == 0)
        put(3)
        let held = (0..<4).map { recent.get(key($0), at: start) }
        #expect(held == [0, nil, 2, 3] && recent.count == 3)
    }

    @Test func bytesAreBounded() {
        var recent = RecentEntries<Int>(countLimit: 100, byteLimit: 10)
        func put(_ number: Int, bytes: Int) {
            recent.put(
                key(number), number, .none, bytes: bytes, at: start,
                until: start.advanced(by: .seconds(5)))
        }
        // A key of one byte counts too.
        put(1, bytes: 9)
        #expect(recent.count == 1 && recent.bytes == 10)
        put(2, bytes: 10)
        #expect(recent.get(key(1), at: start) == 1 && recent.get(key(2), at: start) == nil)
        put(3, bytes: 1)
        #expect(recent.get(key(1), at: start) == nil && recent.bytes == 2)
        put(3, bytes: 10)
        #expect(recent.count == 0 && recent.bytes == 0)
    }

    @Test func entriesEnd() {
        var recent = RecentEntries<Int>(countLimit: 3, byteLimit: 100)
        let end = start.advanced(by: .seconds(5))
        recent.put(key(1), 1, CacheConformance.version(2), bytes: 1, at: start, until: end)
        #expect(recent.get(key(1), at: end.advanced(by: .nanoseconds(-1))) == 1)
        #expect(recent.get(key(1), at: end) == nil && recent.count == 0)
    }

    @Test func anOlderVersionReplacesNothing() {
        var recent = RecentEntries<Int>(countLimit: 3, byteLimit: 100)
        let end = start.advanced(by: .seconds(5))
        for (number, held) in [(2, 2), (1, 2), (2, 2), (3, 3)] {
            recent.put(
                key(0), number, CacheConformance.version(Int64(number)), bytes: 1, at: start,
                until: end)
            #expect(recent.get(key(0), at: start) == held)
        }
        recent.remove(key(0), ifVersion: CacheConformance.version(2))
        #expect(recent.count == 1)
        recent.put(key(0), 1, CacheConformance.version(1), bytes: 1, at: end, until: end)
        #expect(recent.count == 1)
        recent.remove(key(0))
        #expect(recent.count == 0)
    }

    /// Against a list in the order of use.
    @Test(arguments: Sweep.seeds(20))
    func itAgreesWithAList(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let (countLimit, byteLimit) = (1 + Int(generator.next() % 8), 40)
        var recent = RecentEntries<Int>(countLimit: countLimit, byteLimit: byteLimit)
        var list: [(key: Int, value: Int, size: Int)] = []
        let end = start.advanced(by: .seconds(5))
        for step in 0..<1_000 {
            let number = Int(generator.next() % 10)
            switch generator.next() % 8 {
            case 0: (recent.remove(key(number)), list.removeAll { $0.key == number }).1
            case 1..<4:
                let size = 1 + Int(generator.next() % 15)
                recent.put(key(number), step, .none, bytes: size, at: start, until: end)
                list.removeAll { $0.key == number }
                while list.count >= countLimit
                    || list.reduce(size + 1, { $0 + $1.size }) > byteLimit
                {
                    list.removeFirst()
                }
                list.append((number, step, size + 1))
            default:
                let expected = list.first { $0.key == number }
                #expect(recent.get(key(number), at: start) == expected?.value)
                if let expected {
                    list.removeAll { $0.key == number }
                    list.append(expected)
                }
            }
            #expect(recent.count == list.count && recent.count <= countLimit)
            #expect(recent.bytes == list.reduce(0) { $0 + $1.size } && recent.bytes <= byteLimit)
        }
        recent.removeAll()
        #expect(recent.count == 0 && recent.bytes == 0)
    }
}
