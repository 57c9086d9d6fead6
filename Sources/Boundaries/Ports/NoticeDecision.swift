package import Market
package import Notices
package import Regimes

/// Somebody whom a notice may be for, as a ledger knows them.
package struct NoticedPerson: Sendable {
    package var addressee: Addressee
    package var preferences: NoticePreferences
    /// The latest change of the notice's series that they are not told of yet.
    package var held: HeldStep?
    /// Whether a later change of the series is held, or was told them.
    package var isLate: Bool
    /// What nobody can read of them; then the preferences are the usual ones.
    package var problem: String?

    package init(
        addressee: Addressee, preferences: NoticePreferences, held: HeldStep? = nil,
        isLate: Bool = false, problem: String? = nil
    ) {
        self.addressee = addressee
        self.preferences = preferences
        self.held = held
        self.isLate = isLate
        self.problem = problem
    }
}

/// What a ledger writes when it takes a notice; the same in every store.
package struct NoticeDecision: Sendable, Equatable {
    /// For one person.
    package struct Entry: Sendable, Equatable {
        package var addressee: Addressee
        /// What they believed, where that is not what the notice says.
        package var previous: Regime?
        /// When the first came of what this stands for.
        package var since: Timestamp
        package var due: Timestamp
        /// At once; the others are held.
        package var isTold: Bool
        package var isLate = false
    }

    /// In the order of the people.
    package var entries: [Entry] = []
    /// What is held of them and never told; it is kept.
    package var takenBack: [(addressee: Addressee, eventID: EventID)] = []
    package var receipt = NoticeReceipt()

    package init(
        _ notice: Notice, to people: [NoticedPerson], at instant: Timestamp, by clock: ZoneClock
    ) {
        // Many want the same, and a digest's time takes a while to find.
        var plans: [NoticePreferences: NoticePlan] = [:]
        for person in people {
            if let problem = person.problem {
                receipt.unreadable += 1
                receipt.problem = receipt.problem ?? "'\(person.addressee.text)': \(problem)"
                // A fill is theirs alone, and nobody else would hear of it.
                guard case .fill = notice.matter else { continue }
            }
            let isUsual = person.held == nil && !person.isLate
            let known = isUsual ? plans[person.preferences] : nil
            let plan =
                known
                ?? NoticePlan(
                    notice, for: person.preferences, held: person.held,
                    isLate: person.isLate, at: instant, by: clock)
            if isUsual { plans[person.preferences] = plan }
            let addressee = person.addressee
            switch plan {
            case .pass: continue
            case .tell(let due):
                entries.append(
                    Entry(
                        addressee: addressee, since: instant, due: due, isTold: due <= instant,
                        isLate: person.isLate))
            case .tellBehind(let due):
                // Whoever tells what is due tells in the order in which it came.
                entries.append(
                    Entry(addressee: addressee, since: instant, due: due, isTold: false))
            case .tellInPlace(let held, let previous, let since, let due):
                takenBack.append((addressee, held))
                entries.append(
                    Entry(
                        addressee: addressee, previous: previous, since: since, due: due,
                        isTold: due <= instant))
            case .takeBack(let held):
                takenBack.append((addressee, held))
                receipt.takenBack += 1
            }
        }
        receipt.told = entries.count(where: \.isTold)
        receipt.held = entries.count - receipt.told
    }

    package static func == (one: NoticeDecision, other: NoticeDecision) -> Bool {
        one.entries == other.entries && one.receipt == other.receipt
            && one.takenBack.elementsEqual(other.takenBack) { $0 == $1 }
    }
}
