"""Make one bundle per function: `python terraform/bundle.py --out build`.

A bundle is what the platform gets: `main.py`, the part of `shared/` that it imports, the prompts and tables that these
modules read (`bundle_files.py`), and a `requirements.txt` with hashed pins of the packages they meet
(`bundle_packages.py`). Nothing of it is listed by hand.

- Imports are followed wherever they stand in a file. What serves one machine alone (`OUTSIDE`) is left out: where local
  mode asks for it, that is inside a function; at the top of a file it is an error, because the bundle would not start.
- Packages that are extras in `pyproject.toml` go with those functions alone whose `function.yaml` names the extra.
- The same tree makes the same bytes: names in order, one time, one mode, and stored, because different builds of zlib
  compress differently. So a hash names content, and Terraform deploys what changed and nothing else.
- No bytecode: the platform's builder compiles the function's source and its packages (`compileall`), for the very
  Python that will run them. That is worth some 90 ms of CPU to a start of notion-webhook, whose own modules take 390 ms
  without; shipped with it, bytecode would triple the archive and give it to no start that has it from the builder.

Beside the archives (`<out>/<function>/<sha256>.zip`) it writes `<out>/release.auto.tfvars.json`, the map from function
to archive that Terraform's variable `bundles` takes. Exit code 1 with one sentence when a bundle cannot be made.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import re
import shutil
import sys
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from terraform.bundle_files import BundleError, Tree  # noqa: E402
from terraform.bundle_packages import Packages  # noqa: E402

RELEASE = "release.auto.tfvars.json"
_BUNDLED_AT = (1980, 1, 1, 0, 0, 0)  # the earliest a zip can say
_MODE = 0o100644 << 16


@dataclass(slots=True)
class Bundle:
    """The files of one bundle by their place in the archive, and the packages it needs."""

    files: dict[str, Path] = field(default_factory=dict)
    packages: set[str] = field(default_factory=set)
    requirements: str = ""

    def archive(self) -> bytes:
        """Return the zip."""
        content = {name: path.read_bytes() for name, path in self.files.items()}
        content["requirements.txt"] = self.requirements.encode()
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
            for name in sorted(content):
                entry = zipfile.ZipInfo(name, _BUNDLED_AT)
                entry.create_system, entry.external_attr = 3, _MODE
                archive.writestr(entry, content[name])
        return out.getvalue()


def make_bundles(root: Path) -> dict[str, Bundle]:
    """Return every function's bundle; raises BundleError."""
    tree, packages = Tree(root), Packages(root)
    bundles = {}
    for function in tree.functions():
        files, foreign = tree.collect(function)
        bundles[function] = Bundle(files, requirements=packages.build_requirements(foreign, tree.extras(function)))
    return bundles


def write_bundles(bundles: Mapping[str, Bundle], out: Path) -> dict[str, str]:
    """Write the archives and the release map; return the map. Archives of other releases are removed."""
    release = {}
    for function, bundle in bundles.items():
        archive = bundle.archive()
        folder = out / function
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        release[function] = f"{function}/{hashlib.sha256(archive).hexdigest()}.zip"
        (out / release[function]).write_bytes(archive)
    text = json.dumps({"bundles": release}, indent=2, sort_keys=True) + "\n"
    (out / RELEASE).write_text(text, encoding="utf-8")
    return release


def main(arguments: Sequence[str] | None = None) -> int:
    """Make them, and say one line for each."""
    parser = argparse.ArgumentParser(description="Make one bundle per function.")
    parser.add_argument("--out", type=Path, default=Path("build"), help="where the archives and the release map go")
    out: Path = parser.parse_args(arguments).out
    try:
        bundles = make_bundles(ROOT)
    except BundleError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    for function, name in write_bundles(bundles, out).items():
        bundle, size = bundles[function], (out / name).stat().st_size
        packages = len(re.findall(r"^[a-z0-9]", bundle.requirements, re.MULTILINE))
        sys.stdout.write(f"{name}  {len(bundle.files)} files, {packages} packages, {size // 1024} KiB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
