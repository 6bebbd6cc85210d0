"""Commands about keeping the best: keep, undo, history, rate."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from core.cli.saying import say
from core.cli.session import (
    JsonOption,
    LibraryOption,
    ModelOption,
    existing_file,
    existing_folder,
    model_id,
    opened,
    print_json,
    scan_folders,
    told_errors,
)
from core.curation.apply import Applied, Rejects, apply
from core.curation.plan import Plan, check_n, preview
from core.curation.undo import Undone, history, recover, undo
from core.domain import FileState, Flag, PhotoQuery
from core.errors import UsageError
from core.grouping.groups import Grouping
from core.library.file_writes import FileChanges
from core.library.library import Library
from core.metadata_xmp import Exchange, Naming, Place, read_in, write_if_wanted, write_out
from core.paths import display_name
from core.settings import load_settings
from core.taste import load as load_taste
from core.taste import reset as reset_taste
from core.taste import train as train_taste

PhotosArgument = Annotated[list[Path], typer.Argument(metavar="PHOTO...", help="Photos' files.")]


def keep(
    n: Annotated[int, typer.Argument(metavar="N", help="How many stay in each group.")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder.")],
    by: Annotated[Grouping, typer.Option(help="How photos are grouped.")] = Grouping.BURST,
    rejects: Annotated[
        Rejects, typer.Option(help="Flag them, move them to _rejected, or to the trash.")
    ] = Rejects.FLAG,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be done.")
    ] = False,
    library: LibraryOption = None,
    model: ModelOption = None,
    as_json: JsonOption = False,
) -> None:
    """Scan a folder and keep the best N of each group; `albumen undo` takes it back."""
    with told_errors():
        check_n(n)
        wanted = existing_folder(folder)
        with opened(library) as opened_library:
            tell_recovered(recover(opened_library))
            # Closed eyes and blur go before the score, so they must be known.
            scan_folders(opened_library, [wanted], model, reasons=True)
            scored_by = model_id(model)
            taste = load_taste(opened_library, scored_by) if load_settings().taste else None
            plan = preview(opened_library, scored_by, n, by, folder=wanted, taste=taste)
            done = None if dry_run else apply(opened_library, plan, rejects)
            if done is not None and done.journal_id is not None:
                flagged = [photo.id for reject in plan.rejects for photo in reject.item.photos]
                tell_unwritten(write_if_wanted(opened_library, flagged, load_settings()))
    if as_json:
        print_json(plan_json(plan, done))
    else:
        _print_plan(plan, done)
    if done is not None:
        for left in done.left_alone:
            say(f"left alone: {display_name(left.path)}: {left.reason}", err=True)
        for note in done.notes:
            typer.echo(str(note), err=True)


def plan_json(plan: Plan, done: Applied | None) -> dict[str, Any]:
    """A preview, or what was done of it, as the stable JSON of ``albumen keep``."""
    left = {} if done is None else {left.path: left.reason for left in done.left_alone}
    groups = []
    for group in plan.groups:
        stayed = [c for c in group.rejected if c.item.lead.path in left]
        groups.append(
            {
                "id": group.group.id,
                "kind": group.group.kind.value,
                "keep": [display_name(c.item.lead.path) for c in (*group.kept, *stayed)],
                "reject": [
                    {"path": display_name(c.item.lead.path), "reason": c.reason}
                    for c in group.rejected
                    if c.item.lead.path not in left
                ],
                "too_close": [display_name(c.item.lead.path) for c in group.too_close],
            }
        )
    rejected = plan.rejected if done is None else done.rejected
    document: dict[str, Any] = {
        "groups": groups,
        "kept": plan.kept + plan.rejected - rejected,
        "rejected": rejected,
        "bytes": plan.bytes if done is None else done.bytes,
        "journal_id": None if done is None else done.journal_id,
    }
    if left and done is not None:
        document["left_alone"] = [
            {"path": display_name(one.path), "reason": one.reason} for one in done.left_alone
        ]
    return document


def _print_plan(plan: Plan, done: Applied | None) -> None:
    from core.cli.tables import add_row, make_table, print_table

    table = make_table(left=("", "Score", "Photo", "Why"))
    for group in plan.groups:
        title = f"{group.group.id}: {len(group.choices)} photos"
        add_row(table, "", "", title, "", style="bold")
        for choice in group.choices:
            photo = choice.item.lead
            add_row(
                table,
                "keep" if choice.kept else "reject",
                f"{photo.mean:.2f}" if photo.mean is not None else "-",
                display_name(photo.path.name),
                choice.reason + (" (too close to call)" if choice.too_close else ""),
            )
    print_table(table)
    rejected = plan.rejected if done is None else done.rejected
    verb = "would go" if done is None else "went"
    size = plan.bytes if done is None else done.bytes
    typer.echo(
        f"{plan.kept + plan.rejected - rejected} stay, {rejected} {verb} ({size / 1e6:.1f} MB)."
    )
    if done is not None and done.journal_id is not None:
        typer.echo(f"albumen undo {done.journal_id} takes this back.")


def undo_entry(
    entry: Annotated[
        int | None, typer.Argument(metavar="[ID]", help="An entry of the history.")
    ] = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take back the newest action, or the one with this number."""
    with told_errors(), opened(library) as opened_library:
        tell_recovered(recover(opened_library))
        done = undo(opened_library, entry)
        settings = load_settings()
        tell_unwritten(write_if_wanted(opened_library, done.photo_ids, settings, taken_back=True))
    if as_json:
        print_json(undone_json(done))
    else:
        files = f", {done.restored} files back" if done.restored else ""
        say(f"Taken back: {done.description} ({done.photos} photos{files}).")
        for left in done.unrestored:
            typer.echo(left.reason, err=True)
        for note in done.notes:
            typer.echo(str(note), err=True)
    if done.unrestored:
        raise typer.Exit(1)


def undone_json(done: Undone) -> dict[str, Any]:
    """What was taken back, as JSON."""
    return {
        "id": done.journal_id,
        "description": done.description,
        "photos": done.photos,
        "restored": done.restored,
        "unrestored": [
            {"path": display_name(left.path), "reason": left.reason} for left in done.unrestored
        ],
        "notes": [str(note) for note in done.notes],
    }


def tell_recovered(recovered: list[Undone]) -> None:
    """Say on standard error what was left half done by a crash and is taken back now."""
    for done in recovered:
        say(f"Cut short last time, so taken back: {done.description}.", err=True)
        for left in done.unrestored:
            typer.echo(left.reason, err=True)


def tell_unwritten(written: Exchange | None) -> None:
    """Say on standard error where judgements could not be written for other programs."""
    for path, reason in written.failed.items() if written else ():
        say(f"{display_name(path)}: {reason}", err=True)


def show_history(
    limit: Annotated[int, typer.Option(min=1, help="At most this many.")] = 30,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """List what was done, the newest first."""
    with told_errors(), opened(library) as opened_library:
        tell_recovered(recover(opened_library))
        entries = history(opened_library, limit)
    if as_json:
        print_json(
            [
                {
                    "id": entry.id,
                    "at": entry.at.isoformat() + "Z",
                    "kind": entry.kind,
                    "description": entry.description,
                    "undone": entry.undone,
                    "photos": entry.photos,
                    "files": entry.files,
                    "problems": [str(problem) for problem in entry.problems],
                }
                for entry in entries
            ]
        )
        return
    for entry in entries:
        state = " (taken back)" if entry.undone else ""
        say(f"{entry.id:>5}  {entry.at:%Y-%m-%d %H:%M}  {entry.description}{state}")
        for problem in entry.problems:
            say(f"       {problem}")
    if not entries:
        typer.echo("Nothing was done yet.", err=True)


def rate(
    photos: PhotosArgument,
    stars: Annotated[int | None, typer.Option(metavar="N", help="0 to 5 stars.")] = None,
    pick: Annotated[bool, typer.Option("--pick", help="Flag as a pick.")] = False,
    reject: Annotated[bool, typer.Option("--reject", help="Flag as a reject.")] = False,
    clear: Annotated[bool, typer.Option("--clear", help="No stars, no flag.")] = False,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give photos stars or a flag; `albumen undo` takes it back."""
    with told_errors():
        if pick + reject + clear > 1:
            raise UsageError("Choose one of --pick, --reject and --clear.")
        if stars is None and not (pick or reject or clear):
            raise UsageError("Say what to do: --stars N, --pick, --reject or --clear.")
        if clear and stars is not None:
            raise UsageError("--clear takes the stars away; leave --stars out.")
        if stars is not None and not 0 <= stars <= 5:
            raise UsageError(f"A photo has 0 to 5 stars, not {stars}.")
        files = [existing_file(photo) for photo in photos]
        with opened(library) as opened_library:
            ids = [indexed(opened_library, file) for file in files]
            if clear:
                stars = 0
            if stars is not None:
                opened_library.writer.set_rating(ids, stars).result()
            if pick or reject or clear:
                flag = Flag.PICK if pick else Flag.REJECT if reject else None
                opened_library.writer.set_flag(ids, flag).result()
            rows = opened_library.queries.photo_rows(ids, "")
            tell_unwritten(write_if_wanted(opened_library, ids, load_settings()))
    ordered = [rows[photo_id] for photo_id in ids]
    if as_json:
        print_json(
            [
                {
                    "path": display_name(row.path),
                    "rating": row.rating,
                    "flag": row.flag.value if row.flag else None,
                    "color": row.color.value if row.color else None,
                }
                for row in ordered
            ]
        )
        return
    for row in ordered:
        say(f"{display_name(row.path)}: {row.rating} stars, {row.flag or 'no flag'}")


def exchange_metadata(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder.")],
    write: Annotated[
        Place | None, typer.Option(help="Write stars and flags: as sidecars, or into the photos.")
    ] = None,
    read: Annotated[
        bool, typer.Option("--read", help="Take over what other programs wrote since.")
    ] = False,
    names: Annotated[
        Naming, typer.Option(help="New sidecars: IMG.jpg.xmp (full) or IMG.xmp (stem).")
    ] = Naming.FULL,
    people: Annotated[bool, typer.Option("--people", help="Names of people, too.")] = False,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Exchange stars, flags and colours with other programs through XMP."""
    with told_errors():
        if (write is None) != read:
            raise UsageError("Say which way: --write sidecar, --write embedded, or --read.")
        wanted = existing_folder(folder)
        with opened(library) as opened_library:
            query = PhotoQuery("", folder=wanted)
            ids = [int(photo_id) for photo_id in opened_library.queries.photo_ids(query)]
            if write is None:
                done: Exchange = read_in(opened_library, ids)
            else:
                done = write_out(opened_library, ids, write, names, with_people=people)
    if as_json:
        print_json(
            {
                "changed": done.changed,
                "unchanged": done.unchanged,
                "failed": [
                    {"path": display_name(path), "reason": reason}
                    for path, reason in done.failed.items()
                ],
            }
        )
    else:
        typer.echo(f"{done.changed} photos changed, {done.unchanged} as they were.")
        for path, reason in done.failed.items():
            say(f"{display_name(path)}: {reason}", err=True)
    if done.failed:
        raise typer.Exit(1)


def learn_taste(
    train: Annotated[bool, typer.Option("--train", help="Learn from your choices.")] = False,
    reset: Annotated[bool, typer.Option("--reset", help="Forget what was learned.")] = False,
    library: LibraryOption = None,
    model: ModelOption = None,
    as_json: JsonOption = False,
) -> None:
    """What was learned from your choices, how well it predicts them, and whether it is used."""
    with told_errors(), opened(library) as opened_library:
        if train and reset:
            raise UsageError("Choose one of --train and --reset.")
        if reset:
            reset_taste(opened_library)
        scored_by = model_id(model)
        found = (
            train_taste(opened_library, scored_by)
            if train
            else load_taste(opened_library, scored_by)
        )
    if as_json:
        report = asdict(found.report) if found else None
        print_json({"model": scored_by, "used": bool(found and found.on), "report": report})
    elif found is None:
        typer.echo("Nothing was learned yet.")
    else:
        report_of = found.report
        typer.echo(
            f"Of {report_of.pairs} choices that it was not fitted on, it predicts "
            f"{report_of.taste_accuracy:.0%}; the model alone {report_of.model_accuracy:.0%}. "
            + ("It is used." if found.on else "It is not used.")
        )


def indexed(library: Library, path: Path) -> int:
    """The photo's id; a file that no album holds yet is put into the index by itself."""
    known = library.queries.photo_by_path(path, "")
    if known is not None:
        return known.id
    state = path.stat()
    file = FileState(path, state.st_size, state.st_mtime_ns, state.st_ino, state.st_dev)
    return library.writer.apply_files(FileChanges(None, new=[file])).result()[0]


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.command("keep")(keep)
    app.command("undo")(undo_entry)
    app.command("history")(show_history)
    app.command("rate")(rate)
    app.command("metadata")(exchange_metadata)
    app.command("taste")(learn_taste)
