import Testing

@testable import Hosting

@Suite("Files and connections")
struct DescriptorBudgetTests {
    @Test(
        "a door has what it wants, or half of what is left",
        arguments: [
            (8_192, 4_096, 3_968), (8_448, 4_096, 4_096), (20_000, 4_096, 4_096),
            (1_024, 4_096, 384), (1_024, 100, 100), (256, 4_096, 1), (0, 4_096, 1),
        ])
    func connections(limit: Int, wanted: Int, given: Int) {
        #expect(DescriptorBudget(limit: limit).connections(wanted: wanted) == given)
    }

    @Test(
        "what one door does not want the other may have, and both together no more than there is",
        arguments: [
            (20_000, 11_024, 1_024), (12_304, 11_024, 1_024), (12_302, 11_024, 1_024),
            (2_304, 11_024, 1_024), (2_303, 11_024, 1_024), (1_024, 4_096, 4_096), (258, 2, 2),
        ])
    func besides(limit: Int, one: Int, other: Int) {
        let budget = DescriptorBudget(limit: limit)
        let first = budget.connections(wanted: one, besides: other)
        let second = budget.connections(wanted: other, besides: one)
        #expect(first + second == min(one + other, (limit - 256) / 2 * 2))
    }

    @Test("the limit is raised as far as it may be, and not again")
    func raised() {
        let budget = DescriptorBudget.raised()
        #expect(budget == DescriptorBudget.raised())
        #expect(budget.connections(wanted: 64) == 64)
    }
}
