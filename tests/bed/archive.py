"""A container image of one layer, as `docker load` and `ctr images import` read it."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path

from bed.recipe import ARCHITECTURE

_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# The same files give the same image.
_CREATED = "1970-01-01T00:00:00Z"


def write(root: Path, target: Path, name: str, command: list[str]) -> None:
    """Write the archive.

    Args:
        root: the file system, as an uncompressed tar.
        target: the archive to write.
        name: of the image, with its tag.
        command: what it runs.
    """
    layer = _sha256(root)
    config = json.dumps(
        {
            "architecture": ARCHITECTURE,
            "os": "linux",
            "created": _CREATED,
            "config": {"Env": [_PATH], "Cmd": command},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer}"]},
            "history": [{"created": _CREATED, "created_by": "yeoul bed"}],
        }
    ).encode()
    config_name = f"{hashlib.sha256(config).hexdigest()}.json"
    layer_name = f"{layer}.tar"
    manifest = [{"Config": config_name, "RepoTags": [name], "Layers": [layer_name]}]
    with tarfile.open(target, "w") as archive:
        _add(archive, config_name, config)
        _add(archive, "manifest.json", json.dumps(manifest).encode())
        entry = tarfile.TarInfo(layer_name)
        entry.size = root.stat().st_size
        with root.open("rb") as content:
            archive.addfile(entry, content)


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
