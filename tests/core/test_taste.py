"""Taste is used only when it has shown, on choices it never saw, that it knows the user better."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from core.curation.apply import apply
from core.curation.plan import preview
from core.domain import (
    Analysis,
    Box,
    Face,
    Flag,
    PhotoMetadata,
    Score,
    Status,
)
from core.errors import UsageError
from core.files.identity import fingerprint
from core.grouping.groups import Grouping
from core.library.analysis_writes import AnalyzedPhoto
from core.library.file_writes import FileChanges
from core.library.library import Library, open_library
from core.library.schema import now
from core.taste import FILE_NAME, collect, is_due, load, reset, train
from core.taste_fitting import evaluate
from tests.core.curation.made_album import MODEL, START, Shot, build, distribution, state_of

LATER = timedelta(hours=1)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(tmp_path / "library") as opened:
        yield opened


def shoot(library: Library, album: Path, days: int, chooser: str) -> list[int]:
    """Days of ten photos. The user picks the five with the largest faces, or five at random."""
    album.mkdir()
    rng = np.random.default_rng(4)
    states, sizes = [], []
    for number in range(days * 10):
        path = album / f"{number}.jpg"
        path.write_bytes(b"%d" % number * 50)
        states.append(state_of(path))
        sizes.append(float(rng.uniform(0.1, 0.8)))
    library.writer.add_album(album).result()
    ids = library.writer.apply_files(FileChanges(None, new=states)).result()
    analyzed = []
    for number, (photo_id, state, side) in enumerate(zip(ids, states, sizes, strict=True)):
        score = Score(MODEL, distribution(float(rng.uniform(4, 6))))
        metadata = PhotoMetadata(
            "jpeg", 6000, 4000, taken_at=START + timedelta(days=number // 10), taken_source="exif"
        )
        face = Face(Box(0.1, 0.1, side, side), 0.9)
        analysis = Analysis(metadata, Status.SCORED, None, score, (face,))
        source = f"{state.size}:{state.mtime_ns}"
        analyzed.append(AnalyzedPhoto(photo_id, source, analysis, fingerprint(state.path)))
    library.writer.save_analyses(MODEL, analyzed).result()
    for day in range(days):
        own = list(range(day * 10, day * 10 + 10))
        order = (
            sorted(own, key=lambda i: -sizes[i])
            if chooser == "faces"
            else list(rng.permutation(own))
        )
        library.writer.set_flag([ids[i] for i in order[:5]], Flag.PICK).result()
        library.writer.set_flag([ids[i] for i in order[5:]], Flag.REJECT).result()
    return ids


def test_a_real_taste_is_learned_shown_used_and_reset(library: Library, tmp_path: Path) -> None:
    ids = shoot(library, tmp_path / "album", 10, "faces")
    taste = train(library, MODEL, now=now() + LATER)
    assert taste.on
    assert taste.report.taste_accuracy > 0.8 > taste.report.model_accuracy
    assert load(library, MODEL) == taste
    photos = library.queries.photos(ids, MODEL)
    added = taste.corrections(photos)
    by_size = sorted(photos, key=lambda photo: photo.faces[0].box.area)
    assert added[by_size[0].id] < 0 < added[by_size[-1].id]
    assert load(library, "another model") is None
    reset(library)
    assert load(library, MODEL) is None
    assert len(collect(library, MODEL).gap) == 0  # what was forgotten is not learned again
    assert not is_due(library, MODEL, now=now() + LATER)


def test_chance_is_not_taken_for_taste(library: Library, tmp_path: Path) -> None:
    ids = shoot(library, tmp_path / "album", 10, "chance")
    taste = train(library, MODEL, now=now() + LATER)
    assert not taste.on
    assert taste.corrections(library.queries.photos(ids, MODEL)) == {}


def test_few_choices_are_not_enough(library: Library, tmp_path: Path) -> None:
    shoot(library, tmp_path / "album", 2, "faces")
    assert not train(library, MODEL, now=now() + LATER).on


def test_nothing_is_learned_while_the_user_is_rating(library: Library, tmp_path: Path) -> None:
    shoot(library, tmp_path / "album", 1, "faces")
    with pytest.raises(UsageError, match="done rating"):
        train(library, MODEL)


def test_rejects_by_the_program_are_no_opinion(library: Library, tmp_path: Path) -> None:
    album = tmp_path / "album"
    build(library, album, [Shot(f"{i}.jpg", 4 + i / 4) for i in range(8)])
    apply(library, preview(library, MODEL, 2, Grouping.ALBUM, folder=album))
    assert len(collect(library, MODEL).gap) == 0


def test_an_empty_or_damaged_taste_is_none(library: Library) -> None:
    assert not evaluate(collect(library, MODEL)).earned
    (library.path / FILE_NAME).write_text("{}")
    assert load(library, MODEL) is None


def test_an_earned_taste_changes_who_stays(library: Library, tmp_path: Path) -> None:
    ids = shoot(library, tmp_path / "album", 10, "faces")
    taste = train(library, MODEL, now=now() + LATER)
    library.writer.set_flag(ids, None).result()
    plain = preview(library, MODEL, 1, Grouping.DAY, folder=tmp_path / "album")
    learned = preview(library, MODEL, 1, Grouping.DAY, folder=tmp_path / "album", taste=taste)
    sizes = [
        np.mean([g.kept[0].item.lead.faces[0].area for g in plan.groups])
        for plan in (plain, learned)
    ]
    assert sizes[1] > sizes[0] + 0.05


def test_it_is_learned_again_only_from_new_choices_and_never_while_rating(
    library: Library, tmp_path: Path
) -> None:
    assert not is_due(library, MODEL)
    ids = shoot(library, tmp_path / "album", 10, "faces")
    assert not is_due(library, MODEL)  # they rated a moment ago
    assert is_due(library, MODEL, now=now() + LATER)
    train(library, MODEL, now=now() + LATER)
    assert not is_due(library, MODEL, now=now() + 2 * LATER)
    assert is_due(library, "another model", now=now() + LATER)
    reset(library)
    library.writer.set_flag(ids[:10], None).result()
    library.writer.set_flag(ids[:5], Flag.PICK).result()
    library.writer.set_flag(ids[5:10], Flag.REJECT).result()
    assert is_due(library, MODEL, now=now() + LATER)
    assert train(library, MODEL, now=now() + LATER).report.scenes == 1
