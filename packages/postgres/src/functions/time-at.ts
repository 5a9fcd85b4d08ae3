/**
 * The time that counts: the clock's, or the latest one that the state has seen if that is ahead by no more than a minute.
 * Further ahead, the clock was set back.
 */
export const timeAt = (schema: string): string => `
  CREATE FUNCTION ${schema}.time_at(latest bigint, now bigint) RETURNS bigint
  LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN latest > now AND latest - now <= 60000000 THEN latest ELSE now END
  $$;
`
