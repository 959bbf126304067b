"""Asks a proof of concept's own app about stored rows: `python serving.py request.json`."""

import os
import re
import sys
import time

from causeway_runner.request import answer, said

DRIVERS = {
    "streamlit": ("causeway_runner.apps_streamlit", "Streamlit"),
    "flask": ("causeway_runner.apps_flask", "Flask"),
    "fastapi": ("causeway_runner.apps_asgi", "Asgi"),
    "starlette": ("causeway_runner.apps_asgi", "Asgi"),
    "gradio": ("causeway_runner.apps_gradio", "Gradio"),
}
RUN_SECONDS = 60
STARTING = "it fails when it starts"
DRIVING = "it could not be driven: "


def serving(request):
    """What the app was fed, what it answered, and how that compares with the training's way."""
    from causeway_runner.driving import Failed, Undrivable
    from causeway_runner.source import start_folder

    root, path = request["root"], os.path.join(request["root"], request["app"])
    os.chdir(start_folder(root, request["app"]))
    sys.path.insert(0, root)
    try:
        replay = Replay(request, opened(request, path))
        replay.match()
        replay.ask()
        return replay.result()
    except Undrivable as error:
        return {"reason": str(error)}
    except Failed as error:
        return {
            "reason": STARTING,
            "error": str(error),
            "where": told_place(error.lines, root) or request["app"],
        }
    except BaseException as error:
        where = place_of(error, root)
        # what went through no line of the app's own is a matter of how it was driven
        if not where:
            return {"reason": DRIVING + said(error)}
        return {"reason": STARTING, "error": said(error), "where": where}


def opened(request, path):
    """The driver of this kind of app, the app started."""
    from importlib import import_module

    from causeway_runner.driving import Undrivable

    if request["framework"].lower() not in DRIVERS:
        raise Undrivable("apps made with %s are not driven" % (request["framework"] or "something unknown"))
    module, name = DRIVERS[request["framework"].lower()]
    return getattr(import_module(module), name)(path, request, min(RUN_SECONDS, request["seconds"]))


def place_of(error, root):
    """The innermost line of the folder's own that an error went through."""
    found, step = "", error.__traceback__
    while step is not None:
        file = step.tb_frame.f_code.co_filename
        if file.startswith(root + os.sep):
            found = "%s:%d" % (file[len(root) + 1 :], step.tb_lineno)
        step = step.tb_next
    return found


def told_place(lines, root):
    """The last place of the folder's own among the lines of a traceback."""
    found = re.findall(re.escape(root) + r'[/\\]([^"]+)", line (\d+)', "\n".join(lines))
    return "%s:%s" % found[-1] if found else ""


class Replay:
    """Stored rows, put to an app one by one."""

    def __init__(self, request, driver):
        from causeway_runner.columns import read_column, read_matrix
        from causeway_runner.spy import Spy

        self.request, self.driver, self.began = request, driver, time.time()
        self.spy = Spy(request["root"] + os.sep)
        scratch = request["scratch"]
        self.raw = {one["name"]: list(read_column(scratch, one)) for one in request["table"]} or stored(
            request
        )
        self.count = len(next(iter(self.raw.values()), []))
        self.made = {one["name"]: list(read_column(scratch, one)) for one in request["made"]}
        self.matrix = read_matrix(scratch, request["matrix"]) if request["matrix"] else None
        self.known = {name: set(values) for name, values in request["values"].items()}
        self.asked, self.pairs, self.unmatched = [], [], []
        self.refused, self.lost, self.errors, self.told = {}, {}, [], ""
        self.rows, self.calls, self.broken = [], [], 0

    def columns(self):
        """What an input may stand for: the raw columns, then those that the training made of them."""
        found = {name: self.known.get(name) or set(filled(cells)) for name, cells in self.raw.items()}
        found.pop(self.request["target"], None)
        for name, cells in self.made.items():
            found.setdefault(name, set(filled(cells)))
        return found

    def match(self):
        """Finds the column behind each input; raises Undrivable where there is none for any."""
        from causeway_runner.driving import Undrivable
        from causeway_runner.matching import matched

        columns = self.columns()
        self.asked = self.driver.inputs(lambda inputs: len(matched(inputs, columns)))
        self.whole = getattr(getattr(self.driver, "route", None), "whole", False)
        found = matched(self.asked, columns)
        if not found and len(self.asked) == 1 and len(texts(self.raw, self.request["features"])) == 1:
            found = {0: texts(self.raw, self.request["features"])[0]}
        self.pairs = [(self.asked[place], name) for place, name in sorted(found.items())]
        self.unmatched = [one.name for i, one in enumerate(self.asked) if i not in found]
        if not self.pairs and not self.whole:
            shown = ", ".join(one.name for one in self.asked[:8]) or "nothing"
            raise Undrivable("none of its inputs (%s) could be matched with a column" % shown)

    def ask(self):
        """Puts every row to the app, as long as there is time."""
        self.spy.watch()
        for i in range(self.count):
            if time.time() - self.began > self.request["seconds"]:
                break
            self.ask_about(i)

    def ask_about(self, i):
        """Puts one row to the app, and keeps what its model was asked then."""
        from causeway_runner.driving import Failed

        self.spy.calls = []
        try:
            values = [] if self.whole else self.values(i)
        except Refused:
            return
        error = ""
        try:
            text = (
                self.driver.ask_whole(self.record(i), self.row(i)) if self.whole else self.driver.ask(values)
            )
            self.told = self.told or text
        except Failed as failed:
            error = str(failed)
        self.spy.watch()
        if error:
            self.errors.append(error)
        call = next((one for one in reversed(self.spy.calls) if one[1] == "predict"), None)
        call = call or (self.spy.calls[-1] if self.spy.calls else None)
        self.rows.append(i)
        self.calls.append(call)
        self.broken += bool(error and call)

    def values(self, i):
        """What to give each input for this row; raises Refused where one does not take it."""
        from causeway_runner.matching import Unfit, typed

        given = []
        for asked, name in self.pairs:
            cell = plain(self.raw.get(name, self.made.get(name))[i])
            try:
                value, lost = typed(asked, cell)
            except Unfit as unfit:
                self.refused.setdefault("%s: %s" % (asked.name, unfit), []).append(i)
                raise Refused from unfit
            if lost:
                self.lost[asked.name] = self.lost.get(asked.name, 0) + 1
            given.append((asked, value))
        return given

    def record(self, i):
        """The row as a record."""
        names = self.request["features"] or [name for name in self.raw if name != self.request["target"]]
        return {name: plain(self.raw[name][i]) for name in names if name in self.raw}

    def row(self, i):
        """The row as the training made it, for an app that wants the model's own columns."""
        rows = self.matrix
        if rows is None:
            return list(self.record(i).values())
        return [plain(cell) for cell in (rows.iloc[i] if hasattr(rows, "iloc") else rows[i])]

    def unasked(self):
        """The columns among the features that no input stands for."""
        told = {name for _, name in self.pairs}
        return [] if self.whole else [name for name in self.request["features"] if name not in told]

    def result(self):
        """Everything that came out."""
        from causeway_runner.replay import compared

        told = {
            "rows": len(self.rows),
            "matched": [{"input": asked.name, "column": name} for asked, name in self.pairs],
            "unmatched": self.unmatched,
            "unasked": self.unasked(),
            "refused": ["%s (%d rows)" % (why, len(rows)) for why, rows in self.refused.items()],
            "lost": ["%s takes whole numbers only (%d rows)" % one for one in self.lost.items()],
            "broken_after": self.broken,
            "error": self.errors[0] if self.errors else "",
            "failed": sum(1 for call in self.calls if call is None),
            "example": self.told[:160],
        }
        return self.weighed(dict(told, **compared(self)))

    def weighed(self, told):
        """Without what may only differ because an input stayed as it is, its column not being known."""
        chosen = getattr(self.driver, "settings", {})
        left = [one for one in self.asked if one.name in told["unmatched"] and one.handle not in chosen]
        if told.get("reason") or not left or not told["unasked"] or not told["apart"]:
            return told
        known = {name for _, name in self.pairs}
        proven = [one for one in told["apart"] if set(one["column"].split(" and ")) <= known]
        if proven and told["agree"] < told["compared"]:
            return dict(told, apart=proven)
        names, columns = (", ".join(given[:4]) for given in ([one.name for one in left], told["unasked"]))
        why = "no column is known for its inputs %s, which may stand for %s" % (names, columns)
        return dict(told, agree=0, compared=0, apart=[], largest=0.0, typical=0.0, reason=why)


def stored(request):
    """Some records of the data file itself, where no training has read it."""
    from causeway_runner.rows import frame_of

    for path, dialect in request["data"].items():
        frame = frame_of(os.path.join(request["root"], path), dialect)
        if frame is not None and len(frame):
            places = [len(frame) * i // request["rows"] for i in range(min(request["rows"], len(frame)))]
            request["positions"] = places
            picked = frame.iloc[places]
            request["values"] = {
                name: list(frame[name].dropna().unique()[:500])
                for name in frame
                if frame[name].dtype == object
            }
            return {name: [plain(cell) for cell in picked[name]] for name in picked}
    return {}


class Refused(Exception):
    """The app does not take this row."""


def texts(raw, features):
    """The columns of text among the features."""
    return [n for n, cells in raw.items() if n in features and any(isinstance(cell, str) for cell in cells)]


def filled(cells):
    """The values that are there, as plain ones."""
    return [plain(cell) for cell in cells if cell is not None and cell == cell]  # noqa: PLR0124 - NaN


def plain(cell):
    """A value without NumPy's type."""
    return cell.item() if hasattr(cell, "item") else cell


if __name__ == "__main__":
    answer(serving)
