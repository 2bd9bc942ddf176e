-- The transparency log in PostgreSQL, revision 0002. Each guard refuses by its name (adapters/guards.py).
--
-- An entry waits for its place in the log from the moment it is written, whoever writes it (also a role that may not
-- touch the log), and stops waiting only when it has one. Places follow each other without a gap; hashes are added to,
-- never changed. Rows that come by the thousand are looked at by statement, not one by one.

SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true)
-- next

CREATE FUNCTION claimdesk_entry_waits() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $guard$
BEGIN
  INSERT INTO log_pending (entry) SELECT f.id FROM fresh f ORDER BY f.claim, f.seq;
  RETURN NULL;
END
$guard$
-- next

CREATE FUNCTION claimdesk_log_pending_made() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $guard$
BEGIN
  IF EXISTS (SELECT 1 FROM fresh f JOIN log_leaf l ON l.entry = f.entry) THEN
    PERFORM claimdesk_refuse('log_pending_new');
  END IF;
  RETURN NULL;
END
$guard$
-- next

CREATE FUNCTION claimdesk_log_pending_gone() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $guard$
BEGIN
  IF EXISTS (SELECT 1 FROM gone g WHERE NOT EXISTS (SELECT 1 FROM log_leaf l WHERE l.entry = g.entry)) THEN
    PERFORM claimdesk_refuse('log_pending_fixed');
  END IF;
  RETURN NULL;
END
$guard$
-- next

CREATE FUNCTION claimdesk_log_leaf_made() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $guard$
DECLARE
  first bigint;
  last bigint;
  many bigint;
BEGIN
  SELECT MIN(f.place), MAX(f.place), COUNT(*) INTO first, last, many FROM fresh f;
  IF many = 0 THEN
    RETURN NULL;
  END IF;
  IF last - first + 1 <> many
    OR first <> COALESCE((SELECT l.place FROM log_leaf l WHERE l.place < first ORDER BY l.place DESC LIMIT 1), -1) + 1
    OR EXISTS (SELECT 1 FROM log_leaf l WHERE l.place > last)
  THEN
    PERFORM claimdesk_refuse('log_leaf_next');
  END IF;
  IF EXISTS (SELECT 1 FROM fresh f JOIN entry e ON e.id = f.entry WHERE e.leaf <> f.hash) THEN
    PERFORM claimdesk_refuse('log_leaf_entry');
  END IF;
  RETURN NULL;
END
$guard$
-- next

CREATE FUNCTION claimdesk_log_checkpoint_made() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $guard$
BEGIN
  IF NEW.size <= COALESCE((SELECT MAX(c.size) FROM log_checkpoint c), 0)
    OR NEW.size IS DISTINCT FROM (SELECT MAX(l.place) + 1 FROM log_leaf l)
  THEN
    PERFORM claimdesk_refuse('log_checkpoint_next');
  END IF;
  RETURN NEW;
END
$guard$
-- next

CREATE TRIGGER entry_waits AFTER INSERT ON entry REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT
EXECUTE FUNCTION claimdesk_entry_waits()
-- next

CREATE TRIGGER log_pending_made AFTER INSERT ON log_pending REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT
EXECUTE FUNCTION claimdesk_log_pending_made()
-- next
CREATE TRIGGER log_pending_kept BEFORE UPDATE ON log_pending FOR EACH ROW
EXECUTE FUNCTION claimdesk_fixed('log_pending_fixed')
-- next
CREATE TRIGGER log_pending_stays AFTER DELETE ON log_pending REFERENCING OLD TABLE AS gone FOR EACH STATEMENT
EXECUTE FUNCTION claimdesk_log_pending_gone()
-- next

CREATE TRIGGER log_leaf_made AFTER INSERT ON log_leaf REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT
EXECUTE FUNCTION claimdesk_log_leaf_made()
-- next
CREATE TRIGGER log_leaf_kept BEFORE UPDATE ON log_leaf FOR EACH ROW EXECUTE FUNCTION claimdesk_fixed('log_leaf_fixed')
-- next
CREATE TRIGGER log_leaf_stays BEFORE DELETE ON log_leaf FOR EACH ROW EXECUTE FUNCTION claimdesk_fixed('log_leaf_fixed')
-- next

CREATE TRIGGER log_tile_kept BEFORE UPDATE ON log_tile FOR EACH ROW
WHEN (NEW.level IS DISTINCT FROM OLD.level OR NEW.number IS DISTINCT FROM OLD.number
  OR length(NEW.hashes) <= length(OLD.hashes) OR substr(NEW.hashes, 1, length(OLD.hashes)) <> OLD.hashes)
EXECUTE FUNCTION claimdesk_fixed('log_tile_fixed')
-- next
CREATE TRIGGER log_tile_stays BEFORE DELETE ON log_tile FOR EACH ROW EXECUTE FUNCTION claimdesk_fixed('log_tile_fixed')
-- next

CREATE TRIGGER log_checkpoint_made BEFORE INSERT ON log_checkpoint FOR EACH ROW
EXECUTE FUNCTION claimdesk_log_checkpoint_made()
-- next
CREATE TRIGGER log_checkpoint_kept BEFORE UPDATE ON log_checkpoint FOR EACH ROW
EXECUTE FUNCTION claimdesk_fixed('log_checkpoint_fixed')
-- next
CREATE TRIGGER log_checkpoint_stays BEFORE DELETE ON log_checkpoint FOR EACH ROW
EXECUTE FUNCTION claimdesk_fixed('log_checkpoint_fixed')
-- next

CREATE TRIGGER log_cosignature_kept BEFORE UPDATE ON log_cosignature FOR EACH ROW
EXECUTE FUNCTION claimdesk_fixed('log_cosignature_fixed')
-- next
CREATE TRIGGER log_cosignature_stays BEFORE DELETE ON log_cosignature FOR EACH ROW
EXECUTE FUNCTION claimdesk_fixed('log_cosignature_fixed')
-- next

CREATE TRIGGER log_state_kept BEFORE UPDATE ON log_state FOR EACH ROW
WHEN (NEW.id <> OLD.id OR NEW.size < OLD.size OR NEW.published < OLD.published OR NEW.signed < OLD.signed
  OR (OLD.origin <> '' AND NEW.origin <> OLD.origin))
EXECUTE FUNCTION claimdesk_fixed('log_state_fixed')
-- next
CREATE TRIGGER log_state_stays BEFORE DELETE ON log_state FOR EACH ROW
EXECUTE FUNCTION claimdesk_fixed('log_state_fixed')
-- next

CREATE TRIGGER log_pending_whole BEFORE TRUNCATE ON log_pending FOR EACH STATEMENT
EXECUTE FUNCTION claimdesk_fixed('log_pending_fixed')
-- next
CREATE TRIGGER log_leaf_whole BEFORE TRUNCATE ON log_leaf FOR EACH STATEMENT
EXECUTE FUNCTION claimdesk_fixed('log_leaf_fixed')
-- next
CREATE TRIGGER log_tile_whole BEFORE TRUNCATE ON log_tile FOR EACH STATEMENT
EXECUTE FUNCTION claimdesk_fixed('log_tile_fixed')
-- next
CREATE TRIGGER log_checkpoint_whole BEFORE TRUNCATE ON log_checkpoint FOR EACH STATEMENT
EXECUTE FUNCTION claimdesk_fixed('log_checkpoint_fixed')
-- next
CREATE TRIGGER log_cosignature_whole BEFORE TRUNCATE ON log_cosignature FOR EACH STATEMENT
EXECUTE FUNCTION claimdesk_fixed('log_cosignature_fixed')
-- next
CREATE TRIGGER log_state_whole BEFORE TRUNCATE ON log_state FOR EACH STATEMENT
EXECUTE FUNCTION claimdesk_fixed('log_state_fixed')
-- next

INSERT INTO log_state (id, origin, size, edge, published, signed) VALUES (1, '', 0, '', 0, 0)
