/// What a universe's run begins next: members as long as there is room, and more of them before
/// they run out.
struct UniverseAgenda {
    enum Job {
        case load
        case write(UniverseMember)
        case writeTile([UniverseMember])
    }

    /// Tiles under way at a time: one is computed while the store takes another in. What they hold
    /// is bounded by `BulkBackfill`'s numbers, times this.
    static let tileLimit = 2

    private let limit: Int
    /// What members must have in common to go side by side; `nil`: each alone.
    private let group: (UniverseMember) -> Double?
    private var alone: ArraySlice<UniverseMember> = []
    private var tiles: ArraySlice<[UniverseMember]> = []
    /// Not yet as many as go side by side.
    private var unfilled: [Double: [UniverseMember]] = [:]
    private var active = 0
    private var activeTiles = 0
    private var isLoading = false
    private var isExhausted = false

    /// - Parameter tiles: whether members may go side by side.
    init(concurrency: Int, tiles: Bool, by group: @escaping (UniverseMember) -> Double?) {
        limit = tiles ? max(concurrency, UniverseAgenda.tileLimit) : concurrency
        self.group = tiles ? group : { _ in nil }
    }

    mutating func begin() -> [Job] {
        var jobs: [Job] = []
        while active < limit, let job = next() {
            active += 1
            jobs.append(job)
        }
        if !isLoading, !isExhausted, alone.count + tiles.count < limit {
            isLoading = true
            jobs.append(.load)
        }
        return jobs
    }

    private mutating func next() -> Job? {
        if activeTiles < UniverseAgenda.tileLimit, let tile = tiles.popFirst() {
            activeTiles += 1
            return .writeTile(tile)
        }
        return alone.popFirst().map { .write($0) }
    }

    mutating func take(_ members: [UniverseMember]) {
        isLoading = false
        isExhausted = members.isEmpty
        for member in members {
            guard let key = group(member) else {
                alone.append(member)
                continue
            }
            unfilled[key, default: []].append(member)
            if unfilled[key]?.count == BulkBackfill.width {
                tiles += [unfilled.removeValue(forKey: key) ?? []]
            }
        }
        guard isExhausted else { return }
        tiles += unfilled.sorted { $0.key < $1.key }.map(\.value)
        unfilled = [:]
    }

    mutating func takeEnd() { active -= 1 }

    /// - Parameter left: its members that are to be written alone.
    mutating func takeTileEnd(_ left: [UniverseMember]) {
        active -= 1
        activeTiles -= 1
        alone += left
    }
}
