CREATE TABLE sessions (
    -- The conversations of one workspace. Everything here but the first two columns could be made anew from `events`;
    -- it is kept up to date in the transaction that writes them.
    session   TEXT NOT NULL PRIMARY KEY,  -- a ULID: 26 characters, sorts by when it was made
    workspace TEXT NOT NULL,              -- the folder it works in, a ULID; given when the session is made
    started   TEXT,                       -- time of the first event, UTC, RFC 3339 with microseconds; NULL while there is none
    updated   TEXT,                       -- time of the newest event
    turns     INTEGER NOT NULL DEFAULT 0, -- messages of the person that were taken
    events    INTEGER NOT NULL DEFAULT 0, -- how many events there are: the newest `seq`
    title     TEXT NOT NULL DEFAULT '',   -- the beginning of the first prompt, on one line
    damage    TEXT,                       -- what was found to be wrong; such a session is never written to again
    sealed    INTEGER NOT NULL DEFAULT 0  -- 1: it came with a copy of the journal, see `adoptions`
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_by_update ON sessions (updated, session) WHERE updated IS NOT NULL;

CREATE TABLE events (
    -- The journal. Rows are added and never changed. To look at it, use the view `journal`.
    session TEXT NOT NULL REFERENCES sessions (session),
    seq     INTEGER NOT NULL, -- counts from 1 inside the session, without a gap
    json    TEXT NOT NULL,    -- the event in canonical form (RFC 8785); digests are taken of these bytes
    chain   BLOB,             -- SHA-256 of the chain before (32 zero bytes at first), then of `json`; NULL: written by format 1
    PRIMARY KEY (session, seq)
) STRICT;

CREATE VIEW journal AS
    -- The events with what one asks for most. These columns are read out of the text when they are asked for: columns
    -- of the table would have to be worked out for each event that is written.
    SELECT session,
           seq,
           json_extract(json, '$.id')   AS id,   -- a ULID, unique everywhere
           json_extract(json, '$.time') AS time, -- when it was written, UTC, RFC 3339 with microseconds
           json_extract(json, '$.type') AS type, -- what happened, such as call.finished
           json_extract(json, '$.run')  AS run,  -- one agent's life in the session; NULL outside of one
           json_extract(json, '$.turn') AS turn, -- counts from 1
           json_extract(json, '$.call') AS call, -- one use of one tool
           json
    FROM events;

CREATE TABLE leases (
    -- Who may write to a session. The row stays when the lease is given back, so that its fence is never used again.
    session      TEXT NOT NULL PRIMARY KEY REFERENCES sessions (session),
    fence        INTEGER NOT NULL, -- grows with each claim; a commit with an older one changes nothing
    holder       TEXT,             -- who has it, for people; NULL when nobody has
    expires      INTEGER,          -- microseconds since the machine was started
    time_to_live INTEGER           -- microseconds that a claim or renewal lasts
) STRICT, WITHOUT ROWID;
