import html.parser
import re
from http.cookies import SimpleCookie

import msgspec
import pytest
from browser import Browser

import shipyard
from causeway.actions.keys import issue
from causeway.actions.roll import roll_back
from causeway.actions.ship import ship
from causeway.console.answers import templates
from causeway.console.app import STYLE, create_app
from causeway.core.events import StageFinished
from causeway.core.finding import Evidence, Finding, Remedy, Severity

TOKEN = "a-token"  # noqa: S105 - of a test
SIGNED_IN = {"authorization": f"Bearer {TOKEN}"}
EVIL = "<script>alert('x')</script>"


@pytest.fixture
def live(folder):
    """A folder whose product is live, with something open, waived and answered."""
    findings = [
        Finding("LEAK-SPLIT", Severity.FIX, "the table is scaled before the split", Remedy("split first"),
                evidence=(Evidence(path="train.py", line=41),)),
        Finding("owner", Severity.BLOCKER, f"nobody owns it {EVIL}", Remedy("name one")),
    ]  # fmt: skip
    shipyard.poc(folder, more=f'purpose = "Keep subscribers {EVIL}"\n')
    shipyard.release(folder, findings=findings, encoded_input=True)
    work = shipyard.workspace(folder)
    ship(work, folder, waive={"ENCODED-INPUT": f"a demo {EVIL}"}, agree=lambda _: True)
    return folder


def client(folder, **headers):
    app = create_app(shipyard.workspace(folder), token=TOKEN, cookie="causeway_1")
    return Browser(app, headers)


def look(folder, path):
    return client(folder, **SIGNED_IN).get(path)


def pages(folder):
    release = look(folder, "/products/churn.json").json()["shown"]["release"].removeprefix("sha256:")
    worth = ["/products/churn/worth", "/portfolio"]
    return ["/", "/products/churn", "/products/churn/events", f"/releases/{release}", *worth]


@pytest.mark.parametrize(
    "path", ["/", "/products/churn", "/products/churn/events", "/releases/x", "/nowhere"]
)
def test_nobody_sees_anything_without_the_token(live, path):
    for answer in (
        client(live).get(path),
        client(live, authorization="Bearer wrong").get(path),
        client(live, cookie="causeway_1=wrong").get(path),
        client(live).get(f"{path}?token=wrong"),
    ):
        assert answer.status_code == 401
        assert "churn" not in answer.text
        assert "set-cookie" not in answer.headers
    twin = client(live).get("/.json")
    assert (twin.status_code, twin.json()["code"], twin.json()["ok"]) == (401, "unauthorized", False)


def test_health_and_style_are_open(live):
    assert client(live).get("/healthz").text == "ok\n"
    assert client(live).get("/static/console.css").status_code == 200


def test_the_printed_link_signs_in_and_leaves_no_token_in_the_address(live):
    answer = client(live).get(f"/products/churn?token={TOKEN}&x=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/products/churn?x=1")
    morsel = SimpleCookie(answer.headers["set-cookie"])["causeway_1"]
    assert morsel["httponly"]
    assert morsel["samesite"] == "strict"
    assert client(live, cookie=f"causeway_1={morsel.value}").get("/products/churn").status_code == 200


def test_the_link_never_leads_to_another_host(live):
    answer = client(live).get(f"//evil.example/?token={TOKEN}")
    assert answer.headers["location"] == "/evil.example/"


def test_a_request_for_another_host_is_turned_away(live):
    assert client(live, host="evil.example", **SIGNED_IN).get("/").status_code == 421


def test_every_page_has_a_json_twin_with_the_same_facts(live):
    for path in pages(live):
        page, twin = look(live, path), look(live, f"{path}.json")
        assert (page.status_code, twin.status_code) == (200, 200), path
        assert page.headers["content-type"].startswith("text/html")
        assert twin.json()["ok"] is True
    product = look(live, "/products/churn.json").json()
    assert (product["stage"], list(product["shares"].values())) == ("sandbox", [100])
    assert [each["finding"]["code"] for each in product["shown"]["judgement"]["answered"]] == ["LEAK-SPLIT"]


def test_pages_carry_the_headers_that_keep_browsers_safe(live):
    for path in (*pages(live), "/.json", "/nowhere"):
        headers = look(live, path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"


def test_what_people_wrote_is_shown_as_text(live):
    for path in pages(live):
        assert "<script" not in look(live, path).text
    assert "&lt;script&gt;" in look(live, "/products/churn").text


def test_commands_in_what_is_said_are_shown_as_code_and_nothing_else_is_markup():
    show = templates().filters["sentence"]
    assert str(show("run `causeway up` <b>")) == "Run <code>causeway up</code> &lt;b&gt;"
    assert str(show("a lone ` and `<i>` tail")) == "A lone <code> and </code>&lt;i&gt; tail"


class Links(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.targets = []
        self.ids = set()

    def handle_starttag(self, _, attrs):
        found = dict(attrs)
        self.ids.add(found.get("id"))
        if target := found.get("href") or found.get("src"):
            self.targets.append(target)


def test_every_link_leads_somewhere_here(live):
    for path in pages(live):
        links = Links()
        links.feed(look(live, path).text)
        for target in links.targets:
            assert not target.startswith(("http", "//")), "nothing comes from outside"
            place, _, anchor = target.partition("#")
            there = look(live, place or path)
            assert there.status_code == 200, target
            assert not anchor or f'id="{anchor}"' in there.text, target


def test_the_page_tells_what_is_live_how_good_and_what_stands_open(live):
    text = look(live, "/products/churn").text
    for words in (
        "0.62",
        "always Yes",
        "999",
        "split first",
        "The table is scaled before the split",
        "waived",
    ):
        assert words in text
    assert "train.py:41" in text
    assert "at most 600 requests a minute" in text
    assert "causeway roll back" in text


def test_no_page_holds_a_token_or_its_digest(live):
    issued = issue(live, "web shop")
    digest = next(
        key.digest for key in msgspec.json.decode(
            (live / ".causeway" / "routes.json").read_bytes(), type=_Routes).routes[0].keys
        if key.id == issued.key
    )  # fmt: skip
    for path in pages(live):
        for form in ("", ".json"):
            text = look(live, path + form).text
            assert issued.token not in text
            assert digest not in text
    assert "web shop" in look(live, "/products/churn").text


class _Key(msgspec.Struct):
    id: str
    digest: str


class _Route(msgspec.Struct):
    keys: list[_Key]


class _Routes(msgspec.Struct):
    routes: list[_Route]


def test_after_a_roll_back_nothing_is_live_and_the_timeline_says_so(live):
    roll_back(live)
    assert "Rolled back: nothing is live." in look(live, "/products/churn").text
    assert look(live, "/.json").json()["products"][0]["shares"] == {}


def test_a_tampered_bundle_is_named_on_the_page_instead_of_breaking_it(live):
    work = shipyard.workspace(live)
    release = next(iter(look(live, "/products/churn.json").json()["shares"]))
    (work.bundle(release) / "release.json").write_bytes(b"{}")
    answer = look(live, "/products/churn")
    assert answer.status_code == 200
    assert "release.json has the digest" in answer.text
    assert look(live, "/").status_code == 200
    assert look(live, f"/releases/{release}").status_code == 409


def test_a_spoilt_judgement_is_named_on_the_page(live):
    work = shipyard.workspace(live)
    digest = work.ledger.read("churn")[-1].fact.judgement.removeprefix("sha256:")
    path = live / ".causeway" / "artifacts" / digest[:2] / digest
    path.chmod(0o644)
    path.write_bytes(b"{}")
    answer = look(live, "/products/churn")
    assert (answer.status_code, "has changed on disk" in answer.text) == (200, True)


@pytest.mark.parametrize("path", ["/nowhere", "/products/none", "/products/none/events", "/releases/0"])
def test_what_is_not_there_is_404_in_both_forms(live, path):
    page, twin = look(live, path), look(live, f"{path}.json")
    assert (page.status_code, twin.status_code) == (404, 404)
    assert set(twin.json()) == {"ok", "error", "code", "where", "hint", "status"}


def test_a_release_tells_what_making_it_took_stage_by_stage(folder):
    release = shipyard.release(shipyard.poc(folder)).removeprefix("sha256:")
    path, work = f"/releases/{release}", shipyard.workspace(folder)
    assert "What making it took" not in look(folder, path).text
    costs = {"cost": 0.0007, "cost_low": 0.0003, "cost_high": 0.0009, "currency": "EUR", "rates": "2024-09"}
    stages = [
        StageFinished("run-0", "environment", "k0", "sha256:e", 60.0, 250_000_000, **costs),
        StageFinished("run-1", "environment", "k0", "sha256:e", 0.0, cached=True),
        StageFinished("run-1", "train", "k1", "sha256:t", 30.0, 611_000_000, **costs),
    ]
    work.ledger.append("churn", stages, actor="a1", at=shipyard.NOON)

    told, twin = look(folder, path).text, look(folder, f"{path}.json").json()

    assert [(each["stage"], each["seconds"]) for each in twin["stages"]] == [
        ("environment", 60),
        ("train", 30),
    ]
    assert (twin["cost"]["value"], twin["cost"]["unit"]) == (0.0014, "EUR")
    words = " ".join(re.sub("<[^>]+>", " ", told).split())
    assert "environment taken up, as it was when it was done 60.0 s 250 MB 0.0007 EUR" in words
    assert "Together 90.0 s 611 MB at most 0.0014 EUR (0.0006 to 0.0018 EUR)" in words
    assert "Costs are estimated from the rate card of 2024-09" in words


def test_the_console_takes_no_orders(live):
    for path in pages(live):
        assert client(live, **SIGNED_IN).post(path).status_code == 405


def test_an_empty_workspace_says_how_to_begin(folder):
    shipyard.workspace(folder)
    assert "causeway init" in look(folder, "/").text


def test_the_page_of_a_release_says_how_its_columns_are_made(folder):
    made = [
        {
            "column": "plan",
            "rule": f"code by alphabet {EVIL}",
            "of": ["plan"],
            "made_at": "train.py:10",
            "rows": 300,
        },
        {"column": "x0", "rule": "no rule over the raw columns makes it", "made_at": "train.py:12"},
    ]
    release = shipyard.release(shipyard.poc(folder), files={"columns.json": msgspec.json.encode(made)})
    path = f"/releases/{release.removeprefix('sha256:')}"
    text = look(folder, path).text
    assert "train.py:10" in text
    assert '<b class="bad">no rule over the raw columns makes it</b>' in text
    assert EVIL not in text
    assert look(folder, f"{path}.json").json()["columns"][0] == made[0]


def test_a_product_without_a_release_has_a_page(folder):
    shipyard.release(folder)
    work = shipyard.workspace(folder)
    work.ledger.append(
        "new", [shipyard.ProductDeclared(manifest="", stage="sandbox")], actor="a", at=shipyard.NOON
    )
    assert "Nobody has a key" in look(folder, "/products/new").text


def test_our_own_style_is_small_and_loads_nothing():
    style = STYLE.read_text()
    assert len(style) < 30_000
    assert not re.search(r"@import|url\(", style)


def test_the_page_of_costs_and_value_has_no_figure_of_the_models_quality(live):
    assert "0.62" in look(live, "/products/churn").text
    for path in ("/products/churn/worth", "/portfolio", "/products/churn/worth.json"):
        said = look(live, path).text
        assert "0.62" not in said
        assert not re.search(r"\bf1\b|accura", said, re.IGNORECASE)
