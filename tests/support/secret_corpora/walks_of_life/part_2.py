"""Some texts of the corpus."""

from __future__ import annotations

import json

from tests.support.secret_corpora.walks_of_life.making import (
    ALNUM,
    BASE64,
    LOWER,
    UPPER,
    URLSAFE,
    fence,
    hexa,
    letters,
    put,
    text,
    wrapped,
)


def planted_school() -> dict[str, tuple[str, str]]:
    out: dict[str, tuple[str, str]] = {}

    secret = letters("8 canvas id", 5, "123456789") + "~" + letters("8 canvas", 64, ALNUM)
    out["canvas_grade_export"] = (
        text(
            "import csv, requests",
            "",
            "BASE = 'https://canvas.lindenschool.edu/api/v1'",
            f"HEAD = {{'Authorization': 'Bearer {secret}'}}",
            "",
            "for course in requests.get(f'{BASE}/courses', headers=HEAD, timeout=20).json():",
            "    print(course['id'], course['name'])",
        ),
        secret,
    )

    secret = put("Tiza", "Verde", "_2oB")
    out["aviso_sala_profesores"] = (
        text(
            "AVISO PARA LA SALA DE PROFESORES",
            f"Desde el lunes la contraseña de la wifi «docentes» es {secret}, por favor no la apuntéis en la pizarra.",
            "La impresora sigue sin tóner. Gracias, Maribel",
        ),
        secret,
    )

    secret = put("mQ4", "dune", "Kite", "57")
    out["csv_of_tool_accounts"] = (
        text(
            "tool;url;user;password;paid until",
            f"Untis;https://linden.webuntis.com;sekretariat;{secret};2026-07-31",
            "Geogebra;https://www.geogebra.org;;;free",
        ),
        secret,
    )

    secret = put("chalk ", "board ", "Heron ", "31")
    out["wpa_supplicant_of_info_screen"] = (
        text(
            "country=AT",
            "ctrl_interface=DIR=/var/run/wpa_supplicant GROUP=netdev",
            "network={",
            '    ssid="LS-Technik"',
            f'    psk="{secret}"',
            "    priority=5",
            "}",
        ),
        secret,
    )
    return out


def planted_shop() -> dict[str, tuple[str, str]]:
    out: dict[str, tuple[str, str]] = {}

    secret = "li" + "ve_" + letters("8 mollie", 30, ALNUM)
    out["magento_setup_steps"] = (
        text(
            "h2. After each restore of the shop database",
            "# bin/magento maintenance:enable",
            "# bin/magento config:set payment/mollie_general/type live",
            f"# bin/magento config:set payment/mollie_general/apikey_live {secret}",
            "# bin/magento cache:flush",
            "# buy one candle, cancel it",
        ),
        secret,
    )

    secret = "EA" + "AA" + letters("8 square", 60, URLSAFE)
    out["whatsapp_export_square"] = (
        text(
            "03.09.24, 18:12 - Pia: the till in the market hall shows no sales??",
            "03.09.24, 18:20 - Uncle Theo: new square access token, paste it in the box on page settings",
            f"03.09.24, 18:20 - Uncle Theo: {secret}",
            "03.09.24, 18:31 - Pia: works 👍 sold 3 honeys meanwhile",
        ),
        secret,
    )

    secret = letters("8 atlas", 16, ALNUM)
    out["pm2_ecosystem"] = (
        text(
            "module.exports = {",
            "  apps: [{",
            "    name: 'honey-shop',",
            "    script: './server.mjs',",
            "    instances: 2,",
            "    env: {",
            "      PORT: 8081,",
            f"      MONGO_URL: 'mongodb+srv://shop:{secret}@honey.k3x9q.mongodb.net/shop?retryWrites=true',",
            "    },",
            "  }],",
            "};",
        ),
        secret,
    )

    secret = put("Bees", "wax&", "Twine", "1908")
    out["shop_manual_router"] = (
        text(
            "Page 4 - if the card reader says NO NET",
            "Pull the plug of the white box, count to thirty, put it back. Still nothing? Open http://192.168.8.1 on",
            f"the laptop, the admin password there is: {secret}",
            "Then press 'Reconnect'. Then call Theo.",
        ),
        secret,
    )
    return out


def planted_lab() -> dict[str, tuple[str, str]]:
    out: dict[str, tuple[str, str]] = {}

    secret = "h" + "f_" + letters("8 hugging", 34, UPPER + LOWER)
    out["renviron_of_the_workstation"] = (
        text(
            "R_LIBS_USER=/data/rlibs/4.4",
            "OMP_NUM_THREADS=8",
            f"HUGGING_FACE_HUB_TOKEN={secret}",
            "TZ=Europe/Oslo",
        ),
        secret,
    )

    secret = hexa("8 wandb", 40)
    cell = {
        "cell_type": "code",
        "execution_count": 3,
        "metadata": {},
        "outputs": [],
        "source": ["import wandb\n", f'wandb.login(key="{secret}")\n', 'run = wandb.init(project="krill-acoustics")'],
    }
    out["notebook_cell_wandb"] = (json.dumps(cell, indent=1).replace("[]", "[ ]"), secret)

    body = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZWQyNTUxOQAAACB"
    secret = wrapped(body + letters("8 ssh", 261, BASE64) + "ECAwQFBg==", 70)
    kind = "OPENSSH " + "PRIVATE KEY"
    out["lab_wiki_cluster_key"] = (
        text(
            "Group key for the cluster (save as ~/.ssh/krill, chmod 600):",
            "",
            fence("BEGIN " + kind),
            secret,
            fence("END " + kind),
        ),
        secret,
    )

    secret = "da" + "pi" + hexa("8 databricks", 32) + "-2"
    out["databrickscfg"] = (
        text(
            "; lab account, billed to grant 2231",
            "[DEFAULT]",
            "host  = https://adb-5519203317740912.12.azuredatabricks.net",
            f"token = {secret}",
            "[unity]",
            "jobs-api-version = 2.1",
        ),
        secret,
    )

    secret = put("N0rth", "_krill", "Salp", "%6")
    out["transcript_of_sshpass"] = (
        text(
            "[sunniva@login2 krill]$ squeue -u sunniva",
            "             JOBID PARTITION     NAME     USER ST       TIME  NODES NODELIST(REASON)",
            "           8841207    normal  echogrm  sunniva  R    3:12:40      2 c[101-102]",
            f"[sunniva@login2 krill]$ sshpass -p '{secret}' rsync -a out/ buoy@nas.marine.uib.test:/vol/krill/",
            "sending incremental file list",
            "sent 1,204,551 bytes  received 92 bytes  48,185.72 bytes/sec",
        ),
        secret,
    )
    return out
