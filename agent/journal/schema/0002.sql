-- Times are nanoseconds since the epoch, UTC. Rows of record, intake, catalogue, verdict and alert are never changed.

-- Every version of every record; seq is the order in which they were taken.
CREATE TABLE record (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    received INTEGER NOT NULL,
    made_at INTEGER,
    author TEXT NOT NULL,
    withdrawn INTEGER NOT NULL,
    imported INTEGER NOT NULL,
    body TEXT NOT NULL, -- JSON: the fields of the kind
    attachments TEXT NOT NULL, -- JSON: [[name, sha256], ...]
    digest TEXT NOT NULL, -- SHA-256 of all that was stated: the same again is no new version
    UNIQUE (kind, source, id, version)
) STRICT;

-- Files and messages that brought records, and what was wrong with them.
CREATE TABLE intake (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    taken INTEGER NOT NULL,
    report TEXT NOT NULL -- JSON: counts and problems
) STRICT;

-- Rows that could not be taken; gone as soon as the same row of the same file comes again and is right.
CREATE TABLE refused (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    name TEXT NOT NULL,
    place TEXT NOT NULL, -- the record's id where it has one, else its row
    problem TEXT NOT NULL, -- JSON
    UNIQUE (name, place)
) STRICT;

-- The runs of the conditions: what of the samples matters for judging. Kept for ever.
-- subject is the item's or watch's key, place the condition's number in its rule, rule a digest of the condition.
CREATE TABLE fold (
    id INTEGER PRIMARY KEY,
    subject TEXT NOT NULL,
    place INTEGER NOT NULL,
    point INTEGER NOT NULL,
    rule TEXT NOT NULL,
    UNIQUE (subject, place, point, rule)
) STRICT;

CREATE TABLE run (
    fold INTEGER NOT NULL REFERENCES fold (id),
    start INTEGER NOT NULL,
    until INTEGER NOT NULL,
    reading INTEGER NOT NULL, -- state, known and reason in one number
    PRIMARY KEY (fold, start)
) STRICT, WITHOUT ROWID;

-- How far judging has come: the block and the record up to which it has looked, the instant it judged last, and the
-- instant from which on windows are judged.
CREATE TABLE judged (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    block INTEGER NOT NULL,
    record INTEGER NOT NULL,
    at INTEGER NOT NULL,
    since INTEGER NOT NULL
) STRICT;

-- The catalogue that was judged by, each time it was another: thresholds, parameters, what the site changed.
CREATE TABLE catalogue (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    digest TEXT NOT NULL, -- SHA-256 of content
    content TEXT NOT NULL -- JSON
) STRICT;

-- What was judged, each time the answer was another. A new one names the one it replaces.
CREATE TABLE verdict (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    clause TEXT NOT NULL,
    subject TEXT NOT NULL,
    window_kind TEXT NOT NULL,
    window_start INTEGER NOT NULL, -- 0 for a standing window
    window_end INTEGER NOT NULL,
    as_of INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    final INTEGER NOT NULL, -- whether only late facts can change it
    digest TEXT NOT NULL, -- SHA-256 of content without as_of
    content TEXT NOT NULL, -- JSON
    replaces INTEGER REFERENCES verdict (seq)
) STRICT;

CREATE INDEX verdict_of ON verdict (clause, subject, window_kind, window_start, seq);

-- What happened to an alert: opened, grew worse, was resolved.
CREATE TABLE alert (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL, -- what it is about; open from its first row to the row that resolves it
    at INTEGER NOT NULL,
    event TEXT NOT NULL,
    content TEXT NOT NULL -- JSON
) STRICT;

CREATE INDEX alert_of ON alert (key, seq);

-- What is to be told elsewhere; a row goes once the other side has it.
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    alert INTEGER NOT NULL REFERENCES alert (seq),
    message INTEGER, -- the id of the first row of the message it goes out in; null until that is made up
    attempts INTEGER NOT NULL DEFAULT 0,
    next_at INTEGER NOT NULL,
    problem TEXT NOT NULL DEFAULT ''
) STRICT;
