-- Organisations, accounts and their sessions.

CREATE TABLE organisations (
    name TEXT NOT NULL PRIMARY KEY,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- password_hash: PHC's string format. revision: counts changes, from 1.
CREATE TABLE accounts (
    user_id TEXT NOT NULL PRIMARY KEY,
    organisation TEXT REFERENCES organisations (name),
    role TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('active', 'disabled')),
    password_hash TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    revision INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX accounts_by_organisation ON accounts (organisation, user_id);

-- current_token: SHA-256 of the one good refresh token, hexadecimal. Both of ended_at and ending
-- or neither.
CREATE TABLE sessions (
    session_id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES accounts (user_id),
    started_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    renewed_at INTEGER NOT NULL,
    current_token TEXT NOT NULL,
    ended_at INTEGER,
    ending TEXT,
    CHECK ((ended_at IS NULL) = (ending IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_by_user ON sessions (user_id, started_at);

-- Every refresh token of a session, so that one that comes again is known.
CREATE TABLE refresh_tokens (
    token TEXT NOT NULL PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (session_id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);
