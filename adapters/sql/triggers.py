"""Rules of money and record that need a look at other rows, as triggers of both databases.

Decision: each refuses by the name of its guard (``adapters.guards``), and does not lean on settings a client may
change: on SQLite foreign keys, checks and OR REPLACE can be switched by whoever opens the file, so the triggers ask
for themselves; on PostgreSQL a transfer takes the claim's row lock, and other isolation levels than READ COMMITTED
are refused, because a check on an old snapshot is no check. Authority: trust notes 0 and 3.1.
Left out: whoever may drop a trigger may do anything; the verifier and the doctor look for that.
"""

from __future__ import annotations

from .tables import KINDS

_KINDS = ", ".join(f"'{k}'" for k in KINDS)
_SHAPE = f"""NEW.kind IN ({_KINDS}) AND NEW.amount > 0 AND NEW.debit <> NEW.credit
    AND (NEW.kind IN ('post', 'void')) = (NEW.pending IS NOT NULL)
    AND (NEW.kind = 'reverse') = (NEW.reverses IS NOT NULL)
    AND (NEW.kind NOT IN ('authorize', 'recoup') OR NEW.obligation IS NOT NULL)"""
_STANDS = """NOT EXISTS (SELECT 1 FROM transfer r WHERE r.kind = 'reverse' AND r.reverses = {0}.id)"""
_FIXED = ("entry", "transfer", "decision")


def _sqlite_refuse(guard: str, where: str) -> str:
    return f"  SELECT RAISE(ABORT, 'guard {guard}') WHERE {where};\n"


def _sqlite_trigger(name: str, event: str, body: str, when: str = "") -> str:
    condition = f" WHEN {when}" if when else ""
    return f"CREATE TRIGGER {name} {event}{condition} BEGIN\n{body}END"


def _sqlite_transfer() -> str:
    seq = "(SELECT seq FROM entry WHERE id = NEW.entry)"
    paid = (
        "FROM transfer p WHERE p.claim = NEW.claim AND p.kind = 'post' AND "
        + _STANDS.format("p")
        + f" AND (SELECT seq FROM entry WHERE id = p.entry) < {seq}"
    )
    back = (
        "COALESCE((SELECT SUM(b.amount) FROM transfer b WHERE b.claim = NEW.claim AND b.kind = 'recoup' AND "
        + _STANDS.format("b")
        + "), 0)"
    )
    lost = (
        "COALESCE((SELECT SUM(w.amount) FROM transfer w JOIN entry e ON e.id = w.entry"
        " WHERE w.claim = NEW.claim AND w.kind = 'write_off' AND e.seq >"
        f" (SELECT x.seq FROM entry x WHERE x.id = (SELECT p.entry {paid}))), 0)"
    )
    exempt = (
        "(SELECT d.exempt FROM decision d JOIN entry e ON e.id = d.entry WHERE d.claim = NEW.claim"
        " AND (d.kind = 'recovery' OR d.exempt) ORDER BY e.seq DESC LIMIT 1)"
    )
    recover = "NEW.kind IN ('recoup', 'write_off')"
    steps = [
        ("transfer_new", "EXISTS (SELECT 1 FROM transfer WHERE id = NEW.id)"),
        ("transfer_shape", f"NOT COALESCE({_SHAPE}\n    AND typeof(NEW.amount) = 'integer', 0)"),
        ("transfer_entry", "NOT EXISTS (SELECT 1 FROM entry WHERE id = NEW.entry AND claim = NEW.claim)"),
        ("transfer_currency", 'NEW.currency IS NOT (SELECT currency FROM "case" WHERE id = NEW.claim)'),
        ("one_effect", "NEW.kind <> 'reverse' AND EXISTS"
         " (SELECT 1 FROM transfer WHERE entry = NEW.entry AND kind = NEW.kind AND kind <> 'reverse')"),
        ("authorize_once", "NEW.kind = 'authorize' AND EXISTS (SELECT 1 FROM transfer"
         " WHERE claim = NEW.claim AND kind = 'authorize' AND obligation = NEW.obligation)"),
        ("authorize_open", "NEW.kind = 'authorize' AND EXISTS (SELECT 1 FROM transfer a WHERE a.claim = NEW.claim"
         " AND a.kind = 'authorize' AND NOT EXISTS"
         " (SELECT 1 FROM transfer r WHERE r.kind IN ('post', 'void') AND r.pending = a.id))"),
        ("post_authorized", "NEW.kind IN ('post', 'void') AND NOT EXISTS (SELECT 1 FROM transfer a"
         " WHERE a.id = NEW.pending AND a.kind = 'authorize' AND a.claim = NEW.claim AND a.amount = NEW.amount"
         " AND a.obligation IS NEW.obligation"
         " AND ((NEW.kind = 'post' AND a.debit = NEW.debit AND a.credit = NEW.credit)"
         " OR (NEW.kind = 'void' AND a.debit = NEW.credit AND a.credit = NEW.debit)))"),
        ("resolved_once", "NEW.kind IN ('post', 'void') AND EXISTS"
         " (SELECT 1 FROM transfer WHERE kind IN ('post', 'void') AND pending = NEW.pending)"),
        ("post_stands", "NEW.kind = 'post' AND EXISTS (SELECT 1 FROM transfer p WHERE p.claim = NEW.claim"
         " AND p.kind = 'post' AND " + _STANDS.format("p") + ")"),
        ("reverse_names", "NEW.kind = 'reverse' AND NOT EXISTS (SELECT 1 FROM transfer t WHERE t.id = NEW.reverses"
         " AND t.claim = NEW.claim AND t.kind IN ('post', 'recoup') AND t.amount = NEW.amount"
         " AND t.credit = NEW.debit AND t.debit = NEW.credit)"),
        ("reversed_once", "NEW.kind = 'reverse' AND EXISTS"
         " (SELECT 1 FROM transfer WHERE kind = 'reverse' AND reverses = NEW.reverses)"),
        ("reverse_recouped", "NEW.kind = 'reverse' AND (SELECT kind FROM transfer WHERE id = NEW.reverses) = 'post'"
         " AND EXISTS (SELECT 1 FROM transfer b WHERE b.claim = NEW.claim AND b.kind = 'recoup' AND "
         + _STANDS.format("b") + ")"),
        ("recoup_once", "NEW.kind = 'recoup' AND EXISTS (SELECT 1 FROM transfer"
         " WHERE claim = NEW.claim AND kind = 'recoup' AND obligation = NEW.obligation)"),
        ("recoup_paid", f"{recover} AND NOT EXISTS (SELECT 1 {paid})"),
        ("recoup_accounts", f"NEW.kind = 'recoup' AND NOT EXISTS (SELECT 1 {paid}"
         " AND p.debit = NEW.credit AND p.credit <> NEW.debit)"),
        ("recoup_exempt", f"NEW.kind = 'recoup' AND COALESCE({exempt}, 0)"),
        ("recoup_sum", f"{recover} AND NEW.amount + {back} + {lost} > (SELECT p.amount {paid})"),
    ]  # fmt: skip
    body = "".join(_sqlite_refuse(guard, where) for guard, where in steps)
    return _sqlite_trigger("transfer_guard", "BEFORE INSERT ON transfer", body)


def sqlite() -> list[str]:
    """The triggers of SQLite."""
    later = "NOT EXISTS (SELECT 1 FROM decision d JOIN entry e ON e.id = d.entry WHERE d.claim = NEW.claim"
    later += " AND (d.kind = 'recovery' OR d.exempt) AND e.seq > (SELECT seq FROM entry WHERE id = NEW.entry))"
    recouped = "EXISTS (SELECT 1 FROM transfer b WHERE b.claim = NEW.claim AND b.kind = 'recoup' AND "
    recouped += _STANDS.format("b") + ")"
    entry = (
        _sqlite_refuse("entry_new", "EXISTS (SELECT 1 FROM entry WHERE id = NEW.id)")
        + _sqlite_refuse(
            "entry_seq", "NEW.seq IS NOT COALESCE((SELECT MAX(seq) FROM entry WHERE claim = NEW.claim), 0) + 1"
        )
        + _sqlite_refuse("entry_case", 'NOT EXISTS (SELECT 1 FROM "case" WHERE id = NEW.claim)')
    )
    decision = (
        _sqlite_refuse("decision_new", "EXISTS (SELECT 1 FROM decision WHERE id = NEW.id)")
        + _sqlite_refuse(
            "decision_entry", "NOT EXISTS (SELECT 1 FROM entry WHERE id = NEW.entry AND claim = NEW.claim)"
        )
        + _sqlite_refuse("decision_once", "EXISTS (SELECT 1 FROM decision WHERE entry = NEW.entry)")
        + _sqlite_refuse("exempt_recouped", f"NEW.exempt AND {later} AND {recouped}")
    )
    # A row put in the place of another by its hidden number removes that other row without any DELETE trigger.
    case = _sqlite_refuse("case_new", 'EXISTS (SELECT 1 FROM "case" WHERE id = NEW.id OR rowid = NEW.rowid)')
    moved = "NEW.id IS NOT OLD.id OR NEW.programme IS NOT OLD.programme OR NEW.currency IS NOT OLD.currency"
    found = [
        _sqlite_trigger("case_made", 'BEFORE INSERT ON "case"', case),
        _sqlite_trigger("case_kept", 'BEFORE UPDATE ON "case"',
                        _sqlite_refuse("case_fixed", f"{moved} OR NEW.version < OLD.version")),
        _sqlite_trigger("case_stays", 'BEFORE DELETE ON "case"', _sqlite_refuse("case_fixed", "1")),
        _sqlite_trigger("entry_guard", "BEFORE INSERT ON entry", entry),
        _sqlite_transfer(),
        _sqlite_trigger("decision_guard", "BEFORE INSERT ON decision", decision),
        _sqlite_trigger("notice_made", "BEFORE INSERT ON notice", _sqlite_refuse(
            "notice_new", "EXISTS (SELECT 1 FROM notice WHERE id = NEW.id OR rowid = NEW.rowid)")),
        _sqlite_trigger("notice_kept", "BEFORE UPDATE ON notice", _sqlite_refuse("notice_fixed", "1"),
                        "OLD.status = 'handed_over'"),
        _sqlite_trigger("notice_stays", "BEFORE DELETE ON notice", _sqlite_refuse("notice_fixed", "1"),
                        "OLD.status = 'handed_over'"),
    ]  # fmt: skip
    for name in _FIXED:
        refuse = _sqlite_refuse(f"{name}_fixed", "1")
        found.append(_sqlite_trigger(f"{name}_kept", f"BEFORE UPDATE ON {name}", refuse))
        found.append(_sqlite_trigger(f"{name}_stays", f"BEFORE DELETE ON {name}", refuse))
    return found


def of(dialect: str) -> list[str]:
    """The statements that make the triggers of a database, in order."""
    return sqlite() if dialect == "sqlite" else [pin(), *postgres()]


# -- PostgreSQL ------------------------------------------------------------------------------------------------------


def _raise(guard: str) -> str:
    return f"RAISE EXCEPTION 'guard {guard}' USING ERRCODE = 'check_violation', CONSTRAINT = '{guard}';"


def _refuse(guard: str, where: str) -> str:
    return f"  IF {where} THEN\n    {_raise(guard)}\n  END IF;\n"


def _function(name: str, body: str, declare: str = "") -> str:
    # The path is pinned when the function is made (see ``pin``): else a temporary table of the same name would be
    # asked instead of ours.
    head = f"DECLARE\n{declare}" if declare else ""
    return (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $guard$\n"
        f"{head}BEGIN\n{body}  RETURN NEW;\nEND\n$guard$"
    )


def _trigger(name: str, event: str, function: str, *, each: str = "ROW", when: str = "", says: str = "") -> str:
    condition = f" WHEN ({when})" if when else ""
    argument = f"'{says}'" if says else ""
    return f"CREATE TRIGGER {name} {event} FOR EACH {each}{condition} EXECUTE FUNCTION {function}({argument})"


_ISOLATION = _refuse("transfer_isolation", "current_setting('transaction_isolation') <> 'read committed'")
_ON_RECOVERY = "(d.kind = 'recovery' OR d.exempt)"


def _postgres_transfer() -> str:
    recoups = "FROM transfer b WHERE b.claim = NEW.claim AND b.kind = 'recoup' AND " + _STANDS.format("b")
    resolved = "SELECT 1 FROM transfer r WHERE r.kind IN ('post', 'void') AND r.pending = "
    recover = (
        f"""    SELECT p.* INTO paid FROM transfer p JOIN entry e ON e.id = p.entry
      WHERE p.claim = NEW.claim AND p.kind = 'post' AND e.seq < place AND {_STANDS.format("p")};
"""
        + _refuse("recoup_once", "NEW.kind = 'recoup' AND EXISTS (SELECT 1 FROM transfer t WHERE t.claim = NEW.claim"
                  " AND t.kind = 'recoup' AND t.obligation = NEW.obligation)")
        + _refuse("recoup_paid", "paid.id IS NULL")
        + _refuse("recoup_accounts",
                  "NEW.kind = 'recoup' AND (NEW.credit <> paid.debit OR NEW.debit = paid.credit)")
        + _refuse("recoup_exempt", "NEW.kind = 'recoup' AND COALESCE((SELECT d.exempt FROM decision d"
                  f" JOIN entry e ON e.id = d.entry WHERE d.claim = NEW.claim AND {_ON_RECOVERY}"
                  " ORDER BY e.seq DESC LIMIT 1), false)")
        + f"    SELECT COALESCE(SUM(b.amount), 0) INTO back {recoups};\n"
        + """    SELECT COALESCE(SUM(w.amount), 0) INTO lost FROM transfer w JOIN entry e ON e.id = w.entry
      WHERE w.claim = NEW.claim AND w.kind = 'write_off'
        AND e.seq > (SELECT x.seq FROM entry x WHERE x.id = paid.entry);
"""
        + _refuse("recoup_sum", "back + lost + NEW.amount > paid.amount")
    )  # fmt: skip
    authorize = _refuse("authorize_once", "EXISTS (SELECT 1 FROM transfer t WHERE t.claim = NEW.claim"
                        " AND t.kind = 'authorize' AND t.obligation = NEW.obligation)")  # fmt: skip
    authorize += _refuse("authorize_open", "EXISTS (SELECT 1 FROM transfer a WHERE a.claim = NEW.claim"
                         f" AND a.kind = 'authorize' AND NOT EXISTS ({resolved}a.id))")  # fmt: skip
    resolve = _refuse(
        "post_authorized",
        "NOT EXISTS (SELECT 1 FROM transfer a WHERE a.id = NEW.pending AND a.kind = 'authorize'"
        " AND a.claim = NEW.claim AND a.amount = NEW.amount AND a.obligation IS NOT DISTINCT FROM NEW.obligation"
        " AND ((NEW.kind = 'post' AND a.debit = NEW.debit AND a.credit = NEW.credit)"
        " OR (NEW.kind = 'void' AND a.debit = NEW.credit AND a.credit = NEW.debit)))",
    )
    resolve += _refuse("resolved_once", f"EXISTS ({resolved}NEW.pending)")
    resolve += _refuse("post_stands", "NEW.kind = 'post' AND EXISTS (SELECT 1 FROM transfer p"
                       " WHERE p.claim = NEW.claim AND p.kind = 'post' AND " + _STANDS.format("p") + ")")  # fmt: skip
    reverse = _refuse("reverse_names", "NOT EXISTS (SELECT 1 FROM transfer t WHERE t.id = NEW.reverses"
                      " AND t.claim = NEW.claim AND t.kind IN ('post', 'recoup') AND t.amount = NEW.amount"
                      " AND t.credit = NEW.debit AND t.debit = NEW.credit)")  # fmt: skip
    reverse += _refuse("reversed_once", "EXISTS (SELECT 1 FROM transfer r WHERE r.kind = 'reverse'"
                       " AND r.reverses = NEW.reverses)")  # fmt: skip
    reverse += _refuse("reverse_recouped", "(SELECT t.kind FROM transfer t WHERE t.id = NEW.reverses) = 'post'"
                       f" AND EXISTS (SELECT 1 {recoups})")  # fmt: skip
    body = (
        _ISOLATION
        + '  SELECT c.currency INTO kept FROM "case" c WHERE c.id = NEW.claim FOR NO KEY UPDATE;\n'
        + _refuse("transfer_new", "EXISTS (SELECT 1 FROM transfer t WHERE t.id = NEW.id)")
        + _refuse("transfer_shape", f"NOT COALESCE({_SHAPE}, false)")
        + "  SELECT e.seq INTO place FROM entry e WHERE e.id = NEW.entry AND e.claim = NEW.claim;\n"
        + _refuse("transfer_entry", "place IS NULL")
        + _refuse("transfer_currency", "NEW.currency IS DISTINCT FROM kept")
        + _refuse("one_effect", "NEW.kind <> 'reverse' AND EXISTS (SELECT 1 FROM transfer t"
                  " WHERE t.entry = NEW.entry AND t.kind = NEW.kind AND t.kind <> 'reverse')")
        + f"  IF NEW.kind = 'authorize' THEN\n{authorize}"
        + f"  ELSIF NEW.kind IN ('post', 'void') THEN\n{resolve}"
        + f"  ELSIF NEW.kind = 'reverse' THEN\n{reverse}"
        + f"  ELSIF NEW.kind IN ('recoup', 'write_off') THEN\n{recover}  END IF;\n"
    )  # fmt: skip
    declare = "  kept text;\n  place integer;\n  paid record;\n  back numeric;\n  lost numeric;\n"
    return _function("claimdesk_transfer_guard", body, declare)


def _postgres_decision() -> str:
    body = (
        _ISOLATION
        + '  PERFORM 1 FROM "case" c WHERE c.id = NEW.claim FOR NO KEY UPDATE;\n'
        + _refuse("decision_new", "EXISTS (SELECT 1 FROM decision d WHERE d.id = NEW.id)")
        + "  SELECT e.seq INTO place FROM entry e WHERE e.id = NEW.entry AND e.claim = NEW.claim;\n"
        + _refuse("decision_entry", "place IS NULL")
        + _refuse("decision_once", "EXISTS (SELECT 1 FROM decision d WHERE d.entry = NEW.entry)")
        + _refuse("exempt_recouped", "NEW.exempt AND NOT EXISTS (SELECT 1 FROM decision d JOIN entry e ON e.id = d.entry"
                  f" WHERE d.claim = NEW.claim AND {_ON_RECOVERY} AND e.seq > place) AND EXISTS (SELECT 1 FROM transfer b"
                  " WHERE b.claim = NEW.claim AND b.kind = 'recoup' AND " + _STANDS.format("b") + ")")
    )  # fmt: skip
    return _function("claimdesk_decision_guard", body, "  place integer;\n")


def _postgres_entry() -> str:
    body = _refuse("entry_new", "EXISTS (SELECT 1 FROM entry e WHERE e.id = NEW.id)") + _refuse(
        "entry_seq",
        "NEW.seq IS DISTINCT FROM COALESCE((SELECT MAX(e.seq) FROM entry e WHERE e.claim = NEW.claim), 0) + 1",
    )
    return _function("claimdesk_entry_guard", body)


def pin() -> str:
    """Sets the path that functions made in this transaction keep: our schema, temporary tables last."""
    return "SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true)"


def postgres() -> list[str]:
    """The functions and triggers of PostgreSQL."""
    fixed = "claimdesk_fixed"
    moved = (
        "NEW.id IS DISTINCT FROM OLD.id OR NEW.programme IS DISTINCT FROM OLD.programme"
        " OR NEW.currency IS DISTINCT FROM OLD.currency OR NEW.version < OLD.version"
    )
    handed = "OLD.status = 'handed_over'"
    found = [
        _function(fixed, "  RAISE EXCEPTION USING MESSAGE = 'guard ' || TG_ARGV[0],"
                         " ERRCODE = 'check_violation', CONSTRAINT = TG_ARGV[0];\n"),
        _postgres_entry(), _postgres_transfer(), _postgres_decision(),
        _trigger("entry_guard", "BEFORE INSERT ON entry", "claimdesk_entry_guard"),
        _trigger("transfer_guard", "BEFORE INSERT ON transfer", "claimdesk_transfer_guard"),
        _trigger("decision_guard", "BEFORE INSERT ON decision", "claimdesk_decision_guard"),
        _trigger("case_kept", 'BEFORE UPDATE ON "case"', fixed, when=moved, says="case_fixed"),
        _trigger("case_stays", 'BEFORE DELETE ON "case"', fixed, says="case_fixed"),
        _trigger("notice_kept", "BEFORE UPDATE ON notice", fixed, when=handed, says="notice_fixed"),
        _trigger("notice_stays", "BEFORE DELETE ON notice", fixed, when=handed, says="notice_fixed"),
    ]  # fmt: skip
    for name in _FIXED:
        found.append(_trigger(f"{name}_kept", f"BEFORE UPDATE ON {name}", fixed, says=f"{name}_fixed"))
        found.append(_trigger(f"{name}_stays", f"BEFORE DELETE ON {name}", fixed, says=f"{name}_fixed"))
    for name in ("case", "notice", *_FIXED):
        table = '"case"' if name == "case" else name
        found.append(
            _trigger(f"{name}_whole", f"BEFORE TRUNCATE ON {table}", fixed, each="STATEMENT", says=f"{name}_fixed")
        )
    return found
