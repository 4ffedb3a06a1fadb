"""What the errors of everyday slips mean, in a learner's words."""

import re

# A regular expression for an error's kind and message, and what it means. The first match is shown.
ERRORS = {
    r"ellipsis": "There are dots (...) left in your code.",
    r"ambiguous": (
        "`if`, `and`, `or` and Python's own max() want one truth value; here are many. To join conditions, "
        "write (a == 1) & (b == 1), with the brackets. To choose number by number, use torch.where or clamp. "
        "A loss is made first, and then called: nn.L1Loss()(predictions, targets)."
    ),
    r"return_types\.(max|min)": (
        "With a dimension, max and min give two things: the numbers and their positions. Take .values or "
        ".indices."
    ),
    r"\w\.\w+\(\) takes 0 positional arguments but|forward\(\) takes \d+ positional arguments? but": (
        "A method gets the object itself first: its first parameter is self, as in forward(self, x)."
    ),
    r"(tuple|list) is not a Module subclass": "nn.Sequential takes layers one by one: put * before the list.",
    r"is not a Module subclass": (
        "That is a class, not a layer. Make a layer of it, with brackets: nn.ReLU()."
    ),
    r"cannot assign .* before Module.__init__|has no attribute '_(modules|parameters|\w+_hooks)'": (
        "Begin __init__ with super().__init__(), which prepares the module."
    ),
    r"^NotImplementedError: Module .*forward": "The class needs a method named forward.",
    r"leaf Variable that requires grad": (
        "Change a parameter in place only inside `with torch.no_grad():`, where nothing is recorded."
    ),
    r"Can't call numpy\(\) on Tensor": "Take the tensor out of the graph first, by .detach().",
    r"element 0 of tensors does not require grad": (
        "The loss no longer knows how it was computed from the parameters. Was it computed inside no_grad or "
        "inference_mode, or taken out with .item() or .detach()?"
    ),
    r"mat1 and mat2 shapes|cannot be multiplied|size mismatch, got|inconsistent tensor size": (
        "In a matrix product the last dimension of the first must equal the first of the second. Print both "
        "shapes."
    ),
    r"must match the (existing )?size|shape mismatch|could not be broadcast": (
        "The shapes don't fit together. Print both."
    ),
    r"is invalid for input of size": "The new shape must hold as many numbers as the old one.",
    r"stack expects each tensor to be equal size": "torch.stack wants tensors of one shape.",
    r"Dimension out of range": "The tensor has fewer dimensions than that. Print its shape.",
    r"only (one element|tensors of one|length-1|0-dim)|must be real number, not Tensor|an array of size 1|"
    r"a Tensor with \d+ elements cannot be converted": (
        "This needs a single number, and got several. The math module works with single numbers; for tensors "
        "there are torch.exp, torch.sqrt and so on."
    ),
    r"could not infer output dtype|only defined for floating|implemented for '(Long|Int|Byte|Bool)'": (
        "This needs floating-point numbers, and the tensor holds whole ones. Convert it first, by .float()."
    ),
    r"expected scalar type|to have the same dtype|must have the same dtype": (
        "Two tensors have different dtypes. Print both, and convert one, by .float() or .long()."
    ),
    r"'(list|tuple|int|float|bool)' object has no attribute": (
        "That is plain Python and has no tensor's methods. torch.tensor(...) makes a tensor of it."
    ),
    r"'numpy\.\w+' object has no attribute": (
        "That is a NumPy array and has no tensor's methods. torch.from_numpy(...) makes a tensor of it."
    ),
    r"must be Tensor, not|must be tuple of Tensors, not|expected Tensor as element": (
        "torch's functions want tensors. torch.tensor(...) makes one of a number, a list or an array."
    ),
    r"'Tensor' object has no attribute": "Tensors have no such method or attribute. Is it spelled right?",
    r"'NoneType'": "Something is None there. A function without a return gives None.",
    r"builtin_function_or_method|'method'|'function'": "Something is used without a call: add brackets.",
    r"object is not callable": (
        "Something is called that is no function. Does its name now mean something else, or is an operator "
        "missing before a bracket?"
    ),
    r"^NameError": "Python doesn't know this name. Is it spelled right, or is an import missing?",
    r"^UnboundLocalError": "This name is used before it has a value.",
    r"can't multiply sequence by non-int|can only concatenate|unsupported operand .*'(list|tuple)'": (
        "Lists don't calculate number by number. Write a loop, or make tensors of them: torch.tensor(...)."
    ),
    r"bitwise_xor|unsupported operand .* \^": "A power is written **. In Python ^ is something else.",
    r"context manager protocol": "Brackets are missing after with, as in torch.no_grad().",
    r"slice indices must be integers": "Positions are whole numbers. int() cuts the decimals off.",
    r"values to unpack": "The number of values differs from the number of names before the =.",
    r"^RecursionError": "The function calls itself without end.",
}


def message_of(error: BaseException) -> str:
    """Return the message of an error, or a note if it can't be printed."""
    try:
        return str(error)
    except (Exception, SystemExit):  # a learner's own class of errors may do anything
        return "(its message can't be printed)"


def without_names(message: str) -> str:
    """Return an error's message without the names, numbers and addresses that differ from code to code."""
    return re.sub(r"'[^']*'|\"[^\"]*\"|\[\w+\]|[\w.<>]+\(\)|\d+|<[^>]*>", "", message)
