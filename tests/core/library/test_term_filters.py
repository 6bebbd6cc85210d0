"""Searches against a library of every case, and smart albums, whose every change can be undone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from core.curation.undo import history, undo
from core.domain import (
    Analysis,
    Box,
    ColorLabel,
    Face,
    FileState,
    Flag,
    PhotoMetadata,
    PhotoQuery,
    Reason,
    Score,
    ScoreDistribution,
    SortKey,
    Status,
)
from core.errors import UsageError
from core.library.analysis_writes import AnalyzedPhoto
from core.library.file_writes import FileChanges
from core.library.library import Library, open_library
from core.library.reason_writes import MeasuredPhoto
from core.searching.parsing import parse

MODEL = "first-1-aaaa"
FOLDER = Path("/photos/Summer 2024")


def distribution(mean: float) -> ScoreDistribution:
    low = int(mean)
    return ScoreDistribution(
        tuple((1 - (mean - low)) * (k == low) + (mean - low) * (k == low + 1) for k in range(1, 11))
    )


# name, score, uncertainty, faces, taken, camera, format
PHOTOS = (
    ("IMG_0001.jpg", 6.5, 0.2, 1, datetime(2024, 6, 1, 10), "Canon EOS R6", "jpeg"),
    ("IMG_0002.jpg", 6.0, 0.1, 2, datetime(2024, 6, 30, 23, 59), "Canon EOS R6", "jpeg"),
    ("IMG_0003.cr3", 4.0, 0.2, 1, datetime(2024, 7, 1), "Canon EOS R6", "cr3"),
    ("Ärger.png", 5.2, None, 0, None, None, "png"),
    ("100%_done.jpg", 6.04, 1.5, 3, datetime(2023, 12, 31), "NIKON Z 6", "jpeg"),
    ("broken.jpg", None, None, 0, None, None, None),
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with open_library(tmp_path_factory.mktemp("library")) as opened:
        write = opened.writer
        album = write.add_album(FOLDER, "Summer").result()
        states = [
            FileState(FOLDER / name, 1_000_000 * (n + 1), 1, n + 1, 1)
            for n, (name, *_) in enumerate(PHOTOS)
        ]
        ids = write.apply_files(FileChanges(album.id, new=states)).result()
        done = []
        for photo_id, state, (_, mean, error, faces, taken, camera, kind) in zip(
            ids, states, PHOTOS, strict=True
        ):
            source = f"{state.size}:{state.mtime_ns}"
            if mean is None:
                done.append(
                    AnalyzedPhoto(
                        photo_id, source, Analysis(None, Status.UNREADABLE, "cut off", None, ())
                    )
                )
                continue
            facts = PhotoMetadata(
                kind, 6000, 4000, taken_at=taken, camera=camera, iso=200 if faces else None
            )
            found = tuple(Face(Box(0.1 * n, 0.1, 0.1, 0.1), 0.9) for n in range(faces))
            score = Score(MODEL, distribution(mean), error)
            done.append(
                AnalyzedPhoto(photo_id, source, Analysis(facts, Status.SCORED, None, score, found))
            )
        write.save_analyses(MODEL, done).result()
        noise = Reason("noise", "", 9.0, 5.0, 0.5)
        write.save_reasons(
            [
                MeasuredPhoto(ids[0], "1000000:1", (noise,)),
                MeasuredPhoto(ids[1], "2000000:1", ()),
            ]
        ).result()
        write.set_rating(ids[:1], 5).result()
        write.set_flag(ids[1:2], Flag.PICK).result()
        write.set_color(ids[2:3], ColorLabel.GREEN).result()
        write.submit(
            lambda c: (
                c.exec_driver_sql(
                    "INSERT INTO people (id, name, hidden, changed_at) "
                    "VALUES (1, 'Grandma', 0, '2024-01-01 00:00:00.000000'), "
                    "(2, 'Grandmas sister', 0, '2024-01-01 00:00:00.000000')"
                )
                and c.exec_driver_sql(
                    "INSERT INTO person_faces (person_id, photo_id, x, y, w, h, source) "
                    f"VALUES (1, {ids[0]}, 0, 0.1, 0.1, 0.1, 'user'), "
                    f"(1, {ids[1]}, 0, 0.1, 0.1, 0.1, 'user_not'), "
                    f"(2, {ids[3]}, 0, 0.1, 0.1, 0.1, 'user')"
                ),
                _nothing(),
            )
        ).result()
        yield opened


def _nothing() -> object:
    from core.domain import LibraryChange

    return LibraryChange()


def found(library: Library, search: str, model: str = MODEL) -> set[str]:
    query = PhotoQuery(model, terms=parse(search), sort=SortKey.NAME)
    ids = [int(i) for i in library.queries.photo_ids(query)]
    assert library.queries.count(query) == len(ids)
    assert [*library.queries.page(query).ids] == ids
    with pytest.MonkeyPatch.context() as patch:  # read along the order's index instead
        patch.setattr("core.library.pages.FEW", 0)
        assert [*library.queries.page(query).ids] == ids
    return {row.name.split(".")[0] for row in library.queries.photo_rows(ids, model).values()}


ALL = {"IMG_0001", "IMG_0002", "IMG_0003", "Ärger", "100%_done", "broken"}


@pytest.mark.parametrize(
    ("search", "names"),
    [
        ("", ALL),
        ("score>6", {"IMG_0001", "100%_done"}),
        ("score>=6", {"IMG_0001", "IMG_0002", "100%_done"}),
        ("score:6.0", {"IMG_0002", "100%_done"}),
        ("-score>6", ALL - {"IMG_0001", "100%_done"}),  # one without a score is not above 6 either
        ("low>5.5", {"IMG_0001", "IMG_0002"}),
        ("score:5..6.2", {"IMG_0002", "Ärger", "100%_done"}),
        ("faces:1", {"IMG_0001", "IMG_0003"}),
        ("faces:1,3", {"IMG_0001", "IMG_0003", "100%_done"}),
        ("faces>=2 -score<6.01", {"100%_done"}),
        ("stars:5", {"IMG_0001"}),
        ("stars<1", ALL - {"IMG_0001"}),
        ("flag:pick", {"IMG_0002"}),
        ("flag:none", ALL - {"IMG_0002"}),
        ("-flag:any", ALL - {"IMG_0002"}),
        ("color:green", {"IMG_0003"}),
        ("color:none", ALL - {"IMG_0003"}),
        ("color:none,green", ALL),
        ("reason:noise", {"IMG_0001"}),
        ("-reason:noise", ALL - {"IMG_0001"}),
        ("reason:none", {"IMG_0002"}),  # measured, and nothing found
        ("reason:any", {"IMG_0001"}),
        ('person:"grandma"', {"IMG_0001"}),
        ("-person:grandma", ALL - {"IMG_0001"}),
        ("person:gran", {"IMG_0001", "Ärger"}),  # a whole name counts before a part of one
        ("taken:2024-06", {"IMG_0001", "IMG_0002"}),
        ("taken:2024-06-30", {"IMG_0002"}),
        ("taken>2024-06", {"IMG_0003"}),
        ("taken<2024", {"100%_done"}),
        ("taken:2023-12..2024-06", {"IMG_0001", "IMG_0002", "100%_done"}),
        ("camera:canon", {"IMG_0001", "IMG_0002", "IMG_0003"}),
        ('camera:"z 6"', {"100%_done"}),
        ("format:raw", {"IMG_0003"}),
        ("format:jpg,png", {"IMG_0001", "IMG_0002", "100%_done", "Ärger"}),
        ("size>3mb -status:unreadable", {"Ärger", "100%_done"}),
        ("size:2mb..3mb", {"IMG_0002", "IMG_0003"}),
        ("iso:200 mp:24", {"IMG_0001", "IMG_0002", "IMG_0003", "100%_done"}),
        ("status:unreadable", {"broken"}),
        ("-status:unreadable", ALL - {"broken"}),
        ("img_000", {"IMG_0001", "IMG_0002", "IMG_0003"}),
        ("img -0002", {"IMG_0001", "IMG_0003"}),
        ("ärg", {"Ärger"}),
        ("%_", {"100%_done"}),  # shorter than the pieces that names are indexed by
        ("name:0001,0002", {"IMG_0001", "IMG_0002"}),
        ("folder:summer", ALL),
        ("folder:winter", set()),
        ("album:summ score<5", {"IMG_0003"}),
    ],
)
def test_a_search_finds_what_it_says(library: Library, search: str, names: set[str]) -> None:
    assert found(library, search) == names


def test_under_a_new_model_nothing_has_a_score_yet(library: Library) -> None:
    assert found(library, "score>1", "new-model") == set()
    assert found(library, "-score>6 camera:canon", "new-model") == {
        "IMG_0001", "IMG_0002", "IMG_0003",
    }  # fmt: skip
    assert found(library, "status:pending", "new-model") == ALL


def test_what_the_library_holds_is_offered(library: Library) -> None:
    values = library.queries.search_values()
    assert values["camera"] == ["Canon EOS R6", "NIKON Z 6"]
    assert values["format"] == ["cr3", "jpeg", "png"]
    assert values["person"] == ["Grandma", "Grandmas sister"]
    assert values["album"] == ["Summer"]
    assert values["taken"] == ["2024", "2024-07", "2024-06", "2023", "2023-12"]


def test_a_renamed_photo_is_found_by_its_new_name(tmp_path: Path) -> None:
    with open_library(tmp_path / "library") as library:
        album = library.writer.add_album(FOLDER).result()
        state = FileState(FOLDER / "before.jpg", 1, 1, 1, 1)
        (photo_id,) = library.writer.apply_files(FileChanges(album.id, new=[state])).result()
        moved = FileState(FOLDER / "afterwards.jpg", 1, 1, 1, 1)
        library.writer.apply_files(FileChanges(album.id, moved=[(photo_id, moved)])).result()
        assert found(library, "before") == set()
        assert found(library, "terward") == {"afterwards"}


def test_smart_albums_are_kept_and_every_change_is_taken_back(tmp_path: Path) -> None:
    with open_library(tmp_path / "library") as library:

        def names() -> list[tuple[str, str]]:
            return [(a.name, a.query) for a in library.queries.smart_albums()]

        first = library.writer.save_search("Best", "score>6").result()
        library.writer.save_search("Best", "score>7").result()
        library.writer.rename_search(first.id, "The best").result()
        library.writer.remove_search(first.id).result()
        assert names() == []
        seen = []
        for _ in range(4):
            undo(library)
            seen.append(names())
        assert seen == [[("The best", "score>7")], [("Best", "score>7")], [("Best", "score>6")], []]
        for _ in range(4):
            seen.pop()
            library.writer.redo().result()
            assert names() == (seen[-1] if seen else [])
        assert [entry.kind for entry in history(library)] == ["smart_album"] * 4
        with pytest.raises(UsageError, match="fases"):
            library.writer.save_search("Wrong", "fases:1").result()
        with pytest.raises(UsageError, match="name"):
            library.writer.save_search(" ", "faces:1").result()
