/**
 * Two counters: what the previous window counts for shrinks with its overlap.
 * Rule: 3, length, tick, limit. Cells: start, current, previous.
 */
export const slidingWindow = (schema: string): string => `
  -- The counters at a time: those of the stored window, moved on by one, or none. One that lies ahead counts as it stands.
  CREATE FUNCTION ${schema}.sliding_window_at(length bigint, cells bigint[], at bigint) RETURNS bigint[]
  LANGUAGE plpgsql IMMUTABLE AS $$
  DECLARE
    start bigint := at - at % length;
  BEGIN
    IF cells[1] > at OR cells[1] = start THEN RETURN ARRAY[start, cells[2], cells[3]]; END IF;
    IF cells[1] = start - length THEN RETURN ARRAY[start, 0, cells[2]]; END IF;
    RETURN ARRAY[start, 0, 0];
  END
  $$;

  -- Ticks of the previous window that still overlap the sliding one: 1 or more.
  CREATE FUNCTION ${schema}.sliding_window_overlap(length bigint, tick bigint, at bigint) RETURNS bigint
  LANGUAGE sql IMMUTABLE AS $$
    SELECT length / tick - (at % length) / tick
  $$;

  -- previous * overlap + (current + cost) * ticks <= limit * ticks, without a product that a debt could make too large.
  CREATE FUNCTION ${schema}.sliding_window_fits(rule bigint[], cells bigint[], now bigint, cost bigint)
  RETURNS boolean
  LANGUAGE plpgsql IMMUTABLE AS $$
  DECLARE
    at bigint := ${schema}.time_at(cells[1], now);
    moved bigint[] := ${schema}.sliding_window_at(rule[2], cells, at);
    ticks bigint := rule[2] / rule[3];
    room bigint := rule[4] * ticks;
    overlap bigint := ${schema}.sliding_window_overlap(rule[2], rule[3], at);
  BEGIN
    IF moved[3] > room / overlap THEN RETURN false; END IF;
    RETURN moved[2] + cost <= (room - moved[3] * overlap) / ticks;
  END
  $$;

  CREATE FUNCTION ${schema}.sliding_window_take(rule bigint[], cells bigint[], now bigint, cost bigint)
  RETURNS bigint[]
  LANGUAGE plpgsql IMMUTABLE AS $$
  BEGIN
    cells := ${schema}.sliding_window_at(rule[2], cells, ${schema}.time_at(cells[1], now));
    cells[2] := least(cells[2] + cost, 9007199254740991);
    RETURN cells;
  END
  $$;

  CREATE FUNCTION ${schema}.sliding_window_give_back(
    rule bigint[], cells bigint[], now bigint, amount bigint, receipt bigint[]
  ) RETURNS bigint[]
  LANGUAGE plpgsql IMMUTABLE AS $$
  BEGIN
    cells := ${schema}.sliding_window_at(rule[2], cells, ${schema}.time_at(cells[1], now));
    IF receipt[1] = cells[1] THEN cells[2] := greatest(0, cells[2] - amount); END IF;
    IF receipt[1] = cells[1] - rule[2] THEN cells[3] := greatest(0, cells[3] - amount); END IF;
    RETURN cells;
  END
  $$;

  -- Units that count, rounded up; as doubles reckon it, since a debt's weight may be more than they hold exactly.
  CREATE FUNCTION ${schema}.sliding_window_used(rule bigint[], cells bigint[], now bigint) RETURNS bigint
  LANGUAGE plpgsql IMMUTABLE AS $$
  DECLARE
    at bigint := ${schema}.time_at(cells[1], now);
    moved bigint[] := ${schema}.sliding_window_at(rule[2], cells, at);
    overlap float8 := ${schema}.sliding_window_overlap(rule[2], rule[3], at);
  BEGIN
    RETURN least(ceil(moved[3] * overlap / (rule[2] / rule[3])) + moved[2], 9007199254740991)::bigint;
  END
  $$;

  CREATE FUNCTION ${schema}.sliding_window_empty_at(rule bigint[], cells bigint[]) RETURNS bigint
  LANGUAGE sql IMMUTABLE AS $$
    SELECT cells[1] + CASE WHEN cells[2] > 0 THEN 2 * rule[2] WHEN cells[3] > 0 THEN rule[2] ELSE 0 END
  $$;
`
