-- known_ns is when it was put in. Those of which nothing is left are forgotten, but not in their first day.
CREATE TABLE perfkit_instance (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    version TEXT NOT NULL,
    started_ns INTEGER NOT NULL,
    known_ns INTEGER NOT NULL
);

-- A name with labels, as a JSON list of pairs. The key is a hash of both.
CREATE TABLE perfkit_series (
    id INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL,
    labels TEXT NOT NULL
);
CREATE INDEX perfkit_series_name ON perfkit_series (name);

-- Level 0 is what was written, 1 an hour, 2 a day. What is rolled is contained in the next level, and a
-- leaf contains nothing that is still there.
-- Of what was written and has been forgotten (rolled = 4) the number stays, so that it counts once.
CREATE TABLE perfkit_interval (
    id INTEGER PRIMARY KEY,
    instance_id INTEGER NOT NULL,
    level INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    at_ns INTEGER NOT NULL,
    started_ns INTEGER NOT NULL,
    taken_ns INTEGER NOT NULL,
    covered_ns INTEGER NOT NULL,
    rolled INTEGER NOT NULL,
    leaf INTEGER NOT NULL,
    UNIQUE (instance_id, level, sequence)
);
CREATE INDEX perfkit_interval_at ON perfkit_interval (at_ns, level);
CREATE INDEX perfkit_interval_unrolled ON perfkit_interval (level, at_ns) WHERE rolled = 0;
CREATE INDEX perfkit_interval_marked ON perfkit_interval (id) WHERE rolled = 3;

CREATE TABLE perfkit_operation (
    interval_id INTEGER NOT NULL,
    series_id INTEGER NOT NULL,
    level INTEGER NOT NULL,
    at_ns INTEGER NOT NULL,
    calls INTEGER NOT NULL,
    errors INTEGER NOT NULL,
    panicked INTEGER NOT NULL,
    cancelled INTEGER NOT NULL,
    skipped INTEGER NOT NULL,
    sum_ns INTEGER NOT NULL,
    nested_ns INTEGER NOT NULL,
    self_ns INTEGER NOT NULL,
    min_ns INTEGER,
    max_ns INTEGER,
    histogram BLOB NOT NULL,
    PRIMARY KEY (interval_id, series_id)
) WITHOUT ROWID;

CREATE TABLE perfkit_counter (
    interval_id INTEGER NOT NULL,
    series_id INTEGER NOT NULL,
    level INTEGER NOT NULL,
    at_ns INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (interval_id, series_id)
) WITHOUT ROWID;

CREATE TABLE perfkit_gauge (
    interval_id INTEGER NOT NULL,
    series_id INTEGER NOT NULL,
    level INTEGER NOT NULL,
    at_ns INTEGER NOT NULL,
    last_ns INTEGER NOT NULL,
    last REAL NOT NULL,
    least REAL NOT NULL,
    most REAL NOT NULL,
    total REAL NOT NULL,
    readings INTEGER NOT NULL,
    PRIMARY KEY (interval_id, series_id)
) WITHOUT ROWID;

CREATE TABLE perfkit_distribution (
    interval_id INTEGER NOT NULL,
    series_id INTEGER NOT NULL,
    level INTEGER NOT NULL,
    at_ns INTEGER NOT NULL,
    digits INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    sum REAL NOT NULL,
    least REAL,
    most REAL,
    buckets BLOB NOT NULL,
    PRIMARY KEY (interval_id, series_id)
) WITHOUT ROWID;

CREATE TABLE perfkit_alert (
    instance_id INTEGER NOT NULL,
    at_ns INTEGER NOT NULL,
    rule TEXT NOT NULL,
    labels TEXT NOT NULL,
    severity TEXT NOT NULL,
    status TEXT NOT NULL,
    value REAL,
    threshold REAL,
    summary TEXT NOT NULL
);
CREATE INDEX perfkit_alert_at ON perfkit_alert (at_ns);

CREATE TABLE perfkit_health (
    instance_id INTEGER NOT NULL,
    at_ns INTEGER NOT NULL,
    name TEXT NOT NULL,
    status TEXT NOT NULL,
    message TEXT NOT NULL
);
CREATE INDEX perfkit_health_at ON perfkit_health (at_ns);
