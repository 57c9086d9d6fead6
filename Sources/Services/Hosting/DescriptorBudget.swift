import Glibc

/// How many files and connections this process may have open, and the doors' share of them.
///
/// A process that has run out accepts nobody and cannot open its store either, so the doors stop
/// before that.
package struct DescriptorBudget: Sendable, Equatable {
    /// What the doors with as many connections as they can be set to have, and all else, need.
    private static let wanted = 65_536
    /// For the store, caches, brokers and files.
    private static let reserve = 256

    private let limit: Int

    init(limit: Int) {
        self.limit = limit
    }

    /// Raises the limit as far as is needed and this user may: systems start programs with 1,024.
    package static func raised() -> DescriptorBudget {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limits = rlimit()
        guard unsafe getrlimit(resource, &limits) == 0 else { return DescriptorBudget(limit: 0) }
        if limits.rlim_cur < rlim_t(wanted) {
            var raised = limits
            raised.rlim_cur = min(rlim_t(wanted), limits.rlim_max)
            if unsafe setrlimit(resource, &raised) == 0 { limits = raised }
        }
        return DescriptorBudget(limit: Int(clamping: limits.rlim_cur))
    }

    /// How many connections a door may have that would have so many; one at least. There is half
    /// of what there is for each of two doors, and what the other one does not want.
    ///
    /// - Parameter other: what the other door wants; at least what it will ask for.
    package func connections(wanted: Int, besides other: Int = .max) -> Int {
        let free = max(limit - Self.reserve, 0)
        return min(wanted, max(free / 2, free - other, 1))
    }
}
