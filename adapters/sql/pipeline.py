"""PostgreSQL's pipeline: however many statements in one round trip, BEGIN and COMMIT among them.

Decision: one command writes to eight tables. Asked one by one that is eight waits for the network, so everything that
can be asked at once goes out together, prepared the first time a connection sees it. psycopg's own pipeline sends a
statement at a time and makes a cursor for each, which takes four times the processor; so its ``pq`` layer is spoken to,
and values go out as what they are: text, bytes, whole numbers, truth, lists of them. psycopg keeps what it does
best: connecting, waiting (also for Ctrl-C), loading rows, COPY, and naming errors. A prepared statement is named by its
text: where a pooler mixes the sessions of processes, no name may stand for another's statement.
Authority: libpq, "Pipeline Mode"; psycopg, "pq -- libpq wrapper module". Left out: other kinds of values.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Sequence
from contextlib import suppress
from functools import cache
from hashlib import blake2b
from typing import Any, Final

from psycopg import Connection as Driver
from psycopg import DataError, Error, OperationalError, errors, pq
from psycopg.adapt import Transformer
from psycopg.pq.abc import PGconn, PGresult
from psycopg.waiting import Ready, Wait
from sqlalchemy.engine import Connection, Engine

from ...states.errors import StorageError
from .engine import UNNAMED, translated, unknown_commit
from .wire import Pooled, Row, Step, values_of

_READ: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_WRITE: Final = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
_END: Final = "COMMIT"
_KNOWN: Final = "claimdesk_statements"
_TEXT, _BINARY = 0, 1
_NONE: Final = "22012"  # division by zero, see ``strict``
_DEAD: Final = 100  # connections of a pool that may all have died since they were used
#: No such prepared statement; one of that name already; one whose tables have changed: not the session it was.
_ANOTHER: Final = ("26000", "42P05", "0A000")
_Given = tuple[list[bytes | None], list[int]]
#: The result of each statement, and the first that failed with its place.
_Heard = tuple[list[PGresult], tuple[int, PGresult] | None]


class Missed(Exception):
    """A statement that has to change a row found none; ``place``: which one of its batch."""

    def __init__(self, place: int) -> None:
        super().__init__(place)
        self.place = place


class PostgresWire(Pooled):
    """Over psycopg's connection. The transaction begins with the first batch, in the same round trip."""

    _driver: Driver[Any]
    #: The names of the statements that this connection has prepared, by their text; they end with it.
    _names: dict[str, bytes]

    def __init__(self, engine: Engine, *, writes: bool) -> None:
        super().__init__(engine)
        self._begin = _WRITE if writes else _READ
        self._unnamed = bool(engine.get_execution_options().get(UNNAMED))
        self._fresh = True  # nothing was heard over this connection yet: it may have died in the pool

    def _take(self) -> None:
        super()._take()
        self._driver = self._pooled.driver_connection  # pyright: ignore[reportAttributeAccessIssue]
        self._names = self._pooled.info.setdefault(_KNOWN, {})

    @property
    def connection(self) -> Connection:
        """SQLAlchemy's connection over the same transaction."""
        self.begin()
        return self._made()

    def begin(self) -> None:
        """Begins the transaction now."""
        if self._status == pq.TransactionStatus.IDLE:
            self._batch([])

    @property
    def _status(self) -> pq.TransactionStatus:
        return pq.TransactionStatus(self._driver.pgconn.transaction_status)

    def look(self, asked: Sequence[tuple[str, Sequence[Any]]]) -> list[list[Row]]:
        """The rows that each statement finds, in one round trip and without a transaction around them."""
        return [self._loaded(result) for result in self._batch(asked, begins=False)]

    def rows(self, text: str, values: Sequence[Any]) -> list[Row]:
        """The rows a statement finds."""
        return self.rows_of([(text, values)])[0]

    def rows_of(self, asked: Sequence[tuple[str, Sequence[Any]]]) -> list[list[Row]]:
        """The rows that each statement finds, all asked in one round trip."""
        return [self._loaded(result) for result in self._batch(asked)]

    def change(self, text: str, values: Sequence[Any]) -> int:
        """Does a statement once; how many rows it changed."""
        return self._batch([(text, values)])[0].command_tuples or 0

    def many(self, text: str, rows: Sequence[Row]) -> int:
        """Does a statement for each row; how many rows it changed in all."""
        return sum(result.command_tuples or 0 for result in self._batch([(text, row) for row in rows]))

    def write(self, steps: Sequence[Step], *, commit: bool) -> None:
        """Does every step in one round trip, and commits in the same one; ``Missed`` when a ``strict`` step did."""
        asked = [one for text, rows in steps for one in _together(text, rows)]
        if commit:
            self._end(asked)
        else:
            self._batch(asked)

    def commit(self) -> None:
        """Keeps what was written."""
        if self._status != pq.TransactionStatus.IDLE:
            self._end([])

    def _end(self, asked: Sequence[tuple[str, Sequence[Any]]]) -> None:
        self._fresh = False  # never done twice
        try:
            done = self._batch([*asked, (_END, ())])
        except StorageError as error:
            if error.code == "connection_lost":
                raise unknown_commit() from None
            raise
        if done[-1].command_status != _END.encode():  # a transaction that had failed before is only rolled back
            raise StorageError("storage_failed", "the database could not do it; nothing was written")

    def copied(self, text: str, types: Sequence[str], rows: Sequence[Row]) -> None:
        """Hands rows over in one stream; ``text`` is the COPY statement, ``types`` are those of its columns."""
        self.begin()
        try:
            with self._driver.cursor() as cursor, cursor.copy(text.encode()) as copy:
                copy.set_types(types)
                for row in rows:
                    copy.write_row(row)
        except Error as error:
            raise self._ours(error) from None

    def close(self) -> None:
        """Gives the connection back; what was not committed is undone."""
        if self._over is None and self._status == pq.TransactionStatus.INTRANS:
            with suppress(StorageError):  # a lost connection has undone it too
                self._batch([("ROLLBACK", ())])
        super().close()

    # -- what stands on the wire ---------------------------------------------------------------------------------

    def _loaded(self, result: PGresult) -> list[Row]:
        loader = Transformer(self._driver)
        loader.set_pgresult(result)
        return loader.load_rows(0, result.ntuples, tuple)

    def _batch(self, asked: Sequence[tuple[str, Sequence[Any]]], *, begins: bool = True) -> list[PGresult]:
        codec = self._driver.info.encoding
        sent = [(text, _given(values, codec)) for text, values in asked]  # before anything stands on the wire
        begins = begins and self._status == pq.TransactionStatus.IDLE
        if begins:
            sent.insert(0, (self._begin, ([], [])))
        found, failed = self._heard(sent)
        if failed is not None:
            place, result = failed
            error = errors.error_from_result(result, codec)
            if error.sqlstate == _NONE:
                raise Missed(place - begins)
            ours = self._ours(error)
            if error.sqlstate in _ANOTHER:
                self._invalidate()
            raise ours from None
        return found[1:] if begins else found

    def _heard(self, sent: Sequence[tuple[str, _Given]]) -> _Heard:
        for _ in range(_DEAD):
            try:
                with self._driver.lock:
                    found, failed = self._driver.wait(self._talk(sent))
                if not self._driver.closed and (failed or len(found) == len(sent)):
                    self._fresh = False
                    return found, failed
                error: Error = OperationalError("the connection is lost")
            except Error as raised:
                error = raised
            except BaseException:
                if self._driver.pgconn.pipeline_status != pq.PipelineStatus.OFF:  # interrupted, not even cancelled
                    self._invalidate()
                raise
            if not self._fresh or not self._driver.closed:
                raise self._ours(error) from None
            self._invalidate()  # it died in the pool, and nothing has been done: another one
            self._take()
        raise translated(OperationalError("every connection is lost"), lost=True)

    def _ours(self, error: Error) -> BaseException:
        if lost := bool(self._driver.closed):
            self._invalidate()
        return translated(error, lost=lost)

    def _talk(self, sent: Sequence[tuple[str, _Given]]) -> Generator[Wait, Ready | int, _Heard]:
        """Sends everything, waits for every answer."""
        pgconn = self._driver.pgconn
        expected = self._sent(sent)
        while pgconn.flush():
            if (yield Wait.RW) & Ready.R:
                pgconn.consume_input()
        found: list[PGresult] = []
        failed: tuple[int, PGresult] | None = None
        while (answer := (yield from _next_answer(pgconn))) is not None:
            # A connection that is lost at the very end answers once more than it was asked.
            place, prepared, name = expected.popleft() if expected else (len(sent), "", b"")
            if answer.status == pq.ExecStatus.FATAL_ERROR:
                failed = failed or (place, answer)
            elif not prepared:
                found.append(answer)
            elif answer.status == pq.ExecStatus.COMMAND_OK and name:
                self._names[prepared] = name
        return found, failed

    def _sent(self, sent: Sequence[tuple[str, _Given]]) -> deque[tuple[int, str, bytes]]:
        """Puts everything on the wire; of each answer to come: the statement's place, the text if one is prepared."""
        pgconn, new = self._driver.pgconn, dict[str, bytes]()
        expected: deque[tuple[int, str, bytes]] = deque()
        pgconn.enter_pipeline_mode()
        for place, (text, (values, formats)) in enumerate(sent):
            name = b"" if self._unnamed else self._names.get(text) or new.get(text)
            if not name:
                name = new[text] = b"" if self._unnamed else _named(text)
                pgconn.send_prepare(name, _numbered(text).encode())
                expected.append((place, text, name))
            pgconn.send_query_prepared(name, values, formats, result_format=_BINARY)
            expected.append((place, "", name))
        pgconn.pipeline_sync()
        return expected


def _next_answer(pgconn: PGconn) -> Generator[Wait, Ready | int, PGresult | None]:
    """The next answer; None when all are there, or when the connection is lost."""
    while True:
        while pgconn.is_busy():
            while not (yield Wait.R):
                pass
            pgconn.consume_input()
        answer = pgconn.get_result()
        if answer is None:  # the end of one statement's answer
            if pgconn.status == pq.ConnStatus.BAD:
                return None
        elif answer.status == pq.ExecStatus.PIPELINE_SYNC:
            pgconn.exit_pipeline_mode()
            return None
        else:
            return answer


def _together(text: str, rows: Sequence[Row]) -> list[tuple[str, Row]]:
    """Several rows in one INSERT are less work for the server than one by one: its guards by statement run once."""
    if len(rows) == 1 or not text.startswith("INSERT"):
        return [(text, row) for row in rows]
    return [(_of_rows(text, len(rows)), tuple(value for row in rows for value in row))]


@cache
def _of_rows(text: str, many: int) -> str:
    values = values_of(text)
    return text.replace(values, "VALUES " + ", ".join([values.removeprefix("VALUES ")] * many))


@cache
def _named(text: str) -> bytes:
    """The name of a statement, the same in every process and no other statement's."""
    return b"claimdesk_" + blake2b(text.encode(), digest_size=16).hexdigest().encode()


@cache
def _numbered(text: str) -> str:
    """A statement with its values as the server counts them."""
    first, *rest = (part.replace("%%", "%") for part in text.split("%s"))
    return first + "".join(f"${n}{part}" for n, part in enumerate(rest, 1))


def _given(values: Sequence[Any], codec: str) -> _Given:
    """Values as they go out, and how each is written. Text goes out with its length, so that none is cut short."""
    found: list[bytes | None] = []
    formats: list[int] = []
    for value in values:
        if value is None or isinstance(value, bytes):
            found.append(value)
            formats.append(_BINARY)
        elif isinstance(value, str):
            found.append(value.encode(codec))
            formats.append(_BINARY)
        else:
            found.append((_listed(value) if isinstance(value, list) else _plain(value)).encode(codec))  # pyright: ignore[reportUnknownArgumentType]
            formats.append(_TEXT)
    return found, formats


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, int):
        return str(int(value))
    raise TypeError(f"no value of a statement of ours: {type(value).__name__}")


def _listed(values: list[Any]) -> str:
    """PostgreSQL's way to write a list."""
    return "{" + ",".join(_member(value) for value in values) + "}"


def _member(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        if "\0" in value:
            raise translated(DataError("text cannot hold this character"))
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return _plain(value)
