"""A corpus of files that programs read: Ansible, Kubernetes, nginx, Terraform, Java, workflows, notebooks, lock files.

Asked for the first time, before a rule was changed for it, 24 of 30 were found and 6 of 8 disguised ones, and 25 lines
of 190 were taken for secrets: values that were encrypted, keys to be published, passwords of tests. What that taught
has been learned since. No line of this file holds a whole secret.
"""

from __future__ import annotations

import base64

from tests.support.builders.made_up_secrets import HEX, UPPER, letters

_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_DIGITS = "0123456789"


def planted() -> dict[str, tuple[str, str]]:
    """Return thirty texts with a secret that is told plainly, by what it is, and the secret."""
    return {**_in_yaml(), **_in_lines(), **_in_programs(), **_of_vendors()}


def _in_yaml() -> dict[str, tuple[str, str]]:
    word, hex32, forty = "Nuss" + "ecke-47", letters("fi h", 32, HEX), letters("fi 40", 40)
    return {
        "ansible": (f"    mysql_root_password: {word}", word),
        "ansible become": (f"ansible_become_pass={word}", word),
        "k8s string data": (f"stringData:\n  api-token: {forty}", forty),
        "k8s env": (f"        - name: DB_PASSWORD\n          value: {word}", word),
        "helm": (f"postgresql:\n  auth:\n    postgresPassword: {word}", word),
        "compose": (f"      - MYSQL_PASSWORD={word}", word),
        "workflow": (f"        env:\n          DEPLOY_TOKEN: {forty}", forty),
        "grafana": (f"    secureJsonData:\n      apiKey: {hex32}", hex32),
    }


def _in_lines() -> dict[str, tuple[str, str]]:
    word, forty, hex64 = "Lebku" + "chen_88", letters("fi l", 40), letters("fi h64", 64, HEX)
    return {
        "env": (f"SESSION_SECRET={hex64}", hex64),
        "env quoted": (f"SMTP_PASS='{word}'", word),
        "java": (f"spring.datasource.password={word}", word),
        "java store": (f"server.ssl.key-store-password: {word}", word),
        "tfvars": (f'db_password = "{word}"', word),
        "terraform": (f'  master_password      = "{word}"', word),
        "nginx": (f"proxy_set_header Authorization 'Bearer {forty}';", forty),
        "npmrc": (f"//registry.example.test/:_authToken={letters('fi u', 36)}", letters("fi u", 36)),
        "pip": (f"index-url = https://build:{word}@pypi.example.test/simple", word),
        "boto": (f"aws_secret_access_key = {letters('fi aws', 40, _BASE64)}", letters("fi aws", 40, _BASE64)),
    }


def _in_programs() -> dict[str, tuple[str, str]]:
    word, forty = "Prin" + "zregent!5", letters("fi p", 40)
    return {
        "notebook": (f'    "client = Client(api_key=\\"{forty}\\")\\n",', forty),
        "go": (f'	conn := "postgres://till:{word}@db.example.test/till"', word),
        "kotlin": (f'val clientSecret = "{forty}"', forty),
        "csharp": (f'"Server=db;Database=shop;User Id=till;Password={word};"', word),
        "php": (f"define('DB_PASSWORD', '{word}');", word),
        "test": (f'    client.login("till@example.test", password="{word}")', word),
    }


def _of_vendors() -> dict[str, tuple[str, str]]:
    found = {
        "github": "gh" + "s_" + letters("fi v1", 36),
        "anthropic": "sk" + "-ant-api03-" + letters("fi v2", 80),
        "slack": "xo" + "xb-" + letters("fi v3", 12, _DIGITS) + "-" + letters("fi v4", 24),
        "aws": "AK" + "IA" + letters("fi v5", 16, UPPER),
        "npm": "np" + "m_" + letters("fi v6", 36),
        "vault": "hv" + "s." + letters("fi v7", 30),
    }
    return {name: (f"  token: {value}  # rotate in June", value) for name, value in found.items()}


def disguised() -> dict[str, tuple[str, str]]:
    """Return eight texts in which a secret is hidden, and what of it must not be left."""
    word, stripe = "Dampf" + "nudel+31", "sk" + "_live_" + letters("fi d1", 26)
    forty, github = letters("fi d2", 40), "gh" + "p_" + letters("fi d3", 36)
    coded = base64.b64encode(f"till:{forty}".encode()).decode()
    return {
        "a label apart": (f"{' '.join('password')} : {word}", word),
        "a label in dots": (f"a.p.i._.k.e.y = {forty}", forty),
        "over two lines": (f"export API_TOKEN={forty[:18]}\\\n{forty[18:]}", forty[18:]),
        "over indented lines": (f'RUN echo {stripe[:16]}\\\n    {stripe[16:]} > key', stripe[16:]),
        "docker auth": (f'{{"auths": {{"registry.example.test": {{"auth": "{coded}"}}}}}}', coded),
        "kubernetes data": (f"data:\n  token: {base64.b64encode(github.encode()).decode()}",
                            base64.b64encode(github.encode()).decode()),
        "spaced out": (f"token: {' '.join(github)}", " ".join(github[10:])),
        "concatenated": (f"String k = \"{github[:14]}\" + \"{github[14:]}\";", github[14:]),
    }  # fmt: skip


_ENC = letters("fi enc", 44, _BASE64)
_HASH, _SHA = letters("fi sha", 64, HEX), letters("fi sha5", 86, _BASE64) + "=="
_PUBLIC = "B" + letters("fi vapid", 86)

HARMLESS = f"""
  password: !vault |
  api_token: !vault |
          $ANSIBLE_VAULT;1.1;AES256
          {letters("fi av", 80, _DIGITS)}
    db_password: "{{{{ vault_db_password }}}}"
    mysql_root_password: "{{{{ lookup('env', 'MYSQL_ROOT_PASSWORD') }}}}"
  become_pass: "{{{{ ansible_become_pass }}}}"
- name: Create the user with a password hash
    password: "{{{{ till_password | password_hash('sha512') }}}}"
    update_password: on_create
    no_log: true
- ansible.builtin.get_url: checksum=sha256:{_HASH}
  vars_prompt: [{{name: admin_password, private: true}}]
password: ENC[AES256_GCM,data:{_ENC},iv:{_ENC},tag:{_ENC[:24]},type:str]
    api_key: ENC[AES256_GCM,data:{_ENC},iv:{_ENC},tag:{_ENC[:24]},type:str]
    mac: ENC[AES256_GCM,data:{_SHA},iv:{_ENC},tag:{_ENC[:24]},type:str]
db.password=ENC({_ENC})
spring.datasource.password=ENC({_ENC})
token: vault:v1:{_ENC}
  DB_PASSWORD: vault:v2:{_ENC}
    password: AgB{letters("fi seal", 120, _BASE64)}
  encryptedData: {{password: AgA{letters("fi seal2", 120, _BASE64)}}}
password: "{{cipher}}{letters("fi cipher", 64, HEX)}"
  secret: ${{ssm:/prod/shop/db-password}}
  password: ref+vault://secret/shop#/password
VAPID_PUBLIC_KEY={_PUBLIC}
NEXT_PUBLIC_VAPID_KEY="{_PUBLIC}"
const applicationServerKey = "{_PUBLIC}"; // public
RECAPTCHA_SITE_KEY=6L{letters("fi cap", 38)}
wireguard_public_key: {letters("fi wg", 43, _BASE64)}=
PublicKey = {letters("fi wg2", 43, _BASE64)}=
minisign_pubkey: RW{letters("fi mini", 54, _BASE64)}
"publicKey": "{letters("fi pubk", 44, _BASE64)}",
ssh_public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{letters("fi ed", 43, _BASE64)} till@example"
age: recipients: age1{letters("fi age", 58, "023456789acdefghjklmnpqrstuvwxyz")}
host_key_fingerprint: SHA256:{letters("fi fp", 43, _BASE64)}
      MYSQL_PASSWORD: testpass123
      POSTGRES_PASSWORD: test1234
    password="testpass123",
user = create_user(email="a@example.test", password="password123")
self.client.login(username="ada", password="testing321")
  - DB_PASS=secret123
TEST_PASSWORD = "letmein1"
spring.datasource.password=test123
      password: hunter2
DJANGO_SECRET_KEY=insecure-dev-key-1
SECRET_KEY = "django-insecure-only-for-tests"
JWT_SECRET=dev-secret-1234
    password: dev_password_1
ADMIN_PASSWORD=admin123
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
          valueFrom: {{secretKeyRef: {{name: shop-db-2, key: password}}}}
            secretKeyRef:
              name: shop-db-credentials-v2
              key: postgres-password
      imagePullSecrets: [{{name: registry-pull-2}}]
  tokenSecretRef: {{name: s3-token-v1, key: token}}
        image: registry.example.test/shop/api@sha256:{_HASH}
      serviceAccountName: shop-api-v2
  automountServiceAccountToken: false
        checksum/secret: {_HASH}
      secretName: wildcard-tls-2026
  resourceVersion: "48151623"
  uid: 8c1f0f0e-41d1-4f6d-9f3a-0b5d5e1f2a77
    kubectl.kubernetes.io/restartedAt: "2026-03-02T09:00:00Z"
        - --token-ttl=3600s
        - --tls-private-key-file=/etc/tls/tls.key
      terminationGracePeriodSeconds: 30
    ssl_certificate_key /etc/nginx/tls/shop-2026.key;
    ssl_session_tickets off; ssl_session_cache shared:SSL:10m;
    auth_basic_user_file /etc/nginx/.htpasswd-2;
    proxy_set_header X-Api-Key $http_x_api_key;
    proxy_set_header Authorization $auth_header1;
    limit_req_zone $binary_remote_addr zone=login1:10m rate=5r/s;
    location ~ ^/reset-password/(?<token>[0-9a-f]{{32}})$ {{
    secure_link_md5 "$secure_link_expires$uri $secret_key1";
    add_header Content-Security-Policy "script-src 'sha256-{letters("fi csp", 43, _BASE64)}='";
    map $cookie_session $has_session {{ "~.+" 1; default 0; }}
    proxy_cookie_path / "/; HTTPOnly; Secure; SameSite=strict";
API_KEY=
API_KEY=your-api-key-here
SECRET_KEY_BASE=generate-with-openssl-rand-hex-64
STRIPE_WEBHOOK_SECRET=whsec_xxxxxxxxxxxxxxxxxxxxxxxx
DATABASE_URL=postgresql://postgres:postgres@localhost:5432/shop_dev
REDIS_URL=redis://:@localhost:6379/0
JWT_ACCESS_TOKEN_EXPIRES_IN=15m
PASSWORD_MIN_LENGTH=12
TOKEN_ISSUER=https://auth.example.test/oauth2/v1
AWS_SECRET_ACCESS_KEY=<from 1Password>
SENTRY_PUBLIC_KEY={letters("fi sentry", 32, HEX)}
OAUTH_CLIENT_ID={letters("fi client", 20, HEX)}
  password               = random_password.db.result
  secret_string          = jsonencode({{ password = var.db_password1 }})
  token                  = data.vault_generic_secret.ci.data["token1"]
  kms_key_id             = "arn:aws:kms:eu-central-1:123456789012:key/8c1f0f0e-41d1-4f6d-9f3a-0b5d5e1f2a77"
  key_name               = "deploy-2026-eu"
  etag                   = "{letters("fi etag", 32, HEX)}"
  source_code_hash       = "{letters("fi sch", 43, _BASE64)}="
  manage_master_user_password = true
  key_vault_secret_id    = "https://shop-kv1.vault.azure.net/secrets/tls/{letters("fi kv", 32, HEX)}"
    "zh:{_HASH}",
    "h1:{letters("fi h1", 43, _BASE64)}=",
  sensitive   = true # password of the first user
resource "random_password" "db" {{ length = 24 }}
  public_key = file("~/.ssh/id_ed25519.pub")
  backend_config_key = "prod/eu1/terraform.tfstate"
spring.security.oauth2.client.registration.shop.client-secret=${{CLIENT_SECRET1}}
spring.security.oauth2.resourceserver.jwt.jwk-set-uri=https://auth.example.test/keys1
management.endpoint.env.keys-to-sanitize=password,secret,key,token1
jwt.token-validity-in-seconds=86400
security.password.encoder=argon2id-v1.3
server.ssl.key-alias=shop2026
server.ssl.key-store=classpath:keystore-2026.p12
logging.pattern.console=%d{{HH:mm:ss.SSS}} [%t] %-5level token=%X{{tokenId}} %msg%n
login.error.password=The password must have 8 characters
password.reset.mail.subject=Reset your password (step 1 of 2)
hibernate.cache.key_factory=default2
        uses: actions/checkout@{letters("fi gh1", 40, HEX)} # v4.2.2
        uses: docker/login-action@{letters("fi gh2", 40, HEX)}
          token: ${{{{ secrets.GITHUB_TOKEN }}}}
          password: ${{{{ secrets.REGISTRY_PASSWORD_V2 }}}}
          key: ${{{{ runner.os }}}}-pip-${{{{ hashFiles('requirements*.txt') }}}}
          restore-keys: linux-node20-
          POSTGRES_PASSWORD: postgres
          cache-key-prefix: v3-deps
    permissions: {{id-token: write, contents: read}}
          role-to-assume: arn:aws:iam::123456789012:role/ci-deploy2
          registry-token-ttl: 900s
          private-key: ${{{{ secrets.APP_PRIVATE_KEY }}}}
          signing-key-id: {letters("fi kid", 16, "0123456789ABCDEF")}
   "execution_count": 12, "id": "{letters("fi cell", 8, HEX)}",
   "metadata": {{"id": "{letters("fi col", 12)}", "colab": {{"base_uri": "https://localhost:8080/"}}}},
      "image/png": "iVBORw0KGgoAAAANSUhEUgAA{letters("fi png", 200, _BASE64)}",
    "tokens = tokenizer(text, max_length=512)\\n",
    "api_key = os.environ['OPENAI_API_KEY']\\n",
    "key = jax.random.PRNGKey(1234)\\n",
    "subkey1, subkey2 = random.split(key1)\\n",
    "password = getpass.getpass('Password: ')\\n",
      "<div id=\\"{letters("fi div", 36, HEX)}\\" class=\\"plotly-graph-div\\">",
    "dataset_token = 'train_v2_2026'\\n",
      "integrity": "sha512-{_SHA}",
      "resolved": "https://packages.example.test/jsonwebtoken/-/jsonwebtoken-9.0.2.tgz",
    "node_modules/passport-jwt": {{"version": "4.0.1"}},
    "js-tokens": "^3.0.0 || ^4.0.0",
  resolution: {{integrity: sha512-{_SHA}}}
  /bcrypt-pbkdf@1.0.2: {{dev: true}}
checksum = "{_HASH}"
name = "secrecy"
name = "token-stream2"
    {{file = "keyring-25.6.0-py3-none-any.whl", hash = "sha256:{_HASH}"}},
    --hash=sha256:{_HASH} \\
golang.org/x/crypto v0.31.0 h1:{letters("fi go", 43, _BASE64)}=
github.com/golang-jwt/jwt/v5 v5.2.1/go.mod h1:{letters("fi go2", 43, _BASE64)}=
"_token": {{"line": 3, "column": 14}},
    assert token.startswith("tok_")
    token = make_token(user1, expires=3600)
    fake_key = "0" * 32
    monkeypatch.setenv("API_KEY", "test-key-1")
    expect(screen.getByLabelText("Password2")).toBeVisible()
    cy.get('[data-cy="login-password1"]').type(Cypress.env("PASSWORD1"))
    const token = jwt.sign(payload1, process.env.JWT_SECRET1);
    response = client.post("/login", {{"password": "wrong-password-1"}})
    with pytest.raises(InvalidToken, match="token 2 of 3"):
    body = {{"access_token": "abc123", "token_type": "bearer"}}
    headers = {{"Authorization": "Bearer test-token-1"}}
    given_password("correct horse battery staple")
    EXPECTED_HASH = "{_HASH}"
    snapshot_id = "snap-{letters("fi snap", 17, HEX)}"
    password_hash = "$2b$12${letters("fi bc", 53)}"
    "pbkdf2_sha256$600000${letters("fi salt", 22)}${letters("fi pb", 43, _BASE64)}=",
    trace_id: {letters("fi trace", 32, HEX)}, span_id: {letters("fi span", 16, HEX)}
    idempotency_key = "order-2026-03-02-17"
    cache_key = f"user:{{user_id1}}:profile:v3"
    partition_key = "TENANT#42"
    dedupe_key: {letters("fi dd", 40, HEX)}
    sort_key = (name1, -age2)
    primary_key: [tenant_id1, run_id2]
    DT_PASS_COUNT=17 of 20
    keybinding: ctrl+shift+p2
    keyboard_layout1: de-latin1-nodeadkeys
    tokenizer_class: LlamaTokenizerFast2
    pad_token_id: 50256
    secret_santa_2026: true
    passthrough_mode2: enabled
    compass_heading: 270.5deg
    bypass_cache_v2: yes
    X-Amz-Credential=AKIAIOSFODNN7{"EXAMPLE"}/20260302/eu-central-1/s3/aws4_request
    # the key is kept in 1Password, item "Shop API"
    # password: see the vault, entry 17
""".strip("\n").splitlines()
