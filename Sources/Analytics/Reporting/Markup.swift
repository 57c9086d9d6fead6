/// A piece of HTML or SVG, well formed as XML: what is not markup is escaped when it is taken in.
package struct Markup: Sendable, Equatable {
    package private(set) var text = ""

    init(_ pieces: [Markup] = []) {
        text = pieces.map(\.text).joined()
    }

    /// - Parameters:
    ///   - name: of the element; it and the attributes' names are the program's own.
    ///   - attributes: with values of any kind; they are escaped.
    static func element(
        _ name: String, _ attributes: KeyValuePairs<String, String> = [:],
        _ children: [Markup] = []
    ) -> Markup {
        var markup = Markup()
        markup.text = "<" + name
        for (key, value) in attributes { markup.text += " \(key)=\"\(escaped(value))\"" }
        guard !children.isEmpty else {
            // An empty element that HTML knows as a container must be closed apart.
            markup.text += voids.contains(name) ? "/>" : "></\(name)>"
            return markup
        }
        markup.text += ">" + children.map(\.text).joined() + "</\(name)>"
        return markup
    }

    static func element(
        _ name: String, _ attributes: KeyValuePairs<String, String> = [:], _ content: String
    ) -> Markup {
        element(name, attributes, [.text(content)])
    }

    static func text(_ content: String) -> Markup {
        var markup = Markup()
        markup.text = escaped(content)
        return markup
    }

    /// Style sheets, which HTML does not unescape. Nothing from outside may be in it.
    static func style(_ rules: StaticString) -> Markup {
        var markup = Markup()
        markup.text = "<style>\(rules)</style>"
        return markup
    }

    /// Rules that the program made; nothing from outside may be in them.
    static func trustedStyle(_ rules: String) -> Markup {
        var markup = Markup()
        markup.text = "<style>\(rules)</style>"
        return markup
    }

    private static let voids: Set<String> = [
        "meta", "br", "hr", "rect", "line", "path", "circle", "col",
    ]

    /// Characters that markup has a meaning for, as references; those that XML forbids, replaced.
    static func escaped(_ content: String) -> String {
        var result = ""
        for scalar in content.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            case "\t", "\n", "\r": result.unicodeScalars.append(scalar)
            case "\u{0}"..<" ", "\u{7F}"..<"\u{A0}", "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
