/**
 * One row for each quarter hour, subject, meter and plan, in the order of time, so that a period is one stretch of the index; the
 * other index is for questions about one subject. `slot` is in microseconds since the epoch. Texts compare by their bytes,
 * whatever the database's language. What changes is in no index, and pages have room for it, so an update stays on its page.
 *
 * Batches are known by their ids for some days, so that one that is sent again isn't counted again.
 */
export const usage = (schema: string): string => `
  CREATE TABLE ${schema}.usage (
    slot bigint NOT NULL,
    subject text COLLATE "C" NOT NULL,
    meter text COLLATE "C" NOT NULL,
    plan text COLLATE "C" NOT NULL,
    requests bigint NOT NULL,
    denied bigint NOT NULL,
    units bigint NOT NULL,
    denied_units bigint NOT NULL,
    PRIMARY KEY (slot, subject, meter, plan)
  ) WITH (fillfactor = 80);
  CREATE INDEX usage_subject ON ${schema}.usage (subject, slot);

  CREATE TABLE ${schema}.batches (id text PRIMARY KEY, written_at timestamptz NOT NULL DEFAULT now());
  CREATE INDEX batches_written_at ON ${schema}.batches (written_at);
`
