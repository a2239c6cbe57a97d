-- A journal of format 2: the sessions of format-1.sql, brought along, with a call that was left open and a letter.
-- Frozen: what was written once is read for ever.

PRAGMA journal_mode = WAL;
PRAGMA foreign_keys = OFF;
BEGIN TRANSACTION;
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
CREATE TABLE adoptions (
    -- Each time that a copy was adopted. The sessions that were there then are sealed: they can be read, and gone on
    -- with under a new id whose first event names the old one.
    adoption  INTEGER PRIMARY KEY,
    time      TEXT NOT NULL,
    path      BLOB NOT NULL, -- the workspace that it was bound to
    workspace TEXT NOT NULL  -- its id
) STRICT;
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
CREATE TABLE effects (
    -- Calls that were about to start, and what became of them. A call that may change something is never intended twice.
    session TEXT NOT NULL REFERENCES sessions (session),
    call    TEXT NOT NULL, -- one use of one tool, a ULID
    class   TEXT NOT NULL, -- reads: run again after a crash; changes: never repeated silently
    state   TEXT NOT NULL, -- intended, done or unknown
    PRIMARY KEY (session, call)
) STRICT, WITHOUT ROWID;
INSERT INTO "effects" VALUES('00000000010000000000000001','00000000010000000000000009','changes','intended');
CREATE TABLE events (
    -- The journal. Rows are added and never changed. To look at it, use the view `journal`.
    session TEXT NOT NULL REFERENCES sessions (session),
    seq     INTEGER NOT NULL, -- counts from 1 inside the session, without a gap
    json    TEXT NOT NULL, chain BLOB,    -- the event in canonical form (RFC 8785); digests are taken of these bytes
    PRIMARY KEY (session, seq)
) STRICT;
INSERT INTO "events" VALUES('00000000010000000000000001',1,'{"body":{"folder":"/home/ada/notes","version":"0.1.0"},"id":"01KDVDNA000000000000000001","principal":"local","seq":1,"session":"00000000010000000000000001","time":"2026-01-01T00:00:00.000000Z","type":"session.started","v":1,"workspace":"00000000020000000000000001"}',NULL);
INSERT INTO "events" VALUES('00000000010000000000000001',2,'{"agent":"main","body":{"mode":"ask","model":"demo/tour","prompt":[{"kind":"text","text":"Grüße, 世界 😀\n\"quoted\" \\ \u0000"},{"kind":"json","value":{"a":[true,null,"x"],"b":1.5,"€":1e+30}},{"bytes":"AP+A","kind":"image","media_type":"image/png"},{"kind":"file","path":"/workspace/a b.txt"}],"tools":["read","write"]},"call":"00000000050000000000000001","cause":"00000000060000000000000001","id":"01KDVDNA000000000000000002","parent_run":"00000000030000000000000001","principal":"local","run":"00000000040000000000000001","seq":2,"session":"00000000010000000000000001","step":2,"time":"2026-01-01T00:00:00.000000Z","turn":1,"type":"turn.started","v":1,"workspace":"00000000020000000000000001"}',NULL);
INSERT INTO "events" VALUES('00000000010000000000000001',3,'{"agent":"main","body":{"calls":[{"id":"00000000050000000000000001","input":"{\"path\":\"a","model_id":"call_1","tool":"read"}],"text":"I look.","usage":{"input":1200,"output":34}},"call":"00000000050000000000000001","cause":"00000000060000000000000001","id":"01KDVDNA000000000000000003","principal":"local","run":"00000000040000000000000001","seq":3,"session":"00000000010000000000000001","step":2,"time":"2026-01-01T00:00:00.000000Z","turn":1,"type":"message","v":1,"workspace":"00000000020000000000000001"}',NULL);
INSERT INTO "events" VALUES('00000000010000000000000001',4,'{"agent":"main","body":{"fingerprint":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad","lines":[{"effect":"fs.write:/workspace/out","rule":"built-in: ask fs.write:/workspace","verdict":"allow"},{"effect":"fs.write:/workspace/out","rule":"built-in: ask fs.write:/workspace","verdict":"ask"},{"effect":"fs.write:/workspace/out","rule":"built-in: ask fs.write:/workspace","verdict":"deny"}],"tool":"write","verdict":"ask"},"call":"00000000050000000000000001","cause":"00000000060000000000000001","id":"01KDVDNA000000000000000004","principal":"local","run":"00000000040000000000000001","seq":4,"session":"00000000010000000000000001","step":2,"time":"2026-01-01T00:00:00.000000Z","turn":1,"type":"call.decided","v":1,"workspace":"00000000020000000000000001"}',NULL);
INSERT INTO "events" VALUES('00000000010000000000000001',5,'{"agent":"main","body":{"lines":[],"tool":"write","verdict":"deny"},"call":"00000000050000000000000001","cause":"00000000060000000000000001","id":"01KDVDNA000000000000000005","principal":"local","run":"00000000040000000000000001","seq":5,"session":"00000000010000000000000001","step":2,"time":"2026-01-01T00:00:00.000000Z","turn":1,"type":"call.decided","v":1,"workspace":"00000000020000000000000001"}',NULL);
INSERT INTO "events" VALUES('00000000010000000000000001',6,'{"agent":"main","body":{"effects":["fs.write:/workspace/out"],"fingerprint":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},"call":"00000000050000000000000001","cause":"00000000060000000000000001","id":"01KDVDNA000000000000000006","principal":"local","run":"00000000040000000000000001","seq":6,"session":"00000000010000000000000001","step":2,"time":"2026-01-01T00:00:00.000000Z","turn":1,"type":"approval.requested","v":1,"workspace":"00000000020000000000000001"}',NULL);
INSERT INTO "events" VALUES('00000000010000000000000001',7,'{"agent":"main","body":{"answer":"once","fingerprint":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},"call":"00000000050000000000000001","cause":"00000000060000000000000001","id":"01KDVDNA000000000000000007","principal":"local","run":"00000000040000000000000001","seq":7,"session":"00000000010000000000000001","step":2,"time":"2026-01-01T00:00:00.000000Z","turn":1,"type":"approval.resolved","v":1,"workspace":"00000000020000000000000001"}',NULL);
INSERT INTO "events" VALUES('00000000010000000000000001',8,'{"agent":"main","body":{"fingerprint":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},"call":"00000000050000000000000001","cause":"00000000060000000000000001","id":"01KDVDNA000000000000000008","principal":"local","run":"00000000040000000000000001","seq":8,"session":"00000000010000000000000001","step":2,"time":"2026-01-01T00:00:00.000000Z","turn":1,"type":"call.intended","v":1,"workspace":"00000000020000000000000001"}',NULL);
INSERT INTO "events" VALUES('00000000010000000000000001',9,'{"agent":"main","body":{"earlier":{"kind":"absent"},"path":"/workspace/out"},"call":"00000000050000000000000001","cause":"00000000060000000000000001","id":"01KDVDNA000000000000000009","principal":"local","run":"00000000040000000000000001","seq":9,"session":"00000000010000000000000001","step":2,"time":"2026-01-01T00:00:00.000000Z","turn":1,"type":"file.before","v":1,"workspace":"00000000020000000000000001"}',NULL);
INSERT INTO "events" VALUES('00000000010000000000000001',10,'{"agent":"main","body":{"earlier":{"bytes":3,"digest":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad","kind":"file","mode":420},"path":"/workspace/out"},"call":"00000000050000000000000001","cause":"00000000060000000000000001","id":"01KDVDNA00000000000000000A","principal":"local","run":"00000000040000000000000001","seq":10,"session":"00000000010000000000000001","step":2,"time":"2026-01-01T00:00:00.000000Z","turn":1,"type":"file.before","v":1,"workspace":"00000000020000000000000001"}',NULL);
INSERT INTO "events" VALUES('00000000010000000000000001',11,'{"agent":"main","body":{"earlier":{"kind":"link","target":"../elsewhere"},"path":"/workspace/out"},"call":"00000000050000000000000001","cause":"00000000060000000000000001","id":"01KDVDNA00000000000000000B","principal":"local","run":"00000000040000000000000001","seq":11,"session":"00000000010000000000000001","step":2,"time":"2026-01-01T00:00:00.000000Z","turn":1,"type":"file.before","v":1,"workspace":"00000000020000000000000001"}',NULL);
INSERT INTO "events" VALUES('00000000010000000000000001',12,'{"agent":"main","body":{"earlier":{"kind":"folder"},"path":"/workspace/out"},"call":"00000000050000000000000001","cause":"00000000060000000000000001","id":"01KDVDNA00000000000000000C","principal":"local","run":"00000000040000000000000001","seq":12,"session":"00000000010000000000000001","step":2,"time":"2026-01-01T00:00:00.000000Z","turn":1,"type":"file.before","v":1,"workspace":"00000000020000000000000001"}',NULL);
INSERT INTO "events" VALUES('00000000010000000000000001',13,'{"agent":"main","body":{"earlier":{"kind":"moved","to":"/workspace/new"},"path":"/workspace/out"},"call":"00000000050000000000000001","cause":"00000000060000000000000001","id":"01KDVDNA00000000000000000D","principal":"local","run":"00000000040000000000000001","seq":13,"session":"00000000010000000000000001","step":2,"time":"2026-01-01T00:00:00.000000Z","turn":1,"type":"file.before","v":1,"workspace":"00000000020000000000000001"}',NULL);
INSERT INTO "events" VALUES('00000000010000000000000001',14,'{"agent":"main","body":{"bytes":4096,"count":3,"decision":"allowed","effect":"fs.write:/workspace/out","rule":"answer: once"},"call":"00000000050000000000000001","cause":"00000000060000000000000001","id":"01KDVDNA00000000000000000E","principal":"local","run":"00000000040000000000000001","seq":14,"session":"00000000010000000000000001","step":2,"time":"2026-01-01T00:00:00.000000Z","turn":1,"type":"effect","v":1,"workspace":"00000000020000000000000001"}',NULL);
INSERT INTO "events" VALUES('00000000010000000000000001',15,'{"agent":"main","body":{"bytes":0,"count":1,"decision":"refused","effect":"fs.write:/workspace/out","rule":"answer: once"},"call":"00000000050000000000000001","cause":"00000000060000000000000001","id":"01KDVDNA00000000000000000F","principal":"local","run":"00000000040000000000000001","seq":15,"session":"00000000010000000000000001","step":2,"time":"2026-01-01T00:00:00.000000Z","turn":1,"type":"effect","v":1,"workspace":"00000000020000000000000001"}',NULL);
INSERT INTO "events" VALUES('00000000010000000000000001',16,'{"agent":"main","body":{"content":[{"kind":"text","text":"done"}],"micros":1234,"outcome":"done","tool":"write","truncated":false},"call":"00000000050000000000000001","cause":"00000000060000000000000001","id":"01KDVDNA00000000000000000G","principal":"local","run":"00000000040000000000000001","seq":16,"session":"00000000010000000000000001","step":2,"time":"2026-01-01T00:00:00.000000Z","turn":1,"type":"call.finished","v":1,"workspace":"00000000020000000000000001"}',NULL);
INSERT INTO "events" VALUES('00000000010000000000000001',17,'{"agent":"main","body":{"content":[{"kind":"text","text":"rejected"}],"micros":1234,"outcome":"rejected","tool":"write","truncated":false},"call":"00000000050000000000000001","cause":"00000000060000000000000001","id":"01KDVDNA00000000000000000H","principal":"local","run":"00000000040000000000000001","seq":17,"session":"00000000010000000000000001","step":2,"time":"2026-01-01T00:00:00.000000Z","turn":1,"type":"call.finished","v":1,"workspace":"00000000020000000000000001"}',NULL);
INSERT INTO "events" VALUES('00000000010000000000000001',18,'{"agent":"main","body":{"content":[{"kind":"text","text":"denied"}],"micros":1234,"outcome":"denied","tool":"write","truncated":false},"call":"00000000050000000000000001","cause":"00000000060000000000000001","id":"01KDVDNA00000000000000000J","principal":"local","run":"00000000040000000000000001","seq":18,"session":"00000000010000000000000001","step":2,"time":"2026-01-01T00:00:00.000000Z","turn":1,"type":"call.finished","v":1,"workspace":"00000000020000000000000001"}',NULL);
INSERT INTO "events" VALUES('00000000010000000000000001',19,'{"agent":"main","body":{"content":[{"kind":"text","text":"limited"}],"micros":1234,"outcome":"limited","tool":"write","truncated":true},"call":"00000000050000000000000001","cause":"00000000060000000000000001","id":"01KDVDNA00000000000000000K","principal":"local","run":"00000000040000000000000001","seq":19,"session":"00000000010000000000000001","step":2,"time":"2026-01-01T00:00:00.000000Z","turn":1,"type":"call.finished","v":1,"workspace":"00000000020000000000000001"}',NULL);
INSERT INTO "events" VALUES('00000000010000000000000001',20,'{"agent":"main","body":{"content":[{"kind":"text","text":"cancelled"}],"micros":1234,"outcome":"cancelled","tool":"write","truncated":false},"call":"00000000050000000000000001","cause":"00000000060000000000000001","id":"01KDVDNA00000000000000000M","principal":"local","run":"00000000040000000000000001","seq":20,"session":"00000000010000000000000001","step":2,"time":"2026-01-01T00:00:00.000000Z","turn":1,"type":"call.finished","v":1,"workspace":"00000000020000000000000001"}',NULL);
INSERT INTO "events" VALUES('00000000010000000000000001',21,'{"agent":"main","body":{"content":[{"kind":"text","text":"broken"}],"micros":1234,"outcome":"broken","tool":"write","truncated":false},"call":"00000000050000000000000001","cause":"00000000060000000000000001","id":"01KDVDNA00000000000000000N","principal":"local","run":"00000000040000000000000001","seq":21,"session":"00000000010000000000000001","step":2,"time":"2026-01-01T00:00:00.000000Z","turn":1,"type":"call.finished","v":1,"workspace":"00000000020000000000000001"}',NULL);
INSERT INTO "events" VALUES('00000000010000000000000001',22,'{"agent":"main","body":{"reason":"answered","steps":2,"text":"Done.","usage":{"input":2400,"output":68}},"call":"00000000050000000000000001","cause":"00000000060000000000000001","id":"01KDVDNA00000000000000000P","principal":"local","run":"00000000040000000000000001","seq":22,"session":"00000000010000000000000001","step":2,"time":"2026-01-01T00:00:00.000000Z","turn":1,"type":"turn.finished","v":1,"workspace":"00000000020000000000000001"}',NULL);
INSERT INTO "events" VALUES('00000000010000000000000001',23,'{"agent":"main","body":{"reason":"step_limit","steps":2,"text":"Done.","usage":{"input":2400,"output":68}},"call":"00000000050000000000000001","cause":"00000000060000000000000001","id":"01KDVDNA00000000000000000Q","principal":"local","run":"00000000040000000000000001","seq":23,"session":"00000000010000000000000001","step":2,"time":"2026-01-01T00:00:00.000000Z","turn":1,"type":"turn.finished","v":1,"workspace":"00000000020000000000000001"}',NULL);
INSERT INTO "events" VALUES('00000000010000000000000001',24,'{"agent":"main","body":{"reason":"repeats","steps":2,"text":"Done.","usage":{"input":2400,"output":68}},"call":"00000000050000000000000001","cause":"00000000060000000000000001","id":"01KDVDNA00000000000000000R","principal":"local","run":"00000000040000000000000001","seq":24,"session":"00000000010000000000000001","step":2,"time":"2026-01-01T00:00:00.000000Z","turn":1,"type":"turn.finished","v":1,"workspace":"00000000020000000000000001"}',NULL);
INSERT INTO "events" VALUES('00000000010000000000000001',25,'{"agent":"main","body":{"reason":"interrupted","steps":2,"text":"Done.","usage":{"input":2400,"output":68}},"call":"00000000050000000000000001","cause":"00000000060000000000000001","id":"01KDVDNA00000000000000000S","principal":"local","run":"00000000040000000000000001","seq":25,"session":"00000000010000000000000001","step":2,"time":"2026-01-01T00:00:00.000000Z","turn":1,"type":"turn.finished","v":1,"workspace":"00000000020000000000000001"}',NULL);
INSERT INTO "events" VALUES('00000000010000000000000001',26,'{"agent":"main","body":{"error":"the guest trapped","reason":"tool_broken","steps":2,"text":"Done.","usage":{"input":2400,"output":68}},"call":"00000000050000000000000001","cause":"00000000060000000000000001","id":"01KDVDNA00000000000000000T","principal":"local","run":"00000000040000000000000001","seq":26,"session":"00000000010000000000000001","step":2,"time":"2026-01-01T00:00:00.000000Z","turn":1,"type":"turn.finished","v":1,"workspace":"00000000020000000000000001"}',NULL);
INSERT INTO "events" VALUES('00000000010000000000000001',27,'{"agent":"main","body":{"error":"no answer within 300 s","reason":"model_failed","steps":2,"text":"Done.","usage":{"input":2400,"output":68}},"call":"00000000050000000000000001","cause":"00000000060000000000000001","id":"01KDVDNA00000000000000000V","principal":"local","run":"00000000040000000000000001","seq":27,"session":"00000000010000000000000001","step":2,"time":"2026-01-01T00:00:00.000000Z","turn":1,"type":"turn.finished","v":1,"workspace":"00000000020000000000000001"}',NULL);
INSERT INTO "events" VALUES('00000000010000000000000001',28,'{"agent":"main","body":{"error":"no space left","reason":"record_failed","steps":2,"text":"Done.","usage":{"input":2400,"output":68}},"call":"00000000050000000000000001","cause":"00000000060000000000000001","id":"01KDVDNA00000000000000000W","principal":"local","run":"00000000040000000000000001","seq":28,"session":"00000000010000000000000001","step":2,"time":"2026-01-01T00:00:00.000000Z","turn":1,"type":"turn.finished","v":1,"workspace":"00000000020000000000000001"}',NULL);
INSERT INTO "events" VALUES('00000000020000000000000007',1,'{"body":{"fingerprint":"1"},"id":"01KDVDNA000000000000000101","principal":"local","seq":1,"session":"00000000020000000000000007","time":"2026-01-01T00:00:00.000000Z","type":"call.intended","v":1,"workspace":"00000000020000000000000001"}',NULL);
INSERT INTO "events" VALUES('00000000020000000000000007',2,'{"body":{"fingerprint":"2"},"id":"01KDVDNA000000000000000102","principal":"local","seq":2,"session":"00000000020000000000000007","time":"2026-01-01T00:00:00.000000Z","type":"call.intended","v":1,"workspace":"00000000020000000000000001"}',NULL);
CREATE TABLE leases (
    -- Who may write to a session. The row stays when the lease is given back, so that its fence is never used again.
    session      TEXT NOT NULL PRIMARY KEY REFERENCES sessions (session),
    fence        INTEGER NOT NULL, -- grows with each claim; a commit with an older one changes nothing
    holder       TEXT,             -- who has it, for people; NULL when nobody has
    expires      INTEGER,          -- microseconds since the machine was started
    time_to_live INTEGER           -- microseconds that a claim or renewal lasts
) STRICT, WITHOUT ROWID;
INSERT INTO "leases" VALUES('00000000010000000000000001',3,NULL,NULL,NULL);
INSERT INTO "leases" VALUES('00000000020000000000000007',9,'boxagnts run, process 4711',1,30000000);
CREATE TABLE letters (
    -- What one process tells another; the row goes when it is acknowledged.
    number    INTEGER PRIMARY KEY AUTOINCREMENT, -- in the order in which they were written; never used again
    session   TEXT REFERENCES sessions (session), -- whose commit wrote it; NULL for one that was posted
    recipient TEXT NOT NULL, -- by agreement, a session's id means whoever holds that session
    body      TEXT NOT NULL
) STRICT;
INSERT INTO "letters" VALUES(1,'00000000010000000000000001','ada','hello');
CREATE TABLE reservations (
    -- Amounts that are set aside; the row goes when they are settled.
    session     TEXT NOT NULL REFERENCES sessions (session),
    reservation TEXT NOT NULL, -- a name in the session
    account     TEXT NOT NULL,
    amounts     TEXT NOT NULL,
    PRIMARY KEY (session, reservation)
) STRICT, WITHOUT ROWID;
CREATE TABLE sessions (
    -- The conversations of one workspace. Everything here but the first two columns could be made anew from `events`;
    -- it is kept up to date in the transaction that writes them.
    session   TEXT NOT NULL PRIMARY KEY,  -- a ULID: 26 characters, sorts by when it was made
    workspace TEXT NOT NULL,              -- the folder it works in, a ULID; given when the session is made
    started   TEXT,                       -- time of the first event, UTC, RFC 3339 with microseconds; NULL while there is none
    updated   TEXT,                       -- time of the newest event
    turns     INTEGER NOT NULL DEFAULT 0, -- messages of the person that were taken
    events    INTEGER NOT NULL DEFAULT 0, -- how many events there are: the newest `seq`
    title     TEXT NOT NULL DEFAULT ''    -- the beginning of the first prompt, on one line
, damage TEXT, sealed INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID;
INSERT INTO "sessions" VALUES('00000000010000000000000001','00000000020000000000000001','2026-01-01T00:00:00.000000Z','2026-01-01T00:00:00.000000Z',0,28,'',NULL,0);
INSERT INTO "sessions" VALUES('00000000020000000000000007','00000000020000000000000001','2026-01-01T00:00:00.000000Z','2026-01-01T00:00:00.000000Z',0,2,'',NULL,0);
CREATE TABLE timers (
    -- Points in time that a session waits for. The row stays, so that what fired is never set again.
    session TEXT NOT NULL REFERENCES sessions (session),
    timer   TEXT NOT NULL, -- a name in the session
    at      INTEGER,       -- microseconds since 1970; NULL when it is not set
    fired   INTEGER,       -- its newest occurrence that fired; NULL when none has
    PRIMARY KEY (session, timer)
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_update ON sessions (updated, session) WHERE updated IS NOT NULL;
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
CREATE INDEX effects_open ON effects (session, call) WHERE state = 'intended';
CREATE INDEX approvals_open ON approvals (session, call, fingerprint) WHERE state IN ('asked', 'answered');
CREATE INDEX timers_by_time ON timers (at, session, timer) WHERE at IS NOT NULL;
CREATE INDEX letters_by_recipient ON letters (recipient, number);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('letters',1);
PRAGMA application_id = 1114601537;
PRAGMA user_version = 2;
COMMIT;
