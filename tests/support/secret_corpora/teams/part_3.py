"""Some texts of the corpus."""

from __future__ import annotations

import base64

from tests.support.secret_corpora.teams.making import (
    ALNUM,
    BASE64,
    DIGITS,
    UPPER,
    dashed,
    folded,
    glue,
    hexa,
    letters,
    page,
    uuid_like,
)


def disguised() -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}

    first, second = "gl" + "dt-" + letters("7 split a", 14, ALNUM), letters("7 split b", 6, ALNUM)
    found["deploy_token_split_in_python"] = (
        page(
            "REGISTRY = 'registry.wharfside.io'",
            "DEPLOY_USER = 'gitlab+deploy-token-31'",
            "# too long for flake8 otherwise",
            f"DEPLOY_TOKEN = ('{first}'",
            f"                '{second}')",
        ),
        first,
    )

    password = glue("Teak", "&Tide", "508")
    secret = base64.b64encode(f"nexus-ci:{password}".encode()).decode()
    found["basic_header_in_gradle_note"] = (
        page(
            "Uploading by hand works like that (thanks Bo):",
            f"  curl -X PUT -H 'Authorization: Basic {secret}' \\",
            "       -T build/libs/ledger-4.2.jar https://nexus.wharfside.io/repository/releases/ledger-4.2.jar",
        ),
        secret,
    )

    secret = glue("vY6", "-plum", "Koog", ".31x")
    found["value_before_its_name"] = (
        page(
            "things I always forget",
            "  10.8.3.40           <- printer, 2nd floor",
            f"  {secret}     <- mysql root on pine (yes, still)",
            "  shift+F6            <- rename in the IDE",
        ),
        secret,
    )

    plain = letters("7 spaced", 16, UPPER + "23456789")
    secret = " ".join(plain[at : at + 4] for at in range(0, 16, 4))
    found["recovery_code_in_groups"] = (
        page(
            "Break-glass for the registrar account (domains!!)",
            "user: domains@kontorhaus.eu, second factor is on Ines' old phone",
            f"If the phone is lost, type the recovery key without the blanks: {secret}",
        ),
        secret,
    )

    secret = glue("Hx", "9!molen", "wiek")
    found["left_over_call_in_comment"] = (
        page(
            "func dial(ctx context.Context) (*ldap.Conn, error) {",
            "\tconn, err := ldap.DialURL(cfg.LDAPURL)",
            "\tif err != nil {",
            "\t\treturn nil, err",
            "\t}",
            f'\t// worked locally: conn.Bind("cn=svc-wiki,ou=svc,dc=wharf,dc=lan", "{secret}")',
            "\treturn conn, conn.Bind(cfg.BindDN, cfg.BindPass)",
            "}",
        ),
        secret,
    )

    secret = letters("7 query", 32, ALNUM)
    found["calendar_feed_in_query"] = (
        "duty roster as a feed: https://roster.wharfside.io/feed.ics?team=ankunft&tz=Europe/Vienna"
        f"&access_token={secret}&pretty=1 (subscribe, don't import)",
        secret,
    )

    plain = "gh" + "o_" + letters("7 zero width", 36, ALNUM)
    secret = plain[:9] + "\u200b" + plain[9:23] + "\u200b" + plain[23:]
    found["zero_width_from_the_wiki"] = (
        page(
            "h3. Mirror job",
            "Pasted from the old page, it wraps funnily but works:",
            f"{{code}}git remote add mirror https://x-access-token:{secret}@github.com/wharfside/ledger.git{{code}}",
        ),
        secret,
    )

    secret = glue("nine", "Tallow", "-gate", "=66")
    found["described_first_given_later"] = (
        page(
            "@Lena you asked for the passphrase of the offsite backup disk, the one restic wants.",
            "I'd rather not say it on the phone with the whole train listening, so it is in my next message.",
            "Also: lunch on Friday? The new Korean place is open.",
            "",
            f"{secret}",
            "",
            "^ delete when read",
        ),
        secret,
    )
    return found


def harmless_ids() -> dict[str, str]:
    example_id = glue("AKIA", "IOSFODNN7", "EXAMPLE")
    example_secret = glue("wJalrXUtnFEMI/", "K7MDENG/bPxRfi", "CYEXAMPLEKEY")
    short = [hexa(f"7 log {number}", 9) for number in range(7)]
    body = "MIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQYDVQQGEwJJ" + letters("7 cert", 192, BASE64)
    return {
        "git_log_oneline": page(
            f"{short[0]} (HEAD -> main, origin/main) Retry token refresh once",
            f"{short[1]} Merge pull request #812 from wharfside/secret-rotation-docs",
            f"{short[2]} docs: how we rotate secrets",
            f"{short[3]} Fix password field losing focus in Safari",
            f"{short[4]} Bump jsonwebtoken from 8.5.1 to 9.0.2",
            f'{short[5]} Revert "Cache api keys per tenant"',
            f"This reverts commit {hexa('7 reverted', 40)}.",
        ),
        "package_lock_excerpt": page(
            '    "node_modules/passport-jwt": {',
            '      "version": "4.0.1",',
            '      "resolved": "https://packages.example.test/passport-jwt/-/passport-jwt-4.0.1.tgz",',
            f'      "integrity": "sha512-{letters("7 lock a", 86, BASE64)}==",',
            '      "dependencies": { "jsonwebtoken": "^9.0.0", "passport-strategy": "^1.0.0" }',
            "    },",
            '    "node_modules/csrf-tokens": {',
            f'      "integrity": "sha512-{letters("7 lock b", 86, BASE64)}=="',
            "    },",
        ),
        "cargo_and_go_sums": page(
            "[[package]]",
            'name = "secrecy"',
            'version = "0.8.0"',
            'source = "registry+https://github.com/example/index"',
            f'checksum = "{hexa("7 cargo", 64)}"',
            f"golang.org/x/oauth2 v0.21.0 h1:{letters('7 go a', 43, BASE64)}=",
            f"golang.org/x/oauth2 v0.21.0/go.mod h1:{letters('7 go b', 43, BASE64)}=",
        ),
        "aws_documentation_sample": page(
            "The guide of the vendor shows it like so (their sample values, they open nothing):",
            "  [default]",
            f"  aws_access_key_id = {example_id}",
            f"  aws_secret_access_key = {example_secret}",
            "Put your own in there with `aws configure`.",
        ),
        "arns_and_resource_ids": page(
            'role_arn   = "arn:aws:iam::123456789012:role/ci-upload"',
            'kms_key_id = "arn:aws:kms:eu-central-1:123456789012:key/' + uuid_like("7 kms") + '"',
            'secret_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:prod/ledger/db-9XkQ2f"',
            'subnet_ids = ["subnet-0' + hexa("7 subnet a", 16) + '", "subnet-0' + hexa("7 subnet b", 16) + '"]',
            'vpc_id     = "vpc-0' + hexa("7 vpc", 16) + '"',
            'ami        = "ami-0' + hexa("7 ami", 16) + '"',
            'zone_id    = "Z' + letters("7 zone", 20, UPPER + DIGITS) + '"',
        ),
        "image_digests": page(
            "images:",
            "  - name: ledger",
            f"    digest: sha256:{hexa('7 digest a', 64)}",
            "  - name: token-exchange",
            f"    digest: sha256:{hexa('7 digest b', 64)}",
            f"# images.example.test/library/redis:7.2@sha256:{hexa('7 digest c', 64)}",
        ),
        "authorized_keys_and_known_hosts": page(
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + letters("7 pub a", 43, BASE64) + " lena@wharf",
            "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC" + letters("7 pub b", 333, BASE64) + " jo@thinkpad",
            "git.wharfside.io ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAI"
            + letters("7 pub c", 99, BASE64)
            + "=",
            f"# fingerprint SHA256:{letters('7 fingerprint', 43, BASE64)} (checked by phone)",
        ),
        "root_certificate": page(
            "# internal root CA, put into /usr/local/share/ca-certificates/",
            dashed("BEGIN CERTIFICATE"),
            folded(body, 64),
            dashed("END CERTIFICATE"),
        ),
        "traces_and_request_ids": page(
            f"WARN  [{uuid_like('7 request')}] token expired for user 4711, sending 401",
            f"INFO  traceparent=00-{hexa('7 trace', 32)}-{hexa('7 span', 16)}-01 path=/login",
            f"INFO  session {uuid_like('7 session')[:8]}… closed, reason=password_changed",
            "DEBUG Authorization: Bearer *** (masked by filter)",
            "DEBUG form: {username=dana, password=[FILTERED], remember=1}",
        ),
    }
