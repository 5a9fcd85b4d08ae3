/**
 * Every algorithm under one name. A rule's first number says which: 1 a meter, 2 a window, 3 a sliding window, 4 a sliding
 * log. What a state was written in (`units`) comes as a rule, too, as far as it takes to read the state. Each is one
 * expression, which the server puts in the place of the call.
 */
export const algorithms = (schema: string): string => `
  -- The units of a state as the beginning of a rule.
  CREATE FUNCTION ${schema}.written(units text) RETURNS bigint[]
  LANGUAGE plpgsql IMMUTABLE AS $$
  DECLARE
    parts text[] := string_to_array(units, ':');
  BEGIN
    RETURN (
      CASE parts[1] WHEN 'meter' THEN '1' WHEN 'sliding-window' THEN '3' WHEN 'sliding-log' THEN '4' ELSE '2' END
      || parts[2:]
    )::bigint[];
  END
  $$;

  CREATE FUNCTION ${schema}.absent(rule bigint[]) RETURNS bigint[]
  LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE rule[1] WHEN 1 THEN '{0,0}'::bigint[] WHEN 4 THEN '{}' ELSE '{0,0,0}' END
  $$;

  CREATE FUNCTION ${schema}.fits(rule bigint[], cells bigint[], now bigint, cost bigint) RETURNS boolean
  LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE rule[1]
      WHEN 1 THEN ${schema}.meter_fits(rule, cells, now, cost)
      WHEN 2 THEN ${schema}.window_fits(rule, cells, now, cost)
      WHEN 3 THEN ${schema}.sliding_window_fits(rule, cells, now, cost)
      ELSE ${schema}.sliding_log_used(rule[2], cells, now) + cost <= rule[3]
    END
  $$;

  CREATE FUNCTION ${schema}.take(rule bigint[], cells bigint[], now bigint, cost bigint) RETURNS bigint[]
  LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE rule[1]
      WHEN 1 THEN ${schema}.meter_take(rule, cells, now, cost)
      WHEN 2 THEN ${schema}.window_take(rule, cells, now, cost)
      WHEN 3 THEN ${schema}.sliding_window_take(rule, cells, now, cost)
      ELSE ${schema}.sliding_log_take(rule, cells, now, cost)
    END
  $$;

  CREATE FUNCTION ${schema}.give_back(
    rule bigint[], cells bigint[], now bigint, amount bigint, receipt bigint[]
  ) RETURNS bigint[]
  LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE rule[1]
      WHEN 1 THEN ${schema}.meter_give_back(rule, cells, now, amount, receipt)
      WHEN 2 THEN ${schema}.window_give_back(rule, cells, now, amount, receipt)
      WHEN 3 THEN ${schema}.sliding_window_give_back(rule, cells, now, amount, receipt)
      ELSE ${schema}.sliding_log_give_back(rule, cells, now, amount, receipt)
    END
  $$;

  CREATE FUNCTION ${schema}.used(rule bigint[], cells bigint[], now bigint) RETURNS bigint
  LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE rule[1]
      WHEN 1 THEN ${schema}.meter_used(rule, cells, now)
      WHEN 2 THEN ${schema}.window_used(cells, now)
      WHEN 3 THEN ${schema}.sliding_window_used(rule, cells, now)
      ELSE ${schema}.sliding_log_used(rule[2], cells, now)
    END
  $$;

  CREATE FUNCTION ${schema}.latest(rule bigint[], cells bigint[]) RETURNS bigint
  LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE rule[1]
      WHEN 1 THEN cells[1] * rule[2]
      WHEN 4 THEN ${schema}.sliding_log_latest(cells)
      ELSE cells[1]
    END
  $$;

  -- Whether a state lies where this rule, by this clock, would not have put it.
  CREATE FUNCTION ${schema}.is_astray(rule bigint[], cells bigint[], now bigint) RETURNS boolean
  LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE rule[1]
      WHEN 2 THEN ${schema}.window_is_astray(rule, cells, now)
      ELSE ${schema}.latest(rule, cells) - now > 60000000
    END
  $$;

  -- From when on a state equals an absent one.
  CREATE FUNCTION ${schema}.empty_at(rule bigint[], cells bigint[]) RETURNS bigint
  LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE rule[1]
      WHEN 1 THEN ${schema}.meter_empty_at(rule, cells)
      WHEN 2 THEN ${schema}.window_empty_at(cells)
      WHEN 3 THEN ${schema}.sliding_window_empty_at(rule, cells)
      ELSE ${schema}.sliding_log_empty_at(rule, cells)
    END
  $$;

  -- A state in which so many units count from now on.
  CREATE FUNCTION ${schema}.start(rule bigint[], now bigint, used bigint) RETURNS bigint[]
  LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE rule[1]
      WHEN 1 THEN ARRAY[now / rule[2], ${schema}.meter_charge(rule[4], 0, used)]
      WHEN 2 THEN ${schema}.window_new(rule, now, used)
      WHEN 3 THEN ARRAY[now - now % rule[2], used, 0]
      ELSE CASE WHEN used > 0 THEN ARRAY[now, used] ELSE '{}' END
    END
  $$;
`
