-- The guard of new entries in SQLite again, revision 0009: entries have hidden numbers now, and a row put in the place of
-- another by its number would remove that other row. It refuses by its names (adapters/guards.py).

DROP TRIGGER entry_guard
-- next

CREATE TRIGGER entry_guard BEFORE INSERT ON entry BEGIN
  SELECT RAISE(ABORT, 'guard entry_new') WHERE EXISTS (SELECT 1 FROM entry WHERE id = NEW.id OR rowid = NEW.rowid);
  SELECT RAISE(ABORT, 'guard entry_seq')
    WHERE NEW.seq IS NOT COALESCE((SELECT MAX(seq) FROM entry WHERE claim = NEW.claim), 0) + 1;
  SELECT RAISE(ABORT, 'guard entry_case') WHERE NOT EXISTS (SELECT 1 FROM "case" WHERE id = NEW.claim);
END
-- next

DROP TRIGGER entry_second
-- next

-- Bulk intake and clocks are no steps of a person's; they do not pay for the look. A list (NOT IN) would be made into a
-- table anew for every entry.
CREATE TRIGGER entry_second BEFORE INSERT ON entry
WHEN NEW.verb <> 'file' AND NEW.verb <> 'record_screening' AND NEW.verb <> 'update_seller' AND NEW.verb <> 'fire'
  AND NEW.verb <> 'hand_over' AND NEW.verb <> 'recheck' AND NEW.verb <> 'send_payment' BEGIN
  SELECT RAISE(ABORT, 'guard approval_entry') WHERE EXISTS (
    SELECT 1 FROM approval a
    WHERE a.entry = NEW.id AND (a.claim <> NEW.claim OR a.verb <> NEW.verb OR a.author <> NEW.actor));
  SELECT RAISE(ABORT, 'guard approval_missing')
    WHERE NOT EXISTS (SELECT 1 FROM approval a WHERE a.entry = NEW.id)
      AND EXISTS (
        SELECT 1 FROM "case" c JOIN control b
          ON b.kind = 'band' AND b.subject = c.programme AND b.role = NEW.type AND b.currency = c.currency
        WHERE c.id = NEW.claim AND c.eligible_minor >= b.amount AND NOT EXISTS (
          SELECT 1 FROM control n
          WHERE n.kind = 'band' AND n.subject = b.subject AND n.role = b.role AND n.currency = b.currency
            AND n.seq > b.seq));
END
