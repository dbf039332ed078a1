"""The addresses about what people are told, and the pages behind the links of mails."""

from __future__ import annotations

from shared.app.api.exchange import FORM
from shared.app.api.json_shapes import choice, shape
from shared.app.api.pages import mail_pages as mails
from shared.app.api.route import Route
from shared.app.api.settings import notifications as choosing

NOTIFICATION_ROUTES: tuple[Route, ...] = (
    Route(
        "GET", "/v1/notifications", "notifications.own", choosing.list_notified, "List what people are told",
        "Notifications",
    ),
    Route(
        "POST", "/v1/notifications/{recipient}", "notifications.own", choosing.choose_notifications,
        "Choose what somebody is told", "Notified", body=choosing.CHOICES, errors=(409,),
    ),
    Route(
        "POST", "/v1/notifications/{recipient}/test", "notifications.own", choosing.order_channel_test,
        "Send a person a test message", "TestOrdered", body=choosing.TEST, status=202, errors=(409,),
    ),
    Route(
        "GET", "/v1/settings/notifications", "notifications.read", choosing.show_team_notifications,
        "Get how the team is told", "TeamNotifications",
    ),
    Route(
        "POST", "/v1/settings/notifications", "notifications.change", choosing.change_team_notifications,
        "Set how the team is told", "TeamNotifications", body=choosing.TEAM,
    ),
    Route(
        "GET", "/confirm-mail/{token}", "mail link", mails.show_confirmation, "Ask to confirm an address", "html",
        errors=(401, 409),
    ),
    Route(
        "POST", "/confirm-mail/{token}", "mail link", mails.take_confirmation, "Confirm an address", "html",
        body=shape(decision=choice("confirm"), required=("decision",)), body_type=FORM,
        errors=(400, 401, 403, 409, 413, 415),
    ),
    Route(
        "GET", "/unsubscribe/{token}", "mail link", mails.show_end_of_mails, "Ask whether to end mails of a kind",
        "html", errors=(401,),
    ),
    Route(
        "POST", "/unsubscribe/{token}", "mail link", mails.end_mails, "End mails of a kind", "html",
        errors=(401, 413),
    ),
)  # fmt: skip
