import Market
import Ports

/// What the registry knows, and what follows from it. A synchronous value: times are arguments.
///
/// Two clocks go in. Polls and ends of life go by the one that never jumps, so that a wall clock
/// set anew neither stops the polls nor ends a life; the wall clock only says when an instance was
/// registered.
///
/// - An instance with a health URL is due at once and then every `pollInterval`. One that is not
///   healthy for `deadAfter` without a break is dead and leaves.
/// - An instance without one can never be healthy, so it is never handed out as a URL, only listed.
///   Nobody can tell whether it is dead: it leaves `unpolledLifetime` after it was last registered.
struct RegistryState: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// Instances at the most.
    static let instanceLimit = 1_024
    static let pollInterval = Duration.seconds(10)
    /// Polls under way at the same time.
    static let pollLimit = 64
    static let deadAfter = Duration.seconds(60)
    static let unpolledLifetime = Duration.seconds(86_400)

    private struct Key: Hashable {
        let service: String
        let instanceID: String
    }

    private struct Entry {
        var registration: ServiceRegistration
        var registeredAt: Timestamp
        /// Grows with each new instance: its place among those of its service.
        let place: Int64
        /// Another one after each registration: tells a poll of what is no longer registered.
        var generation: Int64
        var status = InstanceStatus.unknown
        /// `nil`: there is nothing to ask.
        var nextPoll: Instant?
        var isPolled = false
        /// When it leaves if nothing changes; `nil`: it does not.
        var end: Instant?

        var instance: ServiceInstance {
            ServiceInstance(
                registration: registration, status: status, registeredAt: registeredAt)
        }
    }

    private var entries: [Key: Entry] = [:]
    private var lastNumber: Int64 = 0
    /// The place that was handed out last, by service.
    private var turns: [String: Int64] = [:]
    private var pollsUnderWay = 0

    init() {}

    /// As it was before a restart, as far as it is known: nobody is healthy until asked.
    init(restoring instances: [ServiceInstance], at now: Instant) {
        for instance in instances.prefix(RegistryState.instanceLimit) {
            enter(instance.registration, at: now, on: instance.registeredAt ?? .earliest)
        }
    }

    // MARK: - Registration

    /// There is no room for another instance.
    struct Full: Error, Equatable {}

    /// Makes an instance known, or replaces it. What is healthy and stays where it is stays
    /// healthy; anything else is unknown until it is asked.
    mutating func register(
        _ registration: ServiceRegistration, at now: Instant, on date: Timestamp
    ) throws(Full) {
        guard entries[Self.key(registration)] != nil || entries.count < Self.instanceLimit else {
            throw Full()
        }
        enter(registration, at: now, on: date)
    }

    private mutating func enter(
        _ registration: ServiceRegistration, at now: Instant, on date: Timestamp
    ) {
        let key = Self.key(registration)
        let known = entries[key]
        lastNumber += 1
        var entry = Entry(
            registration: registration, registeredAt: date, place: known?.place ?? lastNumber,
            generation: lastNumber)
        if registration.healthCheckURL == nil {
            entry.end = now.advanced(by: Self.unpolledLifetime)
        } else {
            entry.nextPoll = now
            let stays =
                known?.registration.serviceURL == registration.serviceURL
                && known?.registration.healthCheckURL == registration.healthCheckURL
            if stays, known?.status == .healthy { entry.status = .healthy }
        }
        entries[key] = entry
    }

    /// - Returns: whether it was there.
    mutating func deregister(service: String, instanceID: String) -> Bool {
        remove(Key(service: service, instanceID: instanceID)) != nil
    }

    private mutating func remove(_ key: Key) -> Entry? {
        let removed = entries.removeValue(forKey: key)
        if !entries.keys.contains(where: { $0.service == key.service }) {
            turns[key.service] = nil
        }
        return removed
    }

    // MARK: - Answers

    /// Of one service, or of all by name; in the order of their first registration.
    func instances(of service: String? = nil) -> [ServiceInstance] {
        entries.values.filter { service == nil || $0.registration.serviceName == service }
            .sorted {
                ($0.registration.serviceName, $0.place) < ($1.registration.serviceName, $1.place)
            }
            .map(\.instance)
    }

    /// The URL of a healthy instance; they take turns. `nil` when there is none.
    mutating func url(of service: String) -> String? {
        let healthy = entries.values.filter {
            $0.registration.serviceName == service && $0.status == .healthy
        }
        let last = turns[service] ?? 0
        let first = healthy.min { $0.place < $1.place }
        let next = healthy.filter { $0.place > last }.min { $0.place < $1.place } ?? first
        guard let next else { return nil }
        turns[service] = next.place
        return next.registration.serviceURL
    }

    // MARK: - Polls

    /// An instance that is to be asked now.
    struct Poll: Sendable, Equatable {
        let service: String
        let instanceID: String
        let url: String
        fileprivate let generation: Int64
    }

    /// Starts the polls that are due, those first that have waited longest. Each must be finished.
    mutating func startPolls(at now: Instant) -> [Poll] {
        let due = entries.filter { _, entry in
            !entry.isPolled && entry.nextPoll.map { $0 <= now } ?? false
        }
        let started = due.sorted { lhs, rhs in
            (lhs.value.nextPoll ?? now, lhs.value.place)
                < (rhs.value.nextPoll ?? now, rhs.value.place)
        }.prefix(Self.pollLimit - pollsUnderWay)
        pollsUnderWay += started.count
        return started.compactMap { key, entry in
            guard let url = entry.registration.healthCheckURL else { return nil }
            entries[key]?.isPolled = true
            entries[key]?.nextPoll = now.advanced(by: Self.pollInterval)
            return Poll(
                service: key.service, instanceID: key.instanceID, url: url,
                generation: entry.generation)
        }
    }

    /// Takes in what a poll found; what it says of an instance that has been replaced or has left
    /// meanwhile is dropped.
    ///
    /// - Parameter isHealthy: `nil` when it found nothing out.
    /// - Returns: the status, when it is another one than before.
    mutating func finish(_ poll: Poll, isHealthy: Bool?, at now: Instant) -> InstanceStatus? {
        pollsUnderWay -= 1
        let key = Key(service: poll.service, instanceID: poll.instanceID)
        guard var entry = entries[key], entry.generation == poll.generation else { return nil }
        let before = entry.status
        entry.isPolled = false
        if let isHealthy {
            entry.status = isHealthy ? .healthy : .unhealthy
            entry.end = isHealthy ? nil : entry.end ?? now.advanced(by: Self.deadAfter)
        }
        entries[key] = entry
        return entry.status == before ? nil : entry.status
    }

    /// Takes out who has come to an end.
    mutating func expire(at now: Instant) -> [ServiceRegistration] {
        let ended = entries.filter { _, entry in entry.end.map { $0 <= now } ?? false }
        return ended.sorted { $0.value.place < $1.value.place }
            .compactMap { remove($0.key)?.registration }
    }

    private static func key(_ registration: ServiceRegistration) -> Key {
        Key(service: registration.serviceName, instanceID: registration.instanceID)
    }
}
