"""Nothing leaves the machine, nobody else on it can look in, and faces can be forgotten."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.cli import main
from core.curation.undo import history, undo
from core.domain import Analysis, Box, Face, FileState, Status
from core.forgetting_faces import erase_faces
from core.library.analysis_writes import AnalyzedPhoto
from core.library.file_writes import FileChanges
from core.library.library import Library, open_library
from core.library.people_rows import FacePlace
from core.library.people_writes import Found, save_found
from core.logs import start_logging
from core.people import merge_people, move_faces, name_person
from core.settings import Settings, save_settings
from tests.core.faults.indexed import scan
from tests.making import save_album, save_photo
from tests.quick import MODEL, QuickAnalyzer, TinyPhotos

ROOT = Path(__file__).parents[3]

OWN_PLACES = {"XDG_", "ORT_"}

NO_NETWORK = """
import socket, sys

class NoNetwork(socket.socket):
    def __init__(self, family=socket.AF_INET, *args, **options):
        if family != socket.AF_UNIX:
            sys.stderr.write("a socket was opened\\n")
            raise AssertionError("a socket was opened")
        super().__init__(family, *args, **options)

def refuse(*args, **options):
    sys.stderr.write("a name was looked up\\n")
    raise AssertionError("a name was looked up")

socket.socket = NoNetwork
socket.create_connection = socket.getaddrinfo = socket.gethostbyname = refuse
"""


def test_a_whole_scan_opens_no_network_connection(tmp_path: Path) -> None:
    """Real models, decoders' processes, faults, all in a program that can't open a socket."""
    album = tmp_path / "album"
    save_album(album, 3)
    save_photo(album / "turned.tif", 9)  # decoded in a process of its own
    (album / "broken.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(400))
    guard = tmp_path / "guard"
    guard.mkdir()
    (guard / "sitecustomize.py").write_text(NO_NETWORK, "utf-8")
    home = tmp_path / "home"
    home.mkdir()
    environment = {name: value for name, value in os.environ.items() if name[:4] not in OWN_PLACES}
    environment |= {"PYTHONPATH": f"{guard}{os.pathsep}{ROOT}", "HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "app", "scan", album, "--reasons", "--library",
         tmp_path / "library", "--json"],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "a socket was opened" not in done.stderr
    assert "a name was looked up" not in done.stderr
    assert done.returncode == 0, done.stderr
    counted = json.loads(done.stdout)
    assert (counted["scored"], counted["unreadable"]) == (4, 1)
    # What native code sends is not seen by the guard, but it would keep a queue, a number of the
    # device or the like: nothing but the program's own log may be there.
    written = {path.name for path in home.rglob("*") if path.is_file()}
    assert {name for name in written if not name.startswith("albumen.log")} == set()


def test_the_guard_of_the_test_above_does_refuse(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(NO_NETWORK, "utf-8")
    done = subprocess.run(
        [sys.executable, "-c", "import socket; socket.create_connection(('localhost', 9))"],
        env=os.environ | {"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "a name was looked up" in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="rights are inherited from the user's folder there")
def test_all_that_is_written_is_for_the_user_alone(tiny: TinyPhotos, tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        album, home = tmp_path / "album", tmp_path / "user" / "home"
        tiny.album(album, 3)
        handler = start_logging(home / "log")
        assert handler is not None
        save_settings(Settings(), home / "config/settings.json")
        with open_library(home / "library") as library:
            scan(library, album)
        with open_library(home / "library") as library:
            library.writer.set_rating([1], 3).result()
            library.thumbnails.get(1)
            found = _rights(tmp_path / "user")
            assert {"library.db", "library.db-wal", "library.lock", "thumbnails.db",
                    "settings.json", "backups", "albumen.log"} <= found.keys()  # fmt: skip
        handler.close()
    finally:
        os.umask(before)
    folders = {name: mode for name, mode in found.items() if mode[0] == "d"}
    files = {name: mode for name, mode in found.items() if mode[0] == "-"}
    assert set(folders.values()) == {"drwx------"}
    assert set(files.values()) == {"-rw-------"}


def _rights(home: Path) -> dict[str, str]:
    return {path.name: stat.filemode(path.lstat().st_mode) for path in home.rglob("*")}


# --- faces ----------------------------------------------------------------------------------------

DESCRIPTOR = np.random.default_rng(7).standard_normal(1024).astype(np.float32)
TRACE = DESCRIPTOR.astype(np.float16).tobytes()[:64]
"""What a descriptor leaves in a file."""


def fill(library: Library) -> int:
    """One scored photo with a face, a name for it, and stars."""
    state = FileState(Path("/photos/a.jpg"), 1000, 10**18, 50, 7)
    library.writer.add_album(Path("/photos")).result()
    (photo_id,) = library.writer.apply_files(FileChanges(None, new=[state])).result()
    face = Face(Box(0.3, 0.2, 0.2, 0.3), 0.9, ((0.35, 0.3),), DESCRIPTOR)
    score = QuickAnalyzer.score_of(6.5)
    analysis = Analysis(None, Status.SCORED, None, score, (face,), None, 1)
    library.writer.save_analyses(
        MODEL, [AnalyzedPhoto(photo_id, f"1000:{10**18}", analysis, bytes(16))]
    ).result()
    library.writer.set_rating([photo_id], 4).result()
    return photo_id


def name_somebody(directory: Path, photo_id: int) -> None:
    with contextlib.closing(sqlite3.connect(directory / "library.db")) as connection:
        connection.executescript(f"""
            INSERT INTO people (id, name, hidden, changed_at) VALUES (1, 'Wilhelmina', 0, '2026');
            INSERT INTO people (id, name, hidden, changed_at) VALUES (2, '', 0, '2026');
            INSERT INTO person_faces (person_id, photo_id, x, y, w, h, source)
                VALUES (1, {photo_id}, 0.3, 0.2, 0.2, 0.3, 'user');
            INSERT INTO person_faces (person_id, photo_id, x, y, w, h, source)
                VALUES (2, {photo_id}, 0.6, 0.2, 0.2, 0.3, 'program');
            INSERT INTO journal (at, kind, description, "before", "after")
                VALUES ('2026', 'people', 'Named Wilhelmina', '{{}}', '{{"n": "Wilhelmina"}}');
        """)


def files_with(directory: Path, trace: bytes) -> set[str]:
    return {
        path.name for path in directory.rglob("*") if path.is_file() and trace in path.read_bytes()
    }


def rows(library: Library, table: str) -> list[Any]:
    with library.queries.reading() as connection:
        return list(connection.exec_driver_sql(f"SELECT * FROM {table}").all())


def test_forgotten_faces_are_nowhere_in_the_library_and_its_copies(tmp_path: Path) -> None:
    directory = tmp_path / "library"
    with open_library(directory) as library:
        photo_id = fill(library)
    name_somebody(directory, photo_id)
    # An older library that was kept beside it before a migration, with all it held.
    shutil.copy(directory / "library.db", directory / "library.before-v9.from-v1.db")
    assert files_with(directory, TRACE) == {"library.db", "library.before-v9.from-v1.db"}
    with open_library(directory) as library:
        erased = erase_faces(library)
        assert (erased.faces, erased.people, erased.left) == (1, 1, ())
        assert files_with(directory, TRACE) == set()  # while it is open, its log included
        photo = library.queries.photo(photo_id, MODEL)
        assert photo is not None
        assert (photo.faces, photo.rating, photo.status) == ((), 4, Status.SCORED)
        assert photo.score is not None
        assert [row.name for row in rows(library, "people")] == ["Wilhelmina"]
        assert [row.source for row in rows(library, "person_faces")] == ["user"]
        assert library.queries.pending(MODEL) == []  # nothing is found again behind one's back


def test_the_journal_keeps_no_places_but_those_of_faces_that_the_user_told_of(
    tmp_path: Path,
) -> None:
    directory = tmp_path / "library"
    with open_library(directory) as library:
        photo_id = fill(library)
        boxes = [Box(0.111113, 0.2, 0.1, 0.1), Box(0.311117, 0.2, 0.1, 0.1),
                 Box(0.511119, 0.2, 0.1, 0.1)]  # fmt: skip
        groups = [[FacePlace(photo_id, box)] for box in boxes]
        library.writer.submit(lambda c: save_found(c, Found({}, groups, {}, []))).result()
        first, second, third = (row.id for row in rows(library, "people"))
        name_person(library, third, "Wilhelmina").result()
        merge_people(library, first, [second]).result()
        faces = [row.id for row in rows(library, "person_faces")]
        move_faces(library, first, faces[:1], third).result()
    copies = directory / "backups"
    for old in copies.iterdir():
        old.unlink()
    with open_library(directory) as library:
        written = {"library.db", next(copies.iterdir()).name}
        assert files_with(directory, b"0.311117") == files_with(directory, b"0.111113") == written
        erased = erase_faces(library)
        assert (erased.kept_names, erased.kept_places) == (1, 2)
        assert files_with(directory, b"0.311117") == set()
        # That this face is Wilhelmina's, and not the other's, was the user's own word.
        assert files_with(directory, b"0.111113") == written
        told = {(row.person_id, row.source) for row in rows(library, "person_faces")}
        assert told == {(third, "user"), (first, "user_not")}
        for entry in history(library)[:3]:
            undo(library, entry.id)
        assert {row.name for row in rows(library, "people")} == {""}


def test_names_are_forgotten_where_that_is_asked_for(tmp_path: Path) -> None:
    directory = tmp_path / "library"
    with open_library(directory) as library:
        photo_id = fill(library)
    name_somebody(directory, photo_id)
    for backup in (directory / "backups").iterdir():
        backup.unlink()
    with open_library(directory) as library:
        pass  # writes today's backup, names included
    assert len(files_with(directory, b"Wilhelmina")) == 2
    assert main(["forget-faces", "--people", "--library", str(directory)]) == 0
    assert files_with(directory, b"Wilhelmina") == set()
    with open_library(directory) as library:
        assert rows(library, "people") == rows(library, "person_faces") == []
        assert [entry.kind for entry in library.queries.journal_entries()] == ["judgement"]


def test_a_copy_that_cannot_be_cleaned_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = tmp_path / "library"
    with open_library(directory) as library:
        fill(library)
    (directory / "library.damaged-2026-01-01.db").write_bytes(b"SQLite format 3\0" + bytes(9000))
    assert main(["forget-faces", "--json", "--library", str(directory)]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["faces"] == 1
    assert document["left"] == [str(directory / "library.damaged-2026-01-01.db")]
