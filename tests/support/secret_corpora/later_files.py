"""A corpus of more files that programs read, written when the rules had been changed for those of `files`.

Asked for the first time, 25 of 29 were found and 7 of 8 disguised ones, and 7 lines of 186 were taken for secrets; what
that taught (an element's content, a name with its type, dates, references) has been learned since.

No line of this file holds a whole secret.
"""

from __future__ import annotations

import base64

from tests.support.builders.made_up_secrets import HEX, UPPER, letters

_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_DIGITS = "0123456789"


def planted() -> dict[str, tuple[str, str]]:
    """Return thirty texts with a secret that is told plainly, by what it is, and the secret."""
    return {**_in_settings(), **_in_tasks(), **_of_programs(), **_of_vendors()}


def _in_settings() -> dict[str, tuple[str, str]]:
    word, forty, hex64 = "Strie" + "zel_2031x", letters("la 40", 40), letters("la 64", 64, HEX)
    return {
        "pgpass": (f"PGPASSWORD={word} pg_dump shop", word),
        "my.cnf": (f"[client]\npassword = {word}", word),
        "redis": (f"requirepass {forty}", forty),
        "rails": (f"production:\n  secret_key_base: {hex64}", hex64),
        "laravel": (f"MAIL_PASSWORD={word}", word),
        "symfony": (f"APP_SECRET={hex64[:32]}", hex64[:32]),
        "gradle": (f"signing.password={word}", word),
        "maven": (f"      <password>{word}</password>", word),
        "wordpress": (f"define( 'AUTH_KEY', '{letters('la wp', 60)}' );", letters("la wp", 60)),
    }


def _in_tasks() -> dict[str, tuple[str, str]]:
    word, forty = "Quark" + "tasche~8", letters("la t", 40)
    return {
        "ecs": (f'{{"name": "DB_PASSWORD", "value": "{word}"}}', word),
        "nomad": (f'      env {{ API_TOKEN = "{forty}" }}', forty),
        "circle": (f"      - run: export NPM_TOKEN={forty}", forty),
        "gitlab": (f"variables:\n  REGISTRY_TOKEN: {forty}", forty),
        "inventory": (f"db1 ansible_host=10.0.0.5 ansible_password={word}", word),
        "vagrant": (f'  config.ssh.password = "{word}"', word),
        "cloud-init": (f"chpasswd:\n  list: |\n    till:{word}\n", word),
        "prometheus": (f"    basic_auth: {{username: till, password: {word}}}", word),
    }


def _of_programs() -> dict[str, tuple[str, str]]:
    word, forty = "Kaiser" + "semmel#9", letters("la p", 40)
    return {
        "rust": (f'    let api_key = "{forty}";', forty),
        "swift": (f'let clientSecret: String = "{forty}"', forty),
        "ruby": (f"  api_token: '{forty}',", forty),
        "powershell": (f"$Password = ConvertTo-SecureString '{word}' -AsPlainText -Force", word),
        "jdbc": (f"jdbc:mysql://db.example.test/shop?user=till&password={word.replace('#', '%23')}",
                 word.replace("#", "%23")),
        "wget": (f"wget --password={word} https://files.example.test", word),
        "toml": (f'auth-token = "{forty}"', forty),
    }  # fmt: skip


def _of_vendors() -> dict[str, tuple[str, str]]:
    found = {
        "gitlab token": "gl" + "pat-" + letters("la v1", 20),
        "stripe": "sk" + "_live_" + letters("la v2", 30),
        "google": "AI" + "za" + letters("la v3", 35),
        "digitalocean": "do" + "p_v1_" + letters("la v4", 64, HEX),
        "aws": "AK" + "IA" + letters("la v5", 16, UPPER),
        "pypi": "py" + "pi-" + letters("la v6", 70),
    }
    return {name: (f'    "headers": ["X-Till: {value}"],', value) for name, value in found.items()}


def disguised() -> dict[str, tuple[str, str]]:
    """Return eight texts in which a secret is hidden, and what of it must not be left."""
    word, gitlab, hex64 = "Franz" + "broetchen*4", "gl" + "pat-" + letters("la d1", 20), letters("la d2", 64, HEX)
    anthropic = "sk" + "-ant-api03-" + letters("la d3", 80)
    coded = base64.b64encode(f'{{"api_key": "{letters("la d4", 40)}"}}'.encode()).decode()
    return {
        "a label apart in German": (f"{' '.join('Passwort')} = {word}", word),
        "a label with dashes": (f"{'-'.join('secret_key')}: {letters('la d5', 40)}", letters("la d5", 40)),
        "hexadecimal over lines": (f"SECRET_KEY={hex64[:30]}\\\n{hex64[30:]}", hex64[30:]),
        "over lines of Windows": (f"API_TOKEN={hex64[:20]}\\\r\n  {hex64[20:]}", hex64[20:]),
        "base64 of JSON": (f"credentials: {coded}", coded),
        "added": (f"let t = '{gitlab[:9]}' + '{gitlab[9:]}';", gitlab[9:]),
        "escaped": ("".join(f"\\x{ord(one):02x}" for one in gitlab), f"\\x{ord(gitlab[-1]):02x}"),
        "in three": (f'k = f"{anthropic[:30]}" f"{anthropic[30:60]}" f"{anthropic[60:]}"', anthropic[60:]),
    }


_SHA, _PUB = letters("la sha", 64, HEX), letters("la pub", 43, _BASE64)

HARMLESS = f"""
    wifi_password: !vault |
vault_smtp_password: !vault-encrypted |
        $ANSIBLE_VAULT;1.2;AES256;prod
        {letters("la av", 80, _DIGITS)}
  ansible.builtin.debug: msg="password length is {{{{ pw1 | length }}}}"
    state: present name=python3-passlib=1.7.4-1
    - {{role: geerlingguy.mysql, version: 4.3.3}}
    password: "{{{{ lookup('community.hashi_vault.hashi_vault', 'secret=kv2/shop:password') }}}}"
    user_password: "{{{{ hostvars[inventory_hostname]['pw2'] }}}}"
    key: "{{{{ lookup('file', 'files/deploy2.pub') }}}}"
sops:\\n    kms: []\\n    age: []\\n    lastmodified: "2026-03-02T09:00:00Z"
DB_PASSWORD=ENC[AES256_GCM,data:{_PUB[:24]}=,iv:{_PUB}=,tag:{_PUB[:22]}==,type:str]
      enc: {letters("la e4", 110, _BASE64)}
  unencrypted_suffix: _unencrypted1
  clientSecret: ENC({letters("la e5", 44, _BASE64)})
  api-token: vault:v3:{letters("la e6", 60, _BASE64)}
  signing-key: ref+awsssm://prod/shop/signing-key2
  tls.key: AgC{letters("la e7", 300, _BASE64)}
  password: AgD{letters("la e8", 200, _BASE64)}
FIREBASE_VAPID_PUBLIC="B{letters("la v", 86)}"
webpush.public-key=B{letters("la v2", 86)}
  pubkey: {_PUB}=
jwt.publicKey={letters("la jp", 120, _BASE64)}
TURNSTILE_SITE_KEY=0x4AAAAAAA{letters("la ts", 14)}
[Peer] PublicKey = {_PUB}= AllowedIPs = 10.0.0.2/32
publishableKey: "pk_test_{letters("la pk", 40)}"
DKIM: v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCB{letters("la dk", 160, _BASE64)}
ssh-keyscan: git.example.test ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{_PUB}
deploy_key_fingerprint = "SHA256:{_PUB}"
signed-by=/usr/share/keyrings/docker-archive-keyring2.gpg
      MARIADB_ROOT_PASSWORD: rootpass1
      - RABBITMQ_DEFAULT_PASS=guest123
    password: test_user_pass1
    with_password("wrongpass1")
    password = "testpassword1"
TEST_DB_PASSWORD=test-password-123
DEFAULT_PASSWORD = "password1!"
fixture_token = "dummy-token-1"
      password: demo1234
auth=("user1", "pass1")
    passwd: qwerty123
          command: redis-server --requirepass devpass1
apiVersion: external-secrets.io/v1beta1
  secretStoreRef: {{name: aws-store1, kind: ClusterSecretStore}}
      remoteRef: {{key: prod/shop/db, property: password, version: "3"}}
  refreshInterval: 1h30m
            - secretRef: {{name: shop-env-7f9c8d}}
        - name: TOKEN_FILE
          value: /var/run/secrets/tokens/vault-token1
        - name: PASSWORD_POLICY
          value: min12
        - name: SECRET_NAME
          value: shop-db-2
        - name: TOKEN_TTL
          value: 3600s
    - --service-account-signing-key-file=/etc/kubernetes/pki/sa1.key
      projected: {{sources: [{{serviceAccountToken: {{path: token2, expirationSeconds: 3600}}}}]}}
  annotations: {{checksum/config: {_SHA}}}
    controller-gen.kubebuilder.io/version: v0.16.5
    digest: sha256:{_SHA}
  keyAlgorithm: ECDSA-P256
  privateKey: {{rotationPolicy: Always, size: 4096}}
  nodePort: 30443
ssl_dhparam /etc/nginx/dhparam-4096.pem;
ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384;
proxy_cache_key "$scheme$request_method$host$request_uri$cookie_v2";
proxy_pass http://backend_v2:8080/login1;
fastcgi_pass unix:/run/php/php8.3-fpm.sock;
uwsgi_pass 127.0.0.1:3031;
auth_request /oauth2/auth;
set $token_v2 $arg_token;
if ($http_x_token2 = "") {{ return 401; }}
rewrite ^/token/([a-z0-9]+)$ /t?k=$1 last;
add_header Strict-Transport-Security "max-age=63072000; includeSubDomains; preload";
Public-Key-Pins: pin-sha256="{_PUB}="; max-age=5184000
MAILGUN_API_KEY=key-yourkeyhere
JWT_SECRET=please-change-me-32-characters
COOKIE_SECRET=<openssl rand -base64 32>
SMTP_PASS=••••••••
TWILIO_AUTH_TOKEN=your_auth_token_1
ENCRYPTION_KEY=base64:your-32-byte-key
APP_KEY=base64:
PUSHER_APP_KEY=app-key-1
S3_ACCESS_KEY=minioadmin
S3_SECRET_KEY=minioadmin
KEYCLOAK_REALM=shop-realm-1
KEY_ROTATION_DAYS=90d
PASSWORD_HASHER=argon2id$v=19$m=65536
SECRET_KEY_FILE=/run/secrets/key2
TOKEN_BUCKET_SIZE=100k
  default_password_policy = "p1-strict"
  kms_key_arn        = aws_kms_key.shop1.arn
  secret_id          = aws_secretsmanager_secret.db1.id
  ssh_keys           = [data.hcloud_ssh_key.ada1.id]
  private_key_pem    = tls_private_key.ca1.private_key_pem
  key_algorithm      = "RSA_2048"
  token_validity_units {{ access_token = "minutes30" }}
  api_key_required   = true
  provider "vault" {{ skip_child_token = true }}
  master_username    = "shop1admin"
  auth_token_update_strategy = "ROTATE1"
    version     = "5.82.2" constraints = ">= 5.0.0"
  certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/8c1f0f0e-41d1-4f6d-9f3a-0b5d5e1f2a77"
spring.datasource.password=${{DB_PASSWORD:postgres1}}
spring.mail.password=@mail.password1@
jasypt.encryptor.algorithm=PBEWITHHMACSHA512ANDAES_256
jasypt.encryptor.password=${{JASYPT_PASSWORD1}}
app.security.jwt.secret-key-location=classpath:keys/jwt1.pem
security.oauth2.resource.jwt.key-uri=http://localhost:9000/oauth/token_key1
password.pattern=^(?=.*[0-9])(?=.*[a-z]).{{8,20}}$
user.password.invalid=Password needs 1 digit
keystore.type=PKCS12
token.header.name=X-Auth-Token2
quartz.jobStore.lockHandler.class=StdRowLockSemaphore2
      - uses: aws-actions/configure-aws-credentials@{letters("la g1", 40, HEX)} # v4
          app-private-key: ${{{{ secrets.BOT_KEY_1 }}}}
          credentials_json: ${{{{ secrets.GCP_SA_KEY1 }}}}
          github-token: ${{{{ github.token }}}}
        run: echo "::add-mask::$TOKEN1"
        if: env.API_KEY1 != ''
          key: deps-${{{{ hashFiles('**/pnpm-lock.yaml') }}}}-v2
          ssh-known-hosts: github.com ssh-rsa AAAAB3NzaC1yc2E{letters("la gh", 200, _BASE64)}
          access-key-rotation: 90d
    concurrency: {{group: deploy-key-prod1, cancel-in-progress: true}}
    "from transformers import AutoTokenizer # v4.47.1\\n",
    "tok = AutoTokenizer.from_pretrained('bert-base-uncased', use_auth_token=True)\\n",
    "hf_token = userdata.get('HF_TOKEN1')\\n",
    "keys = df1.columns[df1.dtypes == 'int64']\\n",
    "df.merge(other, on='key1', how='left')\\n",
    "password_strength = zxcvbn(pw1)['score']\\n",
     "text/plain": ["Token(id=4711, text='key2')"],
   "nbformat": 4, "nbformat_minor": 5, "kernelspec": {{"name": "python3"}},
      "outputId": "{letters("la o", 8, HEX)}-{letters("la o2", 4, HEX)}-4a4a-8b8b-{letters("la o3", 12, HEX)}",
    "cell_key": "{letters("la ck", 12, HEX)}",
      "image/svg+xml": "data:image/svg+xml;base64,{letters("la svg", 160, _BASE64)}",
      "integrity": "sha1-{letters("la i1", 27, _BASE64)}=",
    "node_modules/keyv": {{"version": "4.5.4", "resolved": "https://packages.example.test/keyv/-/keyv-4.5.4.tgz"}},
    "@types/passport-local": "^1.0.38",
    "secretlint": "9.0.0",
  "content-hash": "{letters("la ch", 64, HEX)}",
    {{name = "tokenize-rt", version = "6.1.0"}},
pycryptodomex==3.21.0 --hash=sha256:{_SHA}
dependencies = ["keyring >=24.3.0,<26", "secretstorage"]
source = "registry+https://github.com/example/index" checksum = "{_SHA}"
  password-hash (0.5.0) → base64ct 1.6.0
"mix_hash": {{:hex, :jose1, "{_SHA}"}},
  specs: jwt (2.9.3) base64
  "dist": {{"shasum": "{letters("la ss", 40, HEX)}"}},
  yarn-path: .yarn/releases/yarn-4.6.0.cjs
  assert mask_token("tok_1234567890") == "tok_…"
  assert cache.key_for(user1) == "user:1:v2"
  it("rejects a token2 that has expired", async () => {{
  expect(hash1).toMatch(/^[0-9a-f]{{64}}$/);
  var key1 = keys[0], token2 = tokens[1];
  public static final String TOKEN_KEY1 = "token.key1";
  mock_secret.return_value = "not-a-secret-1"
  credentials = Mock(token="fake-token-1")
  given(passwordEncoder.encode("secret1")).willReturn("encoded1");
  self.assertEqual(response.status_code, 401, "token2 missing")
  headers: {{ "X-CSRF-Token": csrfToken1 }},
  key1 = object1.key2 or defaults["key3"]
  const secretKeyLength = 32; const saltRounds1 = 12;
  raise ValueError(f"password must have {{n1}} digits")
  @pytest.fixture(params=["key1", "key2", "key3"])
  return {{"token_count": 4096, "model": "claude-3-5"}}
  trace: 4bf92f3577b34da6a3ce929d0e0e4736 span: 00f067aa0ba902b7
  "session_id": "{letters("la sid", 32, HEX)}",
  "object_id": "{letters("la oid", 24, HEX)}",
  group_key: "alerts-{letters("la gk", 16, HEX)}"
  encompass_v2: enabled2
  surpassed: 97.5pct
  trespass: 3rd-offence
  overpass_api: https://overpass.example.test/api2
  monkey: capuchin-2
  turnkey: yes-2026
  keyspace: shop_v2
  tokenring: 802.5x
  secretary: ada-2
  passenger_count: 12a34
  password_reset_sent_at: 2026-03-02T09:00:00Z
  last_password_change: 2026-03-02
  key_usage: digitalSignature2
  # token rotated 2026-03-02 by ada1
  # see runbook "Rotate the key", step 3b
  # secrets live in Vault path kv2/shop
  # p a s s the salt, 2 x
""".strip("\n").splitlines()
