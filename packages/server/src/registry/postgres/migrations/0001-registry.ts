/**
 * `head` has one row, which whoever writes locks first: the ids of the last change and of the last change of the plans, and the
 * default. Options of plans, what is different for a subject, and changes are JSON as text, for `jsonb` doesn't take every
 * string. Times are in milliseconds since the epoch. Subjects compare by their bytes, whatever the database's language.
 */
export const registry = (schema: string): string => `
  CREATE TABLE ${schema}.head (
    one int PRIMARY KEY CHECK (one = 1),
    last_id bigint NOT NULL,
    revision bigint NOT NULL,
    default_plan text NOT NULL
  );
  INSERT INTO ${schema}.head VALUES (1, 0, 0, '');

  CREATE TABLE ${schema}.plans (name text COLLATE "C" PRIMARY KEY, options text NOT NULL);

  CREATE TABLE ${schema}.subjects (
    subject text COLLATE "C" PRIMARY KEY,
    plan text COLLATE "C" NOT NULL REFERENCES ${schema}.plans (name),
    changes text NOT NULL,
    changed_at bigint NOT NULL
  );
  CREATE INDEX subjects_plan ON ${schema}.subjects (plan, subject);

  CREATE TABLE ${schema}.changes (
    id bigint PRIMARY KEY,
    at bigint NOT NULL,
    actor text NOT NULL,
    subject text COLLATE "C",
    change text NOT NULL
  );
  CREATE INDEX changes_subject ON ${schema}.changes (subject, id) WHERE subject IS NOT NULL;
`
