"""The HTTP API: the verbs and reads of a desk over HTTP, by the names the library and the command line have.

Decision: a thin face. Every request is one call of the desk, checked by the shapes that check all others; an error is
the desk's own, as problem details (RFC 9457). Starlette carries it (extra ``[web]``), so a host may mount it in an
application of its own. Authority: contract sections 3, 6 and 7; UX notes 4.5 and 4.6; trust notes 5.3. Left out: pages
for people, TLS and log-in by browser, which belong to the proxy or the host in front of it.
"""

from __future__ import annotations
