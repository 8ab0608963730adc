"""The command line: ``python -m explorer <command>``. A command is one `_add_…` function."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_LARGEST_ACCOUNT = 10_000_000  # takes about 700 MB
THRESHOLD_REACHED = 3
"""Exit code of ``failures``; argparse has 2, and 1 is any other failure."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is 0, 1 when it failed, 2 when its arguments are wrong.

    That of ``failures`` is also 3: the threshold is reached.
    """
    parser = argparse.ArgumentParser(
        prog="python -m explorer", description="Explore the analyses of a CallCov account."
    )
    commands = parser.add_subparsers(dest="command", metavar="command", required=True)
    _add_sandbox(commands)
    _add_sync(commands)
    _add_export(commands)
    _add_failures(commands)
    chosen = parser.parse_args(arguments)
    code: int = chosen.run(chosen)
    return code


def _add_sandbox(commands: Any) -> None:
    parser = commands.add_parser(
        "sandbox",
        help="serve a CallCov list API with invented analyses",
        description="Serve a CallCov list API with invented analyses. Once it is ready it prints one "
        "line of name=value pairs: the base URL, and an API key for each of its accounts.",
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to bind (default: %(default)s)"
    )
    parser.add_argument(
        "--port", type=_port, default=8765, help="0 picks a free one (default: %(default)s)"
    )
    parser.add_argument(
        "--analyses",
        type=_size,
        default=2500,
        help="size of the main account, 10 million at most (default: %(default)s)",
    )
    parser.add_argument("--seed", type=_count, default=7, help="default: %(default)s")
    parser.add_argument(
        "--rate-limit",
        type=_count,
        default=100,
        help="requests a minute and account, 0 is off (default: %(default)s)",
    )
    parser.add_argument(
        "--file", type=Path, help="serve a saved answer: list JSON, a JSON array or JSON Lines"
    )
    parser.add_argument(
        "--live", action="store_true", help="let analyses go on arriving and ending"
    )
    parser.set_defaults(run=_run_sandbox)


def _run_sandbox(chosen: argparse.Namespace) -> int:
    # Imported here, so that --help and the other commands need no numpy and no server.
    from explorer.sandbox import FileError, Sandbox
    from explorer.sandbox.server import CannotListen, serve

    try:
        sandbox = Sandbox(
            analyses=chosen.analyses,
            seed=chosen.seed,
            rate_limit=chosen.rate_limit,
            live=chosen.live,
            file=chosen.file,
        )
    except FileError as error:
        return _complain("sandbox", str(error), 2)
    try:
        serve(sandbox, chosen.host, chosen.port)
    except CannotListen as error:
        return _complain("sandbox", str(error), 1)
    return 0


def _add_sync(commands: Any) -> None:
    parser = commands.add_parser(
        "sync",
        help="bring the mirror of the configured account up to date",
        description="Bring the mirror of the configured account (CALLCOV_API_KEY or CALLCOV_TOKEN) "
        "up to date and print what was done. Exit code 1 when the mirror does not equal the account.",
    )
    _add_store(parser)
    parser.add_argument(
        "--everything", action="store_true", help="read every analysis again, not only changes"
    )
    parser.set_defaults(run=_run_sync)


def _add_export(commands: Any) -> None:
    parser = commands.add_parser(
        "export",
        help="write calls of the mirror to a file",
        description="Write the calls of the mirror that match to a file or, with -, to standard "
        "output. The mirror is read as it is: run sync before.",
    )
    _add_store(parser)
    parser.add_argument("target", help="a .csv, .jsonl or .parquet file, or - for CSV")
    _add_where(parser)
    parser.set_defaults(run=_run_export)


def _add_failures(commands: Any) -> None:
    parser = commands.add_parser(
        "failures",
        help="list why analyses fail; for cron and CI",
        description="Bring the mirror up to date and list why analyses fail, the most frequent "
        "reason first, with outages and stuck calls.",
        epilog=f"Exit code: 0 when the list is printed, 1 when it cannot be made, 2 when the "
        f"arguments are wrong, {THRESHOLD_REACHED} when it is printed and the threshold is reached.",
    )
    _add_store(parser)
    parser.add_argument("--since", help="24h, 7d, 2026-11-01 or a time (default: all calls)")
    parser.add_argument("--until", help="as --since (default: now)")
    _add_where(parser)
    parser.add_argument(
        "--threshold",
        type=_threshold,
        metavar="5%|10",
        help=f"exit with {THRESHOLD_REACHED} when this share of all calls, or this many, failed",
    )
    parser.add_argument("--json", action="store_true", help="print JSON for machines")
    parser.add_argument(
        "--no-sync", action="store_true", help="read the mirror as it is, without asking the API"
    )
    parser.add_argument(
        "--max-age",
        type=_span,
        metavar="1h",
        help="fail when the mirror was brought up to date longer ago, which another process may do",
    )
    parser.set_defaults(run=_run_failures)


def _add_where(parser: Any) -> None:
    parser.add_argument(
        "--where",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a filter by its URL name, such as status_filter=failed or since=7d; repeatable",
    )
    parser.add_argument(
        "--zone", type=_zone, default="UTC", help="where days begin (default: %(default)s)"
    )


def _add_store(parser: Any) -> None:
    parser.add_argument("--path", type=_file, help="the mirror's file (default: in EXPLORER_STORE)")


def _run_sync(chosen: argparse.Namespace) -> int:
    from explorer.errors import ExplorerError

    try:
        with _mirror(chosen.path) as mirror:
            report = mirror.sync(everything=chosen.everything)
    except ExplorerError as error:
        return _complain("sync", str(error), 1)
    equal = "equals the account" if report.complete else "does not equal the account yet"
    print(
        f"{report.kind}: {report.requests} requests, {report.fetched} rows read; "
        f"{report.inserted} new, {report.updated} changed, {report.deleted} gone, "
        f"{report.rejected} unreadable; {report.total} analyses; the mirror {equal}"
    )
    return 0 if report.complete else 1


def _run_export(chosen: argparse.Namespace) -> int:
    from explorer.analysis.export import FORMATS, write_export
    from explorer.errors import ExplorerError

    form = "csv" if chosen.target == "-" else Path(chosen.target).suffix.lstrip(".").lower()
    if form not in FORMATS:
        return _complain("export", f"{chosen.target} ends in none of .csv, .jsonl, .parquet", 2)
    try:
        calls, zone = _filter(chosen.where), chosen.zone
        calls.where(zone=zone)  # a range that ends before it starts is refused before anything
    except ExplorerError as error:
        return _complain("export", str(error), 2)
    try:
        with _mirror(chosen.path) as mirror:
            if mirror.coverage().total is None:
                return _complain("export", "nothing is mirrored yet: run sync first", 1)
            if chosen.target == "-":
                write_export(mirror.cursor(), calls, zone, form, sys.stdout.buffer)
            else:
                with open(chosen.target, "wb") as target:
                    write_export(mirror.cursor(), calls, zone, form, target)
    except OSError as error:
        problem = f"{chosen.target} cannot be written ({error.strerror}): choose another target"
        return _complain("export", problem, 1)
    except ExplorerError as error:
        return _complain("export", str(error), 1)
    return 0


def _run_failures(chosen: argparse.Namespace) -> int:
    from explorer.analysis.failure_report import failure_report
    from explorer.errors import ExplorerError

    spans = [(name, getattr(chosen, name)) for name in ("since", "until")]
    terms = [f"{name}={value}" for name, value in spans if value is not None]
    try:
        calls, zone = _filter([*chosen.where, *terms]), chosen.zone
        calls.where(zone=zone)
    except ExplorerError as error:
        return _complain("failures", str(error), 2)
    try:
        with _mirror(chosen.path) as mirror:
            if not chosen.no_sync:
                _refresh(mirror)
            if mirror.coverage().total is None:
                return _complain("failures", "nothing is mirrored yet: leave out --no-sync", 1)
            report = failure_report(mirror.moment(), calls, zone, chosen.threshold)
    except ExplorerError as error:
        return _complain("failures", str(error), 1)
    if chosen.max_age is not None and report.age_s > chosen.max_age:
        problem = f"older than --max-age: {report.as_of_words}. Sync the mirror, then ask again"
        return _complain("failures", problem, 1)
    sys.stdout.write(report.json() if chosen.json else report.text())
    return THRESHOLD_REACHED if report.reached else 0


@contextmanager
def _mirror(path: Path | None) -> Iterator[Any]:
    """The mirror of the configured account."""
    from explorer.api.client import Client
    from explorer.mirror.mirror import Mirror
    from explorer.settings import configure_logging, load_settings

    configure_logging(load_settings().explorer_log)
    with Client() as client, Mirror.open(client, path) as mirror:
        yield mirror


def _refresh(mirror: Any) -> None:
    """Sync the mirror; one that another process keeps up to date is read as it is."""
    if mirror.read_only:
        print("The mirror is open in another process: its last snapshot is read.", file=sys.stderr)
    elif not mirror.sync().complete:
        print("The account changed while it was read: figures may be off.", file=sys.stderr)


def _filter(terms: Sequence[str]) -> Any:
    from explorer.analysis.dimensions import BY_NAME
    from explorer.analysis.filters import Filter
    from explorer.errors import InvalidFilterError

    query: dict[str, list[str]] = {}
    for term in terms:
        name, equals, value = term.partition("=")
        if not equals or name not in BY_NAME:
            raise InvalidFilterError(
                f"“{term}” is no filter: write NAME=VALUE with one of {', '.join(BY_NAME)}."
            )
        query.setdefault(name, []).append(value)
    read = {name: BY_NAME[name].kind.read(name, values) for name, values in query.items()}
    return Filter(**read)


def _complain(command: str, text: str, code: int) -> int:
    print(f"python -m explorer {command}: error: {text}", file=sys.stderr)
    return code


def _count(text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        value = -1
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 0 or more")
    return value


def _file(text: str) -> Path:
    if not text:
        raise argparse.ArgumentTypeError("the name of the file is empty")
    return Path(text)


def _span(text: str) -> int:
    from explorer.analysis.times import span_s

    seconds = span_s(text)
    if seconds is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no span, such as 90m, 24h or 7d")
    return seconds


def _zone(text: str) -> Any:
    from explorer.analysis.zones import zone_of
    from explorer.errors import InvalidFilterError

    try:
        return zone_of(text)
    except InvalidFilterError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _threshold(text: str) -> Any:
    from explorer.analysis.failure_report import Threshold

    try:
        return Threshold.parse(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is neither a share such as 5% nor a number such as 10"
        ) from None


def _size(text: str) -> int:
    value = _count(text)
    if value > _LARGEST_ACCOUNT:
        raise argparse.ArgumentTypeError(f"{text!r} is more than {_LARGEST_ACCOUNT:,}")
    return value


def _port(text: str) -> int:
    value = _count(text)
    if value > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port, 0 to 65535")
    return value


if __name__ == "__main__":
    sys.exit(main())
