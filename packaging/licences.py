#!/usr/bin/env python3
"""Licences of what is installed: the check, and the notices that a built program carries.

    python packaging/licences.py --check            fail on an unknown or unfit licence
    python packaging/licences.py --out FOLDER       check, then write the notices
    --bundle                                        leave out what the built program leaves out

What counts is what is installed beside the running Python: the packages that pyproject.toml asks
for and all that those ask for. Albumen's own code is Apache-2.0, which may be joined with every
licence in ``FIT``; GPL-2.0 without "or later" is not among them.
"""

from __future__ import annotations

import argparse
import functools
import importlib.metadata as metadata
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
TEXTS = ROOT / "resources" / "licences"
MODELS = ROOT / "resources" / "models"

PERMISSIVE = frozenset(
    [
        "0BSD",
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "BSL-1.0",
        "CC0-1.0",
        "HPND",
        "ISC",
        "MIT",
        "MIT-0",
        "MIT-CMU",
        "PSF-2.0",
        "Python-2.0",
        "Unlicense",
        "Zlib",
    ]
)
WEAK = frozenset(["LGPL-2.1-or-later", "LGPL-3.0-only", "LGPL-3.0-or-later", "MPL-2.0"])
GPL = frozenset(["GPL-2.0-or-later", "GPL-3.0-only", "GPL-3.0-or-later"])
FIT = PERMISSIVE | WEAK | GPL

# Older metadata says it in words; only exact texts count.
IN_WORDS = {
    "apache 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "isc license": "ISC",
    "isc license (iscl)": "ISC",
    "mit": "MIT",
    "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "3-clause bsd license": "BSD-3-Clause",
    "psf-2.0": "PSF-2.0",
}
# Read by a person in the licence file that the package ships, where its metadata is vague.
READ = {"pysocks": "BSD-3-Clause"}
LICENCE_FILE = re.compile(
    r"(^|/)(licen[cs]es?|copying|notice|third.?party.?notices?|authors)[^/]*$|/licen[cs]es/",
    re.IGNORECASE,
)


class LicenceError(Exception):
    """A licence that can't be used, or that can't be told."""


@dataclass(frozen=True, slots=True)
class Component:
    """One installed package. ``texts``: pairs of a file's name and its content."""

    name: str
    version: str
    licence: str
    texts: tuple[tuple[str, str], ...]


def fits(expression: str) -> bool:
    """Whether an SPDX expression can be met: every AND, one side of each OR."""
    tokens = re.findall(r"[()]|[^\s()]+", expression)
    position = 0

    def alternative() -> bool:
        nonlocal position
        result = conjunction()
        while position < len(tokens) and tokens[position] == "OR":
            position += 1
            result = conjunction() or result
        return result

    def conjunction() -> bool:
        nonlocal position
        result = term()
        while position < len(tokens) and tokens[position] == "AND":
            position += 1
            result = term() and result
        return result

    def term() -> bool:
        nonlocal position
        if position >= len(tokens):
            raise LicenceError(f"“{expression}” is not an SPDX expression")
        token = tokens[position]
        position += 1
        if token == "(":
            result = alternative()
            if position >= len(tokens) or tokens[position] != ")":
                raise LicenceError(f"“{expression}” is not an SPDX expression")
            position += 1
            return result
        if position < len(tokens) and tokens[position] == "WITH":
            position += 2  # an exception only ever permits more
        return token in FIT

    result = alternative()
    if position != len(tokens):
        raise LicenceError(f"“{expression}” is not an SPDX expression")
    return result


def licence_of(distribution: metadata.Distribution) -> str:
    """The SPDX expression of a distribution.

    Raises:
        LicenceError: its metadata does not say it in a known way.
    """
    name = canonicalize_name(distribution.name)
    facts = distribution.metadata
    if name in READ:
        return READ[name]
    if expression := facts.get("License-Expression"):
        return expression
    words = [facts.get("License") or ""]
    words += [c.rpartition(" :: ")[2] for c in facts.get_all("Classifier", []) if "License ::" in c]
    for text in words:
        text = text.strip()
        if text.lower() in IN_WORDS:
            return IN_WORDS[text.lower()]
        if text and all(t in FIT for t in re.split(r" (?:AND|OR) ", text)):
            return text
        if text.startswith("LGPL-3.0-only OR "):
            return text
    raise LicenceError(f"{name}: no known licence in its metadata ({words})")


def installed(left_out: frozenset[str] = frozenset()) -> list[metadata.Distribution]:
    """What pyproject.toml's dependencies need, found beside the running Python, by name.

    Raises:
        LicenceError: something needed is not installed.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    found: dict[str, metadata.Distribution] = {}
    waiting = [(Requirement(text), "") for text in project["dependencies"]]
    while waiting:
        requirement, wanted_by = waiting.pop()
        name = canonicalize_name(requirement.name)
        if name in found or name in left_out:
            continue
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            raise LicenceError(f"{name}, needed by {wanted_by or 'us'}, isn't installed") from None
        found[name] = distribution
        for text in distribution.requires or ():
            needed = Requirement(text)
            extras = requirement.extras or {""}
            if needed.marker is None or any(needed.marker.evaluate({"extra": e}) for e in extras):
                waiting.append((needed, name))
    return [found[name] for name in sorted(found)]


def component(distribution: metadata.Distribution) -> Component:
    """A distribution with the texts of its licences.

    Raises:
        LicenceError: the licence is unknown, unfit, or its text is nowhere to be had.
    """
    licence = licence_of(distribution)
    if not fits(licence):
        raise LicenceError(f"{distribution.name}: {licence} can't be joined with Apache-2.0 code")
    texts = tuple(_texts(distribution)) or tuple(_standard_texts(licence))
    if not texts:
        raise LicenceError(f"{distribution.name}: ships no licence text and none is known")
    return Component(distribution.name, distribution.version, licence, texts)


def _texts(distribution: metadata.Distribution) -> Iterator[tuple[str, str]]:
    for file in distribution.files or ():
        if file.suffix.lower() in {".py", ".pyc", ".json", ".spdx", ".pyi"}:
            continue
        place = Path(str(file.locate()))
        if LICENCE_FILE.search(file.as_posix()) and place.is_file():
            yield file.name, place.read_text("utf-8", "replace")


def _standard_texts(licence: str) -> Iterator[tuple[str, str]]:
    """Our own copies of standard texts, for packages that ship none."""
    for name in ("Apache-2.0", "LGPL-3.0", "GPL-3.0"):
        wanted = licence.split(" OR ")[0]
        if wanted.startswith(name) or (name == "GPL-3.0" and wanted.startswith("LGPL-3.0")):
            yield f"{name}.txt", (TEXTS / f"{name}.txt").read_text("utf-8")


def models() -> list[str]:
    """One paragraph per bundled model.

    Raises:
        LicenceError: a card does not say whose the model is and under which licence.
    """
    paragraphs = []
    for card_file in sorted(MODELS.glob("*/card.toml")):
        card = tomllib.loads(card_file.read_text("utf-8"))
        source = card.get("source") or card.get("training_data")
        if not (card.get("licence") and card.get("credit") and source):
            raise LicenceError(f"{card_file.relative_to(ROOT)}: no licence, credit or source")
        if not fits(card["licence"]):
            raise LicenceError(f"{card_file.relative_to(ROOT)}: {card['licence']} is not fit")
        paragraphs.append(
            f"{card['name']} {card['version']}: {card.get('title', '')}\n"
            f"  Licence: {card['licence']}\n  Credit: {card['credit']}\n  Source: {source}"
        )
    return paragraphs


def whole_licence(components: Iterable[Component]) -> str:
    """Under what the program may be passed on together with these components."""
    if any(not _fits_without_gpl(c.licence) for c in components):
        return "GPL-3.0-only"
    return "Apache-2.0"


def _fits_without_gpl(expression: str) -> bool:
    alternatives = expression.split(" OR ")
    return any(not any(word in GPL for word in option.split()) for option in alternatives)


def notices(components: Iterable[Component]) -> str:
    """The text of THIRD-PARTY-NOTICES.txt."""
    components = list(components)
    rule = "=" * 78
    strong = ", ".join(c.name for c in components if not _fits_without_gpl(c.licence))
    lines = [
        "Albumen, and what it is made of",
        "",
        "Albumen's own code is licensed under the Apache License 2.0 (LICENSE.txt).",
        "",
    ]
    if strong:
        lines += [
            f"This collection contains {strong}, which are licensed under the GNU General",
            "Public License, version 3 or later. The collection as a whole is therefore passed on",
            "under the GNU General Public License, version 3. Every component is unmodified; its",
            "source is the source release of the same name and version.",
            "",
        ]
    lines += [
        "The libraries of Qt (PySide6, shiboken6) are used under the LGPL 3 as separate files,",
        "which may be replaced. What Qt itself contains is listed in Qt's documentation under",
        "“Licenses Used in Qt”. The starter of a built program comes from PyInstaller (GPL 2 or",
        "later, with an exception that lets it be combined with any program). Libraries of the",
        "system that a build carries are listed in SYSTEM-LIBRARIES.txt.",
        "",
        rule,
        "Models",
        rule,
        "",
        *("\n\n".join(models())).splitlines(),
        "",
        rule,
        "Packages",
        rule,
        "",
        *(f"{c.name} {c.version}: {c.licence}" for c in components),
    ]
    for c in components:
        for title, text in c.texts:
            lines += ["", rule, f"{c.name} {c.version}: {title}", rule, "", text.rstrip()]
    return "\n".join(lines) + "\n"


def system_notices(libraries: Iterable[Path]) -> str:
    """Notices for libraries of the building system that a built program carries."""
    packages: dict[str, list[str]] = {}
    for library in sorted(set(libraries)):
        packages.setdefault(_package_of(library) or "", []).append(library.name)
    blocks = []
    for package, names in sorted(packages.items()):
        title = f"{package or 'Python, or its builder'}: {', '.join(names)}"
        text = Path("/usr/share/doc") / package.partition(":")[0] / "copyright"
        if not package:
            text = python_licence()
        body = text.read_text("utf-8", "replace") if text.is_file() else "(no text at hand)"
        blocks.append(f"{'=' * 78}\n{title}\n{'=' * 78}\n\n{body.rstrip()}\n")
    return "\n".join(blocks)


def python_licence() -> Path:
    """The licence of the running Python."""
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    places = (
        Path(sys.base_prefix) / "lib" / version / "LICENSE.txt",
        Path(sys.base_prefix) / "LICENSE.txt",
        Path("/usr/share/doc") / version / "copyright",
    )
    return next((place for place in places if place.is_file()), places[0])


@functools.cache
def _package_of(library: Path) -> str | None:
    """The Debian package that owns a file; ``None`` where there is none or no dpkg."""
    if not shutil.which("dpkg-query"):
        return None
    candidates = [library, library.resolve()]
    candidates += [Path(str(c).removeprefix("/usr")) for c in candidates]
    for candidate in candidates:
        answer = subprocess.run(
            ["dpkg-query", "-S", str(candidate)], capture_output=True, text=True, check=False
        )
        if answer.returncode == 0:
            return answer.stdout.split(": ")[0].split(",")[0]
    return None


def main(arguments: list[str] | None = None) -> int:
    """Entry point; gives the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--bundle", action="store_true")
    options = parser.parse_args(arguments)
    left_out: frozenset[str] = frozenset()
    if options.bundle:
        sys.path.insert(0, str(ROOT / "packaging" / "bundle"))
        import trimming

        left_out = trimming.LEFT_OUT
    problems, components = [], []
    try:
        distributions = installed(left_out)
        models()
    except LicenceError as error:
        print(f"licences: {error}", file=sys.stderr)
        return 1
    for distribution in distributions:
        try:
            components.append(component(distribution))
        except LicenceError as error:
            problems.append(str(error))
    for problem in problems:
        print(f"licences: {problem}", file=sys.stderr)
    if problems:
        return 1
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / "THIRD-PARTY-NOTICES.txt").write_text(notices(components), "utf-8")
        shutil.copyfile(TEXTS / "Apache-2.0.txt", options.out / "LICENSE.txt")
        shutil.copyfile(TEXTS / "GPL-3.0.txt", options.out / "GPL-3.0.txt")
    whole = whole_licence(components)
    print(f"{len(components)} packages, all fit; together they are passed on under {whole}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
