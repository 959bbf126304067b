"""When an app is said to show a network other images, or other names, than it learned from."""

import pytest

import folders
from causeway.assess.poc.judging import judge
from causeway.intake import read_poc

KERAS = """import tensorflow as tf
from tensorflow.keras.preprocessing.image import ImageDataGenerator
from tensorflow.keras.applications.mobilenet import preprocess_input
g = ImageDataGenerator({0})
b = g.flow_from_directory("train", target_size=(224, 224), class_mode="categorical")
m = tf.keras.Sequential([tf.keras.layers.Flatten(), tf.keras.layers.Dense(3, activation="softmax")])
m.compile("adam", "categorical_crossentropy")
m.fit(b)
m.save("m.h5")
"""
APP = """from flask import Flask, request
from tensorflow.keras.models import load_model
from tensorflow.keras.preprocessing import image
from tensorflow.keras.applications.mobilenet import preprocess_input
import numpy as np
import cv2
app = Flask(__name__)
model = load_model("m.h5")
names = ["dog", "cat", "owl"]
@app.route("/p", methods=["POST"])
def p():
    x = {0}
    return names[int(np.argmax(model.predict(np.expand_dims(x, 0))))]
"""
RAW = "image.img_to_array(image.load_img('x.jpg', target_size=(224, 224)))"
TORCH = """import torch
from torchvision import datasets, transforms, models
t = transforms.Compose([transforms.Resize(224), transforms.ToTensor(){0}])
data = datasets.ImageFolder("pictures", transform=t)
net = models.resnet18()
for x, y in torch.utils.data.DataLoader(data):
    torch.nn.functional.cross_entropy(net(x), y).backward()
"""
TORCH_APP = """import torch
from fastapi import FastAPI
from PIL import Image
from torchvision import transforms
app = FastAPI()
t = transforms.Compose([transforms.Resize(224), transforms.ToTensor(){0}])
net = torch.load("net.pth")
@app.post("/p")
def p(name: str):
    with torch.no_grad():
        return int(net(t(Image.open(name)).unsqueeze(0)).argmax())
"""
BOTH = "preprocessing_function=preprocess_input"
NORMAL = ", transforms.Normalize([0.5], [0.2])"


def said(folder, files):
    skews = [one.title for one in judge(read_poc(folders.write(folder, files))) if one.code == "SKEW"]
    return " ".join(skews)


@pytest.mark.parametrize(
    ("taught", "served", "words"),
    [
        ("rescale=1/255.0", RAW, "255 times larger"),
        (f"rescale=1/255.0, {BOTH}", f"preprocess_input({RAW})", "255 times larger"),
        ("rescale=1/255.0", f"{RAW} / 255.0", ""),
        ("", RAW, ""),
        (BOTH, f"{RAW} / 255", "by preprocess_input"),
        (BOTH, f"preprocess_input({RAW})", ""),
        ("rescale=1/255.0", "cv2.imread('x.jpg')[..., ::-1] / 255", ""),
    ],
)  # fmt: skip
def test_pixels_on_another_scale(tmp_path, taught, served, words):
    found = said(tmp_path, {"train.py": KERAS.format(taught), "app.py": APP.format(served)})
    assert (words in found) if words else "other images" not in found


def test_colours_in_another_order(tmp_path):
    app = APP.replace("from tensorflow.keras.preprocessing import image\n", "")
    files = {"train.py": KERAS.format(""), "app.py": app.format("cv2.imread('x.jpg')")}
    assert "blue first" in said(tmp_path / "a", files)
    turned = app.format("cv2.cvtColor(cv2.imread('x.jpg'), cv2.COLOR_BGR2RGB)")
    assert "blue first" not in said(tmp_path / "b", files | {"app.py": turned})


@pytest.mark.parametrize(
    ("taught", "served", "words"),
    [
        ("", NORMAL, "the app normalises"),
        (NORMAL, "", "the training normalises"),
        (NORMAL, NORMAL, ""),
        ("", "", ""),
    ],
)  # fmt: skip
def test_pixels_that_one_side_normalises(tmp_path, taught, served, words):
    found = said(tmp_path, {"train.py": TORCH.format(taught), "app.py": TORCH_APP.format(served)})
    assert (words in found) if words else not found


def test_classes_named_in_another_order_than_their_folders(tmp_path):
    files = {f"train/{name}/{n}.jpg": b"\xff\xd8" for name in ("cat", "dog", "owl") for n in range(12)}
    files |= {"train.py": KERAS.format(""), "app.py": APP.format(RAW)}
    assert "(dog, cat, owl, ...) than the training numbered them" in said(tmp_path / "a", files)
    ordered = files["app.py"].replace('"dog", "cat"', '"cat", "dog"')
    assert not said(tmp_path / "b", files | {"app.py": ordered})
    told = files["train.py"].replace('"train",', '"train", classes=["dog", "cat", "owl"],')
    assert not said(tmp_path / "c", files | {"train.py": told})
