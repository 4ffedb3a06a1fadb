"""The picture at the top of the README is drawn by the tool that says so."""

import glance
from matplotlib.image import imread


def test_the_picture_is_drawn_in_its_size(tmp_path, monkeypatch):
    monkeypatch.setattr(glance, "trained", lambda model, *_: model)  # training takes seconds
    glance.draw(tmp_path / "glance.png")
    drawn, there = imread(tmp_path / "glance.png"), imread(glance.TO)
    assert drawn.shape == there.shape
    assert drawn[..., :3].std() > 0.1  # no empty sheet
