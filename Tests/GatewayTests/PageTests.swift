import HTTPServing
import HTTPTypes
import HummingbirdTesting
import NIOCore
import TestSupport
import Testing

@testable import Gateway

/// The page's files as they are served; what it does is looked at in a browser.
@Suite("Page")
struct PageTests {
    /// What the page loads, by path: its style, its scripts and whatever those import.
    private func files() async throws -> [String: TestResponse] {
        let fixture = GatewayFixture()
        let page = try await fixture.get("/")
        var found = ["/": page]
        var wanted = page.text.matches(of: /(?:href|src)="(\/[a-z]+\.(?:css|js))"/)
            .map { String($0.1) }
        while let path = wanted.popLast() {
            guard found[path] == nil else { continue }
            let answer = try await fixture.get(path)
            found[path] = answer
            wanted += answer.text.matches(of: /from "\.(\/[a-z]+\.js)"/).map { String($0.1) }
        }
        return found
    }

    private func type(of path: String) -> String {
        switch path.split(separator: ".").last {
        case "js": "text/javascript"
        case "css": "text/css"
        default: "text/html"
        }
    }

    @Test("the page is self-contained and may load nothing from elsewhere")
    func selfContained() async throws {
        let files = try await files()
        #expect(files.count > 15)
        for (path, answer) in files {
            #expect(answer.status == .ok, "\(path)")
            #expect(answer.headers[.contentType] == type(of: path) + "; charset=utf-8")
            let policy = try #require(answer.headers[.contentSecurityPolicy])
            #expect(policy.hasPrefix("default-src 'none'") && !policy.contains("unsafe"))
            #expect(answer.headers[.xContentTypeOptions] == "nosniff")
            // A drawing's vocabulary has the form of an address.
            let text = answer.text.replacing("http://www.w3.org/2000/svg", with: "")
            for elsewhere in ["http://", "https://", "\"//", "@import", "url("] {
                #expect(!text.contains(elsewhere), "\(path) refers to \(elsewhere)…")
            }
            let head = try await GatewayFixture().send(.head, path)
            #expect(head.status == .ok && head.body.readableBytes == 0)
        }
    }

    @Test("nothing that its policy would keep from running is written into the page")
    func inline() async throws {
        let files = try await files()
        let html = try #require(files["/"]).text
        let scripts = html.matches(of: /<script[^>]*>([^<]*)<\/script>/)
        #expect(!scripts.isEmpty && scripts.allSatisfy { $0.1.isEmpty })
        for inline in [/<style/, /\sstyle=/, /\son[a-z]+=/, /javascript:/] {
            #expect(html.firstMatch(of: inline) == nil)
        }
    }

    @Test("every part that the scripts speak of is there")
    func parts() async throws {
        let files = try await files()
        let html = try #require(files["/"]).text
        for (path, answer) in files where path.hasSuffix(".js") {
            for match in answer.text.matches(of: /(?:byId|show)\("([a-z-]+)"[,)]/) {
                #expect(html.contains("id=\"\(match.1)\""), "\(path): \(match.1)")
            }
            for banned in ["innerHTML", "insertAdjacentHTML", "document.write", "eval("] {
                #expect(!answer.text.contains(banned), "\(path): \(banned)")
            }
        }
    }
}
