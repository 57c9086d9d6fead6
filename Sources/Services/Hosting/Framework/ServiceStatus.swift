/// How something fares, worst first: less is worse. What nothing is known about worsens nothing.
package enum ServiceStatus: Sendable, CaseIterable, Comparable {
    case failed, error, warning, degraded, startup, shutdown, busy, idle, ok, unknown

    /// As it is written everywhere.
    package var name: String { "\(self)" }
}

/// A status and what there is to say about it.
package struct StatusReport: Sendable, Equatable {
    /// Characters of a detail; a longer one is cut here, with `…` at its end.
    package static let detailLimit = 200

    package let status: ServiceStatus
    /// One line for people; passwords in URLs are masked.
    package let detail: String

    package init(_ status: ServiceStatus, _ detail: String = "") {
        self.status = status
        self.detail = StatusReport.line(detail)
    }

    /// Any text as one line that may be shown.
    static func line(_ text: String) -> String {
        let masked = Redaction.maskingPasswords(in: text)
        let cut = masked.count > detailLimit ? masked.prefix(detailLimit) + "…" : masked[...]
        return String(
            String.UnicodeScalarView(
                cut.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
    }

    /// The worst of some reports, the later of equals; `unknown` when there is none.
    static func worst(_ reports: some Sequence<StatusReport>) -> StatusReport {
        reports.reduce(StatusReport(.unknown)) { $1.status <= $0.status ? $1 : $0 }
    }
}

/// What a node and everything below it said at one instant.
package struct StatusSnapshot: Sendable, Equatable {
    /// The names from the root to here, joined by dots.
    package let id: String
    package let own: StatusReport
    /// By name.
    package let children: [StatusSnapshot]

    /// The worst of its own status and its children's.
    package var aggregated: ServiceStatus {
        children.map(\.aggregated).reduce(own.status, min)
    }

    /// This node or one below it.
    package func find(_ id: String) -> StatusSnapshot? {
        if id == self.id { return self }
        return children.lazy.compactMap { $0.find(id) }.first
    }
}

/// A node cannot be added.
package enum StatusTreeError: Error, Equatable, Sendable {
    case duplicate(name: String)
    case invalid(name: String)
    case full(limit: Int)
    /// What it would belong to is no longer there.
    case parentRemoved(name: String)
}

extension StatusTreeError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .duplicate(let name): "\(name) is taken by another status node: choose another name"
        case .invalid(let name):
            "'\(StatusReport.line(name))' is no name of a status node: "
                + "1 to \(StatusTree.nameLimit) of A–Z a–z 0–9 _ -"
        case .full(let limit): "\(limit) status nodes are there already: remove some"
        case .parentRemoved(let name): "\(name) belongs to a status node that was removed"
        }
    }
}
