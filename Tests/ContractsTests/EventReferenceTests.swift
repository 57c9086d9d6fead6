import Ports
import TestSupport
import Testing

@Suite("The reference of the events")
struct EventReferenceTests {
    @Test("is what asyncapi.yaml says, which AsyncAPITests hold equal to the code")
    func reference() throws {
        let text = try EventReference(document: try AsyncAPIDocument.read()).text()
        try GeneratedDocument.expect(text, at: "Documentation/Reference/events.md")
        for topic in Topic.all { #expect(text.contains("`\(topic)`"), "\(topic)") }
    }
}
