"""Pictures are drawn here and saved in the ways in which people's own pictures are saved."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from helpers.data.picture_files import LONGER_SIDE, read_folder, read_picture

RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)


def red_above_blue(size: int = 40) -> Image.Image:
    image = Image.new("RGB", (size, size), RED)
    image.paste(BLUE, (0, size // 2, size, size))
    return image


def near(pixel: tuple[int, ...], colour: tuple[int, ...]) -> bool:
    return max(abs(a - b) for a, b in zip(pixel, colour, strict=True)) < 12  # JPEG is not exact


def jpeg(image: Image.Image, **options) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", **options)
    return file.getvalue()


@pytest.mark.parametrize("name", ["a.jpg", "a.JPG", "a.jpeg", "a.JPEG", "a.png", "a.PNG", "a.webp", "a.WebP"])
def test_each_ending_is_read_in_any_case(tmp_path, name):
    red_above_blue().save(tmp_path / name)
    pictures, left_out = read_folder(tmp_path)
    [(path, image)] = pictures.values()
    assert (path.name, image.mode, left_out) == (name, "RGB", [])
    assert near(image.getpixel((20, 5)), RED)
    assert near(image.getpixel((20, 35)), BLUE)


def test_what_is_transparent_becomes_white(tmp_path):
    image = red_above_blue().convert("RGBA")
    image.paste((0, 255, 0, 0), (0, 0, 40, 20))
    image.save(tmp_path / "rgba.png")
    palette = red_above_blue().quantize(2)
    palette.save(tmp_path / "palette.png", transparency=palette.getpixel((20, 5)))
    for name in ("rgba.png", "palette.png"):
        read = read_picture(tmp_path / name)
        assert (read.mode, read.getpixel((20, 5)), read.getpixel((20, 35))) == ("RGB", WHITE, BLUE)


@pytest.mark.parametrize("mode", ["L", "1", "LA", "CMYK", "P"])
def test_every_mode_becomes_rgb(tmp_path, mode):
    name = "a.jpg" if mode == "CMYK" else "a.png"
    Image.new("RGB", (8, 8), WHITE).convert(mode).save(tmp_path / name)
    read = read_picture(tmp_path / name)
    assert (read.mode, read.getpixel((4, 4))) == ("RGB", WHITE)


def test_grey_of_16_bits_keeps_its_shades(tmp_path):
    shades = np.linspace(0, 65535, 64, dtype=np.uint16).reshape(8, 8)
    Image.fromarray(shades).save(tmp_path / "grey16.png")
    read = np.asarray(read_picture(tmp_path / "grey16.png"))  # [8, 8, 3]
    assert abs(read[..., 0].astype(int) - shades // 256).max() <= 1


@pytest.mark.parametrize(("orientation", "top"), [(1, RED), (3, BLUE)])
def test_a_picture_is_turned_as_its_exif_data_say(tmp_path, orientation, top):
    exif = Image.Exif()
    exif[0x0112] = orientation
    red_above_blue().save(tmp_path / "turned.jpg", exif=exif)
    assert near(read_picture(tmp_path / "turned.jpg").getpixel((20, 5)), top)


def test_a_large_photo_held_upright_is_turned_and_made_smaller(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (3000, 2000), RED).save(tmp_path / "large.jpg", exif=exif)
    read = read_picture(tmp_path / "large.jpg")
    assert read.height == LONGER_SIDE
    assert read.width == pytest.approx(LONGER_SIDE * 2 / 3, abs=1)


def test_a_small_picture_keeps_its_size(tmp_path):
    red_above_blue(30).save(tmp_path / "small.png")
    assert read_picture(tmp_path / "small.png").size == (30, 30)


def test_a_gif_that_is_called_jpg_is_read(tmp_path):  # the Oxford-IIIT Pet data set has some
    red_above_blue().save(tmp_path / "a.gif")
    (tmp_path / "a.gif").rename(tmp_path / "a.jpg")
    assert read_picture(tmp_path / "a.jpg").mode == "RGB"


def test_a_phones_jpeg_with_a_second_picture_in_it_is_read(tmp_path):
    red_above_blue().save(tmp_path / "a.jpg", "MPO", save_all=True, append_images=[red_above_blue(8)])
    assert read_picture(tmp_path / "a.jpg").size == (40, 40)


@pytest.mark.parametrize("kind", ["EPS", "TIFF", "PPM", "ICO"])
def test_a_file_of_another_kind_is_no_picture_whatever_its_name_is(tmp_path, monkeypatch, kind):
    """Pillow would even start another program, Ghostscript, for EPS."""
    monkeypatch.setattr("PIL.EpsImagePlugin.Ghostscript", lambda *_, **__: pytest.fail("started"))
    red_above_blue().save(tmp_path / "a.png", kind)
    with pytest.raises(ValueError, match="it is no picture that can be read here, such as JPEG or PNG"):
        read_picture(tmp_path / "a.png")


NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8))


def png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (b"<html>Not found</html>", "it is no picture"),
        (jpeg(NOISE)[:900], "it is damaged: "),
        (png(NOISE)[:3000], "it is damaged: "),
        (png(NOISE)[:50] + b"bent" + png(NOISE)[54:], "it is damaged: "),
    ],
)
def test_a_broken_file_is_named_and_left_out(tmp_path, content, reason):
    red_above_blue().save(tmp_path / "whole.png")
    (tmp_path / "broken.jpg").write_bytes(content)
    pictures, [line] = read_folder(tmp_path)
    assert [path.name for path, _ in pictures.values()] == ["whole.png"]
    assert line.startswith(f"broken.jpg: {reason}")


@pytest.mark.parametrize("size", [(1, 1), (31, 500)])
def test_a_picture_in_which_there_is_nothing_to_see_is_left_out(tmp_path, size):
    Image.new("RGB", size).save(tmp_path / "tiny.png")
    pictures, [line] = read_folder(tmp_path)
    assert pictures == {}
    assert line == f"tiny.png: it is too small, {size[0]} x {size[1]} pixels"


def test_a_picture_that_would_fill_the_memory_is_left_out(tmp_path):
    Image.new("1", (20_000, 20_000)).save(tmp_path / "huge.png")
    _, [line] = read_folder(tmp_path)
    assert line == "huge.png: it is too large: it has more pixels than fit into memory safely"


def test_files_of_other_kinds_are_named_and_hidden_ones_are_not(tmp_path):
    red_above_blue().save(tmp_path / "a.png")
    for name in ("b.heic", "notes.txt", ".DS_Store", "._a.png"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "folder.png").mkdir()
    pictures, left_out = read_folder(tmp_path)
    assert len(pictures) == 1
    assert left_out == [
        f"{name}: it does not end in .jpg .jpeg .png .webp" for name in ("b.heic", "notes.txt")
    ]


def test_a_copy_of_a_picture_counts_once(tmp_path):
    for name in ("a.png", "b.png"):
        red_above_blue().save(tmp_path / name)
    pictures, left_out = read_folder(tmp_path)
    assert len(pictures) == 1
    assert left_out == ["b.png: it is the same picture as a.png"]


def test_a_folder_or_picture_that_is_not_there_and_a_file_for_a_folder_are_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"^rex does not exist \(looked for .*/rex\)\.$"):
        read_folder(Path("rex"))
    with pytest.raises(ValueError, match="it is not there"):
        read_picture(tmp_path / "rex.jpg")
    (tmp_path / "rex.jpg").write_bytes(jpeg(NOISE))
    with pytest.raises(ValueError, match=r"rex.jpg is a file, not a folder"):
        read_folder(tmp_path / "rex.jpg")


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([], "has no pictures .*: it has no files"),
        (["folder/a.jpg"], "it has only folders, and these are not searched"),
        (["a.gif", "b.HEIC", "c"], "the files in it end in .gif, .heic, no ending. Export them as JPEG"),
    ],
)
def test_a_folder_without_pictures_says_what_it_has(tmp_path, files, message):
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    with pytest.raises(ValueError, match=message):
        read_folder(tmp_path)
