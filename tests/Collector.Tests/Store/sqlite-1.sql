-- The schema of version 1, with some rows.
CREATE TABLE alerts (
    id TEXT PRIMARY KEY,
    agent_id TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    time INTEGER NOT NULL,
    stored INTEGER NOT NULL,
    host TEXT NOT NULL,
    tool TEXT NOT NULL,
    severity INTEGER NOT NULL,
    risk_score INTEGER NOT NULL,
    suspicion_score INTEGER NOT NULL,
    record BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX alerts_by_time ON alerts (time);

CREATE TABLE gaps (
    agent_id TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    reason TEXT NOT NULL,
    count INTEGER NOT NULL,
    count_is_exact INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (agent_id, epoch, sequence)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_trail (
    agent_id TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    time INTEGER NOT NULL,
    what TEXT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (agent_id, epoch, sequence)
) STRICT, WITHOUT ROWID;

-- How far each agent has come. next_sequence is committed together with the rows.
CREATE TABLE agents (
    agent_id TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    next_sequence INTEGER NOT NULL,
    PRIMARY KEY (agent_id, epoch)
) STRICT, WITHOUT ROWID;

-- The last sign of life of each agent.
CREATE TABLE heartbeats (
    agent_id TEXT PRIMARY KEY,
    host TEXT NOT NULL,
    version TEXT NOT NULL,
    time INTEGER NOT NULL,
    counters TEXT NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO alerts VALUES ('late', 'a', 2, 7, 1795334400000000, 1795334400000002, 'node', 'docker', 2, 40, 3, x'0a046c617465');
INSERT INTO alerts VALUES ('early', 'a', 1, 1, 1795330800000000, 1795330800000001, 'node', 'docker', 2, 40, 3, x'0a056561726c79');
INSERT INTO gaps VALUES ('a', 1, 2, 'ring_full', 7, 1, 0, 1);
INSERT INTO audit_trail VALUES ('a', 1, 3, 0, 'agent_start', '');
INSERT INTO agents VALUES ('a', 1, 4), ('a', 2, 8);
INSERT INTO heartbeats VALUES ('a', 'node', '1', 0, '{}');
PRAGMA user_version = 1;
