/**
 * What comes before locks: the transaction must see what others committed while it waited, and it mustn't wait for longer
 * than anybody waits for it. The setting ends with the transaction, so it goes through a pooler.
 */
export const prepare = (schema: string): string => `
  CREATE FUNCTION ${schema}.prepare(patience int) RETURNS text
  LANGUAGE plpgsql AS $$
  BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
      RAISE EXCEPTION USING ERRCODE = 'HG001', MESSAGE = 'decisions need READ COMMITTED transactions';
    END IF;
    RETURN set_config('lock_timeout', patience::text, true);
  END
  $$;
`
