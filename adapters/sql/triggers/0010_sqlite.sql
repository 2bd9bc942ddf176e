-- The guard of money again, revision 0010: what a seller or insurer settled and never paid may be reversed, once and whole.

DROP TRIGGER transfer_guard
-- next

CREATE TRIGGER transfer_guard BEFORE INSERT ON transfer BEGIN
  SELECT RAISE(ABORT, 'guard transfer_new') WHERE EXISTS (SELECT 1 FROM transfer WHERE id = NEW.id);
  SELECT RAISE(ABORT, 'guard transfer_shape') WHERE NOT COALESCE(
    NEW.kind IN ('authorize', 'post', 'void', 'reverse', 'recoup', 'write_off', 'settle')
    AND typeof(NEW.amount) = 'integer' AND NEW.amount > 0 AND NEW.debit <> NEW.credit
    AND (NEW.kind IN ('post', 'void')) = (NEW.pending IS NOT NULL)
    AND (NEW.kind = 'reverse') = (NEW.reverses IS NOT NULL)
    AND (NEW.kind NOT IN ('authorize', 'recoup') OR NEW.obligation IS NOT NULL), 0);
  SELECT RAISE(ABORT, 'guard transfer_entry')
    WHERE NOT EXISTS (SELECT 1 FROM entry WHERE id = NEW.entry AND claim = NEW.claim);
  SELECT RAISE(ABORT, 'guard transfer_currency')
    WHERE NEW.currency IS NOT (SELECT currency FROM "case" WHERE id = NEW.claim);
  SELECT RAISE(ABORT, 'guard one_effect')
    WHERE NEW.kind <> 'reverse' AND EXISTS (
      SELECT 1 FROM transfer t WHERE t.entry = NEW.entry AND t.kind = NEW.kind AND t.kind <> 'reverse');

  SELECT RAISE(ABORT, 'guard authorize_once') WHERE NEW.kind = 'authorize' AND EXISTS (
    SELECT 1 FROM transfer t WHERE t.claim = NEW.claim AND t.kind = 'authorize' AND t.obligation = NEW.obligation);
  SELECT RAISE(ABORT, 'guard authorize_open') WHERE NEW.kind = 'authorize' AND EXISTS (
    SELECT 1 FROM transfer a WHERE a.claim = NEW.claim AND a.kind = 'authorize' AND NOT EXISTS (
      SELECT 1 FROM transfer r WHERE r.kind IN ('post', 'void') AND r.pending = a.id));

  SELECT RAISE(ABORT, 'guard post_authorized') WHERE NEW.kind IN ('post', 'void') AND NOT EXISTS (
    SELECT 1 FROM transfer a
    WHERE a.id = NEW.pending AND a.kind = 'authorize' AND a.claim = NEW.claim AND a.amount = NEW.amount
      AND a.obligation IS NEW.obligation
      AND ((NEW.kind = 'post' AND a.debit = NEW.debit AND a.credit = NEW.credit)
        OR (NEW.kind = 'void' AND a.debit = NEW.credit AND a.credit = NEW.debit)));
  SELECT RAISE(ABORT, 'guard resolved_once') WHERE NEW.kind IN ('post', 'void') AND EXISTS (
    SELECT 1 FROM transfer r WHERE r.kind IN ('post', 'void') AND r.pending = NEW.pending);
  SELECT RAISE(ABORT, 'guard post_stands') WHERE NEW.kind = 'post' AND EXISTS (
    SELECT 1 FROM standing p WHERE p.claim = NEW.claim AND p.kind = 'post');

  SELECT RAISE(ABORT, 'guard reverse_names') WHERE NEW.kind = 'reverse' AND NOT EXISTS (
    SELECT 1 FROM transfer t
    WHERE t.id = NEW.reverses AND t.claim = NEW.claim AND t.kind IN ('post', 'recoup', 'settle') AND t.amount = NEW.amount
      AND t.credit = NEW.debit AND t.debit = NEW.credit);
  SELECT RAISE(ABORT, 'guard reversed_once') WHERE NEW.kind = 'reverse' AND EXISTS (
    SELECT 1 FROM transfer r WHERE r.kind = 'reverse' AND r.reverses = NEW.reverses);
  SELECT RAISE(ABORT, 'guard reverse_recouped')
    WHERE NEW.kind = 'reverse' AND (SELECT t.kind FROM transfer t WHERE t.id = NEW.reverses) = 'post'
      AND EXISTS (SELECT 1 FROM standing b WHERE b.claim = NEW.claim AND b.kind = 'recoup');

  SELECT RAISE(ABORT, 'guard recoup_once') WHERE NEW.kind = 'recoup' AND EXISTS (
    SELECT 1 FROM transfer t WHERE t.claim = NEW.claim AND t.kind = 'recoup' AND t.obligation = NEW.obligation);
  SELECT RAISE(ABORT, 'guard recoup_paid') WHERE NEW.kind IN ('recoup', 'write_off') AND NOT EXISTS (
    SELECT 1 FROM standing p WHERE p.claim = NEW.claim AND p.kind = 'post'
      AND p.seq < (SELECT seq FROM entry WHERE id = NEW.entry));
  SELECT RAISE(ABORT, 'guard recoup_accounts') WHERE NEW.kind = 'recoup' AND NOT EXISTS (
    SELECT 1 FROM standing p WHERE p.claim = NEW.claim AND p.kind = 'post'
      AND p.debit = NEW.credit AND p.credit <> NEW.debit);
  SELECT RAISE(ABORT, 'guard recoup_exempt') WHERE NEW.kind = 'recoup' AND COALESCE((
    SELECT d.exempt FROM decision d JOIN entry e ON e.id = d.entry
    WHERE d.claim = NEW.claim AND (d.kind = 'recovery' OR d.exempt)
    ORDER BY e.seq DESC LIMIT 1), 0);
  -- A payment that came back takes its write-offs with it: only those after the payment that stands count.
  SELECT RAISE(ABORT, 'guard recoup_sum') FROM standing p
    WHERE NEW.kind IN ('recoup', 'write_off') AND p.claim = NEW.claim AND p.kind = 'post' AND NEW.amount
      + COALESCE((SELECT SUM(b.amount) FROM standing b WHERE b.claim = NEW.claim AND b.kind = 'recoup'), 0)
      + COALESCE((SELECT SUM(w.amount) FROM standing w
                  WHERE w.claim = NEW.claim AND w.kind = 'write_off' AND w.seq > p.seq), 0) > p.amount;
END
