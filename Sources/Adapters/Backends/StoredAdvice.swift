import Market
import Ports

/// Models' answers as both stores keep them.
enum StoredAdvice {
    static let table = "model_answers"
    static let columns = [
        "prompt_hash", "model", "text", "answered_by", "ending", "input_tokens", "output_tokens",
        "cost", "answered_at",
    ]

    static func values(_ advice: RecordedAdvice) -> [StoredValue] {
        let (reply, usage) = (advice.reply, advice.reply.usage)
        return [
            .text(advice.key.promptHash), .text(advice.key.model), .text(reply.text),
            .text(reply.model), .text(reply.ending.rawValue), .number(Int64(usage.input)),
            .number(Int64(usage.output)), .number(advice.cost), .instant(advice.at),
        ]
    }

    static func advice(_ row: some StoredRow) throws -> RecordedAdvice {
        let row = StoredColumns(names: columns, row: row)
        return RecordedAdvice(
            key: AdviceKey(promptHash: try row.read(0) { $0 }, model: try row.read(1) { $0 }),
            reply: ModelReply(
                text: try row.read(2) { $0 }, model: try row.read(3) { $0 },
                usage: ModelUsage(
                    input: Int(clamping: try row.row.number(5)),
                    output: Int(clamping: try row.row.number(6))),
                ending: try row.read(4) { ModelEnding(rawValue: $0) }),
            cost: try row.row.number(7), at: try row.instant(8))
    }
}
