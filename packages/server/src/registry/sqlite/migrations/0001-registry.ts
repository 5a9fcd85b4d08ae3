/**
 * `head` has one row: the ids of the last change and of the last change of the plans, and the default. Options of plans, what
 * is different for a subject, and changes are JSON. Times are in milliseconds since the epoch.
 */
export const registry = (prefix: string): string => `
  CREATE TABLE "${prefix}_head" (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    last_id INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    default_plan TEXT NOT NULL
  ) STRICT;
  INSERT INTO "${prefix}_head" VALUES (1, 0, 0, '');

  CREATE TABLE "${prefix}_plans" (name TEXT PRIMARY KEY, options TEXT NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE "${prefix}_subjects" (
    subject TEXT PRIMARY KEY,
    plan TEXT NOT NULL REFERENCES "${prefix}_plans" (name),
    changes TEXT NOT NULL,
    changed_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX "${prefix}_subjects_plan" ON "${prefix}_subjects" (plan, subject);

  CREATE TABLE "${prefix}_changes" (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    subject TEXT,
    change TEXT NOT NULL
  ) STRICT;
  CREATE INDEX "${prefix}_changes_subject" ON "${prefix}_changes" (subject, id) WHERE subject IS NOT NULL;
`
