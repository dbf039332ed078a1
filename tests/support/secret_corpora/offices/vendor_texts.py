"""Texts of the corpus: tokens of vendors."""

from __future__ import annotations

from tests.support.secret_corpora.offices.made_up_values import (
    B32,
    B64,
    DIG,
    HEX,
    UP,
    URL64,
    checked,
    letters,
    lines,
    wrap,
)


def of_vendors() -> dict[str, tuple[str, str]]:
    d: dict[str, tuple[str, str]] = {}
    # vendors' tokens
    s = checked("gh" + "p_", "gh1")
    d["github_pat_wiki"] = (
        lines(
            "## Mirroring the firmware repo",
            "",
            "The mirror job runs as `hx-mirror-bot`. If it stops, check first whether the PAT has run out",
            f"(currently {s}, repo + workflow scope, made by Annika in March),",
            "then restart the timer on buildhost-3.",
        ),
        s,
    )

    k, s = "AK" + "IA" + letters("aws1", 16, B32), letters("aws2", 40, B64)
    d["aws_pair_sentence"] = (
        lines(
            "Hi Marek, for the nightly export into the archive bucket please use access key "
            f"{k} together with {s} as the secret, region is eu-central-1. "
            "It can only write below exports/, so no worries if the job goes wild."
        ),
        s,
    )

    s = "xo" + "xb-" + "2" + letters("sl1", 11, DIG) + "-" + "5" + letters("sl2", 12, DIG) + "-" + letters("sl3", 24)
    d["slack_bot_go"] = (
        lines(
            "func newNotifier() *Notifier {",
            "\t// TODO(jb): move to config before the next release",
            f'\tapi := slack.New("{s}", slack.OptionDebug(false))',
            '\treturn &Notifier{api: api, channel: "C04' + letters("slc", 8, UP + DIG) + '"}',
            "}",
        ),
        s,
    )

    s = "sk" + "_live_" + "51" + letters("st1", 97)
    d["stripe_ruby_initializer"] = (
        lines(
            "# config/initializers/stripe.rb",
            "Rails.configuration.stripe = {",
            "  publishable_key: ENV.fetch('STRIPE_PUBLISHABLE_KEY'),",
            f"  secret_key: '{s}'",
            "}",
            "Stripe.api_key = Rails.configuration.stripe[:secret_key]",
        ),
        s,
    )

    s = "gl" + "pat-" + letters("gl1", 20, URL64[:62])
    d["gitlab_clone_transcript"] = (
        lines(
            "tobias@dev-lnx-07:~/src$ git clone https://oauth2:"
            + s
            + "@gitlab.brandau-systems.de/plc/line-control.git",
            "Cloning into 'line-control'...",
            "remote: Enumerating objects: 18233, done.",
            "remote: Counting objects: 100% (412/412), done.",
            "Receiving objects: 100% (18233/18233), 44.81 MiB | 10.62 MiB/s, done.",
        ),
        s,
    )

    s = "S" + "G." + letters("sg1", 22, URL64) + "." + letters("sg2", 43, URL64)
    d["sendgrid_php"] = (
        lines(
            "<?php",
            "require __DIR__ . '/../vendor/autoload.php';",
            "",
            "$mail = new \\SendGrid\\Mail\\Mail();",
            "$mail->setFrom('noreply@fjordbooks.no', 'Fjordbooks');",
            f"$client = new \\SendGrid('{s}');",
            "$resp = $client->send($mail);",
        ),
        s,
    )

    s = checked("np" + "m_", "npm1")
    d["npmrc_publish"] = (
        lines(
            "@quillworks:registry=https://packages.example.test/",
            "always-auth=true",
            "//packages.example.test/:_authToken=" + s,
            "fund=false",
        ),
        s,
    )

    s = "sk" + "-proj-" + letters("oa1", 74, URL64[:62]) + "T3Blbk" + "FJ" + letters("oa2", 74, URL64[:62])
    d["openai_chat"] = (
        lines(
            "[14:02] priya: summariser is down again, 401 from openai",
            "[14:03] Leon W.: the old one was tied to Sam's account. take mine for today",
            f"[14:03] Leon W.: {s}",
            "[14:04] priya: ty, works",
        ),
        s,
    )

    s = "dop" + "_v1_" + letters("do1", 64, HEX)
    d["digitalocean_tfvars"] = (
        lines(
            'region          = "fra1"',
            'droplet_size    = "s-2vcpu-4gb"',
            f'do_token        = "{s}"',
            'ssh_fingerprint = "' + ":".join(wrap(letters("dofp", 32, HEX), 2)) + '"',
            "node_count      = 3",
        ),
        s,
    )

    s = "7" + letters("tg1", 9, DIG) + ":" + "AA" + letters("tg2", 33, URL64)
    d["telegram_cron_script"] = (
        lines(
            "#!/bin/sh",
            "# tells the on-call group when the UPS switches to battery",
            "STATE=$(upsc eaton@localhost ups.status 2>/dev/null)",
            '[ "$STATE" = "OL" ] && exit 0',
            f"curl -s https://api.telegram.org/bot{s}/sendMessage \\",
            "  -d chat_id=-100" + letters("tgc", 10, DIG) + ' -d text="UPS: $STATE"',
        ),
        s,
    )
    return d
