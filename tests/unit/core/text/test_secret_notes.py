"""What people jot down as a secret is found by the shape of the note; lines that only look alike are left."""

from __future__ import annotations

import pytest

from shared.integrations.secret_search import secrets_in

STRONG, NAMED, PLAIN = "Vy6-plum" + "Koog.31x", "Tinder" + "Quarry_5", "bless" + "Otter99;climb"
GROUPS, SMALL, PHRASE = "U2E2 PJQI " + "UBB4 A8DB", "zogw fcxi " + "hzet fpac", "chalk board " + "Heron 31"
SEASONED = "mond" + "Kalb?17x"
HEX = "b8afc4927fc77a860c25" + "2673c6b405f748ec7dbd"

JOTTED = (
    (f"always forget\n  10.8.3.40 <- printer\n  {STRONG}   <- mysql root on pine (yes, still)", STRONG),
    (f"If the phone is lost, type the recovery key without the blanks: {GROUPS}", GROUPS),
    (f"app password (Google shows it with gaps): {SMALL}", SMALL),
    (f'network={{\n    psk="{PHRASE}"\n}}', PHRASE),
    (f"dario: the keystore passphrase again?\nwen: (who eats tuna in here)\nwen: {NAMED}\ndario: ta", NAMED),
    (f"<!-- staging: the gate is kunde / {SEASONED} -->", SEASONED),
    (f"steamcmd.exe +login mudlark_build {PLAIN} +run_app_build x.vdf +quit", PLAIN),
    (f"define( 'DB_PASSWORD', '{SEASONED}' );", SEASONED),
    (f"use the shared one, user artbox pw {NAMED.replace('_', '-')}", NAMED.replace("_", "-")),
    (f'// worked: conn.Bind("cn=svc,dc=lan", "{SEASONED}")', SEASONED),
    (f'"wandb.login(key=\\"{HEX}\\")"', HEX),
    (f"le mot de passe est « {STRONG};nord ».", f"{STRONG};nord"),
    (f"the shared secret for the profile is {STRONG}, same for everybody", STRONG),
)
NOT_JOTTED = (
    "Passwords are kept in the vault.\n\nPostgreSQL15\n",
    "The password policy\n\n- docs/Setup-2.md\n- Release_2.yaml\n",
    "Config2.yaml <- root of the settings",
    "Recovery key: ask the office, they keep THEM SAFE THERE AND WARM",
    'passphrase = "Enter your passphrase twice"',
    "and / or, 24 / 7, TCP / IP, input / output-2",
    "label('password', 'Your password, please')",
    "log in / sign-up",
    "backup code: see the drawer, 3 sheets",
    "$token-colors: (ink: #1b1b1e, secret: #bada55, pass: #0ff1ce);",
    "mail.password: '#{systemProperties[mailPassword]}'",
)


@pytest.mark.parametrize(("text", "secret"), JOTTED)
def test_what_is_jotted_down_is_found(text: str, secret: str) -> None:
    assert secret in [text[each.start : each.end] for each in secrets_in(text)]


@pytest.mark.parametrize("text", NOT_JOTTED)
def test_what_only_looks_alike_is_left(text: str) -> None:
    assert [text[each.start : each.end] for each in secrets_in(text)] == []


def test_settings_of_an_app_for_everybody_are_no_secret_and_a_key_alone_is() -> None:
    key = "AI" + "za" + "SyeKkBhL2qYLMNM6GMg28oM9o5dbdEHa1EP"
    shown = f'const config = {{\n  apiKey: "{key}",\n  authDomain: "shop.firebaseapp.com",\n}};'
    assert [shown[each.start : each.end] for each in secrets_in(shown)] == []
    alone = f'apiKey: "{key}"'
    assert [alone[each.start : each.end] for each in secrets_in(alone)] == [key]
