import Hosting
import TestSupport
import Testing

/// The breaker's decisions as scripts of calls.
@Suite("Whether a server that failed is asked again")
struct CircuitBreakerTests {
    private let start = ContinuousClock.now

    private func at(_ seconds: Int) -> ContinuousClock.Instant {
        start.advanced(by: .seconds(seconds))
    }

    private func breaker() -> CircuitBreaker {
        CircuitBreaker(failureLimit: 3, pause: .seconds(10))
    }

    @Test func failuresInARowOpenIt() {
        var breaker = breaker()
        breaker.failed(at: at(0))
        breaker.failed(at: at(0))
        #expect(breaker.state == .closed(failures: 2))
        breaker.succeeded()
        for _ in 0..<2 { breaker.failed(at: at(1)) }
        let before = breaker.allows(at: at(1))
        breaker.failed(at: at(1))
        let after = [1, 10].map { breaker.allows(at: at($0)) }
        #expect(before && after == [false, false])
    }

    @Test func oneCallTriesAndDecides() {
        for succeeds in [true, false] {
            var breaker = breaker()
            for _ in 0..<3 { breaker.failed(at: at(0)) }
            let probes = [10, 10, 19].map { breaker.allows(at: at($0)) }
            #expect(probes == [true, false, false])
            if succeeds { breaker.succeeded() } else { breaker.failed(at: at(19)) }
            let after = [19, 28, 29].map { breaker.allows(at: at($0)) }
            #expect(after == (succeeds ? [true, true, true] : [false, false, true]))
        }
    }

    @Test func aTryThatNobodyHearsOfIsFollowedByAnother() {
        var breaker = breaker()
        for _ in 0..<3 { breaker.failed(at: at(0)) }
        let probes = [10, 19, 20, 21].map { breaker.allows(at: at($0)) }
        #expect(probes == [true, false, true, false])
    }

    @Test func aTryThatWasGivenUpIsMadeAgainAtOnce() {
        var breaker = breaker()
        while case .closed = breaker.state { breaker.failed(at: at(0)) }
        let probe = at(0).advanced(by: breaker.pause)
        #expect(breaker.allows(at: probe) && !breaker.allows(at: probe))
        breaker.gaveUp(at: probe)
        #expect(breaker.allows(at: probe) && !breaker.allows(at: probe))
        breaker.succeeded()
        breaker.gaveUp(at: probe)
        #expect(breaker.state == .closed(failures: 0))
    }

    @Test func callsFromBeforeItOpenedChangeNothing() {
        var breaker = breaker()
        for _ in 0..<3 { breaker.failed(at: at(0)) }
        breaker.succeeded()
        breaker.failed(at: at(9))
        #expect(breaker.state == .open(until: at(10)))
    }
}
