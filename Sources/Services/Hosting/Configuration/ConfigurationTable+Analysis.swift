extension ConfigurationTable {
    /// What strategies are about, and who is asked what it thinks of them.
    static let analysis: [ConfigurationKey] = [
        ConfigurationKey(
            "SECTOR_SYMBOLS", .text,
            meaning: "Symbols of sectors, `energy=XLE,XOM;financials=XLF`: names of markets whose "
                + "bars are stored. Sectors that are left out have the fund of the S&P 500's "
                + "members of theirs."),
        ConfigurationKey(
            "LANGUAGE_MODEL", .choice(["none", "anthropic", "fingpt"]), default: "none",
            meaning: "Who comments on strategies, and may re-weigh them within the limits of the "
                + "risk profile. `fingpt`: any server that speaks OpenAI's chat completions. With "
                + "a model, names of symbols and shares held are sent there."),
        ConfigurationKey(
            "ANTHROPIC_API_KEY", .text, secret: true,
            meaning: "Needed once `anthropic` is chosen."),
        ConfigurationKey(
            "FINGPT_API_KEY", .text, secret: true,
            meaning: "Needed once `fingpt` is chosen; any text where the server wants none."),
        ConfigurationKey(
            "LANGUAGE_MODEL_NAME", .text,
            meaning: "As the provider calls it. Unset: `claude-sonnet-4-5`, `fingpt`."),
        ConfigurationKey(
            "LANGUAGE_MODEL_URL", .url(schemes: ["http", "https"]),
            meaning: "Where it is asked, with or without `/v1` behind it. Unset: "
                + "`https://api.anthropic.com`, `http://127.0.0.1:8000`."),
        ConfigurationKey(
            "LANGUAGE_MODEL_ALLOW_HTTP", .choice(["on", "off"]), default: "off",
            meaning: "Whether the key may go over plain `http` to another machine, inside a "
                + "network of one's own."),
        ConfigurationKey(
            "LANGUAGE_MODEL_STREAMING", .choice(["on", "off"]), default: "on",
            meaning: "Whether answers are read as they are written; `off` for servers that cannot."
        ),
        ConfigurationKey(
            "LANGUAGE_MODEL_TOKENS", .count, default: "1000000",
            meaning: "Tokens of questions and answers in a day (UTC), of all processes that share "
                + "the store; beyond it the engine answers alone."),
        ConfigurationKey(
            "LANGUAGE_MODEL_BUDGET", .text,
            meaning: "US dollars in a day, `2.50`, as far as `LANGUAGE_MODEL_PRICES` tells. Unset: "
                + "the tokens alone are counted."),
        ConfigurationKey(
            "LANGUAGE_MODEL_PRICES", .text,
            meaning: "US dollars for a million tokens of questions, and of answers: `3/15`. Unset: "
                + "costs are not counted."),
    ]
}
