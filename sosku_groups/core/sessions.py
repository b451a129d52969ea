"""The login session's cookie, told from the shadows that cut-off answers leave of it.

The cookie is of the path `/`. Of an answer that breaks off before it says so the browser keeps a
second one of the same name, under the path of what was asked, and sends that one first there.
"""

from contextlib import suppress

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from itsdangerous import BadSignature


class Sessions(SecureCookieSessionInterface):
    """Flask's own sessions; of several cookies the last good one, which is of the shortest path."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The session of the request; shadows count only where nothing whole comes after them."""
        sent = request.cookies.getlist(self.get_cookie_name(app))
        if len(sent) < 2 or (signer := self.get_signing_serializer(app)) is None:
            return super().open_session(app, request)
        longest = int(app.permanent_session_lifetime.total_seconds())
        for value in reversed(sent):
            with suppress(BadSignature):
                return self.session_class(signer.loads(value, max_age=longest))
        return self.session_class()
