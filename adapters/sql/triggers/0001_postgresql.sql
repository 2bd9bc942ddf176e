-- Guards of money and record in PostgreSQL, revision 0001. Each refuses by its name (adapters/guards.py).
--
-- Functions keep the search path that is set first: else a temporary table of the same name would be asked instead
-- of ours. Money takes the claim's row lock and is written at READ COMMITTED only: a check on an old snapshot is no
-- check.

SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true)
-- next

CREATE VIEW standing AS
SELECT t.id, t.claim, t.kind, t.obligation, t.debit, t.credit, t.amount, t.currency, t.entry, e.seq
FROM transfer t JOIN entry e ON e.id = t.entry
WHERE NOT EXISTS (SELECT 1 FROM transfer r WHERE r.kind = 'reverse' AND r.reverses = t.id)
-- next

CREATE FUNCTION claimdesk_fixed() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $guard$
BEGIN
  RAISE EXCEPTION USING MESSAGE = 'guard ' || TG_ARGV[0], ERRCODE = 'check_violation', CONSTRAINT = TG_ARGV[0];
END
$guard$
-- next

CREATE FUNCTION claimdesk_refuse(guard text) RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $guard$
BEGIN
  RAISE EXCEPTION USING MESSAGE = 'guard ' || guard, ERRCODE = 'check_violation', CONSTRAINT = guard;
END
$guard$
-- next

CREATE FUNCTION claimdesk_entry_guard() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $guard$
BEGIN
  IF EXISTS (SELECT 1 FROM entry e WHERE e.id = NEW.id) THEN
    PERFORM claimdesk_refuse('entry_new');
  END IF;
  IF NEW.seq IS DISTINCT FROM COALESCE((SELECT MAX(e.seq) FROM entry e WHERE e.claim = NEW.claim), 0) + 1 THEN
    PERFORM claimdesk_refuse('entry_seq');
  END IF;
  RETURN NEW;
END
$guard$
-- next

CREATE FUNCTION claimdesk_transfer_guard() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $guard$
DECLARE
  kept text;
  place integer;
  paid record;
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    PERFORM claimdesk_refuse('transfer_isolation');
  END IF;
  SELECT c.currency INTO kept FROM "case" c WHERE c.id = NEW.claim FOR NO KEY UPDATE;
  IF EXISTS (SELECT 1 FROM transfer t WHERE t.id = NEW.id) THEN
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
  SELECT e.seq INTO place FROM entry e WHERE e.id = NEW.entry AND e.claim = NEW.claim;
  IF place IS NULL THEN
    PERFORM claimdesk_refuse('transfer_entry');
  END IF;
  IF NEW.currency IS DISTINCT FROM kept THEN
    PERFORM claimdesk_refuse('transfer_currency');
  END IF;
  IF NEW.kind <> 'reverse' AND EXISTS (
    SELECT 1 FROM transfer t WHERE t.entry = NEW.entry AND t.kind = NEW.kind AND t.kind <> 'reverse')
  THEN
    PERFORM claimdesk_refuse('one_effect');
  END IF;

  IF NEW.kind = 'authorize' THEN
    IF EXISTS (
      SELECT 1 FROM transfer t WHERE t.claim = NEW.claim AND t.kind = 'authorize' AND t.obligation = NEW.obligation)
    THEN
      PERFORM claimdesk_refuse('authorize_once');
    END IF;
    IF EXISTS (
      SELECT 1 FROM transfer a WHERE a.claim = NEW.claim AND a.kind = 'authorize' AND NOT EXISTS (
        SELECT 1 FROM transfer r WHERE r.kind IN ('post', 'void') AND r.pending = a.id))
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
    IF NEW.kind = 'post' AND EXISTS (SELECT 1 FROM standing p WHERE p.claim = NEW.claim AND p.kind = 'post') THEN
      PERFORM claimdesk_refuse('post_stands');
    END IF;

  ELSIF NEW.kind = 'reverse' THEN
    IF NOT EXISTS (
      SELECT 1 FROM transfer t
      WHERE t.id = NEW.reverses AND t.claim = NEW.claim AND t.kind IN ('post', 'recoup') AND t.amount = NEW.amount
        AND t.credit = NEW.debit AND t.debit = NEW.credit)
    THEN
      PERFORM claimdesk_refuse('reverse_names');
    END IF;
    IF EXISTS (SELECT 1 FROM transfer r WHERE r.kind = 'reverse' AND r.reverses = NEW.reverses) THEN
      PERFORM claimdesk_refuse('reversed_once');
    END IF;
    IF (SELECT t.kind FROM transfer t WHERE t.id = NEW.reverses) = 'post'
      AND EXISTS (SELECT 1 FROM standing b WHERE b.claim = NEW.claim AND b.kind = 'recoup')
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
      FROM standing p WHERE p.claim = NEW.claim AND p.kind = 'post' AND p.seq < place;
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
      + COALESCE((SELECT SUM(b.amount) FROM standing b WHERE b.claim = NEW.claim AND b.kind = 'recoup'), 0)
      + COALESCE((SELECT SUM(w.amount) FROM standing w
                  WHERE w.claim = NEW.claim AND w.kind = 'write_off' AND w.seq > paid.seq), 0) > paid.amount
    THEN
      PERFORM claimdesk_refuse('recoup_sum');
    END IF;
  END IF;
  RETURN NEW;
END
$guard$
-- next

CREATE FUNCTION claimdesk_decision_guard() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $guard$
DECLARE
  place integer;
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    PERFORM claimdesk_refuse('transfer_isolation');
  END IF;
  PERFORM 1 FROM "case" c WHERE c.id = NEW.claim FOR NO KEY UPDATE;
  IF EXISTS (SELECT 1 FROM decision d WHERE d.id = NEW.id) THEN
    PERFORM claimdesk_refuse('decision_new');
  END IF;
  SELECT e.seq INTO place FROM entry e WHERE e.id = NEW.entry AND e.claim = NEW.claim;
  IF place IS NULL THEN
    PERFORM claimdesk_refuse('decision_entry');
  END IF;
  IF EXISTS (SELECT 1 FROM decision d WHERE d.entry = NEW.entry) THEN
    PERFORM claimdesk_refuse('decision_once');
  END IF;
  IF NEW.exempt
    AND EXISTS (SELECT 1 FROM standing b WHERE b.claim = NEW.claim AND b.kind = 'recoup')
    AND NOT EXISTS (
      SELECT 1 FROM decision d JOIN entry e ON e.id = d.entry
      WHERE d.claim = NEW.claim AND (d.kind = 'recovery' OR d.exempt) AND e.seq > place)
  THEN
    PERFORM claimdesk_refuse('exempt_recouped');
  END IF;
  RETURN NEW;
END
$guard$
-- next

CREATE TRIGGER entry_guard BEFORE INSERT ON entry FOR EACH ROW EXECUTE FUNCTION claimdesk_entry_guard()
-- next
CREATE TRIGGER transfer_guard BEFORE INSERT ON transfer FOR EACH ROW EXECUTE FUNCTION claimdesk_transfer_guard()
-- next
CREATE TRIGGER decision_guard BEFORE INSERT ON decision FOR EACH ROW EXECUTE FUNCTION claimdesk_decision_guard()
-- next

CREATE TRIGGER case_kept BEFORE UPDATE ON "case" FOR EACH ROW
WHEN (NEW.id IS DISTINCT FROM OLD.id OR NEW.programme IS DISTINCT FROM OLD.programme
  OR NEW.currency IS DISTINCT FROM OLD.currency OR NEW.version < OLD.version)
EXECUTE FUNCTION claimdesk_fixed('case_fixed')
-- next
CREATE TRIGGER case_stays BEFORE DELETE ON "case" FOR EACH ROW EXECUTE FUNCTION claimdesk_fixed('case_fixed')
-- next
CREATE TRIGGER entry_kept BEFORE UPDATE ON entry FOR EACH ROW EXECUTE FUNCTION claimdesk_fixed('entry_fixed')
-- next
CREATE TRIGGER entry_stays BEFORE DELETE ON entry FOR EACH ROW EXECUTE FUNCTION claimdesk_fixed('entry_fixed')
-- next
CREATE TRIGGER transfer_kept BEFORE UPDATE ON transfer FOR EACH ROW EXECUTE FUNCTION claimdesk_fixed('transfer_fixed')
-- next
CREATE TRIGGER transfer_stays BEFORE DELETE ON transfer FOR EACH ROW EXECUTE FUNCTION claimdesk_fixed('transfer_fixed')
-- next
CREATE TRIGGER decision_kept BEFORE UPDATE ON decision FOR EACH ROW EXECUTE FUNCTION claimdesk_fixed('decision_fixed')
-- next
CREATE TRIGGER decision_stays BEFORE DELETE ON decision FOR EACH ROW EXECUTE FUNCTION claimdesk_fixed('decision_fixed')
-- next
CREATE TRIGGER notice_kept BEFORE UPDATE ON notice FOR EACH ROW WHEN (OLD.status = 'handed_over')
EXECUTE FUNCTION claimdesk_fixed('notice_fixed')
-- next
CREATE TRIGGER notice_stays BEFORE DELETE ON notice FOR EACH ROW WHEN (OLD.status = 'handed_over')
EXECUTE FUNCTION claimdesk_fixed('notice_fixed')
-- next

CREATE TRIGGER case_whole BEFORE TRUNCATE ON "case" FOR EACH STATEMENT EXECUTE FUNCTION claimdesk_fixed('case_fixed')
-- next
CREATE TRIGGER entry_whole BEFORE TRUNCATE ON entry FOR EACH STATEMENT EXECUTE FUNCTION claimdesk_fixed('entry_fixed')
-- next
CREATE TRIGGER transfer_whole BEFORE TRUNCATE ON transfer FOR EACH STATEMENT
EXECUTE FUNCTION claimdesk_fixed('transfer_fixed')
-- next
CREATE TRIGGER decision_whole BEFORE TRUNCATE ON decision FOR EACH STATEMENT
EXECUTE FUNCTION claimdesk_fixed('decision_fixed')
-- next
CREATE TRIGGER notice_whole BEFORE TRUNCATE ON notice FOR EACH STATEMENT
EXECUTE FUNCTION claimdesk_fixed('notice_fixed')
