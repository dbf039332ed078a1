"""Some texts of the corpus."""

from __future__ import annotations

from tests.support.secret_corpora.walks_of_life.making import (
    BASE64,
    DIGITS,
    fence,
    hexa,
    letters,
    put,
    text,
    uuid_like,
    wrapped,
)


def harmless_studio() -> dict[str, str]:
    return {
        "unity_meta": text(
            "fileFormatVersion: 2",
            "guid: " + hexa("8 guid", 32),
            "MonoImporter:",
            "  defaultReferences: []",
            "  icon: {fileID: 2800000, guid: " + hexa("8 icon", 32) + ", type: 3}",
            "  userData: ",
        ),
        "sha256sums_of_a_build": text(
            hexa("8 sum a", 64) + "  Mudlark-0.31.2-win64.zip",
            hexa("8 sum b", 64) + "  Mudlark-0.31.2-linux.tar.zst",
            hexa("8 sum c", 64) + "  Mudlark-0.31.2.pdb.7z",
            hexa("8 sum d", 32) + "  dialogue_de.pak  (md5, for the old patcher)",
        ),
        "dialogue_lines": text(
            'guard_01: "Halt! The password?"',
            'guard_02: "That is not the password. That is a fish."',
            'player_bluff: "The secret is that there is no secret."',
            'quest_token_hint: "Bring three ferry tokens to the Keymaster of Low Tide."',
            'sign_vault: "KEY REQUIRED"',
        ),
        "csharp_login_window": text(
            "public SecureString Password => PasswordBox.SecurePassword;",
            "if (string.IsNullOrEmpty(password)) return Fail(Strings.PasswordRequired);",
            'var apiKey = Environment.GetEnvironmentVariable("PLAYFAB_SECRET");',
            'var connection = builder.Configuration.GetConnectionString("Telemetry");',
            "private CancellationTokenSource _leaderboardRefreshCancellationTokenSource = new();",
            'Debug.Assert(token.Length == 64, "token has the wrong length");',
        ),
        "perforce_and_jenkins": text(
            "Change 448120 by wen@WEN-PC on 2024/08/12 *pending* 'Token bucket for chat spam'",
            "withCredentials([string(credentialsId: 'steam-build-password', variable: 'STEAM_PW')]) {",
            "  bat 'steamcmd +login %STEAM_USER% %STEAM_PW% +run_app_build app.vdf +quit'",
            "}",
            "14:22:07 + p4 -u **** -P **** sync //mudlark/main/...@448120",
        ),
        "gitlab_ci_variables": text(
            "upload:",
            "  image: registry.mudlark.games/tools/uploader@sha256:" + hexa("8 uploader", 64),
            "  variables:",
            "    BUTLER_API_KEY: $ITCH_KEY",
            "    SSH_PRIVATE_KEY: $DEPLOY_KEY_FILE",
            "  before_script:",
            '    - echo "$CI_REGISTRY_PASSWORD" | docker login -u "$CI_REGISTRY_USER" --password-stdin $CI_REGISTRY',
        ),
        "ini_template_for_servers": text(
            "[/Script/Engine.GameSession]",
            "ServerPassword=",
            "AdminPassword=CHANGE_ME_BEFORE_USE",
            "SteamApiKey=YOUR-KEY-HERE",
            "RconPassword=********",
            "[OnlineSubsystemSteam]",
            "SteamDevAppId=480",
        ),
    }


def harmless_school() -> dict[str, str]:
    basic = put("QWxhZGRpbjpv", "cGVuIHNlc2FtZQ==")
    jot = put("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.", "eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4g")
    jot += put("RG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.", "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c")
    example_id = put("AKIAI44", "QH8DHB", "EXAMPLE")
    example_key = put("je7MtGbClwBF/2Zp9U", "tk/h3yCo8nvb", "EXAMPLEKEY")
    return {
        "lesson_about_http": text(
            "Exercise 4: RFC 7617 gives this sample header, for the user Aladdin. Decode it by hand.",
            f"   Authorization: Basic {basic}",
            "Exercise 5: take the sample token from the front page of jwt.io apart (what is `iat`?)",
            f"   {jot}",
            "Exercise 6: why is 'qwerty' a bad password, and 'qwerty1' no better one?",
        ),
        "lesson_about_the_cloud": text(
            "Sample from the vendor's guide (second profile there), it is not a real account:",
            "   [user1]",
            f"   aws_access_key_id={example_id}",
            f"   aws_secret_access_key={example_key}",
        ),
        "moodle_language_file": text(
            "$string['password'] = 'Password';",
            "$string['passwordforgotten'] = 'Forgotten password';",
            "$string['missingpassword'] = 'Missing password';",
            "$string['tokeninvalidated'] = 'The token was withdrawn';",
            "$string['enrolmentkey_help'] = 'An enrolment key keeps strangers out of a course.';",
        ),
        "po_file_in_french": text(
            'msgid "Your password must contain at least 8 characters."',
            'msgstr "Votre mot de passe doit contenir au minimum 8 caractères."',
            'msgid "Secret question"',
            'msgstr "Question secrète"',
        ),
        "letter_to_parents": text(
            "Every child brings home a card with user name and first password on Monday.",
            "The password is asked for again at the first login and must then be changed.",
            "We never ask for a password by mail. Contraseñas, mots de passe, Kennwörter: same rule.",
            "Lost the card? The office prints a new one (fee: a smile).",
        ),
        "pupils_first_tests": text(
            "def test_login():",
            '    assert login("max", password="' + put("pass", "word123") + '") == "ok"',
            '    assert login("max", password="' + put("wrong", "pass") + '") == "no"',
            '    assert strength("' + "a" * 8 + '") == "weak"',
            'PASSWORDS_NOBODY_SHOULD_USE = ["123456", "qwertz", "letmein", "schatzi"]',
        ),
        "order_list_of_the_shop_class": text(
            "EAN 4006381333931; ISBN 978-3-16-148410-0; order no. 2024-LS-000318",
            "IBAN (sample): DE89 3704 0044 0532 0130 00, BIC COBADEFFXXX",
            "parcel JJD" + letters("8 parcel", 18, DIGITS) + ", licence key: see envelope in the safe",
            "voucher code SOMMERFEST24 (printed on every flyer)",
        ),
    }


def harmless_lab() -> dict[str, str]:
    plot = "iVBORw0KGgoAAAANSUhEUgAAAjcAAAG0CAYAAADO5" + letters("8 plot", 167, BASE64)
    kind = "PUBLIC KEY"
    return {
        "renv_and_conda_locks": text(
            '    "askpass": { "Package": "askpass", "Version": "1.2.0", "Hash": "' + hexa("8 renv", 32) + '" },',
            "  - openssl=3.3.1=h" + hexa("8 conda", 7) + "_0",
            "https://conda.anaconda.org/conda-forge/noarch/keyring-25.2.1-pyha804496_0.conda#" + hexa("8 conda b", 32),
            'pip: {file = "tokenizers-0.19.1.tar.gz", hash = "sha256:' + hexa("8 poetry", 64) + '"}',
        ),
        "sequences_and_accessions": text(
            ">NC_045512.2:266-400 sample",
            letters("8 dna a", 70, "ACGT"),
            letters("8 dna b", 65, "ACGT"),
            "InChIKey=RYYVLZVUVIJVGH-UHFFFAOYSA-N  doi:10.5281/zenodo.1234567  ORCID 0000-0002-1825-0097",
            "UniProt P69905: MVLSPADKTNVKAAWGKVGAHAGEYGAEALERMFLSFPTTKTYFPHFDLSH",
        ),
        "notebook_output": text(
            '   "data": {',
            f'    "image/png": "{plot}"',
            "   },",
            '   "id": "' + hexa("8 cell", 8) + '",',
            '   "source": ["token = getpass(\'HF token: \')\\n", "login(token=token)"]',
        ),
        "r_code_without_keys": text(
            'con <- dbConnect(RPostgres::Postgres(), user = "krill", password = Sys.getenv("KRILL_DB_PASSWORD"))',
            'api_key <- keyring::key_get("copernicus")',
            "pw <- rstudioapi::askForPassword('Database password')",
            "set.seed(20240812); tokens <- tokenizers::tokenize_words(abstracts)",
            "hash <- digest::digest(paste0(id, salt_from_file()), algo = 'sha256')",
        ),
        "public_key_of_the_archive": text(
            fence("BEGIN " + kind),
            "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE" + letters("8 public a", 28, BASE64),
            letters("8 public b", 58, BASE64) + "==",
            fence("END " + kind),
            "age1" + letters("8 recipient", 58, "qpzry9x8gf2tvdw0s3jn54khce6mua7l") + "  # for sending us data",
            "gpg fingerprint: " + wrapped(hexa("8 gpg", 40).upper(), 4, " "),
        ),
        "sops_file": text(
            f"db_password: ENC[AES256_GCM,data:{letters('8 sops', 24, BASE64)},iv:{letters('8 iv', 43, BASE64)}=]",
            "sops:",
            "    lastmodified: '2024-08-12T07:30:11Z'",
            "    mac_only_encrypted: false",
        ),
        "readme_of_the_pipeline": text(
            "1. `cp secrets.toml.example secrets.toml` and write your W&B key where it says `<WANDB_API_KEY>`",
            "2. `export HF_TOKEN=hf_...` (Settings > Access Tokens, read is enough)",
            "3. `mc alias set lab https://s3.krill.lab ACCESS_KEY SECRET_KEY`",
            "4. `sshpass -f ~/.nas-password rsync ...`; never `-p`, others see it in `ps`",
            "5. postgres for tests: `postgresql://postgres:" + "postgres@localhost/test`",
        ),
        "slurm_accounting": text(
            "8841207|echogrm|krill|COMPLETED|0:0|" + uuid_like("8 slurm"),
            "checkpoint saved: runs/" + hexa("8 run", 8) + "/step_00048000_token_embedding.safetensors",
            "commit " + hexa("8 commit", 40) + " (tag: paper-v2)",
            "data version md5:" + hexa("8 dvc", 32) + ".dir",
        ),
    }
