"""DBOS Transact on SQLite: a workflow a claim, a step a transition.

From https://docs.dbos.dev/python/tutorials/workflow-tutorial and https://docs.dbos.dev/python/tutorials/step-tutorial;
the database as in https://docs.dbos.dev/python/tutorials/database-connection (SQLite, one system database). What is
durable is the library's own: a row for the workflow with its input and its result, a row for each step with its output.
A table of claims beside it, as https://docs.dbos.dev/python/reference/datasources shows, would cost a second
transaction a step and is left out, to its advantage. Workflows are called one after the other: SQLite takes one writer.

It keeps each step's result and can go on after a crash. It does not do the rest (see the package).
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from dbos import DBOS, DBOSConfig, SetWorkflowID

from .lifecycle import INITIAL, NEXT, Claim, Left, Steps, walk

TITLE = "DBOS Transact + SQLite, a workflow a claim"


@DBOS.step()
def file_claim(record: str | None) -> tuple[str, str | None]:
    """The first step."""
    return INITIAL, record


@DBOS.step()
def transition(trigger: str, state: str, record: str | None) -> tuple[str, str | None]:
    """A step of the table."""
    return NEXT[trigger, state], record


@DBOS.workflow()
def life(order: str, seller: str, minor: int, at: str, steps: Steps) -> str:
    """The whole of a claim."""
    state, _ = file_claim(steps[0][1])
    for trigger, record in steps[1:]:
        state, _ = transition(trigger, state, record)
    return state


class Peer:
    """The database and the work."""

    def __init__(self, folder: Path, full: bool) -> None:
        self.full = full
        config: DBOSConfig = {
            "name": "claims", "system_database_url": f"sqlite:///{folder / 'claims.db'}", "log_level": "ERROR",
            "run_admin_server": False,
        }  # fmt: skip
        DBOS(config=config)
        DBOS.launch()

    def run(self, claims: list[Claim]) -> None:
        """Files every claim and walks it along its path."""
        for claim in claims:
            with SetWorkflowID(claim.id):
                life(claim.order, claim.seller, claim.minor, claim.at, walk(claim, self.full).steps)

    def left(self) -> Left:
        """What stands in the database."""
        done = DBOS.list_workflows(load_input=False)
        states = Counter(str(one.output) for one in done if one.status == "SUCCESS")
        return Left(dict(states), sum(len(DBOS.list_workflow_steps(one.workflow_id)) for one in done))

    def close(self) -> None:
        """Lets the database go."""
        DBOS.destroy()
