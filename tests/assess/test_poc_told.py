"""What the judges say where the folder says or expects what is not so."""

import folders
from causeway.assess.poc.judging import judge
from causeway.intake import read_poc


def found(folder, code, **files):
    return [item for item in judge(read_poc(folders.churn(folder, **files))) if item.code == code]


def test_a_command_of_the_readme_whose_file_is_not_there(tmp_path):
    text = "# Churn\n\n    python fit_it.py\n    streamlit run web/app.py\n    python train.py\n"
    said = found(tmp_path / "a", "README-MISMATCH", **{"README.md": text})[0]
    assert said.title.startswith("The README says to run fit_it.py and web/app.py; no file")
    assert str(said.evidence[0]) == "README.md:3"
    later = "# Churn\n\n## Future work\n\n    python fit_it.py\n"
    assert not found(tmp_path / "b", "README-MISMATCH", **{"README.md": later})


def test_a_measure_that_no_code_computes(tmp_path):
    text = "# Churn\n\nThe model reaches an AUC of 0.93.\n"
    said = found(tmp_path / "a", "README-MISMATCH", **{"README.md": text})[0]
    assert said.title == "The README speaks of AUC; no code in the folder computes it."
    computes = folders.TRAIN + "from sklearn.metrics import roc_auc_score\n"
    assert not found(tmp_path / "b", "README-MISMATCH", **{"README.md": text, "train.py": computes})


def test_a_column_that_the_data_spells_otherwise(tmp_path):
    other = folders.TRAIN.replace('df["left"]', 'df["Left"]').replace(
        '["left", "person_id"]', '["person_id"]'
    )
    said = found(tmp_path / "a", "COLUMN-MISSING", **{"train.py": other})[0]
    assert 'asks for the column "Left"; people.csv has "left"' in said.title
    assert str(said.evidence[0]) == "train.py:7"
    renamed = other.replace('"people.csv")', '"people.csv")\ndf.columns = [c.title() for c in df]')
    assert not found(tmp_path / "b", "COLUMN-MISSING", **{"train.py": renamed})
    made = other.replace('df["Left"] = df["Left"]', 'df["Left"] = df["left"]')
    assert not found(tmp_path / "c", "COLUMN-MISSING", **{"train.py": made})


def test_a_model_that_nothing_keeps(tmp_path):
    lost = folders.TRAIN.replace('joblib.dump(model, "model.pkl")', "")
    assert found(tmp_path / "a", "MODEL-ABSENT", **{"train.py": lost})[0].title.startswith("Nothing saves")
    titles = [item.title for item in found(tmp_path / "b", "MODEL-ABSENT")]
    assert not any(title.startswith("Nothing saves") for title in titles)


def test_what_an_imported_helper_writes_down_is_on_record(tmp_path):
    files = {
        "app.py": "from fastapi import FastAPI\nimport joblib\nfrom store import keep\napp = FastAPI()\n"
        "model = joblib.load('model.pkl')\n@app.post('/predict')\ndef predict(x: float):\n"
        "    answer = model.predict([[x]])\n    keep(x, answer)\n    return {'answer': answer.tolist()}\n",
        "store.py": "def keep(x, answer):\n    session.add(Row(x, answer))\n    session.flush()\n",
    }
    folders.churn(tmp_path, **files)
    assert "NO-PREDICTION-LOG" in {each.code for each in judge(read_poc(tmp_path))}

    folders.write(tmp_path, {"store.py": files["store.py"].replace("flush", "commit")})
    assert "NO-PREDICTION-LOG" not in {each.code for each in judge(read_poc(tmp_path))}
