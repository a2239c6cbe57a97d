-- What format 2 added beside sessions, events and leases.

CREATE TABLE effects (
    -- Calls that were about to start, and what became of them. A call that may change something is never intended twice.
    session TEXT NOT NULL REFERENCES sessions (session),
    call    TEXT NOT NULL, -- one use of one tool, a ULID
    class   TEXT NOT NULL, -- reads: run again after a crash; changes: never repeated silently
    state   TEXT NOT NULL, -- intended, done or unknown
    PRIMARY KEY (session, call)
) STRICT, WITHOUT ROWID;

CREATE INDEX effects_open ON effects (session, call) WHERE state = 'intended';

CREATE TABLE approvals (
    -- Questions to the person. Each is answered once, by whoever is first, and its answer is used once or not at all.
    session     TEXT NOT NULL REFERENCES sessions (session),
    call        TEXT NOT NULL, -- the call that it is about
    fingerprint TEXT NOT NULL, -- what an answer binds to
    question    TEXT NOT NULL, -- what was shown
    state       TEXT NOT NULL, -- asked, answered, used or withdrawn
    answer      TEXT,          -- such as once or denied; NULL while there is none
    answered_by TEXT,          -- for people
    PRIMARY KEY (session, call, fingerprint)
) STRICT, WITHOUT ROWID;

CREATE INDEX approvals_open ON approvals (session, call, fingerprint) WHERE state IN ('asked', 'answered');

CREATE TABLE timers (
    -- Points in time that a session waits for. The row stays, so that what fired is never set again.
    session TEXT NOT NULL REFERENCES sessions (session),
    timer   TEXT NOT NULL, -- a name in the session
    at      INTEGER,       -- microseconds since 1970; NULL when it is not set
    fired   INTEGER,       -- its newest occurrence that fired; NULL when none has
    PRIMARY KEY (session, timer)
) STRICT, WITHOUT ROWID;

CREATE INDEX timers_by_time ON timers (at, session, timer) WHERE at IS NOT NULL;

CREATE TABLE accounts (
    -- Budgets. What stands on an account includes the accounts below it. Amounts are JSON, such as {"tokens":1000}.
    session  TEXT NOT NULL REFERENCES sessions (session),
    account  TEXT NOT NULL, -- a name in the session
    parent   TEXT,          -- the account above; NULL at the top
    limits   TEXT NOT NULL, -- how much there may be; a unit that is missing is not bounded
    reserved TEXT NOT NULL, -- set aside and not settled
    spent    TEXT NOT NULL,
    PRIMARY KEY (session, account)
) STRICT, WITHOUT ROWID;

CREATE TABLE reservations (
    -- Amounts that are set aside; the row goes when they are settled.
    session     TEXT NOT NULL REFERENCES sessions (session),
    reservation TEXT NOT NULL, -- a name in the session
    account     TEXT NOT NULL,
    amounts     TEXT NOT NULL,
    PRIMARY KEY (session, reservation)
) STRICT, WITHOUT ROWID;

CREATE TABLE letters (
    -- What one process tells another; the row goes when it is acknowledged.
    number    INTEGER PRIMARY KEY AUTOINCREMENT, -- in the order in which they were written; never used again
    session   TEXT REFERENCES sessions (session), -- whose commit wrote it; NULL for one that was posted
    recipient TEXT NOT NULL, -- by agreement, a session's id means whoever holds that session
    body      TEXT NOT NULL
) STRICT;

CREATE INDEX letters_by_recipient ON letters (recipient, number);

CREATE TABLE binding (
    -- Which workspace this journal belongs to; one row, or none while nobody said. A copy lies in another file and
    -- stays read-only until it is adopted.
    one        INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    path       BLOB NOT NULL,    -- of the workspace
    inode      INTEGER NOT NULL, -- of the workspace
    file       INTEGER NOT NULL, -- inode of this database
    workspace  TEXT NOT NULL,    -- its id, a ULID
    birth      INTEGER,          -- when the workspace was made, nanoseconds since 1970; NULL where nobody can tell
    file_birth INTEGER           -- the same of this database
) STRICT;

CREATE TABLE adoptions (
    -- Each time that a copy was adopted. The sessions that were there then are sealed: they can be read, and gone on
    -- with under a new id whose first event names the old one.
    adoption  INTEGER PRIMARY KEY,
    time      TEXT NOT NULL,
    path      BLOB NOT NULL, -- the workspace that it was bound to
    workspace TEXT NOT NULL  -- its id
) STRICT;
