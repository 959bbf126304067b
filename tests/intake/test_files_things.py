"""Columns of things that are called as people's are, and files that are not what they are called."""

import pytest

import folders
from causeway.assess.poc.judging import judge
from causeway.intake import read_poc


def table(*names, text=("iPhone {}", "m")):
    rows = [",".join(str(n % 40 + p) for p, _ in enumerate(names)) for n in range(60)]
    return ",".join(names) + "\n" + "\n".join(rows) + "\n"


@pytest.mark.parametrize(
    ("names", "protected"),
    [
        (("crim", "zn", "rm", "age", "tax", "medv"), []),
        (("cement", "slag", "water", "Age", "strength"), []),
        (("machine", "vibration", "age", "failure"), []),
        (("species", "sex", "rings", "weight"), []),
        (("race", "lap", "circuit", "grid"), []),
        (("surface", "orientation", "glazing", "load"), []),
        (("age", "income", "bought"), ["age"]),
        (("age", "sex", "chol", "target"), ["age", "sex"]),
        (("customer_age", "price"), ["customer_age"]),
        (("age_group", "price"), ["age_group"]),
    ],
)
def test_ages_of_things_are_nobodys(tmp_path, names, protected):
    poc = read_poc(folders.write(tmp_path, {"a.csv": table(*names)}))
    assert [column.name for column in poc.data[0].columns if column.personal] == protected


def test_the_name_of_a_telephone_is_no_number(tmp_path):
    kinds = "phone,price\n" + "".join(f"Galaxy S{n},{n * 10}\n" for n in range(40))
    numbers = "phone,price\n" + "".join(f"555 01{n:02} {n + 10}77,{n * 10}\n" for n in range(40))
    poc = read_poc(folders.write(tmp_path, {"a.csv": kinds, "b.csv": numbers}))
    assert {file.path: file.columns[0].personal for file in poc.data} == {"a.csv": "", "b.csv": "direct"}


def test_a_table_of_text_that_is_called_excel_is_read(tmp_path):
    code = 'import pandas as pd\nd = pd.read_csv("homes.xls")\n'
    poc = read_poc(folders.write(tmp_path, {"a.py": code, "homes.xls": table("rooms", "price")}))
    assert (poc.data[0].records, poc.data[0].problem) == (60, "")
    assert "DATA-BROKEN" not in {found.code for found in judge(poc)}


def test_a_workbook_that_is_damaged_is_told(tmp_path):
    poc = read_poc(folders.write(tmp_path, {"a.py": "x = 1\n", "homes.xlsx": b"PK\x03\x04 and no more"}))
    assert poc.data[0].problem == "is damaged"
