-- What format 3 added: the log of the journal.

CREATE TABLE receipts (
    -- What was allowed and refused, of all sessions and in one chain. Rows are added and never changed; they stay when
    -- a session goes. To look at them, use the view `log`.
    seq  INTEGER NOT NULL PRIMARY KEY, -- counts from 1, without a gap
    json TEXT NOT NULL,                -- the record in canonical form (RFC 8785); `prev` in it is the hash of the one before
    hash BLOB NOT NULL                 -- SHA-256 of `json`
) STRICT;

CREATE TABLE lists (
    -- Lists of what was touched that are too long for a receipt. Each is kept once.
    digest TEXT NOT NULL PRIMARY KEY, -- SHA-256 of `list`, as receipts name it
    list   TEXT NOT NULL              -- sorted, one to a line
) STRICT;

CREATE TABLE checkpoints (
    -- Signed points of the log. The same lines are kept outside of the journal, in the user's state folder.
    upto INTEGER NOT NULL PRIMARY KEY, -- the last record that it covers
    json TEXT NOT NULL                 -- canonical form (RFC 8785), with its signature
) STRICT;

CREATE TABLE journal_id (
    -- Whose log it is; one row, or none while nothing was recorded.
    one          INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    journal      TEXT,   -- a ULID; NULL until the first record
    brought_from INTEGER -- the format of a journal that had sessions before there was a log
) STRICT;

CREATE VIEW log AS
    -- The receipts with what one asks for most.
    SELECT seq,
           json_extract(json, '$.time')          AS time,     -- when it was written, UTC, RFC 3339 with microseconds
           json_extract(json, '$.session')       AS session,
           json_extract(json, '$.type')          AS type,     -- effect, answer, call.intended, call.lost …
           json_extract(json, '$.body.tool')     AS tool,
           json_extract(json, '$.body.decision') AS decision, -- allowed or refused
           json_extract(json, '$.body.effect')   AS effect,
           json_extract(json, '$.body.rule')     AS rule,
           json
    FROM receipts;
