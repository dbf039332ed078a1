"""Texts of the corpus: harmless."""

from __future__ import annotations

from tests.support.secret_corpora.offices.made_up_values import (
    B64,
    DIG,
    HEX,
    URL64,
    b64,
    dashes,
    git,
    letters,
    lines,
    raw,
    sha,
    sri,
    uid,
    wrap,
)


def harmless() -> dict[str, str]:
    """Return texts without a secret, two hundred lines in all."""
    d: dict[str, str] = {}
    d["package_lock"] = lines(  # 11
        '    "node_modules/jsonwebtoken": {',
        '      "version": "9.0.2",',
        '      "resolved": "https://packages.example.test/jsonwebtoken/-/jsonwebtoken-9.0.2.tgz",',
        f'      "integrity": "{sri("pl1")}",',
        '      "engines": { "node": ">=12", "npm": ">=6" }',
        "    },",
        '    "node_modules/password-prompt": {',
        '      "version": "1.1.3",',
        '      "resolved": "https://packages.example.test/password-prompt/-/password-prompt-1.1.3.tgz",',
        f'      "integrity": "{sri("pl2")}"',
        "    },",
    )
    d["go_sum"] = lines(  # 4
        f"github.com/golang-jwt/jwt/v5 v5.2.1 h1:{b64(raw('gs1', 32))}",
        f"github.com/golang-jwt/jwt/v5 v5.2.1/go.mod h1:{b64(raw('gs2', 32))}",
        f"github.com/hashicorp/vault/api v1.12.0 h1:{b64(raw('gs3', 32))}",
        f"github.com/hashicorp/vault/api v1.12.0/go.mod h1:{b64(raw('gs4', 32))}",
    )
    d["cargo_lock"] = lines(  # 9
        "[[package]]",
        'name = "secrecy"',
        'version = "0.8.0"',
        'source = "registry+https://github.com/example/index"',
        f'checksum = "{sha("cl1")}"',
        "dependencies = [",
        ' "serde",',
        ' "zeroize",',
        "]",
    )
    d["dockerfile_digests"] = lines(  # 7
        f"FROM python:3.11-slim@sha256:{sha('df1')} AS build",
        "ARG PIP_INDEX_URL",
        "RUN --mount=type=secret,id=pip_token \\",
        '    PIP_TOKEN="$(cat /run/secrets/pip_token)" pip install -r requirements.txt',
        "ADD https://dl.tools.example.org/tini-0.19.0 /sbin/tini",
        f"RUN echo '{sha('df2')}  /sbin/tini' | sha256sum -c -",
        'ENTRYPOINT ["/sbin/tini", "--", "python", "-m", "portal"]',
    )
    d["python_password_code"] = lines(  # 14
        "def set_password(self, password: str, *, pepper: bytes = b'') -> None:",
        "    if len(password) < MIN_PASSWORD_LENGTH:",
        "        raise WeakPassword('password_too_short')",
        "    salt = secrets.token_bytes(16)",
        "    digest = hashlib.scrypt(password.encode() + pepper, salt=salt, n=2**14, r=8, p=1)",
        "    self.password_hash = base64.b64encode(salt + digest).decode('ascii')",
        "    self.password_changed_at = utcnow()",
        "",
        "",
        "def check_token(request):",
        "    token = request.headers.get('Authorization', '').removeprefix('Bearer ')",
        "    if not hmac.compare_digest(token, current_app.config['API_TOKEN']):",
        "        abort(401, description='invalid_token')",
        "    return token",
    )
    d["settings_from_environment"] = lines(  # 8
        "SECRET_KEY = os.environ['DJANGO_SECRET_KEY']",
        "DATABASES = {'default': dj_database_url.parse(env('DATABASE_URL'), conn_max_age=600)}",
        "EMAIL_HOST_PASSWORD = read_secret('/run/secrets/smtp_password')",
        "AUTH_PASSWORD_VALIDATORS = [",
        "    {'NAME': 'django.contrib.auth.password_validation.UserAttributeSimilarityValidator'},",
        "]",
        "CSRF_COOKIE_NAME = 'portal_csrftoken'",
        "PASSWORD_RESET_TIMEOUT = 60 * 60 * 24",
    )
    d["helm_values_references"] = lines(  # 11
        "postgresql:",
        "  auth:",
        "    username: portal",
        "    existingSecret: portal-postgresql",
        "    secretKeys:",
        "      userPasswordKey: postgres-user-password",
        "env:",
        "  - name: SMTP_PASSWORD",
        "    valueFrom:",
        "      secretKeyRef: { name: portal-smtp, key: password }",
        "apiKey: ref+awsssm://portal/prod/api_key?region=eu-west-1",
    )
    d["aws_published_example"] = lines(  # 5
        "The AWS documentation uses this pair in all its examples; it does not work anywhere:",
        "",
        "    [default]",
        "    aws_access_key_id = AKIA" + "IOSFODNN7" + "EXAMPLE",
        "    aws_secret_access_key = wJalrXUtnFEMI" + "/K7MDENG/" + "bPxRfiCY" + "EXAMPLEKEY",
    )
    d["env_example"] = lines(  # 12
        "# copy to .env and fill in",
        "DB_PASSWORD=changeme",
        "JWT_SECRET=<generate with openssl rand -hex 32>",
        "STRIPE_SECRET_KEY=sk_" + "live_" + "x" * 24,
        "GITHUB_TOKEN=ghp_" + "x" * 36,
        "SMTP_PASSWORD=********",
        "SLACK_BOT_TOKEN=xoxb-your-token-here",
        "SENTRY_AUTH_TOKEN=",
        "OPENAI_API_KEY=sk-...",
        "API_KEY=YOUR_API_KEY",
        "DATABASE_URL=postgres://USER:PASSWORD@HOST:5432/DBNAME",
        "REDIS_PASSWORD=${REDIS_PASSWORD:?not set}",
    )
    d["publishable_keys"] = lines(  # 5
        '<script src="https://js.stripe.com/v3/"></script>',
        "<script>",
        "  const stripe = Stripe('pk"
        + "_live_"
        + "51"
        + letters("pk1", 97)
        + "');  // publishable, meant for browsers",
        "</script>",
        '<div class="g-recaptcha" data-sitekey="6L'
        + letters("rc1", 5)
        + "AAAAA"
        + letters("rc2", 28, URL64)
        + '"></div>',
    )
    d["certificate"] = lines(  # 8
        dashes("BEGIN", "CERTI" + "FICATE"),
        *wrap("MIIB" + b64(raw("ce1", 279))[:-4])[:6],
        dashes("END", "CERTI" + "FICATE"),
    )
    d["ssh_public_things"] = lines(  # 4
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + letters("sp1", 43, B64) + " milou@hx-nb-114",
        "[git.brandau-systems.de]:2222 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + letters("sp2", 43, B64),
        "# fingerprint as shown on the console:",
        "256 SHA256:" + letters("sp3", 43, B64) + " root@git (ED25519)",
    )
    d["sql_migration"] = lines(  # 9
        "-- 0042_add_api_tokens.sql",
        "ALTER TABLE users ADD COLUMN password_hash varchar(255) NOT NULL DEFAULT '';",
        "ALTER TABLE users DROP COLUMN legacy_password_md5;",
        "CREATE TABLE api_tokens (",
        "  id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),",
        "  token_hash  char(64) NOT NULL UNIQUE,",
        "  last_four   char(4)  NOT NULL",
        ");",
        f"INSERT INTO schema_migrations (version, checksum) VALUES ('0042', '{sha('sm1')[:32]}');",
    )
    d["openapi_schema"] = lines(  # 11
        "  LoginRequest:",
        "    type: object",
        "    required: [username, password]",
        "    properties:",
        "      username: { type: string, example: jane.doe }",
        "      password:",
        "        type: string",
        "        format: password",
        "        minLength: 12",
        "        writeOnly: true",
        "        example: your-password-here",
    )
    d["sentences_about_passwords"] = lines(  # 6
        "Passwords must have at least 14 characters and must not contain the user's name.",
        "Never send a password by e-mail; the service desk will never ask for it.",
        'The password for the archive is in 1Password, vault "Operations", entry "archive-ro".',
        "If the token has expired, ask Ilse for a new one. The key is under the reception desk.",
        "Das Passwort wird bei der ersten Anmeldung selbst vergeben und läuft nach 180 Tagen ab.",
        "Le mot de passe est obligatoire et doit être changé tous les six mois.",
    )
    d["minified_js"] = lines(  # 3
        '!function(e,t){"object"==typeof exports?module.exports=t():e.Auth=t()}(this,function(){var e={};'
        'e.token=function(n){return n.t||n.accessToken||""},e.pass=function(t,r){return t.password=r,t};'
        'var o="ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";return e.k=o,e});',
        'webpackJsonp([3],{"'
        + letters("mj1", 4)
        + '":function(e,t,n){e.exports=n.p+"static/img/key.'
        + letters("mj2", 7, HEX)
        + '.svg"}});',
        "//# sourceMappingURL=auth." + letters("mj3", 20, HEX) + ".js.map",
    )
    d["git_log"] = lines(  # 7
        f"commit {git('gl-a')}",
        f"Merge: {git('gl-b')[:9]} {git('gl-c')[:9]}",
        "Author: Wout Meijer <wout@dekkerbouw.nl>",
        "",
        "    Rotate secret key of the session cookie (OPS-2291)",
        "",
        f"    Change-Id: I{git('gl-d')}",
    )
    d["terraform_references"] = lines(  # 12
        'resource "random_password" "db" {',
        "  length           = 32",
        '  override_special = "!#$%&*()-_=+[]{}<>:?"',
        "}",
        "",
        'resource "aws_db_instance" "main" {',
        '  identifier = "portal-prod"',
        '  username   = "portal"',
        "  password   = random_password.db.result",
        '  kms_key_id = "arn:aws:kms:eu-west-1:' + letters("tf1", 12, DIG) + ":key/" + uid("tf") + '"',
        '  snapshot_identifier = "snap-0' + letters("tf2", 16, HEX) + '"',
        "}",
    )
    d["github_actions"] = lines(  # 9
        "      - uses: actions/checkout@" + git("ga1") + "  # v4.1.7",
        "      - uses: docker/login-action@" + git("ga2"),
        "        with:",
        "          registry: ghcr.io",
        "          username: ${{ github.actor }}",
        "          password: ${{ secrets.GITHUB_TOKEN }}",
        "      - run: npm publish",
        "        env:",
        "          NODE_AUTH_TOKEN: ${{ secrets.NPM_TOKEN }}",
    )
    d["service_log"] = lines(  # 6
        f"2024-11-18T08:14:02.113Z INFO  req_id={uid('l1')} POST /v1/tokens 201 38ms",
        f"2024-11-18T08:14:02.870Z INFO  trace_id={letters('l2', 32, HEX)} span_id={letters('l3', 16, HEX)} cache=miss",
        f"2024-11-18T08:14:03.004Z WARN  user={uid('l4')} password check failed: attempt 2 of 5",
        f'2024-11-18T08:14:05.551Z INFO  etag="{letters("l5", 32, HEX)}" bucket=portal-static',
        "2024-11-18T08:14:06.002Z DEBUG Authorization: Bearer [REDACTED]",
        "2024-11-18T08:14:06.090Z INFO  token expires_in=3600 scope=read:orders",
    )
    d["translations"] = lines(  # 7
        "{",
        '  "login.password": "Passwort",',
        '  "login.password.repeat": "Passwort wiederholen",',
        '  "login.password.forgotten": "Passwort vergessen?",',
        '  "settings.apiKey": "API-Schlüssel",',
        '  "settings.secret.hint": "Wird nur einmal angezeigt"',
        "}",
    )
    d["html_form"] = lines(  # 5
        '<form method="post" action="/password/reset">',
        '  <label for="pw">New password</label>',
        '  <input id="pw" type="password" name="new_password" autocomplete="new-password" placeholder="••••••••">',
        '  <input type="hidden" name="utf8" value="&#x2713;">',
        "</form>",
    )
    d["vault_policy"] = lines(  # 7
        'path "secret/data/portal/*" {',
        '  capabilities = ["read", "list"]',
        "}",
        "# vault kv get -field=password secret/portal/smtp",
        'path "auth/token/renew-self" {',
        '  capabilities = ["update"]',
        "}",
    )
    d["login_defs"] = lines(  # 5
        "PASS_MAX_DAYS   180",
        "PASS_MIN_DAYS   1",
        "PASS_WARN_AGE   14",
        "ENCRYPT_METHOD  YESCRYPT",
        "password requisite pam_pwquality.so retry=3 minlen=14 difok=4",
    )
    d["masked_ci_log"] = lines(  # 5
        '$ echo "$REGISTRY_PASSWORD" | docker login -u ci --password-stdin registry.int',
        "Login Succeeded",
        '$ curl -H "PRIVATE-TOKEN: [MASKED]" https://gitlab.int/api/v4/projects/118/packages',
        f"portal: digest: sha256:{sha('mc1')} size: 2418",
        "Uploading artifacts... ok   id=" + letters("mc2", 9, DIG) + " responseStatus=201 Created token=64_****",
    )
    d["sops_file"] = lines(  # 5
        "smtp:",
        f"    password: ENC[AES256_GCM,data:{b64(raw('so1', 14))},iv:{b64(raw('so2', 32))}"
        f",tag:{b64(raw('so3', 16))},type:str]",
        "sops:",
        "    age:",
        "        - recipient: age1" + letters("so4", 58, "qpzry9x8gf2tvdw0s3jn54khce6mua7l"),
    )
    d["css_and_data_uri"] = lines(  # 2
        ".icon-key{background:url(data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAA"
        + letters("cs1", 120, B64)
        + "ggg==)}",
        "@font-face{font-family:Inter;src:url(/fonts/inter." + letters("cs2", 20, HEX) + ".woff2)}",
    )
    d["jwt_published_example"] = lines(  # 3
        '// the token from the front page of jwt.io, signed with "your-256-bit-secret"',
        "const sample = 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.' +",
        "  'eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ' + '."
        + "SflKxwRJSMeKKF2QT4fw"
        + "pMeJf36POk6yJV_adQssw5c';",
    )
    return d
