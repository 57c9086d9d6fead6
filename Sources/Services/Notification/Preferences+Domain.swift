import Contracts
import Market
import Notices
import Ports
import Regimes

extension Bloasis_Notification_NotificationTally {
    init(_ tally: NoticeTally) {
        self.init()
        told = tally.told
        acknowledged = tally.acknowledged
        expired = tally.expired
        unread = tally.unread
    }
}

extension Bloasis_Notification_Preferences {
    init(_ preferences: NoticePreferences, of addressee: Addressee) {
        self.init()
        userID = addressee.text
        regimeChanges = preferences.regimeChanges
        orderFills = preferences.orderFills
        markets = preferences.markets.map(\.text).sorted()
        minimumRiskLevel = preferences.minimumRisk.rawValue
        regimes = Regime.allCases.filter { preferences.regimes.contains($0) }.map(\.label)
        minimumConfidence = preferences.minimumConfidence
        timeZone = preferences.zone
        if let quietHours = preferences.quietHours {
            quietFrom = LocalClock.text(quietHours.start)
            quietUntil = LocalClock.text(quietHours.end)
        }
        switch preferences.digest {
        case .instant: digest = "instant"
        case .hourly: digest = "hourly"
        case .daily(let minute):
            digest = "daily"
            digestAt = LocalClock.text(minute)
        }
        netWindowSeconds = Int32(preferences.netSeconds)
    }

    /// - Parameter instant: when the zone must be known.
    /// - Throws: INVALID_ARGUMENT naming the first field that makes no sense.
    func read(zones: ZoneClock, at instant: Timestamp) throws(RPCFault) -> NoticePreferences {
        var found = NoticePreferences()
        if hasRegimeChanges { found.regimeChanges = regimeChanges }
        if hasOrderFills { found.orderFills = orderFills }
        for text in markets { found.markets.insert(try PreferenceField.market(text)) }
        for text in regimes { found.regimes.insert(try PreferenceField.regime(text)) }
        if !minimumRiskLevel.isEmpty {
            found.minimumRisk = try PreferenceField.riskLevel(minimumRiskLevel)
        }
        guard (0...1).contains(minimumConfidence) else {
            throw .invalidArgument(
                "minimum_confidence: \(minimumConfidence) is no probability: use 0 to 1")
        }
        found.minimumConfidence = minimumConfidence
        if !timeZone.isEmpty {
            guard zones.offset(timeZone, instant) != nil else {
                throw .invalidArgument(
                    "time_zone: '\(RequestReading.excerpt(timeZone))' is not known: use a name "
                        + "of the IANA database, as in Europe/Berlin")
            }
            found.zone = timeZone
        }
        found.quietHours = try readQuietHours()
        found.digest = try readDigest()
        guard (0...NoticePreferences.netSecondsLimit).contains(Int64(netWindowSeconds)) else {
            throw .invalidArgument(
                "net_window_seconds: \(netWindowSeconds) is not 0 to "
                    + "\(NoticePreferences.netSecondsLimit)")
        }
        found.netSeconds = Int64(netWindowSeconds)
        return found
    }

    private func readQuietHours() throws(RPCFault) -> QuietHours? {
        if quietFrom.isEmpty && quietUntil.isEmpty { return nil }
        let start = try LocalClock.minute(quietFrom, field: "quiet_from")
        let end = try LocalClock.minute(quietUntil, field: "quiet_until")
        guard let hours = QuietHours(start: start, end: end) else {
            throw .invalidArgument(
                "quiet_until: \(quietUntil) is quiet_from: leave both out to be told at any time, "
                    + "or set regime_changes and order_fills to false to be told never")
        }
        return hours
    }

    private func readDigest() throws(RPCFault) -> Digest {
        switch digest {
        case "", "instant": return .instant
        case "hourly": return .hourly
        case "daily": return .daily(minute: try LocalClock.minute(digestAt, field: "digest_at"))
        default:
            throw .invalidArgument(
                "digest: '\(RequestReading.excerpt(digest))' is not instant, hourly or daily")
        }
    }
}

private enum PreferenceField {
    static func market(_ text: String) throws(RPCFault) -> MarketName {
        try RequestReading.market(text, field: "markets")
    }

    static func regime(_ text: String) throws(RPCFault) -> Regime {
        do throws(InvalidRegimeLabel) {
            return try Regime(label: RequestReading.excerpt(text))
        } catch {
            throw .invalidArgument("regimes: \(error)")
        }
    }

    static func riskLevel(_ text: String) throws(RPCFault) -> RiskLevel {
        guard let level = RiskLevel(rawValue: text) else {
            let valid = RiskLevel.allCases.map(\.rawValue).joined(separator: ", ")
            throw .invalidArgument(
                "minimum_risk_level: '\(RequestReading.excerpt(text))' is not one of \(valid)")
        }
        return level
    }
}

/// Local times as `22:00`.
private enum LocalClock {
    static func text(_ minute: Int) -> String {
        let two = { (number: Int) in (number < 10 ? "0" : "") + String(number) }
        return "\(two(minute / 60)):\(two(minute % 60))"
    }

    static func minute(_ text: String, field: String) throws(RPCFault) -> Int {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 }),
            let hour = UInt8(parts[0]), let minute = UInt8(parts[1]), hour < 24, minute < 60
        else {
            throw .invalidArgument(
                "\(field): '\(RequestReading.excerpt(text))' is no local time: use 00:00 to 23:59")
        }
        return 60 * Int(hour) + Int(minute)
    }
}
