/// The kinds of model that can classify a series.
package enum ModelKind: String, Codable, CaseIterable, Sendable {
    /// Gaussian hidden Markov model.
    case hmm
    /// Markov-switching regression (Hamilton 1989) of the first feature.
    case markov
    /// Statistical jump model (Nystrup, Lindström and Madsen 2020).
    case jump
    /// Continuous statistical jump model (Aydınhan, Kolm, Mulvey and Shu 2024).
    case jumpContinuous = "jump-continuous"
    /// Sparse statistical jump model, which weighs its features (Nystrup, Kolm and Lindström 2021).
    case jumpSparse = "jump-sparse"
    /// Transparent thresholds; nothing is fitted.
    case rules

    /// Whether there are parameters to learn; rules have none.
    package var isFitted: Bool { self != .rules }

    /// Whether states are told apart by distances, so that features must share a scale.
    package var isJump: Bool {
        switch self {
        case .jump, .jumpContinuous, .jumpSparse: true
        case .hmm, .markov, .rules: false
        }
    }
}
