import Testing

@testable import Hosting

@Suite("Life of a service")
struct ServiceLifeTests {
    typealias Event = ServiceLife.Event
    typealias State = ServiceLife.State

    struct Script: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let shapes: [ServiceShape]
        let events: [Event]
        /// After each event.
        let states: [State]

        init(
            _ name: String, _ shapes: [ServiceShape], _ events: [Event], _ states: [State]
        ) {
            testDescription = name
            self.shapes = shapes
            self.events = events
            self.states = states
        }
    }

    private static let all: [ServiceShape] = [.permanent, .blockingPermanent, .singleShot]
    private static let staying: [ServiceShape] = [.permanent, .blockingPermanent]
    private static let unasked = State.failed(reason: "ended though nobody asked it to")
    private static let late = State.failed(reason: "not started within 30 s")

    static let scripts: [Script] = [
        Script(
            "asked to stop", staying, [.begin, .ready, .stop, .end],
            [.starting, .running, .stopping, .stopped]),
        Script(
            "did what it is for", [.singleShot], [.begin, .ready, .end, .stop],
            [.starting, .running, .finished, .finished]),
        Script(
            "did it though asked to stop", [.singleShot], [.begin, .ready, .stop, .end],
            [.starting, .running, .stopping, .finished]),
        Script(
            "ended unasked", staying, [.begin, .ready, .end], [.starting, .running, unasked]),
        Script(
            "asked to stop before it began", all, [.stop, .begin, .ready],
            [.stopped, .stopped, .stopped]),
        Script(
            "asked to stop while starting", staying, [.begin, .stop, .ready, .end],
            [.starting, .stopping, .stopping, .stopped]),
        Script(
            "cancelled in a shutdown", all, [.begin, .ready, .stop, .cancelled],
            [.starting, .running, .stopping, .stopped]),
        Script(
            "cancelled itself", all, [.begin, .ready, .cancelled],
            [.starting, .running, .failed(reason: "cancelled")]),
        Script(
            "cannot be made", all, [.begin, .failure("no"), .stop, .end],
            [.starting] + Array(repeating: .failed(reason: "no"), count: 3)),
        Script(
            "refused before it began", all, [.failure("no"), .begin],
            [.failed(reason: "no"), .failed(reason: "no")]),
        Script(
            "fails while it stops", all, [.begin, .ready, .stop, .failure("no")],
            [.starting, .running, .stopping, .failed(reason: "no")]),
        Script(
            "starts too late", all, [.begin, .overdue(limit: .seconds(30)), .ready, .end],
            [.starting, late, late, late]),
        Script(
            "started in time", all, [.begin, .ready, .overdue(limit: .seconds(30))],
            [.starting, .running, .running]),
        Script(
            "nothing happens before it begins", all,
            [.ready, .end, .cancelled, .overdue(limit: .seconds(30))],
            Array(repeating: .declared, count: 4)),
    ]

    @Test("every step of a life", arguments: scripts)
    func steps(script: Script) {
        #expect(script.events.count == script.states.count)
        for shape in script.shapes {
            var life = ServiceLife(shape)
            for (event, expected) in zip(script.events, script.states) {
                let before = life.state
                let hasChanged = life.advance(event)
                #expect(life.state == expected, "\(shape), \(event)")
                #expect(hasChanged == (before != expected))
            }
        }
    }

    @Test("each state has its status; an end is one")
    func reports() {
        func report(_ shape: ServiceShape, _ events: [Event]) -> (StatusReport, Bool) {
            var life = ServiceLife(shape)
            for event in events { _ = life.advance(event) }
            return (life.report, life.isOver)
        }
        func expect(
            _ shape: ServiceShape, _ events: [Event], _ status: ServiceStatus, isOver: Bool
        ) {
            let (report, over) = report(shape, events)
            #expect(report.status == status)
            #expect(over == isOver)
        }
        expect(.permanent, [], .unknown, isOver: false)
        expect(.permanent, [.begin], .startup, isOver: false)
        expect(.permanent, [.begin, .ready], .ok, isOver: false)
        expect(.permanent, [.begin, .ready, .stop], .shutdown, isOver: false)
        expect(.permanent, [.begin, .ready, .stop, .end], .shutdown, isOver: true)
        expect(.permanent, [.begin, .failure("no")], .failed, isOver: true)
        expect(.singleShot, [.begin, .ready, .end], .ok, isOver: true)
    }

    @Test("the process ends for a service that was to stay, or when none is left")
    func decisions() {
        func life(_ shape: ServiceShape, _ events: [Event]) -> ServiceLife {
            var life = ServiceLife(shape)
            for event in events { _ = life.advance(event) }
            return life
        }
        let running = ("a", life(.permanent, [.begin, .ready]))
        let failed = ("b", life(.permanent, [.failure("no")]))
        let finished = ("c", life(.singleShot, [.begin, .ready, .end]))
        let missed = ("d", life(.singleShot, [.begin, .failure("no")]))
        #expect(ServiceProcess.reasonToStop([running, finished, missed]) == nil)
        #expect(ServiceProcess.reasonToStop([running, failed]) == "b failed")
        #expect(ServiceProcess.reasonToStop([finished, missed]) == "no service is left")
        #expect(ServiceProcess.reasonToStop([finished, ("e", life(.singleShot, []))]) == nil)
    }
}
