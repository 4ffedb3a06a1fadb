"""What the book's pages need beyond its extensions: formulas, words for figures, links to the glossary."""

import re
from pathlib import Path

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from PIL import Image
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.util import logging
from sphinx.util.nodes import make_refnode
from sphinx.writers.html5 import HTML5Translator

LOGGER = logging.getLogger(__name__)
# Where a word is a name, a link already or output, it isn't linked to the glossary.
NO_PROSE = (nodes.title, nodes.reference, nodes.literal, nodes.literal_block, nodes.math, nodes.math_block)


def write_formula(self: HTML5Translator, node: nodes.math | nodes.math_block) -> None:
    """Write a formula as MathML, which browsers draw by themselves."""
    block = isinstance(node, nodes.math_block)
    try:
        formula = tex2mathml(node.astext(), as_block=block)
    except MathError as error:
        LOGGER.warning("the book can't draw the formula %r: %s", node.astext(), error, location=node)
        raise nodes.SkipNode from error
    # A wide formula can be scrolled by the keyboard, too.
    self.body.append(f'<div class="formula" tabindex="0">{formula}</div>' if block else formula)
    raise nodes.SkipNode


class DescribeFigures(SphinxTransform):
    """Give each picture the words that the kernel wrote into it."""

    default_priority = 500

    def apply(self) -> None:
        for image in self.document.findall(nodes.image):
            if not image.get("alt"):
                path = Path(self.env.relfn2path(image["uri"])[1])
                image["alt"] = Image.open(path).info.get("Description", "")
            if not image["alt"]:
                LOGGER.warning("a figure has no title and no labels to describe it by", location=image)


def link_terms(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Link the first use of each term of the glossary on a page."""
    if docname == app.config.root_doc:
        return
    objects = app.env.domains.standard_domain.get_objects()
    terms = {name.lower(): (page, anchor) for name, _, kind, page, anchor, _ in objects if kind == "term"}
    longest_first = sorted(map(re.escape, terms), key=len, reverse=True)
    pattern = re.compile(rf"\b({'|'.join(longest_first)})(?:s|es)?\b", re.I)
    for text in list(doctree.findall(_is_prose)):
        parts, end = [], 0
        for found in pattern.finditer(text):
            target = terms.pop(found[1].lower(), None)
            if target:
                link = make_refnode(app.builder, docname, *target, nodes.Text(found[0]))
                parts += [nodes.Text(text[end : found.start()]), link]
                end = found.end()
        if parts:
            text.parent.replace(text, [*parts, nodes.Text(text[end:])])


def _is_prose(node: nodes.Node) -> bool:
    if not isinstance(node, nodes.Text):
        return False
    while node := node.parent:
        if isinstance(node, NO_PROSE) or "cell_output" in node.get("classes", []):
            return False
    return True


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx what there is."""
    app.add_html_math_renderer("mathml", (write_formula, None), (write_formula, None))
    app.add_transform(DescribeFigures)
    app.connect("doctree-resolved", link_terms)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
