/**
 * Drops rows that have expired, of so many pages from `page` on, and says which page comes next. It waits for nobody: a row
 * that is in use is passed by. It goes by pages, since nothing indexes what changes.
 */
export const sweep = (schema: string): string => `
  CREATE FUNCTION ${schema}.sweep(page bigint, pages int) RETURNS bigint
  LANGUAGE plpgsql
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan
  AS $$
  DECLARE
    size bigint := pg_relation_size('${schema}.states') / current_setting('block_size')::int;
    first tid;
    beyond tid;
    clock bigint := extract(epoch FROM clock_timestamp()) * 1000000;
  BEGIN
    IF page >= size THEN page := 0; END IF;
    first := format('(%s,0)', page);
    beyond := format('(%s,0)', page + pages);
    WITH dead AS MATERIALIZED (
      SELECT s.key FROM ${schema}.states AS s
        WHERE s.ctid >= first AND s.ctid < beyond AND s.expires_at <= clock
        FOR UPDATE SKIP LOCKED
    )
    DELETE FROM ${schema}.states AS s USING dead WHERE s.key = ANY (ARRAY[dead.key]);
    RETURN page + pages;
  END
  $$;
`
