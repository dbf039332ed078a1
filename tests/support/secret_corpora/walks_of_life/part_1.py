"""Some texts of the corpus."""

from __future__ import annotations

from tests.support.secret_corpora.walks_of_life.making import (
    ALNUM,
    BASE64,
    DIGITS,
    UPPER,
    URLSAFE,
    fence,
    hexa,
    letters,
    put,
    text,
    uuid_like,
    wrapped,
)


def planted_agency() -> dict[str, tuple[str, str]]:
    out: dict[str, tuple[str, str]] = {}

    secret = put("kF&3", "hazel", "*Nib", "(8w")
    out["wp_config_of_the_bakery"] = (
        text(
            "<?php",
            "define( 'DB_NAME', 'baeckerei_wp' );",
            "define( 'DB_USER', 'baeckerei' );",
            f"define( 'DB_PASSWORD', '{secret}' );",
            "define( 'DB_HOST', 'rdbms-04.hoster.net' );",
            "$table_prefix = 'bk7_';",
            "define( 'WP_DEBUG', false );",
        ),
        secret,
    )

    secret = put("Olive", "Fern", "ando77", "$")
    out["handover_letter_ftp"] = (
        text(
            "Dear Mr Okafor, enclosed is everything you need to run the site without us.",
            "Web space: ftp.okafor-roofing.co.uk, the login name is okafor-web and you get in with the password",
            f"{secret} - kindly change it within the week.",
            "It was a pleasure working with you! Studio Halbmond",
        ),
        secret,
    )

    secret = hexa("8 mailchimp", 32) + "-" + "us14"
    out["apps_script_mailchimp"] = (
        text(
            "function syncSheetToAudience() {",
            "  var MC_KEY = '" + secret + "';",
            "  var dc = MC_KEY.split('-')[1];",
            "  var res = UrlFetchApp.fetch('https://' + dc + '.api.mailchimp.com/3.0/lists/4f1c0b2d9e/members', {",
            "    method: 'post',",
            "    headers: { Authorization: 'apikey ' + MC_KEY },",
            "    payload: JSON.stringify(rowsOf(SpreadsheetApp.getActiveSheet()))",
            "  });",
            "}",
        ),
        secret,
    )

    secret = "pat-" + "eu1-" + uuid_like("8 hubspot")
    out["confluence_storage_row"] = (
        "<table><tbody><tr><th>Client</th><th>Tool</th><th>Private app token</th><th>Who asked</th></tr>"
        f"<tr><td>Molkerei Sand</td><td>HubSpot</td><td>{secret}</td><td>Yara</td></tr></tbody></table>",
        secret,
    )

    secret = "shp" + "tka_" + hexa("8 shopify", 32)
    out["makefile_theme_push"] = (
        text(
            "STORE := molkerei-sand.myshopify.com",
            "",
            "theme:",
            f"\tshopify theme push --store $(STORE) --password {secret} --theme 139920048",
            "",
            ".PHONY: theme",
        ),
        secret,
    )
    return out


def planted_hospital() -> dict[str, tuple[str, str]]:
    out: dict[str, tuple[str, str]] = {}

    secret = put("Pulm0", "-Gatter", "!Fach", "12")
    out["web_config_of_the_ward_list"] = (
        text(
            "<configuration>",
            "  <connectionStrings>",
            '    <add name="Ward" providerName="System.Data.SqlClient"',
            '         connectionString="Server=SQLKIS02\\PROD;Database=Stationsliste;User Id=svc_ward;'
            f'Password={secret};Encrypt=True" />',
            "  </connectionStrings>",
            "  <appSettings><add key='RefreshSeconds' value='45' /></appSettings>",
            "</configuration>",
        ),
        secret,
    )

    secret = letters("8 radius", 22, ALNUM)
    out["freeradius_clients"] = (
        text(
            "client wlc-haus-c {",
            "    ipaddr    = 172.19.4.11",
            f"    secret    = {secret}",
            "    shortname = wlc-c",
            "    nas_type  = cisco",
            "    require_message_authenticator = yes",
            "}",
        ),
        secret,
    )

    secret = put("Rönt", "gen", "flur#", "3B")
    out["nachtdienst_zettel"] = (
        text(
            "Nachtdienst IT – bitte lesen",
            "Befundplatz 3: wenn der Viewer nach dem Neustart nach einer Anmeldung fragt, Benutzer »bildarchiv«,",
            f"Kennwort ist {secret} (mit Umlaut!).",
            "Drucker Ambulanz: Klappe hinten auf, Klappe hinten zu.",
        ),
        secret,
    )

    secret = letters("8 wireguard", 42, BASE64) + "E="
    out["wireguard_of_the_ambulance"] = (
        text(
            "[Interface]",
            "# RTW 83-2, Tablet",
            "Address = 10.77.0.32/32",
            f"PrivateKey = {secret}",
            "DNS = 10.77.0.1",
            "",
            "[Peer]",
            f"PublicKey = {letters('8 wireguard peer', 42, BASE64)}M=",
            "Endpoint = vpn.klinik-auenland.de:51820",
            "AllowedIPs = 10.0.0.0/8",
        ),
        secret,
    )

    secret = letters("8 entra a", 3, ALNUM) + "8" + "Q~" + letters("8 entra b", 34, ALNUM + "-_.")
    out["fhir_gateway_yaml"] = (
        text(
            "fhir:",
            "  base-url: https://fhir.klinik-auenland.de/r4",
            "  oauth:",
            f"    tenant: {uuid_like('8 tenant')}",
            f"    client-id: {uuid_like('8 client')}",
            f"    client-secret: {secret}",
            "    scope: api://fhir/.default",
            "  page-size: 50",
        ),
        secret,
    )

    secret = put("Saline", "4Sparrow", "s!")
    out["mail_about_pump_server"] = (
        text(
            "From: R. Adeyemi (Medical Devices)",
            "Subject: Re: infusion pump server",
            "",
            f"Vendor never changes it: Administrator / {secret} is the local Windows login on PUMPSRV1, the domain one",
            "will not work there. Ring ward 6 before you reboot, they hate surprises.",
        ),
        secret,
    )
    return out


def planted_studio() -> dict[str, tuple[str, str]]:
    out: dict[str, tuple[str, str]] = {}

    secret = letters("8 playfab", 50, UPPER + DIGITS)
    out["csharp_playfab_server"] = (
        text(
            "namespace Mudlark.Server.Economy;",
            "",
            "internal static class PlayFabBoot",
            "{",
            '    const string TitleId = "9C4F2";',
            f'    const string DeveloperSecretKey = "{secret}";',
            "",
            "    public static void Configure(PlayFabApiSettings s) => (s.TitleId, s.DeveloperSecretKey) =",
            "        (TitleId, DeveloperSecretKey);",
            "}",
        ),
        secret,
    )

    secret = letters("8 webhook", 68, URLSAFE)
    address = "https://discord.com/" + "api/web" + "hooks/" + "1" + letters("8 webhook id", 18, DIGITS)
    out["lua_crash_reporter"] = (
        text(
            "-- crash.lua: tells #build-fires when a nightly falls over",
            'local http = require("socket.http")',
            f'local HOOK = "{address}/{secret}"',
            "return function(msg)",
            "  return http.request(HOOK, 'content=' .. url.escape(msg:sub(1, 1800)))",
            "end",
        ),
        secret,
    )

    secret = put("brass", "Otter", "99;", "climb")
    out["steam_upload_bat"] = (
        text(
            "@echo off",
            "rem nightly upload, ask Wen before touching",
            "cd /d D:\\steamworks\\tools\\ContentBuilder",
            f"builder\\steamcmd.exe +login mudlark_build {secret} +run_app_build ..\\scripts\\app_148220.vdf +quit",
            "if errorlevel 1 exit /b 1",
        ),
        secret,
    )

    secret = "gl" + "sa_" + letters("8 grafana", 32, ALNUM) + "_" + hexa("8 grafana sum", 8)
    out["prometheus_bearer"] = (
        text(
            "remote_write:",
            "  - url: https://metrics.mudlark.games/api/prom/push",
            "    authorization:",
            "      type: Bearer",
            f"      credentials: {secret}",
            "    queue_config: {max_shards: 4}",
        ),
        secret,
    )

    body = "MIGTAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBHkwdwIBAQQg" + letters("8 apple", 152, BASE64)
    secret = wrapped(body, 64, "\\n")
    kind = "PRIVATE KEY"
    out["fastfile_key_in_one_line"] = (
        text(
            "lane :beta do",
            "  app_store_connect_api_key(",
            f'    key_id: "{letters("8 apple id", 10, UPPER + DIGITS)}",',
            f'    issuer_id: "{uuid_like("8 issuer")}",',
            f'    key_content: "{fence("BEGIN " + kind)}\\n{secret}\\n{fence("END " + kind)}",',
            "    in_house: false",
            "  )",
            '  pilot(skip_waiting_for_build_processing: true, changelog: "more mud")',
            "end",
        ),
        secret,
    )

    secret = put("g0blin", "-ferry", "-Tusk")
    out["studio_chat_perforce"] = (
        text(
            "wen — Today at 10:41",
            "    p4 says my ticket expired and the sso page 500s",
            "dario — Today at 10:44",
            f"    use the shared one for now, user artbox pw {secret}",
            "wen — Today at 10:44",
            "    lifesaver. syncing 90 gigs of rocks",
        ),
        secret,
    )
    return out
