package import Ports

/// Where spans get their names.
package enum Tracing {
    /// A span of one's own within the caller's trace, or of a new one.
    package static func span(within incoming: TraceContext?) -> TraceContext {
        var generator = SystemRandomNumberGenerator()
        return incoming?.child(using: &generator) ?? TraceContext(using: &generator)
    }
}
