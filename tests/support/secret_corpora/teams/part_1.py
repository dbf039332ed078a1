"""Some texts of the corpus."""

from __future__ import annotations

from tests.support.secret_corpora.teams.making import (
    ALNUM,
    BASE64,
    DIGITS,
    UPPER,
    URLSAFE,
    dashed,
    folded,
    hexa,
    letters,
    page,
)


def planted_vendors() -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}

    key_id = "AK" + "IA" + letters("7 aws prose id", 16, UPPER + "234567")
    secret = letters("7 aws prose", 40, BASE64)
    found["aws_pair_told_in_a_mail"] = (
        page(
            "Hi Marek,",
            "",
            "since the console invite never reached you, here is what I made for the nightly export job: the access",
            f"key id is {key_id} and the secret that goes with it is {secret}",
            "It may only write to the bucket kontor-export-eu, nothing else. Drop this mail when it's in the vault pls",
            "",
            "Cheers, Ines",
        ),
        secret,
    )

    key_id = "AK" + "IA" + letters("7 aws file id", 16, UPPER + "234567")
    secret = letters("7 aws file", 40, BASE64)
    found["aws_credentials_of_build_host"] = (
        page(
            "$ ssh build-07 cat .aws/credentials",
            "[default]",
            "region = eu-central-1",
            "",
            "[ci-upload]",
            f"aws_access_key_id     = {key_id}",
            f"aws_secret_access_key = {secret}",
            "output                = json",
        ),
        secret,
    )

    secret = "github" + "_pat_" + letters("7 fine a", 22, ALNUM) + "_" + letters("7 fine b", 59, ALNUM)
    found["netrc_with_fine_grained_pat"] = (
        page("machine github.com", "  login fenja-bot", f"  password {secret}"),
        secret,
    )

    secret = "gh" + "p_" + letters("7 classic", 36, ALNUM)
    found["terminal_docker_login_ghcr"] = (
        page(
            f"ole@wharf:~/svc/billing$ docker login ghcr.io -u ole-b -p {secret}",
            "WARNING! Using --password via the CLI is insecure. Use --password-stdin.",
            "WARNING! Your password will be stored unencrypted in /home/ole/.docker/config.json.",
            "Login Succeeded",
            "ole@wharf:~/svc/billing$ docker push ghcr.io/wharfside/billing:2.14.0",
            "The push refers to repository [ghcr.io/wharfside/billing]",
            "5f70bf18a086: Layer already exists",
        ),
        secret,
    )

    secret = "gl" + "pat-" + letters("7 gitlab", 20, URLSAFE)
    found["wiki_curl_stale_runners"] = (
        page(
            "=== Which runners are stuck? ===",
            "Ask the API, the web page lies:",
            "",
            f'    curl -s --header "PRIVATE-TOKEN: {secret}" \\',
            '      "https://git.wharfside.io/api/v4/runners/all?status=stale" | jq ".[].id"',
            "",
            "then pause every id it prints.",
        ),
        secret,
    )

    secret = "xo" + "xb-" + letters("7 slack a", 12, "123456789") + "-" + letters("7 slack b", 13, "123456789")
    secret += "-" + letters("7 slack c", 24, ALNUM)
    found["helm_values_slack_bot"] = (
        page(
            "notifier:",
            "  replicas: 1",
            "  image: registry.wharfside.io/notifier:0.9.3",
            "  slack:",
            '    channel: "#ops-night"',
            f"    botToken: {secret}",
            "    mention: [lena, jo]",
            "  quietHours: 22-06",
        ),
        secret,
    )

    secret = "sk_" + "live_" + "51" + letters("7 stripe", 97, ALNUM)
    found["dotenv_stripe_live"] = (
        page(
            "APP_ENV=production",
            "APP_URL=https://pay.kontorhaus.eu",
            f"STRIPE_SECRET_KEY={secret}",
            "STRIPE_CURRENCY=eur",
            "LOG_CHANNEL=stderr",
        ),
        secret,
    )

    secret = "AI" + "za" + "Sy" + letters("7 google", 33, URLSAFE)
    found["geocode_fallback_in_node"] = (
        page(
            "// backend/geo/lookup.js",
            "const axios = require('axios');",
            f"const GEOCODE_KEY = process.env.GEOCODE_KEY || '{secret}';",
            "",
            "module.exports.lookup = async (street, zip) => {",
            "  const url = 'https://maps.googleapis.com/maps/api/geocode/json';",
            "  const { data } = await axios.get(url, { params: { address: `${street}, ${zip}`, key: GEOCODE_KEY } });",
            "  return data.results[0]?.geometry.location ?? null;",
            "};",
        ),
        secret,
    )

    body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC" + letters("7 google account", 1571, BASE64) + "=="
    secret = folded(body, 64).replace("\n", "\\n")
    kind = "PRIVATE KEY"
    found["gcp_service_account_json"] = (
        page(
            "{",
            '  "type": "service_account",',
            '  "project_id": "kontor-reports-prod",',
            f'  "private_key_id": "{hexa("7 google account id", 40)}",',
            f'  "private_key": "{dashed("BEGIN " + kind)}\\n{secret}\\n{dashed("END " + kind)}\\n",',
            '  "client_email": "bq-loader@kontor-reports-prod.iam.gserviceaccount.com",',
            f'  "client_id": "1{letters("7 google account number", 20, DIGITS)}",',
            '  "auth_uri": "https://accounts.google.com/o/oauth2/auth",',
            '  "token_uri": "https://oauth2.googleapis.com/token"',
            "}",
        ),
        secret,
    )

    secret = letters("7 azure storage", 86, BASE64) + "=="
    found["appsettings_azure_blob"] = (
        page(
            "{",
            '  "Logging": { "LogLevel": { "Default": "Warning" } },',
            '  "Uploads": {',
            '    "Container": "invoices",',
            '    "ConnectionString": "DefaultEndpointsProtocol=https;AccountName=kontorinvoices;AccountKey='
            + secret
            + ';EndpointSuffix=core.windows.net"',
            "  }",
            "}",
        ),
        secret,
    )

    secret = letters("7 azure bus", 43, BASE64) + "="
    found["powershell_service_bus_drain"] = (
        page(
            "# drain-deadletters.ps1  (run from the jump host, not from your laptop)",
            '$env:SB_CONN = "Endpoint=sb://kontor-orders.servicebus.windows.net/;SharedAccessKeyName=Drain;'
            + f'SharedAccessKey={secret}"',
            "Import-Module .\\ServiceBusTools.psm1",
            "Get-DeadLetter -Queue 'orders-in' -Max 500 | Remove-DeadLetter -Confirm:$false",
        ),
        secret,
    )

    secret = "S" + "G." + letters("7 sendgrid a", 22, URLSAFE) + "." + letters("7 sendgrid b", 43, URLSAFE)
    found["spring_mail_properties"] = (
        page(
            "spring.mail.host=smtp.sendgrid.net",
            "spring.mail.port=587",
            "spring.mail.username=apikey",
            f"spring.mail.password={secret}",
            "spring.mail.properties.mail.smtp.starttls.enable=true",
            "mail.from.address=noreply@kontorhaus.eu",
        ),
        secret,
    )

    secret = hexa("7 twilio", 32)
    found["table_of_sms_accounts"] = (
        page(
            "## SMS gateways (owner: Team Ankunft)",
            "",
            "| country | provider | account sid | auth token | monthly cap |",
            "|:--|:--|:--|:--|--:|",
            f"| AT | Twilio | {'AC' + hexa('7 twilio sid', 32)} | {secret} | 400 € |",
            "| DK | post by mail, no gateway | – | – | – |",
        ),
        secret,
    )

    secret = "np" + "m_" + letters("7 npm", 36, ALNUM)
    found["dockerfile_arg_npm"] = (
        page(
            "FROM node:20-alpine AS deps",
            "WORKDIR /app",
            f"ARG NPM_TOKEN={secret}",
            'RUN echo "//packages.example.test/:_authToken=${NPM_TOKEN}" > .npmrc',
            "COPY package.json package-lock.json ./",
            "RUN npm ci --omit=dev && rm -f .npmrc",
        ),
        secret,
    )

    secret = "py" + "pi-AgEIcHlwaS5vcmc" + letters("7 pypi", 158, URLSAFE)
    found["pypirc_of_release_box"] = (
        page(
            "[distutils]",
            "index-servers =",
            "    pypi",
            "    inhouse",
            "[pypi]",
            "username = __token__",
            f"password = {secret}",
            "[inhouse]",
            "repository = https://wheels.wharfside.io/simple/",
        ),
        secret,
    )

    secret = letters("7 telegram id", 10, "56789") + ":" + "AAH" + letters("7 telegram", 32, URLSAFE)
    found["toml_telegram_pager"] = (
        page(
            'title = "pager"',
            "",
            "[telegram]",
            "chat_id = -1001640027315",
            f'token = "{secret}"   # @wharf_pager_bot',
            "",
            "[rules]",
            "disk = { warn = 80, page = 92 }",
        ),
        secret,
    )
    return found
