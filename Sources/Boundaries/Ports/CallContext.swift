/// What comes with a call besides its message: from the door that it came in by, through the
/// service, to whatever the service calls.
package struct CallContext: Sendable {
    @TaskLocal package static var current = CallContext()

    /// The `authorization` header as it came, several of them with commas in between; a secret.
    package var authorization: String?
    /// Who calls, once that was verified; `nil` where nobody is asked.
    package var principal: Principal?
    /// `Bearer ` and white space around it.
    private static let schemeLimitBytes = 64
    /// When the caller stops waiting.
    package var deadline: ContinuousClock.Instant?
    /// The caller's part of a trace, or the one begun here.
    package var trace: TraceContext?

    package init(
        authorization: String? = nil, deadline: ContinuousClock.Instant? = nil,
        trace: TraceContext? = nil
    ) {
        // A longer one holds no token, and as a header of calls elsewhere it would end others'.
        self.authorization = authorization.flatMap {
            $0.utf8.count <= TokenLimits.tokenBytes + CallContext.schemeLimitBytes ? $0 : nil
        }
        self.deadline = deadline
        self.trace = trace
    }
}
