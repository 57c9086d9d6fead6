import Contracts
import SwiftProtobuf

/// Prints a list page by page: a table for people, an array for programs.
///
/// An empty list is exit code 3; as JSON it is `[]` besides.
struct Listing {
    let isJSON: Bool
    let emptyMessage: String
    let makeTable: () -> TextTable

    init(isJSON: Bool, emptyMessage: String, table: @escaping () -> TextTable) {
        self.isJSON = isJSON
        self.emptyMessage = emptyMessage
        makeTable = table
    }

    /// - Parameters:
    ///   - page: the items after a token, and the next page's token, empty on the last.
    ///   - row: an item's cells.
    func run<Item: Message>(
        page: (String) async throws -> (items: [Item], nextToken: String),
        row: (Item) -> [String]
    ) async throws {
        var table = makeTable()
        var array = JSONArrayWriter()
        var count = 0
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
            token = nextToken
        } while !token.isEmpty
        if isJSON { array.end() }
        guard count > 0 else { throw CommandFailure(.nothingFound, emptyMessage) }
        if !isJSON { StandardOutput.write(table.text) }
    }
}

enum MarketPages {
    /// Items fetched at a time.
    static let size = 1_000
}
