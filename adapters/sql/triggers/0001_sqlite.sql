-- Guards of money and record in SQLite, revision 0001. Each refuses by its name (adapters/guards.py).
--
-- They ask for themselves what foreign keys, checks and unique indexes say too: whoever opens the file may switch
-- foreign keys and checks off, and INSERT OR REPLACE removes a row without asking any DELETE trigger.

CREATE VIEW standing AS
SELECT t.id, t.claim, t.kind, t.obligation, t.debit, t.credit, t.amount, t.currency, t.entry, e.seq
FROM transfer t JOIN entry e ON e.id = t.entry
WHERE NOT EXISTS (SELECT 1 FROM transfer r WHERE r.kind = 'reverse' AND r.reverses = t.id)
-- next

-- A row put in the place of another by its hidden number would remove that other row.
CREATE TRIGGER case_made BEFORE INSERT ON "case" BEGIN
  SELECT RAISE(ABORT, 'guard case_new')
    WHERE EXISTS (SELECT 1 FROM "case" WHERE id = NEW.id OR rowid = NEW.rowid);
END
-- next

CREATE TRIGGER case_kept BEFORE UPDATE ON "case" BEGIN
  SELECT RAISE(ABORT, 'guard case_fixed')
    WHERE NEW.id IS NOT OLD.id OR NEW.programme IS NOT OLD.programme OR NEW.currency IS NOT OLD.currency
      OR NEW.version < OLD.version;
END
-- next

CREATE TRIGGER case_stays BEFORE DELETE ON "case" BEGIN
  SELECT RAISE(ABORT, 'guard case_fixed');
END
-- next

CREATE TRIGGER entry_guard BEFORE INSERT ON entry BEGIN
  SELECT RAISE(ABORT, 'guard entry_new') WHERE EXISTS (SELECT 1 FROM entry WHERE id = NEW.id);
  SELECT RAISE(ABORT, 'guard entry_seq')
    WHERE NEW.seq IS NOT COALESCE((SELECT MAX(seq) FROM entry WHERE claim = NEW.claim), 0) + 1;
  SELECT RAISE(ABORT, 'guard entry_case') WHERE NOT EXISTS (SELECT 1 FROM "case" WHERE id = NEW.claim);
END
-- next

CREATE TRIGGER entry_kept BEFORE UPDATE ON entry BEGIN
  SELECT RAISE(ABORT, 'guard entry_fixed');
END
-- next

CREATE TRIGGER entry_stays BEFORE DELETE ON entry BEGIN
  SELECT RAISE(ABORT, 'guard entry_fixed');
END
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
    WHERE t.id = NEW.reverses AND t.claim = NEW.claim AND t.kind IN ('post', 'recoup') AND t.amount = NEW.amount
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
-- next

CREATE TRIGGER transfer_kept BEFORE UPDATE ON transfer BEGIN
  SELECT RAISE(ABORT, 'guard transfer_fixed');
END
-- next

CREATE TRIGGER transfer_stays BEFORE DELETE ON transfer BEGIN
  SELECT RAISE(ABORT, 'guard transfer_fixed');
END
-- next

CREATE TRIGGER decision_guard BEFORE INSERT ON decision BEGIN
  SELECT RAISE(ABORT, 'guard decision_new') WHERE EXISTS (SELECT 1 FROM decision WHERE id = NEW.id);
  SELECT RAISE(ABORT, 'guard decision_entry')
    WHERE NOT EXISTS (SELECT 1 FROM entry WHERE id = NEW.entry AND claim = NEW.claim);
  SELECT RAISE(ABORT, 'guard decision_once') WHERE EXISTS (SELECT 1 FROM decision WHERE entry = NEW.entry);
  SELECT RAISE(ABORT, 'guard exempt_recouped') WHERE NEW.exempt
    AND EXISTS (SELECT 1 FROM standing b WHERE b.claim = NEW.claim AND b.kind = 'recoup')
    AND NOT EXISTS (
      SELECT 1 FROM decision d JOIN entry e ON e.id = d.entry
      WHERE d.claim = NEW.claim AND (d.kind = 'recovery' OR d.exempt)
        AND e.seq > (SELECT seq FROM entry WHERE id = NEW.entry));
END
-- next

CREATE TRIGGER decision_kept BEFORE UPDATE ON decision BEGIN
  SELECT RAISE(ABORT, 'guard decision_fixed');
END
-- next

CREATE TRIGGER decision_stays BEFORE DELETE ON decision BEGIN
  SELECT RAISE(ABORT, 'guard decision_fixed');
END
-- next

CREATE TRIGGER notice_made BEFORE INSERT ON notice BEGIN
  SELECT RAISE(ABORT, 'guard notice_new')
    WHERE EXISTS (SELECT 1 FROM notice WHERE id = NEW.id OR rowid = NEW.rowid);
END
-- next

CREATE TRIGGER notice_kept BEFORE UPDATE ON notice WHEN OLD.status = 'handed_over' BEGIN
  SELECT RAISE(ABORT, 'guard notice_fixed');
END
-- next

CREATE TRIGGER notice_stays BEFORE DELETE ON notice WHEN OLD.status = 'handed_over' BEGIN
  SELECT RAISE(ABORT, 'guard notice_fixed');
END
