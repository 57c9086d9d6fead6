-- What language models answered: the first answer to a question stays. Rows are never changed.

-- prompt_hash: SHA-256 of the question, hexadecimal. model: provider/model, as it was asked;
-- answered_by: as it calls itself. cost: billionths of a US dollar.
CREATE TABLE model_answers (
    prompt_hash text COLLATE "C" NOT NULL,
    model text COLLATE "C" NOT NULL,
    text text NOT NULL,
    answered_by text NOT NULL,
    ending text NOT NULL,
    input_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    cost bigint NOT NULL,
    answered_at timestamptz NOT NULL,
    PRIMARY KEY (prompt_hash, model)
);

CREATE INDEX model_answers_by_time ON model_answers (answered_at);
