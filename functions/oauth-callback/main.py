"""oauth-callback: a person connects an account, or signs in.

Called by  browsers, in public: `/start?provider=notion` begins, a provider answers at `/`, one of sign-ins at `/NAME`.
Next       nothing; runs that waited for the account go on through the queue.
"""

import functions_framework
from flask import Request, Response

from shared.app.connections.connect_account import Opened, SignIn, finish_connection, start_asked
from shared.app.people.openid_sign_in import finish_openid, is_openid, start_openid
from shared.entry import add_cookie, cookie_of, endpoint, redirect
from shared.wiring import wire
from shared.wiring.accounts import wire_accounts

wired, accounts = wire(), wire_accounts()


@functions_framework.http
@endpoint
def oauth_callback(request: Request) -> Response:
    """Send the browser to the provider, or take its answer and keep the grant."""
    back = wired.settings.door_url("oauth-callback")
    named = request.path.strip("/").removesuffix("start")  # "/NAME" is where a provider of sign-ins answers
    begins, provider = request.path.rstrip("/").endswith("/start"), request.args.get("provider") or named or "notion"
    asked = SignIn(*(request.args.get(name, "") for name in ("login", "browser", "next")))
    if is_openid(provider):  # an address of its own, so that no provider's answer can be taken for another's
        own = f"{back}/{provider}"
        if begins:
            started = start_openid(wired.deps, accounts, provider, own, asked)
            return add_cookie(redirect(started.url), started.cookie, back)
        address = finish_openid(wired.deps, accounts, provider, request.args, cookie_of(request, back), own)
        return redirect(f"{wired.settings.public_url}{address}")
    if begins:
        ticket = Opened(request.args.get("ticket", ""), cookie_of(request, back))
        started = start_asked(wired.deps, accounts, provider, back, ticket, asked)
        return add_cookie(redirect(started.url), started.cookie, back)
    origin = {"address": request.remote_addr or ""}
    done = finish_connection(wired.deps, accounts, provider, request.args, cookie_of(request, back), back, origin)
    return redirect(f"{wired.settings.public_url}{done['address']}")
