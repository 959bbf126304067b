"""An epoch chosen by the folder of tests, whatever its rows are called."""

import pytest

import folders
from causeway.assess.poc.judging import judge
from causeway.intake import read_poc

CODE = """import keras
from keras.callbacks import EarlyStopping
from keras.utils import image_dataset_from_directory
test_dir = "Testing"
train_ds = image_dataset_from_directory("Training")
{0}
net = keras.Sequential([keras.layers.Conv2D(8, 3), keras.layers.Flatten(), keras.layers.Dense(4)])
net.compile("adam", "sparse_categorical_crossentropy")
net.fit(train_ds, validation_data=val_ds, callbacks=[EarlyStopping(patience=2)])
"""


@pytest.mark.parametrize(
    ("lines", "due"),
    [
        ("val_ds = image_dataset_from_directory(test_dir)\nval_ds = val_ds.cache()", True),
        ("val_ds = image_dataset_from_directory(directory='data/test')", True),
        ("val_ds = image_dataset_from_directory('data/test').prefetch(2)", True),
        ("val_ds = image_dataset_from_directory('data/valid')", False),
        ("val_ds = image_dataset_from_directory('Training', subset='validation')", False),
        ("val_ds = image_dataset_from_directory(test_dir, subset='validation')", False),
        ("val_ds = train_ds.take(3)", False),
    ],
)
def test_the_rows_that_say_when_to_stop_are_those_of_the_test(tmp_path, lines, due):
    poc = read_poc(folders.write(tmp_path, {"train.py": CODE.format(lines)}))
    assert ("LEAK-SELECTION" in {finding.code for finding in judge(poc)}) is due
