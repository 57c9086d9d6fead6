import Indicators
import JumpModels

extension RegimeSpecification {
    /// Exogenous columns that decide about its labels.
    package var exogenousInputs: Set<String> {
        RuleParameters.exogenousInputs(of: model, features, rules)
    }
}

extension Classifier {
    /// Exogenous columns that decide about its labels.
    package var exogenousInputs: Set<String> {
        RuleParameters.exogenousInputs(of: model, features, rules)
    }
}

extension RuleParameters {
    fileprivate static func exogenousInputs(
        of model: ModelKind, _ features: [String], _ rules: RuleParameters
    ) -> Set<String> {
        guard !model.isFitted else {
            return Set(features.compactMap { (try? Feature(name: $0))?.exogenousName })
        }
        return rules.stressedVIX == nil ? [] : ["vix"]
    }
}

extension RegimeSpecification {
    /// Checks every value against its range.
    ///
    /// - Throws: `SpecificationError` naming the first value that is out of it.
    package func validate() throws(SpecificationError) {
        if model.isFitted {
            try validateFeatures()
            try require((1...RegimeSpecification.stateLimit).contains(states), "states", "1 … 8")
            try validateFamily()
        }
        try require((1...RegimeSpecification.startLimit).contains(starts), "starts", "1 … 1024")
        try require((1...starts).contains(finalists), "finalists", "1 … starts")
        try require((1...100_000).contains(maximumIterations), "maximumIterations", "1 … 100000")
        try require(tolerance > 0 && tolerance.isFinite, "tolerance", "a number above 0")
        try require(clip.map { $0 > 0 && $0.isFinite } ?? true, "clip", "a number above 0")
        try validateTraining()
        try validateHysteresis()
        try require(taxonomy.isFinite, "taxonomy", "made of finite numbers")
        try require(rules.isUsable, "rules", "made of ramps between two finite numbers")
        try require(
            calibration.map { (1...CalibrationPlan.horizonLimit).contains($0.horizonBars) } ?? true,
            "calibration.horizonBars", "1 … \(CalibrationPlan.horizonLimit)")
    }

    private func validateFamily() throws(SpecificationError) {
        if model == .markov {
            try require(features.count == 1, "features", "one for markov, the regressed series")
            try require(
                (0...RegimeSpecification.autoregressionLimit).contains(autoregression ?? 0),
                "autoregression", "0 … \(RegimeSpecification.autoregressionLimit)")
        }
        guard model.isJump else { return }
        guard let jumpSpecification else {
            throw SpecificationError(field: "jump", problem: "must say the penalty of a jump model")
        }
        do {
            try jumpSpecification.validate()
        } catch {
            throw SpecificationError(
                field: "jump.\(error.setting)", problem: "is \(error.value): give \(error.need)")
        }
    }

    private func validateFeatures() throws(SpecificationError) {
        try require(!features.isEmpty, "features", "at least one name")
        try require(Set(features).count == features.count, "features", "free of duplicates")
        for name in features {
            do {
                _ = try Feature(name: name)
            } catch {
                throw SpecificationError(field: "features", problem: "are wrong: \(error)")
            }
        }
    }

    private func validateTraining() throws(SpecificationError) {
        try require(training.warmUpBars >= 1, "training.warmUpBars", "1 or more")
        try require(
            training.windowBars.map { $0 >= training.warmUpBars } ?? true, "training.windowBars",
            "at least warmUpBars")
        let months = training.refitMonths
        try require(
            months.allSatisfy { (1...12).contains($0) } && months == Set(months).sorted(),
            "training.refitMonths", "months 1 … 12, ascending")
    }

    private func validateHysteresis() throws(SpecificationError) {
        try require(
            hysteresis.isUsable, "hysteresis",
            "made of probabilities between 0 and 1, a dwell of 0 bars or more and confirmations "
                + "of 1 or more")
    }

    private func require(
        _ condition: Bool, _ field: String, _ expectation: String
    ) throws(SpecificationError) {
        guard condition else {
            throw SpecificationError(field: field, problem: "must be \(expectation)")
        }
    }
}

extension HysteresisParameters {
    var isUsable: Bool {
        let range = 0.0...1.0
        return range.contains(entryProbability) && range.contains(exitProbability)
            && minimumDwellBars >= 0 && confirmationBars >= 1 && recoveryConfirmationBars >= 1
    }
}
