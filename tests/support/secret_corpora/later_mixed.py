"""A corpus of more texts of every kind, written when the rules had been changed for those of `mixed`.

Asked for the first time, 30 of 45 were found, 7 of 8 disguised ones, and 4 lines of 199 were taken for secrets. What
that taught (passwords with a dot, under a heading, behind a name of a network or a user, changed to another, given
with a sentence in between, cells behind cells, paths of resources) has been learned since.

No line of this file holds a whole secret.
"""

from __future__ import annotations

import base64
import json

from tests.support.builders.made_up_secrets import HEX, UPPER, letters

_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_DIGITS = "0123456789"


def planted() -> dict[str, tuple[str, str]]:
    """Return thirty texts and more with a secret that is told plainly, by what it is, and the secret."""
    return {**_on_pages(), **_in_mails(), **_in_settings(), **_of_programs(), **_of_vendors()}


def _on_pages() -> dict[str, tuple[str, str]]:
    word, plain = "Bier" + "garten+42", "sonnen" + "blume88"
    weak = "Pass" + "word2024"
    return {
        "onboarding": (f"New colleagues start with {weak} and change it on the first day (initial password).", weak),
        "router": (f"Router (192.168.1.1): admin/{word}", word),
        "wifi with name": (f"WiFi: Baeckerei-5G / {plain}", plain),
        "bullets": (f"* Instagram\n  * user: baeckerei\n  * password: {word}\n", word),
        "bold": (f"**Shopify admin** - ben@example.test - **{word}**", word),
        "heading": (f"### Passwort Kassensystem\n{word}\n", word),
        "sticky note": (f"pwd fürs Lager-Tablet: {plain}", plain),
        "property": (f"Name: Till 2\nSerial: KX-22-910\nUnlock code: {'73' + '1940'}\n", "73" + "1940"),
        "table by rows": (f"| Username | ben |\n| Password | {plain} |", plain),
        "tsv": (f"host\tuser\tpasswd\nweb01\tben\t{word}\n", word),
    }


def _in_mails() -> dict[str, tuple[str, str]]:
    word, plain = "Lach" + "s.Forelle5", "trucha" + "-Azul9"
    return {
        "German": (f"Hallo Ben, dein neues Passwort ist: {word} – bitte gleich ändern.", word),
        "German, changed": (f"Wir haben das WLAN-Passwort auf {word} geändert.", word),
        "French": (f"Identifiant : ben, mot de passe : {word}", word),
        "Spanish": (f"Usuario: ben. La clave de acceso es {plain}, no la pierdas.", plain),
        "Japanese": (f"管理画面のログイン：ben／パスワード：{word}", word),
        "Dutch": (f"Het wachtwoord voor de kassa is {plain}.", plain),
        "Slack": (f"@ben use `{word}` as password for the staging box :lock:", word),
    }


def _in_settings() -> dict[str, tuple[str, str]]:
    word, forty, hex32 = "zWetsch" + "ge#Kern1", letters("lm 40", 40), letters("lm 32", 32, HEX)
    docker = base64.b64encode(f"ben:{forty}".encode()).decode()
    return {
        "dockerconfig": (f'{{"auths": {{"registry.example.test": {{"auth": "{docker}"}}}}}}', docker),
        "helm": (f"postgresql:\n  auth:\n    postgresPassword: {word}\n", word),
        "appsettings": (f'"Jwt": {{ "SigningKey": "{forty}" }}', forty),
        "odbc": (f"Driver={{ODBC Driver 18}};Server=db;UID=ben;PWD={word};", word),
        "npmrc": (f"//registry.example.test/:_authToken={forty}", forty),
        "wireguard": (f"[Interface]\nPrivateKey = {letters('lm wg', 43, _BASE64)}=", letters("lm wg", 43, _BASE64)),
        "actions": (f"        env:\n          DEPLOY_TOKEN: {hex32}", hex32),
        "amqp": (f"CELERY_BROKER_URL='amqp://ben:{forty[:18]}@mq.example.test//'", forty[:18]),
        "smb": (f"//nas/share /mnt cifs username=ben,password={word},vers=3.0 0 0", word),
        "s3": (f"    secret_access_key: {letters('lm s3', 40, _BASE64)}", letters("lm s3", 40, _BASE64)),
    }


def _of_programs() -> dict[str, tuple[str, str]]:
    word, forty = "Most" + "birne%27", letters("lm p", 40)
    key = (
        "-----BEGIN RSA " + "PRIVATE KEY-----\n" + letters("lm k1", 64, _BASE64) + "\n" + letters("lm k2", 64, _BASE64)
    )
    return {
        "requests": (f'requests.get(url, auth=("ben", "{word}"))', word),
        "smtp": (f'server.login("ben@example.test", "{word}")', word),
        "go": (f'req.SetBasicAuth("ben", "{word}")', word),
        "node": (f"const JWT_SECRET = '{forty}';", forty),
        "kotlin": (f'private const val API_TOKEN = "{forty}"', forty),
        "rust": (f'.bearer_auth("{forty}")', forty),
        "bash": (f"mysqldump -u ben -p'{word}' shop > dump.sql", word),
        "psql": (f"ALTER ROLE shop PASSWORD '{word}';", word),
        "query": (f"https://api.example.test/v1/weather?city=Ulm&apikey={forty}", forty),
        "answer": (json.dumps({"user": "ben", "apiKey": forty, "active": True}), forty),
        "log": (f"DEBUG login attempt user=ben password={word}", word),
        "pem": (f"    key: |\n{key}", letters("lm k2", 64, _BASE64)),
    }


def _of_vendors() -> dict[str, tuple[str, str]]:
    found = {
        "openai": "sk" + "-proj-" + letters("lm v1", 80),
        "notion": "nt" + "n_" + letters("lm v2", 46),
        "npm": "np" + "m_" + letters("lm v3", 36),
        "google": "AI" + "za" + letters("lm v4", 35),
        "twilio": "S" + "K" + letters("lm v5", 32, HEX),
        "aws session": "AS" + "IA" + letters("lm v6", 16, UPPER),
    }
    return {name: (f"| {name} | {value} | expires in May |", value) for name, value in found.items()}


def disguised() -> dict[str, tuple[str, str]]:
    """Return eight texts in which a secret is hidden, and what of it must not be left."""
    word, github, hex64 = "Nuss" + "ecke!77", "gh" + "p_" + letters("lm d1", 36), letters("lm d2", 64, HEX)
    openai, stripe = "sk" + "-proj-" + letters("lm d3", 70), "sk" + "_live_" + letters("lm d4", 32)
    coded = base64.b64encode(f"export DB_PASSWORD={word}\n".encode()).decode()
    return {
        "base64 of a script": (f"echo {coded} | base64 -d | sh", coded),
        "unicode escapes": ("".join(f"\\u{ord(one):04x}" for one in github), f"\\u{ord(github[-1]):04x}"),
        "spelled word": (f"p a s s w o r d : {word}", word),
        "template": (f"const k = `${{'{openai[:25]}'}}` + `{openai[25:]}`", openai[25:]),
        "HTML entities": ("".join(f"&#{ord(one)};" for one in stripe), f"&#{ord(stripe[-1])};"),
        "zero width": (f"{github[:12]}\u200b{github[12:24]}\u200b{github[24:]}", github[24:]),
        "two variables": (f'a = "{github[:18]}"\nb = "{github[18:]}"\ntoken = a + b', github[18:]),
        "hexadecimal in lines": (f"ENCRYPTION_KEY={hex64[:32]}\\\n    {hex64[32:]}", hex64[32:]),
    }


_SHA, _PUB, _TWELVE = letters("lm sha", 64, HEX), letters("lm pub", 43, _BASE64), letters("lm a3", 12, HEX)

HARMLESS = f"""
Choose a password with at least 10 characters, one capital letter and one of !?#$.
Password policy 2026: length 14, rotation 180d, history 5.
Passwords: see vault entry "Till-2 (new)".
The password field is called pw2 in the old form.
The password is hashed with bcrypt-12 before it is stored.
Our token price rose from 2.50$ to 3.10$ per 1M tokens.
Login with your Google account (SSO), no password needed.
Use SSH keys with ed25519 instead of passwords.
Sign in with Apple, Google or GitHub/GitLab.
Username / e-mail address
Login / Register / Forgot password?
Did the password reset work?
[14:05] mia: nope, error 403-b
What is the PIN of the new card? Ask Jo.
PIN code entry is disabled after 3 attempts.
Zip code: 89073, area code 0731
Error code: 40312, exit code 137
Discount code: BROT2026, voucher code KX99-22
The dress code is smart-casual2.
Wi-Fi 6E (802.11ax), 5 GHz, channel 36
Das Passwort muss mindestens 8 Zeichen haben.
Passwort vergessen? Link läuft nach 24h ab.
Zugang über VPN-Client 5.2, danach RDP auf srv-app02
Anmeldung bis 15.03.2026 bei Frau Maier (Raum 2.14)
Schlüssel Nr. 17B liegt beim Pförtner.
Le mot de passe doit contenir 12 caractères.
La clave del éxito es la constancia-2.
La contraseña caduca cada 90 días.
ログインパスワードを再設定してください（24時間以内）
Il token scade dopo 30min.
Wachtwoord vergeten? Klik hier.
Meeting ID: 845 2231 9921, dial-in +49 69 7104 9922
Q3 goal: reduce password tickets by 40% (KR-2.1)
| Field | Type | Required |
| password | string(64) | yes |
| Key | Value |
| api_key | see vault |
| Username | Role | Last login |
| ben | admin2 | 2026-03-11T08:14 |
name,token_count,key_id
gpt-4o,128000,k-17
id;username;password_changed_at
7;ben;2026-01-02
export AWS_PROFILE=shop-prod
export AWS_SECRET_ACCESS_KEY=$(vault kv get -field=secret kv/aws)
AWS_SECRET_ACCESS_KEY=<YOUR_SECRET_ACCESS_KEY>
STRIPE_KEY={"sk_test_" + "4eC39HqLyjWDarjtT1zdp7dc"}
SENDGRID_API_KEY=SG.xxxxxxxxxxxxxxxxxxxxxx.xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
SLACK_WEBHOOK=https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX
GITHUB_TOKEN=ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
OPENAI_API_KEY=sk-proj-xxxxxxxxxxxxxxxxxxxx
NOTION_TOKEN=secret_...
DATABASE_URL=postgres://postgres:postgres@db:5432/postgres
DATABASE_URL="mysql://root:${{MYSQL_ROOT_PASSWORD}}@127.0.0.1:3306/shop"
REDIS_URL=rediss://default:<password>@eu1-redis.upstash.io:6379
AMQP_URL=amqp://guest:guest@localhost:5672//
SQLALCHEMY_DATABASE_URI=mssql+pyodbc://sa:yourStrong(!)Password@localhost/db
Server=localhost;Database=shop;User Id=sa;Password=<YourPassword>;
JWT_SECRET=supersecret
SECRET_KEY=django-insecure-change-me
APP_SECRET=$ecretf0rt3st
ADMIN_PASS=ChangeMe123!
MINIO_ROOT_PASSWORD=minio123
GF_SECURITY_ADMIN_PASSWORD=admin
ELASTIC_PASSWORD=${{ELASTIC_PASSWORD:-changeme}}
KC_BOOTSTRAP_ADMIN_PASSWORD: change_me
      ACCEPT_EULA: "Y" # MSSQL_SA_PASSWORD must be set
        password: ${{{{ secrets.DOCKERHUB_TOKEN }}}}
    token: ${{{{ steps.app-token.outputs.token }}}}
          cache-key: node-modules-{letters("lm nk", 16, HEX)}
      id-token: write
  key: linux-cargo-${{{{ hashFiles('Cargo.lock') }}}}
  service_token_id = cloudflare_zero_trust_access_service_token.ci2.id
  sensitive = true # db_password, api_token
output "api_key" {{ value = google_apikeys_key.maps.key_string }}
variable "github_token" {{ type = string, sensitive = true }}
  kms_key_self_link = "projects/shop-1234/locations/eu/keyRings/r1/cryptoKeys/k1"
  secret = "projects/123456789012/secrets/db-password/versions/3"
  key_vault_id = "/subscriptions/{letters("lm s1", 8, HEX)}-0000-4000-8000-{_TWELVE}/resourceGroups/rg1"
  bucket_key_enabled = true
  evaluate_target_health = "zone-{letters("lm z", 13, UPPER)}"
  hosted_zone_id: Z{letters("lm hz", 19, UPPER)}
  vpc-0{letters("lm vp", 16, HEX)}
  nlb-{letters("lm nl", 16, HEX)}.elb.eu-central-1.amazonaws.com
  acm_arn: arn:aws:acm:us-east-1:123456789012:certificate/{letters("lm a1", 8, HEX)}-{_TWELVE[:4]}-4a0e-9c1d-{_TWELVE}
  queue_url: https://sqs.eu-central-1.amazonaws.com/123456789012/orders-v2.fifo
  secret_arn: arn:aws:secretsmanager:eu-central-1:123456789012:secret:prod/shop/api-key-Xy12Zk
  image: registry.example.test/shop/api@sha256:{_SHA}
  "sha512": "{letters("lm 512", 128, HEX)}"
  "integrity": "sha384-{letters("lm i3", 64, _BASE64)}"
<script src="https://cdn.example.test/a.js" integrity="sha384-{letters("lm i4", 64, _BASE64)}" crossorigin></script>
golang.org/x/crypto v0.31.0/go.mod h1:{letters("lm go", 43, _BASE64)}=
checksum = "{letters("lm cg", 64, HEX)}"
  sha256 "{letters("lm br", 64, HEX)}"
    url "https://files.example.test/{letters("lm u1", 2, HEX)}/{letters("lm u2", 60, HEX)}/x-1.2.tar.gz"
  version: "1.2.3-{letters("lm v", 7, HEX)}"
Revert "Rotate token" This reverts commit {letters("lm rv", 40, HEX)}.
refs/pull/4711/head {letters("lm rp", 40, HEX)}
build {letters("lm bd", 8, HEX)}-{letters("lm be", 12, HEX)} finished
run_id=20260311-081402-{letters("lm ri", 6, HEX)}
request_id: req_{letters("lm rq", 24)}
"id": "chatcmpl-{letters("lm cc", 29)}", "object": "chat.completion"
"id": "msg_01{letters("lm ms", 22)}", "model": "claude-sonnet-4-5"
"system_fingerprint": "fp_{letters("lm fp", 10, HEX)}"
evt_1{letters("lm ev", 23)} invoice.paid in_1{letters("lm in", 23)}
price_1{letters("lm pr", 23)} prod_{letters("lm pd", 14)}
"customer": "cus_{letters("lm cu", 14)}", "subscription": "sub_1{letters("lm sb", 23)}"
"client_id": "{letters("lm ci", 20)}", "redirect_uri": "https://app.example.test/cb"
"tenantId": "{letters("lm t1", 8, HEX)}-{letters("lm t2", 4, HEX)}-4b7c-8d9e-{letters("lm t3", 12, HEX)}"
NEXT_PUBLIC_FIREBASE_APP_ID=1:123456789012:web:{letters("lm fb", 20, HEX)}
NEXT_PUBLIC_MAPBOX_STYLE=mapbox://styles/shop/{letters("lm mb", 25).lower()}
NEXT_PUBLIC_POSTHOG_KEY=phc_{letters("lm ph", 43)}
ALGOLIA_APP_ID={letters("lm al", 10, UPPER)}
GTM-{letters("lm gt", 7, UPPER)}
google-site-verification={letters("lm gs", 43)}
"_dmarc" TXT "v=DMARC1; p=reject; rua=mailto:d@example.test"
default._domainkey TXT "v=DKIM1; k=rsa; p={letters("lm dk", 216, _BASE64)}"
ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBB{letters("lm ec", 86, _BASE64)}= ben@nas
|1|{letters("lm kh", 27, _BASE64)}=|{letters("lm ki", 27, _BASE64)}= ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{_PUB}
-----BEGIN CERTIFICATE-----
MIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQYDVQQG{letters("lm ce", 4, _BASE64)}
age1{letters("lm ag", 58, "qpzry9x8gf2tvdw0s3jn54khce6mua7l")}
fingerprint: {letters("lm fg", 40, HEX).upper()}
issuerKeyHash: {letters("lm ik", 40, HEX)}
"kid": "{letters("lm kd", 43)}", "use": "sig", "alg": "RS256"
"n": "{letters("lm n", 120)}", "e": "AQAB", "kty": "RSA"
x-amz-request-id: {letters("lm xa", 16, UPPER)}
cf-ray: {letters("lm cf", 16, HEX)}-FRA
set-cookie: __cf_bm=deleted; path=/; expires=Thu, 01-Jan-1970 00:00:00 GMT
If-None-Match: W/"{letters("lm in2", 27, _BASE64)}"
content-security-policy: script-src 'nonce-r4nd0m' 'strict-dynamic'
Authorization: Bearer ${{{{ACCESS_TOKEN}}}}
Authorization: Basic {"QWxhZGRpbjpvcGVu" + "IHNlc2FtZQ=="}
curl -X POST -d 'grant_type=client_credentials&client_id=$ID&client_secret=$SECRET' $URL
curl -H "X-API-Key: {{{{api_key}}}}" {{{{base_url}}}}/orders
http -a user:password GET https://httpbin.org/basic-auth/user/password
wget --user=$USER --password=$PASS https://files.example.test
ssh -i ~/.ssh/id_ed25519 deploy@web01.example.test
docker login -u "$CI_REGISTRY_USER" -p "$CI_REGISTRY_PASSWORD" $CI_REGISTRY
kubectl create secret generic db --from-literal=password="$DB_PASSWORD"
vault kv put secret/shop password=@/tmp/pw.txt
gcloud secrets versions access latest --secret=db-password-2
op read "op://Shop/Stripe/secret-key"
openssl rand -hex 32 > .secret_key
ssh-keygen -t ed25519 -C "ci@example.test" -f deploy_key2
htpasswd -cB .htpasswd ben
sudo passwd -l deploy2
token = request.headers.get("Authorization", "").removeprefix("Bearer ")
password = Password.generate(length=16)
password: z.string().min(8).max(72),
if not check_password_hash(user.pw_hash, form.password.data):
const {{ password, ...rest }} = await db.user.findUnique({{ where: {{ id: 7 }} }});
expect(screen.getByLabelText(/password/i)).toBeInTheDocument();
await user.type(screen.getByLabelText("Password"), "hunter2!");
cy.login("ben@example.test", "Test1234!")
create_user("ben", password="S3cure-Test-pw")
client.login(username="testuser", password="12345abc")
assert login("ben", "wrong-Password1").status_code == 401
@pytest.mark.parametrize("password", ["short1", "nodigitsHere!", "NoSign123"])
given().auth().basic("user", "password")
auth := smtp.PlainAuth("", user, pass, host)
sb.WriteString("token=" + url.QueryEscape(tok2))
$stmt = $pdo->prepare('SELECT * FROM users WHERE token = :t1');
$hash = password_hash($_POST['password'], PASSWORD_BCRYPT, ['cost' => 12]);
define('DB_PASSWORD', getenv('WORDPRESS_DB_PASSWORD'));
define( 'AUTH_KEY', 'put your unique phrase here' );
devise :database_authenticatable, password_length: 8..128
has_secure_password validations: false
Rails.application.credentials.dig(:aws, :secret_access_key)
validates :password, format: {{ with: /\\A(?=.*\\d)[\\w!@#]{{8,}}\\z/ }}
@Value("${{app.jwt.secret}}") private String jwtSecret;
private static final String PASSWORD_REGEX = "^(?=.*[0-9]).{{8,}}$";
public record TokenResponse(String accessToken, long expiresIn2) {{}}
type Claims struct {{ TokenID string `json:"token_id,omitempty"` }}
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'shop2';
CREATE TABLE sessions (token CHAR(64) PRIMARY KEY, user_id INT REFERENCES users(id));
UPDATE users SET password = NULL, must_reset = 1 WHERE id = 42;
COMMENT ON COLUMN users.password IS 'argon2id, see ADR-12';
.btn-token:hover::after {{ content: "\\201C"; background: #f0f4c3 url(#key2); }}
@keyframes pulse2 {{ 0% {{ opacity: .3 }} 100% {{ opacity: 1 }} }}
<path d="M12 2a5 5 0 0 1 5 5v3h1a2 2 0 0 1 2 2v8H4v-8h1V7a5 5 0 0 1 5-5z"/>
<input name="token2" type="hidden" value="{{{{ csrf_token }}}}">
<key>CFBundleShortVersionString</key><string>3.14.2</string>
t.exports=function(e,t){{return e.key1<t.key1?-1:1}},r.token=void 0,r.pass=n(42);
{{"flags": {{"new-login-v2": true, "token_refresh": "canary-10"}}}}
unleash.isEnabled("passkey_login_2026")
feature.api_key_rotation: rollout-25
experiment_key: "pricing-page-v3"
"passwordLabel": "Contraseña (mín. 8 caracteres)",
"pin_hint": "Geben Sie Ihre 4-stellige PIN ein",
errors.password.too_short=Das Passwort braucht mindestens {{0}} Zeichen.
"token_expired": "Votre session a expiré (code 419).",
password_confirmation: Passwort wiederholen
label: "API key (ends in …9f3a)"
masked: "sk_live_****************4242"
token: "[REDACTED]"
password=********
secret: "(sensitive value)"
api_key = "..." # fill in
""".strip("\n").splitlines()
