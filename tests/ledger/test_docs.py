import re
from pathlib import Path

from causeway.cli.verify import command

DOCS = Path(__file__).parents[2] / "docs" / "ledger.md"


def test_the_python_example_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (example,) = re.findall(r"```python\n(.*?)```", DOCS.read_text(), re.DOTALL)
    exec(example, {})  # noqa: S102 - our own page


def test_every_option_of_verify_is_explained():
    text = DOCS.read_text()
    assert [option for param in command.params for option in param.opts if option.startswith("--")]
    for param in command.params:
        for option in param.opts:
            assert not option.startswith("--") or option in text, option
