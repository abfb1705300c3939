-- Times are nanoseconds since the epoch, UTC.

-- Spans in which something was not taken, or was lost again, and why. A row ends once and is not changed otherwise,
-- but that an outage which comes back at once goes on in its row.
CREATE TABLE gap (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    revision INTEGER NOT NULL, -- counts up over the whole table with every change: what readers follow
    cause TEXT NOT NULL,
    subject TEXT NOT NULL, -- a device's id; empty: all that the agent takes
    points TEXT NOT NULL, -- JSON: keys of the points concerned; an empty list: every point of the subject
    start INTEGER NOT NULL,
    until INTEGER, -- null while it goes on
    lost INTEGER, -- samples that were there and are gone; null where nobody can know
    detail TEXT NOT NULL -- one line for a person
) STRICT;

CREATE INDEX gap_open ON gap (cause, subject) WHERE until IS NULL;

-- One row: which blocks were let go. Blocks up to seq are gone, but for those that hold the newest sample of a point.
CREATE TABLE pruned (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    seq INTEGER NOT NULL,
    blocks INTEGER NOT NULL, -- how many are gone
    rows INTEGER NOT NULL, -- and how many samples went with them
    newest BLOB NOT NULL -- as in checkpoint: for each point the newest sample that is gone
) STRICT;

-- Samples let go before InfluxDB had them, by point, until they are in the gap ledger.
CREATE TABLE loss (
    point INTEGER PRIMARY KEY,
    lost INTEGER NOT NULL,
    first INTEGER NOT NULL, -- when the first of them was received
    last INTEGER NOT NULL
) STRICT;

-- Counters whose readings are kept, all of them from their first sample on.
CREATE TABLE counter (
    point INTEGER PRIMARY KEY
) STRICT;

-- The first and the last good reading of a counter within each quarter of an hour that has one. Kept for ever.
CREATE TABLE reading (
    point INTEGER NOT NULL,
    until INTEGER NOT NULL, -- the end of the interval, a multiple of 15 minutes; a reading at this instant is its
    first_at INTEGER NOT NULL,
    first ANY NOT NULL,
    last_at INTEGER NOT NULL,
    last ANY NOT NULL,
    PRIMARY KEY (point, until)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX gap_revision ON gap (revision);

-- The revision of the ledger of gaps up to which judging has looked.
ALTER TABLE judged ADD COLUMN gap INTEGER NOT NULL DEFAULT 0;

-- Messages that could not be read, one row for all that are alike. Of old kinds only the number is kept.
CREATE TABLE quarantine (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    topic TEXT NOT NULL,
    problem TEXT NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    count INTEGER NOT NULL,
    size INTEGER NOT NULL, -- of the newest, in bytes
    payload BLOB NOT NULL, -- the beginning of the newest
    UNIQUE (source, topic, problem)
) STRICT;

CREATE INDEX quarantine_last ON quarantine (last);

-- How many messages stood in rows of quarantine that had to make room.
CREATE TABLE quarantine_gone (
    source TEXT PRIMARY KEY,
    count INTEGER NOT NULL
) STRICT;

-- A checksum of each block's row; null where an older version wrote it.
ALTER TABLE block ADD COLUMN seal INTEGER;

-- Blocks that could not be read, as they were found. In their place stands a block without rows.
CREATE TABLE damaged_block (
    seq INTEGER PRIMARY KEY, -- the block's
    at INTEGER NOT NULL,
    problem TEXT NOT NULL,
    source ANY,
    received ANY,
    reach ANY,
    min_time ANY,
    max_time ANY,
    rows ANY,
    conflicts ANY,
    payload ANY,
    seal ANY
) STRICT;

-- Files that were set aside. Blocks of them up to seq are still to be taken over; 0 once all are.
CREATE TABLE set_aside (
    file TEXT PRIMARY KEY, -- its name, in the journal's folder
    at INTEGER NOT NULL,
    problem TEXT NOT NULL,
    seq INTEGER NOT NULL,
    blocks INTEGER NOT NULL, -- taken over
    lost INTEGER NOT NULL -- rows of any table that could not be read, as far as known
) STRICT;

-- Finds the few blocks that conflict around an instant.
CREATE INDEX block_conflict ON block (max_time, min_time) WHERE conflicts > 0;
