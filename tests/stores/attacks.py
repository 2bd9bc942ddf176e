"""Ways to make the money wrong with a plain database client, as SQL; and the claims they are tried on.

The client has the rights of the application, or owns the SQLite file, and changes no schema. Every attack must be
refused as a whole. On a database without the guards every one of them succeeds (see ``test_attacks``), so none of
them fails for a reason of its own.
"""

# ruff: noqa: S608 - making up SQL is what an attack does
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from claimdesk.workflow.ports import EpochRow
from stores.world import AMAZON, AT, Book, handed_over, write

#: Entries of every claim; the last ones carry nothing yet.
ENTRIES = 9
LAST = "0009"
SPARE = "0008"
_COLUMNS = "id, claim, kind, obligation, debit, credit, amount, currency, pending, reverses, entry, at"


@dataclass(frozen=True)
class Attack:
    """``guard``: who must stop it. ``only``: the one database where it can be tried at all.

    ``guarded_twice``: why it fails even where the guards are gone.
    """

    name: str
    guard: str
    statements: tuple[str, ...]
    only: str | None = None
    guarded_twice: str = ""


def setting(store: Any) -> None:
    """Claims OPEN (authorised), PAID, DUE (paid, 40000 recouped), WAIVED, UNDONE (reversed) and VOID, 64000 each.

    ERASED had its personal data erased, HELD is under a legal hold; epoch e0 is closed.
    """
    erased, held = Book(id="ERASED", seller="S"), Book(id="HELD", seller="S")
    notice = erased.notice()._replace(id="ERASED-n")
    write(store, erased.step(sealed=[erased.sealed()], notices=[notice]))
    with store.write() as unit:
        unit.notice_sent([handed_over(notice)])
        unit.close_epochs([EpochRow("e0", "e1", "cs:mei", "cs:bo", AT)])
    write(store, erased.step())
    later = [erased.sealed(3)]
    write(store, erased.step(erasures=[erased.erasure()], entries=[erased.redaction(3)], sealed=later))
    write(store, held.step(sealed=[held.sealed()], holds=["legal"]))
    write(store, held.step(entries=[held.redaction(2)], holds=["legal"]))
    for name in ("OPEN", "PAID", "DUE", "WAIVED", "UNDONE", "VOID"):
        book = Book(id=name, seller="S")
        made = book.authorize()._replace(id=f"{name}-a")
        write(store, book.step(made))
        if name == "VOID":
            write(store, book.step(book.void(made)._replace(id="VOID-v")))
        elif name != "OPEN":
            post = book.post(made)._replace(id=f"{name}-p")
            write(store, book.step(post))
            exempt = name == "WAIVED"
            decision = book.decision(exempt=exempt)._replace(id=f"{name}-d")
            notice = book.notice()._replace(id=f"{name}-n")
            write(store, book.step(decisions=[decision], notices=[notice]))
            with store.write() as unit:
                unit.notice_sent([handed_over(notice)])
            if name == "DUE":
                write(store, book.step(book.recoup(40000)._replace(id="DUE-r")))
            if name == "UNDONE":
                write(store, book.step(book.reverse(post)._replace(id="UNDONE-x")))
        if name == "PAID":
            write(store, book.step(sealed=[book.sealed()._replace(seq=book.case.version + 1)]))  # type: ignore[union-attr]
        assert book.case is not None
        while book.case.version < ENTRIES:
            write(store, book.step())


def transfer(
    claim: str, kind: str, amount: int | str = 64000, *, obligation: int | None = None, debit: str = AMAZON,
    credit: str | None = None, pending: str | None = None, reverses: str | None = None, entry: str | None = None,
    currency: str = "USD", made: str = "NEW", verb: str = "INSERT INTO", table: str = "transfer",
) -> str:  # fmt: skip
    """An INSERT of one transfer."""
    values = (made, claim, kind, obligation, debit, credit or f"customer:{claim}", amount, currency, pending, reverses,
              entry or f"EVT-{claim}-{LAST}", AT)  # fmt: skip
    return f"{verb} {table} ({_COLUMNS}) VALUES ({', '.join(_literal(v) for v in values)})"


def _literal(value: object) -> str:
    return "NULL" if value is None else str(value) if isinstance(value, int) else f"'{value}'"


def post(claim: str, **more: Any) -> str:
    given: dict[str, Any] = {"obligation": 1, "pending": f"{claim}-a", **more}
    return transfer(claim, "post", **given)


def back(claim: str, amount: int = 1, **more: Any) -> str:
    given: dict[str, Any] = {"obligation": 2, "debit": "seller:S", "credit": AMAZON, **more}
    return transfer(claim, "recoup", amount, **given)


def undo(claim: str, reverses: str, **more: Any) -> str:
    given: dict[str, Any] = {"debit": f"customer:{claim}", "credit": AMAZON, "reverses": reverses, **more}
    return transfer(claim, "reverse", **given)


def lost(claim: str, amount: int, **more: Any) -> str:
    given: dict[str, Any] = {"debit": "amazon:written_off", "credit": "seller:S", **more}
    return transfer(claim, "write_off", amount, **given)


def entry(claim: str, seq: int, made: str = "EVT-NEW", verb: str = "INSERT INTO") -> str:
    leaf = "00" * 32
    return (
        f"{verb} entry (id, claim, seq, at, actor, verb, type, data, leaf) VALUES ('{made}', '{claim}', {seq}, '{AT}',"
        f" 'x', 'x', 'x', {{BYTES}}7b7d', {{BYTES}}{leaf}')"
    )


def decision(claim: str, exempt: bool, made: str = "DEC-NEW", place: str = LAST, verb: str = "INSERT INTO") -> str:
    told = "{TRUE}" if exempt else "{FALSE}"
    return (
        f"{verb} decision (id, claim, entry, kind, outcome, exempt, rulebook, readings, at) VALUES"
        f" ('{made}', '{claim}', 'EVT-{claim}-{place}', 'recovery', 'due', {told}, 'r', '', '{AT}')"
    )


def _a(name: str, guard: str, *statements: str, only: str | None = None, guarded_twice: str = "") -> Attack:
    return Attack(name, guard, statements, only, guarded_twice)


PAYING_TWICE = (
    _a("the same obligation again", "authorize_once", transfer("VOID", "authorize", obligation=1)),
    _a("two reservations at once", "authorize_open", transfer("OPEN", "authorize", obligation=2)),
    _a("an obligation without a number", "transfer_shape", transfer("VOID", "authorize")),
    _a("the same post again", "resolved_once", post("PAID")),
    _a("a post after the void", "resolved_once", post("VOID")),
    _a("a void after the post", "resolved_once",
       transfer("PAID", "void", obligation=1, pending="PAID-a", debit="customer:PAID", credit=AMAZON)),
    _a("the same post after a reversal", "resolved_once", post("UNDONE")),
    _a("two posts in one statement", "resolved_once",
       post("OPEN") + ", " + post("OPEN", made="NEW2", entry=f"EVT-OPEN-{SPARE}").partition("VALUES ")[2]),
    _a("a new obligation while the payment stands", "post_stands",
       transfer("PAID", "authorize", obligation=2, made="A2", entry=f"EVT-PAID-{SPARE}"),
       post("PAID", obligation=2, pending="A2")),
    _a("everything in one entry", "post_stands",
       transfer("PAID", "authorize", obligation=2, made="A2"), post("PAID", obligation=2, pending="A2")),
    _a("a second authorisation in one entry", "one_effect",
       transfer("VOID", "authorize", obligation=2, made="A2"),
       transfer("VOID", "void", obligation=2, pending="A2", debit="customer:VOID", credit=AMAZON, made="V2"),
       transfer("VOID", "authorize", obligation=3, made="A3")),
    _a("a post without an authorisation", "transfer_shape", post("PAID", pending=None)),
    _a("a post of an authorisation made up", "post_authorized", post("PAID", pending="A9")),
    _a("a post of another claim's authorisation", "post_authorized",
       post("PAID", pending="OPEN-a", entry=f"EVT-PAID-{LAST}")),
    _a("a post of a post", "post_authorized", post("PAID", pending="PAID-p")),
    _a("more than was authorised", "post_authorized", post("OPEN", amount=64001)),
    _a("less, to post the rest later", "post_authorized", post("OPEN", amount=1)),
    _a("to somebody else", "post_authorized", post("OPEN", credit="customer:ME")),
    _a("from somebody else", "post_authorized", post("OPEN", debit="seller:S")),
    _a("under another number", "post_authorized", post("OPEN", obligation=7)),
)  # fmt: skip

TAKING_BACK_WRONGLY = (
    _a("a reversal twice", "reversed_once", undo("UNDONE", "UNDONE-p")),
    _a("a reversal of a reversal", "reverse_names", undo("UNDONE", "UNDONE-x", debit=AMAZON, credit="customer:UNDONE")),
    _a("a reversal of more", "reverse_names", undo("PAID", "PAID-p", amount=99999)),
    _a("a reversal of less", "reverse_names", undo("PAID", "PAID-p", amount=1)),
    _a("a reversal that pays again", "reverse_names", undo("PAID", "PAID-p", debit=AMAZON, credit="customer:PAID")),
    _a("a reversal of an authorisation", "reverse_names", undo("OPEN", "OPEN-a")),
    _a("a reversal of another claim's payment", "reverse_names", undo("OPEN", "PAID-p", debit="customer:PAID")),
    _a("a payment undone while the seller still paid for it", "reverse_recouped", undo("DUE", "DUE-p")),
    _a("the seller charged before the customer was paid", "recoup_paid", back("OPEN")),
    _a("the seller charged for a payment that came back", "recoup_paid", back("UNDONE")),
    _a("the charge dated before the payment", "recoup_paid", back("PAID", entry="EVT-PAID-0001")),
    _a("an exempt seller charged", "recoup_exempt", back("WAIVED")),
    _a("more charged than was paid", "recoup_sum", back("PAID", 64001)),
    _a("the rest charged twice", "recoup_sum", back("DUE", 24000, entry=f"EVT-DUE-{SPARE}"),
       back("DUE", 24000, obligation=3, made="NEW2")),
    _a("charged in small steps above the whole", "recoup_sum",
       *[back("DUE", 8000, obligation=n, made=f"N{n}", entry=f"EVT-DUE-000{n}") for n in (5, 6, 7, 8)]),
    _a("the same charge again", "recoup_once", back("DUE", obligation=1)),
    _a("the customer charged", "recoup_accounts", back("PAID", debit="customer:PAID")),
    _a("the charge into a pocket", "recoup_accounts", back("PAID", credit="amazon:me")),
    _a("more written off than was paid", "recoup_sum", lost("PAID", 64001)),
    _a("written off and charged", "recoup_sum", lost("DUE", 24000), back("DUE", 1, made="NEW2")),
    _a("a loss without a payment", "recoup_paid", lost("OPEN", 1)),
    _a("exempt and pursued at once", "exempt_recouped", decision("DUE", True)),
    _a("exempt again to hide a charge", "exempt_recouped", decision("DUE", True, place="0007")),
)  # fmt: skip

BAD_ROWS = (
    _a("a negative amount", "transfer_shape", transfer("VOID", "authorize", -64000, obligation=2)),
    _a("nothing at all", "transfer_shape", transfer("VOID", "authorize", 0, obligation=2)),
    _a("from one pocket into the same", "transfer_shape", transfer("VOID", "authorize", obligation=2, credit=AMAZON)),
    _a("a kind of one's own", "transfer_shape", transfer("PAID", "bonus")),
    _a("a memo that names a payment", "transfer_shape", transfer("PAID", "settle", pending="PAID-a")),
    _a("another currency", "transfer_currency", transfer("VOID", "authorize", obligation=2, currency="JPY")),
    _a("no journal entry", "transfer_entry", transfer("VOID", "authorize", obligation=2, entry="EVT-NONE")),
    _a("another claim's journal entry", "transfer_entry",
       transfer("VOID", "authorize", obligation=2, entry=f"EVT-PAID-{LAST}")),
    _a("no such claim", "transfer_entry", transfer("GHOST", "authorize", obligation=1, entry=f"EVT-PAID-{LAST}")),
    _a("a decision without an entry", "decision_entry", decision("PAID", False, place="9999")),
    _a("a second decision of an entry", "decision_once", decision("WAIVED", False, place="0003")),
    _a("an entry that skips one", "entry_seq", entry("PAID", ENTRIES + 2)),
    _a("an entry in the place of another", "entry_seq", entry("PAID", 2), guarded_twice="primary key"),
    _a("an entry before the first", "entry_seq", entry("PAID", 0)),
    _a("an entry under a known id", "entry_new", entry("PAID", ENTRIES + 1, made="EVT-PAID-0001")),
    _a("an entry of no case", "entry_case", entry("GHOST", 1)),
)  # fmt: skip


def erasure(claim: str, *, approved: str = "cs:bo", entry: str = "", seq: int = 9) -> str:
    return (f"INSERT INTO erasure VALUES ('{entry or f'EVT-{claim}-{LAST}'}', '{claim}', {seq}, 'cs:mei', '{approved}',"
            f" 'gdpr_17', '{AT}')")  # fmt: skip


REWRITING = (
    _a("a transfer made larger", "transfer_fixed", "UPDATE transfer SET amount = 99999 WHERE id = 'PAID-p'"),
    _a("a post made a memo", "transfer_fixed",
       "UPDATE transfer SET kind = 'settle', pending = NULL WHERE id = 'PAID-p'"),
    _a("a payment given to another claim", "transfer_fixed", "UPDATE transfer SET claim = 'VOID' WHERE id = 'PAID-p'"),
    _a("a payment removed", "transfer_fixed", "DELETE FROM transfer WHERE id = 'PAID-p'"),
    _a("a reversal removed", "transfer_fixed", "DELETE FROM transfer WHERE id = 'UNDONE-x'"),
    _a("all transfers removed", "transfer_fixed", "DELETE FROM transfer"),
    _a("an exemption turned round", "decision_fixed", "UPDATE decision SET exempt = {FALSE} WHERE id = 'WAIVED-d'"),
    _a("an exemption removed", "decision_fixed", "DELETE FROM decision WHERE id = 'WAIVED-d'"),
    _a("a journal entry rewritten", "entry_fixed",
       "UPDATE entry SET data = {BYTES}7b7d' WHERE claim = 'PAID' AND seq = 2"),
    _a("a journal entry moved", "entry_fixed", "UPDATE entry SET seq = 99 WHERE claim = 'PAID' AND seq = 9"),
    _a("a journal entry removed", "entry_fixed", f"DELETE FROM entry WHERE id = 'EVT-PAID-{LAST}'"),
    _a("a letter rewritten after it was sent", "notice_fixed",
       "UPDATE notice SET body = 'Dear all' WHERE id = 'PAID-n'"),
    _a("a letter queued again", "notice_fixed", "UPDATE notice SET status = 'queued' WHERE id = 'PAID-n'"),
    _a("a letter removed after it was sent", "notice_fixed", "DELETE FROM notice WHERE id = 'PAID-n'"),
    _a("a letter blanked without an erasure", "notice_fixed",
       "UPDATE notice SET subject = NULL, body = '', params = '{}' WHERE id = 'PAID-n'"),
    _a("a blanked letter put on another day", "notice_fixed",
       "UPDATE notice SET subject = NULL, body = '', params = '{}', sha256 = 'x' WHERE id = 'ERASED-n'"),
    _a("sealed values removed without an erasure", "sealed_erased", "DELETE FROM sealed WHERE claim = 'PAID'"),
    _a("what came with the erasure removed by it", "sealed_erased", "DELETE FROM sealed WHERE claim = 'ERASED'"),
    _a("sealed values changed", "sealed_fixed", "UPDATE sealed SET ciphertext = {BYTES}00' WHERE claim = 'PAID'"),
    _a("sealed values given to another", "sealed_fixed", "UPDATE sealed SET subject = 'x' WHERE claim = 'PAID'"),
    _a("sealed values under a closed epoch", "sealed_epoch", "UPDATE sealed SET epoch = 'e0' WHERE claim = 'PAID'"),
    _a("an erasure of one person", "erasure_two_people", erasure("PAID", approved="cs:mei")),
    _a("an erasure of one person in capitals", "erasure_two_people", erasure("PAID", approved="CS:MEI")),
    _a("an erasure nobody approved", "erasure_two_people", erasure("PAID", approved="")),
    _a("an erasure without its entry", "erasure_entry", erasure("PAID")),
    _a("an erasure by an entry of another claim", "erasure_entry", erasure("PAID", entry="EVT-HELD-0002")),
    _a("an erasure under a legal hold", "erasure_held", erasure("HELD", entry="EVT-HELD-0002", seq=2)),
    _a("an erasure told otherwise", "erasure_fixed", "UPDATE erasure SET basis = 'court_order'"),
    _a("an erasure denied", "erasure_fixed", "DELETE FROM erasure WHERE claim = 'ERASED'"),
    _a("a closed epoch opened", "closed_epoch_fixed", "DELETE FROM closed_epoch"),
    _a("a closed epoch renamed", "closed_epoch_fixed", "UPDATE closed_epoch SET epoch = 'e9'"),
    _a("an epoch closed by one person", "closed_epoch_two_people",
       f"INSERT INTO closed_epoch VALUES ('e1', 'e2', 'cs:mei', 'cs:MEI', '{AT}')"),
    _a("a case removed", "case_fixed", "DELETE FROM \"case\" WHERE id = 'PAID'"),
    _a("a case made another", "case_fixed", "UPDATE \"case\" SET id = 'ELSE' WHERE id = 'PAID'"),
    _a("a case in another currency", "case_fixed", "UPDATE \"case\" SET currency = 'JPY' WHERE id = 'VOID'",
       transfer("VOID", "authorize", obligation=2, currency="JPY")),
    _a("a case set back", "case_fixed", "UPDATE \"case\" SET version = 2 WHERE id = 'PAID'"),
)  # fmt: skip

SQLITE = (
    _a("a row replaced by its id", "transfer_new",
       transfer("PAID", "settle", 5, made="PAID-p", verb="INSERT OR REPLACE INTO"), only="sqlite"),
    _a("a row replaced by a unique index", "resolved_once",
       post("PAID", verb="REPLACE INTO"), only="sqlite"),
    _a("a row replaced by its obligation", "authorize_once",
       transfer("VOID", "authorize", obligation=1, verb="REPLACE INTO"), only="sqlite"),
    _a("a row replaced by its entry", "one_effect", transfer("PAID", "post", obligation=1, pending="PAID-a",
       entry="EVT-PAID-0002", verb="REPLACE INTO"), only="sqlite"),
    _a("a row ignored into place", "transfer_new",
       transfer("PAID", "settle", 5, made="PAID-p", verb="INSERT OR IGNORE INTO"), only="sqlite",
       guarded_twice="the same row is ignored"),
    _a("an update that replaces", "transfer_fixed", "UPDATE OR REPLACE transfer SET id = 'PAID-p' WHERE id = 'OPEN-a'",
       only="sqlite"),
    _a("an upsert", "transfer_new", transfer("PAID", "settle", 5, made="PAID-p")
       + " ON CONFLICT (id) DO UPDATE SET amount = 99999", only="sqlite"),
    _a("an entry replaced", "entry_new",
       entry("PAID", ENTRIES + 1, made="EVT-PAID-0002", verb="REPLACE INTO"), only="sqlite"),
    _a("an entry replaced by its place", "entry_seq", entry("PAID", 2, verb="REPLACE INTO"), only="sqlite"),
    _a("an entry replaced by its hidden number", "entry_new",
       "REPLACE INTO entry (rowid, id, claim, seq, at, actor, verb, type, data, leaf)"
       f" SELECT rowid, 'OTHER', claim, {ENTRIES + 1}, at, actor, verb, type, data, leaf FROM entry"
       " WHERE id = 'EVT-PAID-0002'", only="sqlite"),
    _a("an entry's hidden number changed", "entry_fixed", "UPDATE OR REPLACE entry SET rowid = 1 WHERE rowid = 2",
       only="sqlite"),
    _a("a decision replaced", "decision_new",
       decision("WAIVED", False, made="WAIVED-d", place=LAST, verb="REPLACE INTO"), only="sqlite"),
    _a("a decision replaced by its entry", "decision_once",
       decision("WAIVED", False, place="0003", verb="REPLACE INTO"), only="sqlite"),
    _a("a letter replaced by its hidden number", "notice_new",
       "REPLACE INTO notice (rowid, id, claim, kind, party, language, at, queued_at, params, status)"
       " SELECT rowid, 'OTHER', claim, kind, party, language, at, queued_at, params, 'queued' FROM notice"
       " WHERE id = 'PAID-n'", only="sqlite"),
    _a("a case replaced by its hidden number", "case_new",
       "REPLACE INTO \"case\" (rowid, id, programme, marketplace, state, version, opened_at, updated_at, currency,"
       " rulebook, recovery_status, counts_together, eligible_minor, asked_minor, paid_minor, recovered_minor, body)"
       " SELECT rowid, 'OTHER', programme, marketplace, state, version, opened_at, updated_at, currency, rulebook,"
       " recovery_status, counts_together, eligible_minor, asked_minor, paid_minor, recovered_minor, body"
       " FROM \"case\" WHERE id = 'PAID'", only="sqlite"),
    _a("checks switched off", "transfer_shape", "PRAGMA ignore_check_constraints=ON",
       transfer("VOID", "authorize", -64000, obligation=2), only="sqlite"),
    _a("an amount as text", "transfer_shape", "PRAGMA ignore_check_constraints=ON",
       transfer("VOID", "authorize", "-64000", obligation=2), only="sqlite"),
    _a("foreign keys switched off", "transfer_entry", "PRAGMA foreign_keys=OFF",
       transfer("GHOST", "authorize", obligation=1, entry="EVT-NONE"), only="sqlite"),
    _a("a temporary table in front of ours", "resolved_once", "CREATE TEMP TABLE transfer (id, claim, kind, reverses)",
       "CREATE TEMP TABLE entry (id, claim, seq)", "CREATE TEMP TABLE standing (id, claim, kind)",
       post("PAID", table="main.transfer"), only="sqlite"),
)  # fmt: skip

POSTGRES = (
    _a("an upsert", "transfer_new", transfer("PAID", "settle", 5, made="PAID-p")
       + " ON CONFLICT (id) DO UPDATE SET amount = 99999", only="postgresql"),
    _a("a merge", "transfer_fixed", "MERGE INTO transfer t USING (SELECT 'PAID-p' AS id) s ON t.id = s.id"
       " WHEN MATCHED THEN UPDATE SET amount = 1", only="postgresql"),
    _a("a temporary table in front of ours", "resolved_once", "CREATE TEMP TABLE transfer (LIKE public.transfer)",
       "CREATE TEMP TABLE standing (id text, claim text, kind text)", post("PAID", table="public.transfer"),
       only="postgresql"),
    _a("a search path of one's own", "resolved_once", "CREATE TEMP TABLE transfer (LIKE public.transfer)",
       "SET LOCAL search_path = pg_temp, public", post("PAID", table="public.transfer"), only="postgresql"),
    _a("a snapshot from before", "transfer_isolation", "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", back("PAID"),
       only="postgresql"),
    _a("a serializable transaction", "transfer_isolation", "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
       decision("PAID", True), only="postgresql"),
)  # fmt: skip

#: What only the owner of the tables may do; the application's role is refused by the server.
NOT_THE_APPLICATIONS = (
    "SET session_replication_role = replica",
    "ALTER TABLE transfer DISABLE TRIGGER ALL",
    "ALTER TABLE transfer DISABLE TRIGGER transfer_guard",
    "DROP TRIGGER transfer_guard ON transfer",
    "DROP INDEX resolved_once",
    "DROP TABLE transfer CASCADE",
    "TRUNCATE transfer",
    'TRUNCATE "case" CASCADE',
    "CREATE OR REPLACE FUNCTION claimdesk_transfer_guard() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "CREATE RULE nothing AS ON INSERT TO transfer DO INSTEAD NOTHING",
    "UPDATE transfer SET amount = 1",
    "DELETE FROM entry",
    "UPDATE decision SET exempt = false",
    "ALTER TABLE transfer ALTER COLUMN amount TYPE text",
    "CREATE TRIGGER mine BEFORE INSERT ON transfer FOR EACH ROW EXECUTE FUNCTION claimdesk_fixed('x')",
    f"UPDATE {'claimdesk_version'} SET version_num = 'x'",
)

ATTACKS = (*PAYING_TWICE, *TAKING_BACK_WRONGLY, *BAD_ROWS, *REWRITING, *SQLITE, *POSTGRES)


def spoken(statement: str, dialect: str) -> str:
    """A statement in the words of a database."""
    bytes_, true, false = ("x'", "1", "0") if dialect == "sqlite" else ("'\\x", "true", "false")
    return statement.replace("{BYTES}", bytes_).replace("{TRUE}", true).replace("{FALSE}", false)
