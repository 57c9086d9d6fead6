package import HTTPServing
import HTTPTypes
import Hummingbird

/// The page and the document of the API.
package struct PageRoutes: Sendable {
    private let answers: ContentAnswers
    private let document: Content
    /// By path.
    private let files: [(path: String, content: Content)]

    /// The page loads nothing from elsewhere, runs nothing that is written into it, and cannot be
    /// framed: it may hold a token.
    private static let pagePolicy =
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
        + "img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    private static let scripts = [
        ("theme", PackageResources.theme_js), ("main", PackageResources.main_js),
        ("market", PackageResources.market_js), ("current", PackageResources.current_js),
        ("changes", PackageResources.changes_js), ("overview", PackageResources.overview_js),
        ("models", PackageResources.models_js), ("status", PackageResources.status_js),
        ("picker", PackageResources.picker_js), ("route", PackageResources.route_js),
        ("chart", PackageResources.chart_js), ("window", PackageResources.window_js),
        ("drawing", PackageResources.drawing_js),
        ("gestures", PackageResources.gestures_js), ("columns", PackageResources.columns_js),
        ("scales", PackageResources.scales_js), ("export", PackageResources.export_js),
        ("live", PackageResources.live_js), ("api", PackageResources.api_js),
        ("regimes", PackageResources.regimes_js), ("tables", PackageResources.tables_js),
        ("dom", PackageResources.dom_js), ("bell", PackageResources.bell_js),
        ("inbox", PackageResources.inbox_js), ("preferences", PackageResources.preferences_js),
        ("webhooks", PackageResources.webhooks_js),
    ]

    /// - Parameter document: OpenAPI, JSON.
    package init(document: String, answers: ContentAnswers) {
        self.document = .json(document)
        let documents = [
            ("/", PackageResources.index_html, "text/html"),
            ("/page.css", PackageResources.page_css, "text/css"),
        ]
        let scripts = PageRoutes.scripts.map { ("/\($0).js", $1, "text/javascript") }
        files = (documents + scripts).map { path, bytes, type in
            (path, Content(bytes, type: type + "; charset=utf-8"))
        }
        self.answers = answers
    }

    package func add(to routes: RouteTable) {
        routes.add(.get, "/openapi.json", isBrief: true) { request, _ in
            answers.answer(document, to: request)
        }
        for (path, content) in files {
            routes.add(.get, path, isBrief: true) { request, _ in
                answers.answer(
                    content, to: request,
                    headers: [
                        .contentSecurityPolicy: PageRoutes.pagePolicy,
                        .xContentTypeOptions: "nosniff",
                    ])
            }
        }
    }
}
