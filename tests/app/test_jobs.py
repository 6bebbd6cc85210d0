"""Results come home to the GUI thread, errors are told, and nothing outlives ``stop``."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.jobs import Jobs, MergingFeed
from app.library_feed import LibraryFeed
from core.domain import LibraryChange


@pytest.fixture
def jobs(qtbot: QtBot) -> Iterator[Jobs]:
    made = Jobs(2)
    yield made
    made.stop()


def test_a_result_comes_home_to_the_gui_thread(qtbot: QtBot, jobs: Jobs) -> None:
    home: list[tuple[int, bool, bool]] = []
    gui = threading.current_thread()

    def work() -> bool:
        return threading.current_thread() is gui

    jobs.run(work, lambda on_gui: home.append((1, on_gui, threading.current_thread() is gui)))
    qtbot.waitUntil(lambda: bool(home))
    assert home == [(1, False, True)]


def test_an_error_that_nobody_takes_is_told(qtbot: QtBot, jobs: Jobs) -> None:
    with qtbot.waitSignal(jobs.failed) as told:
        jobs.run(lambda: 1 / 0)
    assert isinstance(told.args[0], ZeroDivisionError)


def test_an_error_goes_to_whoever_asked(qtbot: QtBot, jobs: Jobs) -> None:
    taken: list[BaseException] = []
    with qtbot.assertNotEmitted(jobs.failed):
        jobs.run(lambda: 1 / 0, otherwise=taken.append)
        qtbot.waitUntil(lambda: bool(taken))
    assert isinstance(taken[0], ZeroDivisionError)


def test_no_callback_comes_after_stop(qtbot: QtBot) -> None:
    jobs = Jobs(1)
    started, go_on = threading.Event(), threading.Event()
    called: list[str] = []

    def slow() -> str:
        started.set()
        go_on.wait(10)
        return "late"

    jobs.run(slow, called.append)
    waiting = jobs.run(lambda: "never", called.append)
    assert started.wait(10)
    stopper = threading.Thread(target=jobs.stop)
    stopper.start()
    qtbot.waitUntil(lambda: waiting is not None and waiting.cancelled())
    go_on.set()
    stopper.join()
    qtbot.wait(1)  # deliver what is queued
    assert called == []
    assert jobs.run(lambda: "more", called.append) is None


def test_a_burst_of_changes_arrives_as_one(qtbot: QtBot) -> None:
    feed = LibraryFeed()
    seen: list[LibraryChange] = []
    feed.changed.connect(seen.append)
    threads = [
        threading.Thread(target=feed.publish, args=(LibraryChange(added=frozenset({n})),))
        for n in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    qtbot.waitUntil(lambda: bool(seen))
    assert len(seen) == 1
    assert seen[0].added == frozenset(range(20))


def test_an_empty_change_is_no_news(qtbot: QtBot) -> None:
    feed = LibraryFeed()
    with qtbot.assertNotEmitted(feed.changed, wait=250):
        feed.publish(LibraryChange())


def test_a_stopped_feed_is_silent(qtbot: QtBot) -> None:
    feed = MergingFeed(lambda _old, new: new, 1)
    with qtbot.assertNotEmitted(feed.changed, wait=50):
        feed.publish("news")
        feed.stop()
