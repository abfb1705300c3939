-- Points whose momentary values are averaged, each from its first sample on. Of one with a seq the sums hold the
-- blocks up to it; of the others they hold those that the reader of counters has read.
CREATE TABLE averaged (
    point INTEGER PRIMARY KEY,
    seq INTEGER
) STRICT;

-- The good values of such a point within each quarter of an hour that has one: how many, and their sums in millionths,
-- as they are and without their signs. Kept for ever.
CREATE TABLE average (
    point INTEGER NOT NULL,
    until INTEGER NOT NULL, -- the end of the interval, a multiple of 15 minutes; a value at this instant is its
    count INTEGER NOT NULL,
    total INTEGER NOT NULL,
    magnitude INTEGER NOT NULL,
    PRIMARY KEY (point, until)
) STRICT, WITHOUT ROWID;
