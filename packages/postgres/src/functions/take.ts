/**
 * The short way for what is asked most: plain checks of meters, each key under one rule at one cost, however often. One upsert
 * takes from every key that has room for one at least. What it leaves out (denials, states from elsewhere) goes the long way
 * of `apply` in the same transaction: the upsert has locked those rows, too, all of them in the order of keys.
 *
 * It takes `keys`, and for each the place of its rule, how often, and its time (an empty list: the clock's); then `rules`,
 * `units` and `patience` as `apply` does, but a rule stands there once for each cost, which is its sixth number.
 *
 * It gives three parts with a `/` between: the clock; a list of three numbers for each key that it answers, its note and the
 * state that this left; and what `apply` says of the others, in their order. Of the last two either may be empty.
 *
 * An upsert sees no more of a key than its row, so the row's note tells it the rest: the key's place, times 2^22, how often to
 * take, times 2^12, and where the terms begin. Then it says how often was taken; and who finds terms in it has a new row.
 * That has room for 511 keys and 1,023 questions, of which a statement has 256.
 *
 * The clock is read before the locks. Who waits for a row decides by a clock that lags by so long: it counts by the row's
 * time where that is ahead, and never lets in more. Nor is anybody turned away for it: `apply` reads the clock anew.
 */
export const take = (schema: string): string => `
  CREATE FUNCTION ${schema}.take(
    keys text[], parts int[], oftens int[], times bigint[], rules bigint[], units text[], patience int
  ) RETURNS text
  LANGUAGE plpgsql
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan
  AS $$
  DECLARE
    waits CONSTANT text := ${schema}.prepare(patience);
    clock CONSTANT bigint := extract(epoch FROM clock_timestamp()) * 1000000;
    -- The terms of a rule at a cost: how long a tick is, what drains in one, the level that is full, what the cost adds to it,
    -- and in how many ticks all drains.
    tick CONSTANT bigint := rules[2];
    drain CONSTANT bigint := rules[3];
    top CONSTANT bigint := rules[5];
    charge CONSTANT bigint := rules[4] * rules[6];
    span CONSTANT bigint := top / drain + 1;
    terms bigint[];
    answers bigint[];
    rest bigint[];
  BEGIN
    IF cardinality(units) = 1 THEN
      ${upsert(schema, () => ['tick', 'drain', 'top', 'charge', 'span'])}
    ELSE
      FOR i IN 0 .. cardinality(rules) - 6 BY 6 LOOP
        terms := terms || ARRAY[
          rules[i + 2], rules[i + 3], rules[i + 5], rules[i + 4] * rules[i + 6], rules[i + 5] / rules[i + 3] + 1
        ];
      END LOOP;
      ${upsert(schema, (first) => {
        const term = (n: number) => `terms[${first} + ${n}]`
        return [term(0), term(1), term(2), term(3), term(4)]
      })}
    END IF;

    IF coalesce(array_length(answers, 1), 0) < cardinality(keys) THEN
      SELECT ${schema}.apply(
          array_agg(l.key ORDER BY l.slot), count(*)::int, rules, units,
          string_to_array(
            string_agg(concat_ws(',', l.slot, l.part, rules[l.part * 6], 0, l.often), ',' ORDER BY l.slot), ','
          )::bigint[],
          coalesce(array_agg(l.time ORDER BY l.slot) FILTER (WHERE l.time IS NOT NULL), '{}'), '{}', patience
        )
        INTO rest
        FROM (
          SELECT u.key, u.part, u.often, u.time, row_number() OVER (ORDER BY u.place) AS slot
          FROM unnest(keys, parts, oftens, times) WITH ORDINALITY AS u(key, part, often, time, place)
          WHERE u.place NOT IN (SELECT a.note >> 22 FROM unnest(answers[:][1:1]) AS a(note))
        ) AS l;
    END IF;
    RETURN concat(clock, '/', answers, '/', rest);
  END
  $$;
`

/**
 * What is left of the level of a row `s` at a tick. Elapsed ticks are held against `span`, the ticks in which all drains, before
 * they are multiplied.
 */
export function levelAt(tick: string, span: string, drain: string): string {
  return `greatest(s.cells[2] - least(greatest(${tick} - s.cells[1], 0), ${span}) * ${drain}, 0)`
}

type Terms = readonly [tick: string, drain: string, top: string, charge: string, span: string]

/** The upsert, with terms that are the same for all, or stand in a list from a place on. */
function upsert(schema: string, termsAt: (first: string) => Terms): string {
  const [tick, drain, top, charge, span] = termsAt('(excluded.note & 4095)')
  const [newTick, newDrain, , newCharge] = termsAt('k.first')
  const [, , limit, one] = termsAt('u.part * 5 - 4')
  // Level and room are as of the tick that counts.
  const level = levelAt('excluded.cells[1]', span, drain)
  const taken = `least(excluded.note >> 12 & 1023, (${top} - ${level}) / ${charge})`
  return `
      WITH answered AS (
        INSERT INTO ${schema}.states AS s (key, units, cells, expires_at, note)
          SELECT
            k.key, k.units, ARRAY[k.now / ${newTick}, k.often * ${newCharge}],
            -- When the level has drained, and a minute of lead and one of lag.
            k.base + least(k.often * ${newCharge} / ${newDrain} + 1, 9007199254740991 / ${newTick}) * ${newTick} + 120000000,
            (k.place << 22) + (k.often << 12) + k.first
          FROM (
            SELECT
              u.key, u.place::int, units[u.part] AS units, u.part * 5 - 4 AS first,
              least(u.often, ${limit} / ${one})::int AS often,
              CASE WHEN u.time >= 0 THEN u.time ELSE clock END AS now,
              clock + CASE WHEN u.time >= 0 THEN 86400000000 ELSE 0 END AS base
            FROM unnest(keys, parts, oftens, times) WITH ORDINALITY AS u(key, part, often, time, place)
          ) AS k
          ORDER BY k.key COLLATE "C"
        ON CONFLICT (key) DO UPDATE SET
          cells = ARRAY[greatest(s.cells[1], excluded.cells[1]), ${level} + ${taken} * ${charge}],
          expires_at = excluded.expires_at + least(s.cells[2] / ${drain} + 1, 9007199254740991 / ${tick}) * ${tick},
          note = (excluded.note >> 22 << 22) + (${taken} << 12),
          spare = NULL
        WHERE s.units = excluded.units AND s.cells[2] <= ${top}
          AND s.cells[1] - excluded.cells[1] <= 60000000 / ${tick}
          AND ${level} + ${charge} <= ${top}
        RETURNING ARRAY[s.note, s.cells[1], s.cells[2]] AS answer
      )
      SELECT array_agg(a.answer) INTO answers FROM answered AS a;`
}
