-- The transparency log in SQLite, revision 0002. Each guard refuses by its name (adapters/guards.py).
--
-- An entry waits for its place in the log from the moment it is written, whoever writes it, and stops waiting only when
-- it has one. Places follow each other without a gap; hashes are added to, never changed.

CREATE TRIGGER entry_waits AFTER INSERT ON entry BEGIN
  INSERT INTO log_pending (entry) VALUES (NEW.id);
END
-- next

CREATE TRIGGER log_pending_made BEFORE INSERT ON log_pending BEGIN
  SELECT RAISE(ABORT, 'guard log_pending_new')
    WHERE EXISTS (SELECT 1 FROM log_pending WHERE entry = NEW.entry OR n = NEW.n)
      OR EXISTS (SELECT 1 FROM log_leaf WHERE entry = NEW.entry)
      OR NOT EXISTS (SELECT 1 FROM entry WHERE id = NEW.entry);
END
-- next

CREATE TRIGGER log_pending_kept BEFORE UPDATE ON log_pending BEGIN
  SELECT RAISE(ABORT, 'guard log_pending_fixed');
END
-- next

CREATE TRIGGER log_pending_stays BEFORE DELETE ON log_pending BEGIN
  SELECT RAISE(ABORT, 'guard log_pending_fixed')
    WHERE NOT EXISTS (SELECT 1 FROM log_leaf WHERE entry = OLD.entry);
END
-- next

CREATE TRIGGER log_leaf_made BEFORE INSERT ON log_leaf BEGIN
  SELECT RAISE(ABORT, 'guard log_leaf_next')
    WHERE NEW.place IS NOT COALESCE((SELECT MAX(place) FROM log_leaf), -1) + 1;
  SELECT RAISE(ABORT, 'guard log_leaf_entry')
    WHERE NEW.hash IS NOT (SELECT leaf FROM entry WHERE id = NEW.entry)
      OR EXISTS (SELECT 1 FROM log_leaf WHERE entry = NEW.entry);
END
-- next

CREATE TRIGGER log_leaf_kept BEFORE UPDATE ON log_leaf BEGIN
  SELECT RAISE(ABORT, 'guard log_leaf_fixed');
END
-- next

CREATE TRIGGER log_leaf_stays BEFORE DELETE ON log_leaf BEGIN
  SELECT RAISE(ABORT, 'guard log_leaf_fixed');
END
-- next

CREATE TRIGGER log_tile_made BEFORE INSERT ON log_tile BEGIN
  SELECT RAISE(ABORT, 'guard log_tile_fixed')
    WHERE EXISTS (SELECT 1 FROM log_tile WHERE (level = NEW.level AND number = NEW.number) OR rowid = NEW.rowid);
END
-- next

CREATE TRIGGER log_tile_kept BEFORE UPDATE ON log_tile BEGIN
  SELECT RAISE(ABORT, 'guard log_tile_fixed')
    WHERE NEW.level IS NOT OLD.level OR NEW.number IS NOT OLD.number OR NEW.rowid IS NOT OLD.rowid
      OR length(NEW.hashes) <= length(OLD.hashes) OR substr(NEW.hashes, 1, length(OLD.hashes)) IS NOT OLD.hashes;
END
-- next

CREATE TRIGGER log_tile_stays BEFORE DELETE ON log_tile BEGIN
  SELECT RAISE(ABORT, 'guard log_tile_fixed');
END
-- next

CREATE TRIGGER log_checkpoint_made BEFORE INSERT ON log_checkpoint BEGIN
  SELECT RAISE(ABORT, 'guard log_checkpoint_next')
    WHERE NEW.size <= COALESCE((SELECT MAX(size) FROM log_checkpoint), 0)
      OR NEW.size IS NOT (SELECT MAX(place) + 1 FROM log_leaf);
END
-- next

CREATE TRIGGER log_checkpoint_kept BEFORE UPDATE ON log_checkpoint BEGIN
  SELECT RAISE(ABORT, 'guard log_checkpoint_fixed');
END
-- next

CREATE TRIGGER log_checkpoint_stays BEFORE DELETE ON log_checkpoint BEGIN
  SELECT RAISE(ABORT, 'guard log_checkpoint_fixed');
END
-- next

CREATE TRIGGER log_cosignature_made BEFORE INSERT ON log_cosignature BEGIN
  SELECT RAISE(ABORT, 'guard log_cosignature_fixed')
    WHERE EXISTS (
      SELECT 1 FROM log_cosignature WHERE size = NEW.size AND name = NEW.name AND key = NEW.key);
END
-- next

CREATE TRIGGER log_cosignature_kept BEFORE UPDATE ON log_cosignature BEGIN
  SELECT RAISE(ABORT, 'guard log_cosignature_fixed');
END
-- next

CREATE TRIGGER log_cosignature_stays BEFORE DELETE ON log_cosignature BEGIN
  SELECT RAISE(ABORT, 'guard log_cosignature_fixed');
END
-- next

CREATE TRIGGER log_state_made BEFORE INSERT ON log_state BEGIN
  SELECT RAISE(ABORT, 'guard log_state_fixed') WHERE EXISTS (SELECT 1 FROM log_state);
END
-- next

CREATE TRIGGER log_state_kept BEFORE UPDATE ON log_state BEGIN
  SELECT RAISE(ABORT, 'guard log_state_fixed')
    WHERE NEW.id IS NOT OLD.id OR NEW.size < OLD.size OR NEW.published < OLD.published OR NEW.signed < OLD.signed
      OR (OLD.origin <> '' AND NEW.origin IS NOT OLD.origin);
END
-- next

CREATE TRIGGER log_state_stays BEFORE DELETE ON log_state BEGIN
  SELECT RAISE(ABORT, 'guard log_state_fixed');
END
-- next

INSERT INTO log_state (id, origin, size, edge, published, signed) VALUES (1, '', 0, x'', 0, 0)
