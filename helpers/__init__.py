"""What the notebooks of Tensors to Transfer share: ``from helpers import train_step, plot_images, ...``.

The names stand in ``__init__.pyi``, where editors and type checkers read them. Each is loaded from its module
when first used, so importing the package costs next to nothing.
"""

import opcode
import sys

import lazy_loader

_attribute, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def __getattr__(name: str) -> object:
    if name in __all__:
        return _attribute(name)
    message = f"helpers has no {name!r}. It has {', '.join(__all__)}."
    caller = sys._getframe(1)
    # `from helpers import wrong` would replace an AttributeError by one of its own, without the right names.
    is_import = caller.f_code.co_code[caller.f_lasti] == opcode.opmap["IMPORT_FROM"]
    raise ImportError(message) if is_import and not name.startswith("__") else AttributeError(message)
