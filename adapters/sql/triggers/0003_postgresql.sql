-- Personal data in PostgreSQL, revision 0003. Each guard refuses by its name (adapters/guards.py).
--
-- Sealed values go, and letters that were sent are blanked, only where two people stand for an erasure of that claim
-- and no legal hold does; nothing is sealed under an epoch whose key is given up. Values that come by the thousand are
-- looked at by statement, not one by one.

SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true)
-- next

CREATE FUNCTION claimdesk_notice_kept() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $guard$
BEGIN
  IF NOT COALESCE(
    NEW.subject IS NULL AND NEW.body = '' AND NEW.params = '{}'
    AND (NEW.id, NEW.claim, NEW.kind, NEW.party, NEW.language, NEW.at, NEW.queued_at, NEW.status, NEW.handed_over_at,
         NEW.channel, NEW.sha256)
      IS NOT DISTINCT FROM
        (OLD.id, OLD.claim, OLD.kind, OLD.party, OLD.language, OLD.at, OLD.queued_at, OLD.status, OLD.handed_over_at,
         OLD.channel, OLD.sha256)
    AND EXISTS (SELECT 1 FROM erasure e WHERE e.claim = OLD.claim), false)
  THEN
    PERFORM claimdesk_refuse('notice_fixed');
  END IF;
  RETURN NEW;
END
$guard$
-- next

CREATE FUNCTION claimdesk_sealed_made() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $guard$
BEGIN
  IF EXISTS (SELECT 1 FROM fresh f JOIN closed_epoch c ON c.epoch = f.epoch) THEN
    PERFORM claimdesk_refuse('sealed_epoch');
  END IF;
  RETURN NULL;
END
$guard$
-- next

CREATE FUNCTION claimdesk_sealed_kept() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $guard$
BEGIN
  IF (NEW.claim, NEW.seq, NEW.subject, NEW.nonce, NEW.ciphertext)
    IS DISTINCT FROM (OLD.claim, OLD.seq, OLD.subject, OLD.nonce, OLD.ciphertext)
  THEN
    PERFORM claimdesk_refuse('sealed_fixed');
  END IF;
  IF EXISTS (SELECT 1 FROM closed_epoch c WHERE c.epoch = NEW.epoch) THEN
    PERFORM claimdesk_refuse('sealed_epoch');
  END IF;
  RETURN NEW;
END
$guard$
-- next

CREATE FUNCTION claimdesk_sealed_stays() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $guard$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM erasure e WHERE e.claim = OLD.claim AND e.seq > OLD.seq) THEN
    PERFORM claimdesk_refuse('sealed_erased');
  END IF;
  RETURN OLD;
END
$guard$
-- next

CREATE FUNCTION claimdesk_erasure_made() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $guard$
DECLARE
  held text;
BEGIN
  IF NOT COALESCE(
    lower(NEW.asked_by) <> lower(NEW.approved_by) AND NEW.asked_by <> '' AND NEW.approved_by <> '', false)
  THEN
    PERFORM claimdesk_refuse('erasure_two_people');
  END IF;
  IF NOT EXISTS (
    SELECT 1 FROM entry e
    WHERE e.id = NEW.entry AND e.claim = NEW.claim AND e.seq = NEW.seq AND e.type = 'redact' AND e.actor = NEW.asked_by)
  THEN
    PERFORM claimdesk_refuse('erasure_entry');
  END IF;
  SELECT c.hold INTO held FROM "case" c WHERE c.id = NEW.claim FOR NO KEY UPDATE;
  IF 'legal' = ANY (string_to_array(COALESCE(held, ''), ' ')) THEN
    PERFORM claimdesk_refuse('erasure_held');
  END IF;
  RETURN NEW;
END
$guard$
-- next

CREATE FUNCTION claimdesk_closed_epoch_made() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $guard$
BEGIN
  IF NOT COALESCE(
    lower(NEW.asked_by) <> lower(NEW.approved_by) AND NEW.asked_by <> '' AND NEW.approved_by <> '', false)
  THEN
    PERFORM claimdesk_refuse('closed_epoch_two_people');
  END IF;
  RETURN NEW;
END
$guard$
-- next

DROP TRIGGER notice_kept ON notice
-- next
CREATE TRIGGER notice_kept BEFORE UPDATE ON notice FOR EACH ROW WHEN (OLD.status = 'handed_over')
EXECUTE FUNCTION claimdesk_notice_kept()
-- next

CREATE TRIGGER sealed_made AFTER INSERT ON sealed REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT
EXECUTE FUNCTION claimdesk_sealed_made()
-- next
CREATE TRIGGER sealed_kept BEFORE UPDATE ON sealed FOR EACH ROW EXECUTE FUNCTION claimdesk_sealed_kept()
-- next
CREATE TRIGGER sealed_stays BEFORE DELETE ON sealed FOR EACH ROW EXECUTE FUNCTION claimdesk_sealed_stays()
-- next

CREATE TRIGGER erasure_made BEFORE INSERT ON erasure FOR EACH ROW EXECUTE FUNCTION claimdesk_erasure_made()
-- next
CREATE TRIGGER erasure_kept BEFORE UPDATE ON erasure FOR EACH ROW EXECUTE FUNCTION claimdesk_fixed('erasure_fixed')
-- next
CREATE TRIGGER erasure_stays BEFORE DELETE ON erasure FOR EACH ROW EXECUTE FUNCTION claimdesk_fixed('erasure_fixed')
-- next

CREATE TRIGGER closed_epoch_made BEFORE INSERT ON closed_epoch FOR EACH ROW
EXECUTE FUNCTION claimdesk_closed_epoch_made()
-- next
CREATE TRIGGER closed_epoch_kept BEFORE UPDATE ON closed_epoch FOR EACH ROW
EXECUTE FUNCTION claimdesk_fixed('closed_epoch_fixed')
-- next
CREATE TRIGGER closed_epoch_stays BEFORE DELETE ON closed_epoch FOR EACH ROW
EXECUTE FUNCTION claimdesk_fixed('closed_epoch_fixed')
-- next

CREATE TRIGGER sealed_whole BEFORE TRUNCATE ON sealed FOR EACH STATEMENT
EXECUTE FUNCTION claimdesk_fixed('sealed_erased')
-- next
CREATE TRIGGER erasure_whole BEFORE TRUNCATE ON erasure FOR EACH STATEMENT
EXECUTE FUNCTION claimdesk_fixed('erasure_fixed')
-- next
CREATE TRIGGER closed_epoch_whole BEFORE TRUNCATE ON closed_epoch FOR EACH STATEMENT
EXECUTE FUNCTION claimdesk_fixed('closed_epoch_fixed')
