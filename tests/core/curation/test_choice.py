"""Which photos stay, as a user would argue it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.curation.choice import Why, choose
from core.domain import Flag, Status
from core.grouping.groups import Group, GroupKind
from core.grouping.items import FaceFacts, Fault, GroupPhoto, Item
from tests.core.curation.made_album import PORTRAIT, flipped

SECOND = 1_000_000_000
LATER = {"mtime_ns": 200 * SECOND}


def photo(
    number: int,
    mean: float | None,
    *,
    likeness: int | None = None,
    person: int | None = None,
    **facts: object,
) -> Item:
    faces: tuple[FaceFacts, ...] = ()
    if person is not None:
        vector = np.random.default_rng(person).normal(size=64).astype(np.float32)
        faces = (FaceFacts(0.1, vector / np.linalg.norm(vector)),)
    made = GroupPhoto(
        number,
        Path(f"/album/{number}.jpg"),
        1,
        Status.SCORED,
        1000,
        1,
        mean=mean,
        uncertainty=0.1,
        likeness=flipped(PORTRAIT, 32, seed=number) if likeness is None else likeness,
        faces=faces,
    )
    return Item(replace(made, **facts))  # type: ignore[arg-type]


def burst(*items: Item) -> Group:
    return Group("burst-1", GroupKind.BURST, items)


def kept(group: Group, n: int, **more: object) -> list[int]:
    return [choice.item.id for choice in choose(group, n, **more).kept]  # type: ignore[arg-type]


def test_the_best_stay_in_the_order_of_their_scores() -> None:
    group = burst(photo(1, 4.0), photo(2, 6.0), photo(3, 5.0), photo(4, 3.0))
    assert kept(group, 2) == [2, 3]


def test_an_uncertain_score_counts_for_its_lower_bound() -> None:
    group = burst(photo(1, 6.0, uncertainty=1.5), photo(2, 5.5, uncertainty=0.1))
    assert kept(group, 1) == [2]


def test_closed_eyes_lose_against_open_ones_whatever_the_score() -> None:
    blink = photo(1, 6.5, faults=(Fault("eyes_closed", 0.9),))
    group = burst(blink, photo(2, 5.0))
    outcome = choose(group, 1)
    assert [choice.item.id for choice in outcome.kept] == [2]
    assert outcome.rejected[0].reason == "closed eyes"
    assert not outcome.rejected[0].too_close


def test_a_blink_of_a_bystander_or_a_hint_of_one_is_left_to_the_score() -> None:
    bystander = photo(1, 6.5, faults=(Fault("eyes_closed", 0.9, on_main_face=False),))
    hint = photo(2, 6.0, faults=(Fault("motion_blur", 0.05),))
    assert kept(burst(bystander, hint, photo(3, 5.0)), 2) == [1, 2]


@pytest.mark.parametrize(
    ("code", "words"),
    [("face_blurred", "the face is not sharp"), ("face_covered", "the face is covered")],
)
def test_blurred_and_covered_faces_lose_whatever_the_score(code: str, words: str) -> None:
    group = burst(photo(1, 6.5, faults=(Fault(code, 0.9),)), photo(2, 5.0))
    outcome = choose(group, 1)
    assert [choice.item.id for choice in outcome.kept] == [2]
    assert outcome.rejected[0].reason == words
    hint = burst(photo(1, 6.5, faults=(Fault(code, 0.1),)), photo(2, 5.0))
    assert kept(hint, 1) == [1]


def test_a_clearly_softer_shot_of_a_series_ranks_behind_a_sharp_one() -> None:
    soft, sharp = photo(1, 6.5, softness=2.1), photo(2, 5.0, softness=0.8)
    outcome = choose(burst(soft, sharp), 1)
    assert [choice.item.id for choice in outcome.kept] == [2]
    assert "softer" in outcome.rejected[0].reason
    assert not outcome.too_close
    hardly = photo(1, 6.5, softness=1.0)
    assert kept(burst(hardly, sharp), 1) == [1]
    unmeasured = photo(1, 6.5)
    assert kept(burst(unmeasured, sharp), 1) == [1]


def test_shots_that_are_all_soft_are_left_to_the_score() -> None:
    assert kept(burst(photo(1, 5.0, softness=2.2), photo(2, 6.0, softness=2.4)), 1) == [2]


def test_photos_of_other_scenes_are_not_compared_for_sharpness() -> None:
    items = photo(1, 6.5, softness=2.1), photo(2, 5.0, softness=0.8)
    assert kept(Group("album-1", GroupKind.ALBUM, items), 1) == [1]


def test_a_group_where_everybody_blinks_still_keeps_n() -> None:
    blinks = [photo(i, 5.0 + i, faults=(Fault("eyes_closed", 0.9),)) for i in (1, 2, 3)]
    assert kept(burst(*blinks), 2) == [3, 2]


def test_faults_that_are_no_portrait_faults_do_not_outrank_the_score() -> None:
    group = burst(photo(1, 6.0, faults=(Fault("tilted", 0.9),)), photo(2, 5.0))
    assert kept(group, 1) == [1]


def test_a_fourth_pose_stays_instead_of_a_third_alike() -> None:
    alike = [photo(i, 6.0 - i / 100, likeness=flipped(PORTRAIT, i, seed=1)) for i in (0, 1, 2)]
    other_pose = photo(4, 5.8)
    staying = set(kept(burst(*alike, other_pose), 3))
    assert {0, 4} <= staying
    assert len(staying) == 3


def test_another_person_is_variety_although_the_pictures_look_alike() -> None:
    same = [photo(i, 6.0 - i / 100, likeness=PORTRAIT, person=1) for i in (0, 1)]
    other = photo(2, 5.9, likeness=PORTRAIT, person=2)
    assert set(kept(burst(*same, other), 2)) == {0, 2}


def test_variety_does_not_save_a_far_worse_photo() -> None:
    alike = [photo(i, 6.0 - i / 100, likeness=flipped(PORTRAIT, i, seed=1)) for i in (0, 1)]
    assert set(kept(burst(*alike, photo(3, 4.0)), 2)) == {0, 1}


def test_picks_and_stars_stay_beyond_n() -> None:
    group = burst(
        photo(1, 3.0, flag=Flag.PICK), photo(2, 3.1, rating=2), photo(3, 7.0), photo(4, 6.0)
    )
    assert set(kept(group, 1)) == {1, 2}
    assert set(kept(group, 3)) == {1, 2, 3}


def test_the_users_rejects_go_first_but_n_stay() -> None:
    group = burst(photo(1, 8.0, flag=Flag.REJECT), photo(2, 3.0), photo(3, 2.0))
    assert kept(group, 2) == [2, 3]
    assert set(kept(group, 3)) == {1, 2, 3}


def test_what_cannot_be_judged_stays_besides_n() -> None:
    group = burst(
        photo(1, 6.0),
        photo(2, 5.0),
        photo(3, None, status=Status.UNREADABLE),
        photo(4, 4.0, online=False),
        photo(5, None, status=Status.PENDING),
    )
    outcome = choose(group, 1)
    assert {choice.item.id for choice in outcome.kept} == {1, 3, 4, 5}
    assert [choice.item.id for choice in outcome.rejected] == [2]


@pytest.mark.parametrize("kind", [GroupKind.BRACKET, GroupKind.PANORAMA, GroupKind.UNDATED])
def test_series_stay_whole(kind: GroupKind) -> None:
    group = Group("series", kind, (photo(1, 6.0), photo(2, 5.0), photo(3, 4.0)))
    assert not choose(group, 1).rejected


def test_a_panorama_stays_whole_in_its_album_too() -> None:
    items = tuple(photo(i, 5.0 + i / 10) for i in range(6))
    outcome = choose(Group("album-1", GroupKind.ALBUM, items), 1, whole=frozenset({0, 1, 2}))
    assert {choice.item.id for choice in outcome.kept} == {0, 1, 2, 5}


def test_of_equal_files_one_stays_when_there_are_others() -> None:
    group = burst(photo(1, 6.0), photo(2, 6.0), photo(3, 4.0))
    copies = {1: 0, 2: 0}
    outcome = choose(group, 2, copies=copies)
    assert [choice.item.id for choice in outcome.kept] == [1, 3]
    assert outcome.rejected[0].reason == "an exact copy of 1.jpg"


@pytest.mark.parametrize(
    ("original", "copy"),
    [
        ({"mtime_ns": 100 * SECOND}, {"mtime_ns": 200 * SECOND}),
        (LATER, {"path": Path("/album/IMG_1 (1).jpg"), "mtime_ns": 100 * SECOND}),
        (LATER, {"path": Path("/album/IMG_1 - Copy.jpg"), "mtime_ns": 100 * SECOND}),
        (LATER, {"path": Path("/album/Kopie von IMG_1.jpg"), "mtime_ns": 100 * SECOND}),
        ({"path": Path("/album/IMG_1.jpg")}, {"path": Path("/album/backup/old/IMG_1.jpg")}),
        ({"path": Path("/album/IMG_1-2.jpg")}, {"path": Path("/album/IMG_1 copy 2.jpg")}),
        (
            {"path": Path("/album/demo-0001.jpg"), "mtime_ns": 9_000_000},
            {"path": Path("/album/demo-0023.jpg"), "mtime_ns": 1_000_000},
        ),
        ({"path": Path("/album/IMG_1.jpg")}, {"path": Path("/album/IMG_1 best.jpg")}),
        ({"mean": 5.0}, {"mean": 5.0000001, "path": Path("/album/IMG_1 (1).jpg")}),
    ],
    ids=[
        "older",
        "(1)",
        "- Copy",
        "Kopie von",
        "placed higher",
        "copy 2",
        "unpacked at once",
        "plainest name",
        "last bits of a score",
    ],
)
def test_of_equal_files_the_original_stays(
    original: dict[str, object], copy: dict[str, object]
) -> None:
    for first, second in ((copy, original), (original, copy)):  # whichever was indexed first
        facts = ({"mean": 5.0} | first, {"mean": 5.0} | second)
        group = burst(*(photo(n, likeness=1, **f) for n, f in enumerate(facts, start=1)))  # type: ignore[arg-type]
        stays = 2 if second is original else 1
        assert kept(group, 1, copies={1: 0, 2: 0}) == [stays]


def test_of_equal_files_the_one_that_was_worked_on_stays() -> None:
    older, edited = photo(1, 5.0, mtime_ns=SECOND), photo(2, 5.0, mtime_ns=100 * SECOND)
    copies = {1: 0, 2: 0}
    assert kept(burst(older, edited), 1, copies=copies) == [1]
    assert kept(burst(older, edited), 1, copies=copies, worked_on={2}) == [2]


def test_of_equal_files_the_one_beside_its_raw_stays_and_a_pick_before_all() -> None:
    plain, paired = photo(1, 5.0, mtime_ns=1), photo(2, 5.0, mtime_ns=9)
    paired = replace(paired, partners=(replace(paired.lead, id=3, path=Path("/album/2.cr2")),))
    copies = {1: 0, 2: 0}
    assert kept(burst(plain, paired), 1, copies=copies) == [2]
    picked = replace(plain, lead=replace(plain.lead, flag=Flag.PICK))
    assert kept(burst(picked, paired), 1, copies=copies) == [1]


def test_scores_that_cannot_be_told_apart_are_said_to_be_close() -> None:
    group = burst(photo(1, 5.04), photo(2, 5.0), photo(3, 4.0))
    assert {choice.item.id for choice in choose(group, 1).too_close} == {1, 2}
    assert not choose(burst(photo(1, 5.4), photo(2, 5.0)), 1).too_close


def test_shots_of_one_scene_are_told_apart_more_finely_than_other_photos() -> None:
    items = photo(1, 5.5, uncertainty=0.7), photo(2, 5.1, uncertainty=0.7)
    assert not choose(burst(*items), 1).too_close
    closer = photo(1, 5.2, uncertainty=0.7), photo(2, 5.1, uncertainty=0.7)
    assert len(choose(burst(*closer), 1).too_close) == 2
    assert len(choose(Group("album-1", GroupKind.ALBUM, items), 1).too_close) == 2


def test_a_click_rejects_and_the_next_best_moves_up() -> None:
    group = burst(photo(1, 6.0), photo(2, 5.0), photo(3, 4.0))
    assert set(kept(group, 1, overrides={1: False})) == {2}
    assert set(kept(group, 1, overrides={3: True})) == {3}
    assert set(kept(group, 3, overrides={1: False})) == {1, 2, 3}


def test_a_raw_partners_pick_saves_the_pair() -> None:
    raw = replace(photo(9, 1.0).lead, flag=Flag.PICK, path=Path("/album/1.CR2"))
    group = burst(Item(photo(1, 3.0).lead, (raw,)), photo(2, 6.0), photo(3, 5.0))
    assert 1 in kept(group, 1)


@given(
    means=st.lists(st.one_of(st.none(), st.floats(1, 10)), min_size=1, max_size=15),
    n=st.integers(1, 6),
    marks=st.lists(st.sampled_from([None, None, Flag.PICK, Flag.REJECT]), min_size=15, max_size=15),
    clicks=st.dictionaries(st.integers(0, 14), st.booleans(), max_size=4),
    blinks=st.sets(st.integers(0, 14)),
)
def test_whatever_the_group_n_stay_and_picks_and_unscored_do_not_go(
    means: list[float | None],
    n: int,
    marks: list[Flag | None],
    clicks: dict[int, bool],
    blinks: set[int],
) -> None:
    items = [
        photo(
            i,
            mean,
            likeness=flipped(PORTRAIT, i % 5, seed=i),
            flag=marks[i],
            faults=(Fault("eyes_closed", 1.0),) if i in blinks else (),
            status=Status.SCORED if mean is not None else Status.NOT_SCORED,
        )
        for i, mean in enumerate(means)
    ]
    outcome = choose(burst(*items), n, overrides=clicks)
    assert sorted(choice.item.id for choice in outcome.choices) == list(range(len(items)))
    assert len(outcome.kept) >= min(n, len(items))
    for choice in outcome.rejected:
        assert choice.item.lead.mean is not None
        assert choice.item.flag is not Flag.PICK or clicks.get(choice.item.id) is False
        assert clicks.get(choice.item.id) is not True
        assert choice.reason
        assert choice.why is not Why.FEW
