"""report.html: one file with its style and images inside, read by a browser that may ask nobody anything."""

from __future__ import annotations

import html
import http.server
import json
import re
import shutil
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest
from study_tables import ORIGINAL, made_up_table

from econas_jax.figures.page import Page, Section, write_page
from econas_jax.study.recommendation import previous_proxies
from econas_jax.study.results import StudyOutcome, write_results

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
needs_browser = pytest.mark.skipif(BROWSER is None, reason="no chromium (Debian: apt-get install chromium)")


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> StudyOutcome:
    folder = tmp_path_factory.mktemp("study")
    return write_results(folder, made_up_table(), ORIGINAL, 0.05, 200, 0, {"made": "<up>"})


def browse(*arguments: str) -> str:
    """What the browser makes of a page, as HTML."""
    assert BROWSER is not None
    command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=240).stdout


def test_the_report_says_what_the_analysis_says(outcome: StudyOutcome) -> None:
    text = html.unescape(outcome.report.read_text())
    assert outcome.recommendation.text in text and outcome.recommendation.proxy is not None
    for result in outcome.analysis.proxies:
        assert f">{result.name}</td>" in text and f">{result.rho}</td>" in text
    assert all(line in text for line in previous_proxies(outcome.analysis))
    assert '"made": "<up>"' in text and "<up>" not in outcome.report.read_text()  # escaped
    assert f'<tr class="marked"><td data-name="proxy">{outcome.recommendation.proxy.name}</td>' in text
    figures = list((outcome.report.parent / "figures").glob("*.png"))
    assert text.count("data:image/png;base64,") == len(figures) >= 8


def test_the_report_names_no_address(outcome: StudyOutcome) -> None:
    text = outcome.report.read_text()
    links = re.findall(r"""(?:src|href)\s*=\s*["']([^"']{0,30})""", text)
    assert links and all(link.startswith("data:") for link in links)
    assert not re.search(r"https?://|@import|url\(", text)


def test_the_numbers_are_also_there_for_programs(outcome: StudyOutcome) -> None:
    numbers = json.loads((outcome.report.parent / "analysis.json").read_text())
    chosen = outcome.recommendation.proxy
    assert chosen is not None and numbers["recommendation"]["proxy"] == chosen.name
    rho = outcome.analysis.proxies[0].rho
    assert rho is not None and rho.interval is not None
    assert numbers["proxies"][0]["spearman"] == {"value": rho.value, "interval": [rho.interval.low, rho.interval.high]}
    assert [claim["verdict"] for claim in numbers["observations"]]


class _Requests(http.server.BaseHTTPRequestHandler):
    """Serves one page and remembers every path that is asked for."""

    page = b""
    asked: list[str]

    def do_GET(self) -> None:  # noqa: N802 - the name that http.server calls
        self.asked.append(self.path)
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(self.page)

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


def requests_for(page: bytes) -> tuple[list[str], str]:
    """The paths a browser asks for when it opens the page, all names resolved to this server, and the page it makes."""

    class Handler(_Requests):
        asked: list[str] = []

    Handler.page = page
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_address[1]
    rules = f"MAP * 127.0.0.1:{port}"
    dom = browse(f"--host-resolver-rules={rules}", "--dump-dom", f"http://report.test:{port}/report")
    server.shutdown()
    server.server_close()
    own = [path for path in Handler.asked if "report" in path or "elsewhere" in path or "favicon" in path]
    return own, dom


@needs_browser
@pytest.mark.slow
def test_a_browser_shows_the_report_and_asks_nobody(outcome: StudyOutcome) -> None:
    asked, dom = requests_for(outcome.report.read_bytes())
    assert asked == ["/report"]
    assert outcome.recommendation.text in html.unescape(dom)
    asked, _ = requests_for(
        outcome.report.read_bytes().replace(b"</body>", b"<img src='http://elsewhere.test/elsewhere'>")
    )
    assert "/elsewhere" in asked  # the test would see it


@needs_browser
@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1_100])
def test_nothing_of_the_report_is_cut(width: int, outcome: StudyOutcome, tmp_path: Path) -> None:
    """Neither the page nor a table is wider than the screen of a phone or a small laptop; all images load."""
    page = tmp_path / "framed.html"  # a window cannot be as narrow as a phone, a frame can
    page.write_text(
        f"<iframe style='width: {width}px; border: 0' srcdoc='{html.escape(outcome.report.read_text())}'></iframe>"
        "<script>window.onload = () => { const inside = document.querySelector('iframe').contentDocument;"
        "const scrolling = [inside.documentElement, ...inside.querySelectorAll('.wide, pre, .summary')];"
        "const cut = scrolling.filter(e => e.scrollWidth > e.clientWidth); const images = [...inside.images];"
        "const loaded = images.filter(i => i.naturalWidth > 100);"
        "document.title = [inside.documentElement.clientWidth > 0, cut.length, loaded.length].join(' ') }</script>"
    )
    dom = browse("--window-size=1200,900", "--virtual-time-budget=5000", "--dump-dom", page.as_uri())
    figures = len(list((outcome.report.parent / "figures").glob("*.png")))
    assert re.search("<title>(.*?)</title>", dom).group(1) == f"true 0 {figures}"  # type: ignore[union-attr]


def test_every_text_of_a_page_is_escaped(tmp_path: Path) -> None:
    write_page(tmp_path / "page.html", Page("a < b", ["x & y"], [Section("<script>", ["<i>"], texts=["1 < 2"])]))
    text = (tmp_path / "page.html").read_text()
    assert "a &lt; b" in text and "x &amp; y" in text and "<script>" not in text and "<i>" not in text
