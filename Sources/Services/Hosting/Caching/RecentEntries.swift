package import Ports

/// Values by key up to a number and a size; what was used longest ago goes first. Every call takes
/// constant time, but for what it evicts.
package struct RecentEntries<Value> {
    package typealias Instant = ContinuousClock.Instant

    private struct Slot {
        var key: CacheKey
        var value: Value
        var version: CacheVersion
        var bytes: Int
        var end: Instant
        /// Neighbours in the order of use, −1 for none.
        var newer: Int
        var older: Int
    }

    package let countLimit: Int
    package let byteLimit: Int
    /// Of all values and keys.
    package private(set) var bytes = 0
    private var index: [CacheKey: Int] = [:]
    /// Places of entries; those that are free have no entry.
    private var slots: [Slot?] = []
    private var free: [Int] = []
    private var newest = -1
    private var oldest = -1

    package init(countLimit: Int, byteLimit: Int) {
        self.countLimit = countLimit
        self.byteLimit = byteLimit
    }

    package var count: Int { index.count }

    package mutating func get(_ key: CacheKey, at now: Instant) -> Value? {
        // The slot itself is not copied: that costs more than the rest.
        guard let place = index[key], let end = slots[place]?.end else { return nil }
        guard end > now else {
            remove(at: place)
            return nil
        }
        if place != newest {
            unlink(place)
            link(place)
        }
        return slots[place]?.value
    }

    /// Keeps a value, unless a newer one is there or it is larger than everything may be.
    ///
    /// - Parameter bytes: of the value's encoded form.
    package mutating func put(
        _ key: CacheKey, _ value: Value, _ version: CacheVersion, bytes: Int, at now: Instant,
        until end: Instant
    ) {
        if let place = index[key], let slot = slots[place] {
            guard slot.end <= now || slot.version <= version else { return }
            remove(at: place)
        }
        let size = bytes + key.name.utf8.count
        guard size <= byteLimit, countLimit > 0 else { return }
        while oldest >= 0, count >= countLimit || self.bytes + size > byteLimit {
            remove(at: oldest)
        }
        let slot = Slot(
            key: key, value: value, version: version, bytes: size, end: end, newer: -1, older: -1)
        let place = free.popLast() ?? slots.count
        if place == slots.count { slots.append(slot) } else { slots[place] = slot }
        index[key] = place
        self.bytes += size
        link(place)
    }

    /// - Parameter version: when given, only that one is removed.
    package mutating func remove(_ key: CacheKey, ifVersion version: CacheVersion? = nil) {
        guard let place = index[key] else { return }
        if let version, slots[place]?.version != version { return }
        remove(at: place)
    }

    package mutating func removeAll() {
        (index, slots, free, newest, oldest, bytes) = ([:], [], [], -1, -1, 0)
    }

    // MARK: - The order of use

    private mutating func remove(at place: Int) {
        guard let slot = slots[place] else { return }
        unlink(place)
        index[slot.key] = nil
        bytes -= slot.bytes
        slots[place] = nil
        free.append(place)
    }

    private mutating func link(_ place: Int) {
        slots[place]?.older = newest
        slots[place]?.newer = -1
        if newest >= 0 { slots[newest]?.newer = place } else { oldest = place }
        newest = place
    }

    private mutating func unlink(_ place: Int) {
        guard let newer = slots[place]?.newer, let older = slots[place]?.older else { return }
        if newer >= 0 { slots[newer]?.older = older } else { newest = older }
        if older >= 0 { slots[older]?.newer = newer } else { oldest = newer }
    }
}
