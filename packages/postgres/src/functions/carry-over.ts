/** States that were written under another configuration, or by a clock that was set back since. */
export const carryOver = (schema: string): string => `
  -- A state's numbers in the units of a rule. What was used elsewhere counts from now on, in units rounded up; from meter
  -- to meter with its fraction. A sliding window's tick is not in its state, so only its length must be the same.
  CREATE FUNCTION ${schema}.cells_in(rule bigint[], rule_units text, units text, cells bigint[], now bigint)
  RETURNS bigint[]
  LANGUAGE plpgsql IMMUTABLE AS $$
  DECLARE
    written bigint[];
    at bigint;
  BEGIN
    IF units IS NULL THEN RETURN ${schema}.absent(rule); END IF;
    IF units = rule_units THEN RETURN cells; END IF;
    written := ${schema}.written(units);
    IF written[1] = 3 AND rule[1] = 3 AND written[2] = rule[2] THEN RETURN cells; END IF;
    IF written[1] = 1 AND rule[1] = 1 THEN RETURN ${schema}.meter_rescale(rule, written, cells, now); END IF;
    at := ${schema}.latest(written, cells);
    at := ${schema}.time_at(at, now);
    RETURN ${schema}.start(rule, at, ${schema}.used(written, cells, at));
  END
  $$;

  -- Whether a state counts and comes from elsewhere: then it is written anew also by a denial.
  CREATE FUNCTION ${schema}.is_from_elsewhere(
    rule bigint[], rule_units text, units text, cells bigint[], now bigint
  ) RETURNS boolean
  LANGUAGE plpgsql IMMUTABLE AS $$
  BEGIN
    IF units IS NULL OR (units = rule_units AND NOT ${schema}.is_astray(rule, cells, now)) THEN RETURN false; END IF;
    RETURN ${schema}.used(${schema}.written(units), cells, now) > 0;
  END
  $$;
`
