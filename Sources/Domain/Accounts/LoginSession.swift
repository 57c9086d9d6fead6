package import Market
package import Trading

/// SHA-256 of a refresh token, in hexadecimal: what is kept of it.
package struct TokenDigest: Hashable, Sendable {
    package let text: String

    package init(_ text: String) {
        self.text = text
    }
}

/// Names a session; no secret.
package struct SessionID: Hashable, Sendable {
    package let text: String

    package init(_ text: String) {
        self.text = text
    }
}

/// Why a session is over before its time.
package enum SessionEnding: String, CaseIterable, Sendable {
    case loggedOut = "logged-out"
    /// A refresh token came a second time: one of the two who had it has stolen it, and nobody
    /// knows which (RFC 9700, 4.14.2).
    case reused
    case passwordChanged = "password-changed"
    case disabled
    /// An administrator's word.
    case revoked
    /// The account has begun more sessions than it may have.
    case crowdedOut = "crowded-out"
}

/// What one login has begun: a chain of refresh tokens, of which only the last is good.
package struct LoginSession: Equatable, Sendable {
    package let id: SessionID
    package let userID: UserID
    package let startedAt: Timestamp
    /// However often it is renewed.
    package let expiresAt: Timestamp
    package private(set) var renewedAt: Timestamp
    /// The one good refresh token.
    package private(set) var current: TokenDigest
    package private(set) var ended: (at: Timestamp, because: SessionEnding)?

    /// Days a session lasts at most, and days it lasts unused.
    package static let lifetimeDays: Int64 = 30
    package static let idleDays: Int64 = 7
    /// Of one account at a time.
    package static let countLimit = 50
    /// Of those that were ended before their time, the latest are remembered.
    package static let endedLimit = 50

    package init(
        id: SessionID, userID: UserID, startedAt: Timestamp, token: TokenDigest
    ) {
        self.init(
            id: id, userID: userID, startedAt: startedAt,
            expiresAt: LoginSession.instant(startedAt, plusDays: LoginSession.lifetimeDays),
            renewedAt: startedAt, current: token, ended: nil)
    }

    /// As it was stored.
    package init(
        id: SessionID, userID: UserID, startedAt: Timestamp, expiresAt: Timestamp,
        renewedAt: Timestamp, current: TokenDigest,
        ended: (at: Timestamp, because: SessionEnding)?
    ) {
        self.id = id
        self.userID = userID
        self.startedAt = startedAt
        self.expiresAt = expiresAt
        self.renewedAt = renewedAt
        self.current = current
        self.ended = ended
    }

    /// From here on the current token is good no more.
    package var lastInstant: Timestamp {
        min(expiresAt, LoginSession.instant(renewedAt, plusDays: LoginSession.idleDays))
    }

    package func isOver(at now: Timestamp) -> Bool { ended != nil || now >= lastInstant }

    package mutating func end(at now: Timestamp, because ending: SessionEnding) {
        if ended == nil { ended = (now, ending) }
    }

    private static func instant(_ start: Timestamp, plusDays days: Int64) -> Timestamp {
        let (sum, overflows) = start.nanoseconds.addingReportingOverflow(
            days * 86_400 * Timestamp.nanosecondsPerSecond)
        return overflows ? .latest : Timestamp(nanoseconds: sum)
    }

    package static func == (left: LoginSession, right: LoginSession) -> Bool {
        left.id == right.id && left.userID == right.userID && left.startedAt == right.startedAt
            && left.expiresAt == right.expiresAt && left.renewedAt == right.renewedAt
            && left.current == right.current && left.ended?.at == right.ended?.at
            && left.ended?.because == right.ended?.because
    }
}

/// What becomes of a refresh token that somebody shows.
package enum Renewal: Equatable, Sendable {
    /// The session goes on, with another token.
    case renewed(LoginSession)
    /// It was good once: the session is over now, whoever had which.
    case reused(LoginSession)
    case refused(Refusal)

    package enum Refusal: Equatable, Sendable {
        case unknown
        case expired
        case ended(SessionEnding)
    }

    /// - Parameters:
    ///   - token: what was shown; one of the session's, the current or an earlier one.
    ///   - next: what takes its place.
    ///   - isDisabled: whether the account is.
    package init(
        of session: LoginSession, by token: TokenDigest, next: TokenDigest, isDisabled: Bool,
        at now: Timestamp
    ) {
        if let ended = session.ended {
            self = .refused(.ended(ended.because))
        } else if token != session.current {
            var over = session
            over.end(at: now, because: .reused)
            self = .reused(over)
        } else if isDisabled {
            self = .refused(.ended(.disabled))
        } else if session.isOver(at: now) {
            self = .refused(.expired)
        } else {
            self = .renewed(session.renewed(with: next, at: now))
        }
    }
}

extension [LoginSession] {
    /// Those that go on, ended.
    package func ended(at now: Timestamp, because reason: SessionEnding) -> [LoginSession] {
        filter { $0.ended == nil }.map { session in
            var session = session
            session.end(at: now, because: reason)
            return session
        }
    }
}

extension LoginSession {
    fileprivate func renewed(with token: TokenDigest, at now: Timestamp) -> LoginSession {
        var next = self
        next.renewedAt = max(renewedAt, now)
        next.current = token
        return next
    }
}
