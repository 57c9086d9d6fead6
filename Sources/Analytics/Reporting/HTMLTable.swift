/// A table with a caption, and headings that say what they are of.
struct HTMLTable {
    struct Cell {
        let content: [Markup]
        var style = ""

        init(_ text: String, style: String = "") {
            content = [.text(text)]
            self.style = style
        }

        /// A figure with its interval below it.
        init(_ figure: String, interval: String?, style: String = "") {
            content =
                [.text(figure)]
                + (interval.map { [.element("small", [:], $0)] } ?? [])
            self.style = style
        }
    }

    let caption: String
    let columns: [String]
    /// The first cell of each is its heading.
    var rows: [(heading: String, cells: [Cell], style: String)] = []

    init(_ caption: String, _ columns: [String]) {
        self.caption = caption
        self.columns = columns
    }

    mutating func append(_ heading: String, _ cells: [Cell], style: String = "") {
        rows.append((heading, cells, style))
    }

    var markup: Markup {
        let head = columns.map { Markup.element("th", ["scope": "col"], $0) }
        let body = rows.map { row in
            Markup.element(
                "tr", ["class": row.style],
                [.element("th", ["scope": "row"], row.heading)]
                    + row.cells.map { .element("td", ["class": $0.style], $0.content) })
        }
        return .element(
            "div", ["class": "scroll", "tabindex": "0", "role": "region", "aria-label": caption],
            [
                .element(
                    "table", [:],
                    [
                        .element("caption", [:], caption),
                        .element("thead", [:], [.element("tr", [:], head)]),
                        .element("tbody", [:], body),
                    ])
            ])
    }
}
