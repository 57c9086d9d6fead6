import Market
import Notices
import Ports
import Regimes
import Trading

/// Rows of what people are told, as both stores keep them: a text or an instant per column. A
/// notice that many are told of is read once.
struct StoredNotices {
    /// The columns of `told(position:text:instant:)`; `n` is the person's row, `e` the event's.
    static let toldColumns: StaticString = """
        n.position, n.user_id, n.previous_regime, n.told_at, n.acknowledged_at, n.event_id, \
        e.kind, e.event, CASE WHEN n.late THEN 'late' END
        """
    /// The columns of `held(text:instant:)`.
    static let heldColumns: StaticString = """
        n.user_id, n.previous_regime, n.since, n.due, n.event_id, e.kind, e.event
        """
    /// Who had the effects that are marked as done.
    static let consumer = ConsumerGroup.notifications.name

    private let reading: NoticeReading
    private var notices: [String: Notice] = [:]

    init(_ reading: NoticeReading) {
        self.reading = reading
    }

    /// - Parameters:
    ///   - text: gives a column's text, `nil` where there is none.
    ///   - instant: gives a column's instant.
    mutating func told(
        position: Int64, text: (Int) throws -> String?, instant: (Int) throws -> Timestamp?
    ) throws -> ToldNotice {
        ToldNotice(
            position: position,
            addressee: try StoredNotices.addressee(StoredNotices.required(text(1), "user_id")),
            notice: try notice(from: 5, text),
            previous: try text(2).map { try StoredText.label($0, column: "previous_regime") },
            toldAt: try StoredNotices.required(instant(3), "told_at"),
            acknowledgedAt: try instant(4), isLate: try text(8) != nil)
    }

    /// Whose it is, and the change that they are not told of yet.
    mutating func held(
        text: (Int) throws -> String?, instant: (Int) throws -> Timestamp?
    ) throws -> (Addressee, HeldStep) {
        let notice = try notice(from: 4, text)
        guard case .change(var step) = notice.matter else {
            throw UnreadableRow(column: "kind", value: notice.kind.rawValue)
        }
        if let previous = try text(1) {
            step.previous = try StoredText.label(previous, column: "previous_regime")
        }
        let held = HeldStep(
            eventID: notice.eventID, step: step,
            since: try StoredNotices.required(instant(2), "since"),
            due: try StoredNotices.required(instant(3), "due"))
        return (try StoredNotices.addressee(StoredNotices.required(text(0), "user_id")), held)
    }

    private mutating func notice(
        from column: Int, _ text: (Int) throws -> String?
    ) throws -> Notice {
        let id = try StoredNotices.required(text(column), "event_id")
        if let known = notices[id] { return known }
        let kind: NoticeKind = try StoredText.label(
            StoredNotices.required(text(column + 1), "kind"), column: "kind")
        let event = try StoredNotices.required(text(column + 2), "event")
        do {
            let notice = try reading.notice(kind, event)
            notices[id] = notice
            return notice
        } catch {
            throw UnreadableRow(column: "event", value: "\(id): \(error)")
        }
    }

    static func addressee(_ text: String) throws -> Addressee {
        guard let addressee = Addressee(text: text) else {
            throw UnreadableRow(column: "user_id", value: text)
        }
        return addressee
    }

    private static func required<Value>(_ value: Value?, _ column: String) throws -> Value {
        guard let value else { throw UnreadableRow(column: column, value: "nothing") }
        return value
    }
}

/// People as rows have them; preferences are read once for all who have the same.
struct StoredPeople {
    private var known: [String: NoticePreferences] = [:]

    /// One whose preferences cannot be read keeps nobody else from being told.
    mutating func person(
        _ user: String, preferring text: String, held: [Addressee: HeldStep],
        late: Set<String>
    ) throws -> NoticedPerson {
        let addressee = try StoredNotices.addressee(user)
        do {
            return NoticedPerson(
                addressee: addressee, preferences: try preferences(text), held: held[addressee],
                isLate: late.contains(user))
        } catch let row as UnreadableRow {
            return NoticedPerson(
                addressee: addressee, preferences: NoticePreferences(), problem: "\(row)")
        }
    }

    private mutating func preferences(_ text: String) throws -> NoticePreferences {
        if let known = known[text] { return known }
        let preferences = try NoticePreferences(stored: text)
        known[text] = preferences
        return preferences
    }
}

extension NoticePreferences {
    /// A JSON object of texts; what is as usual is left out.
    var stored: String {
        let usual = NoticePreferences()
        var members: [(String, String)] = []
        func add<Value: Equatable>(
            _ name: String, _ field: KeyPath<NoticePreferences, Value>, _ text: (Value) -> String
        ) {
            let value = self[keyPath: field]
            if value != usual[keyPath: field] { members.append((name, text(value))) }
        }
        add("regime_changes", \.regimeChanges) { "\($0)" }
        add("order_fills", \.orderFills) { "\($0)" }
        add("markets", \.markets) { $0.map(\.text).sorted().joined(separator: " ") }
        add("regimes", \.regimes) { $0.map(\.label).sorted().joined(separator: " ") }
        add("minimum_risk", \.minimumRisk) { $0.rawValue }
        add("minimum_confidence", \.minimumConfidence) { "\($0)" }
        add("time_zone", \.zone) { $0 }
        add("quiet_hours", \.quietHours) { $0.map { "\($0.start) \($0.end)" } ?? "" }
        add("digest", \.digest) { digest in
            switch digest {
            case .instant: ""
            case .hourly: "hourly"
            case .daily(let minute): "daily \(minute)"
            }
        }
        add("net_seconds", \.netSeconds) { "\($0)" }
        return FlatJSON.text(strings: members)
    }

    /// Fields that it does not know are let pass: a newer program may have set them.
    ///
    /// - Throws: `UnreadableRow` for a value that `stored` never gives.
    init(stored text: String) throws {
        self.init()
        for (name, value) in try FlatJSON.strings(text, column: "preferences") {
            guard set(name, value) else {
                throw UnreadableRow(column: "preferences", value: text)
            }
        }
    }

    /// Whether the value is one of the field's.
    private mutating func set(_ name: String, _ text: String) -> Bool {
        let words = text.split(separator: " ").map(String.init)
        switch name {
        case "regime_changes": return set(\.regimeChanges, Bool(text))
        case "order_fills": return set(\.orderFills, Bool(text))
        case "markets": return set(\.markets, NoticePreferences.all(words) { MarketName($0) })
        case "regimes": return set(\.regimes, NoticePreferences.all(words) { Regime(rawValue: $0) })
        case "minimum_risk": return set(\.minimumRisk, RiskLevel(rawValue: text))
        case "minimum_confidence": return set(\.minimumConfidence, Double(text))
        case "time_zone": return set(\.zone, text)
        case "quiet_hours":
            let minutes = words.compactMap { Int($0) }
            guard minutes.count == 2 else { return false }
            return set(\.quietHours, QuietHours(start: minutes[0], end: minutes[1]))
        case "digest":
            guard words.first == "daily" else {
                return set(\.digest, text == "hourly" ? .hourly : nil)
            }
            return set(\.digest, words.last.flatMap { Int($0) }.map { .daily(minute: $0) })
        case "net_seconds": return set(\.netSeconds, Int64(text))
        default: return true
        }
    }

    private mutating func set<Value>(
        _ field: WritableKeyPath<NoticePreferences, Value>, _ value: Value?
    ) -> Bool {
        guard let value else { return false }
        self[keyPath: field] = value
        return true
    }

    /// `nil` when one of them is no such value.
    private static func all<Value: Hashable>(
        _ words: [String], _ read: (String) -> Value?
    ) -> Set<Value>? {
        let values = words.compactMap(read)
        return values.count == words.count ? Set(values) : nil
    }
}
