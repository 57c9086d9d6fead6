import Market
import Ports
import TestSupport
import Testing

@testable import ConfigService

/// A registry's state with a clock that the test moves.
private struct Script {
    var state = RegistryState()
    let start = ContinuousClock.now
    var seconds = 0.0

    var now: ContinuousClock.Instant { start.advanced(by: .seconds(seconds)) }

    mutating func register(
        _ number: Int, of service: String = "trading", url: String? = nil, health: String? = "h"
    ) throws(RegistryState.Full) {
        try state.register(
            ServiceRegistration(
                serviceName: service, instanceID: "\(number)",
                serviceURL: url ?? "http://h:\(number)",
                healthCheckURL: health.map { "http://\($0):\(number)/health" }),
            at: now, on: Samples.day(number))
    }

    /// Asks all that are due; those numbered are healthy, the others not. Who was asked.
    @discardableResult
    mutating func poll(healthy: Set<String> = []) -> [String] {
        let polls = state.startPolls(at: now)
        for poll in polls {
            _ = state.finish(poll, isHealthy: healthy.contains(poll.instanceID), at: now)
        }
        return polls.map(\.instanceID)
    }

    func statuses(of service: String = "trading") -> [InstanceStatus] {
        state.instances(of: service).map(\.status)
    }
}

@Suite("The registry's state")
struct RegistryStateTests {
    @Test("instances are listed by name, then in the order they first came")
    func order() throws {
        var script = Script()
        try script.register(2)
        try script.register(1)
        try script.register(3, of: "gateway")
        try script.register(2, url: "http://elsewhere:2")
        let all = script.state.instances()
        #expect(all.map(\.registration.instanceID) == ["3", "2", "1"])
        #expect(all.map(\.registration.serviceURL)[1] == "http://elsewhere:2")
        #expect(all.map(\.registeredAt) == [3, 2, 1].map { Samples.day($0) })
        #expect(script.state.instances(of: "trading").map(\.registration.instanceID) == ["2", "1"])
        #expect(script.state.instances(of: "nobody").isEmpty)
    }

    @Test("one id of two services is two instances, and leaves one by one")
    func identity() throws {
        var script = Script()
        try script.register(1)
        try script.register(1, of: "gateway")
        #expect(script.state.instances().count == 2)
        let left = (1...2).map { _ in
            script.state.deregister(service: "trading", instanceID: "1")
        }
        #expect(left == [true, false])
        #expect(script.state.instances().map(\.registration.serviceName) == ["gateway"])
    }

    @Test("there is room for so many and no more, but for who is there already")
    func room() throws {
        var script = Script()
        for number in 1...RegistryState.instanceLimit { try script.register(number) }
        #expect(throws: RegistryState.Full()) { try script.register(0) }
        try script.register(1, url: "http://elsewhere:1")
        _ = script.state.deregister(service: "trading", instanceID: "2")
        try script.register(0)
        #expect(script.state.instances().count == RegistryState.instanceLimit)
    }

    @Test("polls are due at once, and then every 10 s")
    func pace() throws {
        var script = Script()
        try script.register(1)
        #expect(script.poll(healthy: ["1"]) == ["1"])
        script.seconds = 9.999
        #expect(script.poll().isEmpty)
        script.seconds = 10
        #expect(script.poll(healthy: ["1"]) == ["1"])
        // Whoever was late is not asked twice for it.
        script.seconds = 95
        #expect(script.poll(healthy: ["1"]) == ["1"])
        #expect(script.poll().isEmpty)
    }

    @Test("an instance is not asked again while it is asked")
    func oneAtATime() throws {
        var script = Script()
        try script.register(1)
        let polls = script.state.startPolls(at: script.now)
        #expect(polls.count == 1)
        script.seconds = 30
        #expect(script.state.startPolls(at: script.now).isEmpty)
        _ = script.state.finish(polls[0], isHealthy: true, at: script.now)
        #expect(script.state.startPolls(at: script.now).count == 1)
    }

    @Test("so many polls are under way and no more; who waited longest is next")
    func pollLimit() throws {
        var script = Script()
        let limit = RegistryState.pollLimit
        for number in 1...limit + 2 {
            script.seconds = Double(number)
            try script.register(number)
        }
        let first = script.state.startPolls(at: script.now)
        #expect(first.map(\.instanceID) == (1...limit).map(String.init))
        #expect(script.state.startPolls(at: script.now).isEmpty)
        // One that has left meanwhile frees its place too.
        _ = script.state.deregister(service: "trading", instanceID: "1")
        _ = script.state.finish(first[0], isHealthy: true, at: script.now)
        #expect(script.state.startPolls(at: script.now).map(\.instanceID) == ["\(limit + 1)"])
        _ = script.state.finish(first[1], isHealthy: nil, at: script.now)
        #expect(script.state.startPolls(at: script.now).map(\.instanceID) == ["\(limit + 2)"])
    }

    @Test("a change of status is told once")
    func changes() throws {
        var script = Script()
        try script.register(1)
        var told: [InstanceStatus?] = []
        for isHealthy in [true, true, false, false, nil, true] {
            let poll = try #require(script.state.startPolls(at: script.now).first)
            told.append(script.state.finish(poll, isHealthy: isHealthy, at: script.now))
            script.seconds += 10
        }
        #expect(told == [.healthy, nil, .unhealthy, nil, nil, .healthy])
    }

    @Test("what a poll says of what was replaced meanwhile is dropped")
    func stalePoll() throws {
        var script = Script()
        try script.register(1)
        let old = try #require(script.state.startPolls(at: script.now).first)
        try script.register(1, url: "http://elsewhere:1")
        let new = try #require(script.state.startPolls(at: script.now).first)
        #expect(script.state.finish(old, isHealthy: true, at: script.now) == nil)
        #expect(script.statuses() == [.unknown])
        #expect(script.state.finish(new, isHealthy: false, at: script.now) == .unhealthy)
        #expect(script.statuses() == [.unhealthy])
    }

    @Test("who is healthy and registers again at the same place stays healthy; others do not")
    func again() throws {
        var script = Script()
        try script.register(1)
        script.poll(healthy: ["1"])
        try script.register(1)
        #expect(script.statuses() == [.healthy])
        // Asked at once nevertheless.
        #expect(script.poll(healthy: ["1"]) == ["1"])
        try script.register(1, url: "http://elsewhere:1")
        #expect(script.statuses() == [.unknown])
        script.poll()
        try script.register(1, url: "http://elsewhere:1")
        #expect(script.statuses() == [.unknown])
    }
}

@Suite("Who is handed out")
struct RegistryTurnTests {
    @Test("only who is healthy")
    func healthy() throws {
        var script = Script()
        try script.register(1)
        #expect(script.state.url(of: "trading") == nil)
        script.poll()
        #expect(script.state.url(of: "trading") == nil)
        try script.register(2)
        script.poll(healthy: ["2"])
        #expect(script.state.url(of: "trading") == "http://h:2")
        #expect(script.state.url(of: "nobody") == nil)
    }

    @Test("turns are fair whoever comes and goes", arguments: 0..<50)
    func fairness(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        var script = Script()
        var healthy: Set<String> = []
        for number in 1...8 {
            try script.register(number)
            if Bool.random(using: &generator) { healthy.insert("\(number)") }
        }
        script.poll(healthy: healthy)
        for _ in 0..<20 {
            // Between changes each healthy instance is handed out once per round.
            let round = healthy.compactMap { _ in script.state.url(of: "trading") }
            #expect(Set(round) == Set(healthy.map { "http://h:\($0)" }))
            #expect(round.count == healthy.count)
            let number = Int.random(in: 1...8, using: &generator)
            if healthy.remove("\(number)") != nil {
                _ = script.state.deregister(service: "trading", instanceID: "\(number)")
            } else {
                try script.register(number)
                healthy.insert("\(number)")
            }
            script.seconds += 10
            script.poll(healthy: healthy)
        }
    }
}

@Suite("Who leaves")
struct RegistryExpiryTests {
    @Test("an instance that is unhealthy for 60 s without a break leaves")
    func dead() throws {
        var script = Script()
        try script.register(1)
        script.poll()
        script.seconds = 50
        script.poll(healthy: ["1"])
        script.seconds = 60
        script.poll()
        script.seconds = 119.999
        script.poll()
        #expect(script.state.expire(at: script.now).isEmpty)
        script.seconds = 120
        #expect(script.state.expire(at: script.now).map(\.instanceID) == ["1"])
        #expect(script.state.instances().isEmpty)
    }

    @Test("a registration begins a new life")
    func reborn() throws {
        var script = Script()
        try script.register(1)
        script.poll()
        script.seconds = 59
        try script.register(1)
        script.seconds = 61
        #expect(script.state.expire(at: script.now).isEmpty)
    }

    @Test("an instance that is never asked leaves a day after its last registration")
    func unpolled() throws {
        var script = Script()
        try script.register(1, health: nil)
        #expect(script.poll().isEmpty)
        script.seconds = 80_000
        try script.register(1, health: nil)
        script.seconds = 166_399
        #expect(script.state.expire(at: script.now).isEmpty)
        #expect(script.statuses() == [.unknown])
        script.seconds = 166_400
        #expect(script.state.expire(at: script.now).map(\.instanceID) == ["1"])
    }

    @Test("what is restored is known, and unknown until asked; the dead leave a minute later")
    func restored() throws {
        var script = Script()
        try script.register(1)
        try script.register(2)
        script.poll(healthy: ["1", "2"])
        let kept = script.state.instances()
        script.state = RegistryState(restoring: kept, at: script.now)
        #expect(script.state.instances().map(\.registration) == kept.map(\.registration))
        #expect(script.state.instances().map(\.registeredAt) == kept.map(\.registeredAt))
        #expect(script.statuses() == [.unknown, .unknown])
        #expect(script.poll(healthy: ["2"]) == ["1", "2"])
        script.seconds += 60
        #expect(script.state.expire(at: script.now).map(\.instanceID) == ["1"])
    }
}
