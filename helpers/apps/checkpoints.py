"""Files of tensors and plain values. A file is there in full or not at all, and reading it runs no code.

Models and the states of trainings are saved here. A file is written beside its place and moved there when it
is complete. So a program that is killed while it saves leaves the file from before.
"""

import io
import os
import pickle
import secrets
from collections.abc import Mapping
from pathlib import Path
from zipfile import BadZipFile, ZipFile, is_zipfile

import torch

DAMAGED = (RuntimeError, EOFError, OSError, ValueError, LookupError, AttributeError, TypeError, BadZipFile)


def save_whole(content: Mapping, path: Path | str) -> None:
    """Save a dict of tensors and plain values as ``torch.save`` does, in full or not at all.

    A missing folder is made.

    Raises
    ------
    OSError
        The folder can't be written to, or the disk is full. What was at `path` is still there.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    written = io.BytesIO()  # given a path or a file, torch reports a full disk as an error of its internals
    torch.save(dict(content), written)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("xb") as file:
                file.write(written.getbuffer())
                file.flush()
                os.fsync(file.fileno())  # on the disk, before it takes the old file's name
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        in_the_way = next((folder for folder in path.parents if folder.is_file()), None)
        why = f"{in_the_way} is a file; expected a folder" if in_the_way else error.strerror or error
        raise OSError(
            f"{path} can't be saved: {why}. What was there before is kept. Make room, or save elsewhere."
        ) from error


def load_plain(path: Path | str) -> dict:
    """Return the dict in a file of ``torch.save``, its tensors on the CPU. No code from the file is run.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    OSError
        The file can't be opened, for example because it belongs to somebody else.
    ValueError
        The file is damaged, or holds something else than a dict of tensors and plain values.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {path}.")
    with path.open("rb") as file:  # outside `try`: a file that can't be opened is not damaged
        try:
            if is_zipfile(file) and any(part.compress_type for part in ZipFile(file).infolist()):
                raise ValueError("compressed: torch.save does not do that, and it could fill the memory")
            file.seek(0)
            content = torch.load(file, weights_only=True, map_location="cpu")
        except pickle.UnpicklingError as error:
            # torch's own message suggests to load without weights_only, which runs the file's code.
            raise ValueError(
                f"{path} is damaged, or holds more than tensors and plain values (a whole model, for "
                "example). It was not loaded, as reading such a file could run code from it. Save it again."
            ) from error
        except DAMAGED as error:
            raise ValueError(
                f"{path} can't be read: it is damaged, cut off, or no file of torch.save. Save it again."
            ) from error
    if not isinstance(content, dict):
        raise ValueError(f"{path} holds a {type(content).__name__}; expected a dict.")
    return content
