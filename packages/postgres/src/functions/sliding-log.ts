/**
 * Exact: at most `limit` in any window. Rule: 4, length, limit.
 * Cells: a time and a cost for each charge, oldest first; charges of the same microsecond share an entry.
 */
export const slidingLog = (schema: string): string => `
  -- The latest time of a log; 0 of an empty one.
  CREATE FUNCTION ${schema}.sliding_log_latest(cells bigint[]) RETURNS bigint
  LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(cells[cardinality(cells) - 1], 0)
  $$;

  -- How many numbers at the front are of entries that are over. They are few: who takes drops them.
  CREATE FUNCTION ${schema}.sliding_log_dead(length bigint, cells bigint[], at bigint) RETURNS int
  LANGUAGE plpgsql IMMUTABLE AS $$
  DECLARE
    dead int := 0;
  BEGIN
    WHILE cells[dead + 1] <= at - length LOOP dead := dead + 2; END LOOP;
    RETURN dead;
  END
  $$;

  CREATE FUNCTION ${schema}.sliding_log_used(length bigint, cells bigint[], now bigint) RETURNS bigint
  LANGUAGE plpgsql IMMUTABLE AS $$
  DECLARE
    at bigint := ${schema}.time_at(${schema}.sliding_log_latest(cells), now);
    dead int := ${schema}.sliding_log_dead(length, cells, at);
  BEGIN
    RETURN least(coalesce(sum(c.cell), 0), 9007199254740991)
      FROM unnest(cells) WITH ORDINALITY AS c(cell, place)
      WHERE c.place > dead AND c.place % 2 = 0;
  END
  $$;

  CREATE FUNCTION ${schema}.sliding_log_append(cells bigint[], at bigint, cost bigint) RETURNS bigint[]
  LANGUAGE plpgsql IMMUTABLE AS $$
  DECLARE
    size int := cardinality(cells);
  BEGIN
    IF cells[size - 1] = at THEN
      cells[size] := least(cells[size] + cost, 9007199254740991);
    ELSIF cost > 0 THEN
      cells := cells || at || cost;
    END IF;
    RETURN cells;
  END
  $$;

  -- Drops what is over, and pulls times that lie ahead (the clock was set back) to this one, as one entry.
  CREATE FUNCTION ${schema}.sliding_log_settle(length bigint, cells bigint[], at bigint) RETURNS bigint[]
  LANGUAGE plpgsql IMMUTABLE AS $$
  DECLARE
    dead int := ${schema}.sliding_log_dead(length, cells, at);
    size int := cardinality(cells);
    ahead bigint := 0;
  BEGIN
    WHILE size > dead AND cells[size - 1] > at LOOP
      ahead := least(ahead + cells[size], 9007199254740991);
      size := size - 2;
    END LOOP;
    IF dead > 0 OR size < cardinality(cells) THEN cells := cells[dead + 1 : size]; END IF;
    IF ahead = 0 THEN RETURN cells; END IF;
    RETURN ${schema}.sliding_log_append(cells, at, ahead);
  END
  $$;

  CREATE FUNCTION ${schema}.sliding_log_take(rule bigint[], cells bigint[], now bigint, cost bigint)
  RETURNS bigint[]
  LANGUAGE plpgsql IMMUTABLE AS $$
  DECLARE
    at bigint := ${schema}.time_at(${schema}.sliding_log_latest(cells), now);
  BEGIN
    RETURN ${schema}.sliding_log_append(${schema}.sliding_log_settle(rule[2], cells, at), at, cost);
  END
  $$;

  -- The entry of the charge's time, if it still counts.
  CREATE FUNCTION ${schema}.sliding_log_give_back(
    rule bigint[], cells bigint[], now bigint, amount bigint, receipt bigint[]
  ) RETURNS bigint[]
  LANGUAGE plpgsql IMMUTABLE AS $$
  DECLARE
    at bigint := ${schema}.time_at(${schema}.sliding_log_latest(cells), now);
    i int := 1;
  BEGIN
    cells := ${schema}.sliding_log_settle(rule[2], cells, at);
    WHILE cells[i] <> receipt[1] LOOP i := i + 2; END LOOP;
    IF cells[i + 1] > amount THEN
      cells[i + 1] := cells[i + 1] - amount;
    ELSIF i <= cardinality(cells) THEN
      cells := cells[: i - 1] || cells[i + 2 :];
    END IF;
    RETURN cells;
  END
  $$;

  CREATE FUNCTION ${schema}.sliding_log_empty_at(rule bigint[], cells bigint[]) RETURNS bigint
  LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(cells[cardinality(cells) - 1] + rule[2], 0)
  $$;
`
