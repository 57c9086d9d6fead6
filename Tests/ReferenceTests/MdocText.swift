/// A page in mdoc(7).
struct MdocText {
    private(set) var whole: String

    init(title: String, date: String, system: String) {
        whole = ".Dd \(date)\n.Dt \(title.uppercased()) 1\n.Os \(system)\n"
    }

    mutating func raw(_ line: String) { whole += line + "\n" }

    mutating func section(_ title: String) { raw(".Sh \(title)") }

    /// - Parameter text: may itself begin with a macro that can be called.
    mutating func macro(_ name: String, _ text: String) {
        raw(".\(name) \(MdocText.escaped(text))")
    }

    mutating func paragraph(_ text: String) {
        raw(".Pp")
        self.text(text)
    }

    /// Sentences begin on lines of their own, so that their ends are seen, and lines are short.
    mutating func text(_ text: String) {
        var line = ""
        for word in text.split(whereSeparator: { $0 == "\n" || $0 == " " }) {
            let escaped = MdocText.escaped(word)
            if !line.isEmpty, line.hasSuffix(".") || line.count + escaped.count >= MdocText.width {
                raw(MdocText.guarded(line))
                line = ""
            }
            line += line.isEmpty ? escaped : " " + escaped
        }
        if !line.isEmpty { raw(MdocText.guarded(line)) }
    }

    /// Characters of a line at the most.
    private static let width = 78

    mutating func literal(_ lines: [String]) {
        raw(".Bd -literal -offset indent")
        for line in lines { raw(MdocText.guarded(MdocText.escaped(line))) }
        raw(".Ed")
    }

    mutating func list(width: String, _ items: (inout MdocText) -> Void) {
        raw(".Bl -tag -width \(width)")
        items(&self)
        raw(".El")
    }

    /// Pages of section 1, in their order.
    mutating func references(_ pages: [String]) {
        let sorted = pages.sorted()
        for page in sorted { raw(".Xr \(page) 1" + (page == sorted.last ? "" : " ,")) }
    }

    // MARK: - Arguments

    static func synopsis(of argument: CommandDescription.Argument) -> String {
        let text = names(of: argument, all: false) + (argument.isRepeating ? " ..." : "")
        return argument.isOptional ? ".Op \(text)" : ".\(text)"
    }

    static func item(of argument: CommandDescription.Argument) -> String {
        ".It \(names(of: argument, all: true))"
    }

    private static func names(of argument: CommandDescription.Argument, all: Bool) -> String {
        let value = argument.value.map { ["Ar \(word($0))"] } ?? []
        // The macro adds the first hyphen.
        let names = all ? argument.spelledNames : [argument.spelledName].compactMap(\.self)
        let spelled = names.map { "Fl \(word($0.dropFirst()))" }.joined(separator: " , ")
        return ([spelled] + value).filter { !$0.isEmpty }.joined(separator: " ")
    }

    /// As one argument of a macro.
    private static func word(_ text: some StringProtocol) -> String {
        let escaped = escaped(text)
        return escaped.contains { "[]()|,:;.".contains($0) } ? "\"\(escaped)\"" : escaped
    }

    // MARK: - Text

    /// A line that is not taken for a macro.
    private static func guarded(_ line: String) -> String {
        line.hasPrefix(".") || line.hasPrefix("'") ? "\\&" + line : line
    }

    /// What roff would take for its own, and what is not ASCII, by name.
    private static func escaped(_ text: some StringProtocol) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\e"
            case "\"": escaped += "\\(dq"
            case _ where scalar.isASCII: escaped.unicodeScalars.append(scalar)
            default:
                let code = String(scalar.value, radix: 16, uppercase: true)
                escaped +=
                    "\\[u" + String(repeating: "0", count: max(0, 4 - code.count)) + code + "]"
            }
        }
        return escaped
    }
}
