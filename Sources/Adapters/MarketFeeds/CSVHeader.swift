/// The first line of a table: what its columns are called and what they hold.
struct CSVHeader {
    /// What a column is known to hold by its name.
    enum Role: CaseIterable {
        case stamp, clock, open, high, low, close, adjustedClose, volume, ticker, availability
    }

    let file: String
    let line: Int
    /// As written.
    let names: [String]
    private(set) var columns: [Role: Int] = [:]

    /// Reads the first record of a file.
    init(_ records: inout RecordReader) throws(CSVError) {
        file = records.name
        guard try records.next() else { throw CSVError(file: records.name, .empty) }
        line = records.line
        names = records.fields.indices.map { [records] in records.text($0) }
        guard names.allSatisfy(CSVHeader.isText) else { throw CSVError(file: file, .binary) }
        guard names.count > 1 else { throw CSVError(file: file, line: line, .singleColumn) }
        try assignRoles()
        guard columns[.stamp] != nil else {
            let startsWithDate = StampParser.looksLikeStamp(names[0])
            throw CSVError(
                file: file, line: line,
                startsWithDate ? .noHeader : .missingColumn(wanted: "date", found: names))
        }
    }

    func column(_ index: Int) -> CSVError.Column {
        CSVError.Column(number: index + 1, name: names[index])
    }

    private static func isText(_ name: String) -> Bool {
        name.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0xfffd || $0 == "\n" }
    }

    /// Letters and digits in lower case: `Adj. Close`, `adj_close` and `AdjClose` are one name.
    private static func key(_ name: String) -> String {
        String(name.lowercased().filter { $0.isLetter || $0.isNumber })
    }
}

// MARK: - Roles

extension CSVHeader {
    private static let roleOfKey: [String: Role] = [
        "open": .open, "high": .high, "low": .low, "close": .close, "closelast": .close,
        "adjclose": .adjustedClose, "adjustedclose": .adjustedClose, "closeadj": .adjustedClose,
        "volume": .volume, "symbol": .ticker, "ticker": .ticker,
        "availableat": .availability,
    ]
    /// Best first. The others of a file that has several are not read.
    private static let stampKeys = ["datetime", "timestamp", "date", "time"]

    private mutating func assignRoles() throws(CSVError) {
        let keys = names.map(CSVHeader.key)
        for (index, key) in keys.enumerated() {
            guard let role = CSVHeader.roleOfKey[key] else { continue }
            if let other = columns[role] { throw repeated(index, other) }
            columns[role] = index
        }
        // Tickers may be called like prices (LOW is Lowe's): without a close they are markets.
        if columns[.close] == nil, columns[.adjustedClose] == nil {
            let prices = [Role.open, .high, .low].filter { columns[$0] != nil }
            guard prices.count < 2 else {
                throw CSVError(
                    file: file, line: line, .missingColumn(wanted: "close", found: names))
            }
            for role in prices { columns[role] = nil }
        }
        try assignStamp(keys)
    }

    private mutating func assignStamp(_ keys: [String]) throws(CSVError) {
        for key in CSVHeader.stampKeys {
            let indices = keys.indices.filter { keys[$0] == key }
            guard let first = indices.first else { continue }
            if indices.count > 1 { throw repeated(indices[1], first) }
            if columns[.stamp] == nil {
                columns[.stamp] = first
            } else if key == "time", let stamp = columns[.stamp], keys[stamp] == "date" {
                columns[.clock] = first
            }
        }
        // A table written with its index leaves that column's name out.
        if columns[.stamp] == nil, names[0].isEmpty { columns[.stamp] = 0 }
    }

    private func repeated(_ index: Int, _ other: Int) -> CSVError {
        CSVError(
            file: file, line: line, column: column(index), .repeatedColumn(other: other + 1))
    }
}

// MARK: - Layout

/// Which columns of a table make one series.
struct ColumnPlan: Equatable {
    var stamp: Int
    var clock: Int?
    var open: Int?
    var high: Int?
    var low: Int?
    var close: Int
    /// Present only when adjusted prices were asked for.
    var adjustedClose: Int?
    var volume: Int?
    /// Where the table itself says when a row could be known.
    var availability: Int?
}

extension CSVHeader {
    /// Whether the table has named prices; otherwise its other columns are values.
    private var hasPrices: Bool { columns[.close] != nil || columns[.adjustedClose] != nil }

    /// Columns that hold closes and nothing else, each named after what it is the close of.
    var valueColumns: [Int] {
        guard !hasPrices else { return [] }
        var taken = Set(columns.values)
        for (index, name) in names.enumerated()
        where name.isEmpty || CSVHeader.stampKeys.contains(CSVHeader.key(name)) {
            taken.insert(index)
        }
        return names.indices.filter { !taken.contains($0) }
    }

    /// Markets of a wide table; `nil` when the table is not wide.
    var wideMarkets: [String]? {
        let values = valueColumns
        return values.count > 1 && columns[.ticker] == nil ? values.map { names[$0] } : nil
    }

    /// The column of a market of a wide table.
    func wideColumn(of market: String) throws(CSVError) -> Int {
        try valueColumn(for: market)
    }

    /// The columns of the series that the options ask for; the rows of a long table are not
    /// chosen here.
    func plan(for options: CSVReadOptions) throws(CSVError) -> ColumnPlan {
        var plan = ColumnPlan(stamp: columns[.stamp] ?? 0, clock: columns[.clock], close: 0)
        if case .values(let column) = options.content {
            plan.availability = columns[.availability]
            plan.close = try plainColumn(column)
            return plan
        }
        guard hasPrices else {
            guard options.price == .close else { throw CSVError(file: file, .noAdjustedClose) }
            plan.close = try valueColumn(for: options.market)
            // In a wide table a volume has no market.
            if wideMarkets == nil { plan.volume = columns[.volume] }
            return plan
        }
        if options.price == .adjusted {
            guard let adjusted = columns[.adjustedClose] else {
                throw CSVError(file: file, .noAdjustedClose)
            }
            plan.adjustedClose = adjusted
        }
        guard let close = columns[.close] else {
            throw CSVError(file: file, line: line, .missingColumn(wanted: "close", found: names))
        }
        plan.close = close
        plan.open = columns[.open]
        plan.high = columns[.high]
        plan.low = columns[.low]
        plan.volume = columns[.volume]
        plan.availability = columns[.availability]
        return plan
    }

    /// Any column but those that say when or of which ticker, by its name.
    private func plainColumn(_ name: String?) throws(CSVError) -> Int {
        let taken = [Role.stamp, .clock, .ticker, .availability].compactMap { columns[$0] }
        let plain = names.indices.filter { !taken.contains($0) && !names[$0].isEmpty }
        let choices = plain.map { names[$0] }
        guard let name else {
            guard let only = plain.first, plain.count == 1 else {
                throw CSVError(file: file, line: line, .columnNotChosen(choices: choices))
            }
            return only
        }
        let exact = plain.filter { names[$0] == name }
        let matches =
            exact.isEmpty ? plain.filter { names[$0].lowercased() == name.lowercased() } : exact
        guard let chosen = matches.first else {
            throw CSVError(file: file, line: line, .columnNotFound(column: name, choices: choices))
        }
        guard matches.count == 1 else { throw repeated(matches[1], chosen) }
        return chosen
    }

    private func valueColumn(for market: String?) throws(CSVError) -> Int {
        let values = valueColumns
        guard let first = values.first else {
            throw CSVError(file: file, line: line, .missingColumn(wanted: "close", found: names))
        }
        guard let markets = wideMarkets else {
            // A ticker column next to several values: nothing says which is the close.
            guard values.count == 1 else {
                throw CSVError(
                    file: file, line: line, .missingColumn(wanted: "close", found: names))
            }
            return first
        }
        guard let market else { throw CSVError(file: file, .marketNotChosen(choices: markets)) }
        let matches = values.filter { names[$0].lowercased() == market.lowercased() }
        let exact = matches.filter { names[$0] == market }
        guard let chosen = exact.first ?? matches.first else {
            throw CSVError(file: file, .marketNotFound(market: market, choices: markets))
        }
        let same = exact.isEmpty ? matches : exact
        guard same.count == 1 else { throw repeated(same[1], chosen) }
        return chosen
    }
}
