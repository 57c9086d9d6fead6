import Contracts
import Market
import Ports
import RegimeModels
import Regimes

/// A stored model as the wire says it.
enum ModelMessages {
    /// A model of another arithmetic is listed with its text alone: it was in force once, though
    /// this program would not answer with it.
    ///
    /// - Throws: `ManifestError` when the stored manifest is not what its hash says.
    static func message(
        of stored: StoredModel, activeFrom: Timestamp?
    ) throws -> Bloasis_MarketRegime_RegimeModel {
        var message = Bloasis_MarketRegime_RegimeModel()
        message.version = stored.version.text
        message.market = stored.series.market.text
        message.timeframe = "\(stored.series.timeframe)"
        message.trainedFrom = stored.trainedFrom.rfc3339
        message.trainedThrough = stored.trainedThrough.rfc3339
        if let activeFrom { message.activeFrom = activeFrom.rfc3339 }
        message.manifest = stored.manifest
        do {
            let manifest = try ModelManifest(json: stored.manifest)
            message.kind = manifest.classifier.model.rawValue
            if let report = manifest.report { message.fit = fit(report, of: manifest) }
        } catch ManifestError.otherKernel, ManifestError.olderFormat {
            return message
        }
        return message
    }

    private static func fit(
        _ report: FitReport, of manifest: ModelManifest
    ) -> Bloasis_MarketRegime_FitReport {
        var fit = Bloasis_MarketRegime_FitReport()
        if let logLikelihood = report.logLikelihood { fit.logLikelihood = logLikelihood }
        fit.iterations = Int32(clamping: report.iterations)
        fit.converged = report.converged
        fit.states = Int32(clamping: manifest.parameters?.stateCount ?? 0)
        fit.observations = Int32(clamping: manifest.provenance.observations)
        return fit
    }
}
