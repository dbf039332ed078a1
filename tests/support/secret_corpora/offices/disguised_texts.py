"""Texts of the corpus: disguised."""

from __future__ import annotations

from tests.support.secret_corpora.offices.made_up_values import DIG, b64, letters, lines, raw


def disguised() -> dict[str, tuple[str, str]]:
    d: dict[str, tuple[str, str]] = {}
    a, b = "gh" + "p_" + letters("dg1", 12), letters("dg1b", 24)
    d["token_two_literals"] = (
        lines(
            "import requests",
            "",
            "TOKEN = (",
            f'    "{a}"',
            f'    "{b}"',
            ")",
            "requests.get('https://api.github.com/user', headers={'Authorization': 'token ' + TOKEN})",
        ),
        b,
    )

    s = b64(("Sturm" + "vogel" + letters("dk1", 5) + "!").encode())
    d["k8s_secret_base64"] = (
        lines(
            "apiVersion: v1",
            "kind: Secret",
            "metadata:",
            "  name: billing-db",
            "type: Opaque",
            "data:",
            "  username: " + b64(b"billing"),
            f"  password: {s}",
        ),
        s,
    )

    s = "Te" + "stKunde" + letters("dh1", 3, DIG) + "&" + letters("dh1b", 2)
    d["html_comment_login"] = (
        lines(
            '<div class="login-box">',
            f"  <!-- qa: log in as demo-kunde / {s} on the live shop, account has 500 EUR credit -->",
            '  <form action="/session" method="post">',
            '    <input type="email" name="login"> <input type="password" name="pass">',
            "  </form>",
            "</div>",
        ),
        s,
    )

    s = b64(raw("ds1", 32)).replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")
    d["azure_sas_query"] = (
        lines(
            "The scans are here, link works until the end of the year:",
            "https://stscansprod.blob.core.windows.net/inbox/2024-11.zip?sv=2022-11-02&sr=c&sp=rwdl"
            f"&se=2025-12-31T22:00:00Z&spr=https&sig={s}",
        ),
        s,
    )

    a, b = "sk" + "_live_" + letters("dz1", 6), letters("dz2", 18)
    d["zero_width_token"] = (
        lines(
            "Copied out of the PDF from the payment provider:",
            f"Secret key: {a}\u200b{b}",
            "Please enter it in the shop's back end.",
        ),
        b,
    )

    s = letters("dl1", 4) + "." + letters("dl2", 6) + "-" + letters("dl3", 3, DIG)
    d["described_then_given"] = (
        lines(
            "Hi Renske,",
            "you asked for the root password of the mail gateway. I put it at the very bottom so that it",
            "doesn't show in the preview pane. Log in through the jump host only, and tell Aart when done.",
            "",
            "Cheers, Femke",
            "",
            "",
            "",
            s,
        ),
        s,
    )

    s = letters("dm1", 7) + "@" + letters("dm2", 6)
    d["mysqldump_attached_flag"] = (
        lines(
            "15 2 * * * root mysqldump --single-transaction \\",
            "    -h db-shop-1 -u backup \\",
            f"    -p'{s}' shop \\",
            "    | gzip > /var/backups/shop.sql.gz",
        ),
        s,
    )

    a, b = letters("dc1", 9), letters("dc2", 11)
    d["chat_two_halves"] = (
        lines(
            "[Tue 16:20] Oskar: need the signing keystore password, release is today",
            f"[Tue 16:22] Mirela: ok in two parts. first half {a}",
            "[Tue 16:22] Oskar: got it",
            f"[Tue 16:23] Mirela: and then directly after it {b}",
        ),
        b,
    )
    return d
