"""The database file itself: made, opened and copied, and what goes wrong with it in words."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from explorer.errors import MirrorError

MEMORY_LIMIT = "1GB"
"""Of DuckDB's cache; its own default is most of the machine. The columns that pages aggregate fit
several times over at a million rows."""


class Locked(MirrorError):
    """Another process owns the file."""


def connect(path: Path) -> duckdb.DuckDBPyConnection:
    """Open the file, made when there is none.

    Raises
    ------
    MirrorError : it cannot be; `Locked` where another process owns it.
    """
    problem: MirrorError
    if path.is_dir():
        raise MirrorError(f"{path} is a folder. Name a file in it.")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists() or path.stat().st_size == 0:
            _create(path)
        connection = duckdb.connect(str(path), config={"memory_limit": MEMORY_LIMIT})
        os.chmod(path, 0o600)
    except (duckdb.Error, OSError) as error:
        problem = _explain(path, error)
    else:
        return connection
    raise problem


_COPY = "import shutil, sys; shutil.copyfile(sys.argv[1], sys.argv[2])"


def copy(path: Path, target: Path) -> None:
    """Copy an open database, in a process of its own: POSIX lets go of a process's locks on a file
    as soon as it closes any descriptor of that file, DuckDB's lock too."""
    command = [sys.executable, "-I", "-S", "-c", _COPY, str(path), str(target)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(done.stderr.strip().rpartition("\n")[2] or "the copy was stopped")


def _create(path: Path) -> None:
    """Make an empty database in one step: a process that is killed meanwhile leaves no half one."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        duckdb.connect(str(beside)).close()
        os.chmod(beside, 0o600)
        if path.exists():
            path.unlink()
        try:
            os.link(beside, path)
        except FileExistsError:
            pass  # another process was faster
        except OSError:
            os.replace(beside, path)  # a file system without links
    finally:
        beside.unlink(missing_ok=True)


# What the disk or the file does; a statement of ours that is wrong stays a visible traceback.
_FILE_TROUBLE: tuple[type[Exception], ...] = (
    *(duckdb.IOException, duckdb.FatalException, duckdb.InternalException),
    *(duckdb.OutOfMemoryException, OSError),
)


@contextmanager
def explained(path: Path, *also: type[Exception]) -> Iterator[None]:
    problem: MirrorError
    try:
        yield
    except (*_FILE_TROUBLE, *also) as error:
        problem = _explain(path, error)
    else:
        return
    raise problem


def _explain(path: Path, error: Exception) -> MirrorError:
    text = str(error)
    if "Could not set lock on file" in text:  # DuckDB's own words; a path may hold "lock"
        return Locked(
            f"{path.name} is open in another process of the explorer. Read its snapshot, or close "
            "the other process."
        )
    if "No space left" in text or "could not write" in text.lower():
        return MirrorError(
            f"{path.name} cannot be written: the disk is full or refuses ({_first_line(text)}). "
            "Make room, or set EXPLORER_STORE to a folder on another disk."
        )
    if (
        isinstance(error, OSError)
        or "Permission denied" in text
        or "Read-only" in text
        or "Cannot open" in text
    ):
        return MirrorError(
            f"{path.name} cannot be read or written in {path.parent} ({_first_line(text)}). Choose "
            "another path, or set EXPLORER_STORE to a folder of yours."
        )
    return MirrorError(
        f"{path} is a damaged mirror, or none ({_first_line(text)}). If it is a mirror, delete it: "
        "it can be read again from the account."
    )


def _first_line(text: str) -> str:
    return text.splitlines()[0][:200] if text else "no reason given"


def quoted(path: Path) -> str:
    return str(path).replace("'", "''")
