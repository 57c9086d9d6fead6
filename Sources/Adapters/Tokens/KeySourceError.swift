/// Why keys cannot be had from where they were looked for, and what to do. Holds no key.
package struct KeySourceError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A path, or a URL without its query.
    package let location: String
    package let problem: String

    init(location: String, problem: String) {
        self.location = location
        self.problem = problem
    }

    package var description: String { "\(location): \(problem)" }
}
