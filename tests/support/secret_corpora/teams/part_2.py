"""Some texts of the corpus."""

from __future__ import annotations

import base64

from tests.support.secret_corpora.teams.making import (
    ALNUM,
    BASE64,
    BECH32,
    DIGITS,
    URLSAFE,
    dashed,
    folded,
    glue,
    letters,
    page,
    segment,
)


def planted_files() -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}

    snowflake = base64.b64encode(("11" + letters("7 discord id", 17, DIGITS)).encode()).decode().rstrip("=")
    secret = snowflake + "." + "G" + letters("7 discord a", 5, ALNUM) + "." + letters("7 discord b", 38, URLSAFE)
    found["chat_about_discord_bot"] = (
        page(
            "[14:02] tomke: the standup bot is offline again, who has its token?",
            "[14:02] tomke: i only have the app id",
            f"[14:05] Ravi S.: I reset it just now -> {secret}",
            "[14:05] Ravi S.: old one is dead, so restart the container as well",
            "[14:09] tomke: back online, thx!! 🎉",
        ),
        secret,
    )

    secret = "sk-" + "ant-api03-" + letters("7 anthropic", 93, URLSAFE) + "AA"
    found["kubectl_secret_for_summaries"] = (
        page(
            "kubectl -n summaries create secret generic llm \\",
            "    --from-literal=provider=anthropic \\",
            f"    --from-literal=api-key={secret}",
            "kubectl -n summaries rollout restart deploy/worker",
        ),
        secret,
    )

    secret = "sk-" + "proj-" + letters("7 openai a", 74, URLSAFE) + "T3Blbk" + "FJ" + letters("7 openai b", 74, URLSAFE)
    found["python_openai_client"] = (
        page(
            "from openai import OpenAI",
            "",
            "client = OpenAI(",
            f'    api_key="{secret}",',
            "    timeout=40,",
            ")",
            "",
            "def tag(ticket: str) -> str:",
            '    answer = client.responses.create(model="gpt-4.1-mini", input=PROMPT + ticket)',
            "    return answer.output_text.strip()",
        ),
        secret,
    )

    claims = {"sub": "svc-migrator", "scope": "tenants:write", "iat": 1739781203, "exp": 2055141203}
    secret = segment({"alg": "HS256", "typ": "JWT"}) + "." + segment(claims) + "." + letters("7 jwt", 43, URLSAFE)
    found["ci_log_with_bearer"] = (
        page(
            "##[group]Run ./scripts/smoke.sh https://stage.kontorhaus.eu",
            "2025-02-17T08:33:41.0127714Z *   Trying 10.8.3.17:443...",
            "2025-02-17T08:33:41.0911846Z > GET /v2/tenants?limit=1 HTTP/2",
            "2025-02-17T08:33:41.0911901Z > Host: stage.kontorhaus.eu",
            f"2025-02-17T08:33:41.0911977Z > Authorization: Bearer {secret}",
            "2025-02-17T08:33:41.0912044Z > Accept: */*",
            "2025-02-17T08:33:41.2250318Z < HTTP/2 200",
            "##[endgroup]",
        ),
        secret,
    )

    body = "MHcCAQEEI" + letters("7 ec key", 43, BASE64) + "oAoGCCqGSM49AwEHoUQDQgAE" + letters("7 ec", 86, BASE64)
    secret = folded(body + "==", 64)
    kind = "EC " + "PRIVATE KEY"
    found["wiki_signing_key_block"] = (
        page(
            "The license server signs with this one (copy kept here because the HSM was late):",
            "",
            dashed("BEGIN " + kind),
            secret,
            dashed("END " + kind),
            "",
            "Rotate after the audit. -- Bo, 3 March",
        ),
        secret,
    )

    secret = "AGE-" + "SECRET-KEY-" + "1" + letters("7 age", 58, BECH32)
    found["sops_age_keys_txt"] = (
        page(
            "# created: 2024-11-05T19:20:44+01:00",
            f"# public key: age1{letters('7 age public', 58, BECH32).lower()}",
            secret,
        ),
        secret,
    )

    secret = glue("m7R", "-fjord", "Qx2", "vTe9")
    found["runbook_lagging_replica"] = (
        page(
            "1. Look at the lag panel. Under 90 s: go back to bed.",
            "2. Over that: page whoever has storage duty.",
            "3. Have a look by hand:",
            f'   psql "postgresql://replica_ro:{secret}@db-2.ams.wharfside.io:5432/ledger?sslmode=require"',
            "   then `select now() - pg_last_xact_replay_timestamp();`",
            "4. Write what you saw into the incident channel.",
        ),
        secret,
    )

    secret = glue("Wb!4", "harbour", "#LoaD_", "19")
    found["sql_create_reporting_user"] = (
        page(
            "-- V38__reporting_user.sql",
            f"CREATE USER 'metabase'@'10.20.%' IDENTIFIED BY '{secret}';",
            "GRANT SELECT, SHOW VIEW ON warehouse.* TO 'metabase'@'10.20.%';",
            "FLUSH PRIVILEGES;",
        ),
        secret,
    )

    secret = letters("7 tfvars", 24, ALNUM)
    found["prod_tfvars"] = (
        page(
            'environment        = "prod"',
            'db_instance_class  = "db.r6g.large"',
            'db_username        = "kontor"',
            f'db_master_password = "{secret}"',
            "multi_az           = true",
            'tags = { team = "ankunft", cost = "4410" }',
        ),
        secret,
    )
    return found


def planted_prose() -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}

    secret = glue("Lantern", "-Pickle", "-47-", "Rye")
    found["minutes_with_grafana_login"] = (
        page(
            "Ops sync 12 May, present: Jo, Lena, Ravi, (Bo late)",
            "* backups: restore test went ok, 41 min",
            f"* Grafana: SSO is down until Thursday, so log in as admin with the password {secret} and behave",
            "* cert for *.stage renews itself now",
        ),
        secret,
    )

    secret = glue("oW8", "zu?kelp", "Tarn3")
    found["ticket_comment_bastion"] = (
        page(
            "OPS-2291 · comment by Dana K. · 2 days ago",
            f'I changed the root password on the old bastion to "{secret}" (without the quotes) because nobody',
            "got in after Piet left. Please tell the on-call people and close this when the box is gone.",
        ),
        secret,
    )

    secret = glue("gR33n", "crane", "over", "Dock9")
    found["onboarding_paragraph_vpn"] = (
        f"For the VPN use your own user name; the shared secret for the L2TP profile is {secret}, same for everybody.",
        secret,
    )

    secret = glue("Zimt", "ofen", "!Kran", "82")
    found["german_handover_note"] = (
        page(
            "Übergabe Bereitschaft KW 19",
            "- Jenkins hängt gern nach dem Update, dann Dienst neu starten.",
            f"- Das Passwort vom Dienstkonto svc_jenkins lautet jetzt {secret} (das alte geht seit Montag nicht mehr).",
            "- Urlaub: Fenja bis 23.",
        ),
        secret,
    )

    secret = glue("Brume", "42;", "Quai", "_nord")
    found["french_reply_about_sftp"] = (
        page(
            "Bonjour Elise,",
            "le dépôt des factures se fait sur sftp.partenaires.kontorhaus.eu, port 2222.",
            f"L'identifiant est « depot-fr » et le mot de passe est « {secret} ».",
            "Merci de ne pas le transmettre au prestataire.",
        ),
        secret,
    )
    return found
