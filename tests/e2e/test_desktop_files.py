"""What a desktop reads of the program: its entry, its description, its icons, and how it leaves."""

from __future__ import annotations

import configparser
import os
import runpy
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from PIL import Image

from core.versions import VERSION

PACKAGING = Path(__file__).resolve().parents[2] / "packaging"
ENTRY = PACKAGING / "desktop" / "albumen.desktop"
METAINFO = PACKAGING / "desktop" / "org.albumen.Albumen.metainfo.xml"


def entry(file: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    parser.optionxform = str  # type: ignore[method-assign, assignment]
    parser.read(file, "utf-8")
    return parser


@pytest.mark.parametrize(
    "command",
    [
        ["desktop-file-validate", str(ENTRY)],
        ["appstreamcli", "validate", "--no-net", str(METAINFO)],
    ],
    ids=["desktop entry", "AppStream"],
)
def test_the_desktops_own_checks_pass(command: list[str]) -> None:
    if not shutil.which(command[0]):
        pytest.skip(f"{command[0]} is not installed")
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "warning" not in done.stdout.lower()


def test_folders_can_be_opened_from_the_file_manager() -> None:
    main = entry(ENTRY)["Desktop Entry"]
    assert "inode/directory" in main["MimeType"].split(";")
    assert main["Exec"] == "albumen open %F"
    assert main["Icon"] == "albumen"
    kde = entry(PACKAGING / "desktop" / "albumen-folder.desktop")
    assert kde["Desktop Action openFolder"]["Exec"] == "albumen open %F"
    nemo = entry(PACKAGING / "desktop" / "albumen.nemo_action")["Nemo Action"]
    assert (nemo["Exec"], nemo["Extensions"]) == ("albumen open %F", "dir;")
    assert {kde["Desktop Action openFolder"]["Name"], nemo["Name"]} == {"Open folder in Albumen"}


def test_the_newest_release_that_is_described_is_this_one() -> None:
    root = ElementTree.parse(METAINFO).getroot()
    releases = [release.get("version") for release in root.iter("release")]
    assert releases[0] == VERSION
    assert root.findtext("launchable") == ENTRY.name


def test_the_icon_is_drawn_in_all_sizes(tmp_path: Path, qapp: object) -> None:
    script = runpy.run_path(str(PACKAGING / "bundle" / "icons.py"))
    script["main"](tmp_path)
    for size in (16, 22, 24, 32, 48, 64, 128, 256, 512, 1024):
        with Image.open(tmp_path / f"{size}x{size}" / "albumen.png") as picture:
            assert picture.size == (size, size)
            low, high = picture.getchannel("A").getextrema()
            assert (low, high) == (0, 255), "drawn, with transparent corners"
    with Image.open(tmp_path / "albumen.ico") as windows:
        assert {(16, 16), (32, 32), (256, 256)} <= windows.info["sizes"]
    assert (tmp_path / "albumen.icns").stat().st_size > 10_000


def test_removing_the_package_says_where_libraries_are_and_deletes_nothing(tmp_path: Path) -> None:
    library = tmp_path / ".local" / "share" / "Albumen" / "library"
    library.mkdir(parents=True)
    done = subprocess.run(
        ["sh", str(PACKAGING / "debian" / "postrm"), "remove"],
        env={"HOME": str(tmp_path), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert "Your photos were not touched" in done.stdout
    assert "~/.local/share/Albumen" in done.stdout
    assert library.is_dir()
