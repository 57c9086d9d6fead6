import AIAnalysis
import Hosting
import LanguageModels
import Ports
import WebCalls

/// What language models are told by variables.
struct LanguageModelSettings: ServiceSettings {
    struct Choice: Sendable {
        var provider: ModelProvider
        var key: APIKey
        var url: ModelURL
        var model: String
        var isStreamed: Bool
        var budget: ModelBudget
    }

    /// `nil`: none is asked.
    let choice: Choice?

    /// In a day, in US dollars.
    private static let budgetLimit = 1e6

    init(_ reader: inout ConfigurationReader) {
        let provider = reader.optional("LANGUAGE_MODEL", as: "a provider") {
            $0 == "none" ? .some(nil) : ModelProvider(rawValue: $0).map(Optional.some)
        }
        guard let provider = provider ?? nil else {
            choice = nil
            return
        }
        let problems = reader.problems.count
        let key = reader.optional(
            provider.keyVariable, as: "a key of visible characters", LanguageModelSettings.key)
        reader.require(
            key != nil || reader.problems.count > problems, "\(provider.keyVariable) not set")
        let url =
            reader.optional("LANGUAGE_MODEL_URL", as: "a URL", ModelURL.init)
            ?? provider.defaultURL
        reader.require(
            !url.isPlain || reader.text("LANGUAGE_MODEL_ALLOW_HTTP") == "on",
            "LANGUAGE_MODEL_URL would send the key to \(url.host) in plain text: use https, or "
                + "LANGUAGE_MODEL_ALLOW_HTTP=on inside a network of your own")
        let prices = reader.optional(
            "LANGUAGE_MODEL_PRICES", as: "US dollars for a million tokens, such as 3/15",
            ModelPrices.init)
        let budget = reader.optional("LANGUAGE_MODEL_BUDGET", as: "US dollars, such as 2.50") {
            text -> Int64? in
            guard let dollars = Double(text),
                dollars > 0, dollars <= LanguageModelSettings.budgetLimit
            else { return nil }
            return Int64((dollars * 1e9).rounded())
        }
        reader.require(
            budget == nil || prices != nil,
            "LANGUAGE_MODEL_BUDGET needs LANGUAGE_MODEL_PRICES: costs are not known without")
        choice = Choice(
            provider: provider, key: key ?? APIKey(""),
            url: url,
            model: reader.optional("LANGUAGE_MODEL_NAME", as: "a name") { $0 }
                ?? provider.defaultModel,
            isStreamed: reader.text("LANGUAGE_MODEL_STREAMING") == "on",
            budget: ModelBudget(
                tokens: reader.integer("LANGUAGE_MODEL_TOKENS", in: 1...Int(Int32.max)),
                cost: budget, prices: prices ?? .free))
    }
}

extension LanguageModelSettings {
    /// As a header can hold it.
    private static func key(_ text: String) -> APIKey? {
        text.utf8.allSatisfy { (0x21...0x7E).contains($0) } ? APIKey(text) : nil
    }
}

extension LanguageModelSettings.Choice {
    var client: RemoteModel {
        RemoteModel(provider, at: url, model: model, key: key, now: { WallClock.now })
    }
}

extension Shared {
    /// `nil` where none is chosen.
    static let languageModel = SharedValue<RemoteModel?>("language-model") { process in
        guard let model = try process.values.read(LanguageModelSettings.self).choice?.client
        else { return nil }
        do {
            try await Retrier.starting(process).call(
                "ask the language model",
                isRetriable: { ($0 as? ModelError)?.isRetriable ?? false }
            ) { try await model.ping() }
        } catch {
            await model.close()
            throw error
        }
        return model
    } close: {
        await $0?.close()
    }

    /// Who is asked what it thinks of strategies; `nil`: nobody.
    static let advisor = SharedValue<Advisor?>("advisor") { process in
        guard let model = try await process.shared(languageModel),
            let choice = try process.values.read(LanguageModelSettings.self).choice
        else { return nil }
        return Advisor(
            model, isStreamed: choice.isStreamed,
            book: try await process.shared(assembly).storage.advice, budget: choice.budget,
            retrier: Retrier(
                policy: RetryPolicy(longestPause: Advisor.longestPause),
                chance: { Assembly.chance }, logger: process.logger),
            now: { WallClock.now })
    }
}
