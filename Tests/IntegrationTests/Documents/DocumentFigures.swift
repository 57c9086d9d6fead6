/// Figures that a page has from somewhere else.
struct DocumentFigures {
    /// The line behind the mark `<!-- figures: FILE -->`.
    let line: Int
    /// From the root of the repository.
    let source: String
    /// Every number of the table below the mark.
    let numbers: [String]

    /// Those that do not occur in the source as numbers of their own.
    func strangers(in text: String) -> [String] {
        let known = Set(Self.numbers(in: text))
        return numbers.filter { !known.contains($0) }
    }

    static func all(in page: DocumentPage) -> [DocumentFigures] {
        let opening = "<!-- figures: "
        return page.lines.indices.filter { page.lines[$0].hasPrefix(opening) }.map { index in
            let table = page.lines[(index + 1)...].prefix { $0.hasPrefix("|") }
            return DocumentFigures(
                line: index + 2,
                source: String(page.lines[index].dropFirst(opening.count).prefix { $0 != " " }),
                numbers: table.flatMap(numbers))
        }
    }

    /// `1,463`, `4e-15`, `1.79`: digits with what joins them.
    static func numbers(in text: String) -> [String] {
        let digits = text.split {
            !$0.isASCII || !($0.isNumber || $0.isLetter || ",.-".contains($0))
        }
        return digits.compactMap { word in
            let number = word.drop { ",.-".contains($0) }
            guard number.first?.isNumber == true, let end = number.lastIndex(where: \.isNumber),
                number.allSatisfy({ !$0.isLetter || $0 == "e" })
            else { return nil }
            return String(number[...end])
        }
    }
}
