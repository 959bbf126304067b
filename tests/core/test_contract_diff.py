"""Two versions of a contract: more demanded breaks producers, less promised breaks consumers."""

import pytest
from msgspec import structs

from causeway.core.contract import (
    Allowed,
    Contract,
    Options,
    Property,
    Quality,
    Relationship,
    SchemaObject,
    Sla,
)
from causeway.core.contract_diff import diff

PRODUCER, CONSUMER, BOTH, NOBODY = ("producer",), ("consumer",), ("producer", "consumer"), ()
LIMITED = Options(minimum=1, maximum=9, min_length=2, max_length=5, pattern="a", format="email")
RULE = Quality(metric="nullValues", must_be_less_or_equal_to=5, unit="percent")


def contract(*columns, version="1.0.0", levels=(), **table):
    return Contract(
        id="c",
        version=version,
        schema=(SchemaObject("t", properties=columns, **table),),
        sla_properties=levels,
    )


def limits(**changed):
    return Property("a", logical_type_options=structs.replace(LIMITED, **changed))


def rules(*qualities):
    return Property("a", quality=qualities)


COLUMN = Property("a")
CHANGES = [
    ((COLUMN,), (), [("t.a", CONSUMER)]),
    ((), (COLUMN,), [("t.a", PRODUCER)]),
    ((Property("a", physical_name="x"),), (Property("b", physical_name="x"),), [("t.a", BOTH)]),
    ((Property("a", rest={"id": "i"}),), (Property("b", rest={"id": "i"}),), [("t.a", BOTH)]),
    ((COLUMN,), (Property("b"),), [("t.a", CONSUMER), ("t.b", PRODUCER)]),
    ((COLUMN,), (Property("a", physical_name="x"),), [("t.a", BOTH)]),
    ((COLUMN,), (Property("a", description="more words"),), [("t.a", NOBODY)]),
    ((COLUMN,), (Property("a", required=True),), [("t.a", PRODUCER)]),
    ((Property("a", required=True),), (Property("a", required=False),), [("t.a", CONSUMER)]),
    ((Property("a", required=False),), (COLUMN,), []),
    ((COLUMN,), (Property("a", unique=True),), [("t.a", PRODUCER)]),
    ((Property("a", unique=True),), (COLUMN,), [("t.a", CONSUMER)]),
    ((COLUMN,), (Property("a", primary_key=True),), [("t.a", PRODUCER)]),
    ((Property("a", logical_type="number"),), (Property("a", logical_type="integer"),), [("t.a", PRODUCER)]),
    ((Property("a", logical_type="integer"),), (Property("a", logical_type="number"),), [("t.a", CONSUMER)]),
    ((Property("a", logical_type="integer"),), (Property("a", logical_type="date"),), [("t.a", BOTH)]),
    ((COLUMN,), (Property("a", logical_type="date"),), [("t.a", PRODUCER)]),
    ((Property("a", logical_type="date"),), (COLUMN,), [("t.a", CONSUMER)]),
    ((COLUMN,), (Property("a", enum=(Allowed(1),)),), [("t.a", PRODUCER)]),
    ((Property("a", enum=(Allowed(1), Allowed(2))),), (Property("a", enum=(Allowed(2), Allowed(1))),), []),
    (
        (Property("a", enum=(Allowed(1), Allowed(2))),),
        (Property("a", enum=(Allowed(1),)),),
        [("t.a", PRODUCER)],
    ),
    (
        (Property("a", enum=(Allowed(1),)),),
        (Property("a", enum=(Allowed(1), Allowed(2))),),
        [("t.a", CONSUMER)],
    ),
    (
        (Property("a", enum=(Allowed(1),)),),
        (Property("a", enum=(Allowed(2),)),),
        [("t.a", PRODUCER), ("t.a", CONSUMER)],
    ),
    ((limits(),), (limits(minimum=2),), [("t.a", PRODUCER)]),
    ((limits(),), (limits(minimum=0),), [("t.a", CONSUMER)]),
    ((limits(),), (limits(maximum=8),), [("t.a", PRODUCER)]),
    ((limits(),), (limits(maximum=None),), [("t.a", CONSUMER)]),
    ((limits(),), (limits(max_length=4),), [("t.a", PRODUCER)]),
    ((limits(),), (limits(min_length=1),), [("t.a", CONSUMER)]),
    ((limits(),), (limits(pattern="b"),), [("t.a", BOTH)]),
    ((limits(),), (limits(minimum="2024-01-01"),), [("t.a", BOTH)]),
    ((rules(RULE),), (rules(),), [("t.a", CONSUMER)]),
    ((rules(),), (rules(RULE),), [("t.a", PRODUCER)]),
    ((rules(RULE),), (rules(structs.replace(RULE, must_be_less_or_equal_to=1)),), [("t.a", PRODUCER)]),
    ((rules(RULE),), (rules(structs.replace(RULE, must_be_less_or_equal_to=9)),), [("t.a", CONSUMER)]),
    ((rules(RULE),), (rules(structs.replace(RULE, unit=None)),), [("t.a", BOTH)]),
    ((rules(RULE),), (rules(structs.replace(RULE, description="why")),), [("t.a", NOBODY)]),
    ((rules(),), (rules(Quality(type="text", description="Ask.")),), [("t.a", NOBODY)]),
    ((COLUMN,), (Property("a", relationships=(Relationship("u.id"),)),), [("t.a", PRODUCER)]),
    ((Property("a", properties=(Property("x"),)),), (Property("a", properties=()),), [("t.a.x", CONSUMER)]),
]


@pytest.mark.parametrize(("old", "new", "told"), CHANGES)
def test_each_change_breaks_whom_it_should(old, new, told):
    found = diff(contract(*old), contract(*new))
    assert [(change.at, change.breaks) for change in found.changes] == told


def test_going_back_turns_producers_into_consumers():
    turned = {PRODUCER: CONSUMER, CONSUMER: PRODUCER, BOTH: BOTH, NOBODY: NOBODY}
    for old, new, _ in CHANGES:
        there = sorted(change.breaks for change in diff(contract(*old), contract(*new)).changes)
        back = sorted(turned[change.breaks] for change in diff(contract(*new), contract(*old)).changes)
        assert there == back


def test_the_same_contract_has_no_changes():
    for old, new, _ in CHANGES:
        for each in (old, new):
            assert diff(contract(*each), contract(*each, version="2.0.0")).changes == ()


def test_tables_files_and_levels_count_too():
    old = contract(levels=(Sla("freshness", 1, "d"), Sla("retention", 1, "y")))
    new = Contract(
        id="c", version="1.1.0", schema=(SchemaObject("u"),), sla_properties=(Sla("freshness", 2, "d"),)
    )
    found = diff(old, new)
    assert [(change.at, change.breaks) for change in found.changes] == [
        ("t", CONSUMER),
        ("u", PRODUCER),
        ("slaProperties", BOTH),
        ("slaProperties", CONSUMER),
    ]
    assert len(found.breaking("producer")) == 2
    assert found.understated
    assert not diff(old, structs.replace(new, version="2.0.0")).understated
    assert diff(contract(), contract(physical_name="t.csv")).changes[0].breaks == BOTH
    assert diff(contract(), contract(description="words")).changes[0].breaks == NOBODY
