"""`albumen archive`: there for everybody, with a word on what to install where it is missing."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from core.cli import main
from tests.making import save_album

EXTRA = ("dask", "distributed", "pyarrow")


def test_the_help_names_archives(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    assert "archive" in capsys.readouterr().out


def test_without_the_extra_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    there = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *rest: None if name in EXTRA else there(name, *rest),
    )
    assert main(["archive", "score", str(tmp_path), "-o", str(tmp_path / "out")]) == 2
    assert "dask, distributed, pyarrow: install albumen[archive]" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in EXTRA),
    reason="the extra “archive” is not installed",
)
def test_an_archive_is_scored_by_a_cluster_here_and_imported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive, out, library = tmp_path / "archive", tmp_path / "scores", tmp_path / "library"
    save_album(archive, 3)
    (archive / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no photo")
    words = ["archive", "score", str(archive), "-o", str(out), "--workers", "1", "--json"]
    assert main(words) == 0
    scored = json.loads(capsys.readouterr().out)
    assert (scored["files"], scored["scored"], scored["unreadable"]) == (4, 3, 1)
    assert main(["archive", "import", str(out), "--library", str(library), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["new"] == 4
    assert main(["list", str(archive), "--library", str(library), "--json"]) == 0
    photos = json.loads(capsys.readouterr().out)
    assert [photo["status"] for photo in photos].count("scored") == 3
