"""``python -m explorer sandbox``: what it prints, serves and refuses."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from explorer.__main__ import main

ROOT = Path(__file__).parents[2]


def test_the_command_prints_its_address_and_keys_and_serves(tmp_path: Path) -> None:
    saved = tmp_path / "saved.jsonl"
    saved.write_text('{"id": "a", "created": 1, "status": "new"}\n')
    command = [sys.executable, "-m", "explorer", "sandbox", "--port", "0", "--rate-limit", "0"]
    with subprocess.Popen(
        [*command, "--file", str(saved), "--live"], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as server:
        try:
            assert server.stdout is not None
            line = server.stdout.readline()
            said = dict(re.findall(r"(\w+)=(\S+)", line))
            assert said["base_url"].startswith("http://127.0.0.1:")
            answer = httpx.get(
                f"{said['base_url']}/analysis/", headers={"X-API-Key": said["key"]}, timeout=10
            )
            assert answer.json()["data"] == [{"id": "a", "created": 1, "status": "new"}]
            assert not [name for name in answer.headers if name.startswith("x-ratelimit")]
            assert set(said) == {"base_url", "key", "second_key", "empty_key", "plain_key"}
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(timeout=10)
    assert server.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "required: command"),
        (["unknown"], "invalid choice"),
        (["sandbox", "--port", "x"], "'x' is not a whole number"),
        (["sandbox", "--port", "70000"], "not a port"),
        (["sandbox", "--analyses", "-5"], "'-5' is not a whole number"),
        (["sandbox", "--analyses", "10000001"], "more than 10,000,000"),
        (["sandbox", "--rate-limit", "1.5"], "'1.5' is not a whole number"),
    ],
)
def test_bad_arguments_end_with_code_2(
    arguments: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert expected in capsys.readouterr().err


def test_a_bad_file_ends_with_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text('{"id": "a", "created": 1}\n{oops}\n')
    assert main(["sandbox", "--file", str(path)]) == 2
    assert f"{path}, line 2: not JSON" in capsys.readouterr().err


def test_a_port_in_use_ends_with_code_1(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["sandbox", "--analyses", "0", "--port", str(port)]) == 1
    assert "use --port 0" in capsys.readouterr().err


def test_help_needs_no_server_and_no_numpy() -> None:
    script = (
        "import sys; from explorer.__main__ import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "assert not {'numpy', 'uvicorn', 'starlette', 'streamlit'} & set(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, timeout=20
    )
    assert done.returncode == 0, done.stderr
    assert "sandbox" in done.stdout


def test_the_sandbox_imports_no_streamlit() -> None:
    script = "import sys, explorer.sandbox; assert 'streamlit' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT, timeout=20)
