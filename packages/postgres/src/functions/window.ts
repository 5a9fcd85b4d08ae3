/**
 * Fixed windows and calendar quotas: a count that starts anew with each window.
 * Rule: 2, limit, length (0 for a calendar, whose bounds follow), start, end, next end. Cells: start, end, count.
 */
export const window = (schema: string): string => `
  CREATE FUNCTION ${schema}.window_start(rule bigint[], at bigint) RETURNS bigint
  LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN rule[3] > 0 THEN at - at % rule[3] WHEN at < rule[5] THEN rule[4] ELSE rule[5] END
  $$;

  CREATE FUNCTION ${schema}.window_end(rule bigint[], start bigint) RETURNS bigint
  LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN rule[3] > 0 THEN start + rule[3] WHEN start < rule[5] THEN rule[5] ELSE rule[6] END
  $$;

  -- What counts: the count of the same window, or of one that a former configuration drew and that isn't over.
  CREATE FUNCTION ${schema}.window_count(rule bigint[], cells bigint[], at bigint) RETURNS bigint
  LANGUAGE plpgsql IMMUTABLE AS $$
  DECLARE
    start bigint := ${schema}.window_start(rule, at);
  BEGIN
    IF cells[2] > at OR (cells[1] = start AND cells[2] = ${schema}.window_end(rule, start)) THEN
      RETURN cells[3];
    END IF;
    RETURN 0;
  END
  $$;

  CREATE FUNCTION ${schema}.window_fits(rule bigint[], cells bigint[], now bigint, cost bigint) RETURNS boolean
  LANGUAGE plpgsql IMMUTABLE AS $$
  BEGIN
    RETURN ${schema}.window_count(rule, cells, ${schema}.time_at(cells[1], now)) + cost <= rule[2];
  END
  $$;

  CREATE FUNCTION ${schema}.window_take(rule bigint[], cells bigint[], now bigint, cost bigint) RETURNS bigint[]
  LANGUAGE plpgsql IMMUTABLE AS $$
  DECLARE
    at bigint := ${schema}.time_at(cells[1], now);
    start bigint := ${schema}.window_start(rule, at);
    count bigint := ${schema}.window_count(rule, cells, at);
  BEGIN
    RETURN ARRAY[start, ${schema}.window_end(rule, start), least(count + cost, 9007199254740991)];
  END
  $$;

  -- Only what the window of the charge still counts.
  CREATE FUNCTION ${schema}.window_give_back(
    rule bigint[], cells bigint[], now bigint, amount bigint, receipt bigint[]
  ) RETURNS bigint[]
  LANGUAGE plpgsql IMMUTABLE AS $$
  DECLARE
    at bigint := ${schema}.time_at(cells[1], now);
  BEGIN
    IF cells[1] = receipt[1] AND cells[2] = receipt[2] AND cells[2] > at THEN
      cells[3] := greatest(0, ${schema}.window_count(rule, cells, at) - amount);
    END IF;
    RETURN cells;
  END
  $$;

  -- Whether its window runs, and is not the one that this rule would have drawn.
  CREATE FUNCTION ${schema}.window_is_astray(rule bigint[], cells bigint[], now bigint) RETURNS boolean
  LANGUAGE plpgsql IMMUTABLE AS $$
  DECLARE
    at bigint := ${schema}.time_at(cells[1], now);
    start bigint := ${schema}.window_start(rule, at);
  BEGIN
    RETURN cells[2] > at AND (cells[1] <> start OR cells[2] <> ${schema}.window_end(rule, start));
  END
  $$;

  CREATE FUNCTION ${schema}.window_used(cells bigint[], now bigint) RETURNS bigint
  LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN cells[2] > ${schema}.time_at(cells[1], now) THEN cells[3] ELSE 0 END
  $$;

  CREATE FUNCTION ${schema}.window_empty_at(cells bigint[]) RETURNS bigint
  LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN cells[3] > 0 THEN cells[2] ELSE cells[1] END
  $$;

  CREATE FUNCTION ${schema}.window_new(rule bigint[], now bigint, used bigint) RETURNS bigint[]
  LANGUAGE plpgsql IMMUTABLE AS $$
  DECLARE
    start bigint := ${schema}.window_start(rule, now);
  BEGIN
    RETURN ARRAY[start, ${schema}.window_end(rule, start), used];
  END
  $$;
`
