-- What language models answered: the first answer to a question stays. Rows are never changed.

-- prompt_hash: SHA-256 of the question, hexadecimal. model: provider/model, as it was asked;
-- answered_by: as it calls itself. cost: billionths of a US dollar.
CREATE TABLE model_answers (
    prompt_hash TEXT NOT NULL,
    model TEXT NOT NULL,
    text TEXT NOT NULL,
    answered_by TEXT NOT NULL,
    ending TEXT NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cost INTEGER NOT NULL,
    answered_at INTEGER NOT NULL,
    PRIMARY KEY (prompt_hash, model)
) STRICT, WITHOUT ROWID;

CREATE INDEX model_answers_by_time ON model_answers (answered_at);
