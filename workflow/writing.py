"""One write unit with its session: flushed at its end, or thrown away for a dry run or an exception."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType

from .engine import Session, Settings
from .ports import Ahead, Store


class Writing:
    """One write unit with its session; flushed at the end, or thrown away for a dry run."""

    def __init__(
        self, store: Store, settings: Settings, dry_run: bool, keys: Sequence[str], ahead: Ahead | None = None
    ) -> None:
        self._store, self._settings = store, settings
        self._dry = dry_run
        self._keys = keys
        self._ahead = ahead

    def __enter__(self) -> Session:
        self._context = self._store.write()
        unit = self._context.__enter__()
        if self._keys:
            try:
                unit.lock(self._keys, self._ahead)
            except BaseException as failed:
                self._context.__exit__(type(failed), failed, failed.__traceback__)
                raise
        self._session = Session(unit, self._settings)
        return self._session

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None and not self._dry:
            try:
                if self._session.seals:
                    self._settings.digests.verify(self._session.unit)
                self._session.flush(last=True)
            except BaseException as failed:
                self._context.__exit__(type(failed), failed, failed.__traceback__)
                raise
            self._context.__exit__(None, None, None)
            return
        if kind is None:
            stop = _DryRun()
            with suppress(_DryRun):
                self._context.__exit__(_DryRun, stop, None)
            return
        self._context.__exit__(kind, error, trace)


class _DryRun(Exception):
    """Ends a write unit without writing."""
