"""Photos near in time that look alike are one burst; strangers are not, whatever the dates."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.domain import Flag, Status
from core.grouping.groups import Group, Grouping, GroupKind, group_photos
from core.grouping.items import FaceFacts, GroupPhoto, pair
from core.grouping.people import average_linkage
from tests.core.curation.made_album import PORTRAIT, START, face_of, flipped


def photo(number: int, name: str | None = None, **facts: object) -> GroupPhoto:
    made = GroupPhoto(
        number,
        Path("/album") / (name or f"IMG_{number:04}.jpg"),
        1,
        Status.SCORED,
        1000 + number,
        1,
        width=6000,
        height=4000,
        taken_at=START + timedelta(seconds=number),
        taken_source="exif",
        camera="Nikon Z 6",
        likeness=flipped(PORTRAIT, 3, seed=number),
        mean=5.0,
    )
    return replace(made, **facts)  # type: ignore[arg-type]


def person(number: int, shot: int = 0) -> tuple[FaceFacts, ...]:
    descriptor = face_of(number, shot).descriptor
    assert descriptor is not None
    return (FaceFacts(0.1, descriptor / np.linalg.norm(descriptor)),)


def bursts(photos: Sequence[GroupPhoto], **more: object) -> list[list[int]]:
    found = group_photos(photos, Grouping.BURST, **more)  # type: ignore[arg-type]
    return sorted(sorted(item.id for item in group.items) for group in found.groups)


def only(photos: Sequence[GroupPhoto], by: Grouping = Grouping.BURST) -> Group:
    (group,) = group_photos(photos, by).groups
    return group


def test_a_burst_is_one_group_and_the_next_scene_another() -> None:
    first = [photo(i) for i in range(5)]
    second = [
        photo(10 + i, likeness=flipped(PORTRAIT, 34, seed=1), taken_at=START + timedelta(minutes=5))
        for i in range(3)
    ]
    assert bursts([*first, *second]) == [[0, 1, 2, 3, 4], [10, 11, 12]]


def test_the_same_second_does_not_join_what_looks_different() -> None:
    strangers = [
        photo(i, taken_at=START, likeness=flipped(PORTRAIT, 32, seed=100 + i)) for i in range(6)
    ]
    assert bursts(strangers) == []


def test_likeness_alone_does_not_join_what_was_taken_minutes_apart() -> None:
    assert bursts([photo(1), photo(2, taken_at=START + timedelta(minutes=4))]) == []


def test_two_people_before_one_backdrop_are_two_groups() -> None:
    ours = [photo(i, faces=person(1, i)) for i in range(3)]
    theirs = [
        photo(3 + i, faces=person(2, i), likeness=flipped(PORTRAIT, 7, seed=i)) for i in range(3)
    ]
    assert bursts([*ours, *theirs]) == [[0, 1, 2], [3, 4, 5]]


def test_a_pose_may_change_while_the_person_stays() -> None:
    far = flipped(PORTRAIT, 20, seed=3)
    assert bursts([photo(1), photo(2, likeness=far)]) == [[1, 2]]  # a second apart
    later = START + timedelta(seconds=13)
    assert bursts([photo(1), photo(2, likeness=far, taken_at=later)]) == []
    pair_of_one = [
        photo(1, faces=person(1)),
        photo(2, likeness=far, taken_at=later, faces=person(1, 1)),
    ]
    assert bursts(pair_of_one) == [[1, 2]]


def test_two_cameras_are_two_bursts() -> None:
    ours = [photo(i) for i in range(2)]
    theirs = [photo(5 + i, camera="Sony A7", taken_at=START) for i in range(2)]
    assert bursts([*ours, *theirs]) == [[0, 1], [5, 6]]


def test_dates_without_seconds_do_not_make_a_burst() -> None:
    minute = datetime(2024, 6, 1, 14, 30)
    strangers = [
        photo(i, f"scan {chr(97 + i)}.jpg", taken_at=minute, likeness=flipped(PORTRAIT, 9, seed=i))
        for i in range(5)
    ]
    assert bursts(strangers) == []


def test_a_full_minute_counts_when_its_neighbours_have_seconds() -> None:
    minute = datetime(2024, 6, 1, 14, 30)
    shots = [photo(i, taken_at=minute + timedelta(seconds=i)) for i in range(3)]
    assert bursts(shots) == [[0, 1, 2]]


def copied(number: int, name: str, **facts: object) -> GroupPhoto:
    """A photo without a date of its own."""
    return photo(number, name, taken_source="mtime", taken_at=START, camera=None, **facts)


def test_undated_photos_are_joined_by_their_series_and_the_person() -> None:
    sitting = [
        copied(i, f"studio-{i}.jpg", likeness=flipped(PORTRAIT, 9, seed=i), faces=person(1, i))
        for i in range(1, 5)
    ]
    assert bursts(sitting) == [[1, 2, 3, 4]]
    others = [replace(shot, faces=person(i + 20)) for i, shot in enumerate(sitting)]
    assert bursts(others) == []


def test_the_time_of_copying_joins_nothing() -> None:
    assert bursts([copied(1, "anna.jpg"), copied(2, "berta.jpg")]) == []


def test_the_same_picture_in_other_sizes_is_one_group() -> None:
    sizes = [
        copied(1, "portrait.jpg", likeness=PORTRAIT, width=910, height=1137),
        copied(2, "small.jpg", likeness=flipped(PORTRAIT, 1), width=182, height=228),
        photo(3, "original.jpg", likeness=PORTRAIT, width=1820, height=2274),
    ]
    assert bursts(sizes) == [[1, 2, 3]]


def test_smooth_pictures_are_not_taken_for_alike() -> None:
    skies = [copied(i, f"sky{i}.jpg", likeness=0) for i in range(4)]
    assert bursts(skies) == []


def test_a_long_chain_of_small_steps_does_not_join_its_ends() -> None:
    chain, likeness = [], PORTRAIT
    order = np.random.default_rng(5).permutation(64)
    for step in range(32):
        chain.append(photo(step, likeness=likeness))
        likeness ^= 1 << int(order[step]) ^ 0
        likeness ^= 1 << int(order[63 - step])
    groups = bursts(chain)
    assert all(len(group) < 32 for group in groups)


# --- pairs, copies, series ------------------------------------------------------------------------


def test_raw_and_jpeg_are_one_item_whatever_their_case() -> None:
    items = pair([photo(1, "IMG_1.CR2"), photo(2, "img_1.JPG"), photo(3, "IMG_2.CR2")])
    assert [(item.id, [p.id for p in item.partners]) for item in items] == [(2, [1]), (3, [])]


def test_the_users_word_on_the_raw_file_counts_for_the_pair() -> None:
    (item,) = pair([photo(1, "a.nef", flag=Flag.PICK), photo(2, "a.jpg", rating=3)])
    assert item.flag is Flag.PICK
    assert item.rating == 3


def test_equal_files_are_copies_only_when_all_of_them_is_equal(tmp_path: Path) -> None:
    body = bytes(1_000_000)
    contents = {"a.jpg": body, "b.jpg": body, "c.jpg": body[:300_000] + b"x" + body[300_001:]}
    photos = []
    for number, (name, content) in enumerate(contents.items()):
        (tmp_path / name).write_bytes(content)
        photos.append(
            photo(
                number,
                likeness=None,
                path=tmp_path / name,
                size=len(content),
                fingerprint=b"the same samples",
                taken_at=START + timedelta(hours=number),
            )
        )
    group = only(photos)
    assert group.kind is GroupKind.COPIES
    assert [item.id for item in group.items] == [0, 1]


def test_empty_files_are_no_copies_of_each_other(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).touch()
    empty = [
        photo(
            i,
            path=tmp_path / name,
            size=0,
            likeness=None,
            fingerprint=b"x",
            status=Status.UNREADABLE,
        )
        for i, name in enumerate(("a.jpg", "b.jpg"))
    ]
    assert bursts(empty) == []


def exposed(number: int, seconds: float, **facts: object) -> GroupPhoto:
    return photo(number, exposure_s=seconds, aperture=8.0, iso=100, focal_mm=24.0, **facts)


@pytest.mark.parametrize(
    "times", [(1 / 100, 1 / 400, 1 / 25), (1 / 30, 1 / 60, 1 / 15, 1 / 120, 1 / 8)]
)
def test_a_bracket_is_recognised_although_its_frames_look_different(times: list[float]) -> None:
    frames = [
        exposed(i, seconds, likeness=flipped(PORTRAIT, 25, seed=i))
        for i, seconds in enumerate(times)
    ]
    group = only(frames)
    assert group.kind is GroupKind.BRACKET
    assert len(group.items) == len(times)


def test_a_burst_on_automatic_is_no_bracket() -> None:
    frames = [exposed(i, t) for i, t in enumerate((1 / 200, 1 / 250, 1 / 320, 1 / 200, 1 / 250))]
    assert only(frames).kind is GroupKind.BURST


THIRDS = (1 / 250, 1 / 320, 1 / 200)


def test_a_bracket_in_thirds_is_told_by_its_exposure_bias() -> None:
    frames = [
        exposed(i, t, exposure_bias=bias)
        for i, (t, bias) in enumerate(zip(THIRDS, (0.0, -1 / 3, 1 / 3), strict=True))
    ]
    assert only(frames).kind is GroupKind.BRACKET
    one_bias = [replace(frame, exposure_bias=-1 / 3) for frame in frames]
    assert only(one_bias).kind is GroupKind.BURST
    only_bias = [replace(frame, exposure_s=None) for frame in frames]
    assert only(only_bias).kind is GroupKind.BRACKET


def test_a_bracket_in_thirds_by_hand_is_told_by_what_the_camera_says() -> None:
    frames = [exposed(i, t, exposure_bias=0.0, auto_bracket=True) for i, t in enumerate(THIRDS)]
    assert only(frames).kind is GroupKind.BRACKET
    assert only([replace(frame, auto_bracket=False) for frame in frames]).kind is GroupKind.BURST


def test_two_brackets_in_thirds_in_a_row_are_two() -> None:
    biases = (0.0, -1 / 3, 1 / 3)
    frames = [exposed(i, THIRDS[i % 3], exposure_bias=biases[i % 3]) for i in range(6)]
    found = group_photos(frames).groups
    assert [(g.kind, len(g.items)) for g in found] == [(GroupKind.BRACKET, 3)] * 2


def test_a_bracket_is_whole_under_every_grouping() -> None:
    frames = [exposed(i, t) for i, t in enumerate((1 / 100, 1 / 400, 1 / 25))]
    assert group_photos(frames, Grouping.DAY).whole == {0, 1, 2}


def jpeg(pixels: np.ndarray) -> bytes:
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "JPEG", quality=90)
    return content.getvalue()


def landscape(width: int) -> np.ndarray:
    """A strip of hills and trees, made up of noise at several scales."""
    rng = np.random.default_rng(7)
    strip = np.zeros((128, width))
    for cell in (4, 16, 64):
        small = rng.uniform(0, 80, (128 // cell + 1, width // cell + 1))
        strip += np.kron(small, np.ones((cell, cell)))[:128, :width]
    return np.repeat(np.clip(strip, 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


def test_a_sweep_is_a_panorama_and_stays_whole() -> None:
    strip = landscape(640)
    shots = {i: jpeg(strip[:, i * 110 : i * 110 + 192]) for i in range(4)}
    frames = [
        exposed(i, 1 / 200, likeness=flipped(PORTRAIT, 28, seed=i), width=6000, height=4000)
        for i in shots
    ]
    (group,) = group_photos(frames, thumbnails=lambda ids: {i: shots[i] for i in ids}).groups
    assert group.kind is GroupKind.PANORAMA
    assert [item.id for item in group.items] == [0, 1, 2, 3]


def test_frames_that_show_other_places_are_no_panorama() -> None:
    rng = np.random.default_rng(1)
    shots = {i: jpeg(rng.integers(0, 255, (128, 192, 3)).astype(np.uint8)) for i in range(4)}
    frames = [exposed(i, 1 / 200, likeness=flipped(PORTRAIT, 28, seed=i)) for i in shots]
    assert not group_photos(frames, thumbnails=lambda ids: {i: shots[i] for i in ids}).groups


def test_a_stitched_panorama_is_kept_by_its_shape() -> None:
    wide = photo(1, width=9000, height=2500)
    assert group_photos([wide, photo(2)]).whole == {1}


# --- people, days, albums, the user's word --------------------------------------------------------


def test_people_are_told_apart_and_a_photo_of_two_stands_under_both() -> None:
    ours = [photo(i, faces=person(1, i)) for i in range(3)]
    theirs = [photo(10 + i, faces=person(2, i)) for i in range(2)]
    both = photo(20, faces=(*person(1, 9), *person(2, 9)))
    groups = group_photos([*ours, *theirs, both, photo(30)], Grouping.PERSON).groups
    assert sorted(sorted(item.id for item in group.items) for group in groups) == [
        [0, 1, 2, 20],
        [10, 11, 20],
    ]


def test_a_named_person_is_taken_at_the_users_word() -> None:
    told = [
        photo(1, faces=(replace(person(1)[0], person=7),)),
        photo(2, faces=(replace(person(2)[0], person=7),)),
    ]
    assert only(told, Grouping.PERSON).id == "person-7"


def test_days_are_those_of_the_camera_and_undated_photos_stand_aside() -> None:
    photos = [
        photo(1, taken_at=datetime(2024, 6, 1, 23, 59, 1)),
        photo(2, taken_at=datetime(2024, 6, 2, 0, 1, 1)),
        copied(3, "a.jpg"),
    ]
    groups = group_photos(photos, Grouping.DAY).groups
    assert {group.id: group.kind for group in groups} == {
        "day-2024-06-01": GroupKind.DAY,
        "day-2024-06-02": GroupKind.DAY,
        "day-unknown": GroupKind.UNDATED,
    }


def test_albums_are_groups() -> None:
    groups = group_photos([photo(1), photo(2, album_id=2), photo(3)], Grouping.ALBUM).groups
    assert {group.id: len(group.items) for group in groups} == {"album-1": 2, "album-2": 1}


def test_not_a_group_split_and_merge_are_remembered() -> None:
    photos = [photo(i) for i in range(4)]
    apart = {(a, b): False for a in range(4) for b in range(a + 1, 4)}
    assert bursts(photos, marks=apart) == []
    split = {(a, b): False for a in (0, 1) for b in (2, 3)}
    assert bursts(photos, marks=split) == [[0, 1], [2, 3]]
    far = [photo(1), photo(2, likeness=flipped(PORTRAIT, 40), taken_at=START + timedelta(days=3))]
    assert bursts(far, marks={(1, 2): True}) == [[1, 2]]


def test_a_bracket_that_is_none_can_be_taken_apart() -> None:
    frames = [exposed(i, t) for i, t in enumerate((1 / 100, 1 / 400, 1 / 25))]
    marks = {(0, 1): False, (0, 2): False, (1, 2): False}
    assert group_photos(frames, marks=marks).groups == ()


def test_one_sitting_of_the_corpus_is_one_group_and_other_series_are_kept_apart() -> None:
    """The shape of eight undated studio shots beside dated portraits of other people."""
    sitting = [
        copied(
            i, f"series/stock-{i}.jpg", likeness=flipped(PORTRAIT, 8, seed=i), faces=person(1, i)
        )
        for i in range(1, 9)
    ]
    others = [
        photo(
            20 + i,
            f"family/person{i}.jpg",
            taken_at=START + timedelta(minutes=i),
            faces=person(30 + i // 2, i),
            likeness=flipped(PORTRAIT, 30, seed=50 + i),
        )
        for i in range(8)
    ]
    assert bursts([*sitting, *others]) == [[1, 2, 3, 4, 5, 6, 7, 8]]


def test_clustering_merges_the_closest_pair_first_until_none_is_close_enough() -> None:
    rng = np.random.default_rng(3)
    vectors = rng.normal(size=(40, 8)) + 2 * rng.normal(size=(5, 8))[rng.integers(0, 5, 40)]
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    owners = rng.integers(0, 25, 40).tolist()
    assert average_linkage(vectors, owners, 0.5) == plain_average_linkage(vectors, owners, 0.5)


def plain_average_linkage(
    vectors: np.ndarray, owners: list[int], threshold: float
) -> list[list[int]]:
    """The definition, slowly."""
    clusters = [[i] for i in range(len(vectors))]
    while True:
        best = (-2.0, 0, 0)
        for a in range(len(clusters)):
            for b in range(a + 1, len(clusters)):
                shared = {owners[i] for i in clusters[a]} & {owners[i] for i in clusters[b]}
                if not shared:
                    mean = float((vectors[clusters[a]] @ vectors[clusters[b]].T).mean())
                    best = max(best, (mean, a, b))
        if best[0] < threshold:
            return sorted(clusters)
        _, a, b = best
        clusters[a] = sorted(clusters[a] + clusters.pop(b))
