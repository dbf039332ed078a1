"""Makes a virtual environment, in which `python3 -I` finds what is installed, and installs what the lock file pins."""

import os
import subprocess
import sys

place = f"/box/venv/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
os.makedirs(place)
os.mkdir("/box/venv/bin")
for name in ("python3", "python"):
    os.symlink(sys.executable, "/box/venv/bin/" + name)
with open("/box/venv/pyvenv.cfg", "w") as file:
    file.write(f"home = {os.path.dirname(sys.executable)}\ninclude-system-site-packages = true\n")
sys.exit(
    subprocess.call(
        [
            sys.executable,
            "-I",
            "-m",
            "pip",
            "install",
            "--only-binary",
            ":all:",
            "--require-hashes",
            "--target",
            place,
            "-r",
            "requirements.txt",
            "--no-cache-dir",
            "--no-compile",
            "--no-input",
            "--disable-pip-version-check",
            "--quiet",
        ]
    )
)
