"""Some texts of the corpus."""

from __future__ import annotations

from tests.support.secret_corpora.teams.making import ALNUM, BASE64, URLSAFE, glue, hexa, letters, page


def harmless_configuration() -> dict[str, str]:
    publishable = "pk_" + "live_" + "51" + letters("7 publishable", 97, ALNUM)
    web_key = "AI" + "za" + "Sy" + letters("7 firebase", 33, URLSAFE)
    dsn = "https://" + hexa("7 sentry", 32) + "@o418822.ingest.sentry.io/5560013"
    site_key = "6L" + letters("7 captcha", 38, URLSAFE)
    local = "user" + ":" + "password" + "@localhost"
    return {
        "dotenv_example": page(
            "# copy to .env and fill in",
            "DATABASE_URL=postgres://" + local + ":5432/app_dev",
            "SECRET_KEY=changeme",
            "STRIPE_SECRET_KEY=sk_" + "test_" + "x" * 24,
            "SENDGRID_API_KEY=<your-token>",
            "JWT_SECRET=replace-with-a-long-random-string",
            "SMTP_PASSWORD=",
            "GITHUB_TOKEN=gh" + "p_" + "X" * 36,
            "ADMIN_PASSWORD=${ADMIN_PASSWORD:?not set}",
        ),
        "compose_for_development": page(
            "services:",
            "  api:",
            "    environment:",
            "      REDIS_URL: redis://:${REDIS_PASSWORD}@cache:6379/0",
            "      AMQP_URL: amqp://guest:" + "guest@localhost:5672/",
            "      TOKEN: ${TOKEN}",
            "    secrets: [db_password]",
            "secrets:",
            "  db_password:",
            "    file: ./run/db_password.txt",
        ),
        "browser_keys_in_the_bundle": page(
            "// public by design, they are shipped to every visitor",
            f"export const STRIPE_PUBLISHABLE_KEY = '{publishable}';",
            f"export const SENTRY_DSN = '{dsn}';",
            f"export const RECAPTCHA_SITE_KEY = '{site_key}';",
            "export const TOKEN_STORAGE_KEY = 'kontor.auth.token';",
        ),
        "firebase_web_config": page(
            "const firebaseConfig = {",
            f'  apiKey: "{web_key}",',
            '  authDomain: "kontor-crew.firebaseapp.com",',
            '  projectId: "kontor-crew",',
            '  messagingSenderId: "' + letters("7 sender", 12, "123456789") + '",',
            '  appId: "1:' + letters("7 app", 12, "123456789") + ":web:" + hexa("7 app id", 22) + '"',
            "};",
            "initializeApp(firebaseConfig);",
        ),
        "deployment_with_key_refs": page(
            "        env:",
            "          - name: DB_PASSWORD",
            "            valueFrom:",
            "              secretKeyRef: { name: ledger-db, key: password }",
            "          - name: API_TOKEN_FILE",
            "            value: /var/run/secrets/kubernetes.io/serviceaccount/token",
            "        imagePullSecrets: [{ name: ghcr-pull }]",
        ),
        "helm_and_ansible_placeholders": page(
            "adminPassword: {{ .Values.grafana.adminPassword | default (randAlphaNum 24) | quote }}",
            'mysql_root_password: "{{ vault_mysql_root_password }}"',
            "api_key: {{ secret }}",
            "token: \"{{ lookup('env', 'DEPLOY_TOKEN') }}\"",
            "password: !vault-ref ops/ledger#password",
        ),
        "workflow_using_secrets": page(
            "      - uses: docker/login-action@" + hexa("7 action", 40) + "  # v3.3.0",
            "        with:",
            "          registry: ghcr.io",
            "          username: ${{ github.actor }}",
            "          password: ${{ secrets.GITHUB_TOKEN }}",
            "      - run: npm publish",
            "        env: { NODE_AUTH_TOKEN: '${{ secrets.NPM_TOKEN }}' }",
        ),
        "openapi_login": page(
            "  /sessions:",
            "    post:",
            "      summary: Trade user name and password for a token",
            "      requestBody:",
            "        content:",
            "          application/json:",
            "            schema:",
            "              required: [username, password]",
            "              properties:",
            "                username: { type: string, example: jane.doe }",
            "                password: { type: string, format: password, minLength: 12, writeOnly: true }",
            "  securitySchemes:",
            "    apiKey: { type: apiKey, in: header, name: X-Api-Key }",
        ),
        "terraform_declarations": page(
            'variable "db_master_password" {',
            "  type        = string",
            "  sensitive   = true",
            '  description = "Master password; comes from TF_VAR_db_master_password"',
            "}",
            'resource "random_password" "app" { length = 32 }',
            "password = random_password.app.result",
        ),
    }


def harmless_code() -> dict[str, str]:
    weak = glue("hun", "ter2")
    picture = "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAYAAAAf8" + letters("7 picture", 151, BASE64) + "AAAABJRU5ErkJggg=="
    return {
        "settings_py": page(
            "import os",
            'SECRET_KEY = os.environ["DJANGO_SECRET_KEY"]',
            'EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_PASSWORD", "")',
            'DATABASES["default"]["PASSWORD"] = read_secret("db_password")',
            'AUTH_PASSWORD_VALIDATORS = [{"NAME": "kontor.auth.NotTheUsualHundredValidator"}]',
            "PASSWORD_RESET_TIMEOUT = 60 * 60 * 4",
            'CSRF_COOKIE_NAME = "kontor_csrftoken"',
        ),
        "hashing_helpers": page(
            "def hash_password(password: str, *, rounds: int = 12) -> str:",
            "    salt = bcrypt.gensalt(rounds)",
            "    return bcrypt.hashpw(password.encode(), salt).decode()",
            "def new_api_key() -> tuple[str, str]:",
            "    token = secrets.token_urlsafe(32)",
            "    return token, hashlib.sha256(token.encode()).hexdigest()",
        ),
        "login_form": page(
            '<form method="post" action="/login" autocomplete="on">',
            '  <label for="pw">{{ t("login.password") }}</label>',
            '  <input id="pw" type="password" name="password" placeholder="••••••••" required minlength="12">',
            '  <input type="hidden" name="csrf_token" value="{{ csrf_token() }}">',
            '  <a href="/password/forgot">Forgot your password?</a>',
            "</form>",
        ),
        "test_of_login": page(
            "def test_wrong_password_is_refused(client):",
            f'    make_user("alice", password="{weak}")',
            '    answer = client.post("/login", data={"username": "alice", "password": "wrong-password"})',
            "    assert answer.status_code == 401",
            "def test_short_password():",
            '    with pytest.raises(ValidationError, match="at least 12 characters"):',
            '        validate_password("abc123")',
        ),
        "minified_and_data_uri": page(
            '!function(e,t){"use strict";var n=t.token||e.getToken(),r=t.password?btoa(t.user+":"+t.password):null;'
            'n&&(e.headers["X-Auth"]=n),r&&(e.headers.Authorization="Basic "+r)}(window.__http,window.__opts);',
            f".key-icon{{background:url(data:image/png;base64,{picture}) no-repeat}}",
            "//# sourceMappingURL=auth." + hexa("7 bundle", 20) + ".js.map",
        ),
        "palette": page(
            ":root {",
            "  --token-comment: #6a737d; --token-keyword: #d73a49; --token-string: #032f62;",
            "  --secret-badge: #deadbe; --key-cap: #c0ffee80;",
            "}",
            ".token.password { color: var(--token-string); }",
        ),
        "long_java_names": page(
            "public class DefaultOAuth2AuthorizedClientTokenRefreshScheduler {",
            "    private static final String PASSWORD_GRANT_ATTRIBUTE_NAME = TokenRefreshScheduler.class.getName();",
            '    public static final String ACCESS_TOKEN_HEADER = "X-Kontor-Access-Token";',
            "    private final OAuth2ClientSecretPostAuthenticationConverterV2 secretConverter;",
            "    char[] password = console.readPassword(messages.get(PROMPT_PASSWORD_FOR_KEYSTORE));",
        ),
        "shell_that_asks": page(
            'read -rsp "Database password: " PGPASSWORD; export PGPASSWORD',
            'TOKEN="$(vault kv get -field=token ops/ci/registry)"',
            'curl -fsS -H "Authorization: Bearer $TOKEN" "$API/v1/builds"',
            'docker login -u "$CI_USER" --password-stdin < "$HOME/.registry-pass"',
        ),
    }


def harmless_words() -> dict[str, str]:
    return {
        "i18n_english": page(
            "{",
            '  "login.password": "Password",',
            '  "login.password_wrong": "That password is not right. Caps lock?",',
            '  "reset.token_expired": "This link has expired. Ask for a new one.",',
            '  "settings.api_key": "API key",',
            '  "settings.secret_hint": "We show the secret only once."',
            "}",
        ),
        "migration_names": page(
            "20240311094512_add_password_digest_to_users.rb        up",
            "20240402181130_create_oauth_access_tokens.rb          up",
            "20240517070003_encrypt_api_secret_on_integrations.rb  up",
            "20240901123000_drop_legacy_session_keys.rb            down",
        ),
        "password_policy": page(
            "Passwords have at least 14 characters; length counts more than odd signs.",
            "Never write a password into a ticket, the chat or a page like this one.",
            "The password of a service account is kept in the vault under ops/<service>/password.",
            "Changed every year, or at once when somebody has seen it who should not.",
            "A token that lies in a repository counts as lost: revoke first, then ask.",
        ),
        "bot_readme": page(
            "1. Make an app, copy the *Bot User OAuth Token*, it begins with `xoxb-`.",
            "2. `export SLACK_BOT_TOKEN=xoxb-your-token-here`",
            "3. `export SLACK_SIGNING_SECRET=********`",
            "4. For GitHub use `ghp_...` or, better, `github_pat_…` with read access only.",
            "5. `./bot --password-file /etc/bot/pass` also works.",
        ),
        "manual_page_excerpt": page(
            'curl -u "$NEXUS_USER:$NEXUS_PASS" "$NEXUS/service/rest/v1/status"',
            "curl -H 'Authorization: Bearer YOUR_API_TOKEN' https://api.wharfside.io/v2/me",
            "psql postgresql://<user>:<password>@<host>/<db>",
            "mysql -u root -p     # asks for the password",
        ),
        "retro_notes": page(
            "- Jo: key takeaway, the secret of a calm release is a boring release",
            "- token budget of the summary job doubled (8000 -> 16000)",
            "- password reset mails were slow for 3 h, INC-5512, root cause: DNS",
            "- Lena rotates the Stripe key on Tuesday, Ravi watches the webhooks",
        ),
    }
