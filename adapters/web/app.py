"""The application: ASGI, for any server, or mounted in a host's own.

    app = application(lambda: ClaimDesk.open("sqlite:///claims.db", actor="system:http"), ByKey(KeyFile(path)))

Every answer carries the request's id (``X-Request-Id``, taken over when one was sent), every error is problem details,
every request is one line of the program's log: endpoint, status, time, key; no address, no body.
Authority: trust notes 5.2, 5.3 and 5.5; UX notes 4.6.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from ...states.codes import RefusalCode
from ...states.errors import ClaimdeskError, NotPermitted
from ..desk import ClaimDesk
from ..logs import logger
from .asking import BODY_MAX, Answer, Ask, checked_headers, single
from .callers import Caller, Callers
from .desks import Desks
from .endpoints import ENDPOINTS, Endpoint
from .problems import MEDIA, HttpError, problem, status_of

#: Seconds a body may take to arrive.
SLOW = 30
_REQUEST = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{7,63}\Z", re.ASCII)
_HEADERS: Mapping[str, str] = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
_JSON, _LINES = "application/json", "application/jsonl"
_FAULT = ClaimdeskError("internal", "internal error", hint="the program's log has it under its request")
_TAKEN = (_JSON, _LINES, "application/x-ndjson", "")


def application(
    open_desk: Callable[[], ClaimDesk],
    callers: Callers,
    *,
    width: int = 4,
    new_request: Callable[[], str] = lambda: f"REQ-{secrets.token_hex(8)}",
) -> Starlette:
    """The API over the desks that ``open_desk`` opens, ``width`` of them at most; ``callers`` knows who is calling."""
    desks = Desks(open_desk, width)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncGenerator[None]:
        try:
            yield
        finally:
            await asyncio.to_thread(desks.close)

    posted = {e.path for e in ENDPOINTS if e.writes}
    # What is only read has an address like a verb's: without a route of its own, posting there would look for the verb.
    reads = [Route(e.path, _only_read, methods=["POST"]) for e in ENDPOINTS if not e.writes and e.path not in posted]
    routes = reads + [Route(e.path, _Served(e, desks, callers), methods=[e.method]) for e in ENDPOINTS]
    pages = {"/openapi.json": _described, "/errors/{code}": _meaning, "/healthz": _alive}
    others = [Route(path, page, methods=["GET"]) for path, page in pages.items()]
    ready = Route("/readyz", _Ready(desks), methods=["GET"])
    app = Starlette(routes=[*routes, *others, ready], lifespan=lifespan,
                    exception_handlers={HTTPException: _not_here})  # fmt: skip
    app.add_middleware(_Named, new_request=new_request)
    return app


class _Named:
    """Gives each request its id, and each answer the headers all of them have."""

    def __init__(self, app: Any, new_request: Callable[[], str]) -> None:
        self.app, self.new_request = app, new_request

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        told = next((v.decode("latin-1") for k, v in scope["headers"] if k == b"x-request-id"), "")
        name = told if _REQUEST.match(told) else self.new_request()
        scope["claimdesk.request"] = name
        more = [(k.encode(), v.encode()) for k, v in {**_HEADERS, "x-request-id": name}.items()]

        async def named(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *more]
            await send(message)

        await self.app(scope, receive, named)


class _Served:
    """One endpoint as Starlette calls it: who asks, what, the desk's answer, the line in the log."""

    def __init__(self, endpoint: Endpoint, desks: Desks, callers: Callers) -> None:
        self.endpoint, self.desks, self.callers = endpoint, desks, callers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive, send)
        began, name, caller = time.perf_counter(), str(scope["claimdesk.request"]), None
        try:
            headers = dict(request.headers)  # their names are in lower case
            caller = self._caller(headers)
            answer = await self._answer(request, headers, caller)
        except ClientDisconnect:
            return  # nobody is there to be answered
        except ClaimdeskError as error:
            answer = _told(error, name, of_body=self.endpoint.writes)
        except Exception:  # noqa: BLE001  # a fault of ours is told without its text, which may hold anything
            logger().error("http fault", verb=self.endpoint.name, request=name, exc_info=True)
            answer = _told(_FAULT, name)
        took = int((time.perf_counter() - began) * 1000)
        logger().info("http", verb=self.endpoint.name, status=answer.status, duration_ms=took, request=name,
                      key=None if caller is None else caller.key)  # fmt: skip
        await _response(answer)(scope, receive, send)

    def _caller(self, headers: Mapping[str, str]) -> Caller:
        caller = self.callers.caller(headers)
        if self.endpoint.writes and not caller.writes:
            raise NotPermitted("not_permitted", "this key only reads", hint="claimdesk actor key ACTOR makes another")
        return caller

    async def _answer(self, request: Request, headers: Mapping[str, str], caller: Caller) -> Answer:
        endpoint = self.endpoint
        checked_headers(headers, endpoint.headers)
        raw = await _body(request, headers) if endpoint.writes else b""
        query = single(request.query_params.multi_items(), endpoint.query)
        ask = Ask(request.path_params, query, headers, raw, caller)

        def work(desk: ClaimDesk) -> Answer:
            desk.actor = caller.actor  # no other request has this desk meanwhile
            return endpoint.does(desk, ask)

        return await self.desks.do(work)


async def _body(request: Request, headers: Mapping[str, str]) -> bytes:
    """The bytes of a body, at most a mebibyte, counted before anything is parsed."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    length = headers.get("content-length", "0")
    if kind not in _TAKEN:  # a page in a browser can send none of these types without having asked before
        raise _not_json()
    if not length.isdecimal() or int(length) > BODY_MAX:
        raise _too_long()
    found = bytearray()
    try:
        async with asyncio.timeout(SLOW):
            async for part in request.stream():
                found += part
                if len(found) > BODY_MAX:
                    raise _too_long()
    except TimeoutError:
        raise HttpError("too_slow", f"the body took longer than {SLOW} seconds") from None
    if found and not kind:
        raise _not_json()
    return bytes(found)


def _not_json() -> HttpError:
    return HttpError("not_json_type", "a body is application/json", field="Content-Type", hint=_JSON)


def _too_long() -> HttpError:
    return HttpError("too_long", f"a body holds at most {BODY_MAX} bytes", hint="claimdesk import takes long files")


def _told(error: ClaimdeskError, name: str, *, of_body: bool = False) -> Answer:
    status = status_of(error)
    headers = {"www-authenticate": "Bearer"} if status == 401 else {"retry-after": "1"} if status == 503 else {}
    return Answer(problem(error, name, of_body=of_body), status, {**headers, "content-type": MEDIA})


def _response(answer: Answer) -> Response:
    if answer.body is None:
        return Response(status_code=answer.status, headers=dict(answer.headers))
    if answer.lines:
        data, kind = b"".join(orjson.dumps(one) + b"\n" for one in answer.body), _LINES
    else:
        data, kind = orjson.dumps(answer.body), _JSON
    return Response(data, answer.status, {"content-type": kind, **answer.headers})


# ---------------------------------------------------------------- beside the desk


async def _not_here(request: Request, error: Exception) -> Response:
    """Addresses and methods nobody serves."""
    status = error.status_code if isinstance(error, HTTPException) else 404
    wrong = status == 405
    told = HttpError(
        "wrong_method" if wrong else "no_such_page",
        "this address takes another method" if wrong else "there is no such address",
        hint="GET /openapi.json lists them",
    )
    answer = _told(told, str(request.scope["claimdesk.request"]))
    allow: Mapping[str, str] = getattr(error, "headers", None) or {}
    return _response(replace(answer, headers={**answer.headers, **allow}))


async def _only_read(_request: Request) -> Response:
    raise HTTPException(405, headers={"allow": "GET, HEAD"})


async def _described(_request: Request) -> Response:
    from .openapi import document

    return _response(Answer(await asyncio.to_thread(document)))


async def _meaning(request: Request) -> Response:
    code = request.path_params["code"]
    known = {member.value: member.meaning for member in RefusalCode}
    if code not in known:
        return await _not_here(request, HTTPException(404))
    return _response(Answer({"code": code, "meaning": known[code]}))


async def _alive(_request: Request) -> Response:
    return _response(Answer({"ok": True}))


class _Ready:
    """Whether the database answers."""

    def __init__(self, desks: Desks) -> None:
        self.desks = desks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self.desks.do(_asked)
            answer = Answer({"ok": True})
        except ClaimdeskError as error:
            answer = _told(error, str(scope["claimdesk.request"]))
            answer = replace(answer, status=503, body={**answer.body, "status": 503})
        await _response(answer)(scope, receive, send)


def _asked(desk: ClaimDesk) -> None:
    with desk.store.read() as unit:
        unit.meta("origin")
