/**
 * When a row may go, by the server's clock: a minute after its state equals an absent one, for that is how far a lagging
 * clock is trusted. A time that was given may be years from the server's, and pass more slowly than it (a simulation, a
 * replay); what such a call writes stays as long from now as its own time says, and a day more.
 */
export const expiresAt = (schema: string): string => `
  CREATE FUNCTION ${schema}.expires_at(rule bigint[], cells bigint[], now bigint, clock bigint, given boolean)
  RETURNS bigint
  LANGUAGE sql IMMUTABLE AS $$
    SELECT clock + greatest(least(${schema}.empty_at(rule, cells) + 60000000, 9007199254740991) - now, 0)
      + CASE WHEN given THEN 86400000000 ELSE 0 END
  $$;
`
