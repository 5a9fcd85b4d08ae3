/**
 * One row a key. `cells` are whole numbers, laid out as the algorithm of `units` says; `expires_at` is when, by the
 * server's clock, the row may go, in microseconds since the epoch; `note` is what `take` tells itself.
 *
 * Nothing but the key is indexed and pages are filled by halves, so a new version of a row finds room beside the old one
 * (HOT): no index is touched, and the next to read the page tidies up. Keys compare by their bytes, whatever the
 * database's language.
 *
 * PostgreSQL tidies a page as soon as less of it is free than new rows leave free, which of a full page would be after each
 * update. So a row is put there with something to `spare`, which its next version leaves out: then it is after several.
 *
 * An `entry` is a row in the hands of `apply`: no units, no state; `changed` is what must be written.
 */
export const states = (schema: string): string => `
  CREATE TABLE ${schema}.states (
    key text COLLATE "C" PRIMARY KEY,
    units text NOT NULL,
    cells bigint[] NOT NULL,
    expires_at bigint NOT NULL,
    note int NOT NULL DEFAULT 0,
    spare text DEFAULT repeat(' ', 64)
  ) WITH (fillfactor = 70);

  CREATE TYPE ${schema}.entry AS (units text, cells bigint[], expires_at bigint, changed boolean);
`
