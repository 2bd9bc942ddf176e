-- Personal data in SQLite, revision 0003. Each guard refuses by its name (adapters/guards.py).
--
-- Sealed values go, and letters that were sent are blanked, only where two people stand for an erasure of that claim
-- and no legal hold does; nothing is sealed under an epoch whose key is given up.

DROP TRIGGER notice_kept
-- next

CREATE TRIGGER notice_kept BEFORE UPDATE ON notice WHEN OLD.status = 'handed_over' BEGIN
  SELECT RAISE(ABORT, 'guard notice_fixed')
    WHERE NOT (NEW.subject IS NULL AND NEW.body IS '' AND NEW.params IS '{}' AND NEW.id IS OLD.id
      AND NEW.claim IS OLD.claim AND NEW.kind IS OLD.kind AND NEW.party IS OLD.party AND NEW.language IS OLD.language
      AND NEW.at IS OLD.at AND NEW.queued_at IS OLD.queued_at AND NEW.status IS OLD.status
      AND NEW.handed_over_at IS OLD.handed_over_at AND NEW.channel IS OLD.channel AND NEW.sha256 IS OLD.sha256
      AND NEW.rowid IS OLD.rowid AND EXISTS (SELECT 1 FROM erasure WHERE claim = OLD.claim));
END
-- next

CREATE TRIGGER sealed_made BEFORE INSERT ON sealed BEGIN
  SELECT RAISE(ABORT, 'guard sealed_new')
    WHERE EXISTS (SELECT 1 FROM sealed WHERE (claim = NEW.claim AND seq = NEW.seq) OR rowid = NEW.rowid);
  SELECT RAISE(ABORT, 'guard sealed_epoch') WHERE EXISTS (SELECT 1 FROM closed_epoch WHERE epoch = NEW.epoch);
END
-- next

CREATE TRIGGER sealed_kept BEFORE UPDATE ON sealed BEGIN
  SELECT RAISE(ABORT, 'guard sealed_fixed')
    WHERE NEW.claim IS NOT OLD.claim OR NEW.seq IS NOT OLD.seq OR NEW.subject IS NOT OLD.subject
      OR NEW.nonce IS NOT OLD.nonce OR NEW.ciphertext IS NOT OLD.ciphertext OR NEW.rowid IS NOT OLD.rowid;
  SELECT RAISE(ABORT, 'guard sealed_epoch') WHERE EXISTS (SELECT 1 FROM closed_epoch WHERE epoch = NEW.epoch);
END
-- next

CREATE TRIGGER sealed_stays BEFORE DELETE ON sealed BEGIN
  SELECT RAISE(ABORT, 'guard sealed_erased')
    WHERE NOT EXISTS (SELECT 1 FROM erasure WHERE claim = OLD.claim AND seq > OLD.seq);
END
-- next

CREATE TRIGGER erasure_made BEFORE INSERT ON erasure BEGIN
  SELECT RAISE(ABORT, 'guard erasure_new') WHERE EXISTS (SELECT 1 FROM erasure WHERE entry = NEW.entry);
  SELECT RAISE(ABORT, 'guard erasure_two_people')
    WHERE NOT COALESCE(lower(NEW.asked_by) <> lower(NEW.approved_by) AND NEW.asked_by <> '' AND NEW.approved_by <> '', 0);
  SELECT RAISE(ABORT, 'guard erasure_entry')
    WHERE NOT EXISTS (
      SELECT 1 FROM entry
      WHERE id = NEW.entry AND claim = NEW.claim AND seq = NEW.seq AND type = 'redact' AND actor = NEW.asked_by);
  SELECT RAISE(ABORT, 'guard erasure_held')
    WHERE EXISTS (SELECT 1 FROM "case" WHERE id = NEW.claim AND instr(' ' || COALESCE(hold, '') || ' ', ' legal ') > 0);
END
-- next

CREATE TRIGGER erasure_kept BEFORE UPDATE ON erasure BEGIN
  SELECT RAISE(ABORT, 'guard erasure_fixed');
END
-- next

CREATE TRIGGER erasure_stays BEFORE DELETE ON erasure BEGIN
  SELECT RAISE(ABORT, 'guard erasure_fixed');
END
-- next

CREATE TRIGGER closed_epoch_made BEFORE INSERT ON closed_epoch BEGIN
  SELECT RAISE(ABORT, 'guard closed_epoch_new') WHERE EXISTS (SELECT 1 FROM closed_epoch WHERE epoch = NEW.epoch);
  SELECT RAISE(ABORT, 'guard closed_epoch_two_people')
    WHERE NOT COALESCE(lower(NEW.asked_by) <> lower(NEW.approved_by) AND NEW.asked_by <> '' AND NEW.approved_by <> '', 0);
END
-- next

CREATE TRIGGER closed_epoch_kept BEFORE UPDATE ON closed_epoch BEGIN
  SELECT RAISE(ABORT, 'guard closed_epoch_fixed');
END
-- next

CREATE TRIGGER closed_epoch_stays BEFORE DELETE ON closed_epoch BEGIN
  SELECT RAISE(ABORT, 'guard closed_epoch_fixed');
END
