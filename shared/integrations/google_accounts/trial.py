"""Look at a client of Google's sign-in before it is kept: whether its parts look like one's.

Whether Google takes it shows only when somebody signs in: without a code of theirs its token endpoint says nothing of a
client. Source: developers.google.com/identity/openid-connect/openid-connect.
"""

from __future__ import annotations

from shared.integrations.trial_result import Given, Tried

_ENDS = ".apps.googleusercontent.com"
_WHERE = "Copy both anew from the client in Google Auth Platform › Clients (docs/guides/sign-in-google.md)."


def try_given(given: Given) -> Tried:
    """Say whether an id and a secret can be those of a client."""
    client, secret = given.secret("google-sign-in-id").reveal(), given.secret("google-sign-in-secret").reveal()
    if not client.endswith(_ENDS) or client == _ENDS:
        return Tried(False, f"That is not the id of a Google client: it ends in {_ENDS}.", _WHERE)
    if not secret or secret.endswith(_ENDS):
        return Tried(False, "That is not the secret of a Google client.", _WHERE)
    register = "At Google its redirect address is that of Workwright, with /oauth-callback/google behind it."
    return Tried(True, "This can be a client of Google's sign-in; the first sign-in shows whether it is.", register)
