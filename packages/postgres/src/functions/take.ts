/**
 * The short way for what is asked most: plain checks of meters, each key under one rule at one cost, however often. One
 * update takes from every key that is there and has room for one at least; what it leaves out (new keys, denials, states
 * from elsewhere) is untouched and not answered, and goes the long way of `apply`.
 *
 * It takes `keys`, and for each the place of its rule, the cost, how often, and its time (an empty list: the clock's); then
 * rules, units and patience as `apply` does. It gives lists of four numbers: `0, clock, 0, 0`, and for each key that it
 * answered its place, how often it was taken, and the state that this left.
 *
 * Rows are locked as they are updated, in the order of keys. The clock is read before that, so who waits for a row decides by
 * a clock that lags by so long: it counts by the row's time where that is ahead, and never lets in more.
 */
export const take = (schema: string): string => {
  // Level and room as of the tick that counts; elapsed ticks are held against the time to drain before they are multiplied.
  const elapsed = 'least(greatest(k.tick - s.cells[1], 0), s.cells[2] / k.num + 1)'
  const level = `greatest(s.cells[2] - ${elapsed} * k.num, 0)`
  const taken = `least(k.often, (k.cap - ${level}) / k.charge)`
  return `
  CREATE FUNCTION ${schema}.take(
    keys text[], parts int[], costs bigint[], oftens bigint[], times bigint[], rules bigint[], units text[], patience int
  ) RETURNS bigint[]
  LANGUAGE plpgsql
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan
  AS $$
  DECLARE
    clock bigint := extract(epoch FROM clock_timestamp()) * 1000000;
    answers bigint[];
  BEGIN
    PERFORM ${schema}.prepare(patience);
    WITH answered AS (
      UPDATE ${schema}.states AS s SET
        cells = ARRAY[greatest(s.cells[1], k.tick), ${level} + ${taken} * k.charge],
        taken = ${taken},
        -- No sooner than the level after has drained, and a minute of lead and one of lag.
        expires_at = k.base + (least(k.cap, s.cells[2] + k.often * k.charge) / k.num + 2) * k.length + 120000000
      FROM (
        SELECT
          u.key, u.place, u.often, units[u.part] AS units,
          rules[u.part * 6 - 4] AS length,
          rules[u.part * 6 - 3] AS num,
          rules[u.part * 6 - 1] AS cap,
          rules[u.part * 6 - 2] * u.cost AS charge,
          CASE WHEN u.time >= 0 THEN u.time ELSE clock END / rules[u.part * 6 - 4] AS tick,
          clock + CASE WHEN u.time >= 0 THEN 86400000000 ELSE 0 END AS base
        FROM unnest(keys, parts, costs, oftens, times) WITH ORDINALITY AS u(key, part, cost, often, time, place)
        ORDER BY u.key COLLATE "C"
      ) AS k
      WHERE s.key = ANY (ARRAY[k.key]) AND s.units = k.units
        AND s.cells[1] - k.tick <= 60000000 / k.length
        AND ${level} + k.charge <= k.cap
      RETURNING ARRAY[k.place, s.taken, s.cells[1], s.cells[2]] AS answer
    )
    SELECT array_agg(a.answer) INTO answers FROM answered AS a;
    RETURN ARRAY[[0, clock, 0, 0]] || answers;
  END
  $$;
`
}
