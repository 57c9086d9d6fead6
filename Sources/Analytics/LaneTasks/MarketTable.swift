/// The entry points of one set of lane kernels that classify markets side by side.
package final class MarketTable: Sendable {
    package let returns: @Sendable (ReturnTask) -> Void
    package let weighted: @Sendable (WeightedTask) -> Void
    package let volatilities: @Sendable (VolatilityTask) -> Void
    package let closes: @Sendable (CloseTask) -> Void
    package let ranks: @Sendable (RankTask) -> Void
    package let observations: @Sendable (ObservationTask) -> Void
    package let labels: @Sendable (LabelTask) -> Void

    package init(
        returns: @escaping @Sendable (ReturnTask) -> Void,
        weighted: @escaping @Sendable (WeightedTask) -> Void,
        volatilities: @escaping @Sendable (VolatilityTask) -> Void,
        closes: @escaping @Sendable (CloseTask) -> Void,
        ranks: @escaping @Sendable (RankTask) -> Void,
        observations: @escaping @Sendable (ObservationTask) -> Void,
        labels: @escaping @Sendable (LabelTask) -> Void
    ) {
        self.returns = returns
        self.weighted = weighted
        self.volatilities = volatilities
        self.closes = closes
        self.ranks = ranks
        self.observations = observations
        self.labels = labels
    }
}
