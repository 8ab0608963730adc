"""Messages made from templates, so that which of them belong together is known.

A file names a system and holds one template a line; ``{kind}`` is a variable of `VALUES`, ``\\n``
and ``\\t`` are a line break and a tab. `developed` systems were looked at while the grouping was
written; `held_out` ones were written down before it and only measured.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from random import Random

FOLDER = Path(__file__).resolve().parent
DEVELOPED, HELD_OUT = "developed", "held_out"
_KIND = re.compile(r"\{([a-z0-9]+)\}")
_USERS = """root admin maria jsmith deploy ubuntu oracle test guest anna.k backup svc-reports nagios
bob alice webmaster chen.wei mueller postgres git ftp jenkins tomcat carla o.novak user1 ivan
priya hadoop student amir www-data lucas info support demo""".split()  # noqa: SIM905
_NAMES = """billing analytics checkout ingest transcriber gateway catalog ledger scheduler inventory
notifier search profile mailer uploader archive diarizer sentiment coach reports frontend media
crawler exporter planner auditor relay broker indexer ranker vault router""".split()  # noqa: SIM905
_WORDS = """alpha contact invoice order banana product session lead refund ticket survey campaign
profile shipment draft note""".split()  # noqa: SIM905
_COLUMNS = """user_id created_at email amount agent_id status duration name score price locale
parent_id transcript external_ref title phone""".split()  # noqa: SIM905
_CLASSES = """com.acme.audio.Resampler com.acme.User com.example.app org.shop.Order
com.acme.calls.CallService io.media.Track com.chat.client Invoice CallRecord SegmentList
net.tools.sync.Worker UserProfile""".split()  # noqa: SIM905
_STEMS = """rec call_ interview meeting- voicemail lecture. standup intro kunde_ demo""".split()  # noqa: SIM905
_REGIONS = """eu-west-1 us-east-1 us-west-2 ap-south-1 eu-central-1 westeurope eastus""".split()  # noqa: SIM905


def _int(r: Random) -> str:
    return str(int(10 ** r.uniform(0.5, 6)))


def _hex(r: Random, length: int) -> str:
    return "".join(r.choices("0123456789abcdef", k=length))


def _alnum(r: Random, length: int) -> str:
    return "".join(
        r.choices("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ0123456789", k=length)
    )


def _ip(r: Random) -> str:
    return ".".join(str(r.randint(1, 254)) for _ in range(4))


def _host(r: Random) -> str:
    name = r.choice(_NAMES)
    return r.choice(
        [
            f"{name}.internal",
            f"{name}-{r.randint(1, 20)}.{r.choice(_REGIONS)}.internal",
            f"api.{name}.example.com",
            f"ip-10-0-{r.randint(0, 9)}-{r.randint(0, 254)}",
            f"{name}-db",
            f"node{r.randint(1, 40)}",
        ]
    )


def _path(r: Random) -> str:
    parts = r.choices([*_NAMES, "v1", "data", "tmp", "2024", "srv", "lib"], k=r.randint(2, 5))
    return "/" + "/".join(parts)


def _file(r: Random) -> str:
    end = r.choice([str(r.randint(1, 9999)), r.choice(_WORDS), _hex(r, 6)])
    return f"{r.choice(_STEMS)}{end}.{r.choice(['wav', 'mp3', 'ogg', 'webm', 'm4a'])}"


def _time(r: Random) -> str:
    return (
        f"2024-{r.randint(1, 12):02}-{r.randint(1, 28):02}T"
        f"{r.randint(0, 23):02}:{r.randint(0, 59):02}:{r.randint(0, 59):02}Z"
    )


def _uuid(r: Random) -> str:
    return "-".join(_hex(r, n) for n in (8, 4, 4, 4, 12))


def _duration(r: Random) -> str:
    return r.choice(
        [
            f"{r.uniform(0, 9):.2f}s",
            f"{r.randint(1, 999)}ms",
            f"{r.randint(1, 9)}m{r.randint(0, 59)}s",
            "30s",
        ]
    )


def _url(r: Random) -> str:
    query = r.choice(["", f"?page={r.randint(1, 99)}", f"?sig={_alnum(r, 20)}"])
    return f"https://{r.choice(_NAMES)}.example.com{_path(r)}{query}"


def _id(r: Random) -> str:
    return r.choice(
        [
            f"{r.choice(['job', 'cus', 'req', 'pi', 'w'])}_{_alnum(r, r.randint(8, 20))}",
            f"{r.choice(['consumer', 'job', 'inv'])}-{r.randint(1, 99999)}",
            f"w-{_hex(r, 8)}",
        ]
    )


VALUES: dict[str, Callable[[Random], str]] = {
    "int": _int,
    "small": lambda r: str(r.randint(0, 12)),
    "float": lambda r: f"{r.uniform(0, 200):.{r.randint(1, 3)}f}",
    "prob": lambda r: f"{r.random():.2f}",
    "pct": lambda r: f"{r.randint(0, 100)}%",
    "port": lambda r: str(r.randint(1024, 65535)),
    "dur": _duration,
    "size": lambda r: f"{r.uniform(1, 900):.1f} {r.choice(['KiB', 'MiB', 'GiB'])}",
    "ip": _ip,
    "ipport": lambda r: f"{_ip(r)}:{r.randint(80, 60000)}",
    "host": _host,
    "hostport": lambda r: f"{_host(r)}:{r.randint(80, 60000)}",
    "url": _url,
    "path": _path,
    "winpath": lambda r: "C:" + _path(r).replace("/", "\\") + ".dat",
    "file": _file,
    "uuid": _uuid,
    "hex": lambda r: _hex(r, r.randint(7, 12)),
    "hex2": lambda r: _hex(r, 2),
    "hex4": lambda r: _hex(r, 4),
    "hex8": lambda r: _hex(r, 8),
    "sha": lambda r: _hex(r, 12),
    "ptr": lambda r: "0x" + _hex(r, r.choice([2, 8, 12])),
    "b64": lambda r: _alnum(r, 43),
    "req": lambda r: f"req_{_alnum(r, 14)}",
    "id": _id,
    "time": _time,
    "date": lambda r: _time(r)[:10],
    "clock": lambda r: (
        f"{r.randint(0, 3):02}:{r.randint(0, 59):02}"
        + (f":{r.randint(0, 59):02}" if r.random() < 0.4 else "")
    ),
    "user": lambda r: r.choice(_USERS),
    "name": lambda r: r.choice(_NAMES),
    "names": lambda r: ", ".join(r.sample(_NAMES, r.randint(1, 4))),
    "word": lambda r: r.choice(_WORDS),
    "table": lambda r: r.choice(_NAMES) + r.choice(["", "s", "_log", "_items", "_2024"]),
    "column": lambda r: r.choice(_COLUMNS),
    "class": lambda r: r.choice(_CLASSES),
    "topic": lambda r: f"{r.choice(_NAMES)}.{r.choice(_WORDS)}",
    "queue": lambda r: f"{r.choice(_NAMES)}-{r.choice(['jobs', 'dlq', 'events', 'in'])}",
    "bucket": lambda r: (
        f"{r.choice(_NAMES)}-{r.choice(['prod', 'raw', 'audio', str(r.randint(1, 99))])}"
    ),
    "pod": lambda r: f"{r.choice(_NAMES)}-{_hex(r, 9)}-{_alnum(r, 5).lower()}",
    "email": lambda r: f"{r.choice(_USERS)}@{r.choice(_NAMES)}.example.com",
    "phone": lambda r: f"+{r.randint(1, 99)}{r.randint(10**8, 10**9)}",
    "callid": lambda r: f"{_hex(r, 10)}@{_ip(r)}",
    "region": lambda r: r.choice(_REGIONS),
    "lang": lambda r: r.choice(
        ["en", "de", "fr", "es", "ja", "pt-BR", "zh", "ar", "nl", "it", "ru", "sv"]
    ),
    "mime": lambda r: r.choice(
        ["audio/wav", "audio/mpeg", "application/json", "video/mp4", "text/csv"]
    ),
    "codec": lambda r: r.choice(
        ["opus", "vorbis", "aac", "flac", "pcm_s16le", "mp3", "amr_nb", "alac", "wmav2", "g729"]
    ),
    "model": lambda r: r.choice(
        ["Call", "Agent", "whisper-large", "tdt-1.1b", "Invoice", "nova-2"]
    ),
    "disk": lambda r: r.choice(["sda", "sdb1", "nvme0n1", "vda1", "sdc", "dm-0"]),
    "nic": lambda r: r.choice(["eth0", "eth1", "ens5", "eno1", "bond0"]),
    "method": lambda r: r.choice(["GET", "POST", "PUT", "DELETE", "PATCH"]),
    "version": lambda r: f"v{r.randint(0, 9)}.{r.randint(0, 30)}.{r.randint(0, 9)}",
    "acct": lambda r: str(r.randint(10**11, 10**12)),
    "money": lambda r: f"{r.randint(1, 900)}.{r.randint(0, 99):02}",
    "currency": lambda r: r.choice(["EUR", "USD", "GBP", "JPY", "SEK", "CHF", "PLN", "CZK"]),
    "country": lambda r: r.choice(
        ["Germany", "Japan", "Brazil", "Kenya", "Norway", "Chile", "India", "Spain"]
    ),
    "caps": lambda r: r.choice(
        ["SCREEN_ON", "TIME_TICK", "BATTERY_LOW", "USER_PRESENT", "CAMERA", "READ_CONTACTS"]
    ),
}


def systems(part: str) -> dict[str, list[str]]:
    """The templates of each system of a part, by its name."""
    return {
        path.stem: path.read_text(encoding="utf-8").splitlines()
        for path in sorted((FOLDER / part).glob("*.txt"))
    }


def fill(template: str, random: Random) -> str:
    """A message of a template."""
    text = template.replace("\\n", "\n").replace("\\t", "\t")
    return _KIND.sub(
        lambda match: VALUES[match[1]](random) if match[1] in VALUES else match[0], text
    )


def messages(system: str, templates: list[str], n: int) -> list[tuple[int, str]]:
    """`n` messages as (number of the template, text), some templates far more often than others.

    The same ones in every run.
    """
    random = Random(system)
    weights = [random.paretovariate(0.9) for _ in templates]
    numbers = [
        *range(len(templates)),
        *random.choices(range(len(templates)), weights, k=n - len(templates)),
    ]
    return [(number, fill(templates[number], random)) for number in numbers]


def grouping_accuracy(truth: list[int], groups: list[str]) -> float:
    """The share of messages whose group holds all messages of their template and no other."""
    by_truth: dict[int, set[int]] = {}
    by_group: dict[str, set[int]] = {}
    for place, (number, group) in enumerate(zip(truth, groups, strict=True)):
        by_truth.setdefault(number, set()).add(place)
        by_group.setdefault(group, set()).add(place)
    right = sum(len(members) for members in by_truth.values() if members in by_group.values())
    return right / len(truth)
