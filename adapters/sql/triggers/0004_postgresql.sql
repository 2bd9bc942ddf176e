-- Roles and second persons in PostgreSQL, revision 0004. Each guard refuses by its name (adapters/guards.py).
--
-- The access journal is added to, never changed; who writes to it holds the role for it once roles are on. An approval
-- is written before the entry it belongs to, so that the entry's guard can ask for it.

SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true)
-- next

CREATE FUNCTION claimdesk_control_made() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $guard$
BEGIN
  IF NEW.seq IS DISTINCT FROM COALESCE((SELECT MAX(c.seq) FROM control c), 0) + 1 THEN
    PERFORM claimdesk_refuse('control_next');
  END IF;
  IF NEW.kind IN ('grant', 'revoke') AND COALESCE(NEW.role, '') NOT IN (
    'intake', 'handler', 'approver', 'finance', 'rule_author', 'rule_approver', 'auditor', 'privacy', 'operator',
    'script')
  THEN
    PERFORM claimdesk_refuse('control_roles');
  END IF;
  IF NEW.kind = 'grant' AND lower(NEW.actor) = lower(NEW.subject) THEN
    PERFORM claimdesk_refuse('control_self');
  END IF;
  IF (NEW.kind = 'on' OR EXISTS (SELECT 1 FROM control c WHERE c.kind = 'on' AND c.subject = 'roles'))
    AND NOT EXISTS (
      SELECT 1 FROM control g
      WHERE g.kind = 'grant' AND g.subject = NEW.actor AND g.role = CASE NEW.kind
          WHEN 'rulebook_proposed' THEN 'rule_author' WHEN 'rulebook_approved' THEN 'rule_approver' ELSE 'operator' END
        AND NOT EXISTS (
          SELECT 1 FROM control r
          WHERE r.kind = 'revoke' AND r.subject = g.subject AND r.role = g.role AND r.seq > g.seq))
  THEN
    PERFORM claimdesk_refuse('control_role');
  END IF;
  IF NEW.kind = 'rulebook_proposed' AND (NEW.effective_at IS NULL OR NEW.evidence IS NULL
    OR EXISTS (SELECT 1 FROM control p WHERE p.kind = NEW.kind AND p.subject = NEW.subject))
  THEN
    PERFORM claimdesk_refuse('rulebook_tested');
  END IF;
  IF NEW.kind = 'rulebook_approved' AND (
    NOT EXISTS (
      SELECT 1 FROM control p
      WHERE p.kind = 'rulebook_proposed' AND p.subject = NEW.subject AND NEW.at <= p.effective_at)
    OR EXISTS (SELECT 1 FROM control a WHERE a.kind = 'rulebook_approved' AND a.subject = NEW.subject))
  THEN
    PERFORM claimdesk_refuse('rulebook_late');
  END IF;
  IF NEW.kind = 'rulebook_approved' AND EXISTS (
    SELECT 1 FROM control p
    WHERE p.kind = 'rulebook_proposed' AND p.subject = NEW.subject AND lower(p.actor) = lower(NEW.actor))
  THEN
    PERFORM claimdesk_refuse('rulebook_self');
  END IF;
  RETURN NEW;
END
$guard$
-- next

CREATE FUNCTION claimdesk_answer_made() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $guard$
BEGIN
  IF EXISTS (SELECT 1 FROM answer a WHERE a.proposal = NEW.proposal) THEN
    PERFORM claimdesk_refuse('answer_once');
  END IF;
  IF NOT EXISTS (
    SELECT 1 FROM proposal p
    WHERE p.id = NEW.proposal AND p.claim = NEW.claim AND p.author = NEW.author
      AND (p.kind = 'proposal') = (NEW.verdict IN ('approved', 'turned_down', 'withdrawn')))
  THEN
    PERFORM claimdesk_refuse('answer_of');
  END IF;
  IF (NEW.verdict = 'withdrawn') <> (NEW.person = NEW.author)
    OR (NEW.verdict <> 'withdrawn' AND lower(NEW.person) = lower(NEW.author))
  THEN
    PERFORM claimdesk_refuse('answer_self');
  END IF;
  IF NEW.verdict <> 'withdrawn' AND NOT EXISTS (
    SELECT 1 FROM control g JOIN proposal p ON p.id = NEW.proposal
    WHERE g.kind = 'grant' AND g.subject = NEW.person
      AND strpos(' ' || p.roles || ' ', ' ' || g.role || ' ') > 0
      AND NOT EXISTS (
        SELECT 1 FROM control r
        WHERE r.kind = 'revoke' AND r.subject = g.subject AND r.role = g.role AND r.seq > g.seq))
  THEN
    PERFORM claimdesk_refuse('answer_role');
  END IF;
  RETURN NEW;
END
$guard$
-- next

CREATE FUNCTION claimdesk_approval_made() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $guard$
BEGIN
  IF EXISTS (SELECT 1 FROM approval a WHERE a.entry = NEW.entry) THEN
    PERFORM claimdesk_refuse('approval_new');
  END IF;
  IF (NEW.kind = 'second') <> (NEW.approver IS NOT NULL) OR lower(NEW.approver) = lower(NEW.author) THEN
    PERFORM claimdesk_refuse('approval_self');
  END IF;
  IF EXISTS (
    SELECT 1 FROM entry e
    WHERE e.id = NEW.entry AND (e.claim <> NEW.claim OR e.verb <> NEW.verb OR e.actor <> NEW.author))
  THEN
    PERFORM claimdesk_refuse('approval_entry');
  END IF;
  IF NEW.kind = 'second'
    AND (NEW.proposal IS NOT NULL OR EXISTS (SELECT 1 FROM control c WHERE c.kind = 'on' AND c.subject = 'roles'))
    AND NOT EXISTS (
      SELECT 1 FROM answer a JOIN proposal p ON p.id = a.proposal
      WHERE a.proposal = NEW.proposal AND a.verdict = 'approved' AND a.person = NEW.approver
        AND p.kind = 'proposal' AND p.claim = NEW.claim AND p.verb = NEW.verb AND p.author = NEW.author)
  THEN
    PERFORM claimdesk_refuse('approval_answer');
  END IF;
  IF NEW.kind = 'break_glass' AND NOT EXISTS (
    SELECT 1 FROM proposal p
    WHERE p.id = NEW.proposal AND p.kind = 'break_glass' AND p.claim = NEW.claim AND p.verb = NEW.verb
      AND p.author = NEW.author)
  THEN
    PERFORM claimdesk_refuse('approval_answer');
  END IF;
  RETURN NEW;
END
$guard$
-- next

CREATE FUNCTION claimdesk_entry_second() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $guard$
BEGIN
  IF EXISTS (
    SELECT 1 FROM approval a
    WHERE a.entry = NEW.id AND (a.claim <> NEW.claim OR a.verb <> NEW.verb OR a.author <> NEW.actor))
  THEN
    PERFORM claimdesk_refuse('approval_entry');
  END IF;
  IF NOT EXISTS (SELECT 1 FROM approval a WHERE a.entry = NEW.id)
    AND EXISTS (
      SELECT 1 FROM "case" c JOIN control b
        ON b.kind = 'band' AND b.subject = c.programme AND b.role = NEW.type AND b.currency = c.currency
      WHERE c.id = NEW.claim AND c.eligible_minor >= b.amount AND NOT EXISTS (
        SELECT 1 FROM control n
        WHERE n.kind = 'band' AND n.subject = b.subject AND n.role = b.role AND n.currency = b.currency
          AND n.seq > b.seq))
  THEN
    PERFORM claimdesk_refuse('approval_missing');
  END IF;
  RETURN NEW;
END
$guard$
-- next

CREATE TRIGGER control_made BEFORE INSERT ON control FOR EACH ROW EXECUTE FUNCTION claimdesk_control_made()
-- next
CREATE TRIGGER answer_made BEFORE INSERT ON answer FOR EACH ROW EXECUTE FUNCTION claimdesk_answer_made()
-- next
CREATE TRIGGER approval_made BEFORE INSERT ON approval FOR EACH ROW EXECUTE FUNCTION claimdesk_approval_made()
-- next

-- Bulk intake and clocks are no steps of a person's; they do not pay for the look.
CREATE TRIGGER entry_second BEFORE INSERT ON entry FOR EACH ROW
WHEN (NEW.verb NOT IN ('file', 'record_screening', 'update_seller', 'fire', 'hand_over', 'recheck', 'send_payment'))
EXECUTE FUNCTION claimdesk_entry_second()
-- next

CREATE TRIGGER control_kept BEFORE UPDATE ON control FOR EACH ROW EXECUTE FUNCTION claimdesk_fixed('control_fixed')
-- next
CREATE TRIGGER control_stays BEFORE DELETE ON control FOR EACH ROW EXECUTE FUNCTION claimdesk_fixed('control_fixed')
-- next
CREATE TRIGGER control_whole BEFORE TRUNCATE ON control FOR EACH STATEMENT EXECUTE FUNCTION claimdesk_fixed('control_fixed')
-- next

CREATE TRIGGER proposal_kept BEFORE UPDATE ON proposal FOR EACH ROW EXECUTE FUNCTION claimdesk_fixed('proposal_fixed')
-- next
CREATE TRIGGER proposal_stays BEFORE DELETE ON proposal FOR EACH ROW EXECUTE FUNCTION claimdesk_fixed('proposal_fixed')
-- next
CREATE TRIGGER proposal_whole BEFORE TRUNCATE ON proposal FOR EACH STATEMENT EXECUTE FUNCTION claimdesk_fixed('proposal_fixed')
-- next

CREATE TRIGGER answer_kept BEFORE UPDATE ON answer FOR EACH ROW EXECUTE FUNCTION claimdesk_fixed('answer_fixed')
-- next
CREATE TRIGGER answer_stays BEFORE DELETE ON answer FOR EACH ROW EXECUTE FUNCTION claimdesk_fixed('answer_fixed')
-- next
CREATE TRIGGER answer_whole BEFORE TRUNCATE ON answer FOR EACH STATEMENT EXECUTE FUNCTION claimdesk_fixed('answer_fixed')
-- next

CREATE TRIGGER approval_kept BEFORE UPDATE ON approval FOR EACH ROW EXECUTE FUNCTION claimdesk_fixed('approval_fixed')
-- next
CREATE TRIGGER approval_stays BEFORE DELETE ON approval FOR EACH ROW EXECUTE FUNCTION claimdesk_fixed('approval_fixed')
-- next
CREATE TRIGGER approval_whole BEFORE TRUNCATE ON approval FOR EACH STATEMENT EXECUTE FUNCTION claimdesk_fixed('approval_fixed')
