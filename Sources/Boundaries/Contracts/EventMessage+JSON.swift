import Market
import Ports

extension EventMessage {
    /// A message about a series, keyed by its market.
    init(_ topic: Topic, of series: Series, json: String) {
        self.init(
            topic: topic, key: series.market.text, payload: Array(json.utf8),
            headers: ["content-type": "application/json"])
    }
}
