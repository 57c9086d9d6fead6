import Contracts
import Hosting
import Ports
import TestSupport
import Testing

@Suite("How long cached answers live")
struct LifetimeTests {
    private let limits = CacheLimits()
    private let value = TextAnswer.value(1)

    @Test(arguments: Sweep.seeds(20))
    func lifetimesAreSpreadByATenth(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let lifetime = Duration.seconds(21_600)
        let spans = (0..<200).map { _ in
            limits.lifetime(of: value, lifetime, chance: generator.unit())
        }
        #expect(spans.allSatisfy { $0 >= lifetime * 0.9 && $0 <= lifetime * 1.1 })
        #expect(spans.contains { $0 < lifetime * 0.95 } && spans.contains { $0 > lifetime * 1.05 })
        for _ in 0..<200 {
            let chance = generator.unit()
            let absent = limits.lifetime(of: TextAnswer.absent, lifetime, chance: chance)
            #expect(absent >= .seconds(270) && absent <= .seconds(330))
            let fallback = limits.lifetime(
                of: TextAnswer.fallback("x"), lifetime, chance: chance)
            #expect(fallback >= .seconds(270) && fallback <= .seconds(300))
        }
    }

    @Test func standardLifetimesAreTheContracts() {
        #expect(limits.absent == CacheKeys.absentLifetime)
        #expect(limits.fallback == CacheKeys.fallbackLifetime)
        #expect(limits.process <= .seconds(5))
    }

    @Test func theEndsOfTheSpreadAreThere() {
        func lifetime(_ answer: TextAnswer, _ chance: Double) -> Duration {
            limits.lifetime(of: answer, .seconds(100), chance: chance)
        }
        #expect(lifetime(value, 0) == .seconds(90) && lifetime(value, 0.5) == .seconds(100))
        #expect(lifetime(.fallback("x"), 0.5) == .seconds(100))
    }
}
