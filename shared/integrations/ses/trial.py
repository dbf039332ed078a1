"""Try Amazon SES: the key, the account, and the sender. No mail is sent."""

from __future__ import annotations

from email.utils import parseaddr

from shared.core.errors import IntegrationError, Unauthorized
from shared.integrations.ses.client import Ses, connect
from shared.integrations.trial_result import Given, Tried, tell_unclear
from shared.ports import Secret

_REGION = "In the AWS console open Amazon SES, choose the region at the top right"


def try_ses(sender: str, region: str, key: Secret, word: Secret, *, at: str = "") -> Tried:
    """Say whether Amazon SES takes the key, and whether mail may go out as `sender` and to anybody. It only reads.

    `at` is another address than Amazon's, for tests. Facts: region, sender, sandbox ("yes" or "no").
    """
    address = parseaddr(sender)[1]
    facts = {"region": region, "sender": address}
    if "@" not in address:
        return Tried(False, "The address that mail comes from is missing.", "Give it like agent@example.com.", facts)
    if not (key.reveal().strip() and word.reveal().strip()):
        return Tried(False, "The access key or its secret is missing.", _iam(), facts)
    try:
        client = connect(endpoint_url=at or None, region=region, access_key=key, secret_key=word)
        standing = Ses(client, sender).look()
    except Unauthorized:
        says = "Amazon SES does not accept this key, or the key may not look at the account."
        return Tried(False, says, _iam(), facts)
    except ValueError:  # botocore's own word on a region that cannot be one
        return Tried(False, f"“{region}” is not a region of AWS.", f"{_REGION}, and give it as in eu-central-1.", facts)
    except IntegrationError as error:
        return tell_unclear("Amazon SES", error, facts)
    facts["sandbox"] = "yes" if standing.sandbox else "no"
    if not standing.sending:
        says = f"Amazon has stopped all sending of this account in {region}."
        return Tried(False, says, f"{_REGION}, and look at Account dashboard › Account status.", facts)
    if not standing.verified:
        says = f"{address} is not verified in {region}, so Amazon SES refuses mail from it."
        way_out = f"{_REGION} ({region}) › Identities › Create identity, and verify the address or its domain there."
        return Tried(False, says, way_out, facts)
    if standing.sandbox:
        says = (
            f"Amazon SES sends as {address}, but only to verified addresses: the account is in the sandbox in {region}."
        )
        way_out = f"{_REGION} › Account dashboard › Request production access; until then verify each receiver."
        return Tried(True, says, way_out, facts)
    return Tried(True, f"Amazon SES sends as {address} from {region}.", facts=facts)


def _iam() -> str:
    return (
        "In the AWS console open IAM › Users › the user › Security credentials, make an access key, and let the user "
        "ses:SendEmail, ses:GetAccount and ses:GetEmailIdentity."
    )


def try_given(given: Given) -> Tried:
    """Try the operator's key for the sender."""
    key, word = given.secret("ses-access-key-id"), given.secret("ses-secret-access-key")
    return try_ses(given.fact("sender"), given.fact("region"), key, word, at=given.at)
