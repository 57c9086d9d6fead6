/// What comes with a call besides its message: from the door that it came in by, through the
/// service, to whatever the service calls.
package struct CallContext: Sendable {
    @TaskLocal package static var current = CallContext()

    /// The `authorization` header as it came, several of them with commas in between; a secret.
    package var authorization: String?
    /// Who calls, once that was verified; `nil` where nobody is asked.
    package var principal: Principal?
    /// When the caller stops waiting.
    package var deadline: ContinuousClock.Instant?
    /// The caller's part of a trace, or the one begun here.
    package var trace: TraceContext?

    package init(
        authorization: String? = nil, deadline: ContinuousClock.Instant? = nil,
        trace: TraceContext? = nil
    ) {
        self.authorization = authorization
        self.deadline = deadline
        self.trace = trace
    }
}
