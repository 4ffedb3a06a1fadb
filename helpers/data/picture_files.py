"""Picture files of people's own: read as they are meant to be seen, and left out where they can't be used."""

import hashlib
import struct
from pathlib import Path

from PIL import Image, ImageOps

ENDINGS = (".jpg", ".jpeg", ".png", ".webp")  # in capitals too
# What Pillow may take a file for, whatever its name is. For others it would even start other programs.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
SHORTER_SIDE = 32  # pixels, at least, of the pictures in a folder: in less there is nothing to see
LONGER_SIDE = 512  # pixels, at most: pictures are kept in memory, and most networks see 224 x 224 of them


def read_picture(path: Path) -> Image.Image:
    """Return a picture as people see it: in RGB, turned as its EXIF data say, on white where transparent.

    Its longer side gets at most `LONGER_SIDE` pixels.

    Raises
    ------
    ValueError
        The file can't be read as a picture; says why.
    """
    try:
        with Image.open(path, formats=FORMATS) as image:
            image.draft(None, (LONGER_SIDE, LONGER_SIDE))  # large JPEG files are read at a smaller scale
            image = in_rgb(ImageOps.exif_transpose(image))
    except FileNotFoundError:
        raise ValueError("it is not there") from None
    except Image.UnidentifiedImageError:
        empty, other = "it is empty", "it is no picture that can be read here, such as JPEG or PNG"
        raise ValueError(other if path.stat().st_size else empty) from None
    except Image.DecompressionBombError:
        raise ValueError("it is too large: it has more pixels than fit into memory safely") from None
    except (OSError, SyntaxError, EOFError, ValueError, struct.error) as error:
        raise ValueError(f"it is damaged: {error}") from error
    image.thumbnail((LONGER_SIDE, LONGER_SIDE))
    return image


def in_rgb(image: Image.Image) -> Image.Image:
    """Return the picture in RGB with 8 bits a channel, on white where it is transparent."""
    if image.mode.startswith("I"):  # 16 bits a pixel: to 8, where convert() would cut off
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    if not image.has_transparency_data:
        return image.convert("RGB")
    image = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")


def read_folder(folder: Path) -> tuple[dict[str, tuple[Path, Image.Image]], list[str]]:
    """Return the pictures of a folder by their checksum, and a line for each file that was left out."""
    if not folder.exists():
        raise ValueError(f"{folder} does not exist (looked for {folder.resolve()}).")
    if not folder.is_dir():
        raise ValueError(f"{folder} is a file, not a folder.")
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    candidates = [path for path in files if path.suffix.lower() in ENDINGS]
    if not candidates:
        endings = sorted({path.suffix.lower() or "no ending" for path in files})
        inside = f"the files in it end in {', '.join(endings)}" if files else "it has no files"
        if not files and any(path.is_dir() for path in folder.iterdir()):
            inside = "it has only folders, and these are not searched"
        way_out = " Export them as JPEG." if ".heic" in endings else ""
        raise ValueError(f"{folder} has no pictures ({' '.join(ENDINGS)}): {inside}.{way_out}")
    others = [path.name for path in files if path not in candidates]
    left_out = [f"{name}: it does not end in {' '.join(ENDINGS)}" for name in others]
    pictures = {}
    for path in candidates:
        try:
            checksum = hashlib.sha256(path.read_bytes()).hexdigest()
            if checksum in pictures:
                left_out.append(f"{path.name}: it is the same picture as {pictures[checksum][0].name}")
                continue
            picture = read_picture(path)
            if min(picture.size) < SHORTER_SIDE:
                left_out.append(f"{path.name}: it is too small, {picture.width} x {picture.height} pixels")
            else:
                pictures[checksum] = path, picture
        except (OSError, ValueError) as error:
            left_out.append(f"{path.name}: {error}")
    return pictures, left_out
