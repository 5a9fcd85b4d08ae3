import { levelAt } from './take.ts'

const LEVEL = levelAt('now', 'cap / num + 1', 'num')

/**
 * The shortest way, for what is asked most of all: one key, however often. One update takes all of it from a row that is there
 * and has room; whatever else there is to say goes on to `take`, in the same transaction.
 *
 * It takes a key, how often, a time (null: the clock's), the rule's units and numbers, the cost, and `patience`; it gives what
 * `take` would. Who waits for the row decides by the clock of before, as there.
 */
export const takeOne = (schema: string): string => `
  CREATE FUNCTION ${schema}.take_one(
    k text, often int, at bigint, unit text, tick bigint, num bigint, den bigint, cap bigint, cost bigint, patience int
  ) RETURNS text
  LANGUAGE plpgsql
  SET enable_seqscan = off SET plan_cache_mode = force_generic_plan
  AS $$
  DECLARE
    waits CONSTANT text := ${schema}.prepare(patience);
    clock CONSTANT bigint := extract(epoch FROM clock_timestamp()) * 1000000;
    now CONSTANT bigint := coalesce(at, clock) / tick;
    charge CONSTANT bigint := often * cost * den;
    answer text;
  BEGIN
    UPDATE ${schema}.states AS s SET
      cells = ARRAY[greatest(s.cells[1], now), ${LEVEL} + charge],
      -- When the level has drained, and a minute of lead and one of lag.
      expires_at = clock + (s.cells[2] / num + charge / num + 2) * tick + 120000000
        + CASE WHEN at IS NULL THEN 0 ELSE 86400000000 END,
      spare = NULL
    WHERE s.key = k AND s.units = unit AND s.cells[2] <= cap AND s.cells[1] - now <= 60000000 / tick
      AND ${LEVEL} + charge <= cap
    -- How often, as a note says it.
    RETURNING concat(clock, '/', (1 << 22) + (often << 12), ',', s.cells[1], ',', s.cells[2], '/') INTO answer;

    IF answer IS NULL THEN
      answer := ${schema}.take(
        ARRAY[k], '{1}', ARRAY[often], CASE WHEN at IS NULL THEN '{}' ELSE ARRAY[at] END,
        ARRAY[1, tick, num, den, cap, cost], ARRAY[unit], patience
      );
    END IF;
    RETURN answer;
  END
  $$;
`
