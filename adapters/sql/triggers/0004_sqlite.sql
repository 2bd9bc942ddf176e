-- Roles and second persons in SQLite, revision 0004. Each guard refuses by its name (adapters/guards.py).
--
-- The access journal is added to, never changed; who writes to it holds the role for it once roles are on. An approval
-- is written before the entry it belongs to, so that the entry's guard can ask for it.

CREATE TRIGGER control_made BEFORE INSERT ON control BEGIN
  SELECT RAISE(ABORT, 'guard control_next') WHERE NEW.seq IS NOT COALESCE((SELECT MAX(seq) FROM control), 0) + 1;
  SELECT RAISE(ABORT, 'guard control_roles') WHERE NEW.kind IN ('grant', 'revoke') AND COALESCE(NEW.role, '') NOT IN (
    'intake', 'handler', 'approver', 'finance', 'rule_author', 'rule_approver', 'auditor', 'privacy', 'operator',
    'script');
  SELECT RAISE(ABORT, 'guard control_self') WHERE NEW.kind = 'grant' AND lower(NEW.actor) = lower(NEW.subject);
  SELECT RAISE(ABORT, 'guard control_role')
    WHERE (NEW.kind = 'on' OR EXISTS (SELECT 1 FROM control WHERE kind = 'on' AND subject = 'roles'))
      AND NOT EXISTS (
        SELECT 1 FROM control g
        WHERE g.kind = 'grant' AND g.subject = NEW.actor AND g.role = CASE NEW.kind
            WHEN 'rulebook_proposed' THEN 'rule_author' WHEN 'rulebook_approved' THEN 'rule_approver' ELSE 'operator' END
          AND NOT EXISTS (
            SELECT 1 FROM control r
            WHERE r.kind = 'revoke' AND r.subject = g.subject AND r.role = g.role AND r.seq > g.seq));
  SELECT RAISE(ABORT, 'guard rulebook_tested') WHERE NEW.kind = 'rulebook_proposed'
    AND (NEW.effective_at IS NULL OR NEW.evidence IS NULL
      OR EXISTS (SELECT 1 FROM control p WHERE p.kind = NEW.kind AND p.subject = NEW.subject));
  SELECT RAISE(ABORT, 'guard rulebook_late') WHERE NEW.kind = 'rulebook_approved'
    AND (NOT EXISTS (
        SELECT 1 FROM control p
        WHERE p.kind = 'rulebook_proposed' AND p.subject = NEW.subject AND NEW.at <= p.effective_at)
      OR EXISTS (SELECT 1 FROM control a WHERE a.kind = 'rulebook_approved' AND a.subject = NEW.subject));
  SELECT RAISE(ABORT, 'guard rulebook_self') WHERE NEW.kind = 'rulebook_approved' AND EXISTS (
    SELECT 1 FROM control p
    WHERE p.kind = 'rulebook_proposed' AND p.subject = NEW.subject AND lower(p.actor) = lower(NEW.actor));
END
-- next

CREATE TRIGGER control_kept BEFORE UPDATE ON control BEGIN
  SELECT RAISE(ABORT, 'guard control_fixed');
END
-- next

CREATE TRIGGER control_stays BEFORE DELETE ON control BEGIN
  SELECT RAISE(ABORT, 'guard control_fixed');
END
-- next

CREATE TRIGGER proposal_made BEFORE INSERT ON proposal BEGIN
  SELECT RAISE(ABORT, 'guard proposal_new') WHERE EXISTS (SELECT 1 FROM proposal WHERE id = NEW.id);
END
-- next

CREATE TRIGGER proposal_kept BEFORE UPDATE ON proposal BEGIN
  SELECT RAISE(ABORT, 'guard proposal_fixed');
END
-- next

CREATE TRIGGER proposal_stays BEFORE DELETE ON proposal BEGIN
  SELECT RAISE(ABORT, 'guard proposal_fixed');
END
-- next

CREATE TRIGGER answer_made BEFORE INSERT ON answer BEGIN
  SELECT RAISE(ABORT, 'guard answer_once') WHERE EXISTS (SELECT 1 FROM answer WHERE proposal = NEW.proposal);
  SELECT RAISE(ABORT, 'guard answer_of') WHERE NOT EXISTS (
    SELECT 1 FROM proposal p
    WHERE p.id = NEW.proposal AND p.claim = NEW.claim AND p.author = NEW.author
      AND (p.kind = 'proposal') = (NEW.verdict IN ('approved', 'turned_down', 'withdrawn')));
  SELECT RAISE(ABORT, 'guard answer_self')
    WHERE (NEW.verdict = 'withdrawn') <> (NEW.person = NEW.author)
      OR (NEW.verdict <> 'withdrawn' AND lower(NEW.person) = lower(NEW.author));
  SELECT RAISE(ABORT, 'guard answer_role') WHERE NEW.verdict <> 'withdrawn' AND NOT EXISTS (
    SELECT 1 FROM control g JOIN proposal p ON p.id = NEW.proposal
    WHERE g.kind = 'grant' AND g.subject = NEW.person AND instr(' ' || p.roles || ' ', ' ' || g.role || ' ') > 0
      AND NOT EXISTS (
        SELECT 1 FROM control r
        WHERE r.kind = 'revoke' AND r.subject = g.subject AND r.role = g.role AND r.seq > g.seq));
END
-- next

CREATE TRIGGER answer_kept BEFORE UPDATE ON answer BEGIN
  SELECT RAISE(ABORT, 'guard answer_fixed');
END
-- next

CREATE TRIGGER answer_stays BEFORE DELETE ON answer BEGIN
  SELECT RAISE(ABORT, 'guard answer_fixed');
END
-- next

CREATE TRIGGER approval_made BEFORE INSERT ON approval BEGIN
  SELECT RAISE(ABORT, 'guard approval_new') WHERE EXISTS (SELECT 1 FROM approval WHERE entry = NEW.entry);
  SELECT RAISE(ABORT, 'guard approval_self')
    WHERE (NEW.kind = 'second') <> (NEW.approver IS NOT NULL) OR lower(NEW.approver) = lower(NEW.author);
  SELECT RAISE(ABORT, 'guard approval_entry') WHERE EXISTS (
    SELECT 1 FROM entry e
    WHERE e.id = NEW.entry AND (e.claim <> NEW.claim OR e.verb <> NEW.verb OR e.actor <> NEW.author));
  SELECT RAISE(ABORT, 'guard approval_answer')
    WHERE NEW.kind = 'second'
      AND (NEW.proposal IS NOT NULL OR EXISTS (SELECT 1 FROM control WHERE kind = 'on' AND subject = 'roles'))
      AND NOT EXISTS (
        SELECT 1 FROM answer a JOIN proposal p ON p.id = a.proposal
        WHERE a.proposal = NEW.proposal AND a.verdict = 'approved' AND a.person = NEW.approver
          AND p.kind = 'proposal' AND p.claim = NEW.claim AND p.verb = NEW.verb AND p.author = NEW.author);
  SELECT RAISE(ABORT, 'guard approval_answer')
    WHERE NEW.kind = 'break_glass' AND NOT EXISTS (
      SELECT 1 FROM proposal p
      WHERE p.id = NEW.proposal AND p.kind = 'break_glass' AND p.claim = NEW.claim AND p.verb = NEW.verb
        AND p.author = NEW.author);
END
-- next

CREATE TRIGGER approval_kept BEFORE UPDATE ON approval BEGIN
  SELECT RAISE(ABORT, 'guard approval_fixed');
END
-- next

CREATE TRIGGER approval_stays BEFORE DELETE ON approval BEGIN
  SELECT RAISE(ABORT, 'guard approval_fixed');
END
-- next

-- Bulk intake and clocks are no steps of a person's; they do not pay for the look.
CREATE TRIGGER entry_second BEFORE INSERT ON entry
WHEN NEW.verb NOT IN ('file', 'record_screening', 'update_seller', 'fire', 'hand_over', 'recheck', 'send_payment') BEGIN
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
