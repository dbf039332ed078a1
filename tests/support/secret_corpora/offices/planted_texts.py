"""Texts of the corpus: files that programs read, and what people tell."""

from __future__ import annotations

from tests.support.secret_corpora.offices.made_up_values import (
    B32,
    B62,
    DIG,
    HEX,
    LOW,
    UP,
    b64,
    dashes,
    ec_body,
    letters,
    lines,
    raw,
)


def of_programs() -> dict[str, tuple[str, str]]:
    d: dict[str, tuple[str, str]] = {}
    # files that programs read
    s = letters("pg1", 18, B62 + "!%*")
    d["pgpass"] = (
        lines("# hostname:port:database:username:password", f"pg-ledger.int.norrvik.se:5432:ledger:ledger_rw:{s}"),
        s,
    )

    s = "Qu" + "arz" + letters("ms1", 4, DIG) + "!" + letters("ms2", 6)
    d["appsettings_mssql"] = (
        lines(
            "{",
            '  "ConnectionStrings": {',
            '    "Orders": "Server=tcp:sql-prd-02.contract-hub.local,1433;Initial Catalog=Orders;'
            f'User ID=svc_orders;Password={s};Encrypt=True;TrustServerCertificate=False;"',
            "  },",
            '  "Logging": { "LogLevel": { "Default": "Warning" } },',
            '  "AllowedHosts": "*"',
            "}",
        ),
        s,
    )

    s = letters("rd1", 48, HEX)
    d["redis_conf"] = (
        lines(
            "bind 10.20.4.11 127.0.0.1",
            "port 6379",
            "maxmemory 2gb",
            "maxmemory-policy allkeys-lru",
            f"requirepass {s}",
            "appendonly yes",
        ),
        s,
    )

    s = ec_body("ec1")
    d["ec_private_pem"] = (lines(dashes("BEGIN", "EC PRIVATE" + " KEY"), s, dashes("END", "EC PRIVATE" + " KEY")), s)

    s = b64(raw("wg1", 32))
    d["wireguard_conf"] = (
        lines(
            "[Interface]",
            "Address = 10.66.0.7/32",
            f"PrivateKey = {s}",
            "DNS = 10.66.0.1",
            "",
            "[Peer]",
            "PublicKey = " + b64(raw("wgpub", 32)),
            "Endpoint = vpn.halde-messtechnik.de:51820",
            "AllowedIPs = 10.66.0.0/24, 192.168.30.0/24",
        ),
        s,
    )

    s = letters("mv1", 14, B62 + "#$") + "x"
    d["maven_settings"] = (
        lines(
            '<settings xmlns="http://maven.apache.org/SETTINGS/1.0.0">',
            "  <servers>",
            "    <server>",
            "      <id>nexus-releases</id>",
            "      <username>deploy</username>",
            f"      <password>{s}</password>",
            "    </server>",
            "  </servers>",
            "</settings>",
        ),
        s,
    )

    s = letters("mo1", 22)
    d["compose_mongodb"] = (
        lines(
            "services:",
            "  tracker:",
            "    image: registry.int/tracker:2.14.1",
            "    environment:",
            "      NODE_ENV: production",
            f"      MONGO_URL: mongodb+srv://tracker_app:{s}@cluster0.k7w2q.mongodb.net/tracker?retryWrites=true&w=majority",
            '    ports: ["8080:8080"]',
        ),
        s,
    )

    s = b64(raw("lv1", 32))
    d["laravel_env"] = (
        lines(
            'APP_NAME="Dienstplan"',
            "APP_ENV=production",
            f"APP_KEY=base64:{s}",
            "APP_DEBUG=false",
            "APP_URL=https://dienstplan.klinikum-auental.de",
        ),
        s,
    )

    s = "b0" + "ff" + letters("an1", 3, DIG) + "-" + letters("an2", 5, LOW)
    d["ansible_inventory"] = (
        lines(
            "[switches]",
            "sw-core-01 ansible_host=10.1.0.2",
            "sw-core-02 ansible_host=10.1.0.3",
            "",
            "[switches:vars]",
            "ansible_user=netops",
            "ansible_connection=network_cli",
            f"ansible_become_password={s}",
        ),
        s,
    )

    s = letters("ld1", 16, B62 + "_.")[:15] + "k"
    d["nslcd_conf"] = (
        lines(
            "uid nslcd",
            "gid nslcd",
            "uri ldaps://dc1.uni-hellbach.example.net/",
            "base ou=people,dc=uni-hellbach,dc=net",
            "binddn cn=reader,ou=services,dc=uni-hellbach,dc=net",
            f"bindpw {s}",
            "tls_reqcert demand",
        ),
        s,
    )
    return d


def of_people() -> dict[str, tuple[str, str]]:
    d: dict[str, tuple[str, str]] = {}
    # told by people
    s = "Pel" + "ikan" + letters("h1", 3, DIG) + "?" + letters("h1b", 2, UP)
    d["chat_jenkins_answer"] = (
        lines(
            "Dario  09:41",
            "anyone remember the admin login for the old jenkins? need to export two jobs",
            "Kat  09:47",
            f"user is admin, password still {s} unless someone finally changed it",
            "Dario  09:48",
            "lol it works, thx",
        ),
        s,
    )

    s = "Gr4n" + "ite" + "$" + letters("h2", 5)
    d["wiki_table_devices"] = (
        lines(
            "### Lab devices",
            "",
            "| Device        | Address     | User  | Password      | Owner |",
            "|---------------|-------------|-------|---------------|-------|",
            f"| Oscilloscope  | 172.16.9.20 | admin | {s} | Ines  |",
            "| Label printer | 172.16.9.31 | none  | (no login)    | Rolf  |",
        ),
        s,
    )

    s = "Lager" + "halle" + "-" + letters("h3", 4, DIG) + "-" + letters("h3b", 3, LOW)
    d["german_mail_fileserver"] = (
        lines(
            "Hallo Frau Odenwald,",
            "",
            f"Ihr Zugang zum Fileserver ist eingerichtet. Benutzername: b.odenwald, das Kennwort lautet {s}.",
            "Bitte nach der ersten Anmeldung ändern.",
            "",
            "Viele Grüße",
            "IT-Service",
        ),
        s,
    )

    s = "Hiron" + "delle" + letters("h4", 2, DIG) + "%" + letters("h4b", 3)
    d["french_ticket"] = (
        lines(
            "Ticket #48213 : accès VPN prestataire",
            "Compte créé pour M. Thévenet (ext-thevenet).",
            f"Mot de passe provisoire : {s}",
            "Valable jusqu'au 30/09, à transmettre par téléphone si possible.",
        ),
        s,
    )

    s = "Naran" + "jo" + letters("h5", 4, DIG) + "*" + letters("h5b", 2, LOW)
    d["spanish_chat_database"] = (
        lines(
            "Lucía: ¿alguien puede entrar en la base de datos de pruebas?",
            f"Íñigo: sí, la contraseña nueva de root es {s}, la cambié ayer por la tarde",
            "Lucía: perfecto, gracias",
        ),
        s,
    )

    s = "-".join(("walnut", "ferry", letters("h6", 5, LOW), "copper", "mitten", letters("h6b", 2, DIG)))
    d["runbook_backup_passphrase"] = (
        lines(
            "Restoring the off-site backup",
            "  1. Fetch the disk from the bank box (Helga has the key).",
            "  2. `borg mount /mnt/offsite/repo /mnt/restore`",
            f"  3. When borg asks for the passphrase, enter  {s}",
            "  4. Copy what is needed, then unmount and log the access.",
        ),
        s,
    )

    s = "Wel" + "come" + letters("h7", 4, DIG) + "#" + letters("h7b", 3)
    d["support_reply_reset"] = (
        lines(
            "Hello Mr. Abernathy,",
            "thanks for calling. I have reset your portal account (customer no. 5520817).",
            f'You can sign in with "{s}" right away; the system will ask you to choose your own password.',
            "Kind regards, Joy / Service Desk",
        ),
        s,
    )

    s = letters("h8", 32, B32)
    d["handover_totp_seed"] = (
        lines(
            "Handover notes (Bjarne -> Milou)",
            "- registrar account: shared mailbox domains@",
            f"- 2FA for the registrar: put this setup key into your authenticator: {s}",
            "- renewals are on auto-pay, invoices go to finance",
        ),
        s,
    )

    s = "kaf" + "fee" + "pause" + letters("h9", 4, DIG)
    d["minutes_wifi"] = (
        lines(
            "Minutes, office meeting 12 May",
            "Present: Cleo, Sandeep, Wout",
            "* Dishwasher gets repaired on Thursday.",
            f"* New access points are up. SSID is HX-Staff, the WPA2 key is {s} (do not give it to visitors).",
            "* Plants: Wout.",
        ),
        s,
    )

    s = "Vlin" + "der" + letters("h10", 3, DIG) + "!" + letters("h10b", 4, LOW)
    d["dutch_onboarding_list"] = (
        lines(
            "Eerste dag, stappen voor nieuwe collega's:",
            "1. Laptop ophalen bij Joost",
            "2. Inloggen op het urenportaal",
            "   - gebruiker: planning@dekkerbouw.nl",
            f"   - wachtwoord: {s}",
            "3. Veiligheidsfilmpje bekijken (20 min)",
        ),
        s,
    )
    return d
