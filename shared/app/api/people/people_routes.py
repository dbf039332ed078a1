"""The addresses about people: who is in the team, and how somebody signs in, in a terminal or a browser."""

from __future__ import annotations

from shared.app.api.exchange import FORM
from shared.app.api.json_shapes import choice, shape
from shared.app.api.pages import (
    account_page,
    connect_page,
    login_page,
    mail_link_page,
    setup_page,
    sign_in_page,
    team_choice_page,
    team_page,
    terminal_page,
    told_page,
)
from shared.app.api.people import session_list, setup_steps, sign_in, team
from shared.app.api.people.browser_session import require_session
from shared.app.api.route import TENANT, Route

PEOPLE_ROUTES: tuple[Route, ...] = (
    Route("GET", "/v1/members", "members.read", team.list_members, "List the people of the team", "Members"),
    Route(
        "POST", "/v1/members/{member}", "members.manage", team.change_member,
        "Let somebody in, or give a member another role", "Member", body=team.CHANGE, errors=(409,),
    ),
    Route(
        "DELETE", "/v1/members/{member}", "members.manage", team.remove_member,
        "Take somebody out of the team", "MemberRemoved", errors=(409,),
    ),
    Route(
        "POST", "/v1/leave", "members.leave", team.leave_team, "Leave the team", "MemberRemoved", body=shape(),
        errors=(409,),
    ),
    Route("GET", "/v1/whoami", "whoami", team.tell_whose_key, "Get whose key this is", "WhoAmI"),
    Route(
        "POST", "/v1/login", "public", sign_in.begin_login, "Begin to sign in from a terminal", "LoginBegun",
        body=sign_in.BEGIN,
    ),
    Route(
        "POST", "/v1/login/key", "public", sign_in.finish_login, "Trade a terminal's secret for a key, once agreed",
        "LoggedIn", body=sign_in.TRADE, errors=(409,),
    ),
    Route(
        "GET", "/sign-in", "public", sign_in_page.show_sign_in, "Show how to sign in", "html", query=sign_in_page.SHOW,
    ),
    Route(
        "POST", "/sign-in/mail", "public", mail_link_page.ask_by_mail, "Ask for a link to sign in by mail", "html",
        body=mail_link_page.ASK, body_type=FORM, errors=(400, 403, 413, 415, 429),
    ),
    Route(
        "GET", "/sign-in/mail/{token}", "login link", mail_link_page.show_mail_link, "Open a link to sign in", "html",
        errors=(401, 409),
    ),
    Route(
        "POST", "/sign-in/mail/{token}", "login link", mail_link_page.take_mail_link, "Sign in with a link", "html",
        body=mail_link_page.PRESS, body_type=FORM, status=303, errors=(400, 401, 403, 409, 413, 415),
    ),
    Route(
        "GET", "/sign-in/team", "public", team_choice_page.show_teams, "Show which teams one can sign in to", "html",
        query=team_choice_page.QUERY,
    ),
    Route(
        "POST", "/sign-in/team", "public", team_choice_page.choose_team, "Sign in to one of one's teams", "html",
        body=team_choice_page.CHOOSE, body_type=FORM, status=303, errors=(400, 403, 409, 413, 415),
    ),
    Route(
        "GET", "/sign-in/notion", "public", sign_in_page.begin_sign_in, "Sign in with Notion", "html",
        query=sign_in_page.BEGIN, status=303,
    ),
    Route(
        "GET", "/signed-in/{token}", "login link", sign_in_page.finish_sign_in, "Come back from signing in", "html",
        status=303, errors=(401, 409),
    ),
    Route(
        "GET", "/sign-in/by/{provider}", "public", sign_in_page.begin_elsewhere, "Sign in with another provider",
        "html", query=sign_in_page.BEGIN, status=303, errors=(404,),
    ),
    Route(
        "GET", "/signed-in/by/{token}", "login link", sign_in_page.finish_elsewhere, "Come back from another provider",
        "html", status=303, errors=(401, 409),
    ),
    Route(
        "GET", "/connect/{login}/{browser}", "login link", connect_page.show_connect, "Ask whether to connect a system",
        "html", errors=(401, 403),
    ),
    Route(
        "GET", "/account", "session", require_session(account_page.show_account), "Show who is signed in", "html",
    ),
    Route(
        "POST", "/account", "session", require_session(account_page.change_account), "Sign out", "html",
        body=account_page.CHANGE, body_type=FORM, status=303, errors=(400, 403, 404, 413, 415, 421),
    ),
    Route("GET", "/team", "session", require_session(team_page.show_team), "Show the people of the team", "html"),
    Route(
        "POST", "/team", "session", require_session(team_page.change_team), "Invite, let in or take out", "html",
        body=team_page.CHANGE, body_type=FORM, status=303, errors=(400, 403, 404, 409, 413, 415, 421),
    ),
    Route(
        "GET", "/told", "session", require_session(told_page.show_told), "Show how one is told", "html",
        query=told_page.QUERY, errors=(400,),
    ),
    Route(
        "POST", "/told", "session", require_session(told_page.change_told), "Choose how one is told", "html",
        body=told_page.CHANGE, body_type=FORM, status=303, errors=(400, 403, 404, 409, 413, 415, 421),
    ),
    Route(
        "GET", "/setup", "session", require_session(setup_page.show_setup), "Show how far the set-up is", "html",
        query=told_page.QUERY, errors=(400,),
    ),
    Route(
        "POST", "/setup", "session", require_session(setup_page.change_setup), "Go on with the set-up", "html",
        body=setup_page.CHANGE, body_type=FORM, status=303, errors=(400, 403, 404, 409, 413, 415, 421),
    ),
    Route("GET", "/v1/setup", "tenant.read", setup_steps.show_steps, "Get how far the set-up is", "SetUpSteps"),
    Route("GET", "/v1/doctor", "tenant.read", setup_steps.show_doctor, "Get what the team lacks", "Doctor"),
    Route("GET", "/v1/sessions", "sessions.own", session_list.list_sessions, "List your browser sessions", "Sessions"),
    Route(
        "DELETE", "/v1/sessions", "sessions.own", session_list.drop_sessions, "Sign out in every browser",
        "SessionsEnded",
    ),
    Route(
        "DELETE", "/v1/sessions/{session}", "sessions.own", session_list.drop_session, "Sign out in one browser",
        "SessionsEnded",
    ),
    Route(
        "GET", "/terminal/{digest}", "public", terminal_page.show_terminal,
        "Show a terminal's code, and how to sign in", "html", query=terminal_page.QUERY, errors=(404,),
    ),
    Route(
        "POST", "/terminal/{digest}", "session", require_session(terminal_page.agree_in_session),
        "Let a terminal sign in", "html", body=terminal_page.AGREE, body_type=FORM,
        status=303, errors=(400, 403, 404, 409, 413, 415, 421),
    ),
    Route("GET", "/asked", "public", login_page.show_asked, "Say that the owners were asked", "html", query=TENANT),
    Route(
        "GET", "/login/{token}", "login link", login_page.show_login, "Ask whether a terminal may sign in", "html",
        errors=(401, 409),
    ),
    Route(
        "POST", "/login/{token}", "login link", login_page.take_login, "Let a terminal sign in", "html",
        body=shape(decision=choice("agree"), required=("decision",)),
        body_type=FORM, errors=(400, 401, 403, 409, 413, 415),
    ),
)  # fmt: skip
