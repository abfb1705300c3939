-- Times are nanoseconds since the epoch, UTC.

-- The number of a point for ever. A key whose kind changes gets another number.
CREATE TABLE point (
    number INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    kind INTEGER NOT NULL,
    UNIQUE (key, kind)
) STRICT;

-- The connections that blocks came over.
CREATE TABLE source (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

-- Samples as they were taken; seq is the one order of arrival, and what cursors count.
CREATE TABLE block (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    source INTEGER NOT NULL REFERENCES source (id),
    received INTEGER NOT NULL,
    reach INTEGER NOT NULL, -- max_time - min_time < 16 ** reach
    min_time INTEGER NOT NULL,
    max_time INTEGER NOT NULL,
    rows INTEGER NOT NULL,
    conflicts INTEGER NOT NULL, -- rows that share point and time with another row, but not the content
    payload BLOB NOT NULL
) STRICT;

-- Finds the blocks around an instant: of each reach only a short stretch of min_time can hold it.
CREATE INDEX block_time ON block (reach, min_time, max_time);

-- One row: for each point the time of its newest sample and the block that holds it, as of block seq.
CREATE TABLE checkpoint (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    seq INTEGER NOT NULL,
    newest BLOB NOT NULL
) STRICT;

-- How far each reader has come.
CREATE TABLE cursor (
    name TEXT PRIMARY KEY,
    seq INTEGER NOT NULL
) STRICT;

-- What the running process last said of its parts, as JSON.
CREATE TABLE status (
    name TEXT PRIMARY KEY,
    at INTEGER NOT NULL,
    value TEXT NOT NULL
) STRICT;

-- Rows that a sink refuses for good, and why. They stay in their block as well.
CREATE TABLE dead_letter (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    sink TEXT NOT NULL,
    point INTEGER NOT NULL,
    time INTEGER NOT NULL,
    line TEXT NOT NULL,
    reason TEXT NOT NULL,
    UNIQUE (sink, point, time, line)
) STRICT;
