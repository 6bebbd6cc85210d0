"""The log helps to mend faults without telling where somebody's photos are."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from core.logs import LOG_NAME, start_logging, without_folders


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("can't read /home/ann/Pictures/2024/a.jpg today", "can't read .../a.jpg today"),
        (r"C:\Users\Ann\Pictures\a.jpg is gone", ".../a.jpg is gone"),
        ("File '/opt/albumen/core/x.py', line 3", "File '.../x.py', line 3"),
        ("12 photos/s, 3/4 done", "12 photos/s, 3/4 done"),
        ("/home/ann/Ann and Bob, wedding/a b.jpg: cut off", ".../a b.jpg: cut off"),
        (
            "moved '/srv/My photos/x.jpg' to \"/srv/Old ones/x.jpg\"",
            "moved '.../x.jpg' to \".../x.jpg\"",
        ),
        ("either /tmp or /var, and /", "either /tmp or /var, and /"),
        ("'/tmp' isn't there", "'/tmp' isn't there"),
        ('"/home/ann/Ann\'s: 2024/a.jpg" is gone', '".../a.jpg" is gone'),
        (r"'/home/ann/Ann\'s \"best\"/a.jpg'", "'.../a.jpg'"),
        (r"'C:\\Users\\Ann\\a.jpg'", "'.../a.jpg'"),
    ],
)
def test_paths_are_cut_down_to_their_last_part(text: str, expected: str) -> None:
    assert without_folders(text) == expected


def test_tracebacks_are_logged_without_folders(tmp_path: Path) -> None:
    handler = start_logging(tmp_path / "logs")
    assert handler is not None
    photo = tmp_path / "secret-folder" / "a.jpg"
    try:
        photo.read_bytes()
    except OSError:
        logging.getLogger("test").exception("reading %s failed", photo)
    logging.getLogger().removeHandler(handler)
    handler.close()
    text = (tmp_path / "logs" / LOG_NAME).read_text()
    assert "Traceback" in text
    assert "FileNotFoundError" in text
    assert "secret-folder" not in text


@pytest.mark.parametrize("folder", ["Ann's: 2024", 'Ann and "Bob"', "Ann\nBob", "Ann <3 Bob (x)"])
def test_no_folder_is_named_however_it_is_called(tmp_path: Path, folder: str) -> None:
    handler = start_logging(tmp_path / "logs")
    assert handler is not None
    photo = tmp_path / folder / "a.jpg"
    log = logging.getLogger("test")
    log.warning("%s: cut off", photo)
    try:
        photo.read_bytes()
    except OSError as error:
        log.warning("can't be read: %s", error)
        log.exception("can't be read")
    logging.getLogger().removeHandler(handler)
    handler.close()
    text = (tmp_path / "logs" / LOG_NAME).read_text()
    assert "Ann" not in text
    assert text.count(".../a.jpg") == 3


def test_a_log_folder_that_cannot_be_made_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert start_logging(tmp_path / "file" / "logs") is None
