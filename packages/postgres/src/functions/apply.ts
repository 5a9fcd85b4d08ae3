/**
 * All that a process asks at one time, answered in one statement, and so in one transaction.
 *
 * It takes
 * - `keys`: each key once; the first `locking` are those that may be written
 * - `rules`, `units`: six numbers and one text a rule
 * - `asks`: five numbers a check: its key, its rule, its amount, how, and how often. How is a sum of 1 (the next belongs to the
 *   same call), 2 (it is a shadow), 4 (it is forced), 8 (the key is forgotten), and 16 times the place of a receipt. How
 *   often is 1, or for calls that are one plain check of a meter, the number of such calls; else 0
 * - `times`: a time for each call, or -1 for the clock's; empty if it is always the clock's
 * - `receipts`: three numbers each, of charges that are given back
 * - `patience`: how many milliseconds to wait for a lock
 *
 * and gives one list of numbers: the clock, how many rows are new, and for each check, but those that forget, whether it
 * fits (or how often) and its state after the call; a log's begins with its length.
 *
 * The order is what makes it right. First the locks, all in one pass in the order of keys, rows that aren't there included:
 * who waits holds only keys before the one it waits for, so no circle can close. Then the states, by a query of its own,
 * which sees what those did who had the locks before. Then the clock, so that time goes on as locks are passed on.
 *
 * Plans are kept, and one that was made when the table was all but empty must serve when it is large. So the planner is left
 * only one way, by key from row to row: it may not scan, and can't merge by `= ANY (ARRAY[key])`, for which it would read
 * the whole index.
 */
export const apply = (schema: string): string => `
  CREATE FUNCTION ${schema}.apply(
    keys text[], locking int, rules bigint[], units text[], asks bigint[], times bigint[], receipts bigint[], patience int
  ) RETURNS bigint[]
  LANGUAGE plpgsql
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan
  AS $$
  DECLARE
    total CONSTANT int := cardinality(asks);
    timed CONSTANT boolean := cardinality(times) > 0;
    clock bigint;
    now bigint;
    given boolean := false;
    entries ${schema}.entry[];
    own ${schema}.entry;
    drafts ${schema}.entry[];
    added int := 0;
    vacant int := 0;
    dirty boolean := false;
    call int := 0;
    at int := 0;
    next int;
    slot int;
    part int;
    how int;
    cost bigint;
    rule bigint[];
    cells bigint[];
    allowed boolean;
    fits boolean;
    changed boolean;
    ts bigint;
    level bigint;
    tick bigint;
    drained bigint;
    native boolean;
    often bigint;
    room bigint;
    taken bigint;
    answers bigint[];
  BEGIN
    IF locking > 0 THEN
      PERFORM ${schema}.prepare(patience);
      -- A row that is there is locked, though the condition then leaves it as it is.
      INSERT INTO ${schema}.states AS s (key, units, cells, expires_at)
        SELECT k.key, '', '{}', 0 FROM unnest(keys[: locking]) AS k(key) ORDER BY k.key COLLATE "C"
        ON CONFLICT (key) DO UPDATE SET units = s.units WHERE false;
      GET DIAGNOSTICS added = ROW_COUNT;
      vacant := added;
    END IF;
    SELECT array_agg(ROW(nullif(s.units, ''), s.cells, s.expires_at, false)::${schema}.entry ORDER BY k.slot)
      INTO entries
      FROM unnest(keys) WITH ORDINALITY AS k(key, slot) LEFT JOIN ${schema}.states AS s ON s.key = ANY (ARRAY[k.key]);
    clock := extract(epoch FROM clock_timestamp()) * 1000000;
    now := clock;
    answers := ARRAY[clock, added];

    WHILE at < total LOOP
      slot := asks[at + 1];
      part := asks[at + 2];
      how := asks[at + 4];
      own := entries[slot];
      rule := rules[part * 6 - 5 : part * 6];
      call := call + 1;
      IF timed THEN
        given := times[call] >= 0;
        now := CASE WHEN given THEN times[call] ELSE clock END;
      END IF;

      -- The commonest of all, worked out in place: plain checks of a meter. Those that fit come first, as many as do.
      IF asks[at + 5] > 0 THEN
        often := asks[at + 5];
        cost := asks[at + 3];
        native := own.units IS NULL OR (own.units = units[part] AND own.cells[1] * rule[2] - now <= 60000000);
        IF native THEN
          ts := coalesce(own.cells[1], 0);
          level := coalesce(own.cells[2], 0);
        ELSE
          cells := ${schema}.cells_in(rule, units[part], own.units, own.cells, now);
          ts := cells[1];
          level := cells[2];
        END IF;
        tick := ${schema}.meter_tick(rule[2], ts, now);
        drained := ${schema}.meter_level(rule[3], ts, level, tick);
        room := CASE WHEN drained <= rule[5] THEN (rule[5] - drained) / rule[4] ELSE -1 END;
        taken := CASE WHEN cost > room THEN 0 WHEN cost = 0 THEN often ELSE least(often, room / cost) END;
        IF cost > 0 AND (taken > 0
          OR (NOT native AND ${schema}.is_from_elsewhere(rule, units[part], own.units, own.cells, now)))
        THEN
          IF own.units IS NULL THEN vacant := vacant - 1; END IF;
          ts := tick;
          level := drained + taken * cost * rule[4];
          cells := ARRAY[ts, level];
          entries[slot] := ROW(units[part], cells, ${schema}.expires_at(rule, cells, now, clock, given), true);
          dirty := true;
        END IF;
        -- One by one: so the list grows in place.
        answers := answers || taken;
        answers := answers || ts;
        answers := answers || level;
        at := at + 5;
        CONTINUE;
      END IF;

      -- Any other call, of one check or several.
      next := at + 5;
      WHILE asks[next - 1] & 1 > 0 LOOP next := next + 5; END LOOP;

      -- All are asked before any is charged, each with its state in the units of its rule.
      drafts := '{}';
      allowed := true;
      FOR place IN at .. next - 5 BY 5 LOOP
        slot := asks[place + 1];
        part := asks[place + 2];
        how := asks[place + 4];
        own := entries[slot];
        CONTINUE WHEN how & 8 > 0;
        rule := rules[part * 6 - 5 : part * 6];
        cells := ${schema}.cells_in(rule, units[part], own.units, own.cells, now);
        fits := how & 4 > 0 OR ${schema}.fits(rule, cells, now, asks[place + 3]);
        allowed := allowed AND (fits OR how & 2 > 0);
        drafts[(place - at) / 5 + 1] := ROW(NULL, cells, NULL, fits);
      END LOOP;

      FOR place IN at .. next - 5 BY 5 LOOP
        slot := asks[place + 1];
        part := asks[place + 2];
        cost := asks[place + 3];
        how := asks[place + 4];
        own := entries[slot];
        IF how & 8 > 0 THEN
          IF own.units IS NOT NULL THEN vacant := vacant + 1; END IF;
          entries[slot] := NULL;
          CONTINUE;
        END IF;

        rule := rules[part * 6 - 5 : part * 6];
        cells := drafts[(place - at) / 5 + 1].cells;
        fits := drafts[(place - at) / 5 + 1].changed;
        IF how & 4 > 0 THEN
          -- Where nothing counts, there is nothing to give back.
          changed := cost > 0 OR (cost < 0 AND ${schema}.used(rule, cells, now) > 0);
          IF cost > 0 THEN
            cells := ${schema}.take(rule, cells, now, cost);
          ELSIF changed AND how >= 16 THEN
            how := how / 16 * 3;
            cells := ${schema}.give_back(rule, cells, now, -cost, receipts[how - 2 : how]);
          END IF;
        ELSE
          -- A denial writes nothing but what comes from elsewhere.
          changed := cost > 0 AND ((allowed AND fits)
            OR ${schema}.is_from_elsewhere(rule, units[part], own.units, own.cells, now));
          IF NOT (allowed AND fits) THEN cost := 0; END IF;
          IF changed THEN cells := ${schema}.take(rule, cells, now, cost); END IF;
        END IF;
        IF changed THEN
          IF own.units IS NULL THEN vacant := vacant - 1; END IF;
          entries[slot] := ROW(units[part], cells, ${schema}.expires_at(rule, cells, now, clock, given), true);
          dirty := true;
        END IF;
        answers := answers || fits::int::bigint;
        IF rule[1] = 4 THEN answers := answers || cardinality(cells)::bigint; END IF;
        answers := answers || cells;
      END LOOP;
      at := next;
    END LOOP;

    IF dirty THEN
      UPDATE ${schema}.states AS s
        SET units = e.units, cells = e.cells, expires_at = e.expires_at, spare = NULL
        FROM unnest(keys, entries) AS e(key, units, cells, expires_at, changed)
        WHERE e.changed AND e.units IS NOT NULL AND s.key = ANY (ARRAY[e.key]);
    END IF;
    -- Rows that were put there to be locked and came to nothing, and those that were to be forgotten.
    IF vacant > 0 THEN
      DELETE FROM ${schema}.states AS s
        USING unnest(keys[: locking], entries[: locking]) AS e(key, units, cells, expires_at, changed)
        WHERE e.units IS NULL AND s.key = ANY (ARRAY[e.key]);
    END IF;
    RETURN answers;
  END
  $$;
`
