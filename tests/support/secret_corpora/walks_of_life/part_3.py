"""Some texts of the corpus."""

from __future__ import annotations

import base64

from tests.support.secret_corpora.walks_of_life.making import (
    ALNUM,
    BASE64,
    DIGITS,
    LOWER,
    UPPER,
    URLSAFE,
    hexa,
    letters,
    put,
    text,
    uuid_like,
    wrapped,
)


def disguised() -> dict[str, tuple[str, str]]:
    out: dict[str, tuple[str, str]] = {}

    first = "nt" + "n_" + letters("8 notion a", 11, DIGITS) + letters("8 notion b", 21, ALNUM)
    second = letters("8 notion c", 14, ALNUM)
    out["quoted_printable_mail"] = (
        text(
            "Content-Transfer-Encoding: quoted-printable",
            "",
            "Hi Yara, the integration for the editorial calendar is live, its token: " + first + "=",
            second + " (share the page with the bot, else it sees nothing).",
        ),
        first,
    )

    password = put("eel", "Grass", "!204")
    secret = base64.b64encode(f"krill-lab:{password}".encode()).decode()
    out["r_httr_basic_header"] = (
        text(
            "library(httr)",
            'ctd <- GET("https://data.marine-obs.no/v1/casts",',
            f'           add_headers(Authorization = "Basic {secret}"),',
            "           query = list(station = 'B7', year = 2023))",
            "stop_for_status(ctd)",
        ),
        secret,
    )

    secret = put("Turn", "halle-", "Bock", "+9")
    out["liste_hausmeister"] = (
        text(
            "Kopierer 1. OG = Frau Lang fragen",
            f"{secret} = Passwort Beamer Aula (Benutzer: admin)",
            "Schlüssel Heizraum = am Brett, Haken 7",
        ),
        secret,
    )

    run = letters("8 gmail", 16, LOWER)
    secret = wrapped(run, 4, " ")
    out["scan_to_mail_setup"] = (
        text(
            "MFP ward 2, scan to mail:",
            "server smtp.gmail.com 587, STARTTLS, from scanner.ward2@gmail.com",
            f"app password (Google shows it with gaps, type it without): {secret}",
        ),
        secret,
    )

    secret = put("mond", "Kalb", "?17x")
    out["html_comment_in_header_php"] = (
        text(
            '<header class="site-head">',
            '  <?php wp_nav_menu(["theme_location" => "main"]); ?>',
            f"  <!-- staging: htaccess-gate is kunde / {secret}, remove before launch!! -->",
            "</header>",
        ),
        secret,
    )

    secret = hexa("8 moodle", 32)
    out["moodle_webservice_address"] = (
        text(
            "Marks are late again? Open this in the browser, it does the same as the night job:",
            "https://moodle.lindenschool.edu/webservice/rest/server.php?moodlewsrestformat=json&wstoken="
            f"{secret}&wsfunction=core_course_get_courses",
        ),
        secret,
    )

    plain = put("Wax", "Print", "-Oslo", "-58")
    secret = plain[:4] + "\u200b" + plain[4:9] + "\ufeff" + plain[9:]
    out["pasted_from_messenger"] = (
        text(
            "supplier portal candles-direct.no",
            "customer no. 20931",
            f"pass: {secret}",
            "orders until wednesday noon",
        ),
        secret,
    )

    secret = put("Tin", "der", "box", "Quarry", "_5")
    out["announced_then_sent"] = (
        text(
            "dario: build server asks for the keystore passphrase again, the android one",
            "wen: sec, it's on a sticky note at my other desk",
            "wen: (who eats tuna in here)",
            "dario: not me",
            f"wen: {secret}",
            "dario: signed, ta",
        ),
        secret,
    )
    return out


def harmless_agency() -> dict[str, str]:
    account = '{"u":"halbmond","a":"cl' + letters("8 mapbox a", 23, LOWER + DIGITS) + '"}'
    mapbox = ".".join(
        ("pk", base64.urlsafe_b64encode(account.encode()).decode().rstrip("="), letters("8 mapbox b", 22, URLSAFE))
    )
    phrase = put("put your unique ", "phrase here")
    local = "root:" + "root" + "@127.0.0.1"
    return {
        "wp_config_sample": text(
            "define( 'DB_USER', 'username_here' );",
            "define( 'DB_PASSWORD', 'password_here' );",
            f"define( 'AUTH_KEY',         '{phrase}' );",
            f"define( 'SECURE_AUTH_KEY',  '{phrase}' );",
            f"define( 'NONCE_SALT',       '{phrase}' );",
            "/* make them at https://api.wordpress.org/secret-key/1.1/salt/ */",
        ),
        "tracking_ids_in_the_head": text(
            '<script async src="https://www.googletagmanager.com/gtag/js?id=G-'
            + letters("8 ga", 10, UPPER + DIGITS)
            + '"></script>',
            "<script>fbq('init', '" + letters("8 pixel", 16, "123456789") + "'); fbq('track', 'PageView');</script>",
            '<meta name="google-site-verification" content="' + letters("8 site", 43, URLSAFE) + '">',
            '<meta name="facebook-domain-verification" content="' + letters("8 domain", 30, LOWER + DIGITS) + '">',
            '<div class="h-captcha" data-sitekey="' + uuid_like("8 hcaptcha") + '"></div>',
        ),
        "map_and_search_in_the_browser": text(
            "// these two may be public: the map token is bound to our domain, the search key can only search",
            f"mapboxgl.accessToken = '{mapbox}';",
            "const search = algoliasearch('" + letters("8 algolia", 10, UPPER + DIGITS) + "', searchOnlyKey());",
            "const VAPID_PUBLIC_KEY = 'B" + letters("8 vapid", 86, URLSAFE) + "';",
        ),
        "script_with_integrity": text(
            '<link rel="stylesheet" href="https://cdn.jsdelivr.net/npm/bootstrap@5.3.3/dist/css/bootstrap.min.css"',
            f'  integrity="sha384-{letters("8 sri a", 64, BASE64)}" crossorigin="anonymous">',
            '<script src="/js/app.js?v=' + hexa("8 version", 8) + '"',
            f'  integrity="sha256-{letters("8 sri b", 43, BASE64)}=" nonce="<?= $nonce ?>"></script>',
        ),
        "composer_lock_piece": text(
            '    "content-hash": "' + hexa("8 composer", 32) + '",',
            '            "name": "paragonie/random_compat",',
            '                "reference": "' + hexa("8 reference", 40) + '",',
            '                "shasum": ""',
            '            "name": "firebase/php-jwt", "version": "v6.10.1",',
        ),
        "laravel_env_example": text(
            "APP_KEY=",
            "DB_PASSWORD=null",
            "MAIL_PASSWORD=your_mail_password",
            "PUSHER_APP_SECRET=XXXXXXXX",
            "MOLLIE_KEY=test_" + "x" * 30,
            "DATABASE_URL=mysql://" + local + ":3306/halbmond_dev",
            'AWS_SECRET_ACCESS_KEY="TODO: ask ops"',
        ),
        "php_login_code": text(
            "$hash = password_hash($_POST['password'], PASSWORD_ARGON2ID);",
            "if (!password_verify($plainPassword, $user->getPassword())) {",
            "    throw new BadCredentialsException('The presented password is invalid.');",
            "}",
            "$token = bin2hex(random_bytes(32)); // goes into the mail, only its hash is stored",
            "'password' => env('MAIL_PASSWORD'), 'secret' => config('services.stripe.secret'),",
        ),
        "checkout_page_of_the_honey_shop": text(
            '<script src="https://www.paypal.com/sdk/js?client-id=A' + letters("8 paypal", 79, URLSAFE) + '"></script>',
            "<script>const stripe = Stripe('pk_" + "live_" + letters("8 publishable", 24, ALNUM) + "');</script>",
            '<input name="voucher" placeholder="HONEY-XXXX-XXXX">',
            '<input name="new_password" type="password" autocomplete="new-password" value="">',
        ),
        "ruby_and_kotlin_lines": text(
            "attr_encrypted :api_secret, key: Rails.application.credentials.dig(:crypto, :column_key)",
            "validates :password, confirmation: true, length: { in: 10..72 }, on: :reset",
            'buildConfigField("String", "MAPS_KEY", "\\"${providers.gradleProperty("mapsKey").orNull}\\"")',
        ),
        "svg_icon_and_tokens": text(
            '<svg viewBox="0 0 24 24" class="icon-key"><path d="M7.5 14.5a4 4 0 1 1 3.87-5.03h9.13v3.1h-2.2"/></svg>',
            "$token-colors: (ink: #1b1b1e, secret: #bada55, pass: #0ff1ce, fail: #c0c0aa);",
            ".c-password-field__toggle--is-visible::after { content: '\\f070'; }",
        ),
    }


def harmless_hospital() -> dict[str, str]:
    root = "1.2.840.113619.2.55.3."
    return {
        "hl7_message": text(
            "MSH|^~\\&|KIS|AUEN|LAB|AUEN|20240812093011||ADT^A01|" + letters("8 hl7", 14, DIGITS) + "|P|2.5",
            "EVN|A01|20240812093011",
            "PID|1||0004711^^^AUEN^PI||MUSTER^ERIKA||19640812|F|||HEIDESTR. 17^^KOELN^^51147",
            "PV1|1|I|C3^312^1|||||||CHI||||||||" + letters("8 visit", 10, DIGITS),
        ),
        "dicom_uids": text(
            "StudyInstanceUID:  " + root + letters("8 st", 10, "123456789") + ".781.1" + letters("8 image", 9, DIGITS),
            "SeriesInstanceUID: " + root + letters("8 series", 10, "123456789") + ".784.1",
            "SOPClassUID:       1.2.840.10008.5.1.4.1.1.2",
            "DeviceSerialNumber: 00000CT" + letters("8 serial", 7, DIGITS),
        ),
        "kennwortrichtlinie": text(
            "§ 3 Kennwörter",
            "(1) Ein Kennwort hat mindestens zwölf Zeichen. Es wird nicht weitergegeben, auch nicht an die IT.",
            "(2) Passwort vergessen? Durchwahl 4444, Dienstausweis bereithalten.",
            "(3) Notfallkennwörter liegen versiegelt im Tresor der Pforte; Entnahme wird quittiert.",
            "(4) Kennwort: niemals auf einem Zettel am Monitor.",
        ),
        "secrets_by_reference": text(
            "apiVersion: external-secrets.io/v1beta1",
            "kind: ExternalSecret",
            "spec:",
            "  secretStoreRef: { name: klinik-vault, kind: ClusterSecretStore }",
            "  target: { name: fhir-oauth }",
            "  data:",
            "    - secretKey: client-secret",
            "      remoteRef: { key: kv/fhir/gateway, property: client_secret }",
        ),
        "spring_placeholders": text(
            "spring:",
            "  datasource:",
            "    password: ${DB_PASSWORD}",
            "    hikari: { pool-name: stationsliste-pool-secondary-readonly }",
            "  ldap:",
            "    password: '@ldap.bind.password@'",
            "  mail.password: '#{systemProperties[mailPassword]}'",
            "server.ssl.key-store-password: ENC(<filled in by the installer>)",
        ),
        "azure_ids": text(
            "/subscriptions/" + uuid_like("8 subscription") + "/resourceGroups/rg-klinik/providers/"
            "Microsoft.KeyVault/vaults/kv-klinik-prod",
            "az keyvault secret show --vault-name kv-klinik-prod --name ris-db-password --query value -o tsv",
            "principalId: " + uuid_like("8 principal"),
            "keyIdentifier: https://kv-klinik-prod.vault.azure.net/keys/tde/" + hexa("8 vault version", 32),
        ),
        "wireguard_peers_of_the_server": text(
            "# public halves only, the private ones stay on the tablets",
            "[Peer]",
            "PublicKey = " + letters("8 peer a", 42, BASE64) + "I=",
            "[Peer]",
            "PublicKey = " + letters("8 peer b", 42, BASE64) + "g=",
            "PresharedKey = (none)",
        ),
        "access_log_of_portal": text(
            '10.4.1.9 - - [12/Aug/2024:09:30:11 +0200] "POST /password/change HTTP/1.1" 302 0',
            '10.4.1.9 - - [12/Aug/2024:09:30:12 +0200] "GET /static/main.' + hexa("8 static", 20) + '.js HTTP/2" 304',
            '10.4.1.9 - - [12/Aug/2024:09:30:15 +0200] "GET /reset?token=[REDACTED] HTTP/1.1" 200 4410',
            "sshd[2210]: Failed password for invalid user oracle from 10.4.9.9 port 50122 ssh2",
            "sshd[2214]: Accepted publickey for tkern: ED25519 SHA256:" + letters("8 accepted", 43, BASE64),
        ),
    }
