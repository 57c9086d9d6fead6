package import HTTPServing
import HTTPTypes
import Hummingbird

/// The page and the document of the API.
package struct PageRoutes: Sendable {
    private let answers: ContentAnswers
    private let document: Content
    private let page: Content

    /// The page loads nothing from elsewhere and cannot be framed.
    private static let pagePolicy =
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
        + "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'self'; "
        + "frame-ancestors 'none'"

    /// - Parameter document: OpenAPI, JSON.
    package init(document: String, answers: ContentAnswers) {
        self.document = Content(
            Array(document.utf8), type: "application/json; charset=utf-8")
        page = Content(PackageResources.index_html, type: "text/html; charset=utf-8")
        self.answers = answers
    }

    package func add(to routes: RouteTable) {
        routes.add(.get, "/openapi.json", isBrief: true) { request, _ in
            answers.answer(document, to: request)
        }
        routes.add(.get, "/", isBrief: true) { request, _ in
            answers.answer(
                page, to: request,
                headers: [
                    .contentSecurityPolicy: PageRoutes.pagePolicy,
                    .xContentTypeOptions: "nosniff",
                ])
        }
    }
}
