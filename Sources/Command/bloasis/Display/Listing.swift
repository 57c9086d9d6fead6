import Contracts
import SwiftProtobuf
import Terminal

/// Prints a list page by page: a table for people, an array for programs.
///
/// An empty list is exit code 3; as JSON it is `[]` besides.
struct Listing {
    let isJSON: Bool
    let emptyMessage: String
    /// What a person is told of an empty list besides.
    let emptyHint: () async -> String?
    let makeTable: () -> TextTable

    init(
        isJSON: Bool, emptyMessage: String, emptyHint: @escaping () async -> String? = { nil },
        table: @escaping () -> TextTable
    ) {
        self.isJSON = isJSON
        self.emptyMessage = emptyMessage
        self.emptyHint = emptyHint
        makeTable = table
    }

    /// - Parameters:
    ///   - page: the items after a token, and the next page's token, empty on the last.
    ///   - row: an item's cells.
    func run<Item: Message>(
        page: (String) async throws -> (items: [Item], nextToken: String),
        row: (Item) -> [StyledText]
    ) async throws {
        var table = makeTable()
        var array = JSONArrayWriter()
        var count = 0
        // Rows of an array come as they are read: they tell themselves how it goes on.
        let isTold = !(isJSON && Display.output.isTerminal)
        try await ProgressClock.around("reading", counting: "items", isTold: isTold) { progress in
            var token = ""
            repeat {
                let (items, nextToken) = try await page(token)
                for item in items {
                    if isJSON {
                        array.element(try WireJSON.text(item))
                    } else {
                        table.append(row(item))
                    }
                }
                count += items.count
                progress.update(count, fraction: nil)
                token = nextToken
            } while !token.isEmpty
        }
        if isJSON { array.end() }
        guard count > 0 else {
            throw CommandFailure(.nothingFound, emptyMessage, hint: await emptyHint())
        }
        if !isJSON { StandardOutput.write(table.text(Display.output)) }
    }
}

enum MarketPages {
    /// Items fetched at a time.
    static let size = 1_000
}

/// Cells that several lists have.
enum Cell {
    /// On a terminal with a little column beside the number.
    static func confidence(_ value: Double, _ style: TerminalStyle) -> StyledText {
        let number = StyledText(Format.percent(value))
        guard style.isTerminal else { return number }
        return number
            + StyledText(" " + Sparkline([value], over: 0...1).text(columns: 1, style), .faint)
    }
}
