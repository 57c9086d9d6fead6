/// Everything that is wrong with a configuration, found in one pass.
///
/// Each problem names the variable, where its value came from and what to do. Values of secrets are
/// never in it.
package struct ConfigurationError: Error, Equatable, Sendable {
    package let problems: [String]

    package init(_ problems: [String]) {
        self.problems = problems
    }
}

extension ConfigurationError: CustomStringConvertible {
    package var description: String { problems.joined(separator: "\n") }
}
