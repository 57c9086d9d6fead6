package import Evaluation

/// What an evaluation was made of and how it is made again.
package struct EvaluationAbout: Sendable {
    package struct File: Sendable {
        package let name: String
        /// Hexadecimal, of the bytes of the file.
        package let sha256: String

        package init(name: String, sha256: String) {
            self.name = name
            self.sha256 = sha256
        }
    }

    package struct Model: Sendable {
        package let candidate: String
        /// Canonical JSON of the specifications of its models; none without a model.
        package let specifications: [String]

        package init(candidate: String, specifications: [String]) {
            self.candidate = candidate
            self.specifications = specifications
        }
    }

    package var files: [File]
    package var models: [Model]
    package var settings: EvaluationSettings
    package var costBasisPoints: Double
    package var seed: UInt64
    package var trials: Int
    /// The candidate that the page is about.
    package var focus: String
    /// Whom it is compared with.
    package var against: String?
    /// What was typed to make it.
    package var command: String

    package init(
        files: [File], models: [Model], settings: EvaluationSettings, costBasisPoints: Double,
        seed: UInt64, trials: Int, focus: String, against: String?, command: String
    ) {
        self.files = files
        self.models = models
        self.settings = settings
        self.costBasisPoints = costBasisPoints
        self.seed = seed
        self.trials = trials
        self.focus = focus
        self.against = against
        self.command = command
    }
}
