"""On which line of a TOML text each key stands; the standard library's parser does not say."""

import re
import tomllib
from bisect import bisect_right

Path = tuple[str | int, ...]
"""From the top to a value: keys, and positions in arrays."""

_BASIC = r'"(?:[^"\\\n]|\\.)*"'
_LITERAL = r"'[^'\n]*'"
_KEY = re.compile(rf"{_BASIC}|{_LITERAL}|[A-Za-z0-9_-]+")
_STRING = re.compile(
    rf'"""(?:[^\\]|\\.)*?"{{3,5}}(?!")|\'\'\'.*?\'{{3,5}}(?!\')|{_BASIC}|{_LITERAL}', re.DOTALL
)
_SCALAR = re.compile(r"[^,\]}\n#]+")
_GAP = re.compile(r"(?:\s|#[^\n]*)*")


def lines_of(text: str) -> dict[Path, int]:
    """The line of every key, table and array element of a valid TOML text, counted from 1."""
    scanner = _Scanner(text)
    scanner.document()
    return scanner.lines


class _Scanner:
    """Walks over a text that is known to be valid, so it looks at no more than it must."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[Path, int] = {}
        self._last: dict[Path, int] = {}
        self._breaks = [match.start() for match in re.finditer("\n", text)]

    def document(self) -> None:
        """Notes every line, from here to the end."""
        table: Path = ()
        while self._skip_gap():
            if self._take("[["):
                table = self._next_element()
            elif self._take("["):
                table = self._resolve(self._dotted_key())
                self._note(table)
                self._take("]")
            else:
                self._pair(table)

    def _next_element(self) -> Path:
        line_at = self.at
        *parents, name = self._dotted_key()
        array = (*self._resolve(parents), name)
        self._last[array] = self._last.get(array, -1) + 1
        self._take("]]")
        element = (*array, self._last[array])
        for path in (array, element):
            self.lines.setdefault(path, self._line(line_at))
        return element

    def _resolve(self, keys: list[str]) -> Path:
        """The path of these keys, with the latest element of every array of tables on the way."""
        path: Path = ()
        for key in keys:
            path = (*path, key)
            if path in self._last:
                path = (*path, self._last[path])
        return path

    def _pair(self, table: Path) -> None:
        start = self.at
        path = table
        for key in self._dotted_key():
            path = (*path, key)
            self.lines.setdefault(path, self._line(start))
        self._take("=")
        self._value(path)

    def _value(self, path: Path) -> None:
        self._skip_gap()
        if self._take("["):
            self._array(path)
        elif self._take("{"):
            while self._skip_gap() and not self._take("}"):
                self._pair(path)
                self._take(",")
        else:
            match = _STRING.match(self.text, self.at) or _SCALAR.match(self.text, self.at)
            self.at = match.end() if match else len(self.text)

    def _array(self, path: Path) -> None:
        index = 0
        while self._skip_gap() and not self._take("]"):
            self._note((*path, index))
            self._value((*path, index))
            self._take(",")
            index += 1

    def _dotted_key(self) -> list[str]:
        keys: list[str] = []
        self._skip_gap()
        while match := _KEY.match(self.text, self.at):
            self.at = match.end()
            keys.append(_plain(match.group()))
            if not self._take("."):
                break
            self._skip_gap()
        return keys

    def _take(self, mark: str) -> bool:
        """Steps over this mark if it comes next, blanks aside."""
        self._skip_gap()
        if not self.text.startswith(mark, self.at):
            return False
        self.at += len(mark)
        return True

    def _skip_gap(self) -> bool:
        """Steps over blanks and comments; whether anything is left."""
        match = _GAP.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return self.at < len(self.text)

    def _note(self, path: Path) -> None:
        self.lines.setdefault(path, self._line(self.at))

    def _line(self, at: int) -> int:
        return bisect_right(self._breaks, at - 1) + 1


def _plain(key: str) -> str:
    """A key without its quotes."""
    return tomllib.loads(f"key = {key}")["key"] if key[0] in "\"'" else key
