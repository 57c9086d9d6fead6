/// A metric as `/metrics` has it, and what it means.
package struct MetricDescription: Sendable {
    package enum Kind: String, Sendable {
        /// What has happened so far, since the process began.
        case counter
        /// What is so at present.
        case gauge
        /// How often something took how long.
        case histogram
    }

    /// With its ending: counters have `_total`, histograms `_seconds`.
    package let name: String
    package let kind: Kind
    /// By name, in the order of `/metrics`; empty for a metric without any.
    package let labels: [String]
    /// What one of it is: `seconds`, `rows`; `nil` for a yes or no.
    package let unit: String?
    package let meaning: String

    package init(
        _ name: String, _ kind: Kind, of unit: String?, by labels: [String] = [], _ meaning: String
    ) {
        self.name = name
        self.kind = kind
        self.unit = unit
        self.labels = labels.sorted()
        self.meaning = meaning
    }
}

/// Every metric of the program. Which of them a process has depends on what it runs.
package enum MetricTable {
    package static let all =
        (regimes + verification + feeds + events + deliveries + brokers + caches + doors + accounts
        + process)
        .sorted { $0.name < $1.name }

    /// One line about each, by name.
    package static var help: [String: String] {
        Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0.meaning) })
    }

    private static let series = ["market", "timeframe"]

    private static let regimes = [
        MetricDescription(
            "regime_current", .gauge, of: nil, by: series + ["regime"],
            "1 for the regime that is published of a series, 0 for the others."),
        MetricDescription(
            "regime_age_seconds", .gauge, of: "seconds", by: series,
            "Time since the close of the latest assessed bar."),
        MetricDescription(
            "regime_model_info", .gauge, of: nil, by: series + ["model_version"],
            "1 for the model that answers for a series, by its version."),
    ]

    private static let verification = [
        MetricDescription(
            "verification_series", .gauge, of: "series",
            "Series whose last closed day is verified, whatever was found."),
        MetricDescription(
            "verification_pending_series", .gauge, of: "series",
            "Series that are to be verified."),
        MetricDescription(
            "verification_failed_series", .gauge, of: "series",
            "Series that cannot be verified."),
        MetricDescription(
            "verification_bars", .gauge, of: "bars",
            "Bars whose stored answers were recomputed and compared."),
        MetricDescription(
            "verification_differences", .gauge, of: "differences",
            "Differences that the latest verifications found."),
        MetricDescription(
            "verification_first_difference_timestamp_seconds", .gauge, of: "seconds",
            "The bar of the earliest difference, since 1970; 0 without one."),
        MetricDescription(
            "verification_through_timestamp_seconds", .gauge, of: "seconds", by: series,
            "The last verified bar of a series, since 1970; 0 while none is."),
        MetricDescription(
            "verification_last_run_timestamp_seconds", .gauge, of: "seconds",
            "When a series was verified last, since 1970."),
        MetricDescription(
            "verification_last_run_duration_seconds", .gauge, of: "seconds",
            "What verifying that series took, with rests."),
    ]

    private static let feeds = [
        MetricDescription(
            "feed_polls_total", .counter, of: "polls", by: series + ["outcome"],
            "Polls of a feed, by series and what became of them."),
        MetricDescription(
            "feed_series_refused", .gauge, of: nil, by: series,
            "1 while a polled series is refused, else 0."),
    ]

    private static let events = [
        MetricDescription(
            "outbox_pending_rows", .gauge, of: "rows", "Outbox rows waiting to be published."),
        MetricDescription(
            "outbox_oldest_pending_seconds", .gauge, of: "seconds",
            "Age of the oldest waiting outbox row."),
        MetricDescription(
            "outbox_relayed_total", .counter, of: "rows", "Outbox rows published."),
        MetricDescription(
            "market_bars_consumed_total", .counter, of: "bars",
            "Bars taken from the topic market-bars."),
        MetricDescription(
            "dead_letters_total", .counter, of: "messages", by: ["topic"],
            "Messages put on a dead-letter topic."),
    ]

    private static let deliveries = [
        MetricDescription(
            "sector_strategies_refreshed_total", .counter, of: "changes",
            "Changes after which the strategies of sectors were worked out anew."),
        MetricDescription(
            "language_model_questions_total", .counter, of: "questions", by: ["model", "outcome"],
            "Questions to language models: answered, or unavailable."),
        MetricDescription(
            "language_model_tokens_total", .counter, of: "tokens", by: ["model", "direction"],
            "Tokens of language models, as their providers count them: input, output."),
        MetricDescription(
            "language_model_cost_dollars_total", .counter, of: "dollars", by: ["model"],
            "What their answers cost, by LANGUAGE_MODEL_PRICES, in US dollars."),
        MetricDescription(
            "paper_decisions_total", .counter, of: "decisions", by: ["outcome"],
            "Decisions of paper portfolios on changes: decided, or refused."),
        MetricDescription(
            "paper_fills_total", .counter, of: "fills",
            "Fills of paper orders that were recorded."),
        MetricDescription(
            "notices_taken_total", .counter, of: "events", by: ["kind"],
            "Events whose effect on people was committed."),
        MetricDescription(
            "notices_repeated_total", .counter, of: "events", by: ["kind"],
            "Events that came again, and had no second effect."),
        MetricDescription(
            "events_restored_total", .counter, of: "events", by: ["topic"],
            "Events read from the log again, because the store had lost what followed from them."),
        MetricDescription(
            "events_removed_unread_total", .counter, of: "events", by: ["topic"],
            "Events that the log had removed when they were to be read."),
        MetricDescription(
            "deliveries_total", .counter, of: "attempts", by: ["format", "result"],
            "Attempts to deliver to webhooks: delivered, failed (it is tried again), postponed "
                + "(this server cannot send, see its log), given_up, or disabled with the webhook."
        ),
        MetricDescription(
            "deliveries_under_way", .gauge, of: "messages",
            "Messages to webhooks that are not answered yet."),
    ]

    private static let brokers = [
        MetricDescription(
            "kafka_consumergroup_lag", .gauge, of: "messages",
            by: ["consumergroup", "topic", "partition"],
            "Messages behind the last committed one, by partition."),
        MetricDescription(
            "kafka_queued_messages", .gauge, of: "messages", by: ["client"],
            "Messages waiting to be sent or acknowledged, by client."),
        MetricDescription(
            "kafka_queued_bytes", .gauge, of: "bytes", by: ["client"],
            "Bytes of the messages that wait."),
        MetricDescription(
            "kafka_messages_sent", .gauge, of: "messages", by: ["client"],
            "Messages sent since the client began."),
        MetricDescription(
            "kafka_messages_received", .gauge, of: "messages", by: ["client"],
            "Messages received since the client began."),
        MetricDescription(
            "kafka_broker_up", .gauge, of: nil, by: ["client", "broker"],
            "1 while a broker is connected, else 0."),
        MetricDescription(
            "kafka_broker_disconnects", .gauge, of: "connections", by: ["client", "broker"],
            "Connections lost since the client began."),
        MetricDescription(
            "kafka_broker_round_trip_p99_seconds", .gauge, of: "seconds",
            by: ["client", "broker"], "From a request to its answer, lately."),
    ]

    private static let caches = [
        MetricDescription(
            "cache_requests_total", .counter, of: "questions", by: ["cache", "tier", "result"],
            "Questions to the cache, by tier and what became of them.")
    ]

    private static let doors = [
        MetricDescription(
            "http_server_requests_total", .counter, of: "requests",
            by: ["method", "route", "status"], "Requests over HTTP, by method, route and status."),
        MetricDescription(
            "http_server_request_duration_seconds", .histogram, of: "seconds",
            by: ["method", "route", "status"], "From a request to its answer."),
        MetricDescription(
            "grpc_server_handled_total", .counter, of: "calls",
            by: ["grpc_service", "grpc_method", "grpc_code"],
            "Calls over gRPC, by service, method and code."),
        MetricDescription(
            "grpc_server_handling_seconds", .histogram, of: "seconds",
            by: ["grpc_service", "grpc_method", "grpc_code"], "From a call to its end."),
    ]

    private static let accounts = [
        MetricDescription(
            "logins_total", .counter, of: "attempts", by: ["outcome"],
            "Logins and renewals of tokens, by what became of them.")
    ]

    private static let process = [
        MetricDescription(
            "log_lines_dropped_total", .counter, of: "lines",
            "Log lines that nobody took in time, or that were not written."),
        MetricDescription(
            PrometheusRegistry.refusedName, .counter, of: "metrics", by: ["reason"],
            PrometheusRegistry.refusedMeaning),
    ]
}
