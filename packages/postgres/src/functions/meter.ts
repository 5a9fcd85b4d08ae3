/**
 * Token bucket and leaky bucket: a level that drains `num` a tick and must not pass `cap`; one unit of cost is `den`.
 * Rule: 1, tick, num, den, cap. Cells: ts, level.
 *
 * Elapsed time is held against the time to drain before it is multiplied, and a cost against the room before it is, so
 * nothing passes 2^63. (The quotients of whole numbers are whole here, so the comparisons are exact.)
 */
export const meter = (schema: string): string => `
  -- The tick that counts: the clock's, or the stored one if it is ahead by no more than a minute.
  CREATE FUNCTION ${schema}.meter_tick(length bigint, ts bigint, now bigint) RETURNS bigint
  LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN ts > now / length AND ts - now / length <= 60000000 / length THEN ts ELSE now / length END
  $$;

  -- What is left of the level at a tick.
  CREATE FUNCTION ${schema}.meter_level(num bigint, ts bigint, level bigint, tick bigint) RETURNS bigint
  LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN tick <= ts THEN level WHEN tick - ts > level / num THEN 0 ELSE level - (tick - ts) * num END
  $$;

  -- The level after a charge, at most 2^53 - 1.
  CREATE FUNCTION ${schema}.meter_charge(den bigint, level bigint, cost bigint) RETURNS bigint
  LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN cost > (9007199254740991 - level) / den THEN 9007199254740991 ELSE level + cost * den END
  $$;

  CREATE FUNCTION ${schema}.meter_fits(rule bigint[], cells bigint[], now bigint, cost bigint) RETURNS boolean
  LANGUAGE plpgsql IMMUTABLE AS $$
  DECLARE
    tick bigint := ${schema}.meter_tick(rule[2], cells[1], now);
    level bigint := ${schema}.meter_level(rule[3], cells[1], cells[2], tick);
  BEGIN
    RETURN level <= rule[5] AND cost <= (rule[5] - level) / rule[4];
  END
  $$;

  CREATE FUNCTION ${schema}.meter_take(rule bigint[], cells bigint[], now bigint, cost bigint) RETURNS bigint[]
  LANGUAGE plpgsql IMMUTABLE AS $$
  DECLARE
    tick bigint := ${schema}.meter_tick(rule[2], cells[1], now);
    level bigint := ${schema}.meter_level(rule[3], cells[1], cells[2], tick);
  BEGIN
    RETURN ARRAY[tick, ${schema}.meter_charge(rule[4], level, cost)];
  END
  $$;

  -- First in, first out: the receipt's own level says how much of the charge has not drained yet.
  CREATE FUNCTION ${schema}.meter_give_back(
    rule bigint[], cells bigint[], now bigint, amount bigint, receipt bigint[]
  ) RETURNS bigint[]
  LANGUAGE plpgsql IMMUTABLE AS $$
  DECLARE
    tick bigint := ${schema}.meter_tick(rule[2], cells[1], now);
    level bigint := ${schema}.meter_level(rule[3], cells[1], cells[2], tick);
    remainder bigint := ${schema}.meter_level(rule[3], receipt[1], receipt[2], tick);
  BEGIN
    IF amount <= remainder / rule[4] THEN remainder := amount * rule[4]; END IF;
    RETURN ARRAY[tick, greatest(0, level - remainder)];
  END
  $$;

  -- Units that count, rounded up.
  CREATE FUNCTION ${schema}.meter_used(rule bigint[], cells bigint[], now bigint) RETURNS bigint
  LANGUAGE plpgsql IMMUTABLE AS $$
  DECLARE
    tick bigint := ${schema}.meter_tick(rule[2], cells[1], now);
    level bigint := ${schema}.meter_level(rule[3], cells[1], cells[2], tick);
  BEGIN
    RETURN level / rule[4] + (level % rule[4] > 0)::int;
  END
  $$;

  -- From when on it equals an absent one, or a tick later. A huge debt lasts longer than a time can say.
  CREATE FUNCTION ${schema}.meter_empty_at(rule bigint[], cells bigint[]) RETURNS bigint
  LANGUAGE sql IMMUTABLE AS $$
    SELECT least(cells[1] + cells[2] / rule[3] + 1, 9007199254740991 / rule[2]) * rule[2]
  $$;

  -- The state of another meter in this one's units: the same level, rounded up to a den-th of a unit, as of the end of the
  -- tick in which the other's counts. The one product that passes 2^63, so it is a numeric's.
  CREATE FUNCTION ${schema}.meter_rescale(rule bigint[], written bigint[], cells bigint[], now bigint)
  RETURNS bigint[]
  LANGUAGE plpgsql IMMUTABLE AS $$
  DECLARE
    tick bigint := ${schema}.meter_tick(written[2], cells[1], now);
    level bigint := ${schema}.meter_level(written[3], cells[1], cells[2], tick);
    rescaled numeric := div(level::numeric * rule[4] + written[4] - 1, written[4]);
    at bigint := tick * written[2];
  BEGIN
    RETURN ARRAY[at / rule[2] + (at % rule[2] > 0)::int, least(rescaled, 9007199254740991)::bigint];
  END
  $$;
`
