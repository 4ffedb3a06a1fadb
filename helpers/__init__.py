"""What the notebooks of Tensors to Transfer share: ``from helpers import train_step, plot_images, ...``.

Each name is loaded from its module when first used, so importing the package costs next to nothing.
"""

from importlib import import_module

_MODULES = {
    "settings": ["course_mode", "is_small", "epochs", "data_dir", "default_device", "show_setup"],
    "datasets": ["ImageDataset", "fashion_mnist", "data_source"],
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'helpers' has no {name!r}; it has {', '.join(__all__)}.")
    return getattr(import_module(f"helpers.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return __all__
