-- The guard of money again, revision 0010: what a seller or insurer settled and never paid may be reversed, once and whole.

SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true)
-- next

CREATE OR REPLACE FUNCTION claimdesk_transfer_guard() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $guard$
DECLARE
  kept text;
  known boolean;
  same boolean;
  place integer;
  paid record;
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    PERFORM claimdesk_refuse('transfer_isolation');
  END IF;
  SELECT c.currency INTO kept FROM "case" c WHERE c.id = NEW.claim FOR NO KEY UPDATE;
  SELECT EXISTS (SELECT 1 FROM transfer t WHERE t.id = NEW.id),
    (SELECT e.seq FROM entry e WHERE e.id = NEW.entry AND e.claim = NEW.claim),
    EXISTS (SELECT 1 FROM transfer t WHERE t.entry = NEW.entry AND t.kind = NEW.kind AND t.kind <> 'reverse')
    INTO known, place, same;
  IF known THEN
    PERFORM claimdesk_refuse('transfer_new');
  END IF;
  IF NOT COALESCE(
    NEW.kind IN ('authorize', 'post', 'void', 'reverse', 'recoup', 'write_off', 'settle')
    AND NEW.amount > 0 AND NEW.debit <> NEW.credit
    AND (NEW.kind IN ('post', 'void')) = (NEW.pending IS NOT NULL)
    AND (NEW.kind = 'reverse') = (NEW.reverses IS NOT NULL)
    AND (NEW.kind NOT IN ('authorize', 'recoup') OR NEW.obligation IS NOT NULL), false)
  THEN
    PERFORM claimdesk_refuse('transfer_shape');
  END IF;
  IF place IS NULL THEN
    PERFORM claimdesk_refuse('transfer_entry');
  END IF;
  IF NEW.currency IS DISTINCT FROM kept THEN
    PERFORM claimdesk_refuse('transfer_currency');
  END IF;
  IF same THEN
    PERFORM claimdesk_refuse('one_effect');
  END IF;

  IF NEW.kind = 'authorize' THEN
    IF EXISTS (
      SELECT 1 FROM transfer t WHERE t.claim = NEW.claim AND t.kind = 'authorize' AND t.obligation = NEW.obligation)
    THEN
      PERFORM claimdesk_refuse('authorize_once');
    END IF;
    IF EXISTS (
      SELECT 1 FROM transfer a WHERE a.claim = NEW.claim AND a.kind = 'authorize'
        AND (SELECT COUNT(*) FROM transfer r WHERE r.kind IN ('post', 'void') AND r.pending = a.id) = 0)
    THEN
      PERFORM claimdesk_refuse('authorize_open');
    END IF;

  ELSIF NEW.kind IN ('post', 'void') THEN
    IF NOT EXISTS (
      SELECT 1 FROM transfer a
      WHERE a.id = NEW.pending AND a.kind = 'authorize' AND a.claim = NEW.claim AND a.amount = NEW.amount
        AND a.obligation IS NOT DISTINCT FROM NEW.obligation
        AND ((NEW.kind = 'post' AND a.debit = NEW.debit AND a.credit = NEW.credit)
          OR (NEW.kind = 'void' AND a.debit = NEW.credit AND a.credit = NEW.debit)))
    THEN
      PERFORM claimdesk_refuse('post_authorized');
    END IF;
    IF EXISTS (SELECT 1 FROM transfer r WHERE r.kind IN ('post', 'void') AND r.pending = NEW.pending) THEN
      PERFORM claimdesk_refuse('resolved_once');
    END IF;
    IF NEW.kind = 'post' AND EXISTS (SELECT 1 FROM standing p WHERE p.claim = NEW.claim AND (p.kind || '') = 'post') THEN
      PERFORM claimdesk_refuse('post_stands');
    END IF;

  ELSIF NEW.kind = 'reverse' THEN
    IF NOT EXISTS (
      SELECT 1 FROM transfer t
      WHERE t.id = NEW.reverses AND t.claim = NEW.claim AND t.kind IN ('post', 'recoup', 'settle') AND t.amount = NEW.amount
        AND t.credit = NEW.debit AND t.debit = NEW.credit)
    THEN
      PERFORM claimdesk_refuse('reverse_names');
    END IF;
    IF EXISTS (SELECT 1 FROM transfer r WHERE r.kind = 'reverse' AND r.reverses = NEW.reverses) THEN
      PERFORM claimdesk_refuse('reversed_once');
    END IF;
    IF (SELECT t.kind FROM transfer t WHERE t.id = NEW.reverses) = 'post'
      AND EXISTS (SELECT 1 FROM standing b WHERE b.claim = NEW.claim AND (b.kind || '') = 'recoup')
    THEN
      PERFORM claimdesk_refuse('reverse_recouped');
    END IF;

  ELSIF NEW.kind IN ('recoup', 'write_off') THEN
    IF NEW.kind = 'recoup' AND EXISTS (
      SELECT 1 FROM transfer t WHERE t.claim = NEW.claim AND t.kind = 'recoup' AND t.obligation = NEW.obligation)
    THEN
      PERFORM claimdesk_refuse('recoup_once');
    END IF;
    SELECT p.amount, p.debit, p.credit, p.seq INTO paid
      FROM standing p WHERE p.claim = NEW.claim AND (p.kind || '') = 'post' AND p.seq < place;
    IF paid.seq IS NULL THEN
      PERFORM claimdesk_refuse('recoup_paid');
    END IF;
    IF NEW.kind = 'recoup' AND (NEW.credit <> paid.debit OR NEW.debit = paid.credit) THEN
      PERFORM claimdesk_refuse('recoup_accounts');
    END IF;
    IF NEW.kind = 'recoup' AND COALESCE((
      SELECT d.exempt FROM decision d JOIN entry e ON e.id = d.entry
      WHERE d.claim = NEW.claim AND (d.kind = 'recovery' OR d.exempt)
      ORDER BY e.seq DESC LIMIT 1), false)
    THEN
      PERFORM claimdesk_refuse('recoup_exempt');
    END IF;
    -- A payment that came back takes its write-offs with it: only those after the payment that stands count.
    IF NEW.amount
      + COALESCE((SELECT SUM(b.amount) FROM standing b WHERE b.claim = NEW.claim AND (b.kind || '') = 'recoup'), 0)
      + COALESCE((SELECT SUM(w.amount) FROM standing w
                  WHERE w.claim = NEW.claim AND (w.kind || '') = 'write_off' AND w.seq > paid.seq), 0) > paid.amount
    THEN
      PERFORM claimdesk_refuse('recoup_sum');
    END IF;
  END IF;
  RETURN NEW;
END
$guard$
