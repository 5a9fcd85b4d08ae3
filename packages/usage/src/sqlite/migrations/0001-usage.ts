/**
 * One row for each quarter hour, subject, meter and plan, in the order of time, so that a period is one stretch of the table; the
 * index is for questions about one subject. `slot` is in microseconds since the epoch, `written_at` in milliseconds.
 *
 * Batches are known by their ids for some days, so that one that is sent again isn't counted again.
 */
export const usage = (table: string): string => `
  CREATE TABLE "${table}" (
    slot INTEGER NOT NULL,
    subject TEXT NOT NULL,
    meter TEXT NOT NULL,
    plan TEXT NOT NULL,
    requests INTEGER NOT NULL,
    denied INTEGER NOT NULL,
    units INTEGER NOT NULL,
    denied_units INTEGER NOT NULL,
    PRIMARY KEY (slot, subject, meter, plan)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX "${table}_subject" ON "${table}" (subject, slot);

  CREATE TABLE "${table}_batches" (id TEXT PRIMARY KEY, written_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX "${table}_batches_written_at" ON "${table}_batches" (written_at);
`
