import Indicators
import RegimeModels

/// Why a candidate's text cannot be understood.
package struct CandidateError: Error, Equatable, Sendable, CustomStringConvertible {
    package let text: String
    package let problem: String

    package var description: String { "«\(text)»: \(problem)" }
}

extension Candidate {
    /// How candidates are written, for help texts.
    package static let grammar = """
        buy-and-hold
        smaN                          price over its mean of N bars, e.g. sma200
        default                       the documented default
        MODEL[:KEY=VALUE]…            \(ModelKind.allCases.map(\.rawValue).joined(separator: ", "))
        CANDIDATE/CANDIDATE…          mean of the models' label probabilities
        Keys: \(settings.map(\.key).joined(separator: ", ")).
        Lists are joined by +, as in hmm:states=2:features=log_return+sortino_20:refit=1+7
        """

    /// Reads a candidate, see `grammar`.
    ///
    /// - Parameter seed: of the fits that do not name one.
    package init(_ text: String, seed: UInt64) throws(CandidateError) {
        if text == Candidate.buyAndHold.name {
            self = .buyAndHold
            return
        }
        if text.hasPrefix("sma"), let bars = Int(text.dropFirst(3)) {
            guard (1...Candidate.movingAverageLimit).contains(bars) else {
                throw CandidateError(
                    text: text, problem: "a mean takes 1 … \(Candidate.movingAverageLimit) bars")
            }
            self = .movingAverage(bars: bars)
            return
        }
        var members: [Member] = []
        for part in text.split(separator: "/", omittingEmptySubsequences: false) {
            members.append(try Candidate.member(String(part), seed: seed))
        }
        self = .models(text, members)
    }

    static let movingAverageLimit = 100_000

    private static func member(_ text: String, seed: UInt64) throws(CandidateError) -> Member {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        var member = Member(specification: .standard)
        member.specification.seed = seed
        if parts[0] != "default" {
            guard let kind = ModelKind(rawValue: parts[0]) else {
                throw CandidateError(
                    text: text,
                    problem: "no such candidate «\(parts[0])»; valid ones: buy-and-hold, smaN, "
                        + "default, \(ModelKind.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            member.specification = .standard(kind)
            member.specification.seed = seed
        }
        for part in parts.dropFirst() {
            let pair = part.split(separator: "=", maxSplits: 1).map(String.init)
            guard pair.count == 2, let setting = settings.first(where: { $0.key == pair[0] }) else {
                throw CandidateError(
                    text: text,
                    problem: "«\(part)» is not KEY=VALUE with a key of "
                        + settings.map(\.key).joined(separator: ", "))
            }
            guard setting.apply(pair[1], &member) else {
                throw CandidateError(
                    text: text, problem: "\(pair[0]) cannot be «\(pair[1])»: \(setting.values)")
            }
        }
        do {
            try member.specification.validate()
        } catch {
            throw CandidateError(text: text, problem: "\(error)")
        }
        return member
    }

    struct Setting: Sendable {
        let key: String
        let values: String
        let apply: @Sendable (String, inout Member) -> Bool
    }

    /// A setting whose text is read into one field.
    private static func setting<Value>(
        _ key: String, _ values: String, _ path: any WritableKeyPath<Member, Value> & Sendable,
        _ read: @escaping @Sendable (String) -> Value?
    ) -> Setting {
        Setting(key: key, values: values) { text, member in
            guard let value = read(text) else { return false }
            member[keyPath: path] = value
            return true
        }
    }

    private static func numbers(_ text: String) -> [Int]? {
        let parts = text.split(separator: "+", omittingEmptySubsequences: false).map { Int($0) }
        return parts.contains(nil) ? nil : parts.compactMap { $0 }
    }

    static let settings: [Setting] =
        [
            setting("features", "names joined by +", \.specification.features) {
                $0.split(separator: "+").map(String.init)
            },
            Setting(key: "penalty", values: "a number, 0 or more, for jump models") {
                guard let penalty = Double($0), $1.specification.jump != nil else { return false }
                $1.specification.jump?.penalty = penalty
                return true
            },
            setting("autoregression", "lags", \.specification.autoregression) {
                Int($0).map { .some($0) }
            },
            setting("states", "1 … 8", \.specification.states) { Int($0) },
            setting("covariance", "diagonal or full", \.specification.covariance) {
                CovarianceKind(rawValue: $0)
            },
            setting("scaling", "none or standardised", \.specification.scaling) {
                ScalingKind(rawValue: $0)
            },
            setting("clip", "a number above 0, or none", \.specification.clip) {
                $0 == "none" ? .some(nil) : Double($0).map { .some($0) }
            },
            setting("seed", "a whole number", \.specification.seed) { UInt64($0) },
            setting("starts", "1 … 1024", \.specification.starts) { Int($0) },
            setting("warmup", "bars", \.specification.training.warmUpBars) { Int($0) },
            setting("window", "bars, or all", \.specification.training.windowBars) {
                $0 == "all" ? .some(nil) : Int($0).map { .some($0) }
            },
            setting(
                "refit", "months joined by +", \.specification.training.refitMonths, numbers),
            setting("confidence", "raw or calibrated", \.specification.calibration) {
                switch $0 {
                case "raw": .some(nil)
                case "calibrated": CalibrationPlan()
                default: nil
                }
            },
            setting("horizon", "0 … \(horizonLimit) bars", \.horizon) {
                Int($0).flatMap { (0...horizonLimit).contains($0) ? $0 : nil }
            },
        ] + hysteresisSettings + taxonomySettings

    static let horizonLimit = 1000

    private static let hysteresisSettings: [Setting] = [
        setting("entry", "0 … 1", \.specification.hysteresis.entryProbability) { Double($0) },
        setting("exit", "0 … 1", \.specification.hysteresis.exitProbability) { Double($0) },
        setting("dwell", "bars", \.specification.hysteresis.minimumDwellBars) { Int($0) },
        setting("confirm", "bars", \.specification.hysteresis.confirmationBars) { Int($0) },
        setting("recover", "bars", \.specification.hysteresis.recoveryConfirmationBars) {
            Int($0)
        },
    ]

    private static let taxonomySettings: [Setting] = [
        setting("stressed", "a number", \.specification.taxonomy.stressedRatio) { Double($0) },
        setting("calm", "a number", \.specification.taxonomy.calmRatio) { Double($0) },
        setting("crisis-drawdown", "a number", \.specification.taxonomy.crisisDrawdown) {
            Double($0)
        },
        setting("crisis-rank", "a number", \.specification.taxonomy.crisisRank) { Double($0) },
        setting("bear-drawdown", "a number", \.specification.taxonomy.bearDrawdown) {
            Double($0)
        },
        setting("high-rank", "a number", \.specification.taxonomy.highRank) { Double($0) },
        setting("ordinary-rank", "a number", \.specification.taxonomy.ordinaryRank) {
            Double($0)
        },
        setting("low-rank", "a number", \.specification.taxonomy.lowRank) { Double($0) },
        setting("euphoria-trend", "a number", \.specification.taxonomy.euphoriaTrend) {
            Double($0)
        },
        setting("euphoria-momentum", "a number", \.specification.taxonomy.euphoriaMomentum) {
            Double($0)
        },
    ]
}
