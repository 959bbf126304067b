"""The data of the templates of `causeway new`: simulated, the same bytes on every machine.

Nothing here was measured. Each table is drawn row by row from the rule that its function states, with
Python's own seeded generator, whose draws do not change from version to version.
"""

import math
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from random import Random

SEED = 20260401
ROWS = 900
WEEKS = 130

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


def orders(random: Random) -> Iterable[Row]:
    """Whether an order comes back: logistic in category, payment, discount, delivery and custom."""
    yield "items", "value", "discount", "delivery_days", "orders_before", "category", "payment", "returned"
    for _ in range(ROWS):
        category, payment = random.choice(list(CATEGORIES)), random.choice(list(PAYMENTS))
        items, days, before = random.randint(1, 6), random.randint(1, 10), random.randint(0, 20)
        discount = random.choice((0.0, 0.0, 0.1, 0.2, 0.3))
        value = round(items * random.uniform(8, 70), 2)
        pull = -1.9 + CATEGORIES[category] + PAYMENTS[payment] + 4 * discount + 0.2 * days - 0.08 * before
        back = random.random() < 1 / (1 + math.exp(-pull))
        yield items, value, discount, days, before, category, payment, "yes" if back else "no"


def repairs(random: Random) -> Iterable[Row]:
    """Hours of a repair: a sum over machine, fault, age, distance and parts, with noise."""
    yield "machine_age", "distance_km", "parts", "repairs_before", "machine", "fault", "hours"
    for _ in range(ROWS):
        machine, fault = random.choice(list(MACHINES)), random.choice(list(FAULTS))
        age, parts, before = random.randint(0, 25), random.randint(0, 6), random.randint(0, 8)
        distance = round(random.uniform(1, 150), 1)
        hours = 0.5 + MACHINES[machine] + FAULTS[fault] + 0.06 * age + 0.012 * distance + 0.4 * parts
        yield age, distance, parts, before, machine, fault, round(hours + random.uniform(-0.4, 0.8), 2)


def messages(random: Random) -> Iterable[Row]:
    """Messages put together of an opening, a thing, its trouble and a closing; a few on the wrong pile."""
    yield "message", "team"
    for _ in range(ROWS):
        about = random.choice(list(MESSAGES))
        things, troubles = MESSAGES[about]
        text = (
            f"{random.choice(OPENINGS)}{random.choice(things)} {random.choice(troubles)}."
            f"{random.choice(CLOSINGS)}"
        )
        team = random.choice(list(MESSAGES)) if random.random() < MISDIRECTED else about
        yield f'"{text}"', team


def sales(random: Random) -> Iterable[Row]:
    """Pieces a shop sells in a week: level, season, promotion, and some of what it sold before."""
    yield (
        *("week", "shop", "month", "promotion"),
        *("sold_1_week_before", "sold_2_weeks_before", "sold_4_weeks_before", "sold"),
    )
    first = date(2024, 1, 1)
    before = {shop: [level] * 4 for shop, level in SHOPS.items()}
    for number in range(WEEKS):
        week = first + timedelta(weeks=number)
        season = 1 + 0.3 * math.sin(2 * math.pi * week.timetuple().tm_yday / 365)
        for shop, level in SHOPS.items():
            past, promotion = before[shop], int(random.random() < 0.2)
            usual = 0.5 * level * season + 0.5 * past[-1] + 0.35 * level * promotion
            sold = round(usual + random.uniform(-0.1, 0.1) * level)
            yield week, shop, week.month, promotion, round(past[-1]), round(past[-2]), round(past[-4]), sold
            # what a promotion sold once is not sold again a week later
            before[shop] = [*past[1:], sold - 0.35 * level * promotion]


TABLES: dict[str, tuple[str, Callable[[Random], Iterable[Row]]]] = {
    "tabular": ("orders", orders),
    "regression": ("repairs", repairs),
    "text": ("messages", messages),
    "forecast": ("sales", sales),
}
"""For each template the name of its data, and what draws it."""


def data_of(template: str) -> tuple[str, str]:
    """The name of this template's data, and its table as comma-separated text."""
    name, rows = TABLES[template]
    lines = (",".join(map(str, row)) for row in rows(Random(SEED)))
    return name, "".join(f"{line}\n" for line in lines)
