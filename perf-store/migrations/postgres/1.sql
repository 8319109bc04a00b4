-- known_ns is when it was put in. Those of which nothing is left are forgotten, but not in their first day.
CREATE TABLE perfkit_instance (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    host TEXT NOT NULL,
    pid BIGINT NOT NULL,
    version TEXT NOT NULL,
    started_ns BIGINT NOT NULL,
    known_ns BIGINT NOT NULL
);

-- A name with labels, as a JSON list of pairs. The key is a hash of both.
CREATE TABLE perfkit_series (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hash BYTEA NOT NULL UNIQUE,
    name TEXT NOT NULL,
    labels TEXT NOT NULL
);
CREATE INDEX perfkit_series_name ON perfkit_series (name);

-- Level 0 is what was written, 1 an hour, 2 a day. What is rolled is contained in the next level, and a
-- leaf contains nothing that is still there.
-- Of what was written and has been forgotten (rolled = 4) the number stays, so that it counts once.
CREATE TABLE perfkit_interval (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    instance_id BIGINT NOT NULL,
    level BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    at_ns BIGINT NOT NULL,
    started_ns BIGINT NOT NULL,
    taken_ns BIGINT NOT NULL,
    covered_ns BIGINT NOT NULL,
    rolled BIGINT NOT NULL,
    leaf BIGINT NOT NULL,
    UNIQUE (instance_id, level, sequence)
);
CREATE INDEX perfkit_interval_at ON perfkit_interval (at_ns, level);
CREATE INDEX perfkit_interval_unrolled ON perfkit_interval (level, at_ns) WHERE rolled = 0;
CREATE INDEX perfkit_interval_marked ON perfkit_interval (id) WHERE rolled = 3;

CREATE TABLE perfkit_operation (
    interval_id BIGINT NOT NULL,
    series_id BIGINT NOT NULL,
    level BIGINT NOT NULL,
    at_ns BIGINT NOT NULL,
    calls BIGINT NOT NULL,
    errors BIGINT NOT NULL,
    panicked BIGINT NOT NULL,
    cancelled BIGINT NOT NULL,
    skipped BIGINT NOT NULL,
    sum_ns BIGINT NOT NULL,
    nested_ns BIGINT NOT NULL,
    self_ns BIGINT NOT NULL,
    min_ns BIGINT,
    max_ns BIGINT,
    histogram BYTEA NOT NULL,
    PRIMARY KEY (interval_id, series_id, level, at_ns)
) PARTITION BY LIST (level);

CREATE TABLE perfkit_counter (
    interval_id BIGINT NOT NULL,
    series_id BIGINT NOT NULL,
    level BIGINT NOT NULL,
    at_ns BIGINT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (interval_id, series_id, level, at_ns)
) PARTITION BY LIST (level);

CREATE TABLE perfkit_gauge (
    interval_id BIGINT NOT NULL,
    series_id BIGINT NOT NULL,
    level BIGINT NOT NULL,
    at_ns BIGINT NOT NULL,
    last_ns BIGINT NOT NULL,
    last DOUBLE PRECISION NOT NULL,
    least DOUBLE PRECISION NOT NULL,
    most DOUBLE PRECISION NOT NULL,
    total DOUBLE PRECISION NOT NULL,
    readings BIGINT NOT NULL,
    PRIMARY KEY (interval_id, series_id, level, at_ns)
) PARTITION BY LIST (level);

CREATE TABLE perfkit_distribution (
    interval_id BIGINT NOT NULL,
    series_id BIGINT NOT NULL,
    level BIGINT NOT NULL,
    at_ns BIGINT NOT NULL,
    digits BIGINT NOT NULL,
    refused BIGINT NOT NULL,
    sum DOUBLE PRECISION NOT NULL,
    least DOUBLE PRECISION,
    most DOUBLE PRECISION,
    buckets BYTEA NOT NULL,
    PRIMARY KEY (interval_id, series_id, level, at_ns)
) PARTITION BY LIST (level);

-- Of each table a part a level, of these a part a day, a week or a quarter, made when it is needed and
-- dropped as a whole.
CREATE TABLE perfkit_operation_0 PARTITION OF perfkit_operation
    FOR VALUES IN (0) PARTITION BY RANGE (at_ns);
CREATE TABLE perfkit_operation_1 PARTITION OF perfkit_operation
    FOR VALUES IN (1) PARTITION BY RANGE (at_ns);
CREATE TABLE perfkit_operation_2 PARTITION OF perfkit_operation
    FOR VALUES IN (2) PARTITION BY RANGE (at_ns);

CREATE TABLE perfkit_counter_0 PARTITION OF perfkit_counter
    FOR VALUES IN (0) PARTITION BY RANGE (at_ns);
CREATE TABLE perfkit_counter_1 PARTITION OF perfkit_counter
    FOR VALUES IN (1) PARTITION BY RANGE (at_ns);
CREATE TABLE perfkit_counter_2 PARTITION OF perfkit_counter
    FOR VALUES IN (2) PARTITION BY RANGE (at_ns);

CREATE TABLE perfkit_gauge_0 PARTITION OF perfkit_gauge
    FOR VALUES IN (0) PARTITION BY RANGE (at_ns);
CREATE TABLE perfkit_gauge_1 PARTITION OF perfkit_gauge
    FOR VALUES IN (1) PARTITION BY RANGE (at_ns);
CREATE TABLE perfkit_gauge_2 PARTITION OF perfkit_gauge
    FOR VALUES IN (2) PARTITION BY RANGE (at_ns);

CREATE TABLE perfkit_distribution_0 PARTITION OF perfkit_distribution
    FOR VALUES IN (0) PARTITION BY RANGE (at_ns);
CREATE TABLE perfkit_distribution_1 PARTITION OF perfkit_distribution
    FOR VALUES IN (1) PARTITION BY RANGE (at_ns);
CREATE TABLE perfkit_distribution_2 PARTITION OF perfkit_distribution
    FOR VALUES IN (2) PARTITION BY RANGE (at_ns);

CREATE TABLE perfkit_alert (
    instance_id BIGINT NOT NULL,
    at_ns BIGINT NOT NULL,
    rule TEXT NOT NULL,
    labels TEXT NOT NULL,
    severity TEXT NOT NULL,
    status TEXT NOT NULL,
    value DOUBLE PRECISION,
    threshold DOUBLE PRECISION,
    summary TEXT NOT NULL
);
CREATE INDEX perfkit_alert_at ON perfkit_alert (at_ns);

CREATE TABLE perfkit_health (
    instance_id BIGINT NOT NULL,
    at_ns BIGINT NOT NULL,
    name TEXT NOT NULL,
    status TEXT NOT NULL,
    message TEXT NOT NULL
);
CREATE INDEX perfkit_health_at ON perfkit_health (at_ns);
