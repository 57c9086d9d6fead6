import Glibc
package import Market

/// Which markets there are, and in which file each is.
package struct Universe: Sendable {
    /// One market.
    package struct Member: Sendable, Equatable {
        package let market: MarketName
        /// The file that it is in.
        package let path: String
        /// What a list of files says of its sessions.
        package let calendar: SessionCalendar?

        package init(market: MarketName, path: String, calendar: SessionCalendar? = nil) {
            self.market = market
            self.path = path
            self.calendar = calendar
        }
    }

    /// A file and the markets in it.
    package struct File: Sendable, Equatable {
        package let path: String
        package let holding: CSVInspection
        package let members: [Member]
    }

    /// In the order in which they are read.
    package let files: [File]
    /// What is in the files and no market: the others are markets all the same.
    package private(set) var problems: [UniverseError] = []

    package var members: [Member] { files.flatMap(\.members) }

    package static let memberLimit = 1_000_000

    /// Finds the markets of a universe.
    ///
    /// - Parameter pattern: a file, or with `*`, `?` or `[…]` the files whose paths match. A table
    ///   with a column for each market, or with a column of tickers, holds all of those; one with
    ///   the columns `market` and `file`, and perhaps `calendar`, lists other files, from its own
    ///   directory on; any other file holds the market that it is named after.
    /// - Throws: `UniverseError`; `CSVError` when the one file that is given cannot be read.
    package init(_ pattern: String) throws {
        let isPattern = pattern.contains { "*?[".contains($0) }
        let paths = isPattern ? Universe.paths(matching: pattern) : [pattern]
        guard !paths.isEmpty else { throw UniverseError.nothingMatches(pattern) }
        if !isPattern { _ = try OpenFile(path: pattern, onlyRegular: true) }
        if !isPattern, let listed = try UniverseList(path: pattern) {
            files = listed.members.map { member in
                File(path: member.path, holding: .single, members: [member])
            }
        } else {
            var problems: [UniverseError] = []
            files = try paths.map {
                try Universe.file($0, isPattern: isPattern, problems: &problems)
            }
            self.problems = problems
        }
        try checkNames()
    }

    /// - Parameter isPattern: one of several files, which when it cannot be read is taken for a
    ///   market that cannot be: it fails when its turn comes, and the others do not.
    private static func file(
        _ path: String, isPattern: Bool, problems: inout [UniverseError]
    ) throws -> File {
        var holding = CSVInspection.single
        do {
            _ = try OpenFile(path: path, onlyRegular: true)
            holding = try CSVInspection.markets(path: path)
        } catch {
            guard isPattern else { throw error }
        }
        let names = holding == .single ? [stem(of: path)] : holding.choices
        let members = names.compactMap { name -> Member? in
            guard let market = MarketName(name) else {
                problems.append(.notAName(name, path: path))
                return nil
            }
            return Member(market: market, path: path)
        }
        if members.isEmpty, !isPattern, let problem = problems.first { throw problem }
        return File(path: path, holding: holding, members: members)
    }

    /// `data/SPX.csv.gz` is called `SPX`.
    static func stem(of path: String) -> String {
        var name = path.split(separator: "/").last.map(String.init) ?? path
        for ending in [".gz", ".csv", ".txt", ".tsv"] where name.lowercased().hasSuffix(ending) {
            name.removeLast(ending.count)
        }
        return name
    }

    private func checkNames() throws {
        var paths: [MarketName: String] = [:]
        for member in members {
            if let other = paths.updateValue(member.path, forKey: member.market) {
                throw UniverseError.twice(member.market, other, member.path)
            }
            guard paths.count <= Universe.memberLimit else {
                throw UniverseError.tooMany(limit: Universe.memberLimit)
            }
        }
    }

    /// Sorted by bytes, so that every run goes the same way.
    private static func paths(matching pattern: String) -> [String] {
        var found = glob_t()
        defer { globfree(&found) }
        guard glob(pattern, GLOB_NOSORT, nil, &found) == 0 else { return [] }
        return (0..<Int(found.gl_pathc)).compactMap { index in
            found.gl_pathv[index].map { String(cString: $0) }
        }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}

/// Why there is no such universe.
package enum UniverseError: Error, Equatable, Sendable {
    case nothingMatches(String)
    case notAName(String, path: String)
    case twice(MarketName, String, String)
    case tooMany(limit: Int)
    /// A line of a list of files.
    case line(Int, of: String, problem: String)
}

extension UniverseError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .nothingMatches(let pattern):
            return "no file matches \(pattern): put the pattern in quotes, and look at the path"
        case .notAName(let name, let path):
            return "\(path): «\(name)» cannot name a market: 1 to \(MarketName.lengthLimit) of "
                + "A–Z a–z 0–9 . _ ^ = - and not . or - first; rename the file or the column, or "
                + "give a list with the columns market,file"
        case .twice(let market, let one, let other):
            let places = one == other ? "twice in \(one)" : "in \(one) and in \(other)"
            return "\(market) is \(places): a market has one source"
        case .tooMany(let limit):
            return "more than \(limit) markets: split the universe"
        case .line(let line, let path, let problem):
            return "\(path):\(line): \(problem)"
        }
    }
}

/// A table that lists markets and their files.
struct UniverseList {
    let members: [Universe.Member]

    /// `nil` when the file is not such a list.
    init?(path: String) throws {
        let input = try CSVInput(path: path)
        var records = try RecordReader(input.open(), name: path)
        guard try records.next() else { return nil }
        let names = records.fields.indices.map { [records] in records.text($0).lowercased() }
        guard let market = names.firstIndex(of: "market"), let file = names.firstIndex(of: "file")
        else { return nil }
        let calendar = names.firstIndex(of: "calendar")
        let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        var members: [Universe.Member] = []
        while try records.next() {
            func fault(_ problem: String) -> UniverseError {
                UniverseError.line(records.line, of: path, problem: problem)
            }
            guard records.fields.count == names.count else {
                throw fault(
                    "has \(records.fields.count) fields, the first line \(names.count)")
            }
            guard let name = MarketName(records.text(market)) else {
                throw UniverseError.notAName(records.text(market), path: path)
            }
            let text = calendar.map { records.text($0) } ?? ""
            let sessions = SessionCalendar(rawValue: text)
            guard text.isEmpty || sessions != nil else {
                let all = SessionCalendar.allCases.map(\.rawValue).joined(separator: ", ")
                throw fault("«\(text)» is no calendar; valid ones: \(all)")
            }
            let file = records.wholeText(file)
            guard !file.isEmpty else { throw fault("the market \(name) has no file") }
            members.append(
                Universe.Member(
                    market: name, path: file.hasPrefix("/") ? file : directory + file,
                    calendar: sessions))
        }
        self.members = members
    }
}
