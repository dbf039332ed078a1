"""A corpus of texts of every kind (notes, chats, runbooks, programs, answers, prose in six languages), written unseen.

Asked for the first time, 29 of 41 were found, all 8 disguised ones, and 8 lines of 211 were taken for secrets. What
that taught (weak passwords in sentences, columns, answers in chats, codes of doors, calls that take a password by its
place, names of pages' tokens) has been learned since.

No line of this file holds a whole secret.
"""

from __future__ import annotations

import base64

from tests.support.builders.made_up_secrets import HEX, UPPER, letters

_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_DIGITS = "0123456789"


def planted() -> dict[str, tuple[str, str]]:
    """Return thirty texts and more with a secret that is told plainly, by what it is, and the secret."""
    return {**_in_notes(), **_in_prose(), **_in_settings(), **_of_programs(), **_of_vendors()}


def _in_notes() -> dict[str, tuple[str, str]]:
    weak, word, season = "Wel" + "come123", "Ham" + "mer-Zeh3n", "Som" + "mer2024!"
    return {
        "minutes": (f"- Wifi for guests: network Baeckerei-Gast, the wifi password is {weak}", weak),
        "wiki": (f"Admin login of the till: admin / {season}", season),
        "chat": (f"[14:02] jo: whats the pw for the printer?\n[14:03] mia: {word}", word),
        "chat in one line": (f"mia: pw is {word}, dont share pls", word),
        "runbook": (f"3. Log in at https://router.example.test with user `root` and password `{word}`.", word),
        "table": (f"| Service | User | Password |\n|---|---|---|\n| CRM | lena | {word} |", word),
        "alarm": ("The alarm code at the back door is " + "48" + "2915, then press #.", "48" + "2915"),
        "csv": (f"name,email,password\nLena,lena@example.test,{word}\n", word),
    }


def _in_prose() -> dict[str, tuple[str, str]]:
    word, flower = "Kirsch" + "baum77", "gira" + "sol_2025"
    return {
        "German": (f"Das Kennwort für den Server lautet {word}, bitte nicht weitergeben.", word),
        "German, access": (f"Zugangsdaten: Benutzer lena, Passwort {word}", word),
        "French": (f"Le mot de passe du wifi est {flower}.", flower),
        "Spanish": (f"La contraseña del servidor es {flower} (no compartir)", flower),
        "Japanese": (f"パスワードは「{word}」です。", word),
        "Italian": (f"La password del gestionale è {flower}.", flower),
    }


def _in_settings() -> dict[str, tuple[str, str]]:
    word, forty, hex64 = "tRaub" + "en%saft9", letters("mi 40", 40), letters("mi 64", 64, HEX)
    coded = base64.b64encode(word.encode()).decode()
    return {
        "env": (f"SESSION_SECRET={hex64}", hex64),
        "compose": (f"    environment:\n      - POSTGRES_PASSWORD={word}", word),
        "k8s": (f"kind: Secret\ntype: Opaque\ndata:\n  db-password: {coded}\n", coded),
        "tfvars": (f'db_master_password = "{word}"', word),
        "jenkins": (f"        environment {{ SONAR_TOKEN = '{forty}' }}", forty),
        "connection string": (f"Server=tcp:db.example.test,1433;User ID=shop;Password={word};Encrypt=True", word),
        "storage": (
            "DefaultEndpointsProtocol=https;AccountName=shop;AccountKey="
            + letters("mi az", 86, _BASE64)
            + "==;EndpointSuffix=core.windows.net",
            letters("mi az", 86, _BASE64),
        ),
        "basic auth": (f"git clone https://lena:{forty}@git.example.test/shop.git", forty),
        "mongo": (f"MONGO_URL=mongodb+srv://shop:{word.replace('%', '')}@c0.example.test/db", word.replace("%", "")),
        "netrc": (f"machine api.example.test login lena password {word}", word),
    }


def _of_programs() -> dict[str, tuple[str, str]]:
    word, forty = "Winter" + "apfel!3", letters("mi p", 40)
    jwt = "ey" + "JhbGciOiJIUzI1NiJ9.ey" + "J" + letters("mi j1", 60) + "." + letters("mi j2", 43)
    pem = "-----BEGIN OPENSSH " + "PRIVATE KEY-----\n" + letters("mi pem", 70) + "\n" + letters("mi pem2", 70)
    return {
        "python": (f'client = Client(base_url=URL, api_key="{forty}")', forty),
        "javascript": (f"mongoose.connect(uri, {{ user: 'shop', pass: '{word}' }})", word),
        "go": (f'\tcfg := Config{{Secret: "{forty}"}}', forty),
        "java": (f'DriverManager.getConnection(url, "shop", "{word}");', word),
        "php": (f"$dbPass = '{word}';", word),
        "sql": (f"CREATE USER shop WITH ENCRYPTED PASSWORD '{word}';", word),
        "mysql": (f"GRANT ALL ON shop.* TO 'lena'@'%' IDENTIFIED BY '{word}';", word),
        "curl": ("curl -u " + f"lena:{word} https://api.example.test/v1/orders", word),
        "header": (f'curl -H "X-Api-Key: {forty}" https://api.example.test', forty),
        "answer": (f'{{"access_token":"{forty}","token_type":"bearer","expires_in":3600}}', forty),
        "jwt": (f"Set-Cookie: session={jwt}; HttpOnly", jwt),
        "ssh": (pem, letters("mi pem2", 70)),
    }


def _of_vendors() -> dict[str, tuple[str, str]]:
    found = {
        "github": "gh" + "p_" + letters("mi v1", 36),
        "slack": "xo" + "xp-" + letters("mi v2", 12, _DIGITS) + "-" + letters("mi v3", 32, HEX),
        "aws": "AK" + "IA" + letters("mi v4", 16, UPPER),
        "sendgrid": "S" + "G." + letters("mi v5", 22) + "." + letters("mi v6", 43),
        "hugging face": "h" + "f_" + letters("mi v7", 34),
    }
    return {name: (f"lena: hier der key {value} danke!", value) for name, value in found.items()}


def disguised() -> dict[str, tuple[str, str]]:
    """Return eight texts in which a secret is hidden, and what of it must not be left."""
    word, github, forty = "Pflau" + "menmus.12", "gh" + "p_" + letters("mi d1", 36), letters("mi d2", 40)
    anthropic = "sk" + "-ant-api03-" + letters("mi d3", 80)
    basic = base64.b64encode(f"lena:{word}".encode()).decode()
    listed = ", ".join(f'"{anthropic[at : at + 20]}"' for at in range(0, len(anthropic), 20))
    return {
        "basic in base64": (f"Authorization: Basic {basic}", basic),
        "backwards": (f"reverse('{github[::-1]}')", github[::-1]),
        "hexadecimal": (f"bytes.fromhex('{github.encode().hex()}')", github.encode().hex()),
        "joined": (f"[{listed}].join('')", anthropic[60:80]),
        "percent": ("".join(f"%{ord(one):02X}" for one in github), f"%{ord(github[-2]):02X}%{ord(github[-1]):02X}"),
        "spaced": (f"token: {' '.join(github)}", " ".join(github[4:])),
        "in an address": ("https://a.example/cb?" + f"client_secret={forty}&state=1", forty),
        "concatenated": (f'$secret = "{forty[:20]}" . "{forty[20:]}";', forty[20:]),
    }


_SHA, _PUB = letters("mi sha", 64, HEX), letters("mi pub", 43, _BASE64)
_AWS = "AK" + "IAIOSFODNN7EX" + "AMPLE"

HARMLESS = f"""
aws_access_key_id = {_AWS}
aws_secret_access_key = {"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEX" + "AMPLEKEY"}
STRIPE_SECRET_KEY=sk_test_...
OPENAI_API_KEY=sk-...
ANTHROPIC_API_KEY=your-api-key-here
export GITHUB_TOKEN=<your-token>
api_key: YOUR_API_KEY
password: changeme
DB_PASSWORD=secret
POSTGRES_PASSWORD: postgres
    -e MYSQL_ROOT_PASSWORD=my-secret-pw
Authorization: Bearer <access_token>
curl -H "Authorization: Bearer $TOKEN" https://api.example.com/v1/me
curl -u "user:pass" https://api.example.com/
postgresql://user:password@localhost:5432/mydb
mongodb://<username>:<password>@cluster0.mongodb.net/test
https://user:pass@example.com/path
SLACK_BOT_TOKEN=xoxb-your-token
TELEGRAM_BOT_TOKEN=123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11
redis://:password@localhost:6379/0
SECRET_KEY = os.environ["SECRET_KEY"]
const token = process.env.API_TOKEN;
token := os.Getenv("GITHUB_TOKEN")
String password = System.getenv("DB_PASSWORD");
$password = $_ENV['DB_PASSWORD'] ?? '';
password = config.fetch(:password)
api_key = settings.api_key.get_secret_value()
password = getpass.getpass("Password: ")
passwordHash := bcrypt.GenerateFromPassword([]byte(password), 12)
if (password.length < 8) throw new Error("Password too short");
token = secrets.token_urlsafe(32)
const csrfToken = document.querySelector('meta[name="csrf-token"]').content;
localStorage.removeItem("accessToken");
user.authenticate(params[:password])
def reset_password(user: User, new_password: str) -> None:
func NewToken(secret []byte, ttl time.Duration) (string, error) {{
public void setPassword(String password) {{ this.password = password; }}
interface Credentials {{ username: string; password: string }}
password: Mapped[str] = mapped_column(String(128))
  t.string "password_digest", null: false
ALTER TABLE users ADD COLUMN password_hash VARCHAR(255) NOT NULL;
SELECT id, token_id, key_name FROM api_keys WHERE revoked_at IS NULL;
INSERT INTO permissions (key, label) VALUES ('users.reset_password', 'Reset password');
GRANT SELECT ON shop.orders TO reporting;
CREATE INDEX idx_tokens_hash ON tokens (token_hash);
"integrity": "sha512-{letters("mi i1", 86, _BASE64)}==",
"resolved": "https://packages.example.test/jsonwebtoken/-/jsonwebtoken-9.0.2.tgz",
github.com/golang-jwt/jwt/v5 v5.2.1 h1:{letters("mi go", 43, _BASE64)}=
    --hash=sha256:{_SHA} \\
  checksum: {letters("mi ck", 64, HEX)}
commit {letters("mi c1", 40, HEX)}
index {letters("mi c2", 7, HEX)}..{letters("mi c3", 7, HEX)} 100644
Merge: {letters("mi c4", 9, HEX)} {letters("mi c5", 9, HEX)}
FROM python:3.12-slim@sha256:{_SHA}
- uses: actions/checkout@{letters("mi c6", 40, HEX)} # v4.2.2
ETag: "{letters("mi et", 32, HEX)}"
Content-MD5: {letters("mi md", 22, _BASE64)}==
X-Request-Id: {letters("mi r1", 8, HEX)}-{letters("mi r2", 4, HEX)}-4e7d-a1b2-{letters("mi r4", 12, HEX)}
traceparent: 00-{letters("mi t1", 32, HEX)}-{letters("mi t2", 16, HEX)}-01
{letters("mi s", 64, HEX)}  workwright-1.4.0.tar.gz
MD5 (image.iso) = {letters("mi m5", 32, HEX)}
ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{_PUB} lena@laptop
ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQ{letters("mi rsa", 300, _BASE64)} deploy@ci
-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A{letters("mi pk", 32, _BASE64)}
-----END CERTIFICATE-----
SHA256 Fingerprint=3A:0F:9C:77:1E:52:AA:BC:90:04:6D:EE:12:33:91:5F:AB:CD:01:44:87:3B:2E:19:66:70:8D:99:FA:0C:5B:21
pub   rsa4096/0x{letters("mi gp", 16, HEX).upper()} 2024-05-01 [SC]
<img src="data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAA{letters("mi png", 200, _BASE64)}">
src: url(data:font/woff2;base64,d09GMgABAAAAA{letters("mi woff", 160, _BASE64)}) format("woff2");
.token.keyword {{ color: #07a; }}
.password-field::placeholder {{ color: rgba(0, 0, 0, .38); }}
--color-key-500: #1f6feb; --shadow-key: 0 1px 2px rgb(0 0 0 / 5%);
!function(e,t){{"object"==typeof exports?t(exports):t(e.key={{}})}}(this,function(e){{var n=e.token||"";return n}});
var a=function(t){{return t.keyCode===13&&t.pass1!==t.pass2}},k=8,p="pwd";
/^(?=.*[A-Z])(?=.*\\d)[A-Za-z\\d@$!%*?&]{{8,}}$/.test(password)
TOKEN_RE = re.compile(r"gh[pousr]_[A-Za-z0-9]{{36,}}")
API_KEY_PATTERN = "^sk-[a-zA-Z0-9]{{20,}}$"
regex: '(?i)(api[_-]?key|token)\\s*[:=]\\s*\\S+'
"password": "Password", "forgot_password": "Forgot your password?",
"login.password.label": "Passwort:",
"auth.password.placeholder": "Votre mot de passe",
"settings.token.help": "Introduce tu clave de acceso",
"passwordTooShort": "パスワードは8文字以上で入力してください",
msgid "Password:" msgstr "Passwort:"
<string name="enter_password">Enter password</string>
<label for="password">Password:</label> <input type="password" id="password" name="password" autocomplete="off">
password_label = "Kennwort eingeben"
<trans-unit id="password"><source>Password</source><target>Wachtwoord</target></trans-unit>
feature_flags: {{new_token_flow: enabled, legacy_key: off}}
ENABLE_API_KEY=true
use_token: v2-rollout
show_password_toggle = "variant-b"
LD_CLIENT_FLAG_KEY=checkout-redesign-2026
cache_token: on-demand
idempotency_key: order-2026-03-11-0042
partition_key = "tenant_id#created_at"
sort_key: createdAt2
primary_key=True, foreign_key="orders.id"
dedup_key: alert-disk-full-web01
translation_key: checkout.summary.total_v2
i18n_key="nav.header.token_count"
Set-Cookie: csrftoken; Path=/; SameSite=Lax
SESSION_COOKIE_NAME = "__Host-session_token"
cookie_name: next-auth.session-token
response.delete_cookie("refresh_token")
token_name: X-CSRF-TOKEN
access_token_lifetime: 15m
REFRESH_TOKEN_EXPIRE_DAYS=30
max_tokens: 4096
tokenizer: cl100k_base
token_limit=200k
keyboard_shortcut: ctrl+shift+p
key: ArrowDown
keyPath: "meta.createdAt"
secretName: tls-shop-example-test
          secretKeyRef: {{name: shop-db, key: password}}
        valueFrom: {{secretKeyRef: {{name: stripe-prod, key: webhook-secret}}}}
      secrets: [db_password, api_key]
  db_password: {{external: true}}
    file: ./secrets/db_password.txt
      POSTGRES_PASSWORD_FILE: /run/secrets/db_password
      SECRET_KEY: ${{SECRET_KEY:?must be set}}
credentials('jenkins-deploy-key-2')
withCredentials([usernamePassword(credentialsId: 'nexus', usernameVariable: 'U', passwordVariable: 'P')]) {{
  password = var.db_password
  secret_key = data.vault_generic_secret.shop.data["secret_key"]
resource "random_password" "db" {{ length = 24, special = true }}
resource "aws_kms_key" "main" {{ description = "Key for shop", deletion_window_in_days = 10 }}
  arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:shop/db-AbC1dE"
  role_arn = "arn:aws:iam::123456789012:role/deploy-role-v2"
kms_key_id: alias/shop-main-2
subnet-0{letters("mi sn", 16, HEX)}
  ami = "ami-0{letters("mi ami", 16, HEX)}"
https://www.notion.so/acme/Team-passwords-{letters("mi no", 32, HEX)}
page_id = "{letters("mi n1", 8, HEX)}-{letters("mi n2", 4, HEX)}-4b1c-9a0d-{letters("mi n3", 12, HEX)}"
data_source_id: {letters("mi ds", 32, HEX)}
https://docs.google.com/document/d/1{letters("mi gd", 43)}/edit
https://www.figma.com/file/{letters("mi fi", 22)}/Shop
https://youtu.be/{letters("mi yt", 11)}
client_id: {letters("mi ci", 32, _DIGITS)[:12]}-{letters("mi cj", 32).lower()}.apps.googleusercontent.com
GOOGLE_ANALYTICS_ID=G-{letters("mi ga", 10, UPPER)}
measurementId: "G-8XQ2KTY41P"
NEXT_PUBLIC_SENTRY_DSN=https://{letters("mi se", 32, HEX)}@o450123.ingest.sentry.io/4505
VITE_STRIPE_PUBLISHABLE_KEY=pk_live_{letters("mi st", 24)}
const RECAPTCHA_SITE_KEY = "6L{letters("mi rc", 38)}";
stripe customer cus_{letters("mi cu", 14)}, payment pi_{letters("mi pi", 24)}
order ord_01J8Z3K5M7N9P1Q3R5S7T9V1X3 shipped to usr_01HZX8Y6W4V2T0S8R6Q4P2N0M8
"id": "01ARZ3NDEKTSV4RRFFQ69G5FAV", "type": "message"
thread_ts: 1710412345.678901
job 4711-a8 finished in 12.4s, exit 0
version: 3.11.4-bookworm-r2
openssl version 3.0.13 30 Jan 2024 (Library: OpenSSL 3.0.13)
Kernel 6.8.0-45-generic x86_64
"engines": {{"node": ">=20.11.0", "pnpm": "9.12.3"}}
playwright test id: data-testid="login-password-input"
cy.get('[data-cy=password]').type('hunter2')
await page.fill("#password", "correct-horse1")
def test_login(client): client.post("/login", json={{"email": "a@b.c", "password": "Passw0rd!"}})
let(:user) {{ create(:user, password: "password123") }}
const mockToken = "abc123";
expect(token).toBe("test-token-123");
fake_api_key = "sk-test-0000000000000000"
User.create!(email: "demo@example.com", password: "demo1234")
@WithMockUser(username = "lena", password = "pwd")
assertThat(encoder.matches("secret", hash)).isTrue();
$2b$12${letters("mi bc", 53)}
hashed_password = "$argon2id$v=19$m=65536,t=3,p=4${letters("mi ar", 22)}${letters("mi as", 43)}"
lena:x:1001:1001:Lena,,,:/home/lena:/bin/bash
IBAN: DE89 3704 0044 0532 0130 00, BIC COBADEFFXXX
Invoice no. RE-2026-00417, customer no. K-10293
Tel. +49 30 1234567, ext. 204
Tracking number: 00340434161094042557
Room code: B-204, projector input HDMI2
Promo code SPRING25 gives 25 % off until 30 April.
License: Apache-2.0; SPDX-License-Identifier: MIT
Passwords must be at least 12 characters long and are rotated every 90 days.
Please never send a password by mail; use the vault instead.
The API key is stored in 1Password under "Shop / Stripe".
The token expires after 15 minutes.
Ask Lena for the password of the staging server.
Das Passwort liegt im Tresor, Fach 3.
Bitte das Kennwort bis 31.03.2026 ändern.
Das Passwort ist abgelaufen und muss erneuert werden.
Le mot de passe est obligatoire.
La contraseña es demasiado corta.
パスワードを忘れた場合はこちら
La password è scaduta il 12/03/2026.
The key is under the mat, the spare one is with Frau Schulze.
Key results: revenue +12%, churn -3pp, NPS 47
The secret of a good sourdough is time.
Token ring networks ran at 16 Mbit/s.
- [ ] rotate the deploy key (owner: Jo, due 2026-04-01)
- [x] API token of the old CRM deleted on 3 March
Jo: did you reset your password? Mia: yes, works now
Password manager: Bitwarden, rollout Q3
User: lena.schmidt  Role: Admin  Last login: 2026-03-11 08:14
login: lena  shell: /bin/zsh
POST /oauth/token HTTP/1.1 200 512 "-" "Mozilla/5.0"
GET /api/v1/keys?limit=50&cursor=eyJpZCI6NDcxMX0 200 14ms
Mar 11 08:14:02 web01 sshd[4711]: Failed password for invalid user admin from 203.0.113.9 port 50122 ssh2
Mar 11 08:14:05 web01 sshd[4712]: Accepted publickey for deploy from 203.0.113.7: ED25519 SHA256:{_PUB}
ERROR: password authentication failed for user "shop2"
{{"error": "invalid_token", "error_description": "The access token expired"}}
{{"token_type": "Bearer", "expires_in": 3599, "scope": "read write"}}
{{"data": [{{"object": "api_key", "id": "key_01", "name": "CI key 2", "last4": "9f3a"}}], "next_cursor": null}}
  "next_page_token": "{letters("mi np", 24)}",
  continuationToken={letters("mi ct", 20)}
access-control-allow-headers: authorization, x-api-key, content-type
securitySchemes: {{ApiKeyAuth: {{type: apiKey, in: header, name: X-API-Key}}}}
  password: {{type: string, format: password, minLength: 8, example: "S3cret!pass"}}
""".strip("\n").splitlines()
