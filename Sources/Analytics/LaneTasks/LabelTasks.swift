/// From indicators to what a model sees: the context as last known, the features scaled.
package struct ObservationTask {
    /// Fields of a context: log return, volatility, its rank, long-run volatility, drawdown, trend,
    /// momentum.
    package static let contextFields = 7

    package var count: Int
    /// `contextFields` columns of rows, `stride` doubles from one to the next: as computed at each
    /// bar, replaced with what is known at it. The return is never carried on.
    package var context: UnsafeMutablePointer<Double>
    package var stride: Int
    /// 6 rows: what was last known of the others.
    package var latest: UnsafeMutablePointer<Double>
    /// D columns of rows, `featureStride` doubles from one to the next.
    package var features: UnsafePointer<Double>
    package var featureStride: Int
    package var featureCount: Int
    /// D each; `nil`: not scaled.
    package var centers: UnsafePointer<Double>?
    package var scales: UnsafePointer<Double>?
    /// +∞: unlimited.
    package var clip: Double
    /// `count` × D × 8: what the model sees; 0 where it sees nothing.
    package var observations: UnsafeMutablePointer<Double>
    /// `count` × 8: 1 where it sees something, 0 where an input is missing or not finite.
    package var present: UnsafeMutablePointer<UInt8>
    package var width = 0

    package init(
        count: Int, context: UnsafeMutablePointer<Double>, stride: Int,
        latest: UnsafeMutablePointer<Double>, features: UnsafePointer<Double>, featureStride: Int,
        featureCount: Int, observations: UnsafeMutablePointer<Double>,
        present: UnsafeMutablePointer<UInt8>
    ) {
        self.count = count
        self.context = context
        self.stride = stride
        self.latest = latest
        self.features = features
        self.featureStride = featureStride
        self.featureCount = featureCount
        self.observations = observations
        self.present = present
        clip = .infinity
    }
}

/// From state probabilities and contexts to labels, and to those that hysteresis lets through.
///
/// Labels are numbers: 0 … 5 in wire order, 6 is unknown.
package struct LabelTask {
    package static let labels = 6
    package static let unknown = 6.0

    /// Thresholds of the rules from states to labels.
    package struct Thresholds {
        package var crisisDrawdown = 0.0
        package var crisisRank = 0.0
        package var bearDrawdown = 0.0
        package var highRank = 0.0
        package var ordinaryRank = 0.0
        package var lowRank = 0.0
        package var euphoriaTrend = 0.0
        package var euphoriaMomentum = 0.0

        package init() {}
    }

    /// What a change of the published label needs.
    package struct Bands {
        package var entryProbability = 0.0
        package var exitProbability = 0.0
        package var minimumDwellBars = 0.0
        package var confirmationBars = 0.0
        package var recoveryConfirmationBars = 0.0

        package init() {}
    }

    package var count: Int
    /// As an `ObservationTask` left it.
    package var context: UnsafePointer<Double>
    package var stride: Int
    /// `count` × K × 8.
    package var probabilities: UnsafePointer<Double>
    package var states: Int
    /// K: 0 calm, 1 normal, 2 stressed.
    package var classes: UnsafePointer<UInt8>
    /// `count` bytes; bit i is set where market i has an answer.
    package var answered: UnsafePointer<UInt8>
    package var thresholds = Thresholds()
    package var bands = Bands()
    /// 6: how much each label can hurt.
    package var risks: UnsafePointer<Double>
    /// 5 rows: the published label, its risk, the bars it has stood for, the challenger, the bars
    /// it has been one for.
    package var state: UnsafeMutablePointer<Double>
    /// `count` × 8 each; `raw` means nothing where there is no answer.
    package var raw: UnsafeMutablePointer<UInt8>
    package var published: UnsafeMutablePointer<UInt8>
    package var width = 0

    package init(
        count: Int, context: UnsafePointer<Double>, stride: Int,
        probabilities: UnsafePointer<Double>, states: Int, classes: UnsafePointer<UInt8>,
        answered: UnsafePointer<UInt8>, risks: UnsafePointer<Double>,
        state: UnsafeMutablePointer<Double>, raw: UnsafeMutablePointer<UInt8>,
        published: UnsafeMutablePointer<UInt8>
    ) {
        self.count = count
        self.context = context
        self.stride = stride
        self.probabilities = probabilities
        self.states = states
        self.classes = classes
        self.answered = answered
        self.risks = risks
        self.state = state
        self.raw = raw
        self.published = published
    }
}
