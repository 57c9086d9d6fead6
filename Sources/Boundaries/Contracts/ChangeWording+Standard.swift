import Crypto
import Market
package import Ports
package import Regimes

extension ChangeWording {
    /// Names and words a change as the contract says.
    package static let standard = ChangeWording(
        eventID: { EventID(naming: $0) },
        message: { RegimeChangeEvent($0).message() },
        disagreement: {
            let event = ModelDisagreementEvent($0)
            return OutboxEntry(eventID: event.eventID, message: event.message())
        })
}

extension EventID {
    /// The first 128 bits, in hexadecimal, of the SHA-256 over the UTF-8 text
    /// `market/timeframe|as_of|model_version|revision|label`.
    package init(naming change: RegimeChange) {
        let canonical = [
            change.series.description, change.asOf.rfc3339, change.modelVersion.text,
            String(change.revision), change.regime.label,
        ].joined(separator: "|")
        self.init(hashing: canonical)
    }

    /// The first 128 bits, in hexadecimal, of the SHA-256 over the UTF-8 text
    /// `disagreement|market/timeframe|as_of|published_version|model_version|revision|label`.
    init(naming shadow: ShadowAnswer) {
        let canonical = [
            "disagreement", shadow.series.description, shadow.asOf.rfc3339,
            shadow.publishedVersion.text, shadow.modelVersion.text, String(shadow.revision),
            shadow.regime.label,
        ].joined(separator: "|")
        self.init(hashing: canonical)
    }

    /// The first 128 bits of a text's SHA-256, in hexadecimal.
    init(hashing text: String) {
        self.init(Hexadecimal.text(SHA256.hash(data: Array(text.utf8)).prefix(16)))
    }
}
