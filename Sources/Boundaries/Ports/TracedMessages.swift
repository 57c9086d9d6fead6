extension EventMessage {
    /// The same, with the trace of the task that asks in its headers.
    package var traced: EventMessage {
        CallContext.current.trace.map { carrying($0) } ?? self
    }

    /// The trace that the message's cause was part of; `nil` without one.
    package var trace: TraceContext? { headers[TraceContext.header].flatMap { TraceContext($0) } }

    fileprivate func carrying(_ trace: TraceContext) -> EventMessage {
        var message = self
        message.headers[TraceContext.header] = trace.text
        return message
    }
}

// Stores ask for these before they leave their caller's task, which knows the trace.

extension ChangeWording {
    /// The same, with the trace of the task that asks in every message's headers.
    package var traced: ChangeWording {
        guard let trace = CallContext.current.trace else { return self }
        var traced = self
        traced.message = { [message] in message($0).carrying(trace) }
        traced.disagreement = { [disagreement] in
            var entry = disagreement($0)
            entry.message = entry.message.carrying(trace)
            return entry
        }
        return traced
    }
}

extension FillWording {
    /// The same, with the trace of the task that asks in every message's headers.
    package var traced: FillWording {
        guard let trace = CallContext.current.trace else { return self }
        var traced = self
        traced.message = { [message] in message($0).carrying(trace) }
        return traced
    }
}
