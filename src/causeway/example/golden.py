"""The data of the templates of `causeway new`: simulated, the same bytes on every machine.

Nothing here was measured. Each table is drawn row by row from the rule that its function states, with
Python's own seeded generator, whose draws do not change from version to version.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from itertools import count, islice
from random import Random
from typing import NamedTuple

SEED = 20260401
ROWS = 900
WEEKS = 130
REHEARSED = 150
WEEKS_AFTER = 26

Row = tuple[object, ...]
CATEGORIES = {"fashion": 0.9, "electronics": 0.1, "home": -0.3, "books": -1.2}
PAYMENTS = {"invoice": 0.6, "card": 0.0, "transfer": -0.2}
MACHINES = {"lathe": 0.0, "mill": 0.6, "press": 1.5}
FAULTS = {"sensor": 0.8, "drive": 2.0, "hydraulics": 3.2}
SHOPS = {"harbour": 60.0, "market": 90.0, "station": 130.0}
OPENINGS = ("Hello, ", "Hi, ", "Please help: ", "Good morning, ", "")
CLOSINGS = ("", " Thank you.", " Can you help?", " Please call me.", " It is urgent.")
MESSAGES = {
    "billing": (
        ("my invoice", "the bill of this month", "a payment", "the refund", "the charge on my card"),
        ("is wrong", "was taken twice", "is higher than agreed", "has not arrived", "shows the wrong tax"),
    ),
    "delivery": (
        ("the parcel", "my order", "the courier", "the shipment", "the package"),
        ("is late", "has not arrived", "went to my neighbour", "was damaged on the way", "is lost"),
    ),
    "technical": (
        ("the app", "the website", "my login", "the password page", "the update"),
        ("crashes", "shows an error", "is very slow", "does not load", "has not worked since yesterday"),
    ),
}
MISDIRECTED = 0.04
"""Share of the messages that somebody put on the wrong pile."""


def orders(random: Random) -> Iterator[Row]:
    """Whether an order comes back: logistic in category, payment, discount, delivery and custom."""
    yield "items", "value", "discount", "delivery_days", "orders_before", "category", "payment", "returned"
    while True:
        category, payment = random.choice(list(CATEGORIES)), random.choice(list(PAYMENTS))
        items, days, before = random.randint(1, 6), random.randint(1, 10), random.randint(0, 20)
        discount = random.choice((0.0, 0.0, 0.1, 0.2, 0.3))
        value = round(items * random.uniform(8, 70), 2)
        pull = -1.9 + CATEGORIES[category] + PAYMENTS[payment] + 4 * discount + 0.2 * days - 0.08 * before
        back = random.random() < 1 / (1 + math.exp(-pull))
        yield items, value, discount, days, before, category, payment, "yes" if back else "no"


def repairs(random: Random) -> Iterator[Row]:
    """Hours of a repair: a sum over machine, fault, age, distance and parts, with noise."""
    yield "machine_age", "distance_km", "parts", "repairs_before", "machine", "fault", "hours"
    while True:
        machine, fault = random.choice(list(MACHINES)), random.choice(list(FAULTS))
        age, parts, before = random.randint(0, 25), random.randint(0, 6), random.randint(0, 8)
        distance = round(random.uniform(1, 150), 1)
        hours = 0.5 + MACHINES[machine] + FAULTS[fault] + 0.06 * age + 0.012 * distance + 0.4 * parts
        yield age, distance, parts, before, machine, fault, round(hours + random.uniform(-0.4, 0.8), 2)


def messages(random: Random) -> Iterator[Row]:
    """Messages put together of an opening, a thing, its trouble and a closing; a few on the wrong pile."""
    yield "message", "team"
    while True:
        about = random.choice(list(MESSAGES))
        things, troubles = MESSAGES[about]
        text = (
            f"{random.choice(OPENINGS)}{random.choice(things)} {random.choice(troubles)}."
            f"{random.choice(CLOSINGS)}"
        )
        team = random.choice(list(MESSAGES)) if random.random() < MISDIRECTED else about
        yield f'"{text}"', team


def sales(random: Random) -> Iterator[Row]:
    """Pieces a shop sells in a week: level, season, promotion, and some of what it sold before."""
    yield (
        *("week", "shop", "month", "promotion"),
        *("sold_1_week_before", "sold_2_weeks_before", "sold_4_weeks_before", "sold"),
    )
    first = date(2024, 1, 1)
    before = {shop: [level] * 4 for shop, level in SHOPS.items()}
    for number in count():
        week = first + timedelta(weeks=number)
        season = 1 + 0.3 * math.sin(2 * math.pi * week.timetuple().tm_yday / 365)
        for shop, level in SHOPS.items():
            past, promotion = before[shop], int(random.random() < 0.2)
            usual = 0.5 * level * season + 0.5 * past[-1] + 0.35 * level * promotion
            sold = round(usual + random.uniform(-0.1, 0.1) * level)
            yield week, shop, week.month, promotion, round(past[-1]), round(past[-2]), round(past[-4]), sold
            # what a promotion sold once is not sold again a week later
            before[shop] = [*past[1:], sold - 0.35 * level * promotion]


class Template(NamedTuple):
    """What one template is made of; each row ends in what is to be answered."""

    data: str
    draw: Callable[[Random], Iterator[Row]]
    """Its header, then rows without end."""
    rows: int = ROWS
    rehearsed: int = REHEARSED


TABLES = {
    "tabular": Template("orders", orders),
    "regression": Template("repairs", repairs),
    "text": Template("messages", messages),
    "forecast": Template("sales", sales, WEEKS * len(SHOPS), WEEKS_AFTER * len(SHOPS)),
}


def data_of(template: str) -> tuple[str, str]:
    """The name of this template's data, and its table as comma-separated text."""
    table = TABLES[template]
    return table.data, _text(islice(table.draw(Random(SEED)), 1 + table.rows))


def rehearsal_of(template: str) -> str:
    """The rows drawn next, with the same header: none has the inputs of a row of the data."""
    table = TABLES[template]
    rows = table.draw(Random(SEED))
    header = next(rows)
    known = {row[:-1] for row in islice(rows, table.rows)}
    return _text([header, *islice((row for row in rows if row[:-1] not in known), table.rehearsed)])


def _text(rows: Iterable[Row]) -> str:
    return "".join(f"{','.join(map(str, row))}\n" for row in rows)
