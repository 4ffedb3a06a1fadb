"""What the notebooks of Tensors to Transfer share: ``from helpers import train_step, plot_images, ...``.

Each name is loaded from its module when first used, so importing the package costs next to nothing.
"""

from importlib import import_module

_MODULES = {
    "asl_app": ["make_app", "open_app"],
    "asl_model": ["load_asl_model", "predict_letter", "save_asl_model"],
    "augmentation": ["augment"],
    "course.checks": ["check"],
    "course.errors": ["expect_error"],
    "claims": ["claim", "reached"],
    "datasets": ["ImageDataset", "fashion_mnist", "mnist"],
    "diagrams": ["plot_convolution", "plot_matmul", "plot_tensors", "plot_windows"],
    "explorer": ["conv_explorer"],
    "loading": ["make_loader", "to_tensors"],
    "metrics": ["accuracy_fn", "get_batch_accuracy"],
    "models": [
        "FashionMNISTModelV0",
        "FashionMNISTModelV1",
        "FashionMNISTModelV1Mended",
        "FashionMNISTModelV2",
        "FashionMNISTModelV3",
        "MyConvBlock",
        "SignLanguageCNN",
    ],
    "pet_pictures": ["pets"],
    "plotting": [
        "plot_confusion_matrix",
        "plot_decision_boundary",
        "plot_image_predictions",
        "plot_images",
        "plot_loss_curves",
        "plot_predictions",
    ],
    "pretrained": ["load_pretrained"],
    "settings": ["default_device", "epochs", "is_small", "show_setup"],
    "sign_language": ["sign_mnist", "sign_mnist_table"],
    "sources": ["data_source"],
    "timing": ["print_train_time"],
    "training": ["eval_model", "make_predictions", "test_step", "train", "train_step"],
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"helpers has no {name!r}. It has {', '.join(__all__)}.")
    return getattr(import_module(f"helpers.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return __all__
