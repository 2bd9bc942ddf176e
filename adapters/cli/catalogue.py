"""Which commands there are, in which module, with one line of help each.

The one line stands here and not in the modules, so that ``--help`` loads none of them; a test keeps both equal.
"""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """One command: its module under ``commands``, the section it is listed in, its one line of help."""

    module: str
    section: str
    line: str


_START, _CLAIMS, _TIME = "Start", "Claims", "Time and money"
_SELLERS, _RULES, _RECORD, _HOUSE = "Sellers", "Rules", "The record", "Housekeeping"

COMMANDS: dict[str, Entry] = {
    "demo": Entry("demo", _START, "Triage example claims into a database of their own and show what came out."),
    "triage": Entry("triage", _START, "File, screen and triage every claim of a file (JSON Lines or CSV)."),
    "import": Entry(
        "imports", _START, "Import claims and what belongs to them: plan first, lose nothing, take up again."
    ),
    "file": Entry("filing", _CLAIMS, "File one claim."),
    "show": Entry("show", _CLAIMS, "Show a claim as it stands, or stood."),
    "explain": Entry("explain", _CLAIMS, "Say why a claim was decided so, rule by rule."),
    "timeline": Entry("timeline", _CLAIMS, "Say what happened to a claim, when and by whom."),
    "actions": Entry("actions", _CLAIMS, "Say what can be done with a claim now, and why not the rest."),
    "do": Entry("do", _CLAIMS, "Do one verb on one claim."),
    "proposal": Entry("proposal", _CLAIMS, "What waits for a second person: propose, approve, review."),
    "list": Entry("listing", _CLAIMS, "List claims."),
    "redact": Entry("redact", _CLAIMS, "Erase personal data under a legal basis; two people stand for it."),
    "tick": Entry("tick", _TIME, "Do what is due: letters, payments, clocks that ran out."),
    "ledger": Entry("ledger", _TIME, "List the transfers of money, or prove that the books balance."),
    "worker": Entry(
        "worker", _TIME, "Run on: do what is due, sign the log, publish it; any number of workers may run."
    ),
    "serve": Entry("serve", _TIME, "Serve the HTTP API; do what is due beside it."),
    "audit": Entry("audit", _TIME, "Check the record, prove it to others, draw samples from it."),
    "seller": Entry("seller", _SELLERS, "Sellers' compliance files: duty, proceeds, requests."),
    "certificate": Entry("certificate", _SELLERS, "Certificates of insurance and their verdicts."),
    "odr": Entry("odr", _SELLERS, "Show a seller's order defect rate over sixty days."),
    "rules": Entry("rules", _RULES, "Rulebooks: every number with its source, and the ambiguity register."),
    "scenario": Entry("scenario", _RULES, "Run scenario files: given, when, then."),
    "schema": Entry("schema", _RULES, "JSON Schema of each verb's payload."),
    "export": Entry("export", _RECORD, "Write claims, sellers, certificates or the ledger as JSON Lines or CSV."),
    "report": Entry("report", _RECORD, "Make a compliance report or an export, with its footer."),
    "db": Entry("db", _HOUSE, "Make, upgrade and check the database."),
    "actor": Entry("actor", _HOUSE, "Who may do what: roles, grants, conflicts, and keys of the HTTP API."),
    "config": Entry("config", _HOUSE, "Show the settings in force and where each comes from."),
    "doctor": Entry("doctor", _HOUSE, "Check database, time zones, keys, log and clock."),
    "commands": Entry("tree", _HOUSE, "List every command and option, for people and programs."),
    "help": Entry("helping", _HOUSE, "Explain a command, a topic, or any code, state or verb, without a network."),
    "version": Entry("version", _HOUSE, "Print the version."),
}

#: Second names of commands of such groups; they are not listed.
ALIASES: dict[str, dict[str, str]] = {"import": {"run": "claims"}}

#: The commands of groups that are loaded command by command: module under ``commands``, one line of help.
PARTS: dict[str, dict[str, tuple[str, str]]] = {
    "export": {
        "claims": ("export.claims", "Write claims: as they were filed, as they stand, or with their history."),
        "sellers": ("export.sellers", "Write sellers' compliance files."),
        "certificates": ("export.certificates", "Write certificates of insurance with their verdicts."),
        "ledger": ("export.ledger", "Write the transfers of money."),
    },
    "audit": {
        "log": ("audit.log", "List journal entries: who did what, when, under which rule."),
        "verify": (
            "audit.verify",
            "Check the whole store against its log and its rules; name the first thing that is wrong.",
        ),
        "rebuild": ("audit.rebuild", "Rebuild claims from the journal alone and compare them with the tables."),
        "sample": (
            "audit.sample",
            "Draw a sample of claims that can be drawn again: same seed, same checkpoint, same claims.",
        ),
        "pack": ("audit.pack", "Put claim files, registers and proofs into one zip that stands alone."),
        "proof": ("audit.proof", "Prove that a claim's entries stand in the published log."),
        "checkpoint": (
            "audit.checkpoint",
            "Print the log's signed checkpoint; sign and publish what waits; have it cosigned.",
        ),
        "witness": ("audit.witness", "Answer a request of a log: cosign it when it continues what was seen before."),
    },
    "import": {
        "map": ("imports.mapping", "Write a draft of a map: what each column probably is, and how sure that is."),
        "plan": ("imports.plan", "Say what an import would come to; write nothing."),
        "claims": (
            "imports.claims",
            "Import claims: file, screen and triage every row; a row that is on file already is never filed twice.",
        ),
        "certificates": (
            "imports.certificates",
            "Import certificates of insurance: each is judged by the rules and kept with its verdict.",
        ),
        "proceeds": (
            "imports.proceeds",
            "Import monthly gross proceeds of sellers; a month told again replaces what was told.",
        ),
        "responses": ("imports.responses", "Import answers of sellers and insurers to claims, by claim or order."),
        "evidence": (
            "imports.evidence",
            "Import a manifest of evidence: each file is held against its digest and added to its claim, once.",
        ),
        "payments": ("imports.payments", "Import payments confirmed, failed or reversed, and money that came back."),
        "list": ("imports.listing", "List imports: what was read, by whom, how far, what it came to."),
        "show": ("imports.show", "Show one import: its file, how far it came, its counts, its problems by code."),
    },
}
