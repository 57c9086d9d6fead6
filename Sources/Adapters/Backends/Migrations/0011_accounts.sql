-- Organisations, accounts and their sessions.

CREATE TABLE organisations (
    name text COLLATE "C" PRIMARY KEY,
    created_at timestamptz NOT NULL
);

-- password_hash: PHC's string format. revision: counts changes, from 1.
CREATE TABLE accounts (
    user_id text COLLATE "C" PRIMARY KEY,
    organisation text COLLATE "C" REFERENCES organisations (name),
    role text NOT NULL,
    status text NOT NULL CHECK (status IN ('active', 'disabled')),
    password_hash text NOT NULL,
    created_at timestamptz NOT NULL,
    revision bigint NOT NULL
);

CREATE INDEX accounts_by_organisation ON accounts (organisation, user_id);

-- current_token: SHA-256 of the one good refresh token, hexadecimal. Both of ended_at and ending
-- or neither.
CREATE TABLE sessions (
    session_id text COLLATE "C" PRIMARY KEY,
    user_id text COLLATE "C" NOT NULL REFERENCES accounts (user_id),
    started_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    renewed_at timestamptz NOT NULL,
    current_token text COLLATE "C" NOT NULL,
    ended_at timestamptz,
    ending text,
    CHECK ((ended_at IS NULL) = (ending IS NULL))
);

CREATE INDEX sessions_by_user ON sessions (user_id, started_at);

-- Every refresh token of a session, so that one that comes again is known.
CREATE TABLE refresh_tokens (
    token text COLLATE "C" PRIMARY KEY,
    session_id text COLLATE "C" NOT NULL REFERENCES sessions (session_id) ON DELETE CASCADE
);

CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);
